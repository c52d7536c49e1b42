"""Laws of globs: they match what their definition says, name by name and character by character."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import globs

pytestmark = pytest.mark.laws

NAMES = st.text("ab*?[.\n", max_size=3)
PATTERNS = st.lists(NAMES | st.just("**"), min_size=1, max_size=5).map("/".join)
PATHS = st.lists(st.text("ab[.\n", max_size=3), min_size=1, max_size=5).map("/".join)


@st.composite
def near(draw: st.DrawFn) -> tuple[str, str]:
    """Return a glob, and a path that it probably matches."""
    pattern = draw(PATTERNS)
    names: list[str] = []
    for name in pattern.split("/"):
        if name == "**":
            names += draw(st.lists(st.text("ab", max_size=2), max_size=2))
        else:
            texts = {"*": st.text("ab", max_size=2), "?": st.sampled_from("ab")}
            names.append("".join(draw(texts.get(each, st.just(each))) for each in name))
    return pattern, "/".join(names)


def match(pattern: list[str], path: list[str]) -> bool:
    """Return by the definition whether names match names."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(match(pattern[1:], path[at:]) for at in range(len(path) + 1))
    return bool(path) and fits(pattern[0], path[0]) and match(pattern[1:], path[1:])


def fits(pattern: str, name: str) -> bool:
    """Return by the definition whether a name matches one."""
    if not pattern:
        return not name
    if pattern[0] == "*":
        return any(fits(pattern[1:], name[at:]) for at in range(len(name) + 1))
    return bool(name) and pattern[0] in {"?", name[0]} and fits(pattern[1:], name[1:])


@given(st.tuples(PATTERNS, PATHS) | near())
@settings(max_examples=200)
def test_a_glob_matches_what_it_says(pair: tuple[str, str]) -> None:
    """What is found at the first place that will do is found wherever there is any."""
    pattern, path = pair

    assert globs.matches(pattern, path) == match(pattern.split("/"), path.split("/"))


@given(st.lists(PATTERNS, max_size=3).map(tuple), PATHS | near().map(lambda pair: pair[1]))
@settings(max_examples=100)
def test_one_of_several_is_enough(patterns: tuple[str, ...], path: str) -> None:
    """Several globs match what one of them does; none match nothing."""
    found = any(globs.matches(pattern, path) for pattern in patterns)

    assert globs.any_matches(patterns, path) == found
