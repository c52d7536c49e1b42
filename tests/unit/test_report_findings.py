"""Findings as people and machines get them: marks under the source, annotations, SARIF."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import narrow
from runner.model import Finding, Place, Severity, Span
from runner.report import github, marked, sarif

if TYPE_CHECKING:
    from runner.model import Json

CASES = Path(__file__).parents[1] / "cases" / "report"
FILE = "specs/a.yaml"


def at(span: Span, *, rule: str = "float", file: str = FILE, pointer: str = "/a") -> Finding:
    """Return a finding at a place."""
    return Finding(
        place=Place(file=file, pointer=pointer, span=span),
        rule=rule,
        message="cannot accept it",
        mend="quote it",
    )


def source(text: str, span: Span) -> list[str]:
    """Return the line and the mark that are shown for a place in a text."""
    shown = marked.findings([at(span)], {FILE: text.encode()}).splitlines()
    assert shown[0] == f"{FILE}:{span.line}:{span.column}: cannot accept it [float]"
    assert shown[-1] == "mend: quote it"
    return shown[1:-1]


@pytest.mark.parametrize(
    ("text", "span", "line", "mark"),
    [
        ("a: 0.5\n", Span(1, 4, 1, 7), "a: 0.5", "   ^~~"),
        ("a: 0.5\n", Span(1, 4, 1, 4), "a: 0.5", "   ^"),
        ("a: |\n  x\n  y\n", Span(1, 4, 3, 4), "a: |", "   ^"),
        ("a: [1,\n 2]\n", Span(1, 4, 2, 4), "a: [1,", "   ^~~"),
        ("a:\t0.5\n", Span(1, 4, 1, 7), "a:  0.5", "    ^~~"),
        ("\ta: 0.5\n", Span(1, 5, 1, 8), "    a: 0.5", "       ^~~"),
        ("作业: 0.5\n", Span(1, 5, 1, 8), "作业: 0.5", "      ^~~"),
        ("a: 作业\n", Span(1, 4, 1, 6), "a: 作业", "   ^~~~"),
        ("e\u0301: 0.5\n", Span(1, 5, 1, 8), "e\u0301: 0.5", "   ^~~"),
        ("\x1b: 0.5\n", Span(1, 4, 1, 7), "\\u001b: 0.5", "        ^~~"),
        ("##[error]x\n", Span(1, 1, 1, 3), "\\u0023#[error]x", "^~~~~~~"),
        ("a: 1\r\nb: 0.5\r\n", Span(2, 4, 2, 7), "b: 0.5", "   ^~~"),
        ("a: 0.5", Span(1, 99, 1, 100), "a: 0.5", "      ^"),
        ("\ufeffa: 0.5\n", Span(1, 4, 1, 7), "a: 0.5", "   ^~~"),
    ],
)
def test_the_mark_is_under_the_place(text: str, span: Span, line: str, mark: str) -> None:
    """Tabs, wide, combining and escaped characters: the mark is as long as what is shown."""
    head = f"{span.line:>5} | "
    assert source(text, span) == [head + line, "      | "[: len(head)] + mark]


@pytest.mark.parametrize("span", [Span(3, 1, 3, 2), Span(2, 1, 2, 1)])
def test_no_line_to_show(span: Span) -> None:
    """Behind the end of a file, and on an empty line, only words are shown."""
    assert source("a: 1\n\n", span) == []


def test_a_file_that_is_not_there() -> None:
    """Without its source a finding is shown all the same."""
    shown = marked.findings([at(Span(1, 1, 1, 2))], {})
    assert shown == f"{FILE}:1:1: cannot accept it [float]\nmend: quote it\n"


@pytest.mark.parametrize("column", [1, 40, 150, 290])
def test_a_long_line(column: int) -> None:
    """Of a long line the part around the place is shown, with a sign where it was cut."""
    text = "".join(chr(97 + number % 26) for number in range(300))
    line, mark = source(text, Span(1, column, 1, column + 3))
    start, cells = mark.index("^"), len(line) - len("    1 | ")

    assert line[start : start + 3] == text[column - 1 : column + 2]
    assert mark[start:] == "^~~"
    assert cells <= 102
    assert ("    1 | …" in line) == (column > 31)
    assert line.endswith("…") == (column < 200)


def test_a_long_place() -> None:
    """A place that is longer than what is shown is marked up to the cut."""
    line, mark = source("x" * 300, Span(1, 1, 1, 301))
    assert mark.removeprefix("      | ") == "^" + "~" * 99
    assert line.endswith("x…")


def test_order() -> None:
    """Findings come in the order of their places, whatever order they were found in."""
    spans = [Span(2, 1, 2, 2), Span(1, 9, 1, 10), Span(1, 2, 1, 3)]
    shown = marked.findings([at(each) for each in spans], {})
    assert [line.split(":")[1:3] for line in shown.splitlines()[::2]] == [
        ["1", "2"],
        ["1", "9"],
        ["2", "1"],
    ]


# ---------------------------------------------------------------- GitHub


def test_an_annotation() -> None:
    """Each finding is one command, with what could end it or begin another one escaped."""
    each = Finding(
        place=Place(file="specs/a,b:c.yaml", span=Span(3, 5, 3, 9)),
        rule="float",
        message="cannot accept 50%\n::warning::",
        mend="quote it",
    )
    assert github.findings([each]) == (
        "::error file=specs/a%2Cb%3Ac.yaml,line=3,endLine=3,col=5,endColumn=9,title=float"
        "::cannot accept 50%25%0A\\u003a:warning::%0Amend: quote it\n"
    )


def test_an_annotation_over_lines() -> None:
    """A place that goes over lines has no columns: GitHub would not show them."""
    shown = github.findings([replace(at(Span(3, 5, 4, 9)), severity=Severity.WARNING)])
    assert shown.startswith(f"::warning file={FILE},line=3,endLine=4,title=float::")


def test_ten_of_a_level() -> None:
    """At most ten errors and ten warnings are annotated, and the rest is counted."""
    errors = [at(Span(number, 1, number, 2)) for number in range(1, 13)]
    warnings = [replace(each, severity=Severity.WARNING) for each in errors[:11]]
    lines = github.findings([*warnings, *errors]).splitlines()
    levels = [line.split(" ")[0] for line in lines]

    assert levels == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"]
    assert lines[-1] == (
        "::notice title=jobgate::3 more findings: run `jobgate check` to see all of them"
    )


# ---------------------------------------------------------------- SARIF


def run(*found: Finding) -> tuple[list[dict[str, Json]], list[Json]]:
    """Return the results and the rules of the one run, after the schema vouched for it."""
    tree: Json = json.loads(sarif.findings(found))
    schema = json.loads((CASES.parent / "sarif" / "sarif.schema.json").read_text("utf-8"))
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(tree)
    (only,) = narrow.items(tree, "runs")
    results = [narrow.mapping(each) for each in narrow.items(only, "results")]
    return results, narrow.items(only, "tool", "driver", "rules")


def test_sarif() -> None:
    """Each result has its level, region and rule, and each rule that is broken its page."""
    results, rules = run(
        at(Span(2, 4, 2, 7)), replace(at(Span(1, 1, 1, 5), rule="tag"), severity=Severity.WARNING)
    )
    assert [narrow.text(rule, "id") for rule in rules] == ["float", "tag"]
    assert [(each["ruleId"], each["ruleIndex"], each["level"]) for each in results] == [
        ("tag", 1, "warning"),
        ("float", 0, "error"),
    ]
    assert results[1]["locations"] == [
        {
            "logicalLocations": [{"fullyQualifiedName": "/a", "kind": "member"}],
            "physicalLocation": {
                "artifactLocation": {"uri": FILE},
                "region": {"endColumn": 7, "endLine": 2, "startColumn": 4, "startLine": 2},
            },
        }
    ]


def test_sarif_of_nothing_and_of_odd_names() -> None:
    """Without findings there are no results, and a name of any kind becomes a reference."""
    assert run() == ([], [])
    assert "specs/%E4%BD%9C%20%25.yaml" in sarif.findings(
        [at(Span(1, 1, 1, 2), file="specs/作 %.yaml", pointer="")]
    )


def test_fingerprints_stay_when_lines_move() -> None:
    """A result keeps its fingerprint on another line; those of one place and rule differ."""

    def marks(*found: Finding) -> list[Json]:
        return [each["partialFingerprints"] for each in run(*found)[0]]

    here, below = at(Span(2, 4, 2, 7)), at(Span(9, 4, 9, 7))
    assert marks(here) == marks(below)
    assert marks(here, below)[0] == marks(here)[0]
    assert len({json.dumps(each) for each in marks(here, below)}) == 2
    assert marks(here) != marks(replace(here, rule="tag"))


def test_fingerprints_stay_when_others_come() -> None:
    """What else is found, in the file or in another one, before or behind it, alters none."""

    def marks(*found: Finding) -> dict[str, Json]:
        results = run(*found)[0]
        return {
            json.dumps([each["ruleId"], each["locations"]]): each["partialFingerprints"]
            for each in results
        }

    one, two = at(Span(5, 4, 5, 7)), at(Span(9, 4, 9, 7), pointer="/b")
    others = (
        at(Span(1, 1, 1, 2), pointer="/c"),
        at(Span(5, 4, 5, 7), rule="tag"),
        at(Span(7, 1, 7, 2), file="specs/0.yaml"),
        at(Span(99, 1, 99, 2), file="specs/z.yaml"),
    )
    before, after = marks(one, two), marks(*others, one, two)

    assert len(before) == 2
    assert {place: after[place] for place in before} == before
