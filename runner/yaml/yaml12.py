"""From the bytes of a YAML file to a Document: YAML 1.2 core and no more, with every finding.

The tree is made in one pass over the parser's events. A file in which anything is wrong has no
value: whoever forgets to look at the findings has nothing to go on with.

Left to others: which characters may stand in the text (`yamltext`), what a plain scalar means
(`scalars`), where things stand (`spans`), and what the tree may hold (`validate`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)

from runner.model import Checked, Document, Json
from runner.yaml import scalars, spans, yamlevents, yamlfaults, yamltext
from runner.yaml.notes import EndError, Notes

if TYPE_CHECKING:
    from runner.faults import Fault
    from runner.yaml.yamlevents import Event, Next, Parse

DEPTH = 64  # collections within one another, those of an alias included
NODES = 200_000  # values, those of every alias included
ANCHORS = 64  # anchors and aliases together


def document(
    file: str, content: bytes, *, parse: Parse = yamlevents.parse, times: int = 1
) -> Checked[Document]:
    """Return the tree of `content` and its places, or everything that is wrong with it.

    `times` is how many times larger than a spec it may be.
    """
    notes = Notes(file)
    read = _read(content, notes, parse, times)
    findings = notes.findings()
    if read is None or notes.errors:
        return Checked(value=None, findings=findings)
    return Checked(value=_document(file, *read, parse), findings=findings)


def remains(file: str, content: bytes, *, parse: Parse = yamlevents.parse) -> Document | None:
    """Return what can be read of a text in which something is wrong, or None.

    It is good for finding what else is wrong, and for nothing else.
    """
    notes = Notes(file)
    read = _read(content, notes, parse, times=1)
    if read is None or any(each.rule not in _HARMLESS for each in notes.findings()):
        return None
    return _document(file, *read, parse)


# What leaves every other value where it is, and what it is.
_HARMLESS = frozenset(
    {
        "byte-order-mark",
        "directive",
        "duplicate-anchor",
        "duplicate-key",
        "float",
        "hidden-character",
        "integer-too-long",
        "leading-zero",
        "merge-key",
        "several-documents",
        "tag",
    }
)


def _read(content: bytes, notes: Notes, parse: Parse, times: int) -> tuple[str, Json] | None:
    try:
        text = yamltext.text(content, notes, yamltext.SIZE * times)
        return text, _Builder(parse(text), notes, NODES * times).document()
    except EndError:
        return None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        notes.end(yamlfaults.syntax(error), yamlevents.point(mark))
        return None


def _document(file: str, text: str, tree: Json, parse: Parse) -> Document:
    layout = spans.Layout(text, parse)
    return Document(
        file=file,
        tree=tree,
        values=spans.Spans(layout, keys=False),
        keys=spans.Spans(layout, keys=True),
    )


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias brings in: a value, how many values that is, and how deep it goes."""

    value: Json
    nodes: int
    height: int


class _Builder:
    """Makes the tree of one document, and notes what is wrong with it."""

    def __init__(self, following: Next, notes: Notes, most: int) -> None:
        self._next = following
        self._most = most  # values
        self._notes = notes
        self._trail: list[str | int] = []  # the path of the value that is being made
        self._anchors: dict[str | None, _Anchored | None] = {}  # None while its value is being made
        self._marks = 0
        self._nodes = 0
        self._deepest = 0

    def document(self) -> Json:
        self._next()  # the stream begins
        event = self._next()
        if isinstance(event, StreamEndEvent):
            raise self._end(yamlfaults.EMPTY, event)
        event = self._next()
        tree = self._node(event)
        if tree is None:
            self._note(yamlfaults.EMPTY, event)
        self._next()  # the document ends
        event = self._next()
        if isinstance(event, DocumentStartEvent):
            self._note(yamlfaults.SEVERAL, event)
        return tree

    def _node(self, event: Event) -> Json:
        self._nodes += 1
        if self._nodes > self._most:
            raise self._end(yamlfaults.nodes(self._most), event)
        if isinstance(event, ScalarEvent) and event.anchor is None:
            text = event.value
            if event.ctag is None and (event.style or scalars.word(text)):
                return text
            return self._scalar(event)
        if isinstance(event, AliasEvent):
            return self._alias(event)
        return self._collection(event) if event.anchor is None else self._anchored(event)

    def _scalar(self, event: Event) -> Json:
        text = event.value
        if event.ctag is not None:
            self._note(yamlfaults.TAG, event)
        if event.style:
            return text
        value = scalars.plain(text)
        if isinstance(value, scalars.Unfit):
            self._note(yamlfaults.unfit(text, value), event)
            return text
        if type(value) is int and scalars.leading_zero(text):
            self._note(yamlfaults.leading_zero(text, value), event)
        return value

    def _collection(self, event: Event) -> Json:
        if event.ctag is not None:
            self._note(yamlfaults.TAG, event)
        self._enter(len(self._trail) + 1, event)
        self._trail.append("")
        tree = self._mapping() if isinstance(event, MappingStartEvent) else self._sequence()
        self._trail.pop()
        return tree

    def _mapping(self) -> dict[str, Json]:
        tree: dict[str, Json] = {}
        keys: dict[str, Event] = {}
        following, node = self._next, self._node
        while not isinstance(event := following(), MappingEndEvent):
            key = self._key(event, keys)
            value = node(following())
            if key is not None:
                tree[key] = value
        return tree

    def _key(self, event: Event, keys: dict[str, Event]) -> str | None:
        scalar = isinstance(event, ScalarEvent)
        self._trail[-1] = event.value if scalar else ""
        key = self._node(event)
        if not scalar or not isinstance(key, str):
            self._note(yamlfaults.KEY, event)
            return None
        if key == "<<" and not event.style:
            self._note(yamlfaults.MERGE, event)
            return None
        if key in keys:
            self._note(yamlfaults.duplicate(key, keys[key].start_mark.line + 1), event)
        keys[key] = event
        return key

    def _sequence(self) -> list[Json]:
        tree: list[Json] = []
        while not isinstance(event := self._next(), SequenceEndEvent):
            self._trail[-1] = len(tree)
            tree.append(self._node(event))
        return tree

    def _anchored(self, event: Event) -> Json:
        name = event.anchor
        self._mark(event)
        if name in self._anchors:
            self._note(yamlfaults.duplicate_anchor(str(name)), event)
        self._anchors[name] = None
        nodes, deepest, depth = self._nodes, self._deepest, len(self._trail)
        self._deepest = depth
        value = self._scalar(event) if isinstance(event, ScalarEvent) else self._collection(event)
        self._anchors[name] = _Anchored(value, self._nodes - nodes, self._deepest - depth)
        self._deepest = max(deepest, self._deepest)
        return value

    def _alias(self, event: Event) -> Json:
        name = event.anchor
        self._mark(event)
        if name not in self._anchors:
            self._note(yamlfaults.undefined_alias(str(name)), event)
            return str(name)
        anchored = self._anchors[name]
        if anchored is None:
            self._note(yamlfaults.RECURSIVE, event)
            return str(name)
        self._nodes += anchored.nodes
        if self._nodes > self._most:
            raise self._end(yamlfaults.nodes(self._most), event)
        self._enter(len(self._trail) + anchored.height, event)
        return anchored.value

    def _mark(self, event: Event) -> None:
        self._marks += 1
        if self._marks > ANCHORS:
            raise self._end(yamlfaults.anchors(ANCHORS), event)

    def _enter(self, depth: int, event: Event) -> None:
        if depth > DEPTH:
            raise self._end(yamlfaults.depth(DEPTH), event)
        self._deepest = max(self._deepest, depth)

    def _note(self, fault: Fault, event: Event) -> None:
        self._notes.add(fault, yamlevents.span(event), tuple(self._trail))

    def _end(self, fault: Fault, event: Event) -> EndError:
        return self._notes.end(fault, yamlevents.span(event), tuple(self._trail))
