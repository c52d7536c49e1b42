"""A spec, or any document, against its published schema; a whole request against all its rules.

What is wrong is told at its place in the YAML, all of it at once, in the order of the text. What
only a platform knows (whether an account or a host exists) is left to the platform.
"""

from __future__ import annotations

from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner import refusing, requests
from runner.mistakes import Mistake, shown
from runner.model import Finding
from runner.narrow import at
from runner.rules import expectedhosts
from runner.shape import conformity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Document, Json, Path, Resolved, Spec

SPEC = "job-spec.v1"

# What jobgate sets in a request, and what an author does instead.
_RESERVED: Mapping[str, str] = MappingProxyType(
    {
        "script_content": "write the script as script.file, or as plain text as script.content",
        "script_id": "write it as script.id",
        "script_version_id": "write it as script.version_id",
        "script_param": "write plain text as script.param, or a list as script.args",
        "script_language": "write it as script.language",
        "param_sensitive": "write it as script.sensitive",
        "start_task": "remove it: a job is created first and started when that is on record",
    }
)


def spec(spec: Spec) -> tuple[Finding, ...]:
    """Return what the job-spec schema, and the calendar, refuse in a spec as it was written."""
    refused = conformity.mistakes(SPEC, spec.document.tree)
    told = {mistake.path for mistake in refused}
    days = (mistake for mistake in _calendar(spec.document) if mistake.path not in told)
    return _findings(spec.document, [*map(_reserved, refused), *days], {})


def document(document: Document, schema: str) -> tuple[Finding, ...]:
    """Return what the published `schema` refuses in a document."""
    return _findings(document, conformity.mistakes(schema, document.tree), {})


def body(document: Document) -> tuple[Finding, ...]:
    """Return what the schema and the rules refuse in a request that stands by itself."""
    return _findings(document, refusing.mistakes(document.tree, own=True), {})


def raw(document: Document) -> tuple[Finding, ...]:
    """Return what is wrong with a request that was not written for jobgate.

    It is taken as the platform reads it, so that only what the platform refuses, fails or loses
    is refused.
    """
    judged = refusing.raw(document.tree)
    return _findings(document, judged.mistakes, judged.read.origins)


def request(spec: Spec, resolved: Resolved) -> tuple[Finding, ...]:
    """Return what the schema and the rules refuse in a request, at the spec's values behind it.

    A secret is taken for as short a text as its value can be.
    """
    origins = {(): ("request",), **resolved.origins}
    plain = resolved.body if resolved.plain is None else resolved.plain
    return _findings(spec.document, refusing.mistakes(_completed(plain), own=True), origins)


def expected(spec: Spec, hosts: Json, resolved: Resolved) -> tuple[Finding, ...]:
    """Return what is wrong with the hosts that a spec expects, as they were rendered."""
    if at(spec.document.tree, "expect_hosts") is None:
        return ()
    targets = requests.targets(resolved.body)
    found = tuple(expectedhosts.labels(hosts)) or expectedhosts.contradictions(hosts, targets)
    return _findings(spec.document, found, {})


def _completed(body: dict[str, Json]) -> dict[str, Json]:
    """Return `body` with stand-ins for what resolving could not make: it has told why."""
    if not any(field in body for field in ("script_version_id", "script_id", "script_content")):
        return {**body, "script_version_id": 1}
    return {"script_language": requests.LANGUAGES["bat"], **body}


def _reserved(mistake: Mistake) -> Mistake:
    """Return a better account of a key under `request` that jobgate sets itself."""
    parent, key = mistake.path[:-1], str(mistake.path[-1]) if mistake.path else ""
    if mistake.rule != "unknown-key" or parent != ("request",) or key not in _RESERVED:
        return mistake
    return Mistake(
        path=mistake.path,
        rule="reserved-field",
        message=f"cannot set {key} in a request: jobgate sets it",
        mend=_RESERVED[key],
        key=True,
    )


def _calendar(document: Document) -> Iterator[Mistake]:
    """Yield a day of expiry that has the right form but is in no calendar."""
    day = at(document.tree, "metadata", "expires")
    if not isinstance(day, str):
        return
    try:
        date.fromisoformat(day)
    except ValueError:
        yield Mistake(
            path=("metadata", "expires"),
            rule="no-such-day",
            message=f"cannot expire on {shown(day)}: there is no such day",
            mend="write a day of the calendar as YYYY-MM-DD",
        )


def _findings(
    document: Document, found: Iterable[Mistake], origins: Mapping[Path, Path]
) -> tuple[Finding, ...]:
    findings = {_finding(document, mistake, _origin(mistake.path, origins)) for mistake in found}
    return tuple(sorted(findings, key=_order))


def _origin(path: Path, origins: Mapping[Path, Path]) -> Path:
    """Return the path of the spec behind one of the body: its longest known part, then the rest."""
    for length in range(len(path), -1, -1):
        origin = origins.get(path[:length])
        if origin is not None:
            return (*origin, *path[length:])
    return path


def _finding(document: Document, mistake: Mistake, path: Path) -> Finding:
    key = mistake.key and path in document.keys
    return Finding(
        place=document.place(path, key=key),
        rule=mistake.rule,
        message=mistake.message,
        mend=mistake.mend,
        severity=mistake.severity,
    )


def _order(finding: Finding) -> tuple[int, int, str, str, str]:
    span = finding.place.span
    return span.line, span.column, finding.place.pointer, finding.rule, finding.message
