"""Text from elsewhere into text that nothing obeys: no terminal, no browser, no reader's eye: pure.

HTML itself is escaped where pages are made.
"""

from __future__ import annotations

import re

# Colours alone: what they say is lost without harm. All other escapes are made visible.
_COLOURS = re.compile(r"\x1b\[[0-9;:]{0,60}m")
_BEGUN = re.compile(rb"\x1b(?:\[[0-9;:]{0,60})?\Z")
# Controls but for tab and newline, what turns the direction of writing, what has no width, halves.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f]"
)
_PICTURES, _DELETE, _SPACE = 0x2400, 0x7F, 0x20


def harmless(text: str) -> str:
    """Return a text with everything visible that would act unseen; tabs and newlines stay."""
    return _UNSEEN.sub(_visible, text)


def plain(text: str) -> str:
    """Return a text of a terminal without its colours, and harmless."""
    return harmless(_COLOURS.sub("", text))


def complete(content: bytes) -> bytes:
    """Return it without an escape that has only begun at its end."""
    begun = _BEGUN.search(content)
    return content if begun is None else content[: begun.start()]


def _visible(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < _SPACE:
        return chr(_PICTURES + code)
    return "\u2421" if code == _DELETE else f"\u27e8U+{code:04X}\u27e9"
