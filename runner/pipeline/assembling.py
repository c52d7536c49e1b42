"""A spec that was rendered and resolved, on one platform, into the Job that is reviewed and run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import canon, narrow, pins, requests, secretgrants, secretparts
from runner.model import (
    Digest,
    Job,
    JobId,
    Json,
    Pin,
    PlatformEntry,
    Policy,
    Rendered,
    Resolved,
    Scalar,
    SecretSource,
    Spec,
)
from runner.pipeline.crossing import Outline

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a reviewer sees of the metadata, and a platform does not.
_SEEN = ("description", "expires", "formerly", "labels", "needs", "rerun")


def job(
    spec: Spec,
    rendered: Rendered,
    resolved: Resolved,
    platform: PlatformEntry,
    policy: Policy,
) -> Job:
    """Return the job that one cell of `spec` is on `platform`, by the policy of the same tree."""
    metadata, path = narrow.mapping(spec.document.tree, "metadata"), spec.document.file
    found = pins.of(policy.pins, platform.name, resolved.body)
    (own, effect), *former = _effects(metadata, rendered, resolved, platform, found)
    names = secretparts.names(resolved.body) if rendered.secrets else ()
    secrets = secretgrants.granted(policy.secrets, names, platform.name, path)
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
        expect_hosts=_expected(rendered.expect_hosts),
        pins=found,
        secrets=secrets,
        sources=tuple(sorted({spec.own, *resolved.used})),
        spec=canon.digest_of("spec/1", spec.document.tree),
        effect=effect,
        former_effects=tuple(former),
        digest=_digest(metadata, rendered, path, effect, secrets),
    )


def outline(spec: Spec, rendered: Rendered, resolved: Resolved, platform: PlatformEntry) -> Outline:
    """Return what other specs must know of the job that `job` would make, without making it."""
    metadata = narrow.mapping(spec.document.tree, "metadata")
    return Outline(
        file=spec.document.file,
        name=narrow.text(metadata, "name"),
        ids=tuple(_identities(metadata, rendered.cell, platform)),
        needs=narrow.texts(metadata, "needs"),
        stored=pins.named(resolved.body),
    )


def _identities(
    metadata: dict[str, Json], cell: tuple[tuple[str, Scalar], ...], platform: PlatformEntry
) -> Iterator[JobId]:
    """Yield the job's identity, then those under its former names."""
    for name in (narrow.text(metadata, "name"), *_formerly(metadata)):
        yield canon.job_id(platform.name, name, cell)


def _effects(
    metadata: dict[str, Json],
    rendered: Rendered,
    resolved: Resolved,
    platform: PlatformEntry,
    found: tuple[Pin, ...],
) -> Iterator[tuple[JobId, Digest]]:
    """Yield the job's identity and effect, then what they would be under each former name."""
    body = canon.effect_body(resolved.body, resolved.script)
    run, pinned = _run(metadata), pins.covered(found)
    for identity in _identities(metadata, rendered.cell, platform):
        yield (
            identity,
            canon.effect(job=identity, run=run, platform=platform, body=body, pins=pinned),
        )


def _digest(
    metadata: dict[str, Json],
    rendered: Rendered,
    path: str,
    effect: Digest,
    secrets: tuple[SecretSource, ...],
) -> Digest:
    """Return the digest of a job: its effect, and all else that a reviewer or a policy can see."""
    return canon.digest(
        effect=effect,
        path=path,
        spec_metadata={name: metadata[name] for name in _SEEN if name in metadata},
        change=rendered.change,
        further=_further(_expected(rendered.expect_hosts), secrets),
    )


def _formerly(metadata: dict[str, Json]) -> tuple[str, ...]:
    former = metadata.get("formerly")
    return (former,) if isinstance(former, str) else narrow.texts(metadata, "formerly")


def _expected(rendered: Json) -> tuple[str, ...] | None:
    """Return the labels of the hosts that a spec expects, each once; None where it expects none."""
    if not isinstance(rendered, list):
        return None
    return tuple(dict.fromkeys(each for each in rendered if isinstance(each, str)))


def _further(hosts: tuple[str, ...] | None, secrets: tuple[SecretSource, ...]) -> dict[str, Json]:
    """Return what the digest covers of a job that expects hosts, or that is given secrets."""
    expected: dict[str, Json] = {} if hosts is None else {"expect_hosts": list(hosts)}
    return expected | ({"secrets": secretgrants.described(secrets)} if secrets else {})


def _run(metadata: dict[str, Json]) -> int:
    return narrow.integer(metadata, "run", default=1)
