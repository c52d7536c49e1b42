"""Jobs go on while nobody asks, and a trouble of one holds up no other."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from runner.progress import Status
from runner.server import inventory
from runner.server.driver import Driver
from runner.server.engine import Engine
from runner.server.fleet import Fleet
from runner.server.hosts.local import Local
from runner.server.pool import Pool
from runner.server.store import Store
from tests import serving

if TYPE_CHECKING:
    from pathlib import Path


def _engine(data: Path) -> tuple[Engine, Store]:
    user = inventory.own_user()
    known = inventory.built_in(user)
    local = Local(user=user.name, home=user.home)
    store = Store(data)
    fleet = Fleet(folder=data / "runs", connections={"local": local})
    return Engine(store, lambda: known, fleet), store


def _status(store: Store, job: int) -> Status:
    with store.reading():
        found = store.views.job(job)
    assert found is not None
    return found.status


def test_a_job_goes_on_while_nobody_asks(tmp_path: Path) -> None:
    """The driver takes a rolling job to its end; looking does not drive."""
    told: list[str] = []
    driver = Driver(*_engine(tmp_path), told.append)
    driver.begin()
    engine, store = _engine(tmp_path)
    rolls = serving.rolling("1", 1)
    job = serving.create(
        engine, serving.body("exit 0", hosts=range(1, 4), rolling_config=rolls)
    ).job
    driver.wake()

    serving.until(lambda: _status(store, job) is Status.SUCCEEDED)
    driver.end()
    engine.close()
    assert told == []


def test_a_driver_ends_and_what_runs_goes_on(tmp_path: Path) -> None:
    """After its end nothing is driven; another driver finds the outcome."""
    engine, store = _engine(tmp_path)
    first = Driver(*_engine(tmp_path), print)
    first.begin()
    job = serving.create(engine, serving.body(f"sleep 0.3; echo x > {tmp_path}/ran")).job
    first.end()
    serving.until((tmp_path / "ran").exists)
    assert _status(store, job) is Status.RUNNING

    second = Driver(*_engine(tmp_path), print)
    second.begin()
    serving.until(lambda: _status(store, job) is Status.SUCCEEDED)
    second.end()
    engine.close()


class _Thing:
    def __init__(self, made: list[_Thing]) -> None:
        self.open = True
        made.append(self)

    def close(self) -> None:
        """Be no longer open."""
        self.open = False


def test_a_pool_lends_each_to_one_at_a_time() -> None:
    """Made when needed, used again, never more than the most; closed at the end."""
    made: list[_Thing] = []
    pool = Pool(lambda: _Thing(made), 2)
    with pool.one() as first:
        pass
    with pool.one() as again, pool.one() as other:
        assert again is first
        assert other is not first
        waits = threading.Thread(target=lambda: _borrow(pool), daemon=True)
        waits.start()
        waits.join(0.05)
        assert waits.is_alive()
    waits.join(5)
    assert not waits.is_alive()
    pool.close()
    assert [thing.open for thing in made] == [False, False]


def _borrow(pool: Pool[_Thing]) -> None:
    with pool.one():
        return


def test_what_cannot_be_made_does_not_use_up_the_pool() -> None:
    """A place is given back also when nothing could be made for it."""
    made: list[_Thing] = []

    def make() -> _Thing:
        if not made:
            made.append(_Thing([]))
            raise OSError("no room")
        return _Thing(made)

    pool = Pool(make, 1)
    with pytest.raises(OSError, match="no room"), pool.one():
        made.clear()
    with pool.one() as lent:
        assert lent.open
