"""Laws of secrets in a request: what is put in arrives, and what differs has another effect."""

from __future__ import annotations

import base64
import shlex
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import canon, secretparts
from runner.model import Secret

if TYPE_CHECKING:
    from runner.model import Json, Parts

pytestmark = pytest.mark.laws

NAMES = ("a", "b", "c")
texts = st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"]), max_size=8)
values = st.fixed_dictionaries(dict.fromkeys(NAMES, texts))
parts = st.lists(texts | st.sampled_from(NAMES).map(Secret), max_size=4).map(tuple)
arguments = st.lists(parts, max_size=4)


def joined(arg: Parts, known: dict[str, str]) -> str:
    """Return an argument with its values, by hand."""
    return "".join(each if isinstance(each, str) else known[each.name] for each in arg)


def line(body: dict[str, Json]) -> str:
    """Return the decoded parameter of a body."""
    return base64.b64decode(str(body["script_param"])).decode()


@settings(max_examples=150)
@given(args=arguments, known=values)
def test_a_shell_splits_back_what_was_put_in(args: list[Parts], known: dict[str, str]) -> None:
    """Whatever text and values hold, each argument arrives whole and as it is."""
    made = secretparts.filled({"script_param": secretparts.arguments(args)}, known)
    assert shlex.split(line(made)) == [joined(arg, known) for arg in args]


@settings(max_examples=75)
@given(known=st.fixed_dictionaries({name: st.text(max_size=20) for name in NAMES}), query=parts)
def test_a_query_gives_back_what_was_put_in(known: dict[str, str], query: Parts) -> None:
    """A value in a query is one value again when it is decoded, and adds nothing to the URL."""
    known = {name: value.encode("utf-8", "replace").decode() for name, value in known.items()}
    only = tuple(each for each in query if isinstance(each, Secret))
    url = "https://a.example/?"
    made = secretparts.filled({"callback_url": secretparts.url((url, *only))}, known)
    put = str(made["callback_url"]).removeprefix(url)
    assert unquote(put) == joined(only, known)
    assert not set(put) & set("?#&=/+ ")


@settings(max_examples=150)
@given(one=arguments, other=arguments)
def test_bodies_differ_where_names_or_places_do(one: list[Parts], other: list[Parts]) -> None:
    """Two requests have one effect just when their arguments are the same, secrets by name."""
    first, second = (
        canon.encode({"script_param": secretparts.arguments(each)}) for each in (one, other)
    )
    same = [secretparts.normal(arg) for arg in one] == [secretparts.normal(arg) for arg in other]
    assert (first == second) == same


@settings(max_examples=75)
@given(args=arguments, known=values)
def test_stand_ins_and_names(args: list[Parts], known: dict[str, str]) -> None:
    """A stood-in body has the shape of the filled one, and the names are those of its secrets."""
    body = {"script_param": secretparts.arguments(args)}
    named = {each.name for arg in args for each in arg if isinstance(each, Secret)}
    assert secretparts.names(body) == tuple(sorted(named))
    stood = dict.fromkeys(known, secretparts.STAND_IN)
    assert secretparts.stood_in(body) == secretparts.filled(body, stood)
