"""A journal whose policy names runners is believed only as far as one of them has signed it."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import canon, narrow, wire
from runner.git import seals
from runner.git.gitwrite import NewCommit
from runner.git.repository import Git
from runner.keys import RunnerKey, SshKeys, public_key
from runner.model import Blob, Commit
from runner.platforms.embedded import Embedded
from tests import repos
from tests import site as sites
from tests.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.site import Ended

pytestmark = pytest.mark.stories

REF = "refs/heads/jobgate-journal"
VARIABLE = "JOBGATE_RUNNER_KEY"
RUNNER, NEXT = "ci", "next"


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a site whose policy names a runner, and the job `count` approved."""
    made = sites.make(tmp_path_factory.mktemp("pattern"), remote=True)
    for name in (RUNNER, NEXT):
        sites._keygen(made.root / name, name)
    name_runners(made, RUNNER)
    publish(made)
    adopted = made.jobgate("adopt", "--remote", "origin", "--runner-key", str(made.root / RUNNER))
    assert adopted.code == 0, adopted.err
    sites.count(made)
    publish(made)
    assert made.approve().code == 0
    return made.root


@pytest.fixture
def site(pattern: Path, tmp_path: Path) -> Site:
    """Return a copy of the site, whose state and remote are its own."""
    shutil.copytree(pattern, tmp_path / "site")
    made = Site(tmp_path / "site")
    made.git("remote", "set-url", "origin", str(remote(made)))
    return made


def remote(site: Site) -> Path:
    """Return the bare repository that keeps the ledger."""
    return site.root / "remote.git"


def name_runners(site: Site, *names: str) -> None:
    """Let the policy of the working tree name these runners, and no others."""
    text = (site.repository / "jobgate.yaml").read_text(encoding="utf-8").partition("runners:")[0]
    lines = [f"  - {(site.root / f'{name}.pub').read_text().strip()}\n" for name in names]
    site.write("jobgate.yaml", text + ("runners:\n" + "".join(lines) if lines else ""))


def publish(site: Site) -> None:
    """Commit everything, and push it."""
    site.commit("Change")
    site.git("push", "-q", "origin", "main")


def accept(site: Site, *names: str) -> None:
    """Publish a policy that names these runners, with the consent that it needs."""
    name_runners(site, *names)
    publish(site)
    assert site.approve("@policy").code == 0


def applied(site: Site, name: str = RUNNER) -> Ended:
    """Apply with a runner's key."""
    return site.jobgate("apply", "--runner-key", str(site.root / name))


def clone(site: Site) -> Site:
    """Return the same site in a clone that has seen nothing yet."""
    site.git("clone", "-q", str(remote(site)), str(site.root / "fresh"))
    return replace(site, name="fresh")


def jobs(site: Site) -> int:
    """Return how many jobs the platform has."""
    platform = Embedded(site.root / "state" / "local", None)
    try:
        return len(platform.find("", ("biz", "2")))
    finally:
        platform.close()


def tip(site: Site) -> str:
    """Return the newest commit of the remote's journal."""
    return repos.head(remote(site), REF)


def proof(site: Site) -> tuple[bool, str]:
    """Return whether the signatures hold by `verify`, and what it says of them."""
    shown = site.jobgate("verify", "--format", "json").tree
    proofs = narrow.items(shown, "proofs")
    told = [each for each in proofs if narrow.text(each, "name") == "signatures"]
    found = told[0]  # one a record
    assert told == [found] * len(told)
    return narrow.boolean(found, "holds", default=False), narrow.text(found, "detail")


def halts(site: Site, *words: str) -> None:
    """See that nobody believes the journal as it is, and that nothing comes of an apply."""
    before, had = jobs(site), tip(site)
    for ended in (site.jobgate("plan"), applied(site), applied(clone(site))):
        assert ended.code == 10, ended.out + ended.err
        assert all(each in ended.err for each in ("cannot trust the journal: ", *words)), ended.err
    assert (jobs(site), tip(site)) == (before, had)


# ---------------------------------------------------------------- with the key, and without


def test_every_commit_is_signed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key may be named by a variable; who only reads needs none."""
    monkeypatch.setenv(VARIABLE, str(site.root / RUNNER))
    assert site.jobgate("apply").code == 0
    monkeypatch.delenv(VARIABLE)
    assert proof(site) == (True, "6 of 6 commits that runners had to sign")
    for commit in repos.run(remote(site), "rev-list", REF).split():
        assert f"\n{seals.HEADER.decode()} -----BEGIN SSH SIGNATURE-----" in repos.run(
            remote(site), "cat-file", "commit", commit
        )

    fresh = clone(site)
    for command in ("plan", "status", "records", "verify"):
        assert fresh.jobgate(command).code == 0
    doctor = fresh.jobgate("doctor")
    assert "a runner signed all of the 6 commits that need it" in doctor.out
    repos.run(remote(site), "fsck", "--strict")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "the policy in force names runners, and no key was given"),
        (("--runner-key", "{root}/next"), "does not name ssh-ed25519 AAAA"),
        (("--runner-key", "{root}/none"), "cannot get an answer from ssh-keygen"),
    ],
)
def test_who_cannot_sign_adds_and_submits_nothing(
    site: Site, words: tuple[str, ...], said: str
) -> None:
    """It is told at once, before anything is looked at or sent; a dry run needs no key."""
    before = tip(site)
    given = [each.format(root=site.root) for each in words]
    for command in (("apply",), ("reconcile",), ("stop", "count", "--reason", "late")):
        ended = site.jobgate(*command, *given)
        assert (ended.code, said in ended.err) == (10, True), ended.err
        assert "cannot add to the journal: " in ended.err
        assert "\nmend: " in ended.err
    assert (jobs(site), tip(site)) == (0, before)
    assert site.jobgate("apply", "--dry-run").code == 0


def test_a_key_that_cannot_sign(site: Site) -> None:
    """Its public half is listed, and it has a passphrase that nobody is there to type."""
    key = site.root / RUNNER
    subprocess.run(("ssh-keygen", "-q", "-p", "-P", "", "-N", "secret", "-f", str(key)), check=True)
    ended = applied(site)

    assert (ended.code, "`ssh-add`" in ended.err) == (10, True), ended.err
    assert jobs(site) == 0


def test_a_ledger_is_not_begun_unsigned(site: Site) -> None:
    """Where the first policy names runners, the genesis itself is signed."""
    repos.run(remote(site), "update-ref", "-d", REF)
    fresh = clone(site)
    ended = fresh.jobgate("adopt", "--remote", "origin")

    assert (ended.code, "no key was given" in ended.err) == (10, True)
    assert repos.run(remote(site), "for-each-ref", REF) == ""


# ---------------------------------------------------------------- what somebody pushed


def forged(site: Site, change: Callable[[Git, Commit], Commit]) -> None:
    """Put what `change` makes of the tip in its place, as whoever may push can."""
    with Git.open(site.repository) as git:
        made = change(git, Commit(tip(site)))
    site.git("push", "-q", "origin", f"{made}:{REF}")


def upon(git: Git, parent: Commit, files: dict[str, bytes | None]) -> Commit:
    """Return an unsigned commit upon `parent` with files altered."""
    base = git.tree(parent).oid
    return git.commit_with(NewCommit(base=base, files=files, parents=(parent,), message="forged"))


def said(git: Git, commit: Commit, path: str) -> bytes:
    """Return a file of a commit."""
    blob = git.tree(commit).read(path)
    assert isinstance(blob, Blob)
    return blob.content


def unsigned(git: Git, parent: Commit) -> Commit:
    """Add a commit that changes nothing."""
    return upon(git, parent, {})


def snapshot(git: Git, parent: Commit) -> Commit:
    """Say in the snapshot that another commit was acted on; the entries say nothing of it."""
    meta = said(git, parent, "ledger.json")
    head = narrow.text(wire.loads(meta), "head")
    return upon(git, parent, {"ledger.json": meta.replace(head.encode(), b"1" * 40)})


def lifted(git: Git, parent: Commit) -> Commit:
    """Give a forged commit the signature of the tip."""
    made = git.objects.commit(snapshot(git, parent))
    line = next(each for each in git.objects.commit(parent).headers if seals.HEADER in each)
    headers = git.objects.commit(parent).headers
    value = headers[headers.index(line) :]
    return git.keep_commit(b"\n".join((*made.headers, *value)) + b"\n\n" + made.message)


def named(git: Git, parent: Commit, keys: tuple[str, ...]) -> Commit:
    """Let the journal itself name other runners, without any consent, unsigned."""
    meta = wire.loads(said(git, parent, "ledger.json"))
    assert isinstance(meta, dict)
    policy = dict(narrow.mapping(meta, "policy"))
    policy.pop("runners", None)
    meta["policy"] = policy | ({"runners": [*keys]} if keys else {})
    return upon(
        git,
        parent,
        {
            "ledger.json": canon.encode(meta) + b"\n",
            seals.FILE: seals.content(keys, 99) if keys else None,
        },
    )


def self_named(git: Git, parent: Commit) -> Commit:
    """Name another runner, and let that one sign what follows."""
    key = git.top.parent / "other"
    keys = (public_key(str(key)),)
    first = named(git, parent, keys)
    return seals.Seals(git, RunnerKey(key)).sealed(upon(git, first, {"x": b"x"}), keys)


def unnamed(git: Git, parent: Commit) -> Commit:
    """Name no runner any more, and go on unsigned."""
    return upon(git, named(git, parent, ()), {"x": b"x"})


def by_an_approver(git: Git, parent: Commit) -> Commit:
    """Sign with the runner's key, in the namespace of approvals."""

    class Approver(RunnerKey):
        """Signs what an approver would."""

        def sign(self, statement: bytes) -> str:
            """Sign in the other namespace."""
            return SshKeys().sign(statement, str(key))

    key = git.top.parent / RUNNER
    keys = (public_key(str(key)),)
    return seals.Seals(git, Approver(key)).sealed(unsigned(git, parent), keys)


def by_a_person(git: Git, parent: Commit) -> Commit:
    """Sign with the key of a person whom the policy names, and not among its runners."""
    key = git.top.parent / sites.REVIEWER
    return seals.Seals(git, RunnerKey(key)).sealed(unsigned(git, parent), (public_key(str(key)),))


FORGERIES = (unsigned, snapshot, lifted, self_named, unnamed, by_an_approver, by_a_person)


@pytest.mark.parametrize("change", FORGERIES)
def test_what_no_runner_signed_is_not_believed(
    site: Site, change: Callable[[Git, Commit], Commit]
) -> None:
    """Neither by a clone that saw what was there before, nor by one that sees it first."""
    forged(site, change)

    halts(site, "is not signed by a runner who could sign it", "put its ref back")
    assert site.jobgate("status").code == 10


def test_what_was_forged_is_undone(site: Site) -> None:
    """The ref is put back and accepted by the mend; what was signed is still there, and goes on."""
    before = tip(site)
    forged(site, unsigned)
    halts(site)
    repos.run(remote(site), "update-ref", REF, before)
    rolled = applied(site)
    assert (rolled.code, "was rewritten or rolled back" in rolled.err) == (10, True)
    mend = rolled.err.partition("run `git ")[2].partition("`")[0]
    site.git(*mend.split())

    assert applied(site).code == 0
    assert proof(site) == (True, "6 of 6 commits that runners had to sign")


# ---------------------------------------------------------------- other runners, and none


def test_another_runner_takes_over(site: Site) -> None:
    """Both are named for a while; nobody accepts a policy under which they could not go on."""
    accept(site, NEXT)
    locked = applied(site)
    assert (locked.code, "does not name" in locked.err, jobs(site)) == (10, True, 0)
    accept(site, RUNNER, NEXT)
    assert applied(site).code == 0
    accept(site, NEXT)
    assert applied(site, NEXT).code == 0
    gone = applied(site)
    assert (gone.code, "does not name" in gone.err) == (10, True)

    holds, detail = proof(site)
    assert (holds, detail) == (True, "8 of 8 commits that runners had to sign")
    assert clone(site).jobgate("verify").code == 0


def test_signing_ends_as_it_began(site: Site) -> None:
    """The last signature is that of the policy which names no runner."""
    accept(site)
    assert applied(site).code == 0
    assert site.jobgate("apply").code == 0

    assert proof(site) == (True, "2 of 2 commits that runners had to sign")
    assert clone(site).jobgate("plan").code == 0


def test_runners_that_no_policy_names(tmp_path: Path) -> None:
    """What the journal says of them is held against the text of the policy in force."""
    site = sites.adopted(tmp_path, remote=True)
    key = public_key(str(site.root / sites.OTHER))
    forged(site, lambda git, parent: named(git, parent, (key,)))

    for ended in (site.jobgate("plan"), applied(site, sites.OTHER)):
        assert (ended.code, "cannot read the policy in force" in ended.err) == (10, True)
    assert jobs(site) == 0


def test_signing_begins_with_a_policy(tmp_path: Path) -> None:
    """Whoever accepts it must be able to go on; from the next commit on all are signed."""
    site = sites.adopted(tmp_path, remote=True)
    sites._keygen(site.root / RUNNER, RUNNER)
    assert site.approve().code == 0
    accept(site, RUNNER)
    locked = site.jobgate("apply")
    assert (locked.code, "no key was given" in locked.err, jobs(site)) == (10, True, 0)
    assert applied(site).code == 0

    assert proof(site) == (True, "5 of 5 commits that runners had to sign")
    forged(site, unsigned)
    halts(site)
