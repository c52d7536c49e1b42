"""Touching: which specs of a tree may be made otherwise than they were made from an earlier one.

A spec is made from its own file, the vars files above it, the files that it names (scripts, macros,
and what those name), and the policy. Whether it names a file is told from its bytes: where these
leave a doubt it may. So what is not touched is surely made as before, and a few specs too many are
touched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from runner.model import Blob, Unreadable
from runner.pipeline import wanted
from runner.pipeline.ports import Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from runner.model import Policy

_LIBRARY, _TEMPLATE = "specs/_lib/", ".j2"
_VARIABLES = "vars.yaml"
# A path whose last name is of these letters alone stands in YAML and in Jinja as it is.
_PLAIN = re.compile(r"[A-Za-z0-9._+@=-]+")
# What makes of a path another one: two names that no folder may hold, or that none can read.
_DOUBTFUL = frozenset({"case-collision", "path-escape"})
# What may stand before a key, a value or an item, of whatever form YAML has for it.
BEFORE = rb"(?:(?:name|formerly|needs)[\"']?\s*:\s*|^\s*(?:[-?]\s+)*|[\[{,]\s*|&[^\s]+\s+)"


@dataclass(frozen=True, slots=True)
class _Doubt:
    """A way in which a text may say what does not show; without `sign` it has none of that kind."""

    sign: bytes
    pattern: re.Pattern[bytes]

    def of(self, text: bytes) -> bool:
        """Tell whether a text has it."""
        return self.sign in text and self.pattern.search(text) is not None


# A key or a value that has letters written as numbers, or that goes on in the next line.
_ESCAPED = _Doubt(b"\\", re.compile(BEFORE + rb"\"[^\"\n]*\\", re.MULTILINE))
# The path of a script that does not stand behind its key, in one word; and a key with an anchor.
_ELSEWHERE = (
    _Doubt(
        b"file",
        re.compile(
            rb"file[\"']?\s*:(?![ \t]*[\"']?[A-Za-z0-9._+@=/-]+[\"']?[ \t]*(?:[#,}\r\n]|\Z))"
        ),
    ),
    _Doubt(b"&", re.compile(rb"&[^\s]+\s+[\"']?file")),
)
# The name of a macro file in several pieces, or in a tag that has an escape or is made by one.
_JOINED = (
    _Doubt(
        b"{%",
        re.compile(
            rb"(?:import|include|from|extends)\s+(?:\"[^\"]*\"|'[^']*')\s*[\"']"
            rb"|\{%[^%]*(?:import|include|from|extends)[^%]*\\"
        ),
    ),
    _Doubt(b"\\", re.compile(rb"\{\\[\r\n]|\\(?:x|u00|U000000)7[bB]")),
)
_OF_SPECS = (*_ELSEWHERE, _ESCAPED, *_JOINED)
_OF_LOCKED = (
    _Doubt(b"id", re.compile(rb"\bid[\"']?\s*:|version_id")),
    _Doubt(b"&", re.compile(rb"&[^\s]+\s+[\"']?id\b")),
    _ESCAPED,
)


class Texts(Tree, Protocol):
    """A tree of which many files can be read at one time."""

    def read_all(self, paths: Sequence[str], /) -> Iterator[Blob | Unreadable]:
        """Yield what stands at each path, in order."""
        ...


@dataclass(frozen=True, kw_only=True)
class Touch:
    """From one tree to a later one: the paths at which they differ, and the policy of each.

    `was` is None where the earlier tree has no sound policy.
    """

    before: Tree
    after: Texts
    changed: frozenset[str]
    was: Policy | None
    now: Policy

    @cached_property
    def specs(self) -> frozenset[str]:
        """Return the paths of all specs, of either tree, that may be made otherwise."""
        own = frozenset(filter(wanted.is_spec, self.changed))
        if not self.changed:
            return own
        if self._everywhere():
            return own.union(wanted.spec_paths(self.after))
        return own.union(self._below_variables(), self._naming())

    @cached_property
    def texts(self) -> Mapping[str, bytes]:
        """Return what every spec of the later tree says that can be read."""
        return self._read(wanted.spec_paths(self.after))

    @cached_property
    def unread(self) -> frozenset[str]:
        """Return the specs of the later tree that cannot be read."""
        return frozenset(wanted.spec_paths(self.after)) - self.texts.keys()

    def _everywhere(self) -> bool:
        """Tell whether what changed bears on all specs, or may bear on any of them."""
        was, now = self.was, self.now
        same = was is not None and (was.platforms, was.secrets) == (now.platforms, now.secrets)
        return not same or any(
            isinstance(found := tree.read(path), Unreadable) and found.rule in _DOUBTFUL
            for tree in (self.before, self.after)
            for path in self.changed
        )

    def _below_variables(self) -> Iterator[str]:
        for path in self.changed:
            above, _, name = path.rpartition("/")
            if name == _VARIABLES:
                yield from filter(wanted.is_spec, self.after.paths(above))

    def _naming(self) -> Iterator[str]:
        """Yield the specs that may name a changed file, or something that the lock pins anew."""
        locked = self.was is None or self.was.pins != self.now.pins
        names = self._spread()
        for path, text in self.texts.items():
            if (locked and _any(_OF_LOCKED, text)) or _names(text, names, _OF_SPECS):
                yield path

    def _spread(self) -> set[bytes] | None:
        """Return the last names of what changed, and of macros and templates that name it.

        None: there is one that can be written otherwise, so that no text is surely free of it.
        """
        files, texts = set(self.changed), self._read(self._named())
        names = _last_names(files)
        while names is not None:
            further = {
                path
                for path, text in texts.items()
                if path not in files and _names(text, names, _JOINED)
            }
            if not further:
                break
            files |= further
            names = _last_names(files)
        return names

    def _named(self) -> tuple[str, ...]:
        """Return the macro files and the script templates of the later tree."""
        return tuple(
            path
            for path in self.after.paths("")
            if path.startswith(_LIBRARY) or path.endswith(_TEMPLATE)
        )

    def _read(self, paths: Sequence[str]) -> dict[str, bytes]:
        found = self.after.read_all(paths)
        return {blob.path: blob.content for blob in found if isinstance(blob, Blob)}


def _last_names(files: set[str]) -> set[bytes] | None:
    names = {path.rpartition("/")[2] for path in files}
    return {name.encode() for name in names} if all(map(_PLAIN.fullmatch, names)) else None


def escaped(text: bytes) -> bool:
    """Tell whether a text may have a name in it whose letters do not show."""
    return _ESCAPED.of(text)


def _names(text: bytes, names: set[bytes] | None, doubts: tuple[_Doubt, ...]) -> bool:
    """Tell whether a text has one of `names`, or may have it in a way that does not show."""
    return names is None or holds(text, names) or _any(doubts, text)


def holds(text: bytes, words: Iterable[bytes]) -> bool:
    """Tell whether one of several words stands somewhere in a text."""
    return any(map(text.__contains__, words))


def _any(doubts: tuple[_Doubt, ...], text: bytes) -> bool:
    return any(each.of(text) for each in doubts)
