"""The journal: what happened, in order, append only, on `refs/heads/jobgate-journal`.

Each commit holds `entries.jsonl` (the entries that it added, one canonical JSON a line),
`ledger.json` and `jobs/…` (the ledger after them), and the files that entries refer to, which stay.
Shapes are `wire`'s, growth is `chain`'s; what entries mean is left to others.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from runner import canon, wire
from runner.errors import RepositoryError
from runner.git import chain, heldjobs, seals, whereabouts
from runner.model import Blob, Commit, Entry, Had, Json, Kind, Ledger, Oid, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.beginnings import Moved
    from runner.git.gittrees import CommitTree
    from runner.git.repository import Git
    from runner.outcomes import Signatures

T = TypeVar("T")

REF = whereabouts.REF
ENTRIES = "entries.jsonl"
LEDGER = "ledger.json"
# In the configuration of the one repository that a local ledger lives in.
SETTING = "jobgate.ledger"
_STAY = ("policy/", "scripts/")
_LARGEST = 64 * 1024 * 1024
_MEND = "find out who changed it: compare with another clone, or look at `git log` of its ref"


class GitJournal:
    """The journal in this repository (`remote` None), or on the remote of that name."""

    def __init__(
        self,
        git: Git,
        remote_name: str | None,
        *,
        signer: seals.Signer | None = None,
        offline: bool = False,
        writes: bool = False,
    ) -> None:
        """Use the journal there; it need not exist yet.

        `signer` signs and checks the commits. `offline`: as it was last fetched. Who `writes` is
        told at the first reading when they could not sign.
        """
        self._git = git
        self._seals = seals.Seals(git, signer or seals.Nobody(), writes=writes)
        self._writes = writes
        self._remote = remote_name
        self._chain = chain.Chain(git, REF, remote_name, offline=offline)
        self._tip: Commit | None = None
        self._last: tuple[Commit, Ledger] | None = None
        self._hads: dict[Oid, Had] = {}  # what is held of a job seldom changes

    def ledger(self) -> Ledger | None:
        """Return the ledger at the newest tip (fetched first where there is a remote), or None."""
        return self._ledger(self._chain.tip())

    def entries(self) -> tuple[Entry, ...]:
        """Return every entry, oldest first, each one's chain hash checked."""
        self._tip = self._chain.tip()
        if self._tip is None:
            self._refuse_another_place()
            return ()
        entries: list[Entry] = []
        for commit in _first_to_last(self._git, self._tip):
            added = _added(self._git.tree(commit), commit)
            _follows(entries[-1] if entries else None, added, commit)
            entries.extend(added)
        return tuple(entries)

    def moved(self) -> Moved | None:
        """Return how far the ledger that was read last has come; None where no clone can tell."""
        tip = self._tip
        first = None if tip is None else self._git.history.first(tip)
        if tip is None or first is None:
            return None
        return heldjobs.moved(self._held(first), self._held(tip))

    def signatures(self) -> Signatures:
        """Return which of the commits that a runner had to sign are signed, from the beginning."""
        tip = self._chain.tip()
        commits = () if tip is None else _first_to_last(self._git, tip)
        return self._seals.signatures(commits)

    def file(self, path: str) -> bytes:
        """Return a file that some append put into the journal's tree."""
        tip = self._tip or self._chain.tip()
        if tip is None:
            raise _unsound(f"there is no journal to read {path} from")
        return _read(self._git.tree(tip), path)

    def append(self, decide: Callable[[Ledger | None], Step | None]) -> Ledger | None:
        """Append what `decide` says about the newest tip; decide again if the tip has moved.

        Return the ledger as read back from where it is kept; unchanged if nothing was to be added.
        """

        def build(tip: Commit | None) -> chain.Files | None:
            ledger = self._ledger(tip)
            step = decide(ledger)
            return None if step is None else self._files(ledger, step)

        return self._ledger(self._chain.append(build))

    def _ledger(self, tip: Commit | None) -> Ledger | None:
        self._tip = tip
        if tip is None:
            self._refuse_another_place()
            return None
        if self._last is None or self._last[0] != tip:
            self._last = (tip, self._read(tip))
        if self._writes:
            self._seals.able(self._last[1].policy.runners)
        return self._last[1]

    def _read(self, tip: Commit) -> Ledger:
        self._seals.check(tip)
        tree = self._git.tree(tip)
        meta = _json(_read(tree, LEDGER), f"{LEDGER} at {tip}")
        held = self._held(tip)
        # Who writes goes through all jobs again and again; who only looks may ask for few.
        hads = held.values() if self._writes else ()
        ledger = _wired(lambda: wire.ledger_from(meta, hads), f"the ledger at {tip}")
        ledger = ledger if self._writes else replace(ledger, jobs=held)
        last = _last(tree, tip)
        if ledger.seq != last.seq or ledger.last != wire.entry_hash(last):
            raise _unsound(f"the ledger at {tip} is not the one after its last entry")
        if ledger.policy.runners != self._seals.keys(tip):
            raise _unsound(f"{seals.FILE} at {tip} names others than the policy in force")
        self._belongs(ledger)
        return ledger

    def _held(self, commit: Commit) -> heldjobs.HeldJobs:
        tree = self._git.tree(commit)
        return heldjobs.HeldJobs(tree, functools.partial(self._jobs, tree))

    def _jobs(self, tree: CommitTree, paths: tuple[str, ...]) -> list[Had]:
        """Return what is held of each job; only what was not read before is read."""
        oids = [Oid("") if (found := tree.entry(path)) is None else found.oid for path in paths]
        new = tuple(path for path, oid in zip(paths, oids, strict=True) if oid not in self._hads)
        for blob in _blobs(tree, new):
            self._hads[blob.oid] = _had(_json(blob.content, blob.path), blob.path)
        hads = [self._hads[oid] for oid in oids]
        if [heldjobs.path(had.job) for had in hads] != list(paths):
            raise _unsound("a job lies under the name of another one")
        return hads

    def _files(self, before: Ledger | None, step: Step) -> chain.Files:
        lines = [canon.encode(wire.entry(entry)) + b"\n" for entry in step.entries]
        files: dict[str, bytes | None] = {
            ENTRIES: b"".join(lines),
            LEDGER: canon.encode(wire.ledger_meta(step.ledger)) + b"\n",
        }
        _consistent(before, step)
        had = {} if before is None else before.jobs
        for job in had.keys() - step.ledger.jobs.keys():
            files[heldjobs.path(job)] = None
        for job, now in step.ledger.jobs.items():
            if had.get(job) != now:
                files[heldjobs.path(job)] = content = canon.encode(wire.had(now)) + b"\n"
                # Where a tree that is read back names this very content, it need not be read.
                self._hads[self._git.objects.oid(content)] = now
        for path, content in step.files.items():
            if not path.startswith(_STAY):
                raise _unsound(f"{path} may not be put into it")
            files[path] = content
        if before is None:
            self._settle(step.ledger)
        signs = self._signers(before, step.ledger, files)
        kinds = ", ".join(dict.fromkeys(entry.kind.value for entry in step.entries))
        last = step.entries[-1]
        seal = (lambda commit: self._seals.sealed(commit, signs)) if signs else None
        return chain.Files(files=files, message=f"{last.seq}: {kinds}", at=last.at, seal=seal)

    def _signers(
        self, before: Ledger | None, after: Ledger, files: dict[str, bytes | None]
    ) -> tuple[str, ...]:
        """Return the keys of which one has to sign what leads to `after`; note who may from then.

        Nobody puts a policy in force under which they could not go on.
        """
        signs = after.policy.runners if before is None else before.policy.runners
        if after.policy.runners != (() if before is None else before.policy.runners):
            self._seals.able(after.policy.runners)
            files[seals.FILE] = seals.content(after.policy.runners, after.seq)
        return signs

    def _settle(self, ledger: Ledger) -> None:
        """Mark this repository as the local ledger's; before the ref, or it would refuse itself."""
        if ledger.mode == "local" and ledger.id not in self._git.settings(SETTING):
            self._git.add_setting(SETTING, ledger.id)

    def _belongs(self, ledger: Ledger) -> None:
        """Refuse a ledger that is kept elsewhere: two places would run the same jobs twice."""
        if ledger.mode == "remote" and self._remote is None:
            raise RepositoryError(
                "cannot use the journal of this clone: its ledger is kept on a remote",
                mend="name the remote that keeps it",
            )
        if ledger.mode == "local" and (
            self._remote is not None or ledger.id not in self._git.settings(SETTING)
        ):
            raise RepositoryError(
                f"cannot use ledger {ledger.id} here: it is local to the repository it began in",
                mend="run jobgate in that repository, or adopt a ledger that a remote keeps",
            )

    def _refuse_another_place(self) -> None:
        """Refuse to see no journal here when there plainly is one in the other place."""
        here, elsewhere = whereabouts.known(self._git)
        if self._remote is None and elsewhere:
            raise RepositoryError(
                f"cannot use a local journal: the remote {elsewhere[0]} keeps one",
                mend=f"name the remote {elsewhere[0]}",
            )
        if self._remote is not None and here:
            raise RepositoryError(
                f"cannot use a journal on {self._remote}: this repository keeps one of its own",
                mend="use the local one, or run jobgate in another clone",
            )


def _first_to_last(git: Git, tip: Commit) -> list[Commit]:
    """Return the chain as the commits themselves tell it, whatever a shallow clone hides."""
    commits: list[Commit] = []
    at: Commit | None = tip
    while at is not None:
        commits.append(at)
        parents = git.objects.commit(at).parents
        if len(parents) > 1:
            raise _unsound(f"{at} is a merge")
        at = parents[0] if parents else None
    return commits[::-1]


def _added(tree: CommitTree, commit: Commit) -> list[Entry]:
    where = f"{ENTRIES} at {commit}"
    return [_entry(line, where) for line in _lines(tree, where).split(b"\n")]


def _last(tree: CommitTree, commit: Commit) -> Entry:
    """Return the last entry of a commit, without reading the others."""
    where = f"{ENTRIES} at {commit}"
    return _entry(_lines(tree, where).rpartition(b"\n")[2], where)


def _lines(tree: CommitTree, where: str) -> bytes:
    content = _read(tree, ENTRIES)
    if not content.endswith(b"\n"):
        raise _unsound(f"{where} does not end with a line break")
    return content[:-1]


def _entry(line: bytes, where: str) -> Entry:
    tree = _json(line, where)
    entry = _wired(lambda: wire.entry_from(tree), where)
    if _wired(lambda: canon.encode(wire.entry(entry)), where) != line:
        raise _unsound(f"{where} is not in canonical form")
    return entry


def _follows(last: Entry | None, added: list[Entry], commit: Commit) -> None:
    for entry in added:
        if last is None:
            sound = (entry.kind, entry.seq, entry.before) == (Kind.GENESIS, 0, None)
        else:
            sound = (
                entry.seq == last.seq + 1
                and entry.before == wire.entry_hash(last)
                and entry.ledger == last.ledger
                and entry.kind is not Kind.GENESIS
            )
        if not sound:
            raise _unsound(f"entry {entry.seq} at {commit} does not follow from the one before it")
        last = entry


def _consistent(before: Ledger | None, step: Step) -> None:
    """Refuse to write what the next reading would refuse."""
    entry = step.entries[0] if step.entries else None
    if entry is None or entry.before != (None if before is None else before.last):
        raise _unsound("what is to be added does not follow from its last entry")
    new = Commit("the new one")
    if before is None:
        _follows(None, [entry], new)
    _follows(entry, list(step.entries[1:]), new)
    last = step.entries[-1]
    if step.ledger.seq != last.seq or step.ledger.last != wire.entry_hash(last):
        raise _unsound("the ledger to be written is not the one after the last entry")


def _blobs(tree: CommitTree, paths: tuple[str, ...]) -> Iterator[Blob]:
    for found in tree.read_all(paths, _LARGEST):
        if not isinstance(found, Blob):
            raise _unsound(found.message)
        yield found


def _read(tree: CommitTree, path: str) -> bytes:
    return next(_blobs(tree, (path,))).content


def _json(content: bytes, where: str) -> Json:
    return _wired(lambda: wire.loads(content), where)


def _had(tree: Json, where: str) -> Had:
    return _wired(lambda: wire.had_from(tree), where)


def _wired(make: Callable[[], T], where: str) -> T:
    try:
        return make()
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unsound(f"{where} is malformed ({error})") from error


def _unsound(why: str) -> RepositoryError:
    return RepositoryError(f"cannot trust the journal: {why}", mend=_MEND)
