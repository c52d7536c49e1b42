"""JSON instances of a schema, many valid and many nearly so, the same ones from the same seed.

An instance follows the schema as far as `properties`, `items` and choices lead; what a condition or
a negation asks for on top is left to chance, with a few tries. Every second one is then spoilt, in
one place or in two.
Numbers stay within 53 bits, since JavaScript has no others, and there are no fractions, since our
trees have none.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests import values
from tests.bench.specs import Dice, Size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.model import Json, Path

_TRIES = 8
_DEPTH = 12  # levels; a schema may lead round in a circle
_MOST = 2**53 - 1
_NAMES = ("a", "zone", "x1", "A_b")
_WORDS = ("a", "b-c", "zone", "x1", "x-1", "A_b", "10.0.0.1", "2", "{{ vars.x }}")
_COLLECTIONS: tuple[Json, ...] = (
    [],
    {},
    [1, 1],
    [1, True],
    ["a", "a"],
    [[], {}],
    [None],
    {"a": 1},
    {"": ""},
    {"id": 1},
)
# What schemas and validators may see differently: line ends, blanks, width, kinds of numbers.
_ODD: tuple[Json, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        5,
        6,
        7200,
        259_200,
        259_201,
        2**31 - 1,
        2**31,
        _MOST,
        -_MOST,
    ),
    *(
        "",
        " ",
        "\n",
        "a\n",
        "1\n",
        "1",
        "01",
        "0",
        "-1",
        "1.0",
        "٣",
        "é",
        "\u00a0",
        "\ufeff",
        "\u3000",
    ),
    *(
        "\x1c",
        "\x85",
        "\u200b",
        "\u2028",
        "a\u2028",
        "{{ x }}\u00a0",
        "\ufeff{{ x }}",
        "{{ x }}\x85",
    ),
    *(
        "biz",
        "shell",
        "pause_on_failure",
        "{{ vars.x }}",
        "{{ 1 }}\n",
        "{% if %}",
        "{{",
        "a {{ b }}",
    ),
    *("a" * 63, "a" * 64, "a" * 512, "a" * 513, "😀" * 63, "😀" * 64, "2027-02-30", "2027-1-1"),
    *("256.0.0.1", "1.2.3.4\n", "001.2.3.4", "http://a.example/", "C:\\python.exe"),
    *_COLLECTIONS,
)


def instances(
    schema: dict[str, Json], size: Size, accepts: Callable[[Json], bool]
) -> Iterator[Json]:
    """Yield instances of `schema` that `accepts` takes if possible; every second one is spoilt."""
    maker = _Maker(root=schema, dice=Dice(size.seed))
    for number in range(size.count):
        made = maker.value(schema, _DEPTH)
        for _ in range(_TRIES):
            if accepts(made):
                break
            made = maker.value(schema, _DEPTH)
        for _ in range(maker.dice.between(1, 2) if number % 2 else 0):
            made = maker.spoilt(made)
        yield made


@dataclass(frozen=True, slots=True)
class _Maker:
    root: dict[str, Json]
    dice: Dice

    def value(self, schema: Json, depth: int) -> Json:
        """Return a value that `schema` may well accept."""
        node = self._led(schema)
        for name, always in (("const", True), ("enum", True), ("examples", False)):
            given = node.get(name)
            one = self._one(given) if isinstance(given, list) else given
            if name in node and (
                always
                or (not isinstance(one, dict | list) and ("pattern" in node or self._chance(3)))
            ):
                return one
        if "properties" in node:
            return self._object(self._decided(node), depth)
        for name in ("anyOf", "oneOf"):
            if isinstance(branches := node.get(name), list):
                return self.value(self._one(branches), depth - 1)
        return self._typed(node, depth)

    def spoilt(self, tree: Json) -> Json:
        """Return `tree` with one of its values removed, replaced, repeated or given company."""
        path = self._one_path(tree)
        value = values.value_at(tree, path)
        turn = self.dice.between(0, 4)
        if turn == 0 and path:
            return _without(tree, path)
        if turn == 1 and isinstance(value, dict):
            name = self.dice.choice(("unknown", "id", "ip", "name", "timeout", ""))
            return values.with_value(tree, path, {**value, name: self._odd()})
        if turn == 2 and isinstance(value, list) and value:
            return values.with_value(tree, path, [*value, self._one(value)])
        if turn == 3 and type(value) is int and abs(value) < _MOST:
            return values.with_value(tree, path, value + self._one_number((-1, 1)))
        return values.with_value(tree, path, self._odd())

    # ------------------------------------------------------------ parts of a value

    def _led(self, schema: Json) -> dict[str, Json]:
        """Return what a schema says, behind its references."""
        while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
            route = str(schema["$ref"]).removeprefix("#/").split("/")
            rest = {name: one for name, one in schema.items() if name == "examples"}
            found = values.value_at(self.root, tuple(route))
            schema = {**found, **rest} if isinstance(found, dict) else found
        return schema if isinstance(schema, dict) else {}

    def _decided(self, node: dict[str, Json]) -> dict[str, Json]:
        """Return the schema of a mapping with a branch taken wherever its keys have a choice."""
        required, dropped = set(_listed(node.get("required"))), set[str]()
        for part in (node, *_mappings(node.get("allOf"))):
            for name in ("anyOf", "oneOf"):
                asked = [{*_listed(each.get("required"))} for each in _mappings(part.get(name))]
                if asked:
                    taken = asked[self.dice.between(0, len(asked) - 1)]
                    required |= taken
                    dropped |= set().union(*asked) - taken if name == "oneOf" else set()
        properties = node["properties"]
        known = properties if isinstance(properties, dict) else {}
        kept: dict[str, Json] = {name: one for name, one in known.items() if name not in dropped}
        return {**node, "properties": kept, "required": [*sorted(required)]}

    def _typed(self, node: dict[str, Json], depth: int) -> Json:
        kind = node.get("type")
        if isinstance(kind, list):
            kind = self._one(kind)
        match kind:
            case "object":
                return self._object(node, depth)
            case "array":
                return self._array(node, depth)
            case "integer":
                return self._integer(node)
            case "boolean" | "null":
                return self._chance(2) if kind == "boolean" else None
            case _:
                # A pattern without an example is that of a template.
                return self.dice.choice(_WORDS[-1:] if "pattern" in node else _WORDS)

    def _object(self, node: dict[str, Json], depth: int) -> Json:
        properties, more = node.get("properties"), node.get("additionalProperties")
        known = properties if isinstance(properties, dict) else {}
        required = set(_listed(node.get("required")))
        made = {
            name: self.value(schema, depth - 1)
            for name, schema in known.items()
            if name in required or (depth > 0 and self._chance(4))
        }
        for name, others in _pairs(node.get("dependentRequired")):
            missing = set(_listed(others)) - made.keys() if name in made else set()
            made |= {each: self.value(known.get(each), depth - 1) for each in sorted(missing)}
        if isinstance(more, dict) and depth > 0:
            for _ in range(self.dice.between(0, 2) or int("minProperties" in node)):
                made[self.dice.choice(_NAMES)] = self.value(more, depth - 3)
        return made

    def _integer(self, node: dict[str, Json]) -> int:
        low, high = node.get("minimum"), node.get("maximum")
        least = low if isinstance(low, int) else -5
        most = min(high, _MOST) if isinstance(high, int) else least + 10
        return self._one_number((least, least + 1, self.dice.between(least, most), most))

    def _array(self, node: dict[str, Json], depth: int) -> Json:
        least = node.get("minItems")
        count = least if isinstance(least, int) else 0
        if depth > 0:
            count += self.dice.between(0, 2)
        return [self.value(node.get("items"), depth - 1) for _ in range(count)]

    # ------------------------------------------------------------ chance

    def _chance(self, of: int) -> bool:
        return self.dice.between(1, of) == 1

    def _one(self, of: list[Json]) -> Json:
        return of[self.dice.between(0, len(of) - 1)]

    def _one_number(self, of: tuple[int, ...]) -> int:
        return of[self.dice.between(0, len(of) - 1)]

    def _one_path(self, tree: Json) -> Path:
        paths = values.paths(tree)[1:] or [()]
        return paths[self.dice.between(0, len(paths) - 1)]

    def _odd(self) -> Json:
        return copy.deepcopy(_ODD[self.dice.between(0, len(_ODD) - 1)])


def _mappings(value: Json) -> list[dict[str, Json]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _pairs(value: Json) -> list[tuple[str, Json]]:
    return [*value.items()] if isinstance(value, dict) else []


def _listed(value: Json) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _without(tree: Json, path: Path) -> Json:
    parent = values.value_at(tree, path[:-1])
    if isinstance(parent, dict):
        rest: Json = {name: one for name, one in parent.items() if name != path[-1]}
    else:
        assert isinstance(parent, list)
        rest = [one for index, one in enumerate(parent) if index != path[-1]]
    return values.with_value(tree, path[:-1], rest)
