"""What jobgate stands on, examined on real repositories: each fault is seen, and hides no other."""

from __future__ import annotations

import dataclasses
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from runner import history, journal, wire
from runner.checkup import Grade
from runner.cli import compose
from runner.errors import CheckError
from runner.git.chain import Chain, Files
from runner.git.gitwrite import NewCommit
from runner.git.repository import Git
from runner.model import Entry, JobId, Kind, Ledger, Step
from runner.pipeline import examining
from runner.pipeline.probing import Wish
from tests import repos
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.checkup import Check
    from runner.pipeline.ports import Program

pytestmark = pytest.mark.stories

NAME = "jobgate-journal"
APPROVALS = "refs/heads/jobgate-approvals"
FINE = Grade.OK


@dataclass(frozen=True, slots=True)
class Told:
    """A program that says what it is told to."""

    numbers: tuple[int, int] = (9, 9)
    untried: str = ""
    error: CheckError | None = None

    def version(self) -> tuple[int, int]:
        """Return the numbers, or raise."""
        if self.error is not None:
            raise self.error
        return self.numbers

    def trial(self) -> str:
        """Return what was not tried, or raise."""
        if self.error is not None:
            raise self.error
        return self.untried


WELL = Told()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sites.Site:
    """Return a site with a ledger on a remote, and the surroundings that it works in."""
    (tmp_path / "site").mkdir()
    made = sites.adopted(tmp_path / "site", remote=True)
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    return made


def seen(folder: Path, *, git: Program = WELL, ssh: Program = WELL) -> list[Check]:
    """Return everything that is found in a folder."""
    with compose.means(folder) as means:
        replaced = dataclasses.replace(means, git=git, ssh=ssh)
        return list(examining.examined(replaced, Wish()))


def grades(checks: list[Check]) -> dict[str, Grade]:
    """Return the grade of each check."""
    return {f"{each.about} {each.name}": each.grade for each in checks}


def wrong(checks: list[Check]) -> dict[str, Grade]:
    """Return those that are not well, but for the one of a remote that nobody protects."""
    return {
        name: grade
        for name, grade in grades(checks).items()
        if grade is not FINE and not name.endswith(" push")
    }


def of(checks: list[Check], name: str) -> Check:
    """Return the one check of a name, such as `journal tip`."""
    (only,) = (each for each in checks if f"{each.about} {each.name}" == name)
    return only


def remote(site: sites.Site) -> Path:
    """Return the folder of the remote."""
    return site.root / "remote.git"


# ---------------------------------------------------------------- a sound one


def test_all_is_well(site: sites.Site) -> None:
    """Each thing was looked at, and the folder of the platform was not made."""
    repos.run(remote(site), "config", "receive.denyNonFastForwards", "true")
    assert site.approve().code == 0
    found = seen(site.repository)

    assert set(grades(found).values()) == {FINE}
    assert list(grades(found)) == [
        "git version",
        "git push",
        "openssh version",
        "openssh signature",
        "repository history",
        "journal place",
        "journal tip",
        "approvals tip",
        "journal name",
        "journal push",
        "approvals statements",
        "approvals name",
        "approvals push",
        "journal entries",
        "policy text",
        "platform folder",
    ]
    assert "on the remote origin" in of(found, "journal place").seen
    assert "a dry run ends before they are asked" in of(found, "journal push").unseen
    assert "1 commits in one line" in of(found, "approvals statements").seen
    assert not (site.root / "state").exists()


def test_a_ledger_that_is_kept_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is pushed, so that nothing is tried."""
    (tmp_path / "site").mkdir()
    made = sites.adopted(tmp_path / "site")
    monkeypatch.setenv("JOBGATE_DATA", str(tmp_path / "state"))
    found = seen(made.repository)

    assert set(grades(found).values()) == {FINE}
    assert "in this repository alone" in of(found, "journal place").seen
    assert "journal push" not in grades(found)


def test_before_there_is_a_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is no failure; the policy is that of HEAD, and not in force."""
    (tmp_path / "site").mkdir()
    monkeypatch.setenv("JOBGATE_DATA", str(tmp_path / "state"))
    found = seen(sites.make(tmp_path / "site").repository)

    assert wrong(found) == {"journal place": Grade.WARNING}
    assert "of HEAD, not in force" in of(found, "policy text").seen


# ---------------------------------------------------------------- programs and repository


@pytest.mark.parametrize(
    ("program", "of_git", "of_ssh"),
    [
        (Told((2, 31)), Grade.WARNING, Grade.FAILURE),
        (Told((2, 39)), FINE, Grade.FAILURE),
        (Told((8, 4)), FINE, Grade.FAILURE),
        (Told((8, 9)), FINE, FINE),
    ],
)
def test_versions(tmp_path: Path, program: Told, of_git: Grade, of_ssh: Grade) -> None:
    """An old git is worth a look, an OpenSSH without signatures of ours is a failure."""
    found = seen(tmp_path, git=program, ssh=program)

    assert (grades(found)["git version"], grades(found)["openssh version"]) == (of_git, of_ssh)


def test_programs_that_are_not_there(tmp_path: Path) -> None:
    """OpenSSH is tried all the same: only `ssh` may be missing."""
    missing = Told(error=CheckError("cannot find it", mend="install it"))
    found = seen(tmp_path, git=missing, ssh=missing)

    assert grades(found) == {
        "git version": Grade.FAILURE,
        "openssh version": Grade.FAILURE,
        "openssh signature": Grade.FAILURE,
        "repository open": Grade.FAILURE,
    }


def test_what_could_not_be_tried_is_a_warning(tmp_path: Path) -> None:
    """It is named."""
    found = seen(tmp_path, git=Told(untried="a push: it is forbidden"))

    assert of(found, "git push").grade is Grade.WARNING
    assert "cannot try a push: it is forbidden" in of(found, "git push").seen


def test_a_shallow_clone(site: sites.Site) -> None:
    """It is told how the rest is fetched."""
    clone = repos.clone(remote(site), site.root / "shallow", "--depth=1")

    assert wrong(seen(clone)) == {"repository history": Grade.WARNING}


# ---------------------------------------------------------------- refs


def test_a_tip_that_was_rewritten_hides_nothing_else(site: sites.Site) -> None:
    """The journal is not read any further; approvals, policy and platforms are looked at."""
    repos.run(remote(site), "update-ref", f"refs/heads/{NAME}", "main")
    found = seen(site.repository)

    assert wrong(found) == {"journal tip": Grade.FAILURE}
    assert "was rewritten or rolled back" in of(found, "journal tip").seen
    assert {"approvals tip", "journal push", "platform folder"} < grades(found).keys()
    assert "of HEAD, not in force" in of(found, "policy text").seen


def test_a_journal_that_is_gone(site: sites.Site) -> None:
    """A clone that has only fetched it knows no better than that it was there."""
    clone = repos.clone(remote(site), site.root / "another")
    repos.run(remote(site), "update-ref", "-d", f"refs/heads/{NAME}")
    found = seen(clone)

    assert wrong(found) == {"journal tip": Grade.FAILURE}
    assert "is gone" in of(found, "journal tip").seen


def test_a_tag_of_the_journals_name(site: sites.Site) -> None:
    """It is named with its place; jobgate itself is not led astray, so it is no failure."""
    repos.run(remote(site), "tag", NAME, "main")
    found = seen(site.repository)

    assert wrong(found) == {"journal name": Grade.WARNING}
    assert f"refs/tags/{NAME} on origin" in of(found, "journal name").seen


def test_a_branch_of_that_name_in_this_clone(site: sites.Site) -> None:
    """One that is at another commit may be taken for the journal."""
    site.git("update-ref", f"refs/heads/{NAME}", "main")
    found = seen(site.repository)

    assert wrong(found) == {"journal tip": Grade.WARNING}
    site.git("update-ref", "-d", f"refs/heads/{NAME}")
    assert wrong(seen(site.repository)) == {}


def test_a_statement_that_was_taken_out(site: sites.Site) -> None:
    """The commit that did it is named."""
    assert site.approve().code == 0
    with Git.open(site.repository) as git:
        chain = Chain(git, APPROVALS, "origin")
        tip = chain.tip()
        assert tip is not None
        (path,) = git.tree(tip).paths("")
        taken = chain.append(lambda _: Files(files={path: None}, message="tidy"))
    found = seen(site.repository)

    assert wrong(found) == {"approvals statements": Grade.WARNING}
    assert str(taken) in of(found, "approvals statements").mend


def _hooked(site: sites.Site) -> None:
    repos.hook(remote(site), "update", "exit 1")


def _unprotected(site: sites.Site) -> None:
    repos.run(remote(site), "config", "receive.denyNonFastForwards", "false")


def _elsewhere(site: sites.Site) -> None:
    other = repos.bare(site.root / "other.git")
    site.git("remote", "set-url", "--push", "origin", str(other))


def _gone(site: sites.Site) -> None:
    site.git("remote", "set-url", "--push", "origin", str(site.root / "gone.git"))


@pytest.mark.parametrize(
    ("fault", "grade", "words"),
    [
        (_hooked, Grade.WARNING, "hooks that may refuse: update"),
        (_unprotected, Grade.WARNING, "takes forced pushes"),
        (_elsewhere, Grade.FAILURE, "pushed to at another place"),
        (_gone, Grade.FAILURE, "cannot push to refs/heads/jobgate-journal on origin"),
    ],
)
def test_what_stands_against_a_push(
    site: sites.Site, fault: Callable[[sites.Site], None], grade: Grade, words: str
) -> None:
    """As far as it can be seen without one; nothing is left on the remote."""
    fault(site)
    before = repos.run(remote(site), "for-each-ref")
    push = of(seen(site.repository), "journal push")

    assert (push.grade, words in push.seen) == (grade, True), push
    assert repos.run(remote(site), "for-each-ref") == before


def test_a_remote_out_of_reach(site: sites.Site) -> None:
    """What can be looked at without it is looked at."""
    remote(site).rename(site.root / "away.git")
    found = seen(site.repository)

    assert grades(found)["journal tip"] is Grade.FAILURE
    assert grades(found)["journal push"] is Grade.FAILURE
    assert grades(found)["policy text"] is FINE


def test_two_journals(site: sites.Site) -> None:
    """Nobody can tell which one counts; the rest is looked at."""
    site.git("update-ref", f"refs/jobgate/seen/local/{NAME}", "HEAD")
    found = seen(site.repository)

    assert wrong(found) == {"journal place": Grade.FAILURE}
    assert "cannot tell which journal counts" in of(found, "journal place").seen
    assert grades(found)["platform folder"] is FINE


# ---------------------------------------------------------------- what the journal says


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sites.Site:
    """Return a site with a ledger of its own that took one job as had."""
    (tmp_path / "site").mkdir()
    made = sites.make(tmp_path / "site")
    made.write("specs/count.yaml", sites.SPEC.format(counter="c"))
    made.commit("Count")
    assert made.jobgate("adopt").code == 0
    monkeypatch.setenv("JOBGATE_DATA", str(tmp_path / "state"))
    return made


def test_a_ledger_that_its_entries_do_not_add_up_to(local: sites.Site) -> None:
    """Somebody altered the snapshot in the commit that brought it."""
    ref = f"refs/heads/{NAME}"
    with Git.open(local.repository) as git:
        tip = git.commit(ref)
        (path,) = git.tree(tip).paths("jobs")
        content = local.git("cat-file", "blob", f"{tip}:{path}").replace('"run":1', '"run":7')
        files = {path: content.encode() + b"\n"}
        base = git.tree(tip).oid
        made = git.commit_with(NewCommit(base=base, files=files, parents=(), message="as if"))
        assert git.update_ref(ref, made, tip)
        assert git.update_ref(f"refs/jobgate/seen/local/{NAME}", made, tip)
    found = seen(local.repository)

    assert wrong(found) == {"journal entries": Grade.FAILURE}
    assert "do not add up to the ledger" in of(found, "journal entries").seen
    assert "in force since" in of(found, "policy text").seen


def test_an_entry_that_could_not_have_come_about(local: sites.Site) -> None:
    """A chain whose hashes hold may still tell what cannot be."""

    def decide(ledger: Ledger | None) -> Step:
        assert ledger is not None
        (had,) = ledger.jobs.values()
        entry = Entry(
            v=1,
            seq=ledger.seq + 1,
            kind=Kind.STARTED,
            ledger=ledger.id,
            platform="local",
            key=None,
            job=JobId(had.job),
            effect=had.effect,
            digest=had.digest,
            head=ledger.head,
            runner="r",
            at="2026-01-02T03:04:05Z",
            before=ledger.last,
            data={},
        )
        after = dataclasses.replace(ledger, seq=entry.seq, last=wire.entry_hash(entry))
        return Step(entries=(entry,), ledger=after, files={})

    with Git.open(local.repository) as git:
        journal.GitJournal(git, None).append(decide)
    found = seen(local.repository)

    assert wrong(found) == {"journal entries": Grade.FAILURE}
    assert history.ImpossibleEntryError.__name__ not in of(found, "journal entries").seen


def test_a_policy_that_cannot_be_read(tmp_path: Path) -> None:
    """Its first finding is told at its line; there are no platforms to look at."""
    (tmp_path / "site").mkdir()
    made = sites.make(tmp_path / "site")
    made.edit("jobgate.yaml", "kind: Policy", "kind: Polity")
    made.commit("Mistype")
    found = seen(made.repository)

    assert grades(found)["policy text"] is Grade.FAILURE
    assert of(found, "policy text").seen.startswith("jobgate.yaml:2: ")
    assert not [each for each in found if each.about == "platform"]


def test_a_repository_without_a_commit(tmp_path: Path) -> None:
    """There is nothing to read a policy from."""
    found = seen(repos.make(tmp_path / "empty"))

    assert wrong(found) == {"journal place": Grade.WARNING, "policy text": Grade.FAILURE}
    assert (
        subprocess.run(
            ("git", "for-each-ref"), cwd=tmp_path / "empty", check=True, capture_output=True
        ).stdout
        == b""
    )
