"""A spec that was rendered and resolved, on one platform, into the Job that is reviewed and run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import canon, narrow, requests
from runner.model import (
    Digest,
    Job,
    JobId,
    Json,
    PlatformEntry,
    Rendered,
    Resolved,
    Scalar,
    Spec,
)
from runner.pipeline.crossing import Outline

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a reviewer sees of the metadata, and a platform does not.
_SEEN = ("description", "expires", "formerly", "labels", "needs", "rerun")


def job(spec: Spec, rendered: Rendered, resolved: Resolved, platform: PlatformEntry) -> Job:
    """Return the job that one cell of `spec` is on `platform`, with its effect and its digest."""
    metadata = narrow.mapping(spec.document.tree, "metadata")
    (own, effect), *former = _effects(metadata, rendered, resolved, platform)
    path = spec.document.file
    seen = {name: metadata[name] for name in _SEEN if name in metadata}
    return Job(
        id=own,
        name=narrow.text(metadata, "name"),
        cell=rendered.cell,
        platform=platform,
        path=path,
        description=narrow.text(metadata, "description"),
        labels=tuple(sorted((k, str(v)) for k, v in narrow.mapping(metadata, "labels").items())),
        run=_run(metadata),
        rerun="on-change" if metadata.get("rerun") == "on-change" else "on-run",
        needs=narrow.texts(metadata, "needs"),
        expires=narrow.text(metadata, "expires") or None,
        change=rendered.change,
        body=resolved.body,
        script=resolved.script,
        targets=requests.targets(resolved.body),
        batches=requests.batches(resolved.body),
        sources=tuple(sorted({spec.own, *resolved.used})),
        spec=canon.digest_of("spec/1", spec.document.tree),
        effect=effect,
        former_effects=tuple(former),
        digest=canon.digest(effect=effect, path=path, spec_metadata=seen, change=rendered.change),
    )


def outline(spec: Spec, cell: tuple[tuple[str, Scalar], ...], platform: PlatformEntry) -> Outline:
    """Return what other specs must know of the job that `job` would make, without making it."""
    metadata = narrow.mapping(spec.document.tree, "metadata")
    return Outline(
        file=spec.document.file,
        name=narrow.text(metadata, "name"),
        ids=tuple(_identities(metadata, cell, platform)),
        needs=narrow.texts(metadata, "needs"),
    )


def _identities(
    metadata: dict[str, Json], cell: tuple[tuple[str, Scalar], ...], platform: PlatformEntry
) -> Iterator[JobId]:
    """Yield the job's identity, then those under its former names."""
    for name in (narrow.text(metadata, "name"), *_formerly(metadata)):
        yield canon.job_id(platform.name, name, cell)


def _effects(
    metadata: dict[str, Json], rendered: Rendered, resolved: Resolved, platform: PlatformEntry
) -> Iterator[tuple[JobId, Digest]]:
    """Yield the job's identity and effect, then what they would be under each former name."""
    body = canon.effect_body(resolved.body, resolved.script)
    for identity in _identities(metadata, rendered.cell, platform):
        yield (
            identity,
            canon.effect(job=identity, run=_run(metadata), platform=platform, body=body, pins={}),
        )


def _formerly(metadata: dict[str, Json]) -> tuple[str, ...]:
    former = metadata.get("formerly")
    return (former,) if isinstance(former, str) else narrow.texts(metadata, "formerly")


def _run(metadata: dict[str, Json]) -> int:
    return narrow.integer(metadata, "run", default=1)
