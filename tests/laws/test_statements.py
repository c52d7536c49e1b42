"""Statements: one text for each, and one statement for each text."""

from __future__ import annotations

from datetime import UTC

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import instants, statements
from runner.evidence import Approval, Glass, Revocation
from runner.model import LedgerId
from runner.statements import FollowUp, Retry
from tests import values

pytestmark = pytest.mark.laws

INSTANTS = st.datetimes(timezones=st.just(UTC)).map(instants.written)
WORDS = st.text(st.characters(codec="utf-8"), min_size=1).filter(str.strip)
LEDGERS = st.text("0123456789abcdef", min_size=1, max_size=4).map(LedgerId)
APPROVALS = st.builds(
    Approval,
    ledger=LEDGERS,
    job=values.JOBS,
    digest=values.DIGESTS,
    after=st.none() | values.KEYS,
    by=values.WORDS,
    at=INSTANTS,
    until=st.just("") | INSTANTS,
)
STATEMENTS = st.one_of(
    APPROVALS,
    st.builds(Glass, approval=APPROVALS.filter(lambda each: each.until != ""), reason=WORDS),
    st.builds(
        Revocation,
        ledger=LEDGERS,
        job=values.JOBS,
        digest=values.DIGESTS,
        by=values.WORDS,
        at=INSTANTS,
    ),
    st.builds(
        FollowUp,
        ledger=LEDGERS,
        job=values.JOBS,
        key=values.KEYS,
        by=values.WORDS,
        at=INSTANTS,
        note=WORDS,
    ),
    st.builds(
        Retry,
        ledger=LEDGERS,
        job=values.JOBS,
        key=values.KEYS,
        batch=st.integers(0, 99),
        tries=st.integers(0, 99),
        by=values.WORDS,
        at=INSTANTS,
        until=INSTANTS,
    ),
)


@settings(max_examples=40)
@given(STATEMENTS)
def test_what_is_written_is_read(statement: statements.Statement) -> None:
    """A statement is read back as it was, whatever it says."""
    assert statements.read(statements.written(statement)) == statement


@settings(max_examples=40)
@given(STATEMENTS, STATEMENTS)
def test_one_text_is_one_statement(one: statements.Statement, other: statements.Statement) -> None:
    """Two statements have two texts, of whichever kinds they are."""
    assert (statements.written(one) == statements.written(other)) == (one == other)


@settings(max_examples=40)
@given(STATEMENTS, st.data())
def test_another_byte_is_another_statement_or_none(
    statement: statements.Statement, data: st.DataObject
) -> None:
    """What differs in one byte is never read as the same, and only in its own one form."""
    content = statements.written(statement)
    at = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda each: each != content[at]))
    odd = content[:at] + bytes([byte]) + content[at + 1 :]
    read = statements.read(odd)

    assert read != statement
    assert read is None or statements.written(read) == odd
