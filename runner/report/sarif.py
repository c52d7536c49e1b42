"""Findings as SARIF 2.1.0, for code scanning: the rules with their pages, and every result."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import quote

from runner import canon, rulepages, version
from runner.report import seen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Finding, Json

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def findings(found: Iterable[Finding]) -> str:
    """Return the findings as one run, canonical JSON with a newline."""
    listed = seen.ordered(found)
    rules = sorted({each.rule for each in listed})
    marks = _fingerprints(listed)
    results: list[Json] = [
        _result(each, rules.index(each.rule), mark)
        for each, mark in zip(listed, marks, strict=True)
    ]
    driver: dict[str, Json] = {
        "name": "jobgate",
        "rules": [_rule(each) for each in rules],
        "semanticVersion": version.VERSION,
    }
    run: dict[str, Json] = {
        "columnKind": "unicodeCodePoints",
        "results": results,
        "tool": {"driver": driver},
    }
    return canon.encode({"$schema": _SCHEMA, "runs": [run], "version": "2.1.0"}).decode() + "\n"


def _rule(slug: str) -> Json:
    page = rulepages.page(slug)
    return {
        "help": {"markdown": page.text, "text": page.text},
        "helpUri": f"urn:jobgate:rule:{slug}",
        "id": slug,
        "shortDescription": {"text": page.sentence},
    }


def _result(each: Finding, index: int, mark: str) -> Json:
    span = each.place.span
    region: dict[str, Json] = {
        "endColumn": span.end_column,
        "endLine": span.end_line,
        "startColumn": span.column,
        "startLine": span.line,
    }
    place: dict[str, Json] = {
        "physicalLocation": {"artifactLocation": {"uri": quote(each.place.file)}, "region": region}
    }
    if each.place.pointer:
        place["logicalLocations"] = [{"fullyQualifiedName": each.place.pointer, "kind": "member"}]
    return {
        "level": each.severity.value,
        "locations": [place],
        "message": {"text": f"{each.message}\nmend: {each.mend}"},
        "partialFingerprints": {"jobgate/v1": mark},
        "ruleId": each.rule,
        "ruleIndex": index,
    }


def _fingerprints(listed: list[Finding]) -> list[str]:
    """Return what names each finding wherever its lines move: its file, pointer, rule and turn."""
    turns: Counter[tuple[str, str, str]] = Counter()
    marks: list[str] = []
    for each in listed:
        name = (each.place.file, each.place.pointer, each.rule)
        turns[name] += 1
        marks.append(canon.sha256(canon.encode([*name, turns[name]])))
    return marks
