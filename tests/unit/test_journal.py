"""The journal keeps every entry and the ledger after it, and believes neither without proof."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import pytest

from runner import canon, journal, wire
from runner.errors import RepositoryError
from runner.git import heldjobs, whereabouts
from runner.git.chain import Chain, Files
from runner.git.gitwrite import NewCommit
from runner.git.repository import Git
from runner.git.whereabouts import Where
from runner.journal import GitJournal
from runner.model import (
    Blob,
    Commit,
    Digest,
    Entry,
    Had,
    InForce,
    JobId,
    Kind,
    Ledger,
    LedgerId,
    Sha256,
    Step,
)
from tests import repos

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

HEAD = Commit("1" * 40)
NONE = Digest("sha256:" + "0" * 64)


def had(job: str, path: str = "specs/a.yaml") -> Had:
    """Return what a ledger may hold of a job."""
    return Had(
        job=JobId(job),
        state=Kind.ADOPTED,
        key=None,
        previous=None,
        scheme=1,
        effect=NONE,
        digest=NONE,
        spec=NONE,
        head=HEAD,
        path=path,
        body={"timeout": 60},
        script=None,
        sources=(),
    )


def genesis(mode: Literal["local", "remote"], name: str = "one") -> Step:
    """Return the first step of a journal."""
    entry = Entry(
        v=1,
        seq=0,
        kind=Kind.GENESIS,
        ledger=LedgerId(f"ledger-{name}"),
        platform=None,
        key=None,
        job=None,
        effect=None,
        digest=None,
        head=HEAD,
        runner="r1",
        at="2026-01-02T03:04:05Z",
        before=None,
        data={"mode": mode},
    )
    ledger = Ledger(
        id=entry.ledger,
        branch="main",
        mode=mode,
        seq=0,
        last=wire.entry_hash(entry),
        head=HEAD,
        policy=InForce(digest=NONE, head=HEAD, key=None, files=()),
        jobs={},
    )
    return Step(entries=(entry,), ledger=ledger, files={"policy/one/jobgate.yaml": b"people: {}\n"})


def adopted(ledger: Ledger | None, *jobs: str, mark: str = "") -> Step:
    """Return a step that adds one entry for each job, all in one append."""
    assert ledger is not None
    entries: list[Entry] = []
    for job in jobs:
        entry = Entry(
            v=1,
            seq=ledger.seq + 1,
            kind=Kind.ADOPTED,
            ledger=ledger.id,
            platform="local",
            key=None,
            job=JobId(job),
            effect=NONE,
            digest=NONE,
            head=HEAD,
            runner="r1",
            at="2026-01-02T03:04:06Z",
            before=ledger.last,
            data={"mark": mark, "ü": "\u2028\n"},
        )
        kept = {**ledger.jobs, JobId(job): had(job, mark or "specs/a.yaml")}
        ledger = replace(ledger, seq=entry.seq, last=wire.entry_hash(entry), jobs=kept)
        entries.append(entry)
    return Step(entries=tuple(entries), ledger=ledger, files={})


@pytest.fixture
def git(tmp_path: Path) -> Iterator[Git]:
    """Return an empty repository, opened."""
    with Git.open(repos.make(tmp_path / "repository")) as opened:
        yield opened


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository with a local journal of two steps, three entries."""
    folder = repos.make(tmp_path_factory.mktemp("journal") / "repository")
    with Git.open(folder) as opened:
        kept = GitJournal(opened, None)
        kept.append(lambda _: genesis("local"))
        kept.append(lambda ledger: adopted(ledger, "local/a", "local/b"))
    return folder


@pytest.fixture
def begun(git: Git, made: Path) -> GitJournal:
    """Return a copy of that journal."""
    shutil.copytree(made, git.top, dirs_exist_ok=True)
    return GitJournal(git, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """A remote, and what makes clones of it."""

    origin: Path
    clone: Callable[[str], Git]


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Shared]:
    """Return an empty remote; its clones are closed afterwards."""
    origin = repos.bare(tmp_path / "origin.git")
    opened: list[Git] = []

    def clone(name: str) -> Git:
        opened.append(Git.open(repos.clone(origin, tmp_path / name)))
        return opened[-1]

    yield Shared(origin=origin, clone=clone)
    for each in opened:
        each.close()


def test_a_journal_begins_and_goes_on(git: Git) -> None:
    """The decider sees None, then each ledger that it made; entries come back as they went in."""
    kept = GitJournal(git, None)
    assert kept.ledger() is None
    assert kept.entries() == ()
    seen: list[Ledger | None] = []

    def decide(ledger: Ledger | None) -> Step:
        seen.append(ledger)
        return genesis("local") if ledger is None else adopted(ledger, "local/a", "local/b[x=1]")

    first, second = kept.append(decide), kept.append(decide)
    assert seen == [None, first]
    assert first == genesis("local").ledger
    assert second == kept.ledger() == GitJournal(git, None).ledger()
    steps = (genesis("local"), adopted(first, "local/a", "local/b[x=1]"))
    assert kept.entries() == steps[0].entries + steps[1].entries
    assert kept.append(lambda _: None) == second
    assert git.settings("jobgate.ledger") == ("ledger-one",)


def test_the_layout_is_as_written(git: Git, begun: GitJournal) -> None:
    """Each commit holds the entries that it added, the ledger, a file a job, and what stays."""
    tip = git.tip("jobgate-journal")
    tree = git.tree(tip)
    names = [canon.sha256(job) for job in (b"local/a", b"local/b")]
    jobs = sorted(f"jobs/{name[:2]}/{name}.json" for name in names)
    assert list(tree.paths("")) == [
        "entries.jsonl",
        *jobs,
        "ledger.json",
        "policy/one/jobgate.yaml",
    ]
    lines = tree.read("entries.jsonl")
    assert isinstance(lines, Blob)
    assert lines.content.count(b"\n") == 2
    assert begun.file("policy/one/jobgate.yaml") == b"people: {}\n"
    assert repos.run(git.top, "log", "--format=%s %aI", tip).splitlines() == [
        "2: adopted 2026-01-02T03:04:06+00:00",
        "0: genesis 2026-01-02T03:04:05+00:00",
    ]


def test_only_what_changed_is_written(git: Git, begun: GitJournal) -> None:
    """A step changes the files of its own jobs, and takes out those of jobs that are gone."""
    before = git.tree(git.tip("jobgate-journal"))
    begun.append(lambda ledger: adopted(ledger, "local/b", mark="specs/b.yaml"))
    after = git.tree(git.tip("jobgate-journal"))
    paths = before.paths("jobs")
    assert after.paths("jobs") == paths
    changed = [path for path in paths if before.entry(path) != after.entry(path)]
    assert changed == [heldjobs.path(JobId("local/b"))]

    def renamed(ledger: Ledger | None) -> Step:
        step = adopted(ledger, "local/c")
        jobs = {job: kept for job, kept in step.ledger.jobs.items() if job != "local/b"}
        return replace(step, ledger=replace(step.ledger, jobs=jobs))

    ledger = begun.append(renamed)
    assert ledger is not None
    assert set(ledger.jobs) == {"local/a", "local/c"}


def test_a_file_that_is_not_there_is_an_error(git: Git, begun: GitJournal) -> None:
    """A file that no append has put there is an error, and so is one of no journal."""
    with pytest.raises(RepositoryError, match="there is no such file"):
        begun.file("policy/two/jobgate.yaml")
    repos.run(git.top, "update-ref", "-d", journal.REF)
    repos.run(git.top, "update-ref", "-d", "refs/jobgate/seen/local/jobgate-journal")
    with pytest.raises(RepositoryError, match="there is no journal"):
        GitJournal(git, None).file("policy/one/jobgate.yaml")


def test_two_clones_append_everything_once(shared: Shared) -> None:
    """Entries that two clones append at the same time are all there, once, in one chain."""
    clones = [GitJournal(shared.clone(name), "origin") for name in ("one", "two")]
    clones[0].append(lambda _: genesis("remote"))

    def add(kept: GitJournal, job: str) -> None:
        kept.append(lambda ledger: adopted(ledger, job))

    def run(kept: GitJournal, name: str) -> None:
        for turn in range(2):
            add(kept, f"local/{name}{turn}")

    pairs = zip(clones, "ab", strict=True)
    threads = [threading.Thread(target=run, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = clones[0].entries()
    assert sorted(str(entry.job) for entry in entries[1:]) == sorted(
        f"local/{name}{turn}" for name in "ab" for turn in range(2)
    )
    assert clones[0].ledger() == clones[1].ledger()


def test_one_genesis_wins(shared: Shared) -> None:
    """Of two clones that begin a ledger, the second is asked again and sees the first's."""
    one, two = GitJournal(shared.clone("one"), "origin"), GitJournal(shared.clone("two"), "origin")

    def decide(ledger: Ledger | None) -> Step | None:
        if ledger is not None:
            return None
        one.append(lambda other: None if other else genesis("remote", "first"))
        return genesis("remote", "second")

    ledger = two.append(decide)
    assert ledger is not None
    assert ledger.id == "ledger-first"


def test_a_local_ledger_refuses_clones(git: Git, begun: GitJournal, tmp_path: Path) -> None:
    """A clone that has got hold of a local ledger's ref may not use it, locally or as a remote."""
    assert begun.ledger() is not None
    folder = repos.clone(git.top, tmp_path / "clone", "--branch", "jobgate-journal")
    with Git.open(folder) as clone:
        for remote in (None, "origin"):
            with pytest.raises(RepositoryError, match="it is local to the repository") as caught:
                GitJournal(clone, remote).ledger()
            assert caught.value.exit_code == 10


def test_a_remote_ledger_is_not_used_as_a_local_one(shared: Shared) -> None:
    """A clone whose journal is a remote's says so when it is asked for a local one."""
    clone = shared.clone("one")
    kept = GitJournal(clone, "origin")
    kept.append(lambda _: genesis("remote"))
    with pytest.raises(RepositoryError, match="the remote origin keeps one") as caught:
        GitJournal(clone, None).ledger()
    assert caught.value.mend == "name the remote origin"
    with pytest.raises(RepositoryError, match="the remote origin keeps one"):
        GitJournal(clone, None).append(lambda _: genesis("local"))
    with pytest.raises(RepositoryError, match="the remote origin keeps one"):
        GitJournal(clone, None).entries()
    repos.run(clone.top, "branch", "jobgate-journal", repos.head(shared.origin, journal.REF))
    with pytest.raises(RepositoryError, match="its ledger is kept on a remote"):
        GitJournal(clone, None).ledger()


def test_a_local_ledger_is_not_begun_again_on_a_remote(git: Git, begun: GitJournal) -> None:
    """A repository that keeps a ledger itself does not begin another one on a remote."""
    assert begun.ledger() is not None
    repos.run(git.top, "remote", "add", "origin", repos.bare(git.top / "origin.git").as_uri())
    with pytest.raises(RepositoryError, match="this repository keeps one of its own"):
        GitJournal(git, "origin").append(lambda _: genesis("remote"))


def test_where_a_journal_is_kept_is_found(shared: Shared) -> None:
    """Nowhere at first; then on the remote, for whom knows it and for whom has to ask."""
    one, two = shared.clone("one"), shared.clone("two")
    assert whereabouts.discover(one) == Where(mode="none")
    GitJournal(one, "origin").append(lambda _: genesis("remote"))
    there = Where(mode="remote", remote="origin")
    assert whereabouts.discover(one) == there
    assert two.refs("refs/remotes", "refs/jobgate") == {}
    assert whereabouts.discover(two) == there
    assert whereabouts.discover(shared.clone("three")) == there


def test_a_local_journal_is_found(git: Git, begun: GitJournal) -> None:
    """A journal of the repository's own is found there, and two of them are one too many."""
    assert begun.ledger() is not None
    assert whereabouts.discover(git) == Where(mode="local")
    repos.run(git.top, "remote", "add", "origin", "/nowhere")
    repos.run(git.top, "update-ref", "refs/remotes/origin/jobgate-journal", journal.REF)
    with pytest.raises(RepositoryError, match="this repository and origin keep one each"):
        whereabouts.discover(git)


@pytest.mark.parametrize(
    ("path", "change", "words"),
    [
        ("ledger.json", (b'"seq":2', b'"seq":3'), "not the one after its last entry"),
        ("ledger.json", (b'"seq":2', b'"seq":2.0'), "malformed"),
        ("ledger.json", (b'"mode":"local"', b'"mode":"other"'), "malformed"),
        ("ledger.json", (b"{", b"[" * 100_000), "malformed"),
        ("entries.jsonl", (b'"runner":"r1"', b'"runner":"r2"'), "not the one after its last"),
        ("entries.jsonl", (b'"v":1', b'"v": 1'), "not in canonical form"),
        ("entries.jsonl", (b'"v":1', b'"v":1,"x":1'), "not in canonical form"),
        ("entries.jsonl", (b'"v":1', b'"v":2'), "malformed"),
        ("entries.jsonl", (b"}\n", b"}"), "does not end with a line break"),
        ("entries.jsonl", (b"}\n", b"}\n\n"), "malformed"),
        ("jobs", (b'"local/a"', b'"local/z"'), "under the name of another one"),
        ("jobs", (b'"local/a"', b"7"), "malformed"),
    ],
)
def test_an_altered_tip_is_an_error(
    git: Git, begun: GitJournal, path: str, change: tuple[bytes, bytes], words: str
) -> None:
    """A tip whose files do not prove one another is refused, whoever put it there."""
    path = heldjobs.path(JobId("local/a")) if path == "jobs" else path
    found = git.tree(git.tip("jobgate-journal")).read(path)
    assert isinstance(found, Blob)
    assert change[0] in found.content
    put(git, {path: found.content.replace(*change)})
    with pytest.raises(RepositoryError, match=f"cannot trust the journal: .*{words}") as caught:
        gone_through(begun)
    assert caught.value.exit_code == 10
    with pytest.raises(RepositoryError, match=r"cannot trust the journal: "):
        begun.append(lambda ledger: adopted(ledger, "local/c"))


def test_a_job_that_is_missing_is_an_error(git: Git, begun: GitJournal) -> None:
    """A tip without one of its files is refused."""
    put(git, {"ledger.json": None})
    with pytest.raises(RepositoryError, match=r"cannot read ledger\.json"):
        begun.ledger()


def gone_through(kept: GitJournal) -> None:
    """Read the ledger with every job that it holds."""
    ledger = kept.ledger()
    assert ledger is not None
    assert dict(ledger.jobs)


def put(git: Git, files: Mapping[str, bytes | None]) -> None:
    """Add a commit to the chain as somebody with a right to push could."""
    Chain(git, journal.REF, None).append(lambda _: Files(files=files, message="by hand"))


def rewritten(git: Git, change: Callable[[Entry], Entry]) -> None:
    """Add a step whose entry was changed, the ledger with it, so that the tip alone is sound."""
    ledger = GitJournal(git, None).ledger()
    assert ledger is not None
    step = adopted(ledger, "local/c")
    entry = change(step.entries[0])
    after = replace(step.ledger, seq=entry.seq, last=wire.entry_hash(entry), id=entry.ledger)
    git.add_setting(journal.SETTING, entry.ledger)
    put(
        git,
        {
            "entries.jsonl": canon.encode(wire.entry(entry)) + b"\n",
            "ledger.json": canon.encode(wire.ledger_meta(after)) + b"\n",
            heldjobs.path(JobId("local/c")): canon.encode(wire.had(had("local/c"))) + b"\n",
        },
    )


CHANGES: Mapping[str, Callable[[Entry], Entry]] = {
    "a gap": lambda entry: replace(entry, seq=4),
    "a number twice": lambda entry: replace(entry, seq=2),
    "another hash": lambda entry: replace(entry, before=Sha256("0" * 64)),
    "no hash": lambda entry: replace(entry, before=None),
    "another ledger": lambda entry: replace(entry, ledger=LedgerId("another")),
    "a second genesis": lambda entry: replace(entry, kind=Kind.GENESIS),
}


@pytest.mark.parametrize("how", CHANGES)
def test_an_entry_that_does_not_follow_is_an_error(git: Git, begun: GitJournal, how: str) -> None:
    """A gap, another chain hash, another ledger or a second genesis is found by reading all."""
    assert len(begun.entries()) == 3
    rewritten(git, CHANGES[how])
    with pytest.raises(RepositoryError, match="does not follow from the one before it"):
        begun.entries()


def test_a_journal_without_a_genesis_is_an_error(git: Git, begun: GitJournal) -> None:
    """A chain that begins in the middle is no journal, though its tip may look like one."""
    tip = git.tip("jobgate-journal")
    lone = git.commit_with(NewCommit(base=git.tree(tip).oid, files={}, parents=(), message="lone"))
    for ref in (journal.REF, "refs/jobgate/seen/local/jobgate-journal"):
        repos.run(git.top, "update-ref", ref, lone)
    assert begun.ledger() is not None
    with pytest.raises(RepositoryError, match=r"entry 1 .* does not follow"):
        begun.entries()


def test_a_merge_is_an_error(git: Git, begun: GitJournal) -> None:
    """A journal with two histories is refused."""
    tip = git.tip("jobgate-journal")
    stranger = git.commit_with(
        NewCommit(base=git.tree(tip).oid, files={}, parents=(), message="stranger")
    )
    merge = git.commit_with(
        NewCommit(base=git.tree(tip).oid, files={}, parents=(tip, stranger), message="merge")
    )
    repos.run(git.top, "update-ref", journal.REF, merge)
    with pytest.raises(RepositoryError, match="is a merge"):
        begun.entries()


def test_a_shallow_clone_does_not_pass_for_the_whole(shared: Shared, tmp_path: Path) -> None:
    """Where a clone lacks the beginning of the journal, reading all of it is an error."""
    first = GitJournal(shared.clone("one"), "origin")
    first.append(lambda _: genesis("remote"))
    first.append(lambda ledger: adopted(ledger, "local/a"))
    folder = tmp_path / "shallow"
    repos.clone(shared.origin, folder, "--depth=1", "--branch=jobgate-journal")
    with Git.open(folder) as shallow:
        kept = GitJournal(shallow, "origin")
        assert kept.ledger() == first.ledger()
        with pytest.raises(RepositoryError, match="this clone lacks it") as caught:
            kept.entries()
        assert "git fetch --unshallow" in caught.value.mend


SPOILED: Mapping[str, Callable[[Step], Step]] = {
    "no entry": lambda step: replace(step, entries=()),
    "no hash": lambda step: replace(step, entries=(replace(step.entries[0], before=None),)),
    "an entry twice": lambda step: replace(step, entries=step.entries * 2),
    "another number": lambda step: replace(step, ledger=replace(step.ledger, seq=9)),
    "another last": lambda step: replace(step, ledger=replace(step.ledger, last=Sha256("0" * 64))),
    "a job's file": lambda step: replace(step, files={"jobs/x": b""}),
    "a way out": lambda step: replace(step, files={"policy/../ledger.json": b""}),
}


@pytest.mark.parametrize("how", SPOILED)
def test_an_inconsistent_step_is_not_written(git: Git, begun: GitJournal, how: str) -> None:
    """A step that the next reading would refuse is refused before anything is written."""
    tip = git.tip("jobgate-journal")
    with pytest.raises(RepositoryError, match="cannot"):
        begun.append(lambda ledger: SPOILED[how](adopted(ledger, "local/c")))
    assert git.tip("jobgate-journal") == tip
