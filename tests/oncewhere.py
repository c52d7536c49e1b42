"""Where a run has stopped: the place in each of its frames, and all that it knows there.

Two runs that stopped at one place and know the same go on in the same way, so that a model need
look at only one of them, however they came there.
"""

from __future__ import annotations

import dataclasses
import operator
from enum import Enum
from types import FunctionType, MappingProxyType, MethodType, ModuleType
from typing import TypeAlias

from runner.model import Ledger, Sha256
from runner.pipeline.world import World

Known: TypeAlias = "str | int | float | bytes | tuple[Known, ...] | None"

_PLAIN = (str, int, float, bytes, type(None))
_ITERATOR = type(iter([0]))


@dataclasses.dataclass(slots=True)
class _Reader:
    """Reads values, each object once. `world` is what a run asks and does not know."""

    world: tuple[type, ...]
    read: dict[int, tuple[object, Known]] = dataclasses.field(default_factory=dict)

    def known(self, value: object) -> Known:
        """Return a value that equals another one's only where both say the same."""
        if isinstance(value, Enum):
            return str(value)
        if isinstance(value, _PLAIN):
            return value
        found = self.read.get(id(value))
        if found is None:
            self.read[id(value)] = (value, "a ring")
            found = self.read[id(value)] = (value, self._read(value))
        return found[1]

    def _read(self, value: object) -> Known:
        if isinstance(value, self.world):
            return type(value).__qualname__
        if isinstance(value, Ledger):
            # Where it stands in its chain is no matter of what it says.
            value = dataclasses.replace(value, seq=0, last=Sha256(""))
        names = _fields(type(value))
        if names:
            known = [self.known(getattr(value, name)) for name in names]
            return (type(value).__qualname__, *known)
        if isinstance(value, list | tuple):
            return (type(value).__qualname__, *map(self.known, value))
        if isinstance(value, dict | MappingProxyType):
            return ("mapping", *map(self.known, value.items()))
        return self._other(value)

    def _other(self, value: object) -> Known:
        if isinstance(value, frozenset | set):
            return ("set", *sorted(map(str, map(self.known, value))))
        if isinstance(value, MethodType):
            return (value.__qualname__, self.known(value.__self__))
        if isinstance(value, FunctionType):
            cells = (each.cell_contents for each in value.__closure__ or ())
            return (value.__module__, value.__qualname__, *map(self.known, cells))
        if isinstance(value, _ITERATOR):
            return ("iterator", operator.length_hint(value))  # what it goes over is known, too
        raise TypeError(f"a run knows something that cannot be compared: {value!r}")


def _fields(kind: type) -> tuple[str, ...]:
    """Return the names of a dataclass's fields, and none of any other type."""
    return tuple(getattr(kind, "__dataclass_fields__", ()))


def where(stopped: BaseException, world: tuple[type, ...]) -> Known:
    """Return where a run was stopped that was begun in this frame's caller.

    Values of `world` are left out.
    """
    reader = _Reader((*world, World, type, ModuleType))
    frames: list[Known] = []
    at = None if stopped.__traceback__ is None else stopped.__traceback__.tb_next
    while at is not None:
        frame = at.tb_frame
        known = ((name, reader.known(value)) for name, value in sorted(frame.f_locals.items()))
        frames.append((frame.f_code.co_qualname, at.tb_lasti, *known))
        at = at.tb_next
    return tuple(frames)


def said(ledger: Ledger) -> Known:
    """Return what a ledger says, wherever it stands in its chain."""
    return _Reader((type,)).known(ledger)
