"""The span of every key and value of a YAML text, found when the first of them is asked for.

Places are needed for findings alone, and most files have none: reading a text a second time for
the few that do is cheaper than keeping the places of all. The text must be one that `yaml12`
accepted; nothing is checked here. What an alias brings in stands where it is written, and the
alias itself where the alias is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from ruamel.yaml.events import AliasEvent, CollectionEndEvent, MappingStartEvent, ScalarEvent

from runner.model import Path, Span
from runner.yaml import yamlevents
from runner.yaml.lines import Lines

if TYPE_CHECKING:
    from runner.yaml.yamlevents import Event, Next, Parse


_Found: TypeAlias = list[tuple[Path, Span]]


class Layout:
    """A text, and where its values and keys stand."""

    def __init__(self, text: str, parse: Parse) -> None:
        """Keep the text; nothing is read yet."""
        self._text = text
        self._parse = parse

    @cached_property
    def found(self) -> tuple[dict[Path, Span], dict[Path, Span]]:
        """The span of every value, and of every key."""
        walk = _Walk(self._parse(self._text))
        lines = Lines(self._text)
        return (
            {path: lines.inside(span) for path, span in walk.values},
            {path: lines.inside(span) for path, span in walk.keys},
        )


class Spans(Mapping[Path, Span]):
    """The spans of a layout's values, or of its keys, by path and in the order of the text."""

    def __init__(self, layout: Layout, *, keys: bool) -> None:
        """Look at the keys of `layout`, or at its values."""
        self._layout = layout
        self._keys = keys

    def __getitem__(self, path: Path) -> Span:
        """Return the span at `path`; raise KeyError where the text has no such thing."""
        return self._found[path]

    def __iter__(self) -> Iterator[Path]:
        """Yield every path."""
        return iter(self._found)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._found)

    @property
    def _found(self) -> dict[Path, Span]:
        return self._layout.found[self._keys]


class _Walk:
    def __init__(self, following: Next) -> None:
        self._next = following
        self.values: _Found = []
        self.keys: _Found = []
        # What an anchor stands for: its path, and the values and keys below it.
        self._anchors: dict[str | None, tuple[Path, _Found, _Found]] = {}
        self._next()  # the stream begins
        self._next()  # the document begins
        self._node(self._next(), ())

    def _node(self, event: Event, path: Path) -> Span:
        span = yamlevents.span(event)
        first, first_key = len(self.values), len(self.keys)
        self.values.append((path, span))
        if isinstance(event, AliasEvent):
            self._copy(event.anchor, path)
            return span
        if not isinstance(event, ScalarEvent):
            span = self._collection(event, path)
            self.values[first] = (path, span)
        if event.anchor is not None:
            below = self.values[first + 1 :], self.keys[first_key:]
            self._anchors[event.anchor] = (path, *below)
        return span

    def _collection(self, event: Event, path: Path) -> Span:
        start = last = yamlevents.span(event)
        index = 0
        while not isinstance(inner := self._next(), CollectionEndEvent):
            if isinstance(event, MappingStartEvent):
                key = (*path, inner.value)
                self.keys.append((key, yamlevents.span(inner)))
                self._anchors[inner.anchor] = (key, [], [])
                last = self._node(self._next(), key)
            else:
                last = self._node(inner, (*path, index))
                index += 1
        # The parser ends a block only where the next thing begins, beyond comments and empty lines.
        end = yamlevents.span(inner) if event.flow_style else last
        return Span(start.line, start.column, end.end_line, end.end_column)

    def _copy(self, anchor: str | None, path: Path) -> None:
        origin, values, keys = self._anchors[anchor]
        depth = len(origin)
        self.values += [((*path, *below[depth:]), span) for below, span in values]
        self.keys += [((*path, *below[depth:]), span) for below, span in keys]
