"""What was approved and is made otherwise after the merge: people are told why it waits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from runner.report import otherwise
from tests import published, reviewed
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.forge.state import How, Pull
    from tests.reviewed import Desk
    from tests.site import Ended

pytestmark = pytest.mark.stories

VARS = sites.VARS.replace("word: hello", "word: goodbye")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a site to copy."""
    return reviewed.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def desk(tmp_path: Path, made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Return a site whose policy names the forge, with what the workflow of an apply has."""
    with reviewed.running(tmp_path, made) as running:
        for name, value in published.environment(running.forge).items():
            monkeypatch.setenv(name, value)
        entry = running.forge.entry
        text = (running.site.repository / "jobgate.yaml").read_text()
        named = f"    url: {entry.url}\n    repository: {entry.repository}\n"
        running.site.write("jobgate.yaml", f"{text}forge:\n  github:\n{named}")
        running.site.commit("Name the forge")
        running.site.git("push", "-q", "origin", "main")
        assert running.site.approve("@policy").code == 0
        assert running.site.jobgate("apply").code == 0
        running.forge.exchanges.clear()
        yield running


def applied(desk: Desk) -> tuple[int, Ended]:
    """Apply the tip, and tell whoever is to be told, as the workflow does."""
    desk.pull()
    code = desk.site.jobgate("apply").code
    return code, desk.site.jobgate("publish")


def told(pull: Pull) -> str:
    """Return the one thing that was said on a pull request."""
    (said,) = pull.comments
    assert said.by.login == "github-actions[bot]"
    assert said.body.startswith(f"{otherwise.MARKER}\n")
    return said.body


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_the_branch_had_moved(desk: Desk, how: How) -> None:
    """A vars file was changed on the branch meanwhile: the review is of something else."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    seen = desk.forge.head(pull)
    moved = desk.forge.change("main", {"specs/vars.yaml": VARS}, by="other")
    desk.forge.merge(pull, "reviewer", how)
    code, ended = applied(desk)

    assert (code, ended.code, desk.site.runs) == (4, 0, []), ended.err
    body = told(pull)
    assert f"`local/count` was approved by `reviewer` at `{seen[:12]}`" in body
    assert "The branch had moved on when the pull request was merged." in body
    assert f"* differs: `specs/vars.yaml` (via), changed by `{moved[:12]}`\n" in body
    assert len(set(re.findall(r"sha256:[0-9a-f]{64}", body))) == 2
    assert "`jobgate approve local/count`" in body
    assert ended.out == (
        f"pull request 1: local/count was approved at {seen[:12]}, and is made otherwise now\n"
        "Approved otherwise: 1 change.\n"
    )


def test_it_is_told_once_and_settled(desk: Desk) -> None:
    """The next run says nothing new; when it ran after all, the same comment says so, once."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.change("main", {"specs/vars.yaml": VARS}, by="other")
    desk.forge.merge(pull, "reviewer")
    applied(desk)
    before = told(pull)
    applied(desk)
    assert (told(pull), pull.comments[0].edited) == (before, 0)

    assert desk.site.approve().code == 0
    code, ended = applied(desk)
    assert (code, desk.site.runs) == (0, ["ran goodbye"])
    assert ended.out == "Approved otherwise: 0 changes.\n"
    assert told(pull) == otherwise.SETTLED
    applied(desk)
    assert pull.comments[0].edited == 1


def test_it_changed_after_the_merge(desk: Desk) -> None:
    """Another pull request changed what it is made from: the one that was approved is told."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.merge(pull, "reviewer")
    desk.forge.change("later", {"specs/vars.yaml": VARS}, by="other")
    later = desk.forge.open("other", "later")
    merged = desk.forge.merge(later, "other", "squash")
    code, ended = applied(desk)

    assert (code, ended.code) == (4, 0), ended.err
    assert "It changed on the branch after the pull request was merged." in told(pull)
    assert f"`specs/vars.yaml` (via), changed by `{merged[:12]}`" in told(pull)
    assert later.comments == []


def test_the_pull_request_went_on(desk: Desk) -> None:
    """What was pushed after the review was not reviewed."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.change("topic", {"specs/count.yaml": desk.spec(run=7)})
    desk.forge.merge(pull, "reviewer")
    code, _ = applied(desk)

    assert code == 4
    assert "The pull request went on after that review." in told(pull)
    assert "* differs: `specs/count.yaml`\n" in told(pull)


@pytest.mark.parametrize("what", ["nobody approved", "taken back", "a stranger", "not of it"])
def test_nothing_was_approved(desk: Desk, what: str) -> None:
    """Where nothing of it was consented to there is nothing to explain."""
    pull = desk.propose()
    if what == "a stranger":
        desk.forge.approve(pull, "eve")
    if what == "taken back":
        desk.forge.approve(pull, "reviewer")
        desk.forge.next_second()
        desk.forge.review(pull, "reviewer", "CHANGES_REQUESTED")
    if what == "not of it":
        desk.forge.change("words", {"README.md": "words\n"})
        words = desk.forge.open("author", "words")
        desk.forge.approve(words, "reviewer")
        desk.forge.merge(words, "reviewer")
    desk.forge.change("main", {"specs/vars.yaml": VARS}, by="other")
    desk.forge.merge(pull, "reviewer")
    code, ended = applied(desk)

    assert (code, ended.code) == (4, 0), ended.err
    assert [each.comments for each in desk.forge.pulls.values()] == [[]] * len(desk.forge.pulls)
    assert ended.out == "Approved otherwise: 0 changes.\n"
    assert published.writes(desk) == []


def test_what_waits_for_something_else(desk: Desk) -> None:
    """A review of what would run is no misunderstanding, though it does not suffice."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.retarget(pull, "main", "author")  # from then on it does not count
    desk.forge.merge(pull, "reviewer")
    code, ended = applied(desk)

    assert (code, ended.code, pull.comments) == (4, 0, []), ended.err


def test_the_policy_too(desk: Desk) -> None:
    """The policy is a change as others are; it has no file that is its own."""
    text = (desk.site.repository / "jobgate.yaml").read_text()
    desk.forge.change("topic", {"jobgate.yaml": text.replace("count: 1", "count: 2")})
    pull = desk.forge.open("author", "topic")
    desk.forge.approve(pull, "reviewer")
    desk.forge.change("main", {"CODEOWNERS": "* @reviewer\n"}, by="other")
    desk.forge.merge(pull, "reviewer")
    code, ended = applied(desk)

    assert (code, ended.code) == (4, 0), ended.err
    assert "`@policy` was approved by `reviewer`" in told(pull)
    assert "* differs: `CODEOWNERS`, changed by " in told(pull)


def test_beside_and_in_other_forms(desk: Desk) -> None:
    """The summary has what is said, on one pull request or many, and nothing when there is none."""
    summary, outputs = desk.site.root / "summary", desk.site.root / "outputs"
    words = ("--summary", str(summary), "--outputs", str(outputs), "--format", "markdown")
    none = desk.site.jobgate("publish", *words)
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.change("main", {"specs/vars.yaml": VARS}, by="other")
    desk.forge.merge(pull, "reviewer")
    desk.pull()
    some = desk.site.jobgate("publish", *words)

    assert none.out == "Nothing that was approved waits for being made otherwise.\n"
    assert some.out == told(pull).removeprefix(f"{otherwise.MARKER}\n")
    assert summary.read_text() == f"{none.out}\n\n{some.out}"
    assert re.findall(r"waiting<<(\S+)\n(\d)\n\1\n", outputs.read_text())[-1][1] == "1"


def test_strangers_are_left_alone(desk: Desk) -> None:
    """Somebody else's comment with our marker is neither kept up nor settled."""
    pull = desk.propose()
    other = desk.forge.comment(pull, "eve", f"{otherwise.MARKER}\nwaits")
    desk.forge.approve(pull, "reviewer")
    desk.forge.merge(pull, "reviewer")
    assert applied(desk)[0] == 0

    assert (other.edited, len(pull.comments)) == (0, 1)


def test_a_token_that_may_not_write(desk: Desk) -> None:
    """It is told, and is no error: what waits is in the result."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.change("main", {"specs/vars.yaml": VARS}, by="other")
    desk.forge.merge(pull, "reviewer")
    desk.forge.may.clear()
    _, ended = applied(desk)

    assert (ended.code, pull.comments) == (0, [])
    assert ended.err.startswith("github: cannot comment on pull request 1 on github")
    assert "Approved otherwise: 1 change." in ended.out


def test_a_forge_that_is_down(desk: Desk) -> None:
    """What is found out is shown, and the command fails."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.change("main", {"specs/vars.yaml": VARS}, by="other")
    desk.forge.merge(pull, "reviewer")
    desk.pull()
    desk.forge.fail("newest", *["down"] * 4)
    ended = desk.site.jobgate("publish")

    assert (ended.code, len(pull.comments)) == (9, 1)
    assert "Approved otherwise: 1 change." in ended.out


def test_without_a_ledger(tmp_path: Path) -> None:
    """There is nothing to be told, and the mend is to begin one."""
    (tmp_path / "site").mkdir()
    ended = sites.make(tmp_path / "site").jobgate("publish")

    assert ended.code == 10
    assert "jobgate adopt" in ended.err
