"""Findings and applies as JUnit's XML, read back by a reader of others' making."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from runner.model import Finding, Place, Severity, Span
from runner.report import junit
from tests import plans
from tests import runs as made

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = Place(file="specs/a.yaml", pointer="/script/args/0", span=Span(3, 5, 3, 9))
ERROR = Finding(place=AT, rule="float", message="cannot accept 0.5 & <b>", mend='write "0.5"')


def suites(text: str) -> list[TestSuite]:
    """Return the suites of a document, whose counts are those of its cases."""
    whole = JUnitXml.fromstring(text.encode())
    assert isinstance(whole, JUnitXml)
    found = list(whole)
    assert told(whole) == counted(found)
    assert [told(suite) for suite in found] == [counted([suite]) for suite in found]
    return found


def told(of: JUnitXml | TestSuite) -> tuple[int, int, int, int]:
    """Return the counts that stand in a document."""
    return of.tests, of.failures, of.errors, of.skipped


def counted(of: list[TestSuite]) -> tuple[int, int, int, int]:
    """Return the counts of what there is."""
    results = [result for suite in of for case in suite for result in case.result]
    failures, errors, skipped = (
        sum(isinstance(each, kind) for each in results) for kind in (Failure, Error, Skipped)
    )
    return sum(len(list(suite)) for suite in of), failures, errors, skipped


def cases(text: str) -> Iterator[TestCase]:
    """Yield every case of a document."""
    for suite in suites(text):
        yield from suite


def results(text: str) -> dict[str, str]:
    """Return by its class and name how each case came out, in a word."""
    return {
        f"{case.classname} {case.name}": type(case.result[0]).__name__ if case.result else "passed"
        for case in cases(text)
    }


def test_nothing_found() -> None:
    """Without findings one case passed: readers take a document without any for a mistake."""
    assert results(junit.findings([])) == {"jobgate check no errors": "passed"}


def test_an_error() -> None:
    """It is a failure, known by its rule and pointer, with place and mend in what is said."""
    (suite,) = suites(junit.findings([ERROR]))
    (case,) = suite
    (failure,) = case.result

    assert suite.name == "specs/a.yaml"
    assert (case.classname, case.name) == ("specs/a.yaml", "float at /script/args/0")
    assert isinstance(failure, Failure)
    assert (failure.type, failure.message) == ("float", "cannot accept 0.5 & <b>")
    assert failure.text == ('specs/a.yaml:3:5: cannot accept 0.5 & <b>\nmend: write "0.5"\n')


def test_a_warning_does_not_fail() -> None:
    """It passed, with what is said of it; and with no error there is a case that says so."""
    shown = junit.findings([replace(ERROR, severity=Severity.WARNING)])

    assert results(shown) == {
        "specs/a.yaml float at /script/args/0": "passed",
        "jobgate check no errors": "passed",
    }
    assert "mend: " in str(next(iter(cases(shown))).system_out)


def test_cases_are_known_apart() -> None:
    """A second finding of a rule at one place is the second; one without a pointer has no place."""
    below = replace(ERROR, place=replace(AT, span=Span(4, 1, 4, 2)))
    bare = replace(ERROR, place=Place(file="specs/b.yaml"))

    assert list(results(junit.findings([bare, below, ERROR]))) == [
        "specs/a.yaml float at /script/args/0",
        "specs/a.yaml float at /script/args/0 (2)",
        "specs/b.yaml float",
    ]


def test_names_stay_when_lines_move() -> None:
    """What a case is known by does not hold where it stands."""
    moved = replace(ERROR, place=replace(AT, span=Span(30, 5, 30, 9)))

    assert results(junit.findings([ERROR])) == results(junit.findings([moved]))


def test_an_apply() -> None:
    """A suite a platform, a case a job: failed, in error, skipped where it did not run."""
    shown = junit.outcome(made.outcome())

    assert [each.name for each in suites(shown)] == ["@policy", "bk", "local"]
    assert results(shown) == {
        "@policy @policy": "passed",
        "bk gone": "passed",
        "bk roll": "passed",
        "local ask": "Skipped",
        "local lost": "Error",
        "local no": "Skipped",
        "local pause[zone=sh]": "Failure",
        "local refuse": "Error",
        "local run": "passed",
        "local wait": "Skipped",
    }


def test_what_an_apply_says_of_a_job() -> None:
    """State and detail are there in each way of coming out, and the time that it took."""
    found = {case.name: case for case in cases(junit.outcome(made.outcome()))}

    assert found["roll"].time == 7.5
    assert found["run"].time == 0
    assert found["roll"].system_out == "succeeded: 3 of 3 hosts well\n"
    (skipped,) = found["wait"].result
    assert isinstance(skipped, Skipped)
    assert skipped.message == "waiting: all asks for 1 more of ben"
    (error,) = found["lost"].result
    assert isinstance(error, Error)
    assert (error.type, error.message, error.text) == (
        "unknown",
        "the answer was lost",
        "unknown: the answer was lost\n",
    )
    (suite,) = [each for each in suites(junit.outcome(made.outcome())) if each.name == "bk"]
    assert suite.time == 7.5


def test_a_superseded_job_is_skipped() -> None:
    """It did not run, and nothing is wrong with it."""
    done = replace(made.outcome(), items=(made.item("local/a", "superseded", 6, ""),))

    assert results(junit.outcome(done)) == {"local a": "Skipped"}
    assert 'message="superseded: superseded"' in junit.outcome(done)


def test_hostile_text_is_text() -> None:
    """What XML has no room for, and what it has a meaning for, stands written out."""
    said = f"]]></failure>&lt;{plans.ATTACK}\x00\ufffe"
    (case,) = list(cases(junit.findings(plans.findings(said)[:1])))
    (failure,) = case.result

    assert failure.text.count("]]></failure>&lt;\\u001b]0;owned") == 2
    assert "\\u0000\\ufffe" in failure.message


def test_the_same_bytes() -> None:
    """Made twice it is the same, with a line end at its end."""
    assert junit.outcome(made.outcome()) == junit.outcome(made.outcome())
    assert junit.outcome(made.outcome()).endswith("</testsuites>\n")
