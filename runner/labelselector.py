"""A Kubernetes label selector as text into its requirements, as the platform's own reader has it.

The grammar is that of Kubernetes; the platform has rewritten its reader, with all that this one
lets pass: empty members of a list, a key that ends with a slash, a stray mark after a comma.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 63  # characters of a value, and of a key behind its prefix
_LONGEST_PREFIX = 253
_LARGEST = 2**63 - 1
_WORD = "word"
_END = "end"
_SHOWN = 40
# A NUL ends the text, except right behind a token, where it is passed over.
_TOKEN = re.compile(
    r"[ \t\r\n]*(?:(?P<mark>==|!=|[=!(),<>])|(?P<word>[^ \t\r\n=!(),<>\0]+))\0?",
)
_NAME = re.compile(r"(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL = r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
_PREFIX = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_INTEGER = re.compile(r"[0-9]+")


class Operator(StrEnum):
    """How a requirement judges a label; the platform's own names."""

    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"
    EQUALS = "Equals"
    DOUBLE_EQUALS = "DoubleEquals"
    NOT_EQUALS = "NotEquals"
    IN = "In"
    NOT_IN = "NotIn"
    GREATER_THAN = "GreaterThan"
    LESS_THAN = "LessThan"


_OPERATORS = {
    "=": Operator.EQUALS,
    "==": Operator.DOUBLE_EQUALS,
    "!=": Operator.NOT_EQUALS,
    "in": Operator.IN,
    "notin": Operator.NOT_IN,
    ">": Operator.GREATER_THAN,
    "<": Operator.LESS_THAN,
}
_SETS = frozenset({Operator.IN, Operator.NOT_IN})
_ORDERS = frozenset({Operator.GREATER_THAN, Operator.LESS_THAN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One condition on one label. All requirements of a selector must hold."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a text is no selector."""

    message: str
    mend: str


def requirements(text: str) -> tuple[Requirement, ...] | Fault:
    """Return the requirements in the order of the text; a blank text has none."""
    try:
        return tuple(_Reader(text).requirements())
    except _RefusedError as refused:
        return refused.fault


class _RefusedError(Exception):
    """The text cannot be read further."""

    def __init__(self, message: str, mend: str) -> None:
        super().__init__(message)
        self.fault = Fault(message=f"cannot select by labels: {message}", mend=mend)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # "word", "end", or the mark itself
    text: str


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while match := _TOKEN.match(text, at):
        at = match.end()
        yield _Token(match["mark"] or _WORD, match["mark"] or match["word"])
    yield _Token(_END, "")


class _Reader:
    """The tokens of one text, taken one after the other; the last one can be taken for ever."""

    def __init__(self, text: str) -> None:
        self._tokens = tuple(_tokens(text))
        self._next = 0

    def requirements(self) -> Iterator[Requirement]:
        """Yield each requirement; raise where none can be read."""
        while self._peek() != _END:
            yield self._requirement()
            after = self._take()
            if after.kind == _END:
                return
            if after.kind != ",":
                raise _unexpected(after, "a comma or the end")
            if self._peek() not in {_WORD, "!"}:
                raise _unexpected(self._take(), "another requirement after the comma")

    def _peek(self) -> str:
        return self._tokens[self._next].kind

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _requirement(self) -> Requirement:
        absent = self._peek() == "!"
        if absent:
            self._take()
        token = self._take()
        if token.kind != _WORD:
            raise _unexpected(token, "a key")
        _check_key(token.text)
        if absent:
            return Requirement(key=token.text, operator=Operator.DOES_NOT_EXIST)
        if self._peek() in {_END, ","}:
            return Requirement(key=token.text, operator=Operator.EXISTS)
        operator = self._operator()
        values = self._members() if operator in _SETS else (self._value(),)
        _check_values(token.text, operator, values)
        return Requirement(key=token.text, operator=operator, values=values)

    def _operator(self) -> Operator:
        token = self._take()
        operator = _OPERATORS.get(token.text)
        if operator is None:
            raise _unexpected(token, f"one of {', '.join(_OPERATORS)}")
        return operator

    def _value(self) -> str:
        if self._peek() in {_END, ","}:
            return ""
        token = self._take()
        if token.kind != _WORD:
            raise _unexpected(token, "a value")
        return token.text

    def _members(self) -> tuple[str, ...]:
        opening = self._take()
        if opening.kind != "(":
            raise _unexpected(opening, "a list in parentheses")
        values: list[str] = []
        more = self._peek() in {_WORD, ","}
        while more:
            more = self._member(values)
        closing = self._take()
        if closing.kind != ")":
            raise _unexpected(closing, "a closing parenthesis")
        return tuple(values)

    def _member(self, values: list[str]) -> bool:
        """Take a value or a comma into `values`; tell whether the list goes on after it."""
        token = self._take()
        if token.kind == ",":
            return self._comma(values)
        if token.kind != _WORD:
            return False  # the platform passes over whatever this is
        values.append(token.text)
        if self._peek() not in {",", ")"}:
            raise _unexpected(self._take(), "a comma or a closing parenthesis")
        return self._peek() == ","

    def _comma(self, values: list[str]) -> bool:
        """Take the empty members around a comma; tell whether the list goes on after it."""
        if not values:
            values.append("")
        if self._peek() == ")":
            values.append("")
            return False
        if self._peek() == ",":
            self._take()
            values.append("")
        return True


def _check_key(key: str) -> None:
    # A slash at the end counts for nothing. A prefix with a slash in it is no prefix.
    prefix, slash, name = key.rstrip("/").rpartition("/")
    if not _is_name(name) or (slash and not _is_prefix(prefix)):
        raise _RefusedError(
            f"“{key[:_SHOWN]}” is no key of a label",
            "write a key such as app or example.com/app: letters, digits and -_. between them, "
            f"at most {_LONGEST}",
        )


def _check_values(key: str, operator: Operator, values: tuple[str, ...]) -> None:
    if not values:
        raise _RefusedError(f"the list of {key} is empty", "write at least one value into it")
    for value in values:
        if value and not _is_name(value):
            raise _RefusedError(
                f"“{value[:_SHOWN]}” is no value of a label",
                f"write letters, digits and -_. between them, at most {_LONGEST}",
            )
        if operator in _ORDERS and not (_INTEGER.fullmatch(value) and int(value) <= _LARGEST):
            raise _RefusedError(
                f"{key} can be compared with a whole number only, not with “{value}”",
                f"write a whole number from 0 to {_LARGEST}",
            )


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST and _NAME.fullmatch(text) is not None


def _is_prefix(text: str) -> bool:
    return len(text) <= _LONGEST_PREFIX and _PREFIX.fullmatch(text) is not None


def _unexpected(token: _Token, wanted: str) -> _RefusedError:
    found = f"“{token.text[:_SHOWN]}” stands" if token.text else "the text ends"
    return _RefusedError(
        f"{found} where {wanted} is due",
        "write requirements such as app=web, tier in (a, b), !canary, with commas between them",
    )
