"""What must hold after a run: held against the proxy's account, the journal and the counters."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from runner import canon, history, narrow, wire, witness
from runner.model import Kind
from tests.faults import proxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runner.model import Entry, Had, JobId, Json
    from tests.faults.ground import Place

_JOURNAL = "refs/heads/jobgate-journal"
_NONE = "0" * 40
_OVER = {Kind.ENDED, Kind.REFUSED, Kind.SETTLED}
_RAN = {"succeeded": 1, "withdrawn": 0}  # how often its script ran, by what is noted of a job


@dataclass(frozen=True, slots=True, kw_only=True)
class Journal:
    """The commits of a journal, oldest first, and the entries that each of them added."""

    commits: tuple[str, ...]
    entries: tuple[tuple[Entry, ...], ...]

    def upto(self, tip: str) -> tuple[Entry, ...]:
        """Return the entries that were there when `tip` was the tip."""
        if tip not in self.commits:
            return ()
        added = self.entries[: self.commits.index(tip) + 1]
        return tuple(entry for each in added for entry in each)

    @property
    def all(self) -> tuple[Entry, ...]:
        """Return every entry."""
        return tuple(entry for each in self.entries for entry in each)


def journal(place: Place) -> Journal:
    """Read a journal from its remote by Git alone."""
    commits = tuple(place.git("rev-list", "--reverse", _JOURNAL).split())
    asked = "".join(f"{commit}:entries.jsonl\n" for commit in commits)
    added: list[list[Entry]] = []
    for line in filter(None, place.git("cat-file", "--batch", stdin=asked).split("\n")):
        if line.startswith("{"):
            added[-1].append(wire.entry_from(wire.loads(line)))
        else:
            # A line of Git's stands before each file, and says that it has found it.
            assert line.split()[1] == "blob", line
            added.append([])
    return Journal(commits=commits, entries=tuple(map(tuple, added)))


def account(place: Place) -> list[Json]:
    """Return the lines of the proxy's account."""
    if not place.account.exists():
        return []
    return [wire.loads(line) for line in place.account.read_text("utf-8").splitlines()]


def faults(place: Place, ran: Counter[int]) -> list[str]:
    """Return what does not hold after a run that has come to rest.

    `ran` is how often the script of each job of the server ran.
    """
    kept, lines = journal(place), account(place)
    return [
        *_chain(place, kept),
        *_keys(kept.all),
        *_starts(kept, lines),
        *_runs(kept.all, lines, ran),
    ]


def _chain(place: Place, kept: Journal) -> Iterator[str]:
    """The journal has only ever grown, an entry after another, and adds up."""
    last = kept.commits[0]
    log = (place.remote / "logs" / _JOURNAL).read_text("utf-8").splitlines()
    for line in log:
        old, new = line.split()[:2]
        if old not in {_NONE, last} and last != kept.commits[0]:
            yield f"the journal went from {old}, and stood at {last}"
        if new not in kept.commits:
            yield f"the journal stood at {new}, which it has lost"
        last = new
    entries = kept.all
    for before, entry in pairwise(entries):
        if (entry.seq, entry.before) != (before.seq + 1, wire.entry_hash(before)):
            yield f"entry {entry.seq} does not follow entry {before.seq}"
    try:
        history.replay(entries)
    except history.ImpossibleEntryError as error:
        yield str(error)


def _keys(entries: Sequence[Entry]) -> Iterator[str]:
    """A key has one `created`, and the next key of a job comes when the one before has ended."""
    made = Counter(entry.key for entry in entries if entry.kind is Kind.CREATED)
    for key, count in made.items():
        if count > 1:
            yield f"key {key} has {count} entries `created`"
    stands: dict[str, Entry] = {}
    for entry in entries:
        job = entry.job or ""
        before = stands.get(job)
        early = before is not None and (before.kind not in _OVER or _doubtful(before))
        if entry.kind is Kind.INTENDED and early:
            yield f"{job} is intended again before all is known of its last submission"
        if job:
            stands[job] = entry


def _doubtful(entry: Entry) -> bool:
    return narrow.text(dict(entry.data), "result", "outcome") == "unknown"


def _starts(kept: Journal, lines: Sequence[Json]) -> Iterator[str]:
    """Only what was created is started; that was on the remote before; each id starts once."""
    bodies = {
        narrow.integer(line, "number", default=0): narrow.at(line, "body")
        for line in lines
        if narrow.text(line, "what") == "call"
    }
    accepted: Counter[int] = Counter()
    for line in lines:
        if narrow.text(line, "what") == "followed":
            yield f"a redirect was followed to {narrow.text(line, 'name')}"
        if (narrow.text(line, "what"), narrow.text(line, "name")) != ("server", proxy.START):
            continue
        body = bodies[narrow.integer(line, "number", default=0)]
        job = narrow.integer(body, "job_instance_id", default=0)
        made = created(kept.all)
        if job not in made:
            yield f"job {job} is started, and is nobody's `created`"
        elif job not in created(kept.upto(narrow.text(line, "tip"))):
            yield f"job {job} is started before its `created` was on the remote"
        accepted[job] += narrow.boolean(line, "said", "result", default=False)
    for job, count in accepted.items():
        if count > 1:
            yield f"job {job} was started {count} times"


def created(entries: Sequence[Entry]) -> dict[int, Entry]:
    """Return the entries `created`, by the platform's ids."""
    return {
        narrow.integer(dict(entry.data), "platform_job", default=0): entry
        for entry in entries
        if entry.kind is Kind.CREATED
    }


def _runs(entries: Sequence[Entry], lines: Sequence[Json], ran: Counter[int]) -> Iterator[str]:
    """A submission that succeeded ran once, as the id that it had; any other one not at all.

    Where somebody interfered, each id ran at most once, and what is noted tells whether any did.
    """
    made, ends = created(entries), outcomes(entries)
    others = bearing(lines)
    begun, cut = fouled(lines, proxy.FOULS[0]), fouled(lines, *proxy.FOULS[1:])
    for job in others.keys() - made.keys():
        if ran[job] > (job in begun):
            yield f"job {job} ran, and is nobody's `created`"
    for job, entry in made.items():
        outcome, key = ends.get(entry.key or "", ""), entry.key
        allowed = {_RAN.get(outcome, -1)}
        if begun & {other for other, its in others.items() if its == key and other != job}:
            # It was started twice, once behind our back; reconcile has to show that.
            allowed = {0, 1} if outcome in {"succeeded", "withdrawn"} else set()
        elif outcome == "failed" and job in cut:
            allowed = {0}  # whoever looked said so; nothing else fails here
        if ran[job] not in allowed:
            said = outcome or None
            yield f"{entry.job} as job {job} ran {ran[job]} times, and is noted as {said}"


def outcomes(entries: Sequence[Entry]) -> dict[str, str]:
    """Return what is noted last of how each submission ended, by its key."""
    return {
        entry.key: narrow.text(dict(entry.data), "result", "outcome")
        for entry in entries
        if entry.key and entry.kind in {Kind.ENDED, Kind.UNKNOWN, Kind.REFUSED, Kind.SETTLED}
    }


def fouled(lines: Sequence[Json], *names: str) -> set[int]:
    """Return the ids with which somebody interfered, in one of these ways."""
    return {
        narrow.integer(line, "job", default=0)
        for line in lines
        if narrow.text(line, "what") == "foul"
        and narrow.text(line, "name") in names
        and narrow.boolean(line, "taken", default=True)
    }


def bearing(lines: Sequence[Json]) -> dict[int, str]:
    """Return the ids of all jobs that the server made for a run, and the key that each bears.

    Whoever heard of them, or did not.
    """
    keys = {
        narrow.integer(line, "number", default=0): narrow.text(line, "body", "task_name")
        for line in lines
        if narrow.text(line, "what") == "call"
    }
    return {
        job: witness.key_in(keys.get(narrow.integer(line, "number", default=0), ""))
        for line in lines
        if narrow.text(line, "what") == "server"
        and (job := narrow.integer(line, "said", "data", "job_instance_id", default=0))
        and narrow.text(line, "name") == proxy.CREATE
    }


def open_still(place: Place, effects: Mapping[JobId, str]) -> list[str]:
    """Return the jobs that have not come to rest with the effect that is wanted of them."""
    ledger = history.replay(journal(place).all)
    return [job for job, effect in effects.items() if not _rests(ledger.jobs.get(job), effect)]


def _rests(had: Had | None, effect: str) -> bool:
    if had is None:
        return False
    return history.unsettled(had) or (had.state is Kind.ENDED and had.effect == effect)


def digest(lines: Sequence[Json]) -> str:
    """Return the SHA-256 of the faults that a run had, in order: what a seed has drawn."""
    drawn = [narrow.text(line, "fault") for line in lines if narrow.text(line, "what") == "call"]
    return canon.sha256("\n".join(drawn).encode())
