"""Laws of what a workflow reads: no text of strangers is a command, whatever it says.

Held by a reader that finds commands as the runner's own code does: where a line begins, behind
blanks of any kind, and in the older form anywhere in it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from junitparser import JUnitXml

from runner.report import findingstable, fitting, github, junit, marked, plain, runs, text
from runner.report.comment import comment
from runner.views import Viewed
from tests import attacks, plans, rendered
from tests import runs as made
from tests.actions import commands, handed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.actions.commands import Command

pytestmark = pytest.mark.laws

# What attacks on a runner are made of, beside any character at all.
PIECES = (
    "::",
    ":",
    "##[",
    "##vso[",
    "#",
    "[",
    "]",
    *sorted(commands.NAMES),
    "%0A",
    "%0D",
    "%25",
    "%3A",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x85",
    "\u00a0",
    "\u2003",
    "\u2028",
    "\u3000",
    "\ufeff",
    "\u200b",
    " name=x",
    ",line=1",
    "word",
    "`",
    "```",
    "<<",
    "=",
    "|",
)
ANY = st.characters(exclude_categories=["Cs"])
HOSTILE = st.lists(st.sampled_from(PIECES) | ANY, min_size=1, max_size=8).map("".join)
WHOLE = st.sampled_from(sorted(commands.NAMES)).flatmap(
    lambda name: st.sampled_from(
        [
            f"::{name} name=a::b",
            f"\n::{name}::b",
            f"x ##[{name} a=b;]c",
            f"\r\u3000::{name}::",
            f"###[{name}]",
        ]
    )
)
TEXTS = HOSTILE | WHOLE


def heard(shown: str) -> list[Command]:
    """Return the commands of an output. The runner ends lines at a carriage return, too."""
    return commands.heard(shown.replace("\r\n", "\n").replace("\r", "\n"))


def draw() -> str:
    """Return a word that nobody can guess."""
    return secrets.token_hex(16)


@settings(max_examples=40)
@given(TEXTS)
@example(plans.ATTACK)
def test_nothing_that_is_shown_is_a_command(said: str) -> None:
    """Talk, logs of hosts, progress, findings and results, in text and in Markdown."""
    done = made.hostile(said)
    (job, stands), *_ = done.standing.items()
    shown: Iterable[str] = (
        f"{plain.line(job)}: {plain.line(said)}\n",
        text.logs(((said, said), (said, said))),
        text.logs((("0:127.0.0.1", said),)),
        text.tail(said, said),
        text.tail("", said),
        text.outcome(done),
        text.progress(stands),
        marked.findings(plans.findings(said), {"specs/tidy.yaml": said.encode() * 12}),
        findingstable.findings(plans.findings(said), 0),
        findingstable.stopped(said, said),
        junit.findings(plans.findings(said)),
        junit.outcome(done),
        runs.outcome(done),
        plain.block(f"Error: no such thing: {said}"),
    )

    for each in shown:
        assert heard(each) == [], each


@settings(max_examples=40)
@given(TEXTS)
@example(plans.ATTACK)
def test_a_plan_gives_the_commands_that_it_means(said: str) -> None:
    """One annotation for the one change that is denied, with its text; and all of it is fenced."""
    viewed = Viewed(planned=plans.hostile(said))
    (denied,) = heard(github.plan(viewed, draw))

    assert (denied.name, denied.properties["title"]) == ("error", "denied: local/worn")
    assert denied.text.startswith("denied by ")
    assert heard(comment.whole(viewed)) == []


@settings(max_examples=40)
@given(TEXTS)
@example(plans.ATTACK)
def test_an_apply_gives_the_commands_that_it_means(said: str) -> None:
    """One annotation for each job that went wrong; what the runner takes out of it is the text."""
    failed, denied = heard(github.outcome(made.hostile(said), draw))

    assert [failed.name, denied.name] == ["error", "error"]
    assert denied.properties["title"] == "denied: local/y"
    assert denied.text == plain.block(said)
    assert failed.text == plain.block(said)


@settings(max_examples=40)
@given(TEXTS)
@example("=x")
@example(" ")
@example("x \n")
def test_findings_give_the_commands_that_they_mean(said: str) -> None:
    """File, title and message are taken out as they were put in."""
    error, warning = plans.findings(said)
    found = heard(github.findings([error, warning]))
    files = {each.name: each.properties.get("file", "") for each in found}

    assert sorted(files) == ["error", "warning"]
    assert files["error"] == "specs/tidy.yaml"
    # Blanks at the end of a property are taken off by the runner.
    assert files["warning"] == plain.block(said).rstrip(" \t")
    assert {each.name: each.text for each in found}["warning"] == (
        f"{plain.block(said)}\nmend: delete it"
    )


@settings(max_examples=40)
@given(TEXTS)
def test_between_fences_nothing_is_a_command(said: str) -> None:
    """Also of text that nobody has made harmless."""
    raw = said.replace("\r", "\n")

    assert heard(github.fenced(raw, draw)) == []
    assert [each.text for each in heard(github.fenced(raw, draw) + "::notice::x\n")] == ["x"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.dictionaries(st.from_regex(r"[a-z][a-z-]{0,9}", fullmatch=True), TEXTS))
def test_outputs_are_read_as_they_were_written(tmp_path: Path, values: dict[str, str]) -> None:
    """No value ends early, and none begins another one."""
    kept = {name: value.replace("\r", "") for name, value in values.items()}
    path = tmp_path / "output"
    path.write_text(github.blocks(kept, draw), encoding="utf-8")

    assert handed.pairs(path) == kept


@settings(max_examples=40)
@given(st.text(st.characters()) | TEXTS)
def test_junit_is_xml_for_any_text(said: str) -> None:
    """A reader gets what is shown of it, with everything that XML has no room for written out."""
    (suite, *_) = JUnitXml.fromstring(
        junit.findings(plans.findings(said)[:1]).encode("utf-8", "surrogatepass")
    )
    (case,) = suite
    (failure,) = case.result

    assert failure.message == plain.line(f"cannot render: {said}")
    assert failure.text == (
        f"specs/tidy.yaml:12:7: {plain.block(f'cannot render: {said}')}\n"
        f"{plain.block(f'mend: {said}')}\n"
    )


def balanced(shown: str) -> bool:
    """Tell whether every fence and every fold of some Markdown of ours is closed."""
    fence, folds = "", 0
    for line in shown.split("\n"):
        ticks = line[: len(line) - len(line.lstrip("`"))]
        if fence:
            fence = "" if line == fence else fence
        elif len(ticks) >= 3 and "`" not in line[len(ticks) :]:
            fence = ticks
        else:
            folds += line.startswith("<details") - line.startswith("</details>")
    return not fence and not folds


@settings(max_examples=40)
@given(TEXTS, st.floats(0, 1))
@example(plans.ATTACK, 0.5)
def test_cut_markdown_is_balanced_and_fits(said: str, share: float) -> None:
    """At any length: what is left begins as the whole does, and ends with the note."""
    planned = plans.hostile(said)
    for whole in (
        comment.whole(Viewed(planned=planned)),
        runs.outcome(made.hostile(said)),
        findingstable.findings(plans.findings(said), 0),
    ):
        room = int(len(whole.encode()) * share)
        cut = fitting.fitted(whole, room, "The rest is elsewhere.")

        assert balanced(whole)
        assert balanced(cut)
        assert len(cut.encode()) <= room
        assert cut in {"", whole} or cut.endswith("\nThe rest is elsewhere.\n")


def pages(said: str) -> tuple[str, ...]:
    """Return every page that has such a text in it."""
    return (
        runs.outcome(made.hostile(said)),
        findingstable.findings(plans.findings(said), 0),
        findingstable.stopped(said, said),
    )


@settings(max_examples=40)
@given(attacks.TEXTS, st.floats(0, 1))
@example(plans.ATTACK, 0.9)
@example(" ", 1)
def test_a_page_is_the_same_for_any_text(said: str, share: float) -> None:
    """As GitHub renders it: all text of strangers is in code, and whole pages cut stay pages."""
    for shown, usual in zip(pages(said or " "), pages("word"), strict=True):
        found, known = rendered.parsed(shown), rendered.parsed(usual)
        cut = fitting.fitted(shown, int(len(shown.encode()) * share), "The rest is elsewhere.")
        left = rendered.parsed(cut)

        assert found.elements == known.elements
        assert found.outside == known.outside
        assert found.comments == left.comments == []
        assert set(left.elements) <= set(known.elements) | {("p", ())}
