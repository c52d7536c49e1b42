"""The bounds of an input are those that a JSON Schema validator sees in its declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.server.answers import RefusalError
from runner.server.routes import inputs
from runner.server.routes.inputs import Field

if TYPE_CHECKING:
    from runner.model import Json

pytestmark = pytest.mark.laws

INTEGERS = st.fixed_dictionaries(
    {"type": st.just("integer")},
    optional={
        "minimum": st.integers(-3, 3),
        "maximum": st.integers(-3, 3),
        "enum": st.lists(st.integers(-3, 3), min_size=1),
    },
)
TEXTS = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={"minLength": st.integers(0, 3), "maxLength": st.integers(0, 3)},
)
TRUTHS = st.fixed_dictionaries({"type": st.just("boolean")})


def _lists(items: st.SearchStrategy[dict[str, Json]]) -> st.SearchStrategy[dict[str, Json]]:
    sizes = {"minItems": st.integers(0, 2), "maxItems": st.integers(0, 3)}
    return st.fixed_dictionaries({"type": st.just("array"), "items": items}, optional=sizes)


def _mappings(items: st.SearchStrategy[dict[str, Json]]) -> st.SearchStrategy[dict[str, Json]]:
    names = st.lists(st.sampled_from(["a", "b"]), unique=True)
    return st.builds(_mapping, items, items, names)


def _mapping(a: dict[str, Json], b: dict[str, Json], required: list[str]) -> dict[str, Json]:
    return {"type": "object", "properties": {"a": a, "b": b}, "required": [*required]}


SCALARS = st.one_of(INTEGERS, TEXTS, TRUTHS)
SCHEMAS = st.recursive(SCALARS, lambda items: st.one_of(_lists(items), _mappings(items)))
# Without what the reader takes for something else: null, and texts that are numbers or truths.
WORDS = st.text("xyzé", max_size=4).filter(lambda word: word == "" or not word.isspace())
VALUES = st.recursive(
    st.one_of(st.booleans(), st.integers(-4, 4), WORDS),
    lambda items: st.one_of(
        st.lists(items, max_size=4), st.dictionaries(st.sampled_from(["a", "b"]), items)
    ),
)


def _changes(value: Json, schema: Json) -> bool:
    """Tell whether the lenient reader makes something else of a value before it is judged."""
    return inputs._lenient(value, inputs._mapping(schema)) != value or value == ""


@given(SCHEMAS, VALUES)
def test_the_bounds_are_those_of_json_schema(schema: dict[str, Json], value: Json) -> None:
    """Whatever is read as it is written is taken if, and only if, the schema takes it."""
    if _changes(value, schema):
        return
    field = Field(name="x", schema=schema)
    try:
        inputs.members((field,), {"x": value})
        taken = True
    except RefusalError:
        taken = False

    assert taken is jsonschema_rs.is_valid(schema, value)
