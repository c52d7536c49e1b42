"""The journal: what happened, in order, append only, on `refs/heads/jobgate-journal`.

Each commit holds `entries.jsonl` (the entries that it added, one canonical JSON a line),
`ledger.json` and `jobs/…` (the ledger after them), and the files that entries refer to, which stay.
Shapes are `wire`'s, growth is `chain`'s; what entries mean is left to others.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from runner import canon, wire
from runner.errors import RepositoryError
from runner.git import chain, remote
from runner.model import Blob, Commit, Entry, JobId, Json, Kind, Ledger, Oid, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.git.gittrees import CommitTree
    from runner.git.repository import Git

T = TypeVar("T")

REF = "refs/heads/jobgate-journal"
ENTRIES = "entries.jsonl"
LEDGER = "ledger.json"
# In the configuration of the one repository that a local ledger lives in.
SETTING = "jobgate.ledger"
_STAY = ("policy/", "scripts/")
_LARGEST = 64 * 1024 * 1024
_MEND = "find out who changed it: compare with another clone, or look at `git log` of its ref"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Where a repository's ledger is kept; `remote` is the name of the remote in that mode."""

    mode: Literal["local", "remote", "none"]
    remote: str | None = None


class GitJournal:
    """The journal in this repository (`remote` None), or on the remote of that name."""

    def __init__(self, git: Git, remote_name: str | None, *, offline: bool = False) -> None:
        """Use the journal there; it need not exist yet. `offline`: as it was last fetched."""
        self._git = git
        self._remote = remote_name
        self._chain = chain.Chain(git, REF, remote_name, offline=offline)
        self._tip: Commit | None = None
        self._last: tuple[Commit, Ledger] | None = None
        self._parsed: dict[Oid, Json] = {}

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
        return self._last[1]

    def _read(self, tip: Commit) -> Ledger:
        tree = self._git.tree(tip)
        paths = tree.paths("jobs")
        meta = _json(_read(tree, LEDGER), f"{LEDGER} at {tip}")
        jobs = [self._job(blob) for blob in _blobs(tree, paths)]
        ledger = _wired(lambda: wire.ledger_from(meta, jobs), f"the ledger at {tip}")
        last = _added(tree, tip)[-1]
        if ledger.seq != last.seq or ledger.last != wire.entry_hash(last):
            raise _unsound(f"the ledger at {tip} is not the one after its last entry")
        if sorted(_job_path(job) for job in ledger.jobs) != list(paths):
            raise _unsound(f"a job at {tip} lies under the name of another one")
        self._belongs(ledger)
        return ledger

    def _job(self, blob: Blob) -> Json:
        if blob.oid not in self._parsed:
            self._parsed[blob.oid] = _json(blob.content, blob.path)
        return self._parsed[blob.oid]

    def _files(self, before: Ledger | None, step: Step) -> chain.Files:
        lines = [canon.encode(wire.entry(entry)) + b"\n" for entry in step.entries]
        files: dict[str, bytes | None] = {
            ENTRIES: b"".join(lines),
            LEDGER: canon.encode(wire.ledger_meta(step.ledger)) + b"\n",
        }
        _consistent(before, step)
        had = {} if before is None else before.jobs
        for job in had.keys() - step.ledger.jobs.keys():
            files[_job_path(job)] = None
        for job, now in step.ledger.jobs.items():
            if had.get(job) != now:
                files[_job_path(job)] = canon.encode(wire.had(now)) + b"\n"
        for path, content in step.files.items():
            if not path.startswith(_STAY):
                raise _unsound(f"{path} may not be put into it")
            files[path] = content
        if before is None:
            self._settle(step.ledger)
        kinds = ", ".join(dict.fromkeys(entry.kind.value for entry in step.entries))
        last = step.entries[-1]
        return chain.Files(files=files, message=f"{last.seq}: {kinds}", at=last.at)

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
        here, elsewhere = _known(self._git)
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


def discover(git: Git) -> Where:
    """Return where this repository's ledger is kept; asks remotes only when it cannot tell."""
    here, elsewhere = _known(git)
    if not here and not elsewhere:
        elsewhere = tuple(
            name for name in git.remotes() if remote.Remote(git, name).fetch(REF) is not None
        )
    if len(elsewhere) + here > 1:
        places = [*(["this repository"] if here else []), *elsewhere]
        raise RepositoryError(
            f"cannot tell which journal counts: {' and '.join(places)} keep one each",
            mend="name the one that counts",
        )
    if here:
        return Where(mode="local")
    return Where(mode="remote", remote=elsewhere[0]) if elsewhere else Where(mode="none")


def _known(git: Git) -> tuple[bool, tuple[str, ...]]:
    """Return whether a local journal is here, and the remotes that are known to keep one."""
    name = REF.removeprefix("refs/heads/")
    local = f"{chain.SEEN}/local/{name}"
    marks = {
        each: {f"{chain.SEEN}/remote/{each}/{name}", f"refs/remotes/{each}/{name}"}
        for each in git.remotes()
    }
    refs = git.refs(REF, local, *(mark for each in marks.values() for mark in each))
    remotes = tuple(each for each, known in marks.items() if not known.isdisjoint(refs))
    # A branch of that name may be a look at the remote's; what was written here was also seen.
    return local in refs or (REF in refs and not remotes), remotes


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
    content = _read(tree, ENTRIES)
    where = f"{ENTRIES} at {commit}"
    if not content.endswith(b"\n"):
        raise _unsound(f"{where} does not end with a line break")
    return [_entry(line, where) for line in content[:-1].split(b"\n")]


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


def _job_path(job: JobId) -> str:
    name = canon.sha256(job.encode())
    return f"jobs/{name[:2]}/{name}.json"


def _blobs(tree: CommitTree, paths: tuple[str, ...]) -> Iterator[Blob]:
    for found in tree.read_all(paths, _LARGEST):
        if not isinstance(found, Blob):
            raise _unsound(found.message)
        yield found


def _read(tree: CommitTree, path: str) -> bytes:
    return next(_blobs(tree, (path,))).content


def _json(content: bytes, where: str) -> Json:
    return _wired(lambda: wire.loads(content), where)


def _wired(make: Callable[[], T], where: str) -> T:
    try:
        return make()
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _unsound(f"{where} is malformed ({error})") from error


def _unsound(why: str) -> RepositoryError:
    return RepositoryError(f"cannot trust the journal: {why}", mend=_MEND)
