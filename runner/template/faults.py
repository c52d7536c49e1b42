"""What can be wrong with a template, in words: each fault with its rule, message and mend.

No message ever holds the address of a thing in memory: kinds are named by a table.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, NoReturn

from jinja2 import StrictUndefined
from jinja2.exceptions import UndefinedError
from jinja2.runtime import LoopContext, Macro
from jinja2.utils import Namespace, missing

if TYPE_CHECKING:
    from collections.abc import Iterable


class FaultError(Exception):
    """What is wrong with a template: rule, message, mend, and where, as far as that is known.

    `name` is the macro file (None: the text that was to be rendered), `line` counts from 1.
    """

    def __init__(
        self,
        rule: str,
        message: str,
        *,
        mend: str,
        name: str | None = None,
        line: int | None = None,
    ) -> None:
        """Keep the parts apart: whoever catches it knows the file and makes a finding of it."""
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.mend = mend
        self.name = name
        self.line = line


class Missing(StrictUndefined):
    """A name or key that is not there: it may be asked whether it is defined, and no more."""

    __slots__ = ()

    def fault(self, names: Iterable[str]) -> FaultError:
        """Return the fault of using it, with the nearest of the names or keys that are there."""
        if self._undefined_hint:
            return FaultError(
                "undefined-name", f"cannot use a value: {self._undefined_hint}", mend=_DEFAULT
            )
        name, owner = str(self._undefined_name), self._undefined_obj
        if owner is missing:
            return undefined(name, "it is not defined here", names)
        known = owner if isinstance(owner, dict) else ()
        return undefined(name, f"the {kind(owner)} has no such key", known)

    def __bool__(self, *args: object, **kwargs: object) -> NoReturn:
        """Refuse to be true or false."""
        raise MissingError(self)


class MissingError(UndefinedError):
    """A missing value was used. Whoever catches it knows the names that do exist."""

    def __init__(self, value: Missing) -> None:
        """Keep the value: it knows what was looked for, and in what."""
        super().__init__("undefined")
        self.value = value


_SHOWN = 60  # characters of a name in a message
_DEFAULT = "ask `is defined` first, or give a value with |default(…)"


def undefined(name: str, why: str, known: Iterable[str]) -> FaultError:
    """Return the fault of a name that does not exist, with the nearest of those that do."""
    near = difflib.get_close_matches(shown(name), sorted(known)[:1_000], n=1)
    mend = f"did you mean `{near[0]}`? Write that, or define the name" if near else _DEFAULT
    return FaultError("undefined-name", f"cannot use `{shown(name)}`: {why}", mend=mend)


def shown(value: object) -> str:
    """Return a short text for a name or number, for a message."""
    text = str(value) if isinstance(value, str | int) else kind(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


_KINDS: tuple[tuple[type, str], ...] = (
    (str, "text"),
    (bool, "boolean"),
    (int, "whole number"),
    (float, "fraction"),
    (list, "list"),
    (tuple, "list"),
    (dict, "mapping"),
    (Macro, "macro"),
    (LoopContext, "loop"),
    (Namespace, "namespace"),
    (StrictUndefined, "undefined value"),
    (type(None), "null"),
)


def kind(value: object) -> str:
    """Return what a value is called in messages; never its address."""
    return next((name for known, name in _KINDS if isinstance(value, known)), "function or module")


def wrong(action: str, *, mend: str, rule: str = "template-error") -> FaultError:
    """Return the fault of something that cannot be done with these values."""
    return FaultError(rule, f"cannot {action}", mend=mend)


def too_much(what: str, *, mend: str = "make it smaller") -> FaultError:
    """Return the fault of a template that costs more than any template may."""
    return FaultError("template-bound", f"cannot render the template: {what}", mend=mend)


def unreadable(what: str, mend: str, line: int | None) -> FaultError:
    """Return the fault of a text that is no template."""
    message = f"cannot read the template: {what[:1].lower()}{what[1:].rstrip('.')}"
    return FaultError("template-syntax", message, mend=mend, line=line)


def unknown(sort: str, name: str, known: Iterable[str]) -> FaultError:
    """Return the fault of a filter or test that is not there, with the nearest that is."""
    names = sorted(known)
    near = difflib.get_close_matches(shown(name), names, n=1)
    mend = f"did you mean `{near[0]}`?" if near else "use one of: " + ", ".join(names)
    return unreadable(f"there is no {sort} `{shown(name)}`", mend, None)
