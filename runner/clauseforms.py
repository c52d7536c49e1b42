"""Clauses as they are written: from a policy's tree to what each asks, denies and waits for."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

from runner import conditions, narrow, windows
from runner.model import Finding
from runner.terms import LONGEST_DAYS, BreakGlass, Clause, ForgeEntry, Windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Document, Json, Path
    from runner.terms import Opening

_HOURS = {"d": 24, "h": 1}


def read(document: Document) -> tuple[tuple[Clause, ...], list[Finding]]:
    """Return the clauses of a policy in their order, and what of them cannot be read."""
    clauses: list[Clause] = []
    findings: list[Finding] = []
    for index, tree in enumerate(narrow.items(document.tree, "clauses")):
        path: Path = ("clauses", index)
        clause = _clause(tree, document.place(path).span.line)
        opening, wrong = _windows(document, (*path, "windows"), narrow.mapping(tree, "windows"))
        findings += [*_of_expression(document, path, clause), *wrong]
        clauses.append(clause if opening is None else replace(clause, windows=opening))
    return tuple(clauses), findings


def break_glass(tree: Json) -> BreakGlass | None:
    """Return who may do without approvals, and within how many hours that is followed up."""
    if narrow.at(tree, "break_glass") is None:
        return None
    said = narrow.text(tree, "break_glass", "follow_up") or "3d"
    return BreakGlass(
        people=narrow.texts(tree, "break_glass", "from"), hours=int(said[:-1]) * _HOURS[said[-1]]
    )


def forge(tree: Json) -> ForgeEntry | None:
    """Return where reviews live; None where the policy names no forge."""
    for name, each in narrow.mapping(tree, "forge").items():
        return ForgeEntry(
            name=name,
            url=narrow.text(each, "url") or "https://api.github.com",
            repository=narrow.text(each, "repository"),
            token=narrow.text(each, "token", "env") or "GITHUB_TOKEN",
        )
    return None


def days(tree: Json) -> int:
    """Return for how many days an approval counts at most."""
    said = narrow.text(tree, "approvals_last")
    return int(said.removesuffix("d")) if said else LONGEST_DAYS


def _clause(tree: Json, line: int) -> Clause:
    labels = narrow.mapping(tree, "when", "labels")
    return Clause(
        name=narrow.text(tree, "name"),
        paths=narrow.texts(tree, "when", "paths") or ("**",),
        # A clause that only denies or waits must not take the place of whoever is asked without it.
        count=narrow.integer(tree, "approvals", "count", default=1),
        people=narrow.texts(tree, "approvals", "from"),
        platforms=narrow.texts(tree, "when", "platforms"),
        scopes=narrow.texts(tree, "when", "scopes"),
        labels=tuple((name, narrow.text(labels, name)) for name in sorted(labels)),
        expression=narrow.text(tree, "when", "expression"),
        owners=narrow.boolean(tree, "approvals", "owners", default=False),
        deny=narrow.text(tree, "deny"),
        max_hosts=narrow.integer(tree, "max_hosts", default=0) or None,
        fields=narrow.texts(tree, "require", "change"),
        succeeded=narrow.texts(tree, "require", "succeeded"),
        line=line,
    )


def _of_expression(document: Document, path: Path, clause: Clause) -> Iterator[Finding]:
    fault = conditions.fault(clause.expression) if clause.expression else None
    if fault is not None:
        yield Finding(
            place=document.place((*path, "when", "expression")),
            rule="expression",
            message=f"cannot take the expression of clause {clause.name}: {fault.message}",
            mend=fault.mend,
        )


# ---------------------------------------------------------------- windows


def _windows(
    document: Document, path: Path, tree: dict[str, Json]
) -> tuple[Windows | None, list[Finding]]:
    """Return the windows of a clause; None where it has none, or not all of them can be read."""
    findings: list[Finding] = []
    read: dict[str, list[Opening]] = {"open": [], "closed": []}
    for kind, found in read.items():
        for index, each in enumerate(narrow.items(tree, kind)):
            opening = _opening(each)
            if opening is None:
                findings.append(_no_window(document, (*path, kind, index)))
            else:
                found.append(opening)
    zone = narrow.text(tree, "zone")
    if tree and not windows.known(zone):
        findings.append(_no_zone(document, path, zone))
    if findings or not tree:
        return None, findings
    made = Windows(zone=zone, open=tuple(read["open"]), closed=tuple(read["closed"]))
    return made, [] if windows.ever(made) else [_never(document, path)]


def _opening(tree: Json) -> Opening | None:
    if isinstance(tree, str):
        return windows.weekly(tree)
    return windows.dated(narrow.text(tree, "from"), narrow.text(tree, "to"))


def _no_window(document: Document, path: Path) -> Finding:
    return Finding(
        place=document.place(path),
        rule="window",
        message="cannot read when that begins and ends",
        mend="write days and hours as `Mon-Fri 09:00-17:00` or `Sat,Sun`, or two times of which "
        "the first is earlier",
    )


def _no_zone(document: Document, path: Path, zone: str) -> Finding:
    near = difflib.get_close_matches(zone, sorted(windows.zones()), n=1)
    return Finding(
        place=document.place((*path, "zone")),
        rule="time-zone",
        message=f"cannot find the time zone {zone}",
        mend=f"did you mean {near[0]}?" if near else "name one as `Europe/Berlin`, or `UTC`",
    )


def _never(document: Document, path: Path) -> Finding:
    return Finding(
        place=document.place(path, key=True),
        rule="never-open",
        message="these windows are never open: no job that the clause matches could ever start",
        mend="leave some hours open that `closed` does not close, or say `deny`",
    )
