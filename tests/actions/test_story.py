"""The story of a change, through the workflows: from a pull request to a run, and on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.actions import events
from tests.actions.scene import APPLY, PLAN

if TYPE_CHECKING:
    from tests.actions.running import Ran
    from tests.actions.scene import Scene
    from tests.forge.state import How, Pull

MARKER = "<!-- jobgate:plan -->"
ROLLING = "  rolling_config: {expression: '1', mode: pause_on_failure}\n"
HOSTS = """\
word: hello
hosts:
  - {bk_cloud_id: 0, ip: 127.0.0.1}
  - {bk_cloud_id: 0, ip: 127.0.0.2}
"""


def plan(here: Scene, pull: Pull, action: str) -> Ran:
    """Run the plan workflow for a pull request; it is one job."""
    ran = here.run(PLAN, events.proposed(here.forge, pull, action))
    assert [each.job for each in ran] == ["plan"]
    return ran[0]


def apply(here: Scene, before: str) -> Ran:
    """Run the apply workflow after a push; nobody gives an order then."""
    return applied(here.run(APPLY, events.pushed(here.forge, before)))


def applied(ran: list[Ran]) -> Ran:
    """Return the job of a run of the apply workflow that applied."""
    assert [each.job for each in ran] == ["order", "apply"]
    return ran[1]


def comments(pull: Pull) -> list[str]:
    """Return the comments of ours on a pull request."""
    return [each.body for each in pull.comments if each.body.startswith(MARKER)]


def statuses(here: Scene, pull: Pull) -> list[str]:
    """Return the states of the newest commit of a pull request, newest first."""
    return [each.state for each in here.forge.of_commit(str(here.forge.head(pull)))]


def shown(ran: Ran) -> None:
    """Hold that a run says which change there is, everywhere but in the pull request."""
    assert ran.result == "success", ran.said
    assert ran.step("Plan, and say so in the pull request").outputs["changes"] == "1"
    assert "`count`" in ran.summary
    assert json.loads(ran.scanned["jobgate"])["runs"][0]["results"] == []


def test_one_comment_from_a_pull_request_to_a_run(here: Scene) -> None:
    """The same comment says what would run, what waits, and after a review that nothing does."""
    pull = here.propose()
    shown(plan(here, pull, "opened"))
    told = [(comments(pull), statuses(here, pull)[0])]
    here.forge.change("topic", {"specs/count.yaml": here.spec(run=2)})
    shown(plan(here, pull, "synchronize"))
    told.append((comments(pull), statuses(here, pull)[0]))
    here.forge.approve(pull, "reviewer")
    here.run(PLAN, events.reviewed(here.forge, pull))
    told.append((comments(pull), statuses(here, pull)[0]))
    before = str(here.forge.tip("main"))
    here.forge.merge(pull, "reviewer", "squash")
    ran = apply(here, before)

    assert [(len(said), state) for said, state in told] == [
        (1, "pending"),
        (1, "pending"),
        (1, "success"),
    ]
    assert len({said[0] for said, _ in told}) == 3
    assert ran.result == "success", ran.said
    assert here.site.runs == ["ran hello"]


@pytest.mark.parametrize("how", ["squash", "rebase", "merge"])
def test_it_runs_once_however_it_is_merged(here: Scene, how: How) -> None:
    """A reviewed change runs when it was merged; the same event delivered again runs nothing."""
    pull = here.propose()
    here.forge.approve(pull, "reviewer")
    before = str(here.forge.tip("main"))
    here.forge.merge(pull, "reviewer", how)
    first, second = apply(here, before), apply(here, before)

    assert (first.result, second.result) == ("success", "success"), first.said + second.said
    assert here.site.runs == ["ran hello"]
    assert "1 succeeded" in first.summary
    assert "gantt" in first.summary
    assert "nothing to do" in second.said
    assert first.concurrency == {"group": "jobs-apply-local", "cancel-in-progress": False}
    assert first.environment == "jobgate"


def test_what_is_not_approved_waits(here: Scene) -> None:
    """Merged without a review it does not run; once approved the schedule runs it."""
    pull = here.propose()
    before = str(here.forge.tip("main"))
    here.forge.merge(pull, "reviewer")
    merged = apply(here, before)
    looked = applied(here.run(APPLY, events.due(here.forge)))
    none = here.site.runs
    here.site.git("fetch", "-q", "origin", "main")
    signed = here.site.approve(head="FETCH_HEAD")
    due = applied(here.run(APPLY, events.due(here.forge)))

    assert signed.code == 0, signed.err
    assert (merged.result, looked.result, due.result) == ("failure", "success", "success")
    assert merged.step("Apply, and follow what runs").outputs["code"] == "4"
    assert looked.step("Apply, and follow what runs").outputs["code"] == "4"
    assert none == []
    assert here.site.runs == ["ran hello"]


def test_what_is_made_otherwise_by_a_merge_waits(here: Scene) -> None:
    """Where the branch moved on, what was approved does not run; its pull request says why."""
    pull = here.propose()
    here.forge.approve(pull, "reviewer")
    here.forge.change("main", {"specs/vars.yaml": HOSTS})
    before = str(here.forge.tip("main"))
    here.forge.merge(pull, "reviewer")
    ran = apply(here, before)

    assert ran.step("Apply, and follow what runs").outputs["code"] == "4"
    assert here.site.runs == []
    assert len(pull.comments) == 1
    assert "specs/vars.yaml" in pull.comments[0].body


def test_a_failed_batch_stops_and_is_carried_on(here: Scene) -> None:
    """A job pauses at the batch that failed, the summary says so, and an order lets it go on."""
    broken = here.site.root / "broken"
    broken.touch()
    script = f'#!/bin/sh\nset -eu\ntest ! -e "{broken}"\necho "ran $2" >> "$1"\n'
    pull = here.propose(
        files={
            "specs/count.yaml": here.spec() + ROLLING,
            "specs/vars.yaml": HOSTS,
            "scripts/count.sh": script,
        }
    )
    here.forge.approve(pull, "reviewer")
    before = str(here.forge.tip("main"))
    here.forge.merge(pull, "reviewer")
    failed = apply(here, before)
    again = apply(here, before)
    broken.unlink()
    pressed = events.pressed(here.forge, order="retry", job="local/count", reason="mended")
    ordered, resumed = here.run(APPLY, pressed)

    for each in (failed, again):
        assert each.result == "failure"
        assert each.step("Apply, and follow what runs").code == 7
        assert "failed" in each.summary
    assert any(each.name == "error" for each in failed.commands)
    assert (ordered.result, resumed.result) == ("success", "success"), ordered.said + resumed.said
    assert here.site.runs == ["ran hello", "ran hello"]


def test_a_fork_sees_its_plan_in_the_run(here: Scene) -> None:
    """Where the token may not write there is no comment: summary and annotations have it all."""
    here.forge.may.clear()
    pull = here.propose(fork="stranger")
    ran = plan(here, pull, "opened")

    assert ran.result == "success", ran.said
    assert pull.comments == []
    assert here.forge.statuses == []
    assert ran.scanned == {}
    assert "`count`" in ran.summary
    assert "127.0.0.1" in ran.summary


def test_a_fork_sees_its_mistakes_at_their_lines(here: Scene) -> None:
    """Of a spec that is wrong a fork gets annotations, at the line."""
    here.forge.may.clear()
    spec = here.spec().replace("timeout: 60", "timeout: never")
    pull = here.propose(files={"specs/count.yaml": spec}, fork="stranger")
    ran = plan(here, pull, "opened")
    line = 1 + spec.splitlines().index("  timeout: never")
    places = [(each.properties.get("file"), each.properties.get("line")) for each in ran.commands]

    assert ran.result == "failure"
    assert places == [("specs/count.yaml", str(line))]
    assert ran.summary.count("specs/count.yaml") == 1
    assert pull.comments == []


def test_a_mistake_is_said_where_it_is_reviewed(here: Scene) -> None:
    """Of a spec that is wrong there is a comment and a failed status; mended, both are well."""
    spec = here.spec().replace("timeout: 60", "timeout: never")
    pull = here.propose(files={"specs/count.yaml": spec})
    wrong = plan(here, pull, "opened")
    said, failed = comments(pull), statuses(here, pull)
    here.forge.change("topic", {"specs/count.yaml": here.spec()})
    mended = plan(here, pull, "synchronize")

    assert (wrong.result, mended.result) == ("failure", "success"), mended.said
    assert len(said) == len(comments(pull)) == 1
    assert "specs/count.yaml" in said[0]
    assert failed[0] == "failure"
    assert statuses(here, pull)[0] == "pending"
    assert json.loads(wrong.scanned["jobgate"])["runs"][0]["results"] != []


def test_before_there_is_a_ledger_nothing_runs(unbegun: Scene) -> None:
    """Without a ledger a pull request is told so, and an apply ends with an error alone."""
    pull = unbegun.propose()
    proposed = plan(unbegun, pull, "opened")
    before = str(unbegun.forge.tip("main"))
    unbegun.forge.merge(pull, "reviewer")
    ran = apply(unbegun, before)

    assert proposed.result == "success", proposed.said
    assert "adopt" in proposed.summary
    assert ran.result == "failure"
    assert "adopt" in ran.said
    assert unbegun.site.runs == []
    assert unbegun.site.git("ls-remote", "origin", "jobgate-*") == ""


def test_nothing_runs_where_nobody_enabled_it(here: Scene) -> None:
    """Without the variable, or on a branch that nobody protects, no job of the workflow begins."""
    before = str(here.forge.tip("main"))
    event = events.pushed(here.forge, before)
    unprotected = events.pressed(here.forge, order="stop", job="local/count")
    unprotected = events.changed(unprotected, ref_protected=False)

    for each in (events.without(event, "JOBGATE_PLATFORMS"), unprotected):
        assert [ran.result for ran in here.run(APPLY, each)] == ["skipped", "skipped"]
