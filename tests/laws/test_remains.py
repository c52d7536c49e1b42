"""Laws of finding everything: a spec broken anywhere is still read to its end, and told once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.model import Severity
from runner.pipeline import remains, wanted
from tests import fragments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json, Path

pytestmark = pytest.mark.laws

SPEC: dict[str, Json] = {
    "apiVersion": "jobgate/v1",
    "kind": "ScriptJob",
    "metadata": {"name": "restart", "labels": {"team": "edge"}, "needs": []},
    "change": {"reason": "why"},
    "vars": {"a": {"b": [1, "x"]}, "zones": ["sh", "gz"]},
    "matrix": {"zone": "{{ vars.zones }}"},
    "script": {"file": "scripts/restart.sh", "args": ["{{ vars.a.b[0] }}", "{{ matrix.zone }}"]},
    "request": {
        "bk_scope_type": "biz",
        "bk_scope_id": "2",
        "account_alias": "root",
        "execute_target": {"host_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}]},
        "rolling_config": {"expression": "1 100%", "mode": "manual"},
        "host_password_list": [{"host_id": 1, "encrypted_password": "QUJD"}],
    },
}
ODD: st.SearchStrategy[Json] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 2**40),
    st.sampled_from(["", " ", "x", "{{", "{{ vars }}", "{{ none }}", "1,2", "{{ 1 // 0 }}", "/"]),
    st.lists(st.sampled_from([1, "x", None]), max_size=2),
    st.dictionaries(st.sampled_from(["a", "file", "", "zone"]), st.integers(0, 2), max_size=2),
)


def paths(value: Json, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from paths(inner, (*path, index))


def changed(tree: Json, path: Path, value: Json) -> Json:
    """Return `tree` with `value` at `path`, as far as it has such a path."""
    if not path:
        return value
    head, below = path[0], path[1:]
    if isinstance(tree, dict):
        return {
            key: changed(inner, below, value) if key == head else inner
            for key, inner in tree.items()
        }
    if isinstance(tree, list):
        return [
            changed(inner, below, value) if index == head else inner
            for index, inner in enumerate(tree)
        ]
    return tree


PLACES = [path for path in paths(SPEC) if path]


@settings(max_examples=150, deadline=None)
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=4))
def test_a_broken_spec_is_read_to_its_end(changes: list[tuple[Path, Json]]) -> None:
    """Whatever stands wherever, findings come back, in the file, no place and rule twice over."""
    tree: Json = SPEC
    for path, value in changes:
        tree = changed(tree, path, value)
    files = {**fragments.FILES, fragments.SPEC: json.dumps(tree, indent=1)}
    found = wanted.wanted(fragments.Files(files))
    errors = [each for each in found.findings if each.severity is Severity.ERROR]

    assert (found.value is None) == bool(errors)
    assert all(each.place.pointer or each.place.file for each in found.findings)
    assert len(set(found.findings)) == len(found.findings)


@settings(max_examples=50, deadline=None)
@given(place=st.sampled_from(PLACES), value=ODD)
def test_what_was_told_is_no_news(place: Path, value: Json) -> None:
    """Errors follow from themselves, and from nothing when nothing was told."""
    tree = changed(SPEC, place, value)
    files = {**fragments.FILES, fragments.SPEC: json.dumps(tree, indent=1)}
    found = wanted.wanted(fragments.Files(files)).findings
    errors = tuple(each for each in found if each.severity is Severity.ERROR)

    assert remains.further(errors, errors) == ()
    assert remains.further(found, ()) == found
