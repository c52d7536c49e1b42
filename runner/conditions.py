"""Whether an expression of a clause holds of a subject: evaluated as CEL, after it was checked.

Whatever goes wrong is a ConditionError, and for whoever judges a reason to deny.
"""

from __future__ import annotations

import importlib.util
import sys
from functools import lru_cache
from importlib.machinery import PathFinder
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, TypeVar

from runner.expressions import reading
from runner.expressions.kinds import Fault
from runner.model import Json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.subjects import Subject

T = TypeVar("T")

_DISTRIBUTION = "common-expression-language"
_MOST = 160  # characters of what the evaluator says


class ConditionError(Exception):
    """An expression of which nobody can tell whether it holds."""


class _Program(Protocol):
    def execute(self, context: dict[str, dict[str, Json]]) -> object: ...


class _Cel(Protocol):
    def compile(self, expression: str) -> _Program: ...


class Condition:
    """One expression that was checked, ready to be asked about subjects."""

    def __init__(self, fields: frozenset[str], program: _Program) -> None:
        """Keep what it looks at, and what evaluates it."""
        self._fields = fields
        self._program = program

    def holds(self, subject: Subject) -> bool:
        """Tell whether it holds; where it looks at labels that nobody knows, it does."""
        if subject.labels is None and "labels" in self._fields:
            return True
        seen = {name: _FIELDS[name](subject) for name in self._fields}
        found = _guarded(lambda: self._program.execute({"job": seen}))
        if not isinstance(found, bool):
            raise ConditionError(f"it yields {type(found).__name__}, not true or false")
        return found


def fault(text: str) -> Fault | None:
    """Return what is wrong with an expression, whatever it is asked about."""
    found = _condition(text)
    return found if isinstance(found, Fault) else None


def holds(text: str, subject: Subject) -> bool:
    """Tell whether an expression holds of a subject; raise ConditionError where that fails."""
    found = _condition(text)
    if isinstance(found, Fault):
        raise ConditionError(found.message)
    return found.holds(subject)


@lru_cache(maxsize=4096)
def _condition(text: str, package: str = "cel") -> Condition | Fault:
    fields = reading.fields(text)
    if isinstance(fields, Fault):
        return fields
    cel = _evaluator(package)
    if cel is None:
        return Fault(
            f"nothing here can evaluate it: {_DISTRIBUTION} is not installed",
            f"install {_DISTRIBUTION} beside jobgate",
        )
    try:
        return Condition(fields, _guarded(lambda: cel.compile(text)))
    except ConditionError as error:
        return Fault(f"CEL refuses it: {error}", "write it as CEL has it")


def _evaluator(package: str) -> _Cel | None:
    """Return the evaluator, without the package around it: to load that takes ten times as long."""
    name = f"{package}.cel"
    if name not in sys.modules:
        found = importlib.util.find_spec(package)
        folders = [] if found is None else found.submodule_search_locations or []
        inner = PathFinder.find_spec(name, folders)
        if inner is None or inner.loader is None:
            return None
        module = importlib.util.module_from_spec(inner)
        inner.loader.exec_module(module)
        # It breaks when it is loaded a second time.
        sys.modules[name] = module
    cel: _Cel = sys.modules[name]
    return cel


def _guarded(call: Callable[[], T]) -> T:
    """Return what the evaluator does; what goes wrong in it is a ConditionError."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # what panics in Rust is no Exception
        raise ConditionError(_said(error)) from error


def _said(error: BaseException) -> str:
    """Return in one short line what the evaluator says."""
    if isinstance(error, KeyError):
        return f"there is no {error}"[:_MOST]
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:_MOST]


_FIELDS: Mapping[str, Callable[[Subject], Json]] = MappingProxyType(
    {
        "hosts": lambda subject: list(subject.hosts),
        "labels": lambda subject: dict[str, Json](subject.labels or ()),
        "name": lambda subject: subject.name,
        "path": lambda subject: subject.path,
        "platform": lambda subject: subject.platform,
        "request": lambda subject: subject.request,
        "run": lambda subject: subject.run,
        "scope": lambda subject: subject.scope,
    }
)
