"""The arguments of a filter or test by their names, as far as a template gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runner.template.faults import wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json
    from runner.template.bounds import Meter

Given: TypeAlias = "Mapping[str, Json]"
# A filter that sees only data: what it is applied to, and its arguments.
Plain: TypeAlias = "Callable[[Json, Given], Json]"
# What stands in the tables: whatever Jinja hands over, and a meter to look at it and pay with.
Raw: TypeAlias = "Callable[[Meter, object, tuple[object, ...], Mapping[str, object]], object]"

REST = "*"  # the name of a parameter that takes all further arguments, as a list


@dataclass(frozen=True, slots=True)
class Parameters:
    """The names of what may be given, in order, and how many of them must be."""

    names: tuple[str, ...] = ()
    needed: int = 0

    def given(
        self, called: str, meter: Meter, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> dict[str, Json]:
        """Return the arguments by name, each looked at; raise the fault of one too many or few."""
        fixed = tuple(name for name in self.names if name != REST)
        found = dict(zip(fixed, map(meter.data, args), strict=False))
        rest = [meter.data(one) for one in args[len(fixed) :]]
        if (rest and fixed == self.names) or not kwargs.keys() <= set(fixed) - found.keys():
            raise self._fault(called)
        found.update((name, meter.data(one)) for name, one in kwargs.items())
        if any(name not in found for name in fixed[: self.needed]):
            raise self._fault(called)
        return found if fixed == self.names else {**found, REST: rest}

    def _fault(self, called: str) -> Exception:
        takes = ", ".join(self.names) if self.names else "no arguments"
        return wrong(f"use {called} with these arguments", mend=f"it takes: {takes}")
