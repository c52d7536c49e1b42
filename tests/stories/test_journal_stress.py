"""The journal under stress: whatever happens to it, nothing is submitted that it does not hold.

Each story asks the platform itself what was created and started there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import narrow, wire, witness
from runner.cli import compose
from runner.errors import gravest
from runner.git import leftovers
from runner.handles import Handle
from runner.model import JobId, Key, LedgerId, PlatformEntry
from runner.pipeline import applying, planning
from runner.pipeline.wave import Task
from runner.pipeline.witnessing import Lookout
from runner.platforms.embedded import Embedded
from runner.progress import Status
from tests import repos, serving
from tests import site as sites
from tests.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runner.witness import Sighting
    from tests.site import Ended

pytestmark = pytest.mark.stories

REF = "refs/heads/jobgate-journal"
SCOPE = ("biz", "2")
WAITS, RAN = Status.WAITING, Status.SUCCEEDED
WHOLE = ("intended", "created", "starting", "started", "ended")


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a site with a remote that keeps its ledger, and the job `count` approved."""
    made = sites.adopted(tmp_path_factory.mktemp("pattern"), remote=True)
    assert made.approve().code == 0
    return made.root


@pytest.fixture(scope="module")
def lone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a site that keeps its ledger itself, and the job `count` approved."""
    made = sites.adopted(tmp_path_factory.mktemp("lone"))
    assert made.approve().code == 0
    return made.root


def copied(pattern: Path, root: Path) -> Site:
    """Return a copy of a site, whose state and remote are its own."""
    shutil.copytree(pattern, root)
    return Site(root)


@pytest.fixture
def site(pattern: Path, tmp_path: Path) -> Site:
    """Return a copy of the site with a remote."""
    made = copied(pattern, tmp_path / "site")
    made.git("remote", "set-url", "origin", str(remote(made)))
    return made


@pytest.fixture
def local(lone: Path, tmp_path: Path) -> Site:
    """Return a copy of the site that keeps its ledger itself."""
    return copied(lone, tmp_path / "site")


def remote(site: Site) -> Path:
    """Return the bare repository that keeps the ledger."""
    return site.root / "remote.git"


def clone(site: Site, name: str = "fresh") -> Site:
    """Return the same site in a clone that has seen nothing yet."""
    site.git("clone", "-q", str(remote(site)), str(site.root / name))
    return replace(site, name=name)


def jobs(site: Site) -> list[Status]:
    """Return the states of all jobs that the platform has, oldest first."""
    with contextlib.closing(Embedded(site.root / "state" / "local", None)) as platform:
        return [each.status for each in platform.listed(SCOPE, 0)]


def kinds(site: Site) -> list[str]:
    """Return the kinds of the journal's entries, as they lie on the remote."""
    commits = repos.run(remote(site), "log", "--reverse", "--format=%H", REF).split()
    texts = [repos.run(remote(site), "show", f"{each}:entries.jsonl") for each in commits]
    lines = [line for text in texts for line in text.splitlines()]
    return [narrow.text(wire.loads(line), "kind") for line in lines]


def refused(ended: Ended, *words: str) -> None:
    """See that a command ended with 10, and said why and what to do."""
    assert ended.code == 10, ended.out + ended.err
    assert ended.err.count("\nmend: ") == 1
    for each in words:
        assert each in ended.err


def another_run(site: Site, run: int = 2) -> None:
    """Set `run`, and have it approved and published."""
    had = (site.repository / "specs/count.yaml").read_text(encoding="utf-8")
    site.edit("specs/count.yaml", had[had.index("run: ") :][:6], f"run: {run}")
    site.commit("Again")
    site.git("push", "-q", "origin", "main")
    assert site.approve().code == 0


# ---------------------------------------------------------------- a remote that says no


@pytest.mark.parametrize(
    ("hook", "script"),
    [
        ("pre-receive", "echo protected branch >&2; exit 1"),
        ("update", f'[ "$1" != {REF} ] || {{ echo protected branch >&2; exit 1; }}'),
    ],
)
def test_a_remote_that_rejects(site: Site, hook: str, script: str) -> None:
    """Its words are shown, and nothing comes to the platform; once it lets go, the job runs."""
    repos.hook(remote(site), hook, script)
    refused(site.jobgate("apply"), "the remote refused it", "hook declined", "branch rules there")
    assert (jobs(site), kinds(site)) == ([], ["genesis"])

    (remote(site) / "hooks" / hook).unlink()
    assert site.jobgate("apply").code == 0
    assert jobs(site) == [RAN]


@pytest.mark.parametrize(
    ("step", "left", "after"),
    [("created", [WAITS], [WAITS, RAN]), ("starting", [WAITS], [RAN])],
)
def test_a_remote_that_rejects_half_way(
    site: Site, step: str, left: list[Status], after: list[Status]
) -> None:
    """What was created waits, and no job starts whose `created` and `starting` are not there."""
    says_no = f'! git log -1 --format=%s "$3" | grep -q ": {step}$"'
    repos.hook(remote(site), "update", says_no)
    refused(site.jobgate("apply"), "the remote refused it")
    assert (jobs(site), step in kinds(site)) == (left, False)

    (remote(site) / "hooks" / "update").unlink()
    assert site.jobgate("apply").code == 0
    assert jobs(site) == after


# ---------------------------------------------------------------- a tip that does not go on


def move(site: Site, how: str) -> None:
    """Do to the remote's journal what whoever may force a push can do."""
    if how == "deleted":
        repos.run(remote(site), "update-ref", "-d", REF)
        return
    to = f"{REF}~3"
    if how == "rewritten":
        tree = repos.run(remote(site), "rev-parse", f"{REF}^{{tree}}")
        to = repos.run(remote(site), "commit-tree", tree, "-p", f"{REF}~1", "-m", "other")
    repos.run(remote(site), "update-ref", REF, repos.run(remote(site), "rev-parse", to))


@pytest.mark.parametrize("how", ["rolled back", "rewritten", "deleted"])
def test_a_tip_that_this_clone_saw_otherwise(site: Site, how: str) -> None:
    """Neither a plan nor an apply believes it, whatever else there would be to run."""
    assert site.jobgate("apply").code == 0
    another_run(site)
    move(site, how)
    for command in ("plan", "apply", "reconcile"):
        refused(site.jobgate(command), "was rewritten or rolled back", "git update-ref -d")
    assert jobs(site) == [RAN]


def keep(site: Site, commits: int) -> None:
    """Roll the remote's journal back to its first so many commits."""
    kept = repos.run(remote(site), "rev-list", "--reverse", REF).split()[commits - 1]
    repos.run(remote(site), "update-ref", REF, kept)


def test_a_fresh_clone_of_what_was_rolled_back(site: Site) -> None:
    """A name on the platform tells that there was more, before anything is added or created."""
    assert site.jobgate("apply").code == 0
    keep(site, 1)
    ended = clone(site).jobgate("apply")

    refused(ended, "it was rolled back to entry 0; job 1 of local was created after entry 1")
    assert (jobs(site), kinds(site)) == ([RAN], ["genesis"])


def test_a_fresh_clone_in_which_something_else_is_next(site: Site) -> None:
    """The key of what was lost is not the one that comes next; its number tells all the same."""
    assert site.jobgate("apply").code == 0
    ended = kinds(site)
    another_run(site, 2)
    assert site.jobgate("apply").code == 0
    keep(site, len(ended))
    fresh = clone(site)
    another_run(fresh, 3)

    refused(fresh.jobgate("apply"), "it was rolled back to entry 5; job 2 of local was created")
    assert (jobs(site), kinds(site)) == ([RAN, RAN], ended)
    remarked = fresh.jobgate("reconcile")
    assert (remarked.code, "rolled-back local, job 2 there" in remarked.out) == (10, True)


@pytest.mark.parametrize(("commits", "said"), [(2, "its key is borne by"), (3, "before it was")])
def test_a_journal_that_was_rolled_back_into_a_submission(
    site: Site, commits: int, said: str
) -> None:
    """What is announced, or waits by the journal, and was started there: nobody knows what ran."""
    assert site.jobgate("apply").code == 0
    keep(site, commits)
    fresh = clone(site)
    ended = fresh.jobgate("apply")

    assert (ended.code, said in ended.out) == (8, True), ended.out
    assert (jobs(site), kinds(site)[commits:]) == ([RAN], ["unknown"])
    assert fresh.jobgate("apply").code == 8


# ---------------------------------------------------------------- names that somebody gave


def plant(site: Site, end: str, *, start: bool = True) -> None:
    """Create a job whose name ends like one of ours, behind jobgate's back."""
    with contextlib.closing(Embedded(site.root / "state" / "local", None)) as platform:
        body = serving.body("true", task_name=f"x jobgate:{end}", start_task=start)
        handle = Handle(job=platform.create(body).job, step=0, scope=SCOPE)
        serving.until(lambda: not start or platform.status(handle).finished)


def key(site: Site) -> str:
    """Return the key of the submission of `count` that comes first."""
    shown = site.jobgate("apply", "--dry-run", "--format", "json").tree
    return narrow.text(narrow.items(shown, "calls")[0], "key")


def ledger(site: Site) -> LedgerId:
    """Return the ledger's id."""
    return LedgerId(narrow.text(site.plan(), "ledger"))


def test_a_planted_name_makes_jobgate_stop_until_a_person_says_so(site: Site) -> None:
    """It has the ledger's tag and a number that no entry has; it is named, and passed over."""
    plant(site, f"{'0' * 64}.zz.{witness.tag(ledger(site))}", start=False)
    refused(site.jobgate("apply"), "was created after entry 1295", "`--planted local/1`")
    assert (jobs(site), kinds(site)) == ([WAITS], ["genesis"])

    for wrong in ("local", "local/one", "/1"):
        assert site.jobgate("apply", "--planted", wrong).code == 2
    assert site.jobgate("apply", "--planted", "local/1").code == 0
    assert jobs(site) == [WAITS, RAN]


def test_a_planted_name_of_another_ledger_is_nothing_to_us(site: Site) -> None:
    """Neither its number nor its state counts."""
    plant(site, f"{'0' * 64}.zz.00000000")
    plant(site, "0" * 64)

    assert site.jobgate("apply").code == 0
    assert jobs(site) == [RAN, RAN, RAN]


def test_a_started_job_with_our_key_is_for_a_person(site: Site) -> None:
    """Nothing is created beside it; settled as not run, it may run with a new consent."""
    plant(site, key(site))
    ended = site.jobgate("apply")
    assert (ended.code, "its key is borne by what was started there as 1" in ended.out) == (8, True)
    assert (jobs(site), kinds(site)) == ([RAN], ["genesis", "intended", "unknown"])

    said = ("--settle", "count", "--as", "not-run", "--reason", "somebody gave it that name")
    assert site.jobgate("reconcile", *said).code == 8
    assert site.approve().code == 0
    assert site.jobgate("apply").code == 0
    assert jobs(site) == [RAN, RAN]


def test_an_idle_job_with_our_key_is_told_and_left(site: Site) -> None:
    """Nothing is adopted from a list: another one is created, and that one runs."""
    plant(site, key(site), start=False)
    ended = site.jobgate("apply")

    assert (ended.code, "local has job 1 of this key, which stays idle" in ended.err) == (0, True)
    assert jobs(site) == [WAITS, RAN]


# ---------------------------------------------------------------- lists


class Listing(Embedded):
    """The embedded platform, which notes what lists are asked for, and lets others be first."""

    asked: list[tuple[int, str]]
    meanwhile: Callable[[], object]

    def listed(self, scope: tuple[str, str], since: int, bearing: str = "") -> tuple[Sighting, ...]:
        """Note it, let somebody else go on, and return what is listed then."""
        assert scope == SCOPE
        self.asked.append((since, bearing))
        self.meanwhile()
        return super().listed(scope, since, bearing)


def listing(site: Site, meanwhile: Callable[[], object]) -> tuple[int, list[tuple[int, str]]]:
    """Apply on such a platform; return the exit code, and what was asked for."""
    with contextlib.closing(Listing(site.root / "state" / "local", None)) as platform:
        platform.asked, platform.meanwhile = [], meanwhile
        with sites._environment(site.environment()), compose.world(site.repository) as real:
            world = replace(real, platforms=lambda _: platform)
            head = world.repository.commit("HEAD")
            done = applying.apply(world, head, applying.Options())
        return gravest(each.code for each in done.items), platform.asked


def test_what_is_asked_for(site: Site) -> None:
    """The ledger's jobs, and each key; what is ready later, for what is new and what may lag."""
    assert site.jobgate("apply").code == 0
    site.edit("specs/count.yaml", "run: 1", "run: 2")
    one = (site.repository / "specs/count.yaml").read_text(encoding="utf-8")
    late = one.replace("run: 2", "run: 1\n  needs: [count]").replace("name: count", "name: late")
    site.write("specs/late.yaml", late)
    site.commit("More")
    site.git("push", "-q", "origin", "main")
    assert [site.approve(name).code for name in ("count", "late")] == [0, 0]
    code, asked = listing(site, lambda: None)

    assert (code, jobs(site)) == (0, [RAN] * 3)
    with contextlib.closing(Embedded(site.root / "state" / "local", None)) as platform:
        made = platform.listed(SCOPE, 0, witness.BEARING)
    tagged, keys = witness.tagged(ledger(site)), [witness.key_in(each.name) for each in made]
    assert asked == [(0, tagged), (0, keys[1]), (made[0].at - 600_000, tagged), (0, keys[2])]


@pytest.mark.parametrize(("count", "lists"), [(8, 9), (9, 1)])
def test_many_are_not_asked_for_one_by_one(site: Site, count: int, lists: int) -> None:
    """One list has whatever jobgate has named; what was asked for once is not asked for again."""
    with sites._environment(site.environment()), compose.world(site.repository) as real:
        platform = Listing(site.root / "state" / "local", None)
        platform.asked, platform.meanwhile = [], lambda: None
        entry = PlatformEntry(name="local", type="embedded")
        tasks = [
            Task(
                id=JobId(f"local/{each}"),
                key=Key(f"{each:064x}"),
                platform=entry,
                scope=SCOPE,
                job=None,
            )
            for each in range(count)
        ]
        lookout = Lookout(world=replace(real, platforms=lambda _: platform))
        for _ in range(2):
            lookout.look(planning.ledger(real), tasks)
        platform.close()

    assert len(platform.asked) == lists
    assert ((0, witness.BEARING) in platform.asked) == (lists == 1)
    assert [lookout.began(each) for each in tasks] == [None] * count


def test_a_journal_that_goes_on_while_a_list_is_read(site: Site) -> None:
    """What is listed is ahead of what was read before, and not of what is read then."""
    code, asked = listing(site, lambda: site.spawn("apply").communicate(timeout=60))

    assert (code, len(asked)) == (0, 2)
    assert (jobs(site), kinds(site)) == ([RAN], ["genesis", *WHOLE])


# ---------------------------------------------------------------- answers, names, and two at a time


def test_an_answer_lost_after_a_successful_push(site: Site) -> None:
    """The remote dies each time that it has taken a push: each entry is there once."""
    repos.hook(remote(site), "post-receive", "kill -9 $PPID")

    assert site.jobgate("apply").code == 0
    assert kinds(site) == ["genesis", *WHOLE]
    assert jobs(site) == [RAN]


DEAF = """\
#!{python}
import pathlib, subprocess, sys
done = subprocess.Popen(["git-receive-pack", *sys.argv[1:]], stdout=subprocess.PIPE)
out = done.stdout
while (size := out.read(4)) and size != b"0000":  # what the remote has
    sys.stdout.buffer.write(size + out.read(int(size, 16) - 4))
sys.stdout.buffer.write(size)
sys.stdout.buffer.flush()
out.read()  # what became of the push
done.wait()
sys.exit(1)
"""


def test_an_answer_lost_on_its_way(site: Site) -> None:
    """Of no push does anybody hear what became of it, and each entry is there once."""
    script = site.root / "deaf"
    script.write_text(DEAF.format(python=sys.executable))
    script.chmod(0o755)
    site.git("config", "remote.origin.receivepack", str(script))

    assert site.jobgate("apply").code == 0
    assert kinds(site) == ["genesis", *WHOLE]
    assert jobs(site) == [RAN]


def test_a_tag_of_the_same_name(site: Site) -> None:
    """Here and on the remote it stands for something else, which nobody reads."""
    for where in (site.repository, remote(site)):
        for name in ("jobgate-journal", "heads/jobgate-journal"):
            repos.run(where, "tag", name, "main")

    assert site.jobgate("apply").code == 0
    assert (jobs(site), kinds(site)) == ([RAN], ["genesis", *WHOLE])
    assert clone(site).jobgate("verify").code == 0


def test_two_clones_at_one_time(site: Site) -> None:
    """The same append, on the same tip, in the same second: one of them makes it."""
    other = clone(site)
    running = [each.spawn("apply") for each in (site, other)]
    assert [each.wait(60) for each in running] == [0, 0]
    for each in running:
        each.communicate()

    assert kinds(site) == ["genesis", *WHOLE]
    assert jobs(site).count(RAN) == 1


# ---------------------------------------------------------------- a power cut


DYING = """\
#!/bin/sh
case " $* " in *" update-ref "*" refs/heads/jobgate-journal "*)
    if [ -e {mark} ]; then rm {mark}; kill -9 $PPID; sleep 1; exit 1; fi
esac
exec {git} "$@"
"""


def test_dying_between_an_object_and_its_ref(local: Site) -> None:
    """What was written is nobody's; the next apply goes on as if it had not been."""
    mark, folder = local.root / "mark", local.root / "bin"
    folder.mkdir()
    script = folder / "git"
    script.write_text(DYING.format(git=shutil.which("git"), mark=mark))
    script.chmod(0o755)
    before = local.git("rev-parse", REF)
    mark.touch()
    running = local.spawn("apply", PATH=f"{folder}:{os.environ['PATH']}")
    running.communicate(timeout=60)
    assert (running.returncode, mark.exists()) == (-signal.SIGKILL, False)
    assert (local.git("rev-parse", REF), jobs(local)) == (before, [])

    assert local.jobgate("apply").code == 0
    assert jobs(local) == [RAN]


@pytest.mark.parametrize(
    ("what", "how"),
    [
        ("", "cut"),
        ("", "gone"),
        ("^{tree}", "empty"),
        (":entries.jsonl", "empty"),
        (":ledger.json", "cut"),
        (":ledger.json", "gone"),
    ],
)
def test_an_object_that_did_not_reach_the_disk(local: Site, what: str, how: str) -> None:
    """A tip whose objects are not whole is not acted on, and what is there is left alone."""
    oid = local.git("rev-parse", f"{REF}{what}")
    path = repos.loose(local.repository, oid)
    content = path.read_bytes()
    path.unlink() if how == "gone" else path.write_bytes(
        content[: len(content) // 2 * (how == "cut")]
    )

    refused(local.jobgate("apply"), oid, "look with `git fsck`")
    assert jobs(local) == []
    if how == "gone":
        path.write_bytes(content)
        assert local.jobgate("apply").code == 0


def test_a_lock_that_a_crash_left(local: Site) -> None:
    """It is waited for; once it is old it is taken away, and the job runs."""
    lock = local.repository / ".git" / f"{REF}.lock"
    lock.touch()
    os.utime(lock, (time.time() - leftovers.OLD_SECONDS - 1,) * 2)
    assert local.jobgate("apply").code == 0
    assert (lock.exists(), len(jobs(local))) == (False, 1)


def test_what_stands_where_a_lock_would(local: Site) -> None:
    """What cannot be taken away is told; nothing is created."""
    lock = local.repository / ".git" / f"{REF}.lock"
    lock.mkdir()
    os.utime(lock, (0, 0))
    refused(local.jobgate("apply"), "left-over .lock file")
    assert jobs(local) == []
