"""Laws of rendering: it is a function, it always ends, and it cannot make structure of text."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner import render, secretparts
from runner.model import Document, Oid, Role, Secret, Sha256, Source, Spec
from runner.template import filters
from runner.template.faults import FaultError
from runner.template.sandbox import Sandbox
from tests import rendering

if TYPE_CHECKING:
    from runner.model import Json, Parts

pytestmark = pytest.mark.laws

RULES = {
    "macro-missing",
    "not-data",
    "not-text",
    "secret-misplaced",
    "template-bound",
    "template-error",
    "template-syntax",
    "undefined-name",
}
MACROS = {
    "m.j2": "{% set v = [1] %}{% macro m(a, b=2) %}{{ a }}{{ caller is defined }}{% endmacro %}",
    "bad.j2": "{{ vars.nope }}",
}

# ---------------------------------------------------------------- strategies

keys = st.sampled_from(["a", "b", "items", "x y", "zone"])
scalars = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=6)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
mappings = st.dictionaries(keys, trees, max_size=4)

# Expressions that mean something now and then: over data and over what is no data at all.
atoms = st.sampled_from(
    [
        *("vars", "vars.a", "vars.b", "vars.items", "vars['x y']", "vars.a.b.c", "matrix.zone"),
        *("nope", "range", "namespace", "secret", "self", "loop", "caller", "m", "l.m", "l", "l.v"),
        *("ns", "ns.x", "range(3)", "namespace(a=1)", "m()", "m(1)", "metadata.name"),
        *("true", "none", "0", "1", "-3", "99999", "'a'", "''", "'%s %d'", "'\\n'"),
        *("[]", "{}", "[1,'b']", "{'a':1}", "(1, 2)"),
    ]
)
words = st.sampled_from(sorted({*filters.FILTERS, "nope"}))
questions = st.sampled_from(sorted({*filters.TESTS, "callable"}))
signs = st.sampled_from(
    ["+", "-", "*", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "/", "and", "or"]
)


def _wider(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.builds("{} {} {}".format, inner, signs, inner)
    return st.one_of(
        binary,
        st.builds("({})".format, binary),
        st.builds("{}|{}".format, inner, words),
        st.builds("{}|{}({})".format, inner, words, inner),
        st.builds("{}|{}({}, {})".format, inner, words, inner, inner),
        st.builds("{}|map('{}')".format, inner, words),
        st.builds("{} is {}".format, inner, questions),
        st.builds("{} if {} else {}".format, inner, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}}}".format, inner),
        st.builds("{}.{}".format, inner, st.sampled_from(["a", "items", "__class__", "upper"])),
        st.builds("{}[{}]".format, inner, inner),
        st.builds("{}[{}:]".format, inner, inner),
        st.builds("{}({})".format, inner, inner),
        st.builds("not {}".format, inner),
    )


expressions = st.recursive(atoms, _wider, max_leaves=6)


def _statements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds(
            "{{% for x in {} %}}{{{{ x ~ loop.index }}}}{}{{% endfor %}}".format, expressions, inner
        ),
        st.builds("{{% if {} %}}{}{{% endif %}}".format, expressions, inner),
        st.builds("{{% set ns.x = {} %}}{}".format, expressions, inner),
        st.builds("{{% set x %}}{}{{% endset %}}{{{{ x }}}}".format, inner),
        st.builds("{{% call m({}) %}}{}{{% endcall %}}".format, expressions, inner),
        st.builds("{{% filter {} %}}{}{{% endfilter %}}".format, words, inner),
    )


printed = st.builds("{{{{ {} }}}}".format, expressions)
bodies = st.recursive(printed | st.sampled_from(["x", "{# c #}", ""]), _statements, max_leaves=4)
heads = st.sampled_from(
    [
        "",
        "{% macro m(a=1) %}{{ a }}{% endmacro %}{% set ns = namespace(x=1) %}",
        "{% import 'm.j2' as l %}{% from 'm.j2' import m %}",
        "{% include 'bad.j2' %}",
        "{% import 'none.j2' as l %}",
    ]
)
templates = st.builds("{}{}".format, heads, bodies) | printed
pieces = st.sampled_from(
    [
        *("{{", "}}", "{%", "%}", "{#", "#}", "-", " ", "\n", "\\", "'", '"', "(", ")", "[", "]"),
        *("set", "for", "x", "in", "endfor", "if", "macro", "raw", "endraw", "import"),
        *("=", "|", ".", "1", "~"),
    ]
)
scraps = st.lists(pieces | st.text(max_size=2), max_size=12).map("".join)


def outcome(text: str, context: dict[str, Json]) -> Json | Parts | FaultError:
    """Return what a text evaluates to in a fresh sandbox: a value, parts, or its fault."""
    try:
        return Sandbox(MACROS.get).evaluate(text, context)
    except FaultError as fault:
        return fault


def context_of(variables: dict[str, Json]) -> dict[str, Json]:
    """Return a context as rendering makes it."""
    return {"vars": variables, "matrix": {"zone": "sh"}, "metadata": {"name": "n", "labels": {}}}


def told(made: Json | Parts | FaultError) -> Json:
    """Return an outcome as something that can be compared."""
    if isinstance(made, tuple):
        return secretparts.url(made)
    if isinstance(made, FaultError):
        return [made.rule, made.message, made.mend, made.name, made.line]
    return {"value": made}


def shuffled(tree: Json) -> Json:
    """Return a tree whose mappings have their keys in the opposite order."""
    if isinstance(tree, dict):
        return {key: shuffled(tree[key]) for key in reversed(tree)}
    return [shuffled(one) for one in tree] if isinstance(tree, list) else tree


# ---------------------------------------------------------------- laws


@settings(max_examples=250, deadline=None)
@given(text=templates | scraps, variables=mappings)
@example(text="{{ 9**(9**9) }}", variables={})
@example(
    text="{% for x in range(99999) %}{% for y in range(99999) %}{% endfor %}{% endfor %}",
    variables={},
)
def test_always_ends(text: str, variables: dict[str, Json]) -> None:
    """Any text at all ends, before long, in a value or in a fault of a known rule."""
    begun = time.process_time()
    made = outcome(text, context_of(variables))
    assert time.process_time() - begun < 10  # ten times what it takes while coverage is measured
    if isinstance(made, FaultError):
        assert made.rule in RULES
        assert made.message.startswith("cannot ")
        assert made.mend


@settings(max_examples=150, deadline=None)
@given(text=st.text() | scraps.map("{{{}}}".format) | scraps.map("{{{{ {} }}}}".format))
def test_any_text_ends(text: str) -> None:
    """So does text that no grammar made."""
    assert told(outcome(text, context_of({}))) is not None


@settings(max_examples=250, deadline=None)
@given(text=templates, variables=mappings)
@example(text="{{ range ~ '' }}", variables={})
@example(text="{{ [self] }}", variables={})
def test_no_address(text: str, variables: dict[str, Json]) -> None:
    """Nothing that is rendered and nothing that is said of it holds an address in memory."""
    assert not re.search("0x[0-9a-f]{6,}", str(told(outcome(text, context_of(variables)))))


@settings(max_examples=200, deadline=None)
@given(text=templates, variables=mappings)
@example(text="{% set a, b = vars.m %}{{ a }}", variables={"m": {"x": 1, "y": 2}})
@example(text="{{ vars.m|dictsort }}", variables={"m": {"b": 1, "B": 2}})
def test_a_function(text: str, variables: dict[str, Json]) -> None:
    """The same text and variables give the same outcome, whatever the order of keys."""
    context = context_of(variables)
    first, again = outcome(text, context), outcome(text, context)
    turned = shuffled(context)
    assert isinstance(turned, dict)
    assert told(again) == told(first)
    assert told(outcome(text, turned)) == told(first)


secretive = st.recursive(
    st.just("secret('db')"),
    lambda inner: (
        st.builds("{}|{}".format, inner, words)
        | st.builds("vars.a|default({})".format, inner)
        | st.builds("{} is {}".format, inner, questions)
        | st.builds("{} {} {}".format, inner, signs, expressions)
        | st.builds("{} {} {}".format, expressions, signs, inner)
        | st.builds("{} if {} else 1".format, inner, expressions)
        | st.builds("1 if {} else {}".format, inner, expressions)
        | st.builds("[{}]".format, inner)
        | st.builds("{{'k': {}}}".format, inner)
        | st.builds("{}.a".format, inner)
        | st.builds("{}[0]".format, inner)
        | st.builds("vars[{}]".format, inner)
        | st.builds("{}()".format, inner)
        | st.builds("m({})".format, inner)
        | st.builds("secret({})".format, inner)
        | st.builds("not {}".format, inner)
    ),
    max_leaves=3,
).filter("secret('db')".__ne__)
held = st.sampled_from(
    [
        "{% set x = secret('db') %}{{ x }}",
        "{% set x %}{{ secret('db') }}{% endset %}{{ x }}",
        "{% set ns.x = secret('db') %}{{ ns.x }}",
        "{% call m() %}{{ secret('db') }}{% endcall %}",
        "{% filter upper %}{{ secret('db') }}{% endfilter %}",
        "{% macro s() %}{{ secret('db') }}{% endmacro %}{{ s() }}",
        "{% with x = secret('db') %}{{ x }}{% endwith %}",
        "{% for x in secret('db') %}{{ x }}{% endfor %}",
        "{% if secret('db') %}1{% endif %}",
    ]
)
tailed = st.builds("{}{}".format, st.sampled_from(["", "x", "{{ vars.a }}"]), held)


@settings(max_examples=250, deadline=None)
@given(text=st.builds("{}{{{{ {} }}}}".format, heads, secretive) | tailed, variables=mappings)
def test_nothing_can_be_done_with_a_secret(text: str, variables: dict[str, Json]) -> None:
    """Whatever is done with a secret but to print it yields a fault, and never a value."""
    assert isinstance(outcome(text, context_of(variables)), FaultError)


marks = st.text(st.characters(categories=["Co", "Cc", "Cf", "Lu"]) | st.sampled_from("{}'()"))
lookalikes = st.one_of(
    marks,
    st.builds("{}secret('db'){}".format, marks, marks),
    st.builds("{}{{{{ secret('db') }}}}{}".format, marks, marks),
    st.just(secretparts.STAND_IN),
)


@settings(max_examples=100, deadline=None)
@given(text=lookalikes)
@example(text='{"secret": "db"}')
def test_no_text_becomes_a_secret(text: str) -> None:
    """Text that the variables hold stays text beside a secret, whatever it looks like."""
    made = outcome("{{ vars.it }}{{ secret('db') }}{{ vars.it }}", context_of({"it": text}))
    assert made == ((text, Secret("db"), text) if text else (Secret("db"),))


@settings(max_examples=100, deadline=None)
@given(tree=trees)
def test_whole_expression(tree: Json) -> None:
    """A whole expression gives back the very value, with every text in it as it is."""
    assert told(outcome("{{ vars.it }}", context_of({"it": tree}))) == {"value": tree}


@settings(max_examples=100, deadline=None)
@given(text=st.text().filter(lambda text: not re.search(r"\{[{%#]", text)))
def test_no_marker(text: str) -> None:
    """A text without a marker is itself."""
    assert outcome(text, {}) == text
    assert Sandbox(MACROS.get).script(text, {}) == text


def spec_of(tree: Json) -> Spec:
    """Return a spec of any tree, without places."""
    source = Source(path="specs/a.yaml", oid=Oid("0"), sha256=Sha256("0"), role=Role.OWN)
    return Spec(document=Document(file="specs/a.yaml", tree=tree, values={}, keys={}), own=source)


def keys_of(tree: Json, rendered: Json, *, whole: bool) -> bool:
    """Tell whether `rendered` has the keys of `tree`, but for what a whole expression brought."""
    if isinstance(tree, dict):
        return (
            isinstance(rendered, dict)
            and list(tree) == list(rendered)
            and all(keys_of(tree[key], rendered[key], whole=whole) for key in tree)
        )
    if isinstance(tree, list):
        return (
            isinstance(rendered, list)
            and len(tree) == len(rendered)
            and all(keys_of(*pair, whole=whole) for pair in zip(tree, rendered, strict=True))
        )
    if isinstance(tree, str) and whole and tree.startswith("{{"):
        return True
    return not isinstance(rendered, list | dict)


leaves = st.sampled_from(["{{ vars.a }}", "x{{ vars.b }}", "{% if vars.a %}{a: 1}{% endif %}", "y"])
specs = st.recursive(
    leaves | scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(keys | st.just("{{ vars.a }}"), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(request=st.dictionaries(keys, specs, max_size=3), a=trees, b=st.text(max_size=20))
@example(request={"a": "x{{ vars.b }}"}, a=None, b="\n- y: {{ 1 }}")
def test_no_key_added_or_removed(request: dict[str, Json], a: Json, b: str) -> None:
    """Rendering cannot add or remove a key, whatever the variables hold."""
    tree: Json = {"request": request, "vars": {"a": a, "b": b}}
    found = render.jobs(spec_of(tree), (), rendering.reader({}))
    for job in found.value or ():
        assert keys_of(request, job.request, whole=True)
    assert (found.value is None) is bool(found.findings)


@settings(max_examples=100, deadline=None)
@given(
    tree=st.dictionaries(
        st.sampled_from(["script", "request", "change", "vars", "matrix", "metadata"]),
        specs | st.dictionaries(keys | st.just("file"), specs | st.just("a.j2"), max_size=3),
    )
)
def test_any_tree(tree: dict[str, Json]) -> None:
    """Any tree at all is rendered twice to the same jobs, or to the same findings."""
    files = rendering.reader({"a.j2": "{{ vars.a }}", "specs/_lib/m.j2": ""})
    first = render.jobs(spec_of(tree), (), files)
    assert render.jobs(spec_of(tree), (), files) == first
    assert len(set(first.findings)) == len(first.findings)
