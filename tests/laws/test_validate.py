"""Laws of checking: two validators agree, right is left alone, wrong is found where it is."""

from __future__ import annotations

import base64
import copy
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from runner import canon, published, refusing, validate
from runner.model import Document, Oid, Resolved, Role, Sha256, Source, Span, Spec

if TYPE_CHECKING:
    from runner.model import Json, Path

pytestmark = pytest.mark.laws

SETTINGS = settings(max_examples=40, deadline=None)

_NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
_WORDS = st.text("abcdefghij ä-", min_size=1, max_size=8).filter(lambda text: text.strip() != "")
_TEMPLATES = st.sampled_from(["{{ vars.x }}", "{% if vars.x %}1{% endif %}"])
_OCTETS = st.integers(0, 255).map(str)


def _or_template(value: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.one_of(value, _TEMPLATES)


def _mapping(fields: dict[str, st.SearchStrategy[Json]]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries(fields)


def _several(items: st.SearchStrategy[Json], least: int) -> st.SearchStrategy[Json]:
    return st.lists(items, min_size=least, max_size=4, unique_by=canon.encode)


def _hosts() -> st.SearchStrategy[Json]:
    addresses = st.tuples(_OCTETS, _OCTETS, _OCTETS, _OCTETS).map(".".join)
    named = _mapping({"bk_cloud_id": st.integers(0, 9), "ip": addresses})
    numbered = _mapping({"bk_host_id": st.integers(1, 10**6)})
    return _several(st.one_of(named, numbered), 1)


def _targets() -> st.SearchStrategy[dict[str, Json]]:
    kinds = st.sampled_from(["set", "module"])
    nodes = _several(_mapping({"id": st.integers(1, 99), "node_type": kinds}), 0)
    groups: st.SearchStrategy[Json] = st.just([{"id": "group"}])
    return st.fixed_dictionaries(
        {"host_list": _hosts()},
        optional={"dynamic_group_list": groups, "topo_node_list": nodes},
    )


def _rolling(modes: list[Json]) -> st.SearchStrategy[dict[str, Json]]:
    waits = st.integers(0, 500)
    scatter: dict[str, st.SearchStrategy[Json]] = {
        "expression": st.sampled_from(["1", "10% 50%", "1 +2", "2 *2"]),
        "execution_mode": st.just(2),
        "batch_start_wait_fixed_ms": waits,
        "batch_start_wait_random_min_ms": waits,
        "batch_start_wait_random_max_ms": waits.map(lambda wait: wait + 500),
    }
    serial = {"expression": scatter["expression"], "mode": st.sampled_from(modes)}
    return st.one_of(st.fixed_dictionaries(serial), st.fixed_dictionaries(scatter))


def _encoded(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Json]:
    return texts.map(lambda text: base64.b64encode(text.encode()).decode())


BODIES: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {
        "bk_scope_type": st.sampled_from(["biz", "biz_set", "tenant_set"]),
        "bk_scope_id": st.integers(1, 99).map(str),
        "script_content": _encoded(_WORDS),
        "script_language": st.integers(1, 5),
        "account_alias": _WORDS,
        "execute_target": _targets(),
    },
    optional={
        "timeout": st.integers(1, 259200),
        "task_name": _WORDS,
        "script_param": _encoded(_WORDS),
        "param_sensitive": st.booleans(),
        "windows_interpreter": st.just("C:\\python.exe"),
        "callback_url": st.just("https://ci.example.org/x?y=1"),
        "rolling_config": st.one_of(st.none(), _rolling([1, 2, 3])),
        "start_task": st.booleans(),
        "host_password_list": st.just([{"host_id": 1, "encrypted_password": "AAAA"}]),
    },
)

_REQUESTS = st.fixed_dictionaries(
    {
        "bk_scope_type": _or_template(st.sampled_from(["biz", "biz_set"])),
        "bk_scope_id": _or_template(st.one_of(st.integers(1, 99), st.just("2"))),
        "account_id": _or_template(st.one_of(st.integers(1, 99), st.just("7"))),
        "execute_target": _or_template(_targets()),
    },
    optional={
        "timeout": _or_template(st.integers(1, 259200)),
        "rolling_config": _or_template(
            _rolling([1, 2, 3, "pause_on_failure", "ignore_failure", "manual"])
        ),
    },
)
SPECS: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {
        "apiVersion": st.just("jobgate/v1"),
        "kind": st.just("ScriptJob"),
        "metadata": st.fixed_dictionaries(
            {"name": _NAMES},
            optional={
                "run": st.integers(1, 9),
                "rerun": st.sampled_from(["on-run", "on-change"]),
                "labels": st.dictionaries(_WORDS, _WORDS, max_size=2),
                "needs": st.lists(_NAMES, max_size=2, unique=True),
                "formerly": st.one_of(_NAMES, st.lists(_NAMES, min_size=1, unique=True)),
                "expires": st.dates().map(str),
            },
        ),
        "script": st.one_of(
            st.fixed_dictionaries({"content": _WORDS, "language": st.just("python")}),
            st.fixed_dictionaries({"file": _WORDS, "args": _or_template(st.lists(_WORDS))}),
            st.fixed_dictionaries({"version_id": st.integers(1, 9), "param": _WORDS}),
        ),
        "request": _REQUESTS,
    },
    optional={
        "change": st.dictionaries(st.sampled_from(["reason", "ticket", "risk"]), _WORDS),
        "vars": st.dictionaries(_WORDS, st.one_of(st.none(), _WORDS, _hosts()), max_size=2),
        "matrix": st.just({"zone": ["sh", 1, None], "size": "{{ vars.sizes }}"}),
    },
)

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=4), _TEMPLATES)
TREES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_WORDS, inner)),
    max_leaves=6,
)


def _routes(tree: Json, path: Path = ()) -> list[Path]:
    found = [path] if path else []
    if isinstance(tree, dict):
        found += [route for key in tree for route in _routes(tree[key], (*path, key))]
    if isinstance(tree, list):
        found += [r for index, item in enumerate(tree) for r in _routes(item, (*path, index))]
    return found


def _set(tree: Json, path: Path, value: Json) -> Json:
    """Return a copy of `tree` with `value` at `path`, in an old place or a new one."""
    if not path:
        return value
    changed, part = copy.copy(tree), path[0]
    if isinstance(changed, dict) and isinstance(part, str):
        changed[part] = _set(changed.get(part), path[1:], value)
    elif isinstance(changed, list) and isinstance(part, int):
        changed[part] = _set(changed[part], path[1:], value)
    return changed


@st.composite
def _mutated(draw: st.DrawFn, valid: st.SearchStrategy[dict[str, Json]]) -> Json:
    """Return a valid tree with up to three of its values replaced, or keys added, at random."""
    tree: Json = draw(valid)
    for _ in range(draw(st.integers(0, 3))):
        routes = _routes(tree)
        if not routes:
            break
        route = draw(st.sampled_from(routes))
        added = draw(st.booleans()) and isinstance(route[-1], str)
        tree = _set(tree, (*route[:-1], draw(_WORDS)) if added else route, draw(TREES))
    return tree


def _spec(tree: Json) -> Spec:
    """Return a spec whose every value stands in a line of its own, by the order of its pointer."""
    routes = sorted(_routes(tree), key=repr)
    spans: dict[Path, Span] = {(): Span(1, 1, 9999, 1)}
    spans |= {route: Span(n, 1, n, 2) for n, route in enumerate(routes, 2)}
    own = Source(path="specs/a.yaml", oid=Oid(""), sha256=Sha256(""), role=Role.OWN)
    return Spec(document=Document(file=own.path, tree=tree, values=spans, keys=spans), own=own)


def _resolved(body: Json) -> Resolved:
    assert isinstance(body, dict)
    return Resolved(body=body, script=None, used=(), origins={})


def _reversed(tree: Json) -> Json:
    if isinstance(tree, dict):
        return {key: _reversed(tree[key]) for key in reversed(tree)}
    return [_reversed(item) for item in tree] if isinstance(tree, list) else tree


_TABLE = {name: published.schema(name) for name in published.names()}
_FAST = {name: jsonschema_rs.Draft202012Validator(schema) for name, schema in _TABLE.items()}
_SLOW = {name: Draft202012Validator(schema) for name, schema in _TABLE.items()}


class TestAgreement:
    """The validator that decides and the one that explains give the same verdict."""

    @SETTINGS
    @given(tree=_mutated(BODIES))
    def test_bodies(self, tree: Json) -> None:
        """They agree on requests, valid and mutated."""
        name = refusing.REQUEST
        assert _FAST[name].is_valid(tree) == _SLOW[name].is_valid(tree)

    @SETTINGS
    @given(tree=_mutated(SPECS))
    def test_specs(self, tree: Json) -> None:
        """They agree on specs, valid and mutated."""
        assert _FAST[validate.SPEC].is_valid(tree) == _SLOW[validate.SPEC].is_valid(tree)


class TestSoundness:
    """What is right is left alone, and what a validator refuses is always told."""

    @SETTINGS
    @given(tree=SPECS)
    def test_valid_specs(self, tree: Json) -> None:
        """A spec of the documented form has no findings."""
        assert validate.spec(_spec(tree)) == ()

    @SETTINGS
    @given(body=BODIES)
    def test_valid_requests(self, body: Json) -> None:
        """A request of the documented form has no errors, whoever wrote it."""
        found = validate.body(_spec(body).document)
        assert {each.rule for each in found} <= {"passwords-need-windows"}
        assert validate.raw(_spec(body).document) == found
        assert len(validate.request(_spec({}), _resolved(body))) == len(found)

    @SETTINGS
    @given(tree=_mutated(SPECS))
    def test_told(self, tree: Json) -> None:
        """A refused spec has a finding with its message and mend, and only a refused one has."""
        found = validate.spec(_spec(tree))
        refused = not _FAST[validate.SPEC].is_valid(tree)
        assert bool([f for f in found if f.rule != "no-such-day"]) == refused
        assert all(f.message.startswith("cannot ") and f.mend for f in found)

    @SETTINGS
    @given(tree=TREES, name=st.sampled_from(published.names()))
    def test_any_tree(self, tree: Json, name: str) -> None:
        """Whatever the tree, checking it ends in findings, never in an exception."""
        spec = _spec(tree)
        validate.spec(spec)
        assert bool(validate.document(spec.document, name)) != _FAST[name].is_valid(tree)

    @SETTINGS
    @given(body=_mutated(BODIES))
    def test_any_body(self, body: Json) -> None:
        """Whatever the body, checking it ends in findings, never in an exception."""
        validate.request(_spec({}), _resolved(body))
        assert validate.body(_spec(body).document) or _FAST[refusing.REQUEST].is_valid(body)


_MUTATIONS: dict[Path, Json] = {
    ("apiVersion",): "jobgate/v2",
    ("kind",): 1,
    ("metadata", "name"): "-",
    ("metadata", "run"): 0,
    ("metadata", "rerun"): "always",
    ("metadata", "expires"): "2027-02-30",
    ("metadata", "needs"): "other",
    ("metadata", "formerly"): [],
    ("metadata", "owner"): "me",
    ("change",): [],
    ("matrix",): {},
    ("script", "language"): "cobol",
    ("script", "sensitive"): "yes",
    ("vars",): 5,
    ("request", "timeout"): 259201,
    ("request", "account_id"): 0,
    ("request", "bk_scope_type"): "planet",
    ("request", "bk_scope_id"): "x",
    ("request", "rolling_config"): [],
    ("request", "execute_target"): {},
    ("request", "host_password_list"): "x",
    ("request", "start_task"): True,
    ("other",): None,
}


class TestPlace:
    """A single mistake is found where it was made."""

    @SETTINGS
    @given(tree=SPECS, route=st.sampled_from(sorted(_MUTATIONS, key=repr)))
    def test_single_mutation(self, tree: Json, route: Path) -> None:
        """Each single mutation of a valid spec is the one finding, at the mutated place."""
        spec = _spec(_set(tree, route, _MUTATIONS[route]))
        (finding,) = validate.spec(spec)
        assert finding.place == spec.document.place(route)


class TestOrder:
    """Findings stand in the order of the text, whatever the order of keys in memory."""

    @SETTINGS
    @given(tree=_mutated(SPECS))
    def test_specs(self, tree: Json) -> None:
        """The findings of a spec are sorted, distinct, and the same under another key order."""
        found = validate.spec(_spec(tree))
        spots = [(f.place.span.line, f.place.span.column) for f in found]
        assert spots == sorted(spots)
        assert len(set(found)) == len(found)
        assert validate.spec(_spec(_reversed(tree))) == found

    @SETTINGS
    @given(body=_mutated(BODIES))
    def test_bodies(self, body: Json) -> None:
        """The findings of a request are the same under another key order."""
        spec = _spec({})
        found = validate.request(spec, _resolved(body))
        assert validate.request(spec, _resolved(_reversed(body))) == found
