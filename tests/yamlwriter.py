"""A small YAML writer for the laws: any tree without floats, in any mixture of styles."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from hypothesis import strategies as st

if TYPE_CHECKING:
    from runner.model import Json

_PLAIN = re.compile(r"[a-zäöü𝄞][a-zäöü𝄞0-9 /{}%.-]*[a-z0-9äöü𝄞]")
_WORDS = {"true", "false", "null"}
_BLOCK = re.compile(r"[!-~ä𝄞][ -~ä𝄞]*(\n[!-~ä𝄞][ -~ä𝄞]*)*")


class Styles:
    """A source of choices: a number, taken apart bit by bit. When it is used up, always 0."""

    def __init__(self, number: int) -> None:
        """Take choices from `number`."""
        self._number = number

    def pick(self, count: int) -> int:
        """Return one of 0 … count - 1."""
        self._number, picked = divmod(self._number, count)
        return picked


def styles() -> st.SearchStrategy[Styles]:
    """Return a strategy for sources of choices."""
    return st.integers(0, 2**96).map(Styles)


def trees() -> st.SearchStrategy[Json]:
    """Return a strategy for trees, the root being no null."""
    words = st.sampled_from(
        ["", "no", "012", "1.5", "~", "<<", "*a", "&a", "2024-05-01", "1:30", "- x", "a: b", "#"]
    )
    text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
    nice = st.text("aä𝄞 {%\n", max_size=8)
    keys = words | text | nice
    leaves: st.SearchStrategy[Json] = (
        st.none()
        | st.booleans()
        | st.integers(-(10**70), 10**70)
        | st.integers(-9, 9)
        | words
        | text
        | nice
    )
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=12,
    ).filter(lambda tree: tree is not None)


def write(tree: Json, styles: Styles) -> str:
    """Return a YAML text of `tree`, with comments here and there."""
    inline, lines = _node(tree, styles)
    return "\n".join([*_comment(styles), inline, *lines]) + "\n"


def _node(tree: Json, styles: Styles) -> tuple[str, list[str]]:
    """Return what stands on the line of the key or the dash, and the lines below it."""
    if isinstance(tree, str) and _BLOCK.fullmatch(tree) and styles.pick(2):
        return "|-", [f"  {line}" for line in tree.split("\n")]
    if not isinstance(tree, (dict, list)) or not tree or styles.pick(2):
        return _flow(tree, styles) + ("  # é: 'x" if styles.pick(4) == 3 else ""), []
    lines: list[str] = []
    if isinstance(tree, dict):
        for key, value in tree.items():
            lines += [*_comment(styles), *_entry(f"{_text(key, styles)}:", value, styles)]
        return "", lines
    for value in tree:
        lines += [*_comment(styles), *_entry("-", value, styles)]
    return "", lines


def _entry(head: str, value: Json, styles: Styles) -> list[str]:
    inline, below = _node(value, styles)
    first = f"{head} {inline}" if inline else head
    return [first, *(f"  {line}" for line in below)]


def _comment(styles: Styles) -> list[str]:
    return ["# ünused: [", ""] if styles.pick(6) == 5 else []


def _flow(tree: Json, styles: Styles) -> str:
    if isinstance(tree, dict):
        pairs = (f"{_text(k, styles)}: {_flow(v, styles)}" for k, v in tree.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(_flow(value, styles) for value in tree) + "]"
    if isinstance(tree, str):
        return _text(tree, styles)
    if tree is None or isinstance(tree, bool):
        word = {None: "null", True: "true", False: "false"}[tree]
        return (word, word.capitalize(), word.upper())[styles.pick(3)]
    return (str(tree), f"{tree:+d}", hex(tree) if tree >= 0 else str(tree))[styles.pick(3)]


def _text(text: str, styles: Styles) -> str:
    way = styles.pick(3)
    if way == 1 and _PLAIN.fullmatch(text) and text not in _WORDS and not set("{}") & set(text):
        return text
    if way == 2 and text.isprintable() and text.isascii():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character.isprintable() and character not in '"\\':
        return character
    if character > "\uffff":
        return f"\\U{ord(character):08x}"
    return json.dumps(character)[1:-1]
