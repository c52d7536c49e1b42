"""Whose a comment is, what is left to be written, and what a status can say."""

from __future__ import annotations

import pytest

from runner import posted
from runner.posted import WORKFLOW, Account, CommitStatus, Posted, Step

MARKER = "<!-- jobgate:plan -->"
ANN = Account(login="ann", app=False)


def said(number: int, body: str, by: Account | None = WORKFLOW) -> Posted:
    """Return a comment on pull request 7."""
    link = f"https://forge.example/pull/7#issuecomment-{number}"
    return Posted(number=number, pull=7, by=by, body=body, link=link)


def test_accounts() -> None:
    """An app's login ends as no person's can; cases are not told apart."""
    assert posted.named("my-app[bot]") == Account(login="my-app[bot]", app=True)
    assert posted.named("ann") == ANN
    assert posted.same(ANN, posted.named("Ann"))
    assert not posted.same(ANN, posted.named("anna"))
    assert not posted.same(ANN, Account(login="ann", app=True))


@pytest.mark.parametrize(
    ("body", "by", "is_ours"),
    [
        (f"{MARKER}\ntext", WORKFLOW, True),
        (f"{MARKER}\r\ntext", WORKFLOW, True),
        (MARKER, Account(login="GitHub-Actions[bot]", app=True), True),
        (f"{MARKER}\ntext", ANN, False),
        (f"{MARKER}\ntext", Account(login="github-actions[bot]", app=False), False),
        (f"{MARKER}\ntext", None, False),
        (f"text\n{MARKER}", WORKFLOW, False),
        (f"> {MARKER}\n", WORKFLOW, False),
        (f"{MARKER} text", WORKFLOW, False),
        ("", WORKFLOW, False),
    ],
)
def test_whose_a_comment_is(body: str, by: Account | None, *, is_ours: bool) -> None:
    """Author and first line say it together, and neither alone."""
    found = said(1, body, by)

    assert posted.ours([found], WORKFLOW, MARKER) == ((found,) if is_ours else ())


def test_the_oldest_comes_first() -> None:
    """Whatever order they are listed in."""
    found = [said(number, MARKER) for number in (3, 1, 2)]

    assert [each.number for each in posted.ours(found, WORKFLOW, MARKER)] == [1, 2, 3]


def test_what_is_left_to_be_written() -> None:
    """A first comment; then an edit where it says something else; then nothing."""
    body = f"{MARKER}\nnew\n"

    assert posted.steps((), MARKER, body) == (Step(body=body),)
    assert posted.steps((said(1, f"{MARKER}\nold"),), MARKER, body) == (Step(body=body, number=1),)
    assert posted.steps((said(1, f"{MARKER}\r\nnew"),), MARKER, body) == ()


def test_what_is_left_to_be_written_of_two() -> None:
    """The newer one points at the older one, and then both are as they are to be."""
    body = f"{MARKER}\nnew"
    both = (said(1, body), said(2, body))
    (step,) = posted.steps(both, MARKER, body)

    assert step.number == 2
    assert step.body.startswith(f"{MARKER}\n")
    assert f"[an older comment]({both[0].link})" in step.body
    assert posted.steps((both[0], said(2, step.body)), MARKER, body) == ()


def test_the_newest_status_of_a_context_stands() -> None:
    """Others of the same commit say nothing about it, and older ones are past."""
    new = CommitStatus(state="success", description="approved")
    old = CommitStatus(state="pending", description="waits")
    other = CommitStatus(state="failure", description="x", context="ci")

    assert posted.standing([other, new, old], new)
    assert not posted.standing([other, new, old], old)
    assert not posted.standing([other], new)
    assert not posted.standing([], new)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("waits for ann", "waits for ann"),
        ("  a\n b\t c ", "a b c"),
        ("x" * 140, "x" * 140),
        ("x" * 141, "x" * 139 + "…"),
        ("x" * 138 + " yy", "x" * 138 + "…"),
        ("fine \U0001f600 é", "fine \ufffd é"),
    ],
)
def test_what_a_status_can_say(text: str, shown: str) -> None:
    """One short line, of the characters that it takes."""
    assert posted.described(text) == shown
