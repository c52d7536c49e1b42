"""The ground that runs happen on: a server, a proxy before it, and a repository to copy.

The repository is made once. A run gets a copy, a bare remote and two clones, with a ledger of its
own, in which everything is approved: on one platform two journals of one ledger would be told from
each other. The second commit, approved as well, waits on a ref of its own until a run moves the
branch to it.
"""

from __future__ import annotations

import http.client
import json
import secrets
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from runner import approvals, canon, instants, narrow, statements, wire
from runner.cli import compose
from runner.evidence import Approval
from runner.git.chain import Chain, Files
from runner.git.repository import Git
from runner.keys import SshKeys
from runner.model import LedgerId, Signed
from runner.pipeline import adopting, planning
from tests import site as sites
from tests import webserver
from tests.faults import canary

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runner.model import Job, JobId, Json, Key

VARIABLE = "FAULTS_APP_SECRET"
NAMES = ("one", "two")
BASE, FIRST, NEXT = "refs/faults/base", "refs/faults/first", "refs/faults/next"
CLONES = ("left", "right")
PATIENCE = 60.0  # seconds in which whatever runs must come to its end
PLATFORM = """\
far:
    type: bkjob
    url: {url}
    stage: prod
    application: ci
    credentials: {{bk_app_secret: {{env: {variable}}}, bk_username: alice}}"""
SECRETS = """\
secrets:
  canary: {{file: {file}, platforms: [far], paths: ["specs/**"]}}
"""
SPEC = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata: {{name: {name}, description: Count its own runs, run: {run}}}
script:
  language: shell
  content: |
    # Whoever follows the script is killed before it counts itself, or after, if a file says so.
    job=${{PWD%/*/*/*/*}}
    cut=$(cat "$1.${{job##*/}}" 2>/dev/null)
    if [ "$cut" = before ]; then kill -9 $PPID; exit 1; fi
    # What does not get the canary as it is does not count as run.
    [ "$(printf %s "$2" | sha256sum)" = "{sha256}  -" ] || exit 1
    echo "$PWD" >> "$1"
    if [ "$cut" = after ]; then kill -9 $PPID; fi
  args: ["{counter}", "{{{{ secret('canary') }}}}"]
  sensitive: true
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: operator
  timeout: 60
  execute_target: {{host_list: [{{bk_cloud_id: 0, ip: 127.0.0.1}}]}}
"""


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one run, or of the template of all runs."""

    folder: Path

    @property
    def remote(self) -> Path:
        """Return the bare remote."""
        return self.folder / "remote.git"

    @property
    def account(self) -> Path:
        """Return the file of the proxy's account."""
        return self.folder / "account.jsonl"

    @property
    def reconciled(self) -> Path:
        """Return the file of what its last reconciliation found."""
        return self.folder / "reconciled.json"

    @property
    def log(self) -> Path:
        """Return the file of what its runners say."""
        return self.folder / "log"

    def git(self, *words: str, stdin: str = "") -> str:
        """Run git in the remote; it must succeed."""
        done = subprocess.run(
            ("git", *words),
            cwd=self.remote,
            input=stdin,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def moves(self) -> None:
        """Let the branch move to the second commit."""
        self.git("update-ref", "refs/heads/main", NEXT)


@dataclass(slots=True)
class Ground:
    """What all runs share.

    Scripts write the folders that they run in into `counter`; `wants` are the jobs of the first
    commit and of the second. `word` is a secret that each of them is given.
    """

    folder: Path
    word: str = field(default_factory=lambda: canary.made("'$\"+/é"))
    web: webserver.Web = field(init=False)
    wants: tuple[tuple[Job, ...], ...] = ()
    port: int = 0
    begun: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def counter(self) -> Path:
        """Return the file into which scripts write."""
        return self.folder / "counter"

    @property
    def effects(self) -> tuple[dict[JobId, str], ...]:
        """Return the effects of the jobs at the first commit and at the second."""
        return tuple({job.id: job.effect for job in jobs} for jobs in self.wants)

    @property
    def template(self) -> Place:
        """Return what a run is copied from."""
        return Place(self.folder / "template")

    def __enter__(self) -> Self:
        """Begin the server and the proxy; make the template."""
        for name in ("server", "template"):
            (self.folder / name).mkdir()
        self.counter.touch()
        canary.put(self.folder / "canary", self.word)
        self.web = webserver.made(self.folder / "server")
        self.web.begin()
        try:
            proxy = self.begin("tests.faults.proxy", "--aim", self.web.url)
            self.port = int(answered(proxy))
            self.wants = _make(self.template.folder, self.url("template"), self.counter)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End everything that was begun."""
        for process in self.begun:
            process.communicate()
        self.web.end()

    def url(self, run: str) -> str:
        """Return the address of the platform for a run."""
        return f"http://127.0.0.1:{self.port}/{run}/api/bk-job"

    def place(self, name: str) -> Place:
        """Return a copy of the template, whose ledger has begun."""
        made = Place(self.folder / name)
        shutil.copytree(self.template.folder, made.folder)
        _begin(made, self.wants)
        return made

    def approve(self, place: Place, ledger: LedgerId, name: JobId, after: Key) -> None:
        """Approve a job anew, as it is at both commits, after a submission that has not run."""
        first, second = (next(job for job in jobs if job.id == name) for jobs in self.wants)
        anew = _key(ledger, first, after)
        wanted = [(first, after), (second, after), (second, anew)]
        _approve(place, place.folder / CLONES[0], ledger, wanted)

    def ran(self) -> Counter[int]:
        """Return how often the script of each job of the server has run."""
        # The end of the path: job, execute count, batch, place, work.
        lines = self.counter.read_text("utf-8").splitlines()
        return Counter(int(line.split("/")[-5]) for line in lines)

    def control(self, what: str, run: str, **tree: Json) -> int:
        """Steer the proxy, and return how many calls of a run are still on their way."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST", f"/control/{what}", json.dumps({**tree, "run": run}).encode())
        flying = narrow.integer(wire.loads(connection.getresponse().read()), "flying", default=0)
        connection.close()
        return flying

    def follow(self, place: Place, seed: int) -> None:
        """Let the proxy keep the account of a run; its seed draws what goes wrong."""
        files = {"account": str(place.account), "remote": str(place.remote)}
        self.control("begin", place.folder.name, **files, counter=str(self.counter), seed=seed)

    def landed(self, run: str) -> None:
        """Let nothing go wrong for a run any more, and wait for what is late."""
        while self.control("calm", run):
            time.sleep(0.05)

    def begin(self, module: str, *words: str) -> subprocess.Popen[str]:
        """Begin a process of the tests that takes orders from its stdin."""
        process = subprocess.Popen(
            (sys.executable, "-m", module, *words),
            cwd=webserver.HERE,
            env=sites.Site(self.folder).environment() | {VARIABLE: webserver.WORD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.begun.append(process)
        return process


def answered(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process says."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"{process.args!r} is gone"
    return line


class Crew:
    """Begins and awaits the runners of one run after another."""

    def __init__(self, ground: Ground) -> None:
        """Begin the process that they are forked from."""
        self._ground = ground
        self._process = ground.begin("tests.faults.runners")

    def apply(self, place: Place, clone: str, *, calm: bool = False) -> int:
        """Begin an apply in a clone, and return its process."""
        return self._begun(place, clone, calm=calm)

    def reconcile(self, place: Place, clone: str, **claim: str) -> int:
        """Begin a reconciliation in a clone, with a person's claim, and return its process."""
        return self._begun(place, clone, calm=True, found=str(place.reconciled), **claim)

    def _begun(self, place: Place, clone: str, **more: Json) -> int:
        url = self._ground.url(place.folder.name)
        folder = str(place.folder / clone)
        answer = self._ordered(folder=folder, url=url, log=str(place.log), **more)
        return narrow.integer(answer, "pid", default=0)

    def waited(self, pid: int, seconds: float = PATIENCE) -> int | None:
        """Return the exit code of an apply, or None when it still runs after so long."""
        found = narrow.at(self._ordered(pid=pid, seconds=int(seconds)), "code")
        return found if isinstance(found, int) else None

    def _ordered(self, **order: Json) -> Json:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return wire.loads(answered(self._process))


# ---------------------------------------------------------------- the template


def _make(folder: Path, url: str, counter: Path) -> tuple[tuple[Job, ...], ...]:
    """Make a remote with a policy, and two commits upon it.

    Return the jobs of the first commit, and of the second.
    """
    site = sites.make(folder, remote=True)
    platform = PLATFORM.format(url=url, variable=VARIABLE)
    site.edit("jobgate.yaml", "local: {type: embedded}", platform)
    policy = (site.repository / "jobgate.yaml").read_text("utf-8")
    secret = counter.with_name("canary")
    site.write("jobgate.yaml", policy + SECRETS.format(file=secret))
    site.commit("Run it elsewhere")
    shown = json.dumps(str(counter))[1:-1]
    sha256 = canon.sha256(secret.read_text("utf-8").strip().encode())
    for run in (1, 2):
        for name in NAMES:
            text = SPEC.format(name=name, run=run, counter=shown, sha256=sha256)
            site.write(f"specs/{name}.yaml", text)
        site.commit(f"Run {run}")
    site.git("push", "-q", "origin", f"main~2:{BASE}", f"main~1:{FIRST}", f"main:{NEXT}")
    remote = Place(folder)
    remote.git("config", "core.logAllRefUpdates", "always")
    remote.git("config", "gc.auto", "0")
    site.git("remote", "set-url", "origin", "../remote.git")
    with compose.world(site.repository) as world:
        return tuple(
            planning.demanded(world.repository.tree(world.repository.commit(revision))).jobs
            for revision in ("main~1", "main")
        )


def _begin(place: Place, wants: tuple[tuple[Job, ...], ...]) -> None:
    """Begin the ledger of a run before its first commit, approve both commits, and make clones."""
    site = sites.Site(place.folder)
    place.git("update-ref", "refs/heads/main", BASE)
    with compose.world(site.repository, "origin") as world:
        name = LedgerId(secrets.token_hex(16))
        adopting.adopt(world, ledger=name, branch="main", mode="remote")
    place.git("update-ref", "refs/heads/main", FIRST)
    first, second = wants
    wanted: list[tuple[Job, Key | None]] = [(job, None) for job in (*first, *second)]
    wanted += [(job, _key(name, before, None)) for before, job in zip(first, second, strict=True)]
    _approve(place, site.repository, name, wanted)
    for clone in CLONES:
        for words in (
            ("clone", "-q", str(place.remote), str(place.folder / clone)),
            ("-C", str(place.folder / clone), "remote", "set-url", "origin", "../remote.git"),
            ("-C", str(place.folder / clone), "config", "gc.auto", "0"),
        ):
            subprocess.run(("git", *words), check=True, capture_output=True)
    shutil.rmtree(site.repository)


def _approve(
    place: Place, clone: Path, name: LedgerId, wanted: Iterable[tuple[Job, Key | None]]
) -> None:
    """Approve jobs, each after a submission or first of all."""
    files: dict[str, bytes | None] = {}
    for job, after in wanted:
        approval = Approval(
            ledger=name,
            job=job.id,
            digest=job.digest,
            after=after,
            by=sites.REVIEWER,
            at=instants.written(compose.SystemClock().now()),
        )
        said = statements.written(approval)
        signature = SshKeys().sign(said, str(place.folder / sites.REVIEWER))
        signed = Signed(statement=said, signature=signature)
        path = f"{approvals._folder(job.id)}/{approvals._name(signed)}"
        files[path] = approvals._content(signed)
    with Git.open(clone) as git:
        kept = Chain(git, approvals.REF, "origin")
        kept.append(lambda _: Files(files=files, message="approve"))


def _key(ledger: LedgerId, job: Job, previous: Key | None) -> Key:
    """Return the key of a job's submission after another one, or of its first."""
    return canon.key(ledger=ledger, job=job.id, effect=job.effect, previous=previous)
