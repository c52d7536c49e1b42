"""What can be wrong with YAML beyond its characters: the wording of every such finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.faults import Fault
from runner.model import Severity
from runner.yaml.scalars import DIGITS, Unfit

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

_SHOWN = 40

EMPTY = Fault(
    rule="empty-document",
    message="cannot read a document from the file: it is empty",
    mend="write the document, or delete the file",
)
SEVERAL = Fault(
    rule="several-documents",
    message="cannot read more than one document from a file",
    mend="delete the `---` line, or move what follows it to a file of its own",
)
TAG = Fault(
    rule="tag",
    message="cannot accept a tag: a value's type is what it looks like in YAML 1.2",
    mend="delete the tag; quote the value where it is to be a string",
)
MERGE = Fault(
    rule="merge-key",
    message="cannot accept the merge key `<<`: YAML 1.2 has none",
    mend='write the keys out; quote it as "<<" where that is really its name',
)
KEY = Fault(
    rule="key-not-string",
    message="cannot accept a key that is not a string",
    mend="quote the key, or write out what it stands for",
)
RECURSIVE = Fault(
    rule="recursive-alias",
    message="cannot accept an alias inside the value that it stands for",
    mend="write the value out",
)


def duplicate(key: str, line: int) -> Fault:
    """Return the fault of a `key` that is in `line` of the same mapping already."""
    return Fault(
        rule="duplicate-key",
        message=f"cannot tell which {_shown(key)} is meant: it is in line {line} already",
        mend="delete one of the two, or rename it",
    )


def unfit(text: str, why: Unfit) -> Fault:
    """Return the fault of the plain scalar `text`."""
    if why is Unfit.FLOAT:
        return Fault(
            rule="float",
            message=f"cannot accept {_shown(text)}: a float has no single exact form",
            mend="quote it, or write an integer",
        )
    return Fault(
        rule="integer-too-long",
        message=f"cannot accept an integer of more than {DIGITS} characters",
        mend="quote it, or write a shorter one",
    )


def leading_zero(text: str, value: int) -> Fault:
    """Return the warning about an integer that other readers take as octal."""
    return Fault(
        rule="leading-zero",
        message=f"{_shown(text)} is the integer {value} in YAML 1.2, and octal to other readers",
        mend=f"write {value}, or quote it where it is to be a string",
        severity=Severity.WARNING,
    )


def undefined_alias(name: str) -> Fault:
    """Return the fault of an alias whose anchor is nowhere before it."""
    return Fault(
        rule="undefined-alias",
        message=f"cannot find the anchor of the alias {_shown(name)} before it",
        mend="set the anchor first; quote the value where the * is text",
    )


def duplicate_anchor(name: str) -> Fault:
    """Return the fault of an anchor whose name was used before."""
    return Fault(
        rule="duplicate-anchor",
        message=f"cannot tell which anchor {_shown(name)} is meant: there is one before it",
        mend="rename one of the two",
    )


def anchors(bound: int) -> Fault:
    """Return the fault of too many anchors and aliases."""
    return Fault(
        rule="too-many-anchors",
        message=f"cannot accept more than {bound} anchors and aliases in one document",
        mend="move what is shared to `vars`, or write it out",
    )


def nodes(bound: int) -> Fault:
    """Return the fault of too many values."""
    return Fault(
        rule="too-many-values",
        message=f"cannot accept more than {bound:,} keys and values, those of aliases included",
        mend="split the document, or use fewer aliases",
    )


def depth(bound: int) -> Fault:
    """Return the fault of collections too deep in one another."""
    return Fault(
        rule="too-deep",
        message=f"cannot accept more than {bound} collections within one another",
        mend="make the document flatter",
    )


def syntax(error: MarkedYAMLError) -> Fault:
    """Return the fault of a text that the parser cannot read, in the parser's words."""
    # The pure parser gives some problems as a context.
    problem = " ".join(said for said in (error.problem, error.context) if said is not None)
    start = error.context_mark
    where = "" if start is None else f" that begins in line {start.line + 1}"
    mend = next((mend for part, mend in _MENDS if part in problem), "quote the value there")
    return Fault(rule="syntax", message=f"cannot read the YAML: {problem}{where}", mend=mend)


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


# A part of the parsers' problem, and what helps most often. The first that fits is taken.
_MENDS = (
    ("tab character", "indent with spaces, not with tabs"),
    ("'\\t'", "indent with spaces, not with tabs"),
    ("found unexpected ':'", 'quote the value, as in ["http://x:80"]'),
    ("mapping values are not allowed", "quote a value that holds `: `, or mend the indentation"),
    ("cannot start any token", "indent with spaces, and quote a value that begins with @ or `"),
    ("escape", "write a backslash as \\\\, or use single quotes"),
    ("expected hex", "write a backslash as \\\\, or use single quotes"),
    ("expected ':'", "write `key: value`; quote a text that goes over several lines"),
    ("expected ',' or", "put a comma between the entries, and close the bracket"),
    ("end of stream", "close the quote"),
    ("document indicator", "close the quote"),
    ("alphabetic or numeric", "quote a value that begins with & or *"),
    ("block sequence entries", "put the list on lines of its own, or quote the value"),
    ("comment or line break", "put the text on the lines below, or quote it"),
    ("<block end>", "align the line with the entries above it"),
    ("tag", "delete the tag; quote a value that begins with !"),
    ("not find expected", "align the line with the entries above it"),
)
