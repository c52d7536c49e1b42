"""Jobs that run on reviews alone: from the pull request to a record that is verified."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import narrow
from tests import repos, reviewed
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.model import Json
    from tests.forge.state import How
    from tests.reviewed import Desk

pytestmark = pytest.mark.stories

EVIDENCE = "refs/heads/jobgate-evidence"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a site to copy."""
    return reviewed.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def desk(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Return a site whose policy names the forge beside it, and whose commands have a token."""
    with reviewed.running(tmp_path, made) as running:
        entry = running.forge.entry
        monkeypatch.setenv(entry.token, next(iter(running.forge.tokens)))
        running.site.write("jobgate.yaml", policy(running))
        running.site.commit("Name the forge")
        running.site.git("push", "-q", "origin", "main")
        assert running.site.approve("@policy").code == 0
        assert running.site.jobgate("apply").code == 0
        yield running


def policy(desk: Desk) -> str:
    """Return the policy's text, with the forge in it."""
    entry = desk.forge.entry
    text = (desk.site.repository / "jobgate.yaml").read_text()
    return text + (
        f"forge:\n  github:\n    url: {entry.url}\n    repository: {entry.repository}\n"
        f"    token: {{env: {entry.token}}}\n"
    )


def record(desk: Desk, name: str = "count") -> Path:
    """Write the newest record of a job to a file."""
    ended = desk.site.jobgate("records", name)
    assert ended.code == 0, ended.err
    path = desk.site.root / "record.json"
    path.write_text(ended.out)
    return path


def proofs(tree: Json) -> dict[str, tuple[bool, str]]:
    """Return what each proof of a verification says."""
    return {
        narrow.text(each, "name"): (
            narrow.boolean(each, "holds", default=False),
            narrow.text(each, "detail"),
        )
        for each in narrow.items(tree, "proofs")
    }


def verified(site: sites.Site, path: Path) -> tuple[int, dict[str, tuple[bool, str]]]:
    """Verify a record; return the exit code, and the proofs."""
    ended = site.jobgate("verify", str(path), "--format", "json")
    return ended.code, proofs(ended.tree)


def auditor(desk: Desk, root: Path) -> sites.Site:
    """Make a fresh clone, as somebody has who looks at the record much later."""
    made = sites.Site(root / "auditor")
    made.root.mkdir()
    repos.clone(desk.forge.repository, made.repository)
    return made


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_job_runs_on_a_review_and_is_verified_without_the_forge(
    desk: Desk, how: How, tmp_path: Path
) -> None:
    """Whoever approves and merges lets it run once; the record shows it when all else is gone."""
    site, forge = desk.site, desk.forge
    pull = desk.propose()
    forge.approve(pull, "reviewer")
    planned = site.jobgate("plan", "--head", desk.fetch("topic"))
    assert "1 to run, 0 waiting" in planned.out, planned.out + planned.err
    forge.merge(pull, "reviewer", how)
    desk.pull()

    ended = site.jobgate("apply")

    assert (ended.code, site.runs) == (0, ["ran hello"]), ended.err
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]
    path, head = record(desk), forge.head(pull)
    for ref in (f"refs/pull/{pull.number}/head", "refs/heads/topic"):
        repos.run(forge.repository, "update-ref", "-d", ref)
    repos.run(forge.repository, "gc", "--quiet", "--prune=now")
    forge.fail("pulls", *["down"] * 50)
    code, found = verified(auditor(desk, tmp_path), path)
    assert code == 0, found
    assert found["reviews"] == (True, f"github {pull.number} at {head[:12]}")
    assert found["approvals"] == (True, "given by @reviewer")
    assert found["forge"][1].startswith("github alone says that reviewer approved pull request")


def test_a_plan_and_a_rehearsal_push_nothing(desk: Desk) -> None:
    """Only what is going to be named by the journal is kept, and only then."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.merge(pull, "reviewer", "squash")
    desk.pull()
    before = desk.site.git("ls-remote", "origin")
    assert desk.site.jobgate("plan").code == 0
    rehearsed = desk.site.jobgate("apply", "--dry-run")
    assert (rehearsed.code, "would run" in rehearsed.out) == (0, True), rehearsed.out
    assert desk.site.git("ls-remote", "origin") == before
    assert desk.site.jobgate("apply").code == 0
    kept = desk.site.git("ls-remote", "origin", EVIDENCE)
    assert kept.endswith(EVIDENCE)


def test_what_cannot_be_kept_is_not_run(desk: Desk) -> None:
    """Where the remote takes no evidence, nothing is announced, and the code is git's."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.merge(pull, "reviewer")
    desk.pull()
    journal = desk.site.git("ls-remote", "origin", "refs/heads/jobgate-journal")
    repos.hook(
        desk.forge.repository,
        "update",
        f'#!/bin/sh\n[ "$1" != {EVIDENCE} ] || {{ echo "not that"; exit 1; }}\n',
    )

    ended = desk.site.jobgate("apply")

    assert (ended.code, desk.site.runs) == (10, [])
    assert "cannot add to refs/heads/jobgate-evidence: the remote refused it" in ended.err
    assert desk.site.git("ls-remote", "origin", "refs/heads/jobgate-journal") == journal


def test_missing_evidence_is_a_finding(desk: Desk, tmp_path: Path) -> None:
    """Where the evidence ref is gone, a record that rests on it does not hold, and says so."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.merge(pull, "reviewer", "squash")
    desk.pull()
    assert desk.site.jobgate("apply").code == 0
    path = record(desk)
    repos.run(desk.forge.repository, "update-ref", "-d", EVIDENCE)

    code, found = verified(auditor(desk, tmp_path), path)

    assert code == 1
    assert found["reviews"][0] is False
    assert f"github {pull.number}: the evidence ref does not have" in found["reviews"][1]
    assert found["approvals"][0] is False
    ended = desk.site.jobgate("verify", str(path))
    assert ended.code == 10
    assert "cannot trust refs/heads/jobgate-evidence" in ended.err


def test_the_policy_is_accepted_on_a_review(desk: Desk) -> None:
    """A change of the rules that was approved in its pull request is in force, and verified."""
    site, forge = desk.site, desk.forge
    text = (site.repository / "jobgate.yaml").read_text()
    forge.change("rules", {"jobgate.yaml": text.replace("name: everything", "name: all")})
    pull = forge.open("author", "rules")
    forge.next_second()  # the policy in force is of this very second
    forge.approve(pull, "reviewer")
    forge.merge(pull, "reviewer", "squash")
    desk.pull()

    ended = site.jobgate("apply")

    assert (ended.code, "accepted" in ended.out) == (0, True), ended.out + ended.err
    code, found = verified(site, record(desk, "@policy"))
    assert code == 0, found
    assert found["reviews"][0]


def test_a_review_and_a_signature_are_two(desk: Desk) -> None:
    """Where two are asked for, one of each kind by two people suffices, and one person's do not."""
    site, forge = desk.site, desk.forge
    site.edit("jobgate.yaml", "count: 1", "count: 2")
    site.edit("jobgate.yaml", "from: [author, reviewer]", "from: [author, reviewer, other]")
    key = (site.root / "other.pub").read_text().strip()
    site.edit("jobgate.yaml", "clauses:", f"  other: {{keys: ['{key}']}}\nclauses:")
    site.commit("Ask two")
    site.git("push", "-q", "origin", "main")
    assert site.approve("@policy").code == 0
    assert site.jobgate("apply").code == 0
    pull = desk.propose()
    forge.approve(pull, "reviewer")
    forge.merge(pull, "reviewer")
    desk.pull()
    assert site.approve(by="reviewer").code == 0
    assert site.jobgate("apply").code == 4
    assert site.approve(by="other").code == 0

    assert site.jobgate("apply").code == 0

    code, found = verified(site, record(desk))
    assert code == 0, found
    assert found["approvals"] == (True, "given by @reviewer, other, reviewer")


def test_a_review_is_spent_by_the_submission_that_it_permitted(desk: Desk) -> None:
    """The very job brought again, by a revert and another, waits for a review of its own."""
    site, forge = desk.site, desk.forge
    pull = desk.propose()
    forge.approve(pull, "reviewer")
    forge.merge(pull, "reviewer", "squash")
    desk.pull()
    assert site.jobgate("apply").code == 0
    forge.next_second()
    more = desk.propose("more", run=2)
    forge.merge(more, "author", "squash")
    desk.pull()

    assert site.jobgate("apply").code == 4

    forge.approve(more, "reviewer")
    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello", "ran hello"]


def test_where_the_forge_is_out_of_reach_signatures_count(desk: Desk) -> None:
    """The verdict waits, the reason is told once, and a signed approval lets it run."""
    site, forge = desk.site, desk.forge
    pull = desk.propose()
    forge.approve(pull, "reviewer")
    forge.merge(pull, "reviewer")
    desk.pull()
    forge.lie("pull", lambda _: {"number": pull.number})

    waits = site.jobgate("apply")

    assert (waits.code, site.runs) == (4, [])
    assert waits.err.count("no review counts now, signed approvals do") == 1
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 0
    assert "reviews" not in record(desk).read_text()


def test_a_second_apply_adds_nothing_to_the_evidence(desk: Desk) -> None:
    """What is kept is kept once: another job of the same pull request hangs on the same commit."""
    two = {"specs/two.yaml": desk.spec().replace("name: count", "name: two")}
    pull = desk.propose(more=two)
    desk.forge.approve(pull, "reviewer")
    desk.forge.merge(pull, "reviewer", "rebase")
    desk.pull()
    assert desk.site.jobgate("apply", "--only", "count").code == 0
    kept = desk.site.git("ls-remote", "origin", EVIDENCE)
    assert desk.site.jobgate("apply").code == 0
    assert desk.site.git("ls-remote", "origin", EVIDENCE) == kept
    assert len(desk.site.runs) == 2


def test_a_submission_outlives_an_outage_of_the_forge(desk: Desk) -> None:
    """What was created rests while nobody can say whether its review stands, and then runs."""
    site, forge = desk.site, desk.forge
    pull = desk.propose()
    review = forge.approve(pull, "reviewer")
    forge.merge(pull, "reviewer")
    desk.pull()
    process = site.spawn("6", module="tests.killed")
    process.communicate(timeout=60)
    assert (process.returncode, site.runs) == (-9, [])
    forge.lie("pull", lambda _: {"number": pull.number})
    rests = site.jobgate("apply")
    assert (rests.code, site.runs) == (4, [])
    assert "the forge cannot be asked whether it is still approved" in rests.out + rests.err
    del forge.lies["pull"]

    assert site.jobgate("apply").code == 0

    assert site.runs == ["ran hello"]
    assert forge.pulls[pull.number].reviews == [review]


def test_what_is_dismissed_before_the_start_does_not_start(desk: Desk) -> None:
    """The verdict before the start is taken anew: consent that was taken back by then is none."""
    site, forge = desk.site, desk.forge
    pull = desk.propose()
    review = forge.approve(pull, "reviewer")
    forge.merge(pull, "reviewer")
    desk.pull()
    process = site.spawn("6", module="tests.killed")
    process.communicate(timeout=60)
    forge.dismiss(pull, review, "author")

    ended = site.jobgate("apply")

    assert (ended.code, site.runs) == (4, [])
    assert "its approval no longer stands" in ended.out + ended.err
