"""What `lock` found of each pin, with the diff of every script that moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import pins
from runner.report import documents, plain, seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Json, Pin
    from runner.pins import Held, Locked, State

_SYMBOLS: Mapping[State, str] = {
    "kept": " ",
    "new": "+",
    "moved": "~",
    "dropped": "-",
    "refused": "!",
}


def text(done: Locked, *, written: bool) -> str:
    """Return a line a pin, each with its script where that is new or moves, and a summary."""
    lines = "".join(f"{line}\n" for each in done.pins for line in _lines(each))
    states = [each.state for each in done.pins]
    counted = [f"{states.count(state)} {state}" for state in _SYMBOLS if state in states]
    said = ", ".join(counted) or "no script to pin"
    return f"{lines}Lock: {said}; {_fate(done, written=written)}.\n"


def document(done: Locked, *, written: bool) -> str:
    """Return the same for machines."""
    listed: list[Json] = [
        {
            "after": _pin(each.after),
            "before": _pin(each.before),
            "detail": each.detail,
            "exit_code": each.code,
            "newer": each.newer,
            "platform": each.platform,
            "script": each.named,
            "script_diff": list(_diff(each)),
            "state": each.state,
        }
        for each in done.pins
    ]
    return documents.text("pinning", {"pins": listed, "stale": done.stale, "written": written})


def _lines(each: Held) -> Iterator[str]:
    named, where = plain.line(pins.called(each.named)), plain.line(each.platform)
    said = _meaning(each)
    yield f"{_SYMBOLS[each.state]} {named} on {where}: {each.state}{said}"
    if each.detail:
        yield f"    {plain.line(each.detail)}"
    if each.newer is not None:
        move = f"`jobgate lock --update {plain.line(str(each.named))}` moves the pin to it"
        yield f"    version {each.newer} is online now; {move}"
    for line in _diff(each):
        yield f"    | {plain.line(line)}"


def _meaning(each: Held) -> str:
    if each.state == "moved" and each.before is not None and each.after is not None:
        return f", {_short(each.before)} → {_short(each.after)}"
    pin = each.after or each.before
    return "" if pin is None else f", {_short(pin)}"


def _short(pin: Pin) -> str:
    return f"version {pin.version} ({pin.sha256[:12]}…)"


def _diff(each: Held) -> tuple[str, ...]:
    if each.new is None:
        return ()
    return seen.compared(each.old, each.new, ("pinned before", "pinned now"))


def _fate(done: Locked, *, written: bool) -> str:
    if written:
        return f"{pins.PATH} is written"
    if not done.sound:
        return f"{pins.PATH} is left as it is"
    return f"{pins.PATH} would be another" if done.stale else f"{pins.PATH} is what it must be"


def _pin(pin: Pin | None) -> Json:
    return None if pin is None else documents.pin(pin)
