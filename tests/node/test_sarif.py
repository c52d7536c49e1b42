"""SARIF by the schema of OASIS itself, as Microsoft's package for Node ships it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner.model import Severity
from runner.report import sarif
from tests import plans
from tests.node import peers

if TYPE_CHECKING:
    from runner.model import Finding

SCHEMA = peers.MODULES / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"
# Its pattern of a language has a bracket too many, which newer engines refuse.
SLIP, MEANT = "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$"
ODD = ("specs/作 %.yaml", "a\\b", "a b", "#x", "?x", "::error::", "\x1b[2J", "C:/x")


def findings(said: str = "vars has no `wrod`") -> tuple[Finding, ...]:
    """Return an error and a warning, of rules that there are."""
    error, warning = plans.findings(said)
    return error, replace(warning, rule="float")


def judged(text: str) -> bool:
    """Tell whether a document is SARIF 2.1.0 to the letter of its schema."""
    schema = json.loads(SCHEMA.read_text("utf-8").replace(SLIP, MEANT))
    validator = jsonschema_rs.validator_for(schema, validate_formats=True)
    return validator.is_valid(json.loads(text))


@pytest.mark.parametrize(
    "found",
    [
        (),
        findings(),
        findings(plans.ATTACK),
        findings()[:1] * 3,
        tuple(
            replace(each, place=replace(each.place, file=name), severity=severity)
            for each in findings()
            for name in ODD
            for severity in Severity
        ),
    ],
    ids=["none", "two", "hostile", "the same", "odd names"],
)
def test_it_is_sarif(found: tuple[Finding, ...]) -> None:
    """Whatever was found, wherever."""
    assert judged(sarif.findings(found))


@pytest.mark.parametrize(
    ("name", "value"), [("level", "grave"), ("ruleIndex", -2), ("locations", {}), ("message", "x")]
)
def test_the_schema_says_no(name: str, value: object) -> None:
    """A result that is spoilt in one field is found out."""
    tree = json.loads(sarif.findings(findings()))
    tree["runs"][0]["results"][0][name] = value

    assert not judged(json.dumps(tree))
