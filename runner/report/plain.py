"""Text from elsewhere made harmless: it moves no cursor, hides nothing, commands no pipeline."""

from __future__ import annotations

import re

# What may be more than what it looks like. Blanks other than a space are not printable either.
_SUSPECT = re.compile(r"[^\n\t -~]")
# What a pipeline's log takes for a command: `::error::` as a line begins, `##[error]` anywhere.
_COMMAND = re.compile(r"^([^\S\n]*):(?=:)|#(?=#(?:vso)?\[)", re.MULTILINE)


def line(text: str) -> str:
    """Return `text` as one line without anything that a terminal or a pipeline would act on."""
    return block(text).replace("\n", "\\n").replace("\t", "\\t")


def characters(text: str) -> list[str]:
    """Return what `line` would show of each character of one line of text."""
    commands = {found.end() - 1 for found in _COMMAND.finditer(text)}
    return [_out(each) if index in commands else line(each) for index, each in enumerate(text)]


def block(text: str) -> str:
    """Return `text` with its lines and tabs; what is not printable is written out as an escape."""
    shown = _SUSPECT.sub(lambda found: found[0] if found[0].isprintable() else _out(found[0]), text)
    return _COMMAND.sub(lambda found: (found[1] or "") + _out(found[0][-1]), shown)


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is due."""
    return f"{number} {noun}" if number == 1 else f"{number} {_PLURAL.get(noun, noun + 's')}"


def span(seconds: int) -> str:
    """Return a length of time as people say it: `45s`, `10m`, `2h 5m`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "m"), (rest, "s")]
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def moment(milliseconds: int) -> str:
    """Return a point in time after another one, as `span` does, to the millisecond: `1m 1.5s`."""
    seconds, rest = divmod(milliseconds, 1000)
    if not rest:
        return span(seconds)
    whole = seconds - seconds % 60
    part = f"{seconds % 60}.{rest:03}".rstrip("0") + "s"
    return f"{span(whole)} {part}" if whole else part


def _out(character: str) -> str:
    wide = character > "\uffff"
    return f"\\U{ord(character):08x}" if wide else f"\\u{ord(character):04x}"


_PLURAL = {"batch": "batches", "entry": "entries"}
