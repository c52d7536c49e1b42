"""What a workflow reads of plan and apply: fences, annotations, outputs, by the runner's rules."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.model import Place, Severity, Span
from runner.outcomes import Outcome
from runner.report import github, text
from runner.views import Viewed
from tests import plans
from tests import runs as made
from tests.actions import commands, handed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.actions.commands import Command


def words(*drawn: str) -> Callable[[], str]:
    """Return what draws these words, and then others."""
    left: Iterator[str] = itertools.chain(drawn, (f"word{number}" for number in itertools.count()))
    return lambda: next(left)


def one(shown: str) -> Command:
    """Return the only command of an output."""
    (command,) = commands.heard(shown)
    return command


# ---------------------------------------------------------------- fences


def test_a_fence() -> None:
    """No line between the fences is a command; what comes after them is one again."""
    said = "::error::x\n##[add-mask]y\n::set-output name=a::b\n::word1::\n"
    shown = github.fenced(said, words("word0")) + "::notice::heard\n"

    assert shown.startswith(f"::stop-commands::word0\n{said}::word0::\n")
    assert [each.text for each in commands.heard(shown)] == ["heard"]


def test_a_fence_that_stands_in_the_text() -> None:
    """Another one is drawn: the text could end the first."""
    shown = github.fenced("::a::\nba\n", words("a", "b", "c"))

    assert shown == "::stop-commands::c\n::a::\nba\n::c::\n"
    assert commands.heard(shown) == []


def test_a_fence_begins_a_line() -> None:
    """Also where the text does not end its last one."""
    assert github.fenced("x", words("fence-1")) == "::stop-commands::fence-1\nx\n::fence-1::\n"


# ---------------------------------------------------------------- plan and apply


def test_a_plan() -> None:
    """The text stands between fences, and what is denied is annotated at its spec."""
    viewed = Viewed(planned=plans.every_kind(), others=3)
    shown = github.plan(viewed, words("fence-1"))
    denied = one(shown)

    assert shown.startswith(
        f"::stop-commands::fence-1\n{text.plan(viewed.planned, 3)}::fence-1::\n::error "
    )
    assert denied.name == "error"
    assert (
        denied.text == "denied by expires: it expired on 2026-01-01\nmend: raise `metadata.expires`"
    )
    assert denied.properties == {
        "file": "specs/late.yaml",
        "line": "1",
        "endLine": "1",
        "col": "1",
        "endColumn": "1",
        "title": "denied: local/late",
    }


def test_a_denied_policy() -> None:
    """It is annotated at the policy; a drifted job that is denied, and does not run, is not."""
    planned = plans.every_kind()
    denied = {each.job: plans.DENIED for each in planned.plan.changes}
    found = commands.heard(
        github.plan(Viewed(planned=replace(planned, verdicts=denied)), words("fence-1"))
    )

    assert found[0].properties["file"] == "jobgate.yaml"
    assert found[0].properties["title"] == "denied: @policy"
    assert len(found) == sum(each.runs for each in planned.plan.changes)
    assert len(found) < len(planned.plan.changes)


def test_an_apply() -> None:
    """What failed, is unknown, was denied or refused is annotated; what waits is not."""
    shown = github.outcome(made.outcome(), words("fence-1"))
    found = commands.heard(shown)

    assert shown.startswith(
        f"::stop-commands::fence-1\n{text.outcome(made.outcome())}::fence-1::\n"
    )
    assert [(each.name, each.properties["title"], each.properties["file"]) for each in found] == [
        ("error", "unknown: local/lost", "specs/lost.yaml"),
        ("error", "denied: local/no", "specs/no.yaml"),
        ("error", "failed: local/pause[zone=sh]", "specs/pause[zone=sh].yaml"),
        ("error", "refused: local/refuse", "specs/refuse.yaml"),
    ]
    assert found[2].text == "paused after batch 1 of 2: 1 failed"


def test_a_job_without_a_spec_and_without_words() -> None:
    """It is annotated all the same: without a file, and with its state."""
    done = replace(made.outcome(), items=(made.item("local/a", "stopped", 7),), paths={})
    found = one(github.outcome(done, words("fence-1")))

    assert found.properties == {"title": "stopped: local/a"}
    assert found.text == "stopped"


def test_a_failed_policy_is_annotated_at_its_file() -> None:
    """The pseudo-job has no spec of its own."""
    done = replace(made.outcome(), items=(made.item("@policy", "denied", 5, "no"),))

    assert one(github.outcome(done, words("fence-1"))).properties["file"] == "jobgate.yaml"


@pytest.mark.parametrize(
    ("failed", "more"),
    [
        (10, []),
        (11, ["1 more job: run `jobgate apply` to see all of them"]),
        (25, ["15 more jobs: run `jobgate apply` to see all of them"]),
    ],
)
def test_ten_at_most(failed: int, more: list[str]) -> None:
    """The rest is summed up in one notice."""
    items = tuple(made.item(f"local/a{number}", "failed", 7) for number in range(failed))
    done = Outcome(head=made.outcome().head, plan=made.outcome().plan, items=items)
    found = commands.heard(github.outcome(done, words("fence-1")))
    notices = [each.text for each in found if each.name == "notice"]

    assert [each.name for each in found if each.name == "error"] == ["error"] * 10
    assert notices == more


def test_an_error_that_comes_alone() -> None:
    """It has its mend, and its place where it has one."""
    place = Place(file="specs/a.yaml", span=Span(2, 3, 2, 4))

    assert one(github.error("cannot go on", "do this", None)).properties == {"title": "jobgate"}
    assert one(github.error("cannot go on", "do this", place)).properties["line"] == "2"
    assert one(github.error("cannot go on", "do this", None)).text == "cannot go on\nmend: do this"


def test_a_long_message_leaves_room_for_the_mend() -> None:
    """The runner drops what is beyond 4096 characters: that is never the mend."""
    each = replace(plans.findings()[0], message="%\x1b" * 3000, mend="m" * 5000)
    found = one(github.findings([each]))
    message, _, mend = found.text.partition("\n")

    assert len(found.text) <= 4096
    assert message.endswith("…")
    assert message.startswith("%\\u001b%")
    assert len(message) == 2800
    assert mend.startswith("mend: mmm")
    assert len(mend) == 1000


@pytest.mark.parametrize("length", [2799, 2800, 2801])
def test_what_has_room_is_not_cut(length: int) -> None:
    """At the bound, and at both sides of it."""
    each = replace(plans.findings()[0], message="m" * length, mend="x")
    message = one(github.findings([each])).text.partition("\n")[0]

    assert message == ("m" * length if length <= 2800 else "m" * 2799 + "…")


def test_a_long_title_is_cut() -> None:
    """A job's id may be long."""
    done = replace(made.outcome(), items=(made.item("local/" + "a" * 500, "failed", 7),))

    assert len(one(github.outcome(done, words("fence-1"))).properties["title"]) == 200


def test_each_level_has_its_own_ten() -> None:
    """Errors leave the warnings their room."""
    error = plans.findings()[0]
    found = commands.heard(
        github.findings([*[error] * 12, *[replace(error, severity=Severity.WARNING)] * 12])
    )

    assert [each.name for each in found] == ["error"] * 10 + ["warning"] * 10 + ["notice"]
    assert found[-1].text == "4 more findings: run `jobgate check` to see all of them"


# ---------------------------------------------------------------- outputs


def test_outputs(tmp_path: Path) -> None:
    """The runner reads each value as it was, whatever lines it has."""
    values = {"a": "1", "b": "", "c": "two\nlines\n", "d": "x<<y\nz=1", "e": "word0\nword1"}
    path = tmp_path / "output"
    path.write_text(github.blocks(values, words()), encoding="utf-8")

    assert handed.pairs(path) == values


def test_a_delimiter_that_stands_in_the_value() -> None:
    """Another one is drawn; each value has its own."""
    shown = github.blocks({"a": "x\none\n", "b": "y"}, words("one", "two", "three"))

    assert shown == "a<<two\nx\none\n\ntwo\nb<<three\ny\nthree\n"
