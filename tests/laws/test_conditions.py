"""Laws of expressions: what is taken is CEL, and what goes wrong is never a match or none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import clauses, conditions
from runner.conditions import ConditionError
from runner.expressions import reading
from runner.expressions.kinds import Fault
from runner.subjects import Subject
from runner.terms import Clause
from tests import values

pytestmark = pytest.mark.laws

TEXT = st.sampled_from(["'a'", '"edge"', "job.name", "job.path", "job.labels.team", "job.scope"])
NUMBER = st.sampled_from(["0", "7", "job.run", "size(job.hosts)", "size(job.labels)"])
ANY = st.sampled_from(["job.request.a", "job.request.b.c", "null", "job.request.list[0]"])
LIST = st.sampled_from(["job.hosts", "['a', 'b']", "[]", "job.request.list", "job.labels"])


def truths(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return expressions that are true or false, made of others."""
    return st.one_of(
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(" ".join).map("({})".format),
        inner.map("!({})".format),
        st.tuples(inner, inner, inner).map(lambda each: f"({each[0]} ? {each[1]} : {each[2]})"),
    )


LEAVES = st.one_of(
    st.sampled_from(["true", "false", "has(job.labels.team)", "has(job.request.b.c)"]),
    st.tuples(TEXT | ANY, st.sampled_from(["==", "!=", "<", ">="]), TEXT).map(" ".join),
    st.tuples(NUMBER, st.sampled_from(["==", "<=", ">"]), NUMBER | ANY).map(" ".join),
    st.tuples(TEXT, LIST).map(" in ".join),
    st.tuples(TEXT, st.sampled_from(["startsWith", "endsWith", "contains"]), TEXT).map(
        lambda each: f"{each[0]}.{each[1]}({each[2]})"
    ),
    st.tuples(LIST, st.sampled_from(["all", "exists", "exists_one"]), TEXT).map(
        lambda each: f"{each[0]}.{each[1]}(one, one == {each[2]})"
    ),
)
SOUND = st.recursive(LEAVES, truths, max_leaves=5)
SUBJECTS = st.builds(
    Subject,
    path=st.sampled_from(["specs/a.yaml", "specs/prod/a.yaml"]),
    name=st.sampled_from(["a", "edge"]),
    platform=st.sampled_from(["local", "prod"]),
    labels=st.none() | values.LABELS | st.just((("team", "edge"),)),
    run=st.integers(1, 2**31 - 1),
    request=st.fixed_dictionaries(
        {"list": st.lists(values.trees(), max_size=3)},
        optional={"a": values.trees(), "b": values.trees()},
    ),
    hosts=st.lists(values.TEXTS, max_size=3).map(tuple),
)


def told(text: str, subject: Subject) -> bool | None:
    """Return whether an expression holds; None where nobody can tell."""
    try:
        return conditions.holds(text, subject)
    except ConditionError:
        return None


@given(SOUND, SUBJECTS)
@settings(max_examples=100)
def test_what_is_taken_is_cel(text: str, subject: Subject) -> None:
    """CEL takes whatever is taken, and says yes, no, or that it cannot be told."""
    if isinstance(reading.fields(text), Fault):
        assert len(text) > reading.LONGEST
        return
    assert conditions.fault(text) is None
    assert told(text, subject) in {True, False, None}
    assert told(text, subject) == told(text, subject)


@given(SOUND, st.data())
@settings(max_examples=100)
def test_what_is_nearly_one_never_breaks(text: str, data: st.DataObject) -> None:
    """A text with a few characters changed is an expression, or a fault, and nothing else."""
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        kept = data.draw(st.integers(0, 2))
        more = data.draw(st.sampled_from(["", "(", ")", "'", ".", "[", "job", " ", "&", "é", "\\"]))
        text = text[:at] + more + text[at + kept :]
    found = conditions.fault(text)

    assert found is None or (found.message and found.mend)
    assert told(text, Subject(path="a", name="a")) in {True, False, None}


@given(SUBJECTS, SOUND, st.sampled_from(["team", "tier"]), values.TEXTS)
@settings(max_examples=60)
def test_not_to_know_labels_is_strict(subject: Subject, text: str, name: str, value: str) -> None:
    """A clause that matches for some labels matches where nobody knows them."""
    clause = Clause(
        name="one", paths=("**",), count=1, people=(), labels=((name, "**"),), expression=text
    )
    known = replace(subject, labels=((name, value),))
    try:
        held = clauses.matches(clause, known)
    except ConditionError:
        return
    try:
        assert clauses.matches(clause, replace(subject, labels=None)) or not held
    except ConditionError:
        assert "labels" not in str(reading.fields(text))
