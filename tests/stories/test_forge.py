"""The client of GitHub against the forge of the tests: real pull requests in real git."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runner import instants
from runner.calls import Terms
from runner.cli import compose
from runner.cli.outputs import Outputs
from runner.discretion import Discretion
from runner.errors import ForgeError
from runner.forges.github import GitHub
from runner.forges.tokens import Token
from runner.model import Commit
from tests import repos
from tests.forge import deeds, double
from tests.forge.answering import ROUTES
from tests.forge.serving import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from runner.model import Json
    from tests.forge.double import Double
    from tests.forge.state import How, Pull

pytestmark = pytest.mark.stories

TERMS = Terms(connect=5.0, read=1.5, pause=0.01, patience=65.0, attempts=2)


@dataclass(slots=True)
class Asked:
    """A forge, a client of it, and how long that would have waited."""

    forge: Double
    client: GitHub
    waits: list[float] = field(default_factory=list)


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[Asked]:
    """Return a forge with one commit, and a client of it."""
    with double.running(tmp_path) as forge:
        seed = repos.make(tmp_path / "seed")
        repos.commit(seed, {"a": "1\n"})
        repos.run(seed, "push", "-q", str(forge.repository), "main")
        waits: list[float] = []
        token = Token(forge.entry, {double.VARIABLE: double.WORD}, lambda _: None)
        client = GitHub(forge.entry, token, terms=TERMS, wait=waits.append)
        yield Asked(forge, client, waits)
        client.close()


def opened(forge: Double, branch: str = "topic") -> Pull:
    """Open a pull request of two commits."""
    forge.change(branch, {branch: "1\n"}, message="One")
    forge.change(branch, {branch: "2\n"}, message="Two\n\nCo-authored-by: Zed <z@example.org>")
    return forge.open("author", branch)


def at(text: str) -> datetime:
    """Return an instant."""
    found = instants.read(text)
    assert found is not None
    return found


# ---------------------------------------------------------------- pull requests


@pytest.mark.parametrize(
    ("how", "people"),
    [
        ("merge", ("reviewer", "GitHub")),
        ("squash", ("author", "GitHub")),
        ("rebase", ("author", "reviewer")),
    ],
)
def test_by_what_a_commit_came_in(asked: Asked, how: How, people: tuple[str, str]) -> None:
    """Whichever button merged it, both what was reviewed and what landed lead to it."""
    forge = asked.forge
    pull = opened(forge)
    head = forge.head(pull)
    forge.change("main", {"other": "1\n"})
    merged = forge.merge(pull, "reviewer", how)

    found = asked.client.pulls(merged)
    assert asked.client.pulls(head) == found
    (told,) = found
    assert (told.number, told.state, told.merge, told.head) == (1, "merged", merged, head)
    assert (told.opener, told.branch, told.repository) == ("author", "main", "acme/ops")
    assert deeds.shown(forge.repository, merged, "%an %cn").split() == list(people)
    assert forge.tip() == merged
    assert repos.run(forge.repository, "show", "main:topic") == "2"
    assert repos.run(forge.repository, "show", "main:other") == "1"


def test_a_commit_of_none(asked: Asked) -> None:
    """One that was pushed, and one that nobody has, are in no pull request."""
    opened(asked.forge)

    assert asked.client.pulls(asked.forge.change("main", {"b": "1\n"})) == ()
    assert asked.client.pulls(Commit("0" * 40)) == ()


def test_a_commit_of_two(asked: Asked) -> None:
    """While both are open they come by number; one that was closed does not."""
    forge = asked.forge
    first = opened(forge)
    forge.change("main", {"more": "1\n"})
    repos.run(forge.repository, "branch", "again", "topic")
    second, third = forge.open("other", "again"), forge.open("other", "topic")
    forge.close(third)
    found = asked.client.pulls(forge.head(first))

    assert [each.number for each in found] == [first.number, second.number]
    assert [each.opener for each in found] == ["author", "other"]


def test_a_fork_and_who_is_gone(asked: Asked) -> None:
    """A fork is told by name while it is there, an account while it is known."""
    forge = asked.forge
    fork = forge.fork("eve")
    head = forge.change("topic", {"b": "1\n"}, by="eve", source=fork)
    pull = forge.open("eve", "topic", source=fork)
    (before,) = asked.client.pulls(head)
    pull.fork_gone = True
    forge.gone("eve")
    (after,) = asked.client.pulls(head)

    assert (before.opener, before.person, before.origin) == ("eve", True, "eve/ops")
    assert (after.opener, after.person, after.origin) == ("", False, "")


def test_a_head_is_kept(asked: Asked, tmp_path: Path) -> None:
    """Git has it by the pull request's ref, and what a forced push took away by its id."""
    forge = asked.forge
    pull = opened(forge)
    before = forge.head(pull)
    updated = forge.update(pull, "reviewer")
    assert forge.head(pull) == updated
    place = str(forge.repository)
    repos.run(tmp_path / "desk", "push", "-q", "--force", place, "HEAD~1:refs/heads/topic")
    pushed = forge.head(pull)
    forge.merge(pull, "reviewer", "squash")
    forge.delete("topic")

    clone = repos.clone(forge.repository, tmp_path / "clone")
    repos.run(clone, "fetch", "-q", "origin", "refs/pull/1/head", before)
    assert repos.head(clone, "FETCH_HEAD") == pushed
    assert repos.run(clone, "cat-file", "-t", before) == "commit"
    assert before != pushed
    refused = subprocess.run(
        ("git", "push", "-q", place, "HEAD:refs/pull/1/head"),
        cwd=clone,
        capture_output=True,
        check=False,
    )
    assert b"hidden ref" in refused.stderr


def test_the_base_is_changed(asked: Asked) -> None:
    """By a person, and by GitHub where the base was merged and deleted; the last time is told."""
    forge, client = asked.forge, asked.client
    lower = opened(forge, "lower")
    upper = forge.change("upper", {"upper": "1\n"})
    forge.change("release", {"release": "1\n"})
    stacked = forge.open("author", "upper", "lower")
    assert client.retargeted(stacked.number) == ""

    forge.retarget(stacked, "release", "author", at=at("2026-03-01T00:00:00Z"))
    forge.retarget(stacked, "lower", "author", at=at("2026-03-02T00:00:00Z"))
    assert client.retargeted(stacked.number) == "2026-03-02T00:00:00Z"

    forge.merge(lower, "reviewer")
    forge.delete("lower", at=at("2026-03-03T00:00:00Z"))
    (told,) = client.pulls(upper)
    assert (told.branch, told.state) == ("main", "open")
    assert client.retargeted(stacked.number) == "2026-03-03T00:00:00Z"


def test_a_revert_and_its_revert(asked: Asked) -> None:
    """Each is a pull request of its own, and brings the other state back."""
    forge = asked.forge
    pull = opened(forge)
    states = []
    for how in ("rebase", "merge", "squash"):
        merged = forge.merge(pull, "reviewer", how)
        (told,) = asked.client.pulls(merged)
        states.append((told.number, "topic" in repos.run(forge.repository, "ls-tree", "main")))
        pull = forge.revert(pull, "author")

    assert states == [(1, True), (2, False), (3, True)]


def test_a_push_that_merges(asked: Asked, tmp_path: Path) -> None:
    """A head that somebody pushes to the base by git is merged, and told so."""
    forge = asked.forge
    pull = opened(forge)
    head = forge.head(pull)
    repos.run(tmp_path / "desk", "push", "-q", str(forge.repository), f"{head}:refs/heads/main")
    (told,) = asked.client.pulls(head)

    assert (told.state, told.merge) == ("merged", head)


# ---------------------------------------------------------------- reviews and teams


def test_reviews(asked: Asked) -> None:
    """All that were handed in, each with its commit, its time, and who it was."""
    forge = asked.forge
    pull = opened(forge)
    first = forge.head(pull)
    forge.approve(pull, "ann", at=at("2026-03-01T00:00:00Z"))
    second = forge.change("topic", {"topic": "3\n"})
    forge.review(pull, "ben", "CHANGES_REQUESTED", at=at("2026-03-02T00:00:00Z"))
    taken = forge.approve(pull, "cat", at=at("2026-03-03T00:00:00Z"))
    forge.dismiss(pull, taken, "ann")
    forge.bot("lint[bot]")
    forge.approve(pull, "lint[bot]", at=at("2026-03-04T00:00:00Z"))
    forge.review(pull, "dan", "COMMENTED", commit=first)
    forge.review(pull, "dan", "PENDING")
    forge.gone("ben")
    found = asked.client.reviews(pull.number)

    assert [(each.account, each.person, each.state, each.commit) for each in found] == [
        ("ann", True, "approved", first),
        ("", False, "changes", second),
        ("cat", True, "dismissed", second),
        ("lint[bot]", False, "approved", second),
        ("dan", True, "commented", first),
    ]
    assert [each.at for each in found[:2]] == ["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z"]


def test_pages_and_tags(asked: Asked) -> None:
    """Many entries come in pages, and cost nothing when they are asked for again."""
    forge = asked.forge
    pull = opened(forge)
    forge.largest = 2
    for who in ("ann", "ben", "cat", "dan", "eve"):
        forge.approve(pull, who)
    first = asked.client.reviews(pull.number)
    left = forge.budget
    second = asked.client.reviews(pull.number)

    assert [each.account for each in first] == ["ann", "ben", "cat", "dan", "eve"]
    assert second == first
    assert forge.budget == left
    assert [each.status for each in forge.exchanges] == [200] * 3 + [304] * 3


def test_a_page_that_was_full(asked: Asked) -> None:
    """A review behind a hundred others is seen, though the first page is what it was."""
    forge = asked.forge
    pull = opened(forge)
    for _ in range(100):
        forge.approve(pull, "ann")
    assert len(asked.client.reviews(pull.number)) == 100
    forge.review(pull, "ben", "CHANGES_REQUESTED")

    assert asked.client.reviews(pull.number)[-1].state == "changes"


def test_teams(asked: Asked) -> None:
    """Members of a team below count, invitations do not; a closed team is an error."""
    forge, client = asked.forge, asked.client
    forge.team("acme/sre", "ann")
    forge.team("acme/sre", "ben", state="pending")
    forge.team("acme/oncall", "cat", parent="acme/sre")
    told = {who: client.member("acme/sre", who) for who in ("ann", "ANN", "ben", "cat", "eve", "")}
    assert told == {"ann": True, "ANN": True, "ben": False, "cat": True, "eve": False, "": False}
    assert not client.member("acme/oncall", "ann")

    forge.team("acme/dba", "ann")
    forge.closed_teams = True
    with pytest.raises(ForgeError, match="the token may not see it"):
        client.member("acme/dba", "ann")


# ---------------------------------------------------------------- lies and faults


def test_what_is_never_asked(asked: Asked) -> None:
    """A forge may lie about files and commits as it likes: nobody asks it for them."""
    forge, client = asked.forge, asked.client
    forge.lie("files", lambda _: [])
    forge.lie("commits", lambda _: [])
    pull = opened(forge)
    forge.approve(pull, "ann")
    merged = forge.merge(pull, "reviewer")
    client.pulls(merged)
    client.reviews(pull.number)
    client.retargeted(pull.number)
    shown = {
        name for path in forge.asked for name, route in ROUTES.items() if route.fullmatch(path)
    }

    assert shown == {"pulls", "pull", "reviews", "events"}


def test_a_forge_that_answers_about_another(asked: Asked) -> None:
    """A pull request under another number, or of another repository, is none."""
    forge = asked.forge
    pull = opened(forge)
    head = forge.head(pull)

    def renumbered(tree: Json) -> Json:
        assert isinstance(tree, dict)
        return {**tree, "number": 9}

    forge.lie("pull", renumbered)
    with pytest.raises(ForgeError, match="it is about 9 of acme/ops"):
        asked.client.pulls(head)


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_no_fault_is_an_answer(asked: Asked, fault: str) -> None:
    """Whatever goes wrong, for long, is an error with a mend, and never an empty list."""
    forge = asked.forge
    pull = opened(forge)
    forge.approve(pull, "ann")
    forge.fail("reviews", fault, fault)
    with pytest.raises(ForgeError) as raised:
        asked.client.reviews(pull.number)
    assert raised.value.mend
    assert double.WORD not in f"{raised.value.message}{raised.value.mend}"

    forge.faults.clear()
    assert len(asked.client.reviews(pull.number)) == 1


@pytest.mark.parametrize("fault", ["secondary", "later", "limit"])
def test_a_short_wait(asked: Asked, fault: str) -> None:
    """Who is put off for less than a minute waits for so long, and is answered."""
    forge = asked.forge
    pull = opened(forge)
    forge.approve(pull, "ann")
    forge.reset = 20
    forge.fail("reviews", fault)

    assert len(asked.client.reviews(pull.number)) == 1
    assert len(asked.waits) == 1
    assert 19 <= asked.waits[0] <= 22


def test_a_budget(asked: Asked) -> None:
    """When it is used up that is said, and until when."""
    forge = asked.forge
    pull = opened(forge)
    forge.budget = 1
    asked.client.reviews(pull.number)
    with pytest.raises(ForgeError, match="limit of requests is used up until 20"):
        asked.client.retargeted(pull.number)


def test_a_wrong_token(asked: Asked) -> None:
    """The mend names the variable that it came from."""
    asked.forge.tokens.clear()
    with pytest.raises(ForgeError, match="401: Bad credentials") as raised:
        asked.client.reviews(1)

    assert raised.value.mend == f"put a token that is in force into {double.VARIABLE}"


# ---------------------------------------------------------------- the token


def test_the_token_comes_out_nowhere(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No child inherits it, no output shows it, no journal keeps it; a forge is opened once."""
    monkeypatch.setenv(double.VARIABLE, double.WORD)
    (tmp_path / "jobgate.yaml").write_text(f"forge: {{token: {{env: {double.VARIABLE}}}}}\n")
    outputs, out = Outputs(), io.StringIO()
    discretion = Discretion(outputs.hide)
    discretion.beginning(tmp_path)
    opener = compose.ForgeOpener(discretion)
    with contextlib.redirect_stdout(out):
        client = opener(asked.forge.entry)
        assert client is opener(asked.forge.entry)
        assert client.reviews(opened(asked.forge).number) == ()
        sys.stdout.write(f"<{double.WORD}>\n")
        outputs.end()
    child = subprocess.run(("env",), capture_output=True, text=True, check=True)

    assert out.getvalue() == "<******>\n"
    assert double.VARIABLE not in os.environ
    assert double.WORD not in child.stdout
    assert discretion.finds(double.WORD.encode())
    assert double.WORD not in repr((discretion, opener, client))
    assert isinstance(client, GitHub)
    client.close()
