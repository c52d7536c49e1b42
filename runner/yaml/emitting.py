"""A tree into YAML text that `yaml12` reads back as the same tree: one text for one tree.

Lists, and mappings below the second level, stand on one line where they fit. A text is quoted
unless nobody, of YAML 1.1 or 1.2, can take it for anything else; what a reviewer does not see is
written as an escape. Keys have at most 1,000 characters, and no text holds half of a surrogate
pair.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.canon import scalar_text
from runner.yaml import yamltext

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json

_WIDTH = 80
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./+-]*(?: [A-Za-z0-9_./+-]+)*")
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def text(tree: Json) -> str:
    """Return the document whose tree is `tree`."""
    return "".join(f"{line}\n" for line in _block(tree, 0))


def _block(tree: Json, depth: int) -> Iterator[str]:
    """Yield the lines of a value that begins a line."""
    if isinstance(tree, dict) and tree:
        for name, value in tree.items():
            yield from _under(f"{_text(name)}:", value, depth)
    elif isinstance(tree, list) and tree:
        for value in tree:
            yield from _under("-", value, depth)
    else:
        yield _flow(tree)


def _under(head: str, value: Json, depth: int) -> Iterator[str]:
    """Yield the lines of a value behind a key or a dash."""
    if _is_short(value, depth):
        line = f"{head} {_flow(value)}"
        if not value or not isinstance(value, dict | list) or len(line) + 2 * depth <= _WIDTH:
            yield line
            return
    lines = _block(value, depth + 1)
    yield f"- {next(lines)}" if head == "-" else head
    for line in lines:
        yield f"  {line}"


def _is_short(value: Json, depth: int) -> bool:
    """Tell whether a value may stand on one line: it holds nothing that holds something."""
    if isinstance(value, dict):
        return not value or (depth > 0 and not any(map(_holds, value.values())))
    return not isinstance(value, list) or not any(map(_holds, value))


def _holds(value: Json) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _flow(value: Json) -> str:
    if isinstance(value, dict):
        pairs = (f"{_text(name)}: {_flow(item)}" for name, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _text(value) if isinstance(value, str) else scalar_text(value)


def _text(value: str) -> str:
    plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    if plain or _ADDRESS.fullmatch(value):
        return value
    return '"' + "".join(map(_character, value)) + '"'


def _character(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable() and not yamltext.HIDDEN.match(character):
        return character
    code = ord(character)
    return f"\\u{code:04x}" if character <= "\uffff" else f"\\U{code:08x}"
