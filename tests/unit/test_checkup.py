"""What `doctor` says: trouble turned into a check, a line for people, and the published names."""

from __future__ import annotations

import ast
from pathlib import Path

import jsonschema_rs
import pytest

from runner import narrow, published, wire
from runner.checkup import Check, Desk, Grade, failed
from runner.errors import CheckError, FindingsError, PlatformError
from runner.model import Finding, Place, Span
from runner.pipeline import examining
from runner.report import checkups
from tests import plans

DESK = Desk("platform", "far")


def finding(number: int) -> Finding:
    """Return one of several findings."""
    place = Place(file="jobgate.yaml", span=Span(number, 1, number, 2))
    return Finding(place=place, rule="r", message=f"number {number}", mend=f"mend {number}")


@pytest.mark.parametrize(
    ("error", "seen", "mend"),
    [
        (PlatformError("cannot call far", mend="do it"), "cannot call far", "do it"),
        (FindingsError((finding(3),)), "jobgate.yaml:3: number 3", "mend 3"),
        (FindingsError((finding(3), finding(4))), "jobgate.yaml:3: number 3 (and 1 more)", ""),
        (FindingsError(()), "cannot go on: 0 findings", "mend each one at its place"),
        (PermissionError(13, "Permission denied"), "cannot look: Permission denied", ""),
        (TimeoutError(), "cannot look: TimeoutError", "look at the disk, and at who may use it"),
    ],
)
def test_trouble_is_a_failure(error: CheckError | OSError, seen: str, mend: str) -> None:
    """It says what went wrong, and what to do about it."""
    check = DESK.trouble("scope", error)

    assert (check.about, check.subject, check.name) == ("platform", "far", "scope")
    assert (check.grade, check.seen) == (Grade.FAILURE, seen)
    assert check.mend
    assert mend in check.mend


def test_only_a_failure_fails() -> None:
    """A warning is worth a look, and no more."""
    fine = [DESK.ok("scope", "seen"), DESK.warning("scope", "seen", mend="mend")]

    assert not failed(fine)
    assert failed([*fine, DESK.failure("scope", "seen", mend="mend")])


def test_a_check_is_a_line_and_what_belongs_to_it() -> None:
    """What is not shown and the mend stand below, where there are any; the summary counts."""
    fine = Desk("git").ok("push", "taken", unseen="hooks")
    checks = [
        fine,
        DESK.warning("address", "plain", mend="mend it"),
        DESK.failure("s", "n", mend="m"),
    ]

    assert checkups.line(fine) == "ok       git push: taken\n         not shown: hooks\n"
    assert checkups.line(checks[1]) == (
        "warning  platform far address: plain\n         mend: mend it\n"
    )
    assert checkups.line(checks[2]).startswith("FAILURE  platform far s: n\n")
    assert checkups.summary(checks) == "Doctor: 3 checks, 1 failure, 1 warning.\n"


def test_hostile_text_adds_no_line() -> None:
    """Whatever a platform is called, or says."""
    desk = Desk("platform", plans.ATTACK)
    check = desk.warning("scope", plans.ATTACK, mend=plans.ATTACK, unseen=plans.ATTACK)
    lines = checkups.line(check).split("\n")

    assert len(lines) == 4
    assert all(line.isprintable() for line in lines)


def _names() -> set[str]:
    """Return every name that the code gives to a check."""
    folder = Path(examining.__file__).parent
    found = {"wait", "start", "second-start"}  # of the steps of a probe, where one raises
    for file in ("examining.py", "probing.py"):
        for node in ast.walk(ast.parse((folder / file).read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name)):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
            at = {"ok": 0, "warning": 0, "failure": 0, "trouble": 0, "_tried": 1, "_trial": 1}
            name = node.args[at[called]] if called in at else None
            if isinstance(name, ast.Constant):
                found.add(str(name.value))
    return found


def test_the_schema_lists_what_the_code_has() -> None:
    """Names, subjects and states."""
    check = narrow.mapping(published.schema("checkup.v1"), "$defs", "check", "properties")

    assert set(narrow.texts(check, "name", "enum")) == _names()
    assert set(narrow.texts(check, "state", "enum")) == set(Grade)
    declared = ast.parse(str(Check.__annotations__["about"]), mode="eval").body
    assert ast.unparse(declared) == "About"


def test_a_document_is_what_its_schema_says() -> None:
    """With a subject and without."""
    checks = [Desk("git").ok("version", "2.39"), DESK.failure("scope", "seen", mend="mend")]
    tree = wire.loads(checkups.document(checks))

    jsonschema_rs.Draft202012Validator(published.schema("checkup.v1")).validate(tree)
    assert [narrow.at(each, "subject") for each in narrow.items(tree, "checks")] == [None, "far"]
    assert (narrow.at(tree, "failures"), narrow.at(tree, "warnings")) == (1, 0)
