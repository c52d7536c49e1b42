"""What people and API callers read: lists with filters and pages, a job whole, its hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.progress import Status
from runner.server import inventory
from runner.server.engine import Engine
from runner.server.fleet import Fleet
from runner.server.hosts.local import Local
from runner.server.rows import BY_WEB, Caller
from runner.server.states import HostStatus
from runner.server.store import Store
from runner.server.views import HostFilter, JobFilter
from tests import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCOPE = ("biz", "2")
MAYA = Caller(user="maya", app="ops", launch_mode=BY_WEB)


class Site:
    """A store with the engine over it."""

    def __init__(self, data: Path) -> None:
        """Open both over one folder."""
        user = inventory.own_user()
        known = inventory.built_in(user)
        local = Local(user=user.name, home=user.home)
        self.store = Store(data)
        fleet = Fleet(folder=data / "runs", connections={"local": local})
        self.engine = Engine(self.store, lambda: known, fleet)

    def job(self, name: str, origin: Caller = MAYA, hosts: int = 1, rolls: str = "") -> int:
        """Create a job that waits."""
        more = {"rolling_config": serving.rolling(rolls, 1)} if rolls else {}
        body = serving.body(
            "exit 0", hosts=range(1, hosts + 1), start_task=False, task_name=name, **more
        )
        return self.engine.create(self.engine.order(body), origin).job


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Return a site over an empty folder."""
    made = Site(tmp_path)
    yield made
    made.engine.close()


def test_jobs_come_newest_first_a_page_at_a_time(site: Site) -> None:
    """A page has a length and an offset; the count is that of all pages."""
    made = [site.job(f"job {number}") for number in range(5)]

    with site.store.reading():
        page = site.store.views.jobs(offset=1, length=2)
        assert [job.id for job in page] == [made[3], made[2]]
        assert site.store.views.count() == 5
        assert site.store.views.tally() == {Status.WAITING: 5}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (JobFilter(name="eb 1"), {"web 1"}),
        (JobFilter(name="EB"), set()),
        (JobFilter(operator="ravi"), {"db"}),
        (JobFilter(launch_mode=1), {"web 1", "web 2"}),
        (JobFilter(status=Status.WAITING), {"web 1", "web 2", "db"}),
        (JobFilter(status=Status.RUNNING), set()),
        (JobFilter(ip="127.0.0.3"), {"db"}),
        (JobFilter(scopes=(SCOPE, ("biz", "3"))), {"web 1", "web 2", "db"}),
        (JobFilter(scopes=(("biz", "3"),)), set()),
        (JobFilter(scopes=()), set()),
        (JobFilter(since=1, until=2), set()),
        (JobFilter(job=1), {"web 1"}),
        (JobFilter(name="web", operator="maya", scopes=(SCOPE,)), {"web 1", "web 2"}),
    ],
)
def test_a_filter_leaves_what_it_names(site: Site, wanted: JobFilter, found: set[str]) -> None:
    """Each criterion narrows the list, and all of them together do."""
    site.job("web 1")
    site.job("web 2", hosts=2)
    site.job("db", Caller(user="ravi"), hosts=3)

    with site.store.reading():
        assert {job.name for job in site.store.views.jobs(wanted)} == found
        assert site.store.views.count(wanted) == len(found)


def test_a_job_tells_who_created_it_and_what_it_runs(site: Site) -> None:
    """The job has its origin and instants, the step what runs and how."""
    job = site.job("one", hosts=3, rolls="1 2")

    with site.store.reading():
        seen, step = site.store.views.job(job), site.store.views.step_of(job)
        assert seen is not None
        assert step is not None
        assert (seen.operator, seen.app, seen.launch_mode) == ("maya", "ops", BY_WEB)
        assert (seen.scope, seen.status, seen.started_at) == (SCOPE, Status.WAITING, None)
        assert seen.created_at > 0
        assert (site.store.views.script(step.id), step.alias, step.batches, step.mode) == (
            b"exit 0",
            "operator",
            2,
            1,
        )
        assert site.store.views.step(step.id) == step
        assert site.store.views.job(99) is None
        assert site.store.views.step(99) is None
        assert site.store.views.step_of(99) is None


def test_hosts_are_narrowed_and_paged(site: Site) -> None:
    """By batch, state, tag, id and address, in the order of the batches."""
    job = site.job("one", hosts=5, rolls="2 3")
    views = site.store.views

    def ids(wanted: HostFilter, offset: int = 0, length: int = -1) -> list[int]:
        with site.store.reading():
            step = views.step_of(job)
            assert step is not None
            return [row.host for row in views.hosts(step.id, wanted, offset=offset, length=length)]

    assert ids(HostFilter()) == [1, 2, 3, 4, 5]
    assert ids(HostFilter(), offset=1, length=2) == [2, 3]
    assert ids(HostFilter(batch=2)) == [3, 4, 5]
    assert ids(HostFilter(statuses=(HostStatus.WAITING,))) == [1, 2, 3, 4, 5]
    assert ids(HostFilter(statuses=())) == []
    assert ids(HostFilter(tag="no")) == []
    assert ids(HostFilter(hosts=(5, 2))) == [2, 5]
    assert ids(HostFilter(addresses=((0, "127.0.0.4"), (1, "127.0.0.1")))) == [4]
    assert ids(HostFilter(addresses=())) == []
    assert ids(HostFilter(ip="127.0.0.5")) == [5]


def test_batches_count_their_hosts_by_state(site: Site) -> None:
    """Each batch has its state and a tally."""
    job = site.job("one", hosts=5, rolls="2 3")

    with site.store.reading():
        step = site.store.views.step_of(job)
        assert step is not None
        batches = site.store.views.batches(step.id)
    assert [(each.number, each.status, dict(each.tally)) for each in batches] == [
        (1, Status.WAITING, {HostStatus.WAITING: 2}),
        (2, Status.WAITING, {HostStatus.WAITING: 3}),
    ]


def test_who_ordered_what_is_kept(site: Site) -> None:
    """An order that is refused is not kept; one that is taken is, with who and when."""
    job = site.job("one")
    site.engine.operate_job(job, 2, MAYA)
    site.engine.operate_job(job, 1, Caller(user="ravi"))

    with site.store.reading():
        acts = site.store.views.acts(job)
    assert [(act.user, act.app, act.what) for act in acts] == [
        ("maya", "ops", "start"),
        ("ravi", "", "stop"),
    ]
    assert acts[0].at <= acts[1].at
