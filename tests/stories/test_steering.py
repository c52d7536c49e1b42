"""Orders to a job under way: through failure, retry, next batch and stop, here and over HTTP."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from runner import narrow, wire
from tests import farsites, webserver
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json
    from tests.relay import Relay
    from tests.site import Site

pytestmark = pytest.mark.stories

HOSTS = "".join(f"  - {{bk_cloud_id: 0, ip: 127.0.0.{n}}}\n" for n in (1, 2, 3))
# Counts each of its runs by host; fails on the second one until that is mended.
SCRIPT = """\
echo "$JOBGATE_HOST" >> "$1"
[ "$JOBGATE_HOST" != 0:127.0.0.2 ] || [ -e "$1.mended" ]
"""
FIRST, SECOND, THIRD = (f"0:127.0.0.{n}" for n in (1, 2, 3))
STEP, JOB = "operate_step_instance", "operate_job_instance"


def written(site: Site, mode: str) -> Site:
    """Commit and approve the job `count`, which rolls over three hosts one by one."""
    site.write("specs/vars.yaml", f"word: hello\nhosts:\n{HOSTS}")
    site.write("scripts/count.sh", SCRIPT)
    sites.count(site)
    rolls = f'timeout: 60\n  rolling_config: {{expression: "1", mode: {mode}}}'
    site.edit("specs/count.yaml", "timeout: 60", rolls)
    site.commit("Roll")
    assert site.approve().code == 0
    return site


@pytest.fixture
def far(tmp_path: Path, between: Relay, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site whose jobs go to the server."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    return farsites.adopted(tmp_path / "site", between.url)


@pytest.fixture(params=["here", "far"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """Return a site whose jobs run in process, or on the server."""
    if request.param == "here":
        return sites.adopted(tmp_path)
    made = request.getfixturevalue("far")
    assert isinstance(made, sites.Site)
    return made


def entries(site: Site) -> list[dict[str, Json]]:
    """Return the entries of the newest record of the job."""
    record = narrow.mapping(wire.loads(site.jobgate("records", "count").out), "record")
    return [narrow.mapping(each) for each in narrow.items(record, "entries")]


def orders(site: Site) -> list[tuple[str, str, str]]:
    """Return the orders in the journal: act, who and why."""
    found = [narrow.mapping(each, "data", "steering") for each in entries(site)]
    return [(str(each["act"]), str(each["by"]), str(each["reason"])) for each in found if each]


def test_failure_retry_next_batch_and_stop(site: Site) -> None:
    """Each order moves the present batch alone, and stands in the journal with who and why."""
    written(site, "manual")
    assert site.jobgate("apply").code == 4
    assert site.jobgate("resume", "count").code == 0
    failed = site.jobgate("apply")
    assert (failed.code, site.runs) == (7, [FIRST, SECOND]), failed.err
    assert "paused after batch 2 of 3: 1 failed" in failed.out

    site.counter.with_name("counter.mended").touch()
    retried = site.jobgate("retry", "count", "--failed", "--reason", "mended, OPS-1")
    assert retried.code == 0, retried.err
    assert site.jobgate("apply").code == 4
    assert site.runs == [FIRST, SECOND, SECOND]
    stopped = site.jobgate("stop", "count", "--reason", "enough")
    assert stopped.code == 0, stopped.err
    ended = site.jobgate("apply")
    assert (ended.code, len(site.runs)) == (7, 3)
    assert "stopped" in ended.out

    who = "author@example.org"
    assert orders(site) == [
        ("resume", who, ""),
        ("retry", who, "mended, OPS-1"),
        ("stop", who, "enough"),
    ]
    kinds = [each["kind"] for each in entries(site)]
    assert kinds[3:] == [
        *("started", "steering", "steered", "ended"),
        *("steering", "steered", "steering", "steered", "ended"),
    ]
    verified = site.jobgate("verify")
    assert verified.code == 0, verified.out
    assert "steering" in verified.out


def test_a_failed_batch_is_skipped(site: Site) -> None:
    """The next batch runs, and the job succeeds; what failed is not run again."""
    written(site, "pause_on_failure")
    assert site.jobgate("apply").code == 7
    skipped = site.jobgate("skip", "count", "--reason", "it is being replaced")
    assert skipped.code == 0, skipped.err
    done = site.jobgate("apply")

    assert (done.code, site.runs) == (0, [FIRST, SECOND, THIRD]), done.err
    assert "2 of 3 hosts well" in done.out or "nothing to do" in done.out
    assert site.jobgate("verify").code == 0
    for act in ("resume", "retry", "skip", "stop"):
        late = site.jobgate(act, "count", "--reason", "late")
        assert (late.code, len(site.runs)) == (1, 3), late.err


def test_what_was_never_started_is_not_steered(tmp_path: Path) -> None:
    """Without a submission there is nothing to steer, and a reason has to be one."""
    site = sites.adopted(tmp_path)
    for act in ("resume", "retry", "skip", "stop"):
        assert site.jobgate(act, "count", "--reason", "why").code == 1
    assert site.jobgate("stop", "count").code == 2
    assert site.jobgate("stop", "count", "--reason", "  ").code == 2
    assert site.jobgate("stop", "count", "--reason", "x" * 1001).code == 2


def test_an_approval_that_no_longer_stands(tmp_path: Path) -> None:
    """Whoever approved is no longer listed: nothing more runs, but it can be stopped."""
    site = written(sites.adopted(tmp_path), "manual")
    assert site.jobgate("apply").code == 4
    other = (site.root / f"{sites.OTHER}.pub").read_text().strip()
    policy = (site.repository / "jobgate.yaml").read_text()
    reviewer = next(line for line in policy.splitlines() if line.startswith("  reviewer:"))
    named = f'  other: {{emails: [other@example.org], keys: ["{other}"]}}'
    site.edit("jobgate.yaml", reviewer, named)
    site.edit("jobgate.yaml", "from: [author, reviewer]", "from: [author, other]")
    site.commit("Another reviewer")
    assert site.approve("@policy").code == 0
    assert site.jobgate("apply").code == 4

    for act in ("resume", "retry", "skip"):
        refused = site.jobgate(act, "count", "--reason", "why")
        assert (refused.code, site.runs) == (1, [FIRST]), refused.err
    assert "its approval no longer stands" in site.jobgate("resume", "count").err
    assert site.jobgate("stop", "count", "--reason", "nobody consents to it").code == 0
    assert site.jobgate("verify").code == 0


def test_a_spec_that_is_gone(tmp_path: Path) -> None:
    """A job whose spec was removed can be stopped, and not be carried on by order."""
    site = written(sites.adopted(tmp_path), "pause_on_failure")
    assert site.jobgate("apply").code == 7
    (site.repository / "specs/count.yaml").unlink()
    site.commit("Take it away")
    assert site.jobgate("apply").code == 0
    refused = site.jobgate("retry", "count", "--reason", "why")

    assert (refused.code, site.runs) == (1, [FIRST, SECOND])
    assert "its spec is gone" in refused.err


def test_an_answer_that_was_lost_is_found_out(far: Site, between: Relay) -> None:
    """The batch has moved on: the order was carried out, and is not sent again."""
    written(far, "manual")
    assert far.jobgate("apply").code == 4
    between.faults[STEP] = ["after"]
    resumed = far.jobgate("resume", "count")

    assert resumed.code == 0, resumed.err
    assert between.calls.count(STEP) == 1
    assert far.jobgate("apply").code == 7
    assert far.runs == [FIRST, SECOND]


def test_an_order_that_never_came_is_unknown(far: Site, between: Relay) -> None:
    """Nothing is sent again until a person insists; a stop is always taken."""
    written(far, "manual")
    assert far.jobgate("apply").code == 4
    between.faults[STEP] = ["before"]
    lost = far.jobgate("resume", "count")
    assert (lost.code, between.calls.count(STEP)) == (8, 1), lost.err
    assert "`--again` orders it once more" in lost.err

    assert far.jobgate("apply").code == 8
    assert far.jobgate("resume", "count").code == 8
    assert (between.calls.count(STEP), far.runs) == (1, [FIRST])
    insisted = far.jobgate("resume", "count", "--again")
    assert (insisted.code, between.calls.count(STEP)) == (0, 2), insisted.err
    assert far.jobgate("apply").code == 7
    between.faults[STEP] = ["before"]
    assert far.jobgate("retry", "count", "--reason", "why").code == 8
    assert far.jobgate("stop", "count", "--reason", "why").code == 1
    assert [act for act, _, _ in orders(far)] == ["resume", "resume", "retry"]


def test_an_order_that_is_done_later_is_settled_by_apply(far: Site, between: Relay) -> None:
    """Where the batch has moved on meanwhile, the job is followed again."""
    written(far, "manual")
    assert far.jobgate("apply").code == 4
    between.faults[STEP] = ["after"]
    between.faults["get_job_instance_status"] = ["", "before", *["before"] * 40]
    assert far.jobgate("resume", "count").code == 8
    between.faults.clear()

    followed = far.jobgate("apply")
    assert (followed.code, far.runs) == (7, [FIRST, SECOND]), followed.err
    again = far.jobgate("retry", "count", "--reason", "why")
    assert again.code == 0, again.err
    assert far.jobgate("verify").code == 0


def test_an_order_that_is_killed(tmp_path: Path) -> None:
    """Before it is announced it never was; unsent it is unknown; unnoted it is found out."""
    site = written(sites.adopted(tmp_path), "manual")
    site.counter.with_name("counter.mended").touch()
    assert site.jobgate("apply").code == 4

    killed(site, 2)
    assert site.jobgate("apply").code == 4
    killed(site, 4)
    assert site.jobgate("apply").code == 8
    assert (site.jobgate("resume", "count").code, site.runs) == (8, [FIRST])
    assert site.jobgate("resume", "count", "--again").code == 0
    assert site.jobgate("apply").code == 4
    killed(site, 8)
    done = site.jobgate("apply")

    assert (done.code, site.runs) == (0, [FIRST, SECOND, THIRD]), done.err
    kinds = [str(each["kind"]) for each in entries(site) if "steer" in str(each["kind"])]
    assert kinds == ["steering", "steering", "steered", "steering", "steered"]
    assert site.jobgate("verify").code == 0


def killed(site: Site, step: int) -> None:
    """Resume the job in a process that kills itself at a step."""
    with site.spawn(str(step), "resume", "count", module="tests.killed") as process:
        process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
