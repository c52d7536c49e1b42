"""The filters over lists and mappings. A mapping is always gone through in the order of its keys.

Where Jinja ignores case unless told `case_sensitive=true`, so do these. Equal items keep their
order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from runner import canon
from runner.template.arguments import Parameters
from runner.template.bounds import joined, text
from runner.template.faults import kind, undefined, wrong
from runner.template.operators import whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Json
    from runner.template.arguments import Given, Plain


def items(value: Json) -> list[Json]:
    """Return the items of a list, or the keys of a mapping in their order."""
    if isinstance(value, list):
        return value
    return [pair[0] for pair in _pairs(value)]


def attribute(item: Json, route: Json) -> Json:
    """Return what stands at a route such as `net.ip` or `0` below an item."""
    value = item
    for part in text(route).split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and _index(part) < len(value):
            value = value[_index(part)]
        else:
            _absent(value, part)
    return value


def _index(part: str) -> int:
    return int(part[:9]) if part.isascii() and part.isdecimal() else 1_000_000_000


def _absent(value: Json, part: str) -> NoReturn:
    known = list(value) if isinstance(value, dict) else []
    raise undefined(part, f"the {kind(value)} has no such key", known)


def _pairs(value: Json) -> list[tuple[str, Json]]:
    if isinstance(value, dict):
        return [(key, value[key]) for key in sorted(value)]
    raise wrong(f"go through a {kind(value)}", mend="use a list or a mapping")


def _picked(value: Json, given: Given) -> list[Json]:
    found = items(value)
    if "attribute" in given:
        return [attribute(item, given["attribute"]) for item in found]
    return found


def _join(value: Json, given: Given) -> Json:
    between = text(given.get("d", ""))
    pieces = [piece for item in _picked(value, given) for piece in (between, text(item))]
    return joined(pieces[1:])


def _first(value: Json, _given: Given) -> Json:
    return _filled(_parts(value))[0]


def _last(value: Json, _given: Given) -> Json:
    return _filled(_parts(value))[-1]


def _min(value: Json, given: Given) -> Json:
    return _filled(_sorted(value, given))[0]


def _max(value: Json, given: Given) -> Json:
    return _filled(_sorted(value, {**given, "reverse": True}))[0]


def _filled(found: list[Json]) -> list[Json]:
    if not found:
        raise wrong("take an item of nothing: it is empty", mend="ask for its |length first")
    return found


def _parts(value: Json) -> list[Json]:
    return list(value) if isinstance(value, str) else items(value)


def _length(value: Json, _given: Given) -> Json:
    return len(_parts(value))


def _list(value: Json, _given: Given) -> Json:
    return _parts(value)


def _reverse(value: Json, _given: Given) -> Json:
    return value[::-1] if isinstance(value, str) else items(value)[::-1]


def _sort(value: Json, given: Given) -> Json:
    return _sorted(value, given)


def _sorted(value: Json, given: Given) -> list[Json]:
    found = items(value)
    folded = [_folded(item, given) for item in found]
    words = all(isinstance(one, str) for one in folded)
    ranks = [(text(one), 0) if words else ("", whole(one)) for one in folded]
    order = sorted(range(len(found)), key=ranks.__getitem__, reverse=bool(given.get("reverse")))
    return [found[index] for index in order]


def _unique(value: Json, given: Given) -> Json:
    firsts: dict[bytes, Json] = {}
    for item in items(value):
        firsts.setdefault(canon.encode(_folded(item, given)), item)
    return list(firsts.values())


def _folded(item: Json, given: Given) -> Json:
    found = attribute(item, given["attribute"]) if "attribute" in given else item
    return found.lower() if isinstance(found, str) and not given.get("case_sensitive") else found


def _sum(value: Json, given: Given) -> Json:
    return whole(given.get("start", 0)) + sum(whole(item) for item in _picked(value, given))


def _items(value: Json, _given: Given) -> Json:
    return [[key, item] for key, item in _pairs(value)]


def _dictsort(value: Json, given: Given) -> Json:
    by = given.get("by", "key")
    if by not in {"key", "value"}:
        raise wrong("sort a mapping by that", mend='write by="key" or by="value"')
    return _sorted(_items(value, {}), {**given, "attribute": "0" if by == "key" else "1"})


def _tojson(value: Json, _given: Given) -> Json:
    return canon.encode(value).decode()


def _abs(value: Json, _given: Given) -> Json:
    return abs(whole(value))


FILTERS: Mapping[str, tuple[Plain, Parameters]] = {
    "abs": (_abs, Parameters()),
    "count": (_length, Parameters()),
    "dictsort": (_dictsort, Parameters(("case_sensitive", "by", "reverse"))),
    "first": (_first, Parameters()),
    "items": (_items, Parameters()),
    "join": (_join, Parameters(("d", "attribute"))),
    "last": (_last, Parameters()),
    "length": (_length, Parameters()),
    "list": (_list, Parameters()),
    "max": (_max, Parameters(("case_sensitive", "attribute"))),
    "min": (_min, Parameters(("case_sensitive", "attribute"))),
    "reverse": (_reverse, Parameters()),
    "sort": (_sort, Parameters(("reverse", "case_sensitive", "attribute"))),
    "sum": (_sum, Parameters(("attribute", "start"))),
    "tojson": (_tojson, Parameters()),
    "unique": (_unique, Parameters(("case_sensitive", "attribute"))),
}
