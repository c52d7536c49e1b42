"""`wire`: what is written, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import accounts, canon, endings, wire
from runner.model import Entry, Json, Kind, Ledger, Result, Signed
from tests import journals, values

ENTRY = Entry(
    v=1,
    seq=3,
    kind=Kind.STARTED,
    ledger=values.LEDGER,
    platform="local",
    key=values.key(),
    job=None,
    effect=None,
    digest=None,
    head=values.HEAD,
    runner="r1",
    at="2026-01-02T03:04:05Z",
    before=values.sha(),
    data={"b": None, "a": [1]},
)


def test_entry_is_written_without_what_is_absent() -> None:
    """An entry's line holds what it has, sorted; the hash is over that line."""
    line = canon.encode(wire.entry(ENTRY))

    assert line.decode() == (
        '{"at":"2026-01-02T03:04:05Z",'
        f'"before":"{values.sha()}",'
        '"data":{"a":[1],"b":null},'
        f'"head":"{values.HEAD}",'
        f'"key":"{values.key()}",'
        '"kind":"started",'
        f'"ledger":"{values.LEDGER}",'
        '"platform":"local","runner":"r1","seq":3,"v":1}'
    )
    assert wire.entry_hash(ENTRY) == canon.sha256(line)


@pytest.mark.parametrize("version", [0, 2, True, "1", None])
def test_another_version_is_refused(version: Json) -> None:
    """An entry, a ledger and a record of a version that is not ours are not read."""
    ledger = journals.begun()[1]
    trees: list[Json] = [wire.entry(ENTRY), wire.ledger_meta(ledger)]
    newer = [{**tree, "v": version} for tree in trees if isinstance(tree, dict)]

    with pytest.raises((ValueError, TypeError, KeyError)):
        wire.entry_from(newer[0])
    with pytest.raises((ValueError, TypeError, KeyError)):
        wire.ledger_from(newer[1], ())
    with pytest.raises((ValueError, TypeError, KeyError)):
        accounts.record_from({"v": version})


@pytest.mark.parametrize("mode", ["local", "remote"])
def test_ledger_modes(mode: str) -> None:
    """A ledger is local or remote."""
    meta = wire.ledger_meta(journals.begun()[1])
    assert isinstance(meta, dict)

    assert wire.ledger_from({**meta, "mode": mode}, ()).mode == mode


def test_other_modes_are_refused() -> None:
    """A ledger of another mode is not read."""
    meta = wire.ledger_meta(journals.begun()[1])
    assert isinstance(meta, dict)

    with pytest.raises(ValueError, match="mode 'both' is neither local nor remote"):
        wire.ledger_from({**meta, "mode": "both"}, ())


def test_jobs_of_a_ledger_are_read_in_order_of_their_names() -> None:
    """The jobs come back sorted, in whatever order they were kept."""
    ledger: Ledger = journals.begun()[1]
    for name in ("c", "a", "b"):
        job = values.job(values.Wish(name=name))
        ledger = journals.added(ledger, journals.draft(ledger, job, Kind.ADOPTED))
    read = wire.ledger_from(
        wire.ledger_meta(ledger), map(wire.had_from, map(wire.had, ledger.jobs.values()))
    )

    assert list(read.jobs) == ["local/a", "local/b", "local/c"]
    assert read == ledger


def test_another_outcome_is_refused() -> None:
    """A result whose outcome is not one of the six is not read."""
    tree = endings.tree(Result(outcome="failed", detail="3 of 9", hosts=9, failed=3))
    assert tree == {"detail": "3 of 9", "failed": 3, "hosts": 9, "outcome": "failed"}
    assert isinstance(tree, dict)

    with pytest.raises(ValueError, match="outcome 'lost' is not one of succeeded, failed, "):
        endings.result_from({**tree, "outcome": "lost"})


def test_statement_is_kept_as_text() -> None:
    """A signed statement is kept byte for byte, which needs it to be UTF-8."""
    signed = Signed(statement='{"by":"zoë"}'.encode(), signature="-----BEGIN")

    assert wire.signed(signed) == {"signature": "-----BEGIN", "statement": '{"by":"zoë"}'}
    with pytest.raises(UnicodeDecodeError):
        wire.signed(replace(signed, statement=b"\xff"))


@pytest.mark.parametrize("text", ["1.0", "-0.0", "1e3", "NaN", "-Infinity", "[0.5]"])
def test_numbers_that_are_no_integers_are_refused(text: str) -> None:
    """A float is no number of ours, even when its value is whole."""
    with pytest.raises(ValueError, match="is not an integer"):
        wire.loads(text)


@pytest.mark.parametrize("text", ["", "{", '{"a":1,}', "'a'", b"\xff", "\ufeff{}"])
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    """Anything that is not JSON is a ValueError."""
    with pytest.raises(ValueError, match=r".+"):
        wire.loads(text)


def test_loads_reads_text_and_bytes() -> None:
    """A tree is read from text or UTF-8, with integers as long as they are."""
    text = '{"a": [true, null, "zoë", 123456789012345678901234567890]}'
    tree: Json = {"a": [True, None, "zoë", 123456789012345678901234567890]}

    assert wire.loads(text) == tree
    assert wire.loads(text.encode()) == tree


@pytest.mark.parametrize("text", ['["\\ud800"]', '{"\\udc00": 1}', "[" * 101 + "]" * 101])
def test_what_no_journal_can_keep_is_refused(text: str) -> None:
    """Half a character, or a tree that is too deep, is a ValueError and nothing worse."""
    with pytest.raises(ValueError, match=r"surrogates|levels deep"):
        wire.loads(text)
    assert wire.loads("[" * 100 + "]" * 100)
