"""How platforms, secrets, pins and the forge differ, in words: where a job runs, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from runner.policydiff import shifts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Pin, PlatformEntry, SecretSource
    from runner.policydiff.shifts import Shift
    from runner.terms import ForgeEntry

Pins: TypeAlias = "tuple[tuple[str, str | int, Pin], ...]"


def platforms(old: tuple[PlatformEntry, ...], new: tuple[PlatformEntry, ...]) -> Iterator[Shift]:
    """Yield where jobs go now."""
    for name, before, after in shifts.paired(old, new, lambda entry: entry.name):
        if after is None:
            yield shifts.said(f"platform {name} is gone: no job goes there", "tighter")
        elif before is None:
            where = " ".join(filter(None, (after.type, after.url)))
            paths = shifts.listed(after.paths)
            yield shifts.said(f"platform {name} is new: {where}, for {paths}", "unclear")
        else:
            yield from _platform(before, after)


def _platform(old: PlatformEntry, new: PlatformEntry) -> Iterator[Shift]:
    for what, before, after in (
        ("goes to", old.url, new.url),
        ("is of the type", old.type, new.type),
        ("has the stage", old.stage, new.stage),
        ("has the tenant", old.tenant, new.tenant),
        ("has the application", old.application, new.application),
        ("has the route", old.route, new.route),
        ("takes the specs of", shifts.listed(old.paths), shifts.listed(new.paths)),
    ):
        if before != after:
            yield shifts.instead(
                f"platform {new.name} {what}", after or "none", before or "none", "unclear"
            )
    was, now = _credentials(old), _credentials(new)
    for name in was | now:
        if was.get(name) != now.get(name):
            yield shifts.instead(
                f"platform {new.name} takes {name} from",
                now.get(name, "nowhere"),
                was.get(name, "nowhere"),
                "unclear",
            )


def secrets(old: tuple[SecretSource, ...], new: tuple[SecretSource, ...]) -> Iterator[Shift]:
    """Yield which jobs may have which secret now, and where that is found."""
    for name, before, after in shifts.paired(old, new, lambda source: source.name):
        if after is None:
            yield shifts.said(f"secret {name} is gone: no job may have it", "tighter")
        elif before is None:
            where = f"{shifts.listed(after.paths)} on {shifts.listed(after.platforms)}"
            yield shifts.said(
                f"secret {name} is new, from {_found(after)}: it may go to {where}", "looser"
            )
        else:
            yield from _secret(before, after)


def _secret(old: SecretSource, new: SecretSource) -> Iterator[Shift]:
    if _found(old) != _found(new):
        yield shifts.instead(f"secret {new.name} comes from", _found(new), _found(old), "unclear")
    for what, before, after in (
        ("may go to", old.paths, new.paths),
        ("may go to jobs on", old.platforms, new.platforms),
    ):
        if before != after:
            way = shifts.which(
                looser=shifts.wider(before, after), tighter=shifts.wider(after, before)
            )
            yield shifts.instead(
                f"secret {new.name} {what}", shifts.listed(after), shifts.listed(before), way
            )


def pins(old: Pins, new: Pins) -> Iterator[Shift]:
    """Yield what each stored script means now."""
    before, after = _pins(old), _pins(new)
    for name in before | after:
        was, now = before.get(name), after.get(name)
        if now is None:
            yield shifts.said(f"{name} is pinned no longer")
        elif was is None:
            yield shifts.said(f"{name} is pinned to version {now.version}")
        elif was.version != now.version:
            yield shifts.instead(
                f"{name} means version", str(now.version), str(was.version), "unclear"
            )
        elif was != now:
            yield shifts.said(
                f"{name}, version {now.version}, holds another text: SHA-256 {now.sha256[:12]}… "
                f"instead of {was.sha256[:12]}…",
                "unclear",
            )


def forge(old: ForgeEntry | None, new: ForgeEntry | None) -> Iterator[Shift]:
    """Yield whose reviews count now."""
    if new is None:
        yield shifts.said("reviews count no longer: no forge is named", "tighter")
    elif old is None:
        yield shifts.said(f"reviews count that {new.name} has of {new.repository}", "looser")
    else:
        for what, before, after in (
            ("are those on", old.name, new.name),
            ("are those of", old.repository, new.repository),
            ("are asked for at", old.url, new.url),
            ("are asked for with the token in", old.token, new.token),
        ):
            if before != after:
                yield shifts.instead(f"reviews {what}", after, before, "unclear")


def _found(source: SecretSource) -> str:
    return f"{source.kind} {' '.join(source.source)}"


def _credentials(entry: PlatformEntry) -> dict[str, str]:
    return {name: f"{kind} {what}" for name, kind, what in entry.credentials}


def _pins(found: Pins) -> dict[str, Pin]:
    return {
        f"{'version' if isinstance(named, int) else 'script'} {named} on {platform}": pin
        for platform, named, pin in found
    }
