"""What `check` learns from one spec, in a form that can be kept and handed between processes.

It holds everything that the spec was made from, by path and token, so that whoever finds a kept
look can tell whether it still counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import canon, narrow, render
from runner.model import Blob, Finding, JobId, Json, Place, Severity, Span, Unreadable
from runner.pipeline import assembling, making
from runner.pipeline.crossing import Outline

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runner.model import Policy
    from runner.pipeline.ports import Tree
    from runner.stored import Named


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found in a spec and in each vars file above it, and its jobs in outline.

    `used` is the token of every file that the spec asked for, itself included.
    """

    path: str
    findings: tuple[Finding, ...]
    variables: tuple[tuple[str, tuple[Finding, ...]], ...]
    jobs: tuple[Outline, ...]
    used: tuple[tuple[str, str], ...]


def looks(tree: Tree, policy: Policy, paths: Iterable[str]) -> Iterator[Look]:
    """Yield a look at each of the specs at `paths`, in their order."""
    maker = making.Maker(tree=tree, policy=policy)
    for path in paths:
        made = maker.made(path)
        value = made.value
        above = [each for each in render.folders(path) if each in maker.asked]
        jobs: Iterable[Outline] = ()
        if value is not None:
            jobs = (
                assembling.outline(value.spec, rendered, resolved, platform)
                for rendered, resolved in value.cells
                for platform in value.platforms
            )
        yield Look(
            path=path,
            findings=made.findings,
            variables=tuple((each, maker.variables[each].findings) for each in above),
            jobs=tuple(jobs),
            used=tuple((each, token(found)) for each, found in maker.asked.items()),
        )


def token(found: Blob | Unreadable) -> str:
    """Return what stands for a file's content, or for the reason that it cannot be read."""
    if isinstance(found, Blob):
        return found.sha256
    return canon.digest_of("unreadable/1", [found.rule, found.message, found.mend])


# ---------------------------------------------------------------- as it is kept


def encoded(look: Look) -> bytes:
    """Return a look as bytes; its path is left out, as it is part of what it is kept under."""
    tree: list[Json] = [
        [_written(each) for each in look.findings],
        [[path, [_written(each) for each in found]] for path, found in look.variables],
        [[job.name, [*job.ids], [*job.needs], job.stored] for job in look.jobs],
        [[*pair] for pair in look.used],
    ]
    return canon.encode(tree)


def decoded(path: str, content: bytes) -> Look:
    """Return the look at `path` that `encoded` wrote; raise ValueError or TypeError on all else."""
    tree: Json = json.loads(content)
    found, variables, jobs, used = _list(tree, 4)
    return Look(
        path=path,
        findings=_findings(found),
        variables=tuple((_text(each[0]), _findings(each[1])) for each in _rows(variables, 2)),
        jobs=tuple(
            Outline(
                file=path,
                name=_text(each[0]),
                ids=tuple(map(JobId, narrow.texts({"ids": each[1]}, "ids"))),
                needs=narrow.texts({"needs": each[2]}, "needs"),
                stored=_named(each[3]),
            )
            for each in _rows(jobs, 4)
        ),
        used=tuple((_text(each[0]), _text(each[1])) for each in _rows(used, 2)),
    )


def _written(found: Finding) -> Json:
    place, span = found.place, found.place.span
    return [
        place.file,
        place.pointer,
        [span.line, span.column, span.end_line, span.end_column],
        found.rule,
        found.message,
        found.mend,
        found.severity.value,
    ]


def _findings(rows: Json) -> tuple[Finding, ...]:
    return tuple(map(_finding, _rows(rows, 7)))


def _finding(row: list[Json]) -> Finding:
    file, pointer, span, rule, message, mend, severity = row
    return Finding(
        place=Place(
            file=_text(file),
            pointer=_text(pointer),
            span=Span(*map(_number, _list(span, 4))),
        ),
        rule=_text(rule),
        message=_text(message),
        mend=_text(mend),
        severity=Severity(_text(severity)),
    )


def _rows(value: Json, width: int) -> Iterator[list[Json]]:
    for row in _list(value):
        yield _list(row, width)


def _list(value: Json, width: int | None = None) -> list[Json]:
    if not isinstance(value, list) or width not in {None, len(value)}:
        raise TypeError("not a list of that length")
    return value


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _named(value: Json) -> Named | None:
    return value if value is None or isinstance(value, str) else _number(value)


def _number(value: Json) -> int:
    if type(value) is not int:
        raise TypeError("not a number")
    return value
