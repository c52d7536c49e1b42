"""What `jobgate.lock` says: which version each stored script is, and what that version holds.

A script id means "the version online now", which moves; a version's number means what the platform
keeps under it. The lock fixes both to bytes, for each platform by itself. Its shape is the
schema's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from runner import canon, narrow
from runner.model import Finding, Json, Pin, Severity, Sha256
from runner.stored import Named
from runner.yaml import emitting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Document, Job, Path, PlatformEntry, Policy, Spec
    from runner.stored import Stored

PATH = "jobgate.lock"
SCHEMA = "lock.v1"

# The name of a platform, what requests to it name, and what that means.
Pins: TypeAlias = tuple[tuple[str, Named, Pin], ...]

State: TypeAlias = Literal["kept", "new", "moved", "dropped", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What became of one pin, from before to after, with the bytes of both as far as needed.

    `newer` is the version that is online instead of the pinned one. `code` is the exit code that
    one that is refused asks for.
    """

    platform: str
    named: Named
    state: State
    before: Pin | None = None
    after: Pin | None = None
    old: bytes | None = None
    new: bytes | None = None
    newer: int | None = None
    detail: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A lock as it is to be: what became of each pin, its text, and whether that is another one."""

    pins: tuple[Held, ...]
    content: bytes
    stale: bool

    @property
    def sound(self) -> bool:
        """Tell whether it may be written: nothing in it is refused."""
        return not any(each.code for each in self.pins)


_HEAD = """\
# yaml-language-server: $schema=schemas/lock.v1.json
# Written by `jobgate lock`, and reviewed like any file: what each stored script is held to.
"""


def read(document: Document) -> Pins:
    """Return what a lock pins, by platform, script ids before versions."""
    found: list[tuple[str, Named, Pin]] = []
    for platform, tree in narrow.mapping(document.tree, "platforms").items():
        found += [
            (platform, script, _pin(each, script, narrow.integer(each, "version_id", default=0)))
            for script, each in narrow.mapping(tree, "scripts").items()
        ]
        found += [
            (platform, int(number), _pin(each, narrow.text(each, "script_id"), int(number)))
            for number, each in narrow.mapping(tree, "versions").items()
        ]
    return tuple(sorted(found, key=lambda each: order(each[0], each[1])))


def written(pins: Iterable[tuple[str, Named, Pin]]) -> bytes:
    """Return the one text of a lock that says this."""
    platforms: dict[str, dict[str, dict[str, Json]]] = {}
    for platform, named, pin in sorted(pins, key=lambda each: order(each[0], each[1])):
        kinds = platforms.setdefault(platform, {})
        if isinstance(named, str):
            said: Json = {"version_id": pin.version, "sha256": pin.sha256}
            kinds.setdefault("scripts", {})[named] = said
        else:
            said = {"script_id": pin.script, "sha256": pin.sha256}
            kinds.setdefault("versions", {})[str(named)] = said
    tree: Json = {
        "apiVersion": "jobgate/v1",
        "kind": "Lock",
        "platforms": {name: dict[str, Json](kinds) for name, kinds in platforms.items()},
    }
    return (_HEAD + emitting.text(tree)).encode()


def order(platform: str, wanted: Named) -> tuple[str, bool, str, int]:
    """Return what pins are sorted by: platform, then script ids, then versions."""
    if isinstance(wanted, str):
        return platform, False, wanted, 0
    return platform, True, "", wanted


def made(stored: Stored) -> Pin:
    """Return the pin that holds a script to a version as it is."""
    return Pin(script=stored.script, version=stored.version, sha256=canon.sha256(stored.content))


def named(body: Mapping[str, Json]) -> Named | None:
    """Return what a request names of its platform's scripts; None where it brings its own."""
    version, script = body.get("script_version_id"), body.get("script_id")
    if type(version) is int:
        return version
    return script if isinstance(script, str) else None


def of(pins: Pins, platform: str, body: Mapping[str, Json]) -> tuple[Pin, ...]:
    """Return the pin of a request on a platform; none where nothing pins it."""
    wanted = named(body)
    if wanted is None:
        return ()
    return tuple(pin for where, each, pin in pins if (where, each) == (platform, wanted))


def same(job: Job, policy: Policy) -> bool:
    """Tell whether `policy` holds the job's script to what the job's own pin says."""
    return not job.pins or of(policy.pins, job.platform.name, job.body) == job.pins


# ---------------------------------------------------------------- what becomes of a request


def covered(found: Iterable[Pin]) -> dict[str, Json]:
    """Return pins as the effect covers them."""
    return {pin.script: {"sha256": pin.sha256, "version": pin.version} for pin in found}


def sent(body: dict[str, Json], found: tuple[Pin, ...]) -> dict[str, Json]:
    """Return a request as the platform gets it: with the pinned version instead of a script id."""
    if not found or "script_id" not in body:
        return body
    kept = {name: value for name, value in body.items() if name != "script_id"}
    return {**kept, "script_version_id": found[0].version}


# ---------------------------------------------------------------- what is wrong


def missing(
    spec: Spec, body: Mapping[str, Json], pins: Pins, platforms: Iterable[PlatformEntry]
) -> Iterator[Finding]:
    """Yield a finding for each platform on which nothing pins what a request names.

    A script id means nothing without a pin. A version means what it did when it was reviewed as
    long as its platform keeps to that, so that one without a pin is a warning.
    """
    wanted = named(body)
    for platform in platforms if wanted is not None else ():
        if of(pins, platform.name, body):
            continue
        if isinstance(wanted, str):
            yield Finding(
                place=spec.document.place(("script", "id")),
                rule="unpinned-script",
                message=f"cannot tell which version script {wanted[:60]} is on {platform.name}: "
                f"{PATH} does not say",
                mend="run `jobgate lock`, and commit what it writes",
            )
        else:
            yield Finding(
                place=spec.document.place(("script", "version_id")),
                rule="unpinned-version",
                message=f"cannot hold version {wanted} on {platform.name} to what it says now: "
                f"{PATH} does not pin it",
                mend="run `jobgate lock`, and commit what it writes",
                severity=Severity.WARNING,
            )


def unused(document: Document, used: Iterable[tuple[str, Named]]) -> Iterator[Finding]:
    """Yield a warning for each pin of a lock that no spec uses."""
    known = set(used)
    for platform, each, _ in read(document):
        if (platform, each) not in known:
            yield Finding(
                place=document.place(_path(platform, each), key=True),
                rule="unused-pin",
                message=f"no spec names {called(each)} on {platform}",
                mend="run `jobgate lock`: it takes out what is not used",
                severity=Severity.WARNING,
            )


def called(wanted: Named) -> str:
    """Return in words what a request names."""
    return f"script {wanted[:60]}" if isinstance(wanted, str) else f"version {wanted}"


# ---------------------------------------------------------------- parts


def _pin(tree: Json, script: str, version: int) -> Pin:
    return Pin(script=script, version=version, sha256=Sha256(narrow.text(tree, "sha256")))


def _path(platform: str, wanted: Named) -> Path:
    kind = "scripts" if isinstance(wanted, str) else "versions"
    return "platforms", platform, kind, str(wanted)
