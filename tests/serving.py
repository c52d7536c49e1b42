"""An embedded platform for tests: bodies, engines over real processes, and waiting for them."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

from runner.server import inventory
from runner.server.engine import Engine, Pace
from runner.server.fleet import Fleet
from runner.server.hosts.local import Local
from runner.server.rows import Caller
from runner.server.states import JobOperation
from runner.server.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from runner.model import Json
    from runner.progress import Created, Progress
    from runner.server.hosts.runs import Connection

SHELL, PERL, PYTHON = 1, 3, 4
DEADLINE = 20.0
OWNER = Caller(user="owner")


def body(script: str, *, hosts: Iterable[int] = (1,), **more: Json) -> dict[str, Json]:
    """Return a whole request for `script` (shell unless said otherwise) on hosts by id."""
    made: dict[str, Json] = {
        "bk_scope_type": "biz",
        "bk_scope_id": "2",
        "account_alias": "operator",
        "script_language": SHELL,
        "script_content": text64(script),
        "execute_target": {"host_list": [{"bk_host_id": host} for host in hosts]},
        "timeout": 60,
    }
    return made | more


def text64(text: str) -> str:
    """Return the Base64 of a text."""
    return base64.b64encode(text.encode()).decode()


def rolling(expression: str, mode: int) -> Json:
    """Return a rolling configuration."""
    return {"expression": expression, "mode": mode}


def engine(data: Path, *, pace: Pace | None = None, local: Connection | None = None) -> Engine:
    """Return an engine over `data` with the built-in inventory."""
    user = inventory.own_user()
    connection = local or Local(user=user.name, home=user.home, grace=0.3)
    fleet = Fleet(folder=data / "runs", connections={"local": connection})
    known = inventory.built_in(user)
    return Engine(Store(data), lambda: known, fleet, pace=pace or Pace())


def create(served: Engine, wanted: dict[str, Json]) -> Created:
    """Create a job as the owner of the machine does."""
    return served.create(served.order(wanted), OWNER)


def start(served: Engine, job: int) -> None:
    """Start a job that waits."""
    served.operate_job(job, JobOperation.START, OWNER)


def until(happens: Callable[[], bool]) -> None:
    """Return once it happens; fail after the deadline."""
    end = time.monotonic() + DEADLINE
    while not happens():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def rested(served: Engine, job: int) -> Progress:
    """Poll a job until it has ended or waits for a person, and return how it stands."""
    end = time.monotonic() + DEADLINE
    while not ((now := served.status(job)).finished or now.paused):
        assert time.monotonic() < end, f"job {job} did not come to rest: {now}"
        time.sleep(0.01)
    return now


def lines(folder: Path) -> dict[str, int]:
    """Return how many lines each file of a folder has."""
    return {file.name: len(file.read_text().splitlines()) for file in sorted(folder.iterdir())}
