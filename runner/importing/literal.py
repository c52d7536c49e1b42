"""Text into a leaf of a spec that renders to that very text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.template import sandbox

if TYPE_CHECKING:
    from runner.model import Json

# What has a meaning inside quotes, and what a line of the template may not hold as it is.
_SPECIAL = re.compile(r"[\\'\x00-\x1f\x7f-\x9f]")


def leaf(text: str) -> str:
    """Return `text`, or one whole expression that yields it where it looks like a template."""
    if not sandbox.marked(text):
        return text
    return "{{ '" + _SPECIAL.sub(_escaped, text) + "' }}"


def tree(value: Json) -> Json:
    """Return `value` with every text in it made a leaf; keys are no templates."""
    if isinstance(value, dict):
        return {name: tree(item) for name, item in value.items()}
    if isinstance(value, list):
        return [tree(item) for item in value]
    return leaf(value) if isinstance(value, str) else value


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return "\\" + character if character in "\\'" else f"\\x{ord(character):02x}"
