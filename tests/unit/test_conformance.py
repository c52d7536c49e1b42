"""Where jobgate and the platform differ: each difference is in the table, and the table is true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.model import Severity
from runner.pipeline import raw

if TYPE_CHECKING:
    from runner.model import Json

HERE = Path(__file__).parents[2]
PAGE = (HERE / "docs" / "reference" / "conformance.md").read_text("utf-8")
_ROW = re.compile(r"^\| (.+) \|$", re.MULTILINE)


def rows(name: str) -> list[list[str]]:
    """Return the cells of the table between the markers `name` and `/name`, below its head."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", PAGE, re.DOTALL)
    assert found is not None
    table = [[cell.strip() for cell in row.split("|")] for row in _ROW.findall(found[1])]
    return [[cell.strip("`") for cell in row] for row in table[1:]]


def base() -> dict[str, Json]:
    """Return the request that the page's examples change."""
    found = re.search(r"^```json request\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None
    tree: dict[str, Json] = json.loads(found[1])
    return tree


def judged(text: str) -> tuple[set[str], set[str]]:
    """Return the rules that refuse a text, and those that only warn."""
    found = raw.findings("body.json", text.encode())
    errors = {each.rule for each in found if each.severity is Severity.ERROR}
    return errors, {each.rule for each in found if each.severity is Severity.WARNING}


def changed(example: str) -> str:
    """Return the page's request with the members of `example` put in."""
    return json.dumps({**base(), **json.loads(example)})


@pytest.mark.parametrize(("rule", "example"), [row[:2] for row in rows("refused")])
def test_refused_here(rule: str, example: str) -> None:
    """Each listed example is refused, by the rule that the table names and no other."""
    assert judged(changed(example))[0] == {rule}


@pytest.mark.parametrize(("rule", "text"), [row[:2] for row in rows("texts")])
def test_refused_texts(rule: str, text: str) -> None:
    """Each listed text is refused, by the rule that the table names and no other."""
    assert judged(text)[0] == {rule}


@pytest.mark.parametrize(("example", "rule"), [(row[0], row[3]) for row in rows("accepted")])
def test_accepted_here(example: str, rule: str) -> None:
    """What only the platform can know is accepted, with the warning that the table names."""
    errors, warnings = judged(changed(example))
    assert errors == set()
    assert warnings == ({rule} if rule else set())


@pytest.mark.parametrize(("rule", "example"), [row[:2] for row in rows("warned")])
def test_warned(rule: str, example: str) -> None:
    """What both accept and is worth a look is warned of."""
    assert judged(changed(example)) == (set(), {rule})


# ---------------------------------------------------------------- known answers

ANSWERS: list[tuple[str, dict[str, Json], dict[str, Json]]] = [
    (f"{path.stem}: {case['name']}", listing["base"], case)
    for path in sorted((HERE / "tests" / "cases" / "raw").glob("*.json"))
    for listing in [json.loads(path.read_text("utf-8"))]
    for case in listing["cases"]
]


def body(start: dict[str, Json], case: dict[str, Json]) -> dict[str, Json]:
    """Return the request of a case: the base with members set and removed."""
    changes, removed, hosts = case["set"], case.get("remove", []), case.get("hosts", 0)
    assert isinstance(changes, dict)
    assert isinstance(removed, list)
    assert isinstance(hosts, int)
    made = {name: value for name, value in {**start, **changes}.items() if name not in removed}
    if hosts:
        made["execute_target"] = {"host_list": [{"bk_host_id": n + 1} for n in range(hosts)]}
    return made


@pytest.mark.parametrize(
    ("start", "case"), [each[1:] for each in ANSWERS], ids=[each[0] for each in ANSWERS]
)
def test_known_answers(start: dict[str, Json], case: dict[str, Json]) -> None:
    """Refused where the platform refuses, accepted where it accepts; else the table says why."""
    errors, _ = judged(json.dumps(body(start, case)))
    assert sorted(errors) == case["refused_by"]
    accepted_there = case["platform"] == 200
    if errors and accepted_there:
        assert errors <= {row[0] for row in rows("refused")}
    if not errors and not accepted_there:
        assert case.get("state"), "only what depends on the platform's state is accepted"
