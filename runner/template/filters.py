"""The allow-list of a template: its filters, its tests, and the guards put into its code.

Whatever goes in is looked at and paid for, and so is whatever comes out. What is not in these
tables does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from runner.template import listfilters, operators, questions, textfilters
from runner.template.arguments import Parameters
from runner.template.bounds import joined, key_text
from runner.template.faults import FaultError, Missing, kind, shown, unknown, wrong
from runner.template.operators import whole
from runner.template.pieces import Piece

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.model import Json
    from runner.template.arguments import Plain, Raw
    from runner.template.bounds import Meter
    from runner.template.questions import Test

Args: TypeAlias = tuple[object, ...]
Named: TypeAlias = "Mapping[str, object]"


# ---------------------------------------------------------------- filters


def _plain(name: str, filter_: Plain, parameters: Parameters) -> Raw:
    def raw(meter: Meter, value: object, args: Args, kwargs: Named) -> Json:
        data = meter.data(value)
        return meter.data(filter_(data, parameters.given(f"|{name}", meter, args, kwargs)))

    return raw


_DEFAULT = Parameters(("default_value", "boolean"))


def _default(meter: Meter, value: object, args: Args, kwargs: Named) -> object:
    given = _DEFAULT.given("|default", meter, args, kwargs)
    absent = isinstance(value, Missing) or (bool(given.get("boolean")) and not value)
    return given.get("default_value", "") if absent else value


_MAP = Parameters(("attribute", "default"))


def _map(meter: Meter, value: object, args: Args, kwargs: Named) -> Json:
    found = listfilters.items(meter.data(value))
    if args:
        name = _known("filter", meter.data(args[0]), FILTERS)
        return [meter.data(FILTERS[name](meter, one, args[1:], kwargs)) for one in found]
    given = _MAP.given("|map", meter, args, kwargs)
    if "attribute" not in given:
        raise wrong("use |map without a filter", mend="name a filter, or an attribute=")
    values = [_below(one, given["attribute"]) for one in found]
    fallback = given.get("default")
    return [
        meter.data(fallback if isinstance(one, Missing) and "default" in given else one)
        for one in values
    ]


def _known(sort: str, name: Json, table: Iterable[str]) -> str:
    if isinstance(name, str) and name in table:
        return name
    raise unknown(sort, shown(name), table)


def _below(item: Json, route: Json) -> object:
    try:
        return listfilters.attribute(item, route)
    except FaultError:
        return Missing(name=shown(route), obj=item)


def _choosing(name: str, *, wanted: bool, routed: bool) -> Raw:
    def raw(meter: Meter, value: object, args: Args, kwargs: Named) -> Json:
        if kwargs or (routed and not args):
            raise wrong(f"use |{name} with these arguments", mend="name the key, then the test")
        rest = args[1:] if routed else args
        test = TESTS[_known("test", meter.data(rest[0]) if rest else "truthy", TESTS)]
        return [
            item
            for item in listfilters.items(meter.data(value))
            if test(meter, _below(item, meter.data(args[0])) if routed else item, rest[1:], {})
            is wanted
        ]

    return raw


FILTERS: Mapping[str, Raw] = {
    **{name: _plain(name, *one) for name, one in textfilters.FILTERS.items()},
    **{name: _plain(name, *one) for name, one in listfilters.FILTERS.items()},
    "d": _default,
    "default": _default,
    "map": _map,
    "reject": _choosing("reject", wanted=False, routed=False),
    "rejectattr": _choosing("rejectattr", wanted=False, routed=True),
    "select": _choosing("select", wanted=True, routed=False),
    "selectattr": _choosing("selectattr", wanted=True, routed=True),
}


# ---------------------------------------------------------------- tests


def _defined(_meter: Meter, value: object, _args: Args, _kwargs: Named) -> bool:
    return not isinstance(value, Missing)


def _undefined(_meter: Meter, value: object, _args: Args, _kwargs: Named) -> bool:
    return isinstance(value, Missing)


def _tested(name: str, test: Test, parameters: Parameters) -> Raw:
    def raw(meter: Meter, value: object, args: Args, kwargs: Named) -> bool:
        data = meter.data(value)
        given = parameters.given(f"the test `{name}`", meter, args, kwargs)
        return test(data, given.get("other"))

    return raw


TESTS: Mapping[str, Raw] = {
    **{name: _tested(name, one, Parameters()) for name, one in questions.ALONE.items()},
    **{
        name: _tested(name, one, Parameters(("other",), 1))
        for name, one in questions.AGAINST.items()
    },
    "defined": _defined,
    "undefined": _undefined,
}


# ---------------------------------------------------------------- guards


def _data(meter: Meter, value: object, _args: Args, _kwargs: Named) -> Json:
    return meter.data(value)


def _mapping(meter: Meter, _none: object, args: Args, _kwargs: Named) -> Json:
    pairs = zip(args[::2], args[1::2], strict=True)
    return {key_text(meter.data(key)): meter.data(value) for key, value in pairs}


def _each(meter: Meter, value: object, _args: Args, _kwargs: Named) -> Json:
    return listfilters.items(meter.data(value))


def _rows(meter: Meter, value: object, args: Args, _kwargs: Named) -> Json:
    return [_row(item, args[0]) for item in listfilters.items(meter.data(value))]


def _unpacked(meter: Meter, value: object, args: Args, _kwargs: Named) -> Json:
    return _row(meter.data(value), args[0])


def _row(value: Json, width: object) -> Json:
    if isinstance(value, list) and len(value) == width:
        return value
    mend = f"give a list of {shown(width)} items"
    raise wrong(f"unpack a {kind(value)} into {shown(width)} names", mend=mend)


def _slice(meter: Meter, value: object, args: Args, _kwargs: Named) -> Json:
    plain = meter.data(value)
    ends = [None if one is None else whole(meter.data(one)) for one in args]
    if not isinstance(plain, str | list):
        raise wrong(f"take a slice of a {kind(plain)}", mend="slice a text or a list")
    if ends[2] == 0:
        raise wrong("take a slice in steps of zero", mend="use another step")
    return plain[slice(*ends)]


def _compare(meter: Meter, left: object, args: Args, _kwargs: Named) -> bool:
    return operators.compared(meter.data(left), shown(args[0]), meter.data(args[1]))


def _concat(meter: Meter, first: object, args: Args, _kwargs: Named) -> str:
    return joined([meter.printed(piece) for piece in (first, *args)])


def _secret(_meter: Meter, name: object, _args: Args, _kwargs: Named) -> Piece:
    return Piece(name)


# No template can write these names: they are put into its code in the place of what they guard.
GUARDS: Mapping[str, Raw] = {
    "<compare>": _compare,
    "<concat>": _concat,
    "<data>": _data,
    "<each>": _each,
    "<mapping>": _mapping,
    "<rows>": _rows,
    "<secret>": _secret,
    "<slice>": _slice,
    "<unpack>": _unpacked,
}
