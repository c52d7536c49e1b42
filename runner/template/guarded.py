"""Jinja's environment with every way from one value to another replaced by one of ours.

Here is what a template finds at run time: keys instead of attributes, macros and two functions
as all that can be called, operators and printing that are paid for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from jinja2 import Template, pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import LoopContext, Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from runner.template import bounds, filters, operators
from runner.template.arguments import Parameters
from runner.template.faults import Missing, MissingError, kind, shown, too_much, wrong
from runner.template.operators import whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from jinja2.runtime import Context

    from runner.model import Json
    from runner.template.arguments import Raw
    from runner.template.bounds import Meter


_LOAD = 50  # fuel for running a macro file
_CALL = 10  # and for a macro
_LOOP = frozenset(
    ("first", "index", "index0", "last", "length", "nextitem", "previtem", "revindex", "revindex0")
)


class Guarded(ImmutableSandboxedEnvironment):
    """Jinja with the ways from one value to another replaced; one evaluation at a time."""

    meter: Meter
    library: dict[str, Template]  # the macro files of the evaluation
    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))
    intercepted_unops = frozenset(("+", "-"))

    def getattr(self, obj: object, attribute: str) -> object:
        """Return the value of a key (`vars.items` is one): values have no attributes."""
        if isinstance(obj, dict):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, Missing):
            raise MissingError(obj)
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        if isinstance(obj, Namespace | TemplateModule) and not attribute.startswith("_"):
            absent = self.undefined(obj=obj, name=attribute)
            return getattr(obj, attribute, absent)
        mend = f"values have no methods: use a filter, such as |{attribute}"
        raise wrong(
            f"take `.{shown(attribute)}` of a {kind(obj)}",
            mend=mend if attribute in filters.FILTERS else "take keys of mappings only",
        )

    def getitem(self, obj: object, argument: object) -> object:
        """Return the item of a list or text at an index, or the value of a mapping's key."""
        if isinstance(obj, str | list | tuple):
            index = whole(self.meter.data(argument))
            inside = -len(obj) <= index < len(obj)
            return obj[index] if inside else self.undefined(obj=obj, name=str(index))
        key = self.meter.data(argument)
        if isinstance(key, str):
            return self.getattr(obj, key)
        raise wrong(f"use a {kind(key)} as a key of a {kind(obj)}", mend="keys are text")

    def call(self, context: Context, obj: object, /, *args: object, **kwargs: object) -> object:
        """Call a macro or one of the few functions; nothing else can be called."""
        if isinstance(obj, Missing):
            raise MissingError(obj)
        for function in FUNCTIONS.values():
            if function is obj:
                return function(self.meter, args, _given(kwargs))
        if not isinstance(obj, Macro):
            mend = "values have no methods: use filters, tests and macros"
            raise wrong(f"call a {kind(obj)}", mend=mend)
        self.meter.spend(_CALL)
        self.meter.calls += 1
        if self.meter.calls > bounds.CALLS:
            raise too_much(f"macros call one another more than {bounds.CALLS} deep")
        result: object = context.call(obj, *args, **kwargs)
        self.meter.calls -= 1
        return result

    def call_binop(self, context: Context, operator: str, left: object, right: object) -> object:
        """Return what an operator makes of two values."""
        meter = _meter(context)
        return meter.data(operators.binary(operator, meter.data(left), meter.data(right)))

    def call_unop(self, context: Context, operator: str, arg: object) -> object:
        """Return a number with its sign."""
        return operators.unary(operator, _meter(context).data(arg))

    @staticmethod
    def concat(pieces: Iterable[str], /) -> str:
        """Return the pieces of a macro or of a set block as one text."""
        return bounds.joined(list(pieces))

    def get_template(self, name: str | Template, *_args: object, **_kwargs: object) -> Template:
        """Return a macro file, which was loaded before the evaluation began."""
        self.meter.spend(_LOAD)
        return self.library[str(name)]


def _given(kwargs: Mapping[str, object]) -> dict[str, object]:
    return {name: one for name, one in kwargs.items() if name not in {"_loop_vars", "_block_vars"}}


_Args: TypeAlias = tuple[object, ...]
_Function: TypeAlias = "Callable[[Meter, _Args, Mapping[str, object]], object]"
_ENDS = Parameters(("start", "stop", "step"), 1)


def _range(meter: Meter, args: _Args, kwargs: Mapping[str, object]) -> Json:
    numbers = range(*map(whole, _ENDS.given("range()", meter, args, kwargs).values()))
    if len(numbers) > bounds.ITEMS:
        raise too_much(f"a range has more than {bounds.ITEMS} numbers")
    return meter.data(list(numbers))


def _namespace(meter: Meter, args: _Args, kwargs: Mapping[str, object]) -> Namespace:
    if args:
        raise wrong("make a namespace of that", mend="name its values: namespace(count=0)")
    meter.spend(len(kwargs))
    return Namespace(kwargs)


FUNCTIONS: Mapping[str, _Function] = {
    "namespace": _namespace,
    "range": _range,
}


def _meter(context: Context) -> Meter:
    if isinstance(context.environment, Guarded):
        return context.environment.meter
    raise TypeError("a guard works in its own environment only")


def _bound(raw: Raw) -> Callable[[Context, object], object]:
    # With the context, so that Jinja never calls it to fold constants while it compiles.
    @pass_context
    def bound(context: Context, value: object, /, *args: object, **kwargs: object) -> object:
        return raw(_meter(context), value, args, kwargs)

    return bound


@pass_context
def _printed(context: Context, value: object) -> str:
    return _meter(context).printed(value)


def environment() -> Guarded:
    """Return an environment without loader, in which nothing but the allow-list exists."""
    made = Guarded(
        undefined=Missing,
        finalize=_printed,
        optimized=False,
        keep_trailing_newline=True,
        cache_size=0,
    )
    allowed = {**filters.FILTERS, **filters.GUARDS}
    made.filters = {name: _bound(one) for name, one in allowed.items()}
    made.tests = {name: _bound(one) for name, one in filters.TESTS.items()}
    made.globals = dict(FUNCTIONS)
    return made
