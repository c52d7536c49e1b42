"""Laws of canonical JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import canon
from tests import values

if TYPE_CHECKING:
    from runner.model import Json

pytestmark = pytest.mark.laws


@given(values.trees(values.NARROW))
@settings(max_examples=30)
def test_encoding_is_rfc_8785(tree: Json) -> None:
    """Within 53 bits the bytes are those of an implementation that is not ours."""
    assert canon.encode(tree) == rfc8785.dumps(tree)


@given(values.trees())
@settings(max_examples=30)
def test_reading_gives_back_the_tree(tree: Json) -> None:
    """What was encoded reads as the very same tree, integers beyond 53 bits included."""
    assert values.identical(json.loads(canon.encode(tree)), tree)


@given(values.mappings())
@settings(max_examples=30)
def test_key_order_does_not_show(tree: dict[str, Json]) -> None:
    """The bytes are the same in whatever order the keys were put in, at any depth."""
    assert canon.encode(values.turned(tree)) == canon.encode(tree)


@given(st.integers(-(2**200), 2**200))
@settings(max_examples=30)
def test_integers_are_written_in_full(number: int) -> None:
    """An integer is its decimal digits, however long."""
    assert canon.encode(number) == str(number).encode()


@given(values.trees(), st.data())
@settings(max_examples=30)
def test_different_trees_have_different_bytes(tree: Json, data: st.DataObject) -> None:
    """Putting another value anywhere changes the bytes, and `1` is not `true`."""
    path = data.draw(st.sampled_from(values.paths(tree)))
    other = values.with_value(tree, path, data.draw(values.trees()))

    assert (canon.encode(tree) == canon.encode(other)) == values.identical(tree, other)


@given(values.WORDS, values.WORDS, values.trees())
@settings(max_examples=30)
def test_domains_keep_digests_apart(one: str, other: str, tree: Json) -> None:
    """One tree has another digest in each domain."""
    same = canon.digest_of(one, tree) == canon.digest_of(other, tree)

    assert same == (one == other)
