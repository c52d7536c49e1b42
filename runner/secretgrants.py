"""Which secrets a policy names, and to which jobs it gives them: what is not said is denied."""

from __future__ import annotations

import difflib
import shlex
from typing import TYPE_CHECKING

from runner import globs, narrow
from runner.model import Finding, SecretSource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runner.model import Document, Job, Json, Parts, Path, PlatformEntry, Policy, Spec


def sources(tree: Json) -> tuple[SecretSource, ...]:
    """Return what a policy says under `secrets`, sorted by name."""
    return tuple(
        _source(name, narrow.mapping(tree, "secrets", name))
        for name in sorted(narrow.mapping(tree, "secrets"))
    )


def findings(document: Document, policy: Policy) -> list[Finding]:
    """Find every platform of a secret that no platform of the policy is."""
    known = [entry.name for entry in policy.platforms]
    return [
        Finding(
            place=document.place(("secrets", each.name, "platforms", index)),
            rule="unknown-platform",
            message=f"cannot give {each.name} to jobs on {name}: no platform of the policy is it",
            mend=f"name one of {', '.join(known)}",
        )
        for each in policy.secrets
        for index, name in enumerate(each.platforms)
        if not any(globs.matches(name, one) for one in known)
    ]


def granted(
    known: Iterable[SecretSource], names: Iterable[str], platform: str, path: str
) -> tuple[SecretSource, ...]:
    """Return those of `known` with such a name that a job of `path` on `platform` may have."""
    wanted = set(names)
    return tuple(each for each in known if each.name in wanted and allows(each, platform, path))


def allows(source: SecretSource, platform: str, path: str) -> bool:
    """Tell whether a job of the spec at `path` on `platform` may have the secret."""
    return _any(source.platforms, platform) and _any(source.paths, path)


def same(job: Job, policy: Policy) -> bool:
    """Tell whether `policy` gives the job each of its secrets, from where the job's own says.

    How many others it gives them to makes no difference to the job.
    """
    theirs = granted(
        policy.secrets, [each.name for each in job.secrets], job.platform.name, job.path
    )
    return _where(theirs) == _where(job.secrets)


def described(found: Iterable[SecretSource]) -> dict[str, Json]:
    """Return where each secret is found, by its name, as the digest of a job covers it."""
    return {
        each.name: {each.kind: list(each.source) if each.kind == "command" else each.source[0]}
        for each in found
    }


def place(source: SecretSource) -> str:
    """Return in words where a secret is found."""
    called = {"env": "the variable", "file": "the file", "command": "the command"}[source.kind]
    named = source.source[0] if source.kind != "command" else shlex.join(source.source)
    return f"{called} {named}"


def refused(
    spec: Spec,
    secrets: Iterable[tuple[Path, Parts]],
    known: tuple[SecretSource, ...],
    platforms: Iterable[PlatformEntry],
) -> Iterator[Finding]:
    """Yield what stands against each leaf that names secrets: unknown ones, and ones not given."""
    by_name = {each.name: each for each in known}
    for path, parts in secrets:
        for name in dict.fromkeys(part.name for part in parts if not isinstance(part, str)):
            place = spec.document.place(path)
            source = by_name.get(name)
            if source is None:
                yield Finding(
                    place=place,
                    rule="unknown-secret",
                    message=f"cannot use the secret {name}: the policy names no source for it",
                    mend=_nearest(name, by_name),
                )
                continue
            for entry in platforms:
                if not allows(source, entry.name, spec.document.file):
                    yield Finding(
                        place=place,
                        rule="secret-not-allowed",
                        message=f"cannot use the secret {name} on {entry.name}: the policy does "
                        "not give it to this spec there",
                        mend=f"add the spec's path and {entry.name} to secrets.{name} in "
                        "jobgate.yaml, or use another secret",
                    )


def _source(name: str, tree: dict[str, Json]) -> SecretSource:
    places = {"platforms": narrow.texts(tree, "platforms"), "paths": narrow.texts(tree, "paths")}
    if "command" in tree:
        return SecretSource(
            name=name, kind="command", source=narrow.texts(tree, "command"), **places
        )
    if "file" in tree:
        return SecretSource(name=name, kind="file", source=(narrow.text(tree, "file"),), **places)
    return SecretSource(name=name, kind="env", source=(narrow.text(tree, "env"),), **places)


def _any(patterns: Iterable[str], text: str) -> bool:
    return any(globs.matches(pattern, text) for pattern in patterns)


def _where(found: Iterable[SecretSource]) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(each.name, each.kind, each.source) for each in found}


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    if near:
        return f"did you mean `{near[0]}`? Write that, or add secrets.{name} to jobgate.yaml"
    return f"add secrets.{name} to jobgate.yaml, with its source, its platforms and its paths"
