"""What nobody knew is settled, by a platform or by a person; what does not fit is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import narrow, wire
from runner.cli import compose
from runner.pipeline import reconciling
from runner.platforms.embedded import Embedded
from tests import farsites, serving, webserver
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.model import Json
    from tests.relay import Relay
    from tests.site import Ended, Site
    from tests.webserver import Web

pytestmark = pytest.mark.stories

CREATE, START = "fast_execute_script", "operate_job_instance"
SETTLE = ("--settle", "count", "--reason", "its log says so", "--as")


@pytest.fixture
def site(tmp_path: Path, between: Relay, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site whose policy names the server, with the job `count` committed and approved."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    made = farsites.adopted(tmp_path / "site", between.url)
    sites.count(made)
    made.commit("Count")
    assert made.approve().code == 0
    return made


def remarks(ended: Ended) -> list[tuple[str, Json]]:
    """Return the concern and the platform's job of each remark."""
    found = narrow.items(ended.tree, "remarks")
    return [(narrow.text(each, "concern"), narrow.at(each, "platform_job")) for each in found]


def reconcile(site: Site, *words: str) -> Ended:
    """Reconcile, and return what it says as JSON."""
    return site.jobgate("reconcile", "--format", "json", *words)


def kinds(site: Site) -> list[str]:
    """Return the kinds of the entries about the job's last submission."""
    record = narrow.mapping(wire.loads(site.jobgate("records", "count").out), "record")
    return [narrow.text(each, "kind") for each in narrow.items(record, "entries")]


def last(site: Site) -> dict[str, Json]:
    """Return what the last entry about the job says."""
    record = narrow.mapping(wire.loads(site.jobgate("records", "count").out), "record")
    return narrow.mapping(narrow.items(record, "entries")[-1], "data")


def start(web: Web, job: int) -> None:
    """Start a job behind jobgate's back, and let it end."""
    reply = web.post(f"/api/v3/{START}", {"job_instance_id": job, "operation_code": 2})
    assert reply.tree["result"] is True, reply.content
    web.ended(job)


def started_too_early(site: Site, web: Web) -> None:
    """Have the job created by a runner that dies, and started by somebody else."""
    site.spawn("7", module="tests.killed").communicate(timeout=60)
    assert kinds(site) == ["intended", "created"]
    start(web, 1)


def created_twice(site: Site, between: Relay) -> None:
    """Have the job created once with a lost answer; the submission stays announced."""
    between.faults[CREATE] = ["after"]
    assert site.jobgate("apply").code == 9
    assert kinds(site) == ["intended"]


# ---------------------------------------------------------------- what does not fit


def test_all_is_well_after_an_apply(site: Site) -> None:
    """Nothing is settled, remarked or written."""
    assert site.jobgate("apply").code == 0
    before = site.git("rev-parse", "jobgate-journal")
    done = reconcile(site)

    assert (done.code, remarks(done), narrow.items(done.tree, "settled")) == (0, [], [])
    assert site.git("rev-parse", "jobgate-journal") == before
    assert site.jobgate("reconcile").out.endswith(": 0 settled.\n")


def test_an_idle_duplicate_is_shown_until_it_is_gone(site: Site, between: Relay) -> None:
    """It bears the key and never started; the apply that went on created another."""
    created_twice(site, between)
    assert (between.calls.count(CREATE), remarks(reconcile(site))) == (1, [("idle-duplicate", 1)])
    assert site.jobgate("apply").code == 0
    shown = site.jobgate("reconcile")

    assert (shown.code, site.runs) == (1, ["ran hello"])
    assert "idle-duplicate far/count, job 1 there, count jobgate:" in shown.out
    assert "a submission that has job 2, and waits, and nobody will start it" in shown.out
    assert shown.out.endswith(": 0 settled, 1 idle-duplicate.\n")


def test_jobs_that_no_record_knows_are_shown(site: Site, web: Web) -> None:
    """One that was run by hand, one with a key of nobody's; not those of other scopes."""
    assert site.jobgate("apply").code == 0
    web.create(serving.body("true", task_name="by hand"))
    web.create(serving.body("true", start_task=False, task_name=f"x jobgate:{'0' * 64}"))
    done = reconcile(site)

    assert (done.code, remarks(done)) == (1, [("outside", 2), ("foreign-key", 3)])
    seen = narrow.mapping(narrow.items(done.tree, "remarks")[0], "seen")
    assert (seen["name"], seen["by"]) == ("by hand", "alice")


def test_a_record_that_the_platform_lost_is_shown(site: Site, web: Web, between: Relay) -> None:
    """At the same address there is another platform by now, which knows nothing of it."""
    assert site.jobgate("apply").code == 0
    web.end()
    web.data.rename(web.folder / "gone")
    web.begin()
    between.aim = web.url
    done = reconcile(site)

    assert (done.code, remarks(done)) == (1, [("lost", 1)])
    assert "cannot find job 1" in site.jobgate("reconcile").out


def test_a_platform_out_of_reach_is_told(site: Site, web: Web, between: Relay) -> None:
    """Exit code 9; what is under way stays as it is."""
    created_twice(site, between)
    web.end()
    done = reconcile(site)

    assert (done.code, kinds(site)) == (9, ["intended"])
    assert {concern for concern, _ in remarks(done)} == {"unreachable"}


# ---------------------------------------------------------------- what nobody knew


def test_the_platform_settles_what_it_knows(site: Site, web: Web) -> None:
    """A job that was started too early is unknown to apply; its end is known to the platform."""
    started_too_early(site, web)
    unknown = site.jobgate("apply")
    assert (unknown.code, kinds(site)[-1]) == (8, "unknown")
    again = site.jobgate("apply")
    assert again.code == 8
    assert "look into it with `jobgate reconcile`" in again.out

    done = site.jobgate("reconcile")
    assert done.code == 0, done.out
    assert "settled far/count: succeeded: 1 of 1 hosts well (its platform says so of" in done.out
    assert kinds(site)[-1] == "settled"
    assert last(site).keys() == {"reason", "result"}
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]
    assert site.jobgate("verify").code == 0


def test_what_began_before_it_was_asked_to_is_noted(site: Site, web: Web) -> None:
    """The journal says unknown first, and how it ended next."""
    started_too_early(site, web)
    first = reconcile(site)
    assert (first.code, kinds(site)[-1], remarks(first)) == (8, "unknown", [("unknown", 1)])
    second = reconcile(site)

    assert (second.code, kinds(site)[-1]) == (0, "settled")


def test_a_started_duplicate_is_for_a_person(site: Site, web: Web, between: Relay) -> None:
    """Its own platform cannot say whether it was ours: who knows says so, and why."""
    created_twice(site, between)
    start(web, 1)
    doubt = reconcile(site)
    assert (doubt.code, kinds(site)) == (8, ["intended", "unknown"])
    assert sorted(remarks(doubt), key=str) == [("started-duplicate", 1), ("unknown", None)]
    assert site.jobgate("apply").code == 8

    said = site.jobgate("reconcile", *SETTLE, "succeeded")
    assert said.code == 8
    assert "settled far/count: succeeded: succeeded, as author@example.org says" in said.out
    assert "(by author@example.org: its log says so)" in said.out
    assert said.out.endswith(": 1 settled, 1 started-duplicate.\n")
    assert last(site)["by"] == "author@example.org"
    assert site.jobgate("apply").code == 0
    assert site.symbols() == {}
    assert site.runs == ["ran hello"]
    assert site.jobgate("verify").code == 0


def test_what_did_not_run_runs_with_a_new_consent(site: Site, web: Web, between: Relay) -> None:
    """The plan shows the job again, and the approval that it had is spent."""
    assert site.jobgate("apply").code == 0
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Again")
    assert site.approve().code == 0
    created_twice(site, between)
    web.end()
    web.data.rename(web.folder / "gone")
    web.begin()
    between.aim = web.url
    web.create(serving.body("true", task_name=f"x jobgate:{key(site)}"))
    assert reconcile(site).code == 8

    assert reconcile(site, *SETTLE, "not-run").code == 8
    assert site.symbols() == {"far/count": "~"}
    assert site.jobgate("apply").code == 4
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"] * 2
    assert site.jobgate("verify").code == 0


def key(site: Site) -> str:
    """Return the key of the job's last submission."""
    jobs = narrow.items(site.jobgate("status", "--format", "json").tree, "jobs")
    return narrow.text(jobs[0], "key")


def test_nobodys_word_is_taken_for_what_is_known(site: Site, web: Web, between: Relay) -> None:
    """Neither for what ended, nor for what goes on by itself, nor for what its platform knows."""
    created_twice(site, between)
    goes_on = site.jobgate("reconcile", *SETTLE, "not-run")
    assert (goes_on.code, goes_on.out) == (1, "")
    assert "it is intended, and `jobgate apply` carries it on" in goes_on.err
    assert site.jobgate("apply").code == 0
    ended = site.jobgate("reconcile", *SETTLE, "failed")
    assert ended.code == 1
    assert "it is known what became of it: 1 of 1 hosts well" in ended.err

    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Again")
    assert site.approve().code == 0
    site.spawn("7", module="tests.killed").communicate(timeout=60)
    start(web, 3)
    assert reconcile(site).code == 8
    knows = site.jobgate("reconcile", *SETTLE, "failed")
    assert knows.code == 1
    assert "its platform says how it ended: succeeded, 1 of 1 hosts well" in knows.err
    assert kinds(site)[-1] == "unknown"


@pytest.mark.parametrize(
    "words",
    [SETTLE[:2], SETTLE[2:4], (*SETTLE[:4],), ("--as", "failed"), (*SETTLE[:2], "--as", "failed")],
)
def test_a_word_without_a_reason_is_wrong_use(site: Site, words: tuple[str, ...]) -> None:
    """Job, outcome and reason belong together."""
    ended = site.jobgate("reconcile", *words)

    assert (ended.code, ended.out) == (2, "")


# ---------------------------------------------------------------- on this machine


class Late(Embedded):
    """The embedded platform, on which somebody else applies before a list is read."""

    meanwhile: Callable[[], object]

    def find(self, name: str, scope: tuple[str, str]) -> tuple[int, ...]:
        """Let somebody else go on, and return what the platform finds then."""
        self.meanwhile()
        return super().find(name, scope)


def test_what_somebody_else_carries_on_meanwhile_is_no_doubt(tmp_path: Path) -> None:
    """A started job that the journal has by now is not taken for a stray; nothing is written."""
    site = sites.adopted(tmp_path)
    assert site.approve().code == 0
    site.spawn("3", module="tests.killed").communicate(timeout=60)
    assert kinds(site) == ["intended"]
    late = Late(tmp_path / "state/local", None)
    late.meanwhile = lambda: site.spawn("apply").communicate(timeout=60)
    with sites._environment(site.environment()), compose.world(site.repository) as world:
        done = reconciling.reconciliation(replace(world, platforms=lambda _: late), 30, None)
    late.close()

    assert (done.settled, done.remarks) == ((), ())
    assert (kinds(site)[-1], site.runs) == ("ended", ["ran hello"])


def test_what_lives_on_another_machine_is_for_a_person(tmp_path: Path) -> None:
    """Its state is not here: the journal is left as it is, until somebody who knows says so."""
    site = sites.adopted(tmp_path)
    assert site.approve().code == 0
    site.spawn("9", module="tests.killed").communicate(timeout=60)
    (site.root / "state").rename(site.root / "lost")
    stood = kinds(site)
    doubt = reconcile(site)
    assert (doubt.code, remarks(doubt), kinds(site)) == (8, [("unknown", 1)], stood)

    assert reconcile(site, *SETTLE, "failed").code == 0
    assert kinds(site)[-2:] == ["unknown", "settled"]
    assert site.jobgate("apply").code == 7
    assert site.runs == []
    assert site.jobgate("verify").code == 0


def test_an_abnormal_end_is_for_a_person(tmp_path: Path) -> None:
    """It began, so that nobody can say it did not; what else became of it they can."""
    site = sites.adopted(tmp_path)
    site.write("scripts/count.sh", "#!/bin/sh\nkill -9 $PPID\n")
    site.commit("Kill the shim")
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 8
    assert reconcile(site).code == 8

    never = site.jobgate("reconcile", *SETTLE, "not-run")
    assert never.code == 1
    assert "it began, and ended abnormally" in never.err
    site.write("scripts/count.sh", f"#!/bin/sh\necho again >> {site.counter}\n")
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    site.commit("Mend the script")
    assert site.approve().code == 0
    held = site.jobgate("apply")
    assert (held.code, site.runs) == (8, [])
    assert "look into it with `jobgate reconcile`" in held.out
    assert reconcile(site, *SETTLE, "succeeded").code == 0
    assert kinds(site)[-1] == "settled"
    assert site.jobgate("apply").code == 0
    assert (site.runs, site.jobgate("verify").code) == (["again"], 0)
