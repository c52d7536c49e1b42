"""`records`: what is told of a submission, and by whom it was permitted."""

from __future__ import annotations

from dataclasses import replace

from runner import canon, history, records
from runner.evidence import Broken
from runner.model import POLICY, Draft, Entry, Json, Key, Kind, Ledger, Record, Signed
from runner.pipeline import drafting
from tests import journals, values
from tests.values import Wish

TIDY = values.job(Wish())
NEW = values.policy_files(journals.RULES.policy, "new")


class Book:
    """A journal that is being written."""

    def __init__(self) -> None:
        """Begin with the genesis."""
        first, self.ledger = journals.begun()
        self.entries: list[Entry] = [first]

    def add(self, draft: Draft) -> Ledger:
        """Append a draft."""
        more, self.ledger = history.extended(self.ledger, [draft], journals.STAMP)
        self.entries += more
        return self.ledger

    def tell(self, *kinds: Kind) -> None:
        """Append entries of these kinds about the one job."""
        for kind in kinds:
            self.add(journals.draft(self.ledger, TIDY, kind))


def told(book: Book) -> tuple[Record, ...]:
    """Return the records of a journal."""
    return records.records(history.steps(book.entries))


def test_what_has_no_key_has_no_record() -> None:
    """A genesis, an adoption and a tombstone are no submissions."""
    book = Book()
    book.tell(Kind.ADOPTED, Kind.REMOVED)

    assert told(book) == ()
    assert records.records(history.steps([])) == ()


def test_record_of_a_submission() -> None:
    """A record tells what was submitted, what permitted it, each entry about it, and its end."""
    book = Book()
    in_force = book.ledger.policy
    book.tell(Kind.INTENDED, Kind.CREATED, Kind.STARTING, Kind.STARTED, Kind.ENDED)
    had = book.ledger.jobs[TIDY.id]

    assert told(book) == (
        Record(
            ledger=values.LEDGER,
            job=TIDY.id,
            key=had.key or Key("none"),
            previous=None,
            scheme=canon.SCHEME,
            effect=TIDY.effect,
            digest=TIDY.digest,
            head=values.HEAD,
            path=TIDY.path,
            sources=TIDY.sources,
            policy=in_force,
            approvals=journals.GROUNDS.statements,
            entries=tuple(book.entries[1:]),
            result=journals.SUCCEEDED,
        ),
    )


def test_second_submission_has_its_own_record() -> None:
    """Each submission of a job has a record, which names the one before."""
    book = Book()
    book.tell(Kind.INTENDED, Kind.REFUSED, Kind.INTENDED)
    first, second = told(book)

    assert (first.previous, second.previous) == (None, first.key)
    assert [entry.seq for entry in first.entries] == [1, 2]
    assert [entry.seq for entry in second.entries] == [3]
    assert second.result is None


def test_policy_that_permitted_the_start() -> None:
    """If the policy changes between intention and start, the one at the start counts.

    The statements are those of the start too.
    """
    book = Book()
    book.tell(Kind.INTENDED, Kind.CREATED)
    before = book.ledger.policy
    now = book.add(journals.accepted(book.ledger, NEW)).policy
    assert told(book)[0].policy == before

    fresh: Json = [{"signature": "fresh", "statement": "{}"}]
    book.add(replace(journals.draft(book.ledger, TIDY, Kind.STARTING), data={"approvals": fresh}))
    book.add(journals.accepted(book.ledger, journals.RULES))
    book.tell(Kind.STARTED, Kind.ENDED)
    record = told(book)[0]

    assert (record.job, record.policy) == (TIDY.id, now)
    assert record.approvals == (Signed(statement=b"{}", signature="fresh"),)


def test_record_of_a_policy() -> None:
    """An accepted policy has a record too: permitted by the policy that it replaced."""
    book = Book()
    old = book.ledger.policy
    new = book.add(journals.accepted(book.ledger, NEW)).policy
    book.add(journals.accepted(book.ledger, journals.RULES))
    first, second = told(book)

    assert first == Record(
        ledger=values.LEDGER,
        job=POLICY,
        key=new.key or Key("none"),
        previous=None,
        scheme=canon.SCHEME,
        effect=NEW.digest,
        digest=NEW.digest,
        head=values.HEAD,
        path="jobgate.yaml",
        sources=NEW.sources,
        policy=old,
        approvals=journals.GROUNDS.statements,
        entries=(book.entries[1],),
        result=None,
    )
    assert (second.previous, second.policy) == (first.key, new)
    assert (second.digest, second.entries) == (journals.RULES.digest, (book.entries[2],))


def test_approvals_of_an_entry() -> None:
    """An entry's statements are read from its data; most entries have none."""
    book = Book()
    book.tell(Kind.INTENDED, Kind.CREATED)

    assert records.approvals(book.entries[1]) == journals.GROUNDS.statements
    assert records.approvals(book.entries[2]) == ()


def test_broken_glass_of_an_entry() -> None:
    """An entry tells who broke the glass for it, where somebody did."""
    book = Book()
    glass = Broken(by="ann", reason="INC-7", due="2026-01-03T03:04:05Z")
    grounds = replace(journals.GROUNDS, broken=glass)
    had = book.add(journals.draft(book.ledger, TIDY, Kind.INTENDED)).jobs[TIDY.id]
    book.tell(Kind.CREATED)
    book.add(drafting.starting(had, grounds))

    assert [records.broken(each) for each in book.entries] == [None, None, None, glass]
