"""`history`: what is taken, and how what is impossible is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest

from runner import canon, endings, history, narrow, wire
from runner.evidence import Grounds
from runner.model import (
    POLICY,
    Act,
    Digest,
    Draft,
    Entry,
    InForce,
    JobId,
    Json,
    Key,
    Kind,
    Ledger,
    LedgerId,
    Result,
)
from runner.pipeline import drafting
from tests import journals, values
from tests.values import Wish

if TYPE_CHECKING:
    from collections.abc import Callable

Outcome: TypeAlias = Literal["failed", "refused", "stopped", "succeeded", "unknown", "withdrawn"]
TIDY = values.job(Wish())
ALTERED = values.job(Wish(spec="altered", body={"timeout": 9}))
FIRST = canon.key(ledger=values.LEDGER, job=TIDY.id, effect=TIDY.effect, previous=None)
STARTED = (Kind.INTENDED, Kind.CREATED, Kind.STARTING, Kind.STARTED)
UNKNOWN = Result(outcome="unknown", detail="lost")


def at(*kinds: Kind) -> Ledger:
    """Return a ledger after entries of these kinds about one job."""
    ledger = journals.begun()[1]
    for kind in kinds:
        ledger = journals.added(ledger, journals.draft(ledger, TIDY, kind))
    return ledger


def refused(ledger: Ledger, draft: Draft) -> str:
    """Return why a draft cannot come next."""
    with pytest.raises(history.ImpossibleEntryError) as caught:
        journals.added(ledger, draft)
    return str(caught.value)


def with_data(draft: Draft, **data: Json) -> Draft:
    """Return a draft that tells something else."""
    return replace(draft, data={**draft.data, **data})


def without(draft: Draft, name: str) -> Draft:
    """Return a draft that leaves something out."""
    return replace(draft, data={key: value for key, value in draft.data.items() if key != name})


def test_genesis_begins_a_ledger() -> None:
    """The first entry names the ledger, its branch, its mode and the policy in force."""
    entry, ledger = journals.begun()

    assert (entry.seq, entry.before, entry.kind) == (0, None, Kind.GENESIS)
    assert (entry.runner, entry.at, entry.head) == ("r1", "2026-01-02T03:04:05Z", values.HEAD)
    assert (ledger.id, ledger.branch, ledger.mode) == (values.LEDGER, "main", "local")
    assert (ledger.seq, ledger.head, ledger.began) == (0, values.HEAD, values.HEAD)
    assert ledger.jobs == {}
    assert ledger.policy == InForce(
        digest=journals.RULES.digest, head=values.HEAD, key=None, files=journals.RULES.sources
    )
    assert history.replay([entry]) == ledger


def test_genesis_of_a_remote_ledger() -> None:
    """The mode of a ledger is told by its genesis."""
    draft = drafting.genesis("main", "remote", journals.RULES, values.HEAD)

    assert history.begin(values.LEDGER, draft, journals.STAMP)[1].mode == "remote"


def _first() -> Entry:
    return journals.begun()[0]


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (replace(_first(), seq=1), "a journal begins with a genesis, not with genesis 1"),
        (replace(_first(), before=values.sha()), "a journal begins with a genesis"),
        (replace(_first(), kind=Kind.ADOPTED), "a journal begins with a genesis, not with adopted"),
        (replace(_first(), data={**_first().data, "mode": "both"}), "its data is malformed"),
        (replace(_first(), data={}), "its data is malformed"),
        (replace(_first(), v=2), "its data is malformed"),
    ],
)
def test_bad_beginnings(entry: Entry, reason: str) -> None:
    """A journal that does not begin with a whole genesis is impossible."""
    with pytest.raises(history.ImpossibleEntryError, match=reason):
        history.replay([entry])


def test_begin_refuses_what_is_no_genesis() -> None:
    """A ledger cannot begin with anything else."""
    with pytest.raises(history.ImpossibleEntryError):
        history.begin(values.LEDGER, drafting.adopted(TIDY), journals.STAMP)


def test_nothing_adds_up_to_nothing() -> None:
    """No entries make no ledger; no more entries leave it as it is."""
    ledger = at(Kind.ADOPTED)

    with pytest.raises(history.ImpossibleEntryError, match="adds up to nothing"):
        history.replay([])
    assert history.replay([], ledger) == ledger
    assert history.extended(ledger, [], journals.STAMP) == ((), ledger)


def test_adopted_job_is_had_without_a_key() -> None:
    """A job that was adopted counts as had, and no submission of it is known."""
    had = at(Kind.ADOPTED).jobs[TIDY.id]

    assert TIDY.script is not None
    assert (had.state, had.key, had.previous, had.result) == (Kind.ADOPTED, None, None, None)
    assert (had.effect, had.digest, had.spec) == (TIDY.effect, TIDY.digest, TIDY.spec)
    assert (had.path, had.run, had.scheme) == (TIDY.path, 1, canon.SCHEME)
    assert (had.sources, had.script) == (TIDY.sources, canon.sha256(TIDY.script))
    assert had.body == canon.effect_body(TIDY.body, TIDY.script)
    assert (had.head, had.removed) == (values.HEAD, False)


def test_submission_step_by_step() -> None:
    """Each step of a submission adds what it tells, and keeps what was told before."""
    kinds = (Kind.INTENDED, Kind.CREATED, Kind.STARTING, Kind.STARTED, Kind.ENDED)
    hads = [at(*kinds[: count + 1]).jobs[TIDY.id] for count in range(len(kinds))]
    key = canon.key(ledger=values.LEDGER, job=TIDY.id, effect=TIDY.effect, previous=None)

    assert [had.state for had in hads] == list(kinds)
    assert {had.key for had in hads} == {key}
    assert [had.platform_job for had in hads] == [None, 7, 7, 7, 7]
    assert [had.platform_step for had in hads] == [None, 8, 8, 8, 8]
    assert [had.instance for had in hads] == [None, *["instance"] * 4]
    assert [had.result for had in hads] == [None, None, None, None, journals.SUCCEEDED]


def test_first_entry_tells_nothing_of_what_comes_later() -> None:
    """An intention cannot claim an id, a result or a tombstone."""
    claims = wire.had(replace(at(Kind.INTENDED).jobs[TIDY.id], removed=True, platform_job=9))
    draft = with_data(
        journals.draft(at(), TIDY, Kind.INTENDED),
        **narrow.mapping(claims),
        result=endings.tree(journals.SUCCEEDED),
        instance="x",
        platform_step=9,
    )

    assert journals.added(at(), draft).jobs == at(Kind.INTENDED).jobs


def test_next_submission_follows_from_the_last() -> None:
    """The second submission of a job names the first, and begins with nothing of it."""
    first = journals.submitted(journals.begun()[1], TIDY)
    later = replace(journals.STAMP, head=values.commit("later"))
    draft = journals.draft(first, ALTERED, Kind.INTENDED)
    had = history.extended(first, [draft], later)[1].jobs[TIDY.id]
    before = first.jobs[TIDY.id]

    assert (had.previous, had.stood) == (before.key, before)
    assert (had.effect, had.head) == (ALTERED.effect, later.head)
    assert (had.instance, had.platform_job, had.result) == (None, None, None)


def test_a_new_name_carries_the_old_one_on() -> None:
    """What follows under another name stands on the former one, which is at rest from then on."""
    first = journals.submitted(journals.begun()[1], TIDY)
    sweep = values.job(Wish(name="sweep", metadata={"formerly": ["tidy"]}))
    change = replace(journals.change(first, sweep), had=first.jobs[TIDY.id])
    change = replace(change, after=first.jobs[TIDY.id].key)
    draft = drafting.intended(change, sweep, first, journals.GROUNDS)
    after = journals.added(first, draft)

    assert after.jobs[sweep.id].stood == first.jobs[TIDY.id]
    assert after.jobs[TIDY.id].removed
    begun = journals.added(first, journals.draft(first, ALTERED, Kind.INTENDED))
    assert "under its former name" in refused(begun, draft)
    alone = journals.added(first, with_data(draft, formerly="local/nobody"))
    assert alone.jobs[sweep.id].stood is None


def test_what_stood_is_kept_until_the_next_has_surely_run() -> None:
    """It is dropped at a true end, and kept through what was withdrawn, refused or is open."""
    first = journals.submitted(journals.begun()[1], TIDY)
    stood = first.jobs[TIDY.id]
    intended = journals.added(first, journals.draft(first, ALTERED, Kind.INTENDED))
    withdrawn = Result(outcome="withdrawn", detail="no")
    refused = Result(outcome="refused", detail="no")

    assert journals.submitted(first, ALTERED).jobs[TIDY.id].stood is None
    assert intended.jobs[TIDY.id].stood == stood
    for kind, result in ((Kind.ENDED, withdrawn), (Kind.REFUSED, refused)):
        draft = journals.draft(intended, ALTERED, kind, result)
        had = journals.added(intended, draft).jobs[TIDY.id]
        assert (had.stood, had.counts) == (stood, stood)
    created = journals.added(intended, journals.draft(intended, ALTERED, Kind.CREATED))
    assert created.jobs[TIDY.id].stood == stood


def test_unknown_may_only_end() -> None:
    """An unknown outcome stays until it is found out, which replaces it."""
    ledger = at(Kind.INTENDED, Kind.CREATED, Kind.STARTING)
    lost = journals.added(ledger, journals.draft(ledger, TIDY, Kind.UNKNOWN, UNKNOWN))
    found = journals.added(lost, journals.draft(lost, TIDY, Kind.ENDED))

    assert lost.jobs[TIDY.id].result == UNKNOWN
    assert found.jobs[TIDY.id].result == journals.SUCCEEDED


def test_tombstone_keeps_the_rest() -> None:
    """A removed job keeps all that was known of it; a new submission takes the tombstone away."""
    ended = journals.submitted(journals.begun()[1], TIDY)
    gone = journals.added(ended, drafting.removed(ended.jobs[TIDY.id]))

    assert gone.jobs[TIDY.id] == replace(ended.jobs[TIDY.id], removed=True)
    assert "the job is removed" in refused(gone, drafting.removed(gone.jobs[TIDY.id]))
    assert not journals.submitted(gone, ALTERED).jobs[TIDY.id].removed


def test_policy_is_put_in_force() -> None:
    """An accepted policy replaces the one in force and leaves the jobs alone."""
    ledger = at(Kind.ADOPTED)
    files = values.policy_files(journals.RULES.policy, "new")
    after = journals.added(ledger, journals.accepted(ledger, files))
    key = canon.key(ledger=values.LEDGER, job=POLICY, effect=files.digest, previous=None)

    assert after.policy == InForce(
        digest=files.digest, head=values.HEAD, key=key, files=files.sources
    )
    assert after.jobs == ledger.jobs


@pytest.mark.parametrize(
    "spoil",
    [
        lambda draft: replace(draft, job=TIDY.id),
        lambda draft: replace(draft, job=None),
        lambda draft: replace(draft, key=None),
        lambda draft: replace(draft, key=values.key()),
        lambda draft: replace(draft, digest=values.digest()),
        lambda draft: replace(draft, data={}),
        lambda draft: with_data(draft, policy={**draft.data["policy"], "key": values.key()}),
        lambda draft: with_data(draft, policy={**draft.data["policy"], "digest": "another"}),
    ],
    ids=[
        "another job",
        "no job",
        "no key",
        "another key",
        "another digest",
        "no data",
        "another key inside",
        "another digest inside",
    ],
)
def test_policy_that_contradicts_itself(spoil: Callable[[Draft], Draft]) -> None:
    """A policy entry is about `@policy`, under the one key that follows the policy in force."""
    ledger = at()
    draft = journals.accepted(ledger, values.policy_files(journals.RULES.policy, "new"))

    assert "cannot follow" in refused(ledger, spoil(draft))


def test_policy_that_was_accepted_before() -> None:
    """The acceptance of one policy cannot be repeated."""
    ledger = at()
    draft = journals.accepted(ledger, values.policy_files(journals.RULES.policy, "new"))

    assert "it is not about the policy that follows" in refused(
        journals.added(ledger, draft), draft
    )


def test_only_acts_move_the_head() -> None:
    """The ledger's head is the commit that was acted on last; reports do not move it."""
    ledger = at(Kind.INTENDED)
    files = values.policy_files(journals.RULES.policy, "new")
    later = replace(journals.STAMP, head=values.commit("later"))
    reports = [journals.draft(ledger, TIDY, kind) for kind in (Kind.CREATED, Kind.ENDED)]
    other = values.job(Wish(name="fix"))
    ended = at(*(Kind.INTENDED, Kind.ENDED))
    acts = [
        (ledger, journals.accepted(ledger, files)),
        (ledger, drafting.adopted(other)),
        (ledger, journals.draft(ledger, other, Kind.INTENDED)),
        (ended, drafting.removed(ended.jobs[TIDY.id])),
    ]

    for draft in reports:
        assert history.extended(ledger, [draft], later)[1].head == values.HEAD
    for before, draft in acts:
        assert history.extended(before, [draft], later)[1].head == later.head
        assert history.extended(before, [draft], later)[1].began == values.HEAD


def test_entries_of_another_ledger_do_not_follow() -> None:
    """Number, ledger and hash of the entry before must all be the next ones."""
    first, ledger = journals.begun()
    (entry,), _ = history.extended(ledger, [drafting.adopted(TIDY)], journals.STAMP)
    wrong = [
        replace(entry, seq=2),
        replace(entry, ledger=LedgerId("another")),
        replace(entry, before=values.sha("another")),
        replace(first, seq=1, before=ledger.last),
    ]

    for each in wrong:
        with pytest.raises(history.ImpossibleEntryError):
            history.replay([first, each])


def test_steps_yield_each_ledger_in_turn() -> None:
    """Each entry comes with the ledger after it, up to the one that cannot follow."""
    first, ledger = journals.begun()
    (second,), after = history.extended(ledger, [drafting.adopted(TIDY)], journals.STAMP)
    steps = history.steps([first, second, second])

    assert next(steps) == (first, ledger)
    assert next(steps) == (second, after)
    with pytest.raises(history.ImpossibleEntryError, match="entry 1 does not follow entry 1 of"):
        next(steps)


def test_appending_leaves_the_ledger_before_alone() -> None:
    """A ledger is a value: what is appended makes another one."""
    ledger = at(Kind.ADOPTED)
    jobs = dict(ledger.jobs)
    journals.submitted(ledger, ALTERED)

    assert ledger.jobs == jobs


ADOPTION = drafting.adopted(TIDY)


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        (replace(ADOPTION, job=None), "entry 1 (adopted ) cannot follow: it names no job"),
        (replace(ADOPTION, job=POLICY), "entry 1 (adopted @policy) cannot follow: it names no job"),
        (replace(ADOPTION, kind=Kind.GENESIS), "it names no job"),
        (replace(ADOPTION, kind=Kind.CREATED), "the job is not in the ledger"),
        (replace(ADOPTION, kind=Kind.REMOVED), "the job is not in the ledger"),
        (replace(ADOPTION, effect=None), "its data is malformed"),
        (replace(ADOPTION, digest=None), "its data is malformed"),
        (replace(ADOPTION, key=values.key()), "its key is not the one of this submission"),
        (replace(ADOPTION, kind=Kind.INTENDED), "its key is not the one of this submission"),
        (without(ADOPTION, "path"), "its data is malformed ('path')"),
        (with_data(ADOPTION, sources=[{}]), "its data is malformed"),
        (with_data(ADOPTION, run="1"), "/run is not an integer but str"),
        (with_data(ADOPTION, body="\ud800"), "its data is malformed"),
    ],
)
def test_impossible_first_entries(draft: Draft, reason: str) -> None:
    """The first entry about a job is a whole adoption, or an intention with its own key."""
    assert reason in refused(at(), draft)


@pytest.mark.parametrize(
    ("job", "effect", "previous"),
    [
        (JobId("local/fix"), TIDY.effect, FIRST),
        (TIDY.id, ALTERED.effect, FIRST),
        (TIDY.id, TIDY.effect, None),
        (TIDY.id, TIDY.effect, values.key("another")),
    ],
)
def test_key_is_made_of_this_very_submission(
    job: JobId, effect: Digest, previous: Key | None
) -> None:
    """An intention under a key of another job, effect or turn is impossible."""
    ledger = journals.submitted(at(), TIDY)
    draft = journals.draft(ledger, TIDY, Kind.INTENDED)
    key = canon.key(ledger=ledger.id, job=job, effect=effect, previous=previous)

    assert "its key is not the one" in refused(ledger, replace(draft, key=key))
    assert journals.added(ledger, draft).jobs[TIDY.id].previous == FIRST


@pytest.mark.parametrize("key", [None, values.key()])
def test_key_cannot_be_made_up(key: Key | None) -> None:
    """An intention without a key, or under any key, is impossible."""
    draft = replace(journals.draft(at(), TIDY, Kind.INTENDED), key=key)

    assert "its key is not the one" in refused(at(), draft)


def test_turn_after_another_submission() -> None:
    """An intention that skips the last submission is impossible, though its key is its own."""
    ledger = journals.submitted(at(), TIDY)
    another = values.key("another")
    draft = replace(
        with_data(journals.draft(ledger, TIDY, Kind.INTENDED), previous=another),
        key=canon.key(ledger=ledger.id, job=TIDY.id, effect=TIDY.effect, previous=another),
    )

    assert "it is not the turn after the last submission" in refused(ledger, draft)


def test_first_key_cannot_come_again() -> None:
    """The intention of the first submission cannot be repeated after it has ended."""
    first = journals.draft(at(), TIDY, Kind.INTENDED)
    ledger = journals.submitted(at(), TIDY)

    assert "it is not the turn after the last submission" in refused(ledger, first)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda draft: replace(draft, key=values.key()),
        lambda draft: replace(draft, key=None),
        lambda draft: replace(draft, effect=values.digest()),
        lambda draft: replace(draft, digest=values.digest()),
    ],
    ids=["another key", "no key", "another effect", "another digest"],
)
def test_reports_about_another_submission(spoil: Callable[[Draft], Draft]) -> None:
    """A report names the key, the effect and the digest of the submission that is under way."""
    ledger = at(Kind.INTENDED)
    draft = journals.draft(ledger, TIDY, Kind.CREATED)

    assert "it is about another submission" in refused(ledger, spoil(draft))


@pytest.mark.parametrize(
    ("kinds", "kind", "name"),
    [
        ((Kind.INTENDED,), Kind.CREATED, "instance"),
        ((Kind.INTENDED,), Kind.CREATED, "platform_job"),
        ((Kind.INTENDED,), Kind.CREATED, "platform_step"),
        ((Kind.INTENDED,), Kind.ENDED, "result"),
        ((Kind.INTENDED,), Kind.REFUSED, "result"),
        ((Kind.INTENDED,), Kind.UNKNOWN, "result"),
    ],
)
def test_reports_tell_what_they_must(kinds: tuple[Kind, ...], kind: Kind, name: str) -> None:
    """A created job without its id, or an end without its result, is impossible."""
    ledger = at(*kinds)

    reason = refused(ledger, without(journals.draft(ledger, TIDY, kind), name))
    assert reason.endswith(f"its data is malformed ('{name}')")


def test_wrong_order_says_where_the_job_is() -> None:
    """The message of an impossible entry names the entry, its kind, its job and the state."""
    ledger = at(Kind.INTENDED)

    assert refused(ledger, journals.draft(ledger, TIDY, Kind.STARTED)) == (
        "entry 2 (started local/tidy) cannot follow: the job is intended"
    )
    assert "the job is intended" in refused(ledger, drafting.adopted(TIDY))


@pytest.mark.parametrize(
    "way",
    [
        (),
        (Kind.ADOPTED,),
        (Kind.INTENDED,),
        (Kind.INTENDED, Kind.CREATED),
        (Kind.INTENDED, Kind.CREATED, Kind.STARTING),
        (Kind.INTENDED, Kind.CREATED, Kind.STARTING, Kind.STARTED),
        (*STARTED, Kind.STEERING),
        (Kind.INTENDED, Kind.UNKNOWN),
        (Kind.INTENDED, Kind.ENDED),
        (Kind.INTENDED, Kind.REFUSED),
    ],
    ids=lambda way: way[-1].value if way else "nothing",
)
def test_what_may_follow_each_state(way: tuple[Kind, ...]) -> None:
    """After each state, the kinds of the table are taken and all others are refused."""
    ledger = at(*way)
    taken = set()
    for kind in journals.ABOUT_JOBS:
        try:
            journals.added(ledger, journals.draft(ledger, TIDY, kind))
        except history.ImpossibleEntryError:
            continue
        taken.add(kind)

    assert taken == journals.FOLLOWS[way[-1] if way else None]


def test_entry_is_the_draft_with_its_place() -> None:
    """An entry holds all of its draft, its stamp, and the number and hash that follow."""
    ledger = at(Kind.ADOPTED)
    draft = journals.draft(ledger, ALTERED, Kind.INTENDED)
    (entry,), after = history.extended(ledger, [draft], journals.STAMP)

    assert entry == Entry(
        v=1,
        seq=2,
        kind=draft.kind,
        ledger=values.LEDGER,
        platform="local",
        key=draft.key,
        job=draft.job,
        effect=draft.effect,
        digest=draft.digest,
        head=values.HEAD,
        runner="r1",
        at="2026-01-02T03:04:05Z",
        before=ledger.last,
        data=draft.data,
    )
    assert (after.seq, after.last) == (2, wire.entry_hash(entry))
    assert history.replay([entry], ledger) == after


def test_open_states() -> None:
    """A submission is open from its intention until its end is known."""
    closed = {Kind.GENESIS, Kind.POLICY, Kind.ADOPTED, Kind.REMOVED, Kind.ENDED, Kind.REFUSED}

    # These leave it as started and as ended.
    assert set(Kind) - closed - {Kind.STEERED, Kind.SETTLED} == history.OPEN


def test_an_order_opens_what_failed() -> None:
    """The submission is under way again under its key, until it is said how it ended now."""
    ended = journals.submitted(journals.begun()[1], TIDY, journals.FAILED)
    ordered = journals.added(ended, journals.draft(ended, TIDY, Kind.STEERING))
    had = ordered.jobs[TIDY.id]
    answered = journals.added(ordered, journals.draft(ordered, TIDY, Kind.STEERED))
    after = answered.jobs[TIDY.id]
    again = journals.added(answered, journals.draft(answered, TIDY, Kind.ENDED))

    assert (had.state, had.steering, had.result) == (Kind.STEERING, journals.ORDER, None)
    assert (had.key, had.platform_job) == (FIRST, 7)
    assert (after.state, after.steering, after.result) == (Kind.STARTED, None, None)
    assert again.jobs[TIDY.id] == replace(ended.jobs[TIDY.id], result=journals.SUCCEEDED)
    assert {had.state, after.state} <= history.OPEN


@pytest.mark.parametrize("kind", [Kind.ENDED, Kind.UNKNOWN])
def test_an_end_leaves_no_order_open(kind: Kind) -> None:
    """Whoever says how a submission came to rest says what became of the order too."""
    ledger = at(*STARTED, Kind.STEERING)
    had = journals.added(ledger, journals.draft(ledger, TIDY, kind)).jobs[TIDY.id]

    assert (had.state, had.steering, had.result) == (kind, None, journals.SUCCEEDED)


def test_an_order_may_be_given_again() -> None:
    """The newest order is the one that is open."""
    ledger = at(*STARTED, Kind.STEERING)
    stop = replace(journals.ORDER, act=Act.STOP)
    had = ledger.jobs[TIDY.id]
    after = journals.added(ledger, drafting.steering(had, stop, journals.GROUNDS))

    assert after.jobs[TIDY.id] == replace(had, steering=stop)


@pytest.mark.parametrize(
    ("kinds", "outcome", "may"),
    [
        ((*STARTED, Kind.ENDED), "failed", True),
        ((*STARTED, Kind.ENDED), "stopped", True),
        ((*STARTED, Kind.ENDED), "unknown", True),
        ((*STARTED, Kind.ENDED), "succeeded", False),
        ((Kind.INTENDED, Kind.CREATED, Kind.ENDED), "withdrawn", False),
        ((Kind.INTENDED, Kind.ENDED), "failed", False),
        ((*STARTED, Kind.UNKNOWN), "unknown", False),
    ],
)
def test_what_may_be_steered(kinds: tuple[Kind, ...], outcome: Outcome, *, may: bool) -> None:
    """Only what ran, and of which something is left to do."""
    ledger = at(*kinds[:-1])
    result = Result(outcome=outcome, detail="so")
    ledger = journals.added(ledger, journals.draft(ledger, TIDY, kinds[-1], result))
    draft = journals.draft(ledger, TIDY, Kind.STEERING)

    assert history.steerable(ledger.jobs[TIDY.id]) == may
    if may:
        assert journals.added(ledger, draft).jobs[TIDY.id].state is Kind.STEERING
    else:
        assert "cannot follow: " in refused(ledger, draft)


@pytest.mark.parametrize(
    ("kinds", "outcome", "said", "may"),
    [
        ((*STARTED, Kind.UNKNOWN), "unknown", "succeeded", True),
        ((Kind.INTENDED, Kind.UNKNOWN), "unknown", "withdrawn", True),
        ((*STARTED, Kind.UNKNOWN), "unknown", "unknown", False),
        ((*STARTED, Kind.UNKNOWN), "unknown", "refused", False),
        ((*STARTED, Kind.ENDED), "unknown", "stopped", True),
        ((*STARTED, Kind.ENDED), "unknown", "failed", True),
        ((*STARTED, Kind.ENDED), "unknown", "withdrawn", False),
        ((*STARTED, Kind.ENDED), "unknown", "unknown", False),
        ((*STARTED, Kind.ENDED), "failed", "succeeded", False),
        ((Kind.INTENDED, Kind.ENDED), "withdrawn", "succeeded", False),
    ],
)
def test_what_may_be_settled(
    kinds: tuple[Kind, ...], outcome: Outcome, said: Outcome, *, may: bool
) -> None:
    """Only that of which nobody knew, as something; what began is not taken for withdrawn."""
    ledger = at(*kinds[:-1])
    result = Result(outcome=outcome, detail="so")
    ledger = journals.added(ledger, journals.draft(ledger, TIDY, kinds[-1], result))
    draft = journals.draft(ledger, TIDY, Kind.SETTLED, Result(outcome=said, detail="it was"))

    assert history.unsettled(ledger.jobs[TIDY.id]) == (outcome == "unknown")
    assert history.over(ledger.jobs[TIDY.id]) == (outcome != "unknown")
    if may:
        had = journals.added(ledger, draft).jobs[TIDY.id]
        assert history.over(had)
        assert (had.state, had.result) == (Kind.ENDED, Result(outcome=said, detail="it was"))
    else:
        expected = "it settles nothing" if outcome == "unknown" else "what became of it is known"
        assert expected in refused(ledger, draft)


def test_what_is_under_way_is_not_over() -> None:
    """A job is submitted anew after its last submission, not beside it."""
    assert not any(history.over(at(*STARTED[:steps]).jobs[TIDY.id]) for steps in range(1, 5))


@pytest.mark.parametrize(
    ("name", "said"), [("reason", "its data is malformed"), ("result", "it settles nothing")]
)
def test_a_settlement_says_why(name: str, said: str) -> None:
    """Neither its reason nor its result can be left out."""
    ledger = at(*STARTED, Kind.UNKNOWN)
    draft = journals.draft(ledger, TIDY, Kind.SETTLED)

    assert said in refused(ledger, without(draft, name))


def test_who_settles_is_told_of_a_person_alone() -> None:
    """Where its platform told, nobody said so."""
    had = at(*STARTED, Kind.UNKNOWN).jobs[TIDY.id]
    result = endings.tree(journals.SUCCEEDED)

    by_hand = drafting.settled(had, journals.SUCCEEDED, "seen", "ann")
    assert dict(by_hand.data) == {"by": "ann", "reason": "seen", "result": result}
    told = drafting.settled(had, journals.SUCCEEDED, "its platform says so", "")
    assert dict(told.data) == {"reason": "its platform says so", "result": result}


def test_what_was_settled_counts_as_what_it_was_settled_as() -> None:
    """What ran replaces what stood before; what did not leaves it standing, and may come again."""
    before = journals.submitted(journals.begun()[1], TIDY)
    stood = before.jobs[TIDY.id]
    unknown = before
    for kind in (Kind.INTENDED, Kind.UNKNOWN):
        unknown = journals.added(unknown, journals.draft(unknown, TIDY, kind))
    never = Result(outcome="withdrawn", detail="it did not run")
    ran = journals.added(unknown, journals.draft(unknown, TIDY, Kind.SETTLED))
    left = journals.added(unknown, journals.draft(unknown, TIDY, Kind.SETTLED, never))

    assert (ran.jobs[TIDY.id].stood, ran.jobs[TIDY.id].counts) == (None, ran.jobs[TIDY.id])
    assert left.jobs[TIDY.id].counts == stood
    again = journals.added(left, journals.draft(left, TIDY, Kind.INTENDED))
    assert again.jobs[TIDY.id].previous == left.jobs[TIDY.id].key


def test_the_newest_tip_of_the_approvals_is_kept() -> None:
    """It is that of the last verdict that named one, of whichever kind of entry."""
    first, second, third = (values.commit(each) for each in (1, 2, 3))
    _, ledger = journals.begun()
    assert ledger.approvals is None
    change = journals.change(ledger, TIDY)
    ledger = journals.added(ledger, drafting.intended(change, TIDY, ledger, Grounds(tip=first)))
    assert ledger.approvals == first
    ledger = journals.added(ledger, journals.draft(ledger, TIDY, Kind.CREATED))
    assert ledger.approvals == first
    starts = drafting.starting(ledger.jobs[TIDY.id], Grounds(tip=second))
    ledger = journals.added(ledger, starts)
    assert ledger.approvals == second
    ledger = journals.added(ledger, journals.accepted(ledger, journals.RULES))
    assert ledger.approvals == second
    ledger = journals.added(ledger, journals.draft(ledger, TIDY, Kind.STARTED))
    order = drafting.steering(ledger.jobs[TIDY.id], journals.ORDER, Grounds(tip=third))
    assert journals.added(ledger, order).approvals == third
