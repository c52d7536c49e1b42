"""Findings, and what an apply did, as JUnit's XML, which most tools show beside tests.

Nothing in it moves by itself: no clock, no host, and no line in what a case is known by.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

from runner.model import Severity
from runner.report import batchtimes, plain, seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Finding
    from runner.outcomes import Item, Outcome

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
_FAILED = 7
_WAITS = frozenset({4, 5, 6})  # codes of jobs that did not run, and did not fail for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One test case: what it is known by, how it came out, and what is said of that."""

    suite: str
    name: str
    came: Literal["passed", "failure", "error", "skipped"] = "passed"
    kind: str = ""
    message: str = ""
    text: str = ""
    milliseconds: int = 0


def findings(found: Iterable[Finding]) -> str:
    """Return a suite a file with findings, a case a finding; without an error one that passed."""
    turns: Counter[tuple[str, str, str]] = Counter()
    cases: list[Case] = []
    for each in seen.ordered(found):
        known = (each.place.file, each.rule, each.place.pointer)
        turns[known] += 1
        cases.append(_of_finding(each, turns[known]))
    if all(case.came == "passed" for case in cases):
        cases.append(Case(suite="jobgate check", name="no errors"))
    return _document("jobgate check", cases)


def outcome(done: Outcome) -> str:
    """Return a suite a platform, and a case a job."""
    return _document("jobgate apply", [_of_item(each, done) for each in done.items])


def _of_finding(each: Finding, turn: int) -> Case:
    place = each.place
    again = f" ({turn})" if turn > 1 else ""
    at = f" at {place.pointer}" if place.pointer else ""
    where = f"{place.file}:{place.span.line}:{place.span.column}"
    return Case(
        suite=place.file,
        name=f"{each.rule}{at}{again}",
        came="failure" if each.severity is Severity.ERROR else "passed",
        kind=each.rule,
        message=each.message,
        text=f"{where}: {each.message}\nmend: {each.mend}\n",
    )


def _of_item(item: Item, done: Outcome) -> Case:
    platform, slash, name = item.job.partition("/")
    stands = done.standing.get(item.job)
    return Case(
        suite=platform,
        name=name if slash else item.job,
        came=_came(item.code),
        kind=item.state,
        message=item.detail or item.state,
        text=f"{item.state}: {item.detail}\n",
        milliseconds=0 if stands is None else batchtimes.took(stands) or 0,
    )


def _came(code: int) -> Literal["passed", "failure", "error", "skipped"]:
    if not code:
        return "passed"
    if code == _FAILED:
        return "failure"
    return "skipped" if code in _WAITS else "error"


def _document(name: str, cases: list[Case]) -> str:
    suites = [_suite(suite, list(each)) for suite, each in groupby(cases, lambda case: case.suite)]
    return f"{_HEAD}<testsuites{_counted(name, cases)}>\n{''.join(suites)}</testsuites>\n"


def _suite(name: str, cases: list[Case]) -> str:
    return f"  <testsuite{_counted(name, cases)}>\n{''.join(map(_case, cases))}  </testsuite>\n"


def _counted(name: str, cases: list[Case]) -> str:
    came = Counter(case.came for case in cases)
    return _attributes(
        name=name,
        tests=str(len(cases)),
        failures=str(came["failure"]),
        errors=str(came["error"]),
        skipped=str(came["skipped"]),
        time=_seconds(sum(case.milliseconds for case in cases)),
    )


def _case(case: Case) -> str:
    head = _attributes(classname=case.suite, name=case.name, time=_seconds(case.milliseconds))
    if case.came == "passed":
        inner = f"<system-out>{_text(case.text)}</system-out>" if case.text else ""
    elif case.came == "skipped":
        inner = f"<skipped{_attributes(message=f'{case.kind}: {case.message}')}/>"
    else:
        said = _attributes(type=case.kind, message=case.message)
        inner = f"<{case.came}{said}>{_text(case.text)}</{case.came}>"
    if not inner:
        return f"    <testcase{head}/>\n"
    return f"    <testcase{head}>\n      {inner}\n    </testcase>\n"


def _attributes(**said: str) -> str:
    return "".join(f' {name}="{_escaped(plain.line(value))}"' for name, value in said.items())


def _text(said: str) -> str:
    return _escaped(plain.block(said))


def _escaped(shown: str) -> str:
    """Return a text for XML 1.0; what it has no room for was written out before."""
    return shown.translate(_MARKUP)


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000}.{milliseconds % 1000:03}"
