"""The ground that runs happen on: a server, a proxy before it, and a repository to copy.

The repository is made and approved once. A run gets a copy: a bare remote and two clones. Its
second commit, approved as well, waits on a ref of its own until a run moves the branch to it.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from runner import canon, narrow, wire
from runner.cli import compose
from runner.model import Approval
from runner.pipeline import approving, planning
from tests import site as sites
from tests import webserver

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Job, JobId, Json, Key, Ledger

VARIABLE = "FAULTS_APP_SECRET"
NAMES = ("one", "two")
NEXT = "refs/faults/next"
CLONES = ("left", "right")
PATIENCE = 60.0  # seconds in which whatever runs must come to its end
PLATFORM = """\
far:
    type: bkjob
    url: {url}
    stage: prod
    application: ci
    credentials: {{bk_app_secret: {{env: {variable}}}, bk_username: alice}}"""
SPEC = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata: {{name: {name}, description: Count its own runs, run: {run}}}
script: {{language: shell, content: 'echo "$PWD" >> "$1"', args: ["{counter}"]}}
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

    Scripts write the folders that they run in into `counter`; `effects` are those of the jobs at
    the first commit and at the second.
    """

    folder: Path
    web: webserver.Web = field(init=False)
    effects: tuple[dict[JobId, str], ...] = ()
    port: int = 0
    begun: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def counter(self) -> Path:
        """Return the file into which scripts write."""
        return self.folder / "counter"

    @property
    def template(self) -> Place:
        """Return what a run is copied from."""
        return Place(self.folder / "template")

    def __enter__(self) -> Self:
        """Begin the server and the proxy; make the template."""
        for name in ("server", "template"):
            (self.folder / name).mkdir()
        self.counter.touch()
        self.web = webserver.made(self.folder / "server")
        self.web.begin()
        try:
            proxy = self.begin("tests.faults.proxy", "--aim", self.web.url)
            self.port = int(answered(proxy))
            self.effects = _make(self.template.folder, self.url("template"), self.counter)
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
        """Return a copy of the template."""
        made = Place(self.folder / name)
        shutil.copytree(self.template.folder, made.folder)
        return made

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
        url = self._ground.url(place.folder.name)
        folder = str(place.folder / clone)
        answer = self._ordered(folder=folder, url=url, log=str(place.log), calm=calm)
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


def _make(folder: Path, url: str, counter: Path) -> tuple[dict[JobId, str], ...]:
    """Make a remote with a ledger, two commits and every approval, and clones of it.

    Return the effect of each job at the first commit, and at the second.
    """
    site = sites.make(folder, remote=True)
    platform = PLATFORM.format(url=url, variable=VARIABLE)
    site.edit("jobgate.yaml", "local: {type: embedded}", platform)
    site.commit("Run it elsewhere")
    site.git("push", "-q", "origin", "main")
    adopted = site.jobgate("adopt", "--remote", "origin")
    assert adopted.code == 0, adopted.err
    for run in (1, 2):
        for name in NAMES:
            text = SPEC.format(name=name, run=run, counter=json.dumps(str(counter))[1:-1])
            site.write(f"specs/{name}.yaml", text)
        site.commit(f"Run {run}")
    site.git("push", "-q", "origin", "main~1:main", f"main:{NEXT}")
    effects = _approve(site)
    remote = Place(folder)
    remote.git("config", "core.logAllRefUpdates", "always")
    remote.git("config", "gc.auto", "0")
    for clone in CLONES:
        subprocess.run(
            ("git", "clone", "-q", str(remote.remote), str(folder / clone)),
            check=True,
            capture_output=True,
        )
        for words in (("remote", "set-url", "origin", "../remote.git"), ("config", "gc.auto", "0")):
            subprocess.run(("git", *words), cwd=folder / clone, check=True)
    shutil.rmtree(site.repository)
    return effects


def _approve(site: sites.Site) -> tuple[dict[JobId, str], ...]:
    """Approve each job of both commits: first of all, or after the first commit's submission."""
    with compose.world(site.repository) as world:
        ledger = planning.ledger(world)
        first, second = (
            planning.demanded(world.repository.tree(world.repository.commit(revision))).jobs
            for revision in ("main~1", "main")
        )
        wanted: list[tuple[Job, Key | None]] = [(job, None) for job in (*first, *second)]
        wanted += [(job, _key(ledger, before)) for before, job in zip(first, second, strict=True)]
        for job, after in wanted:
            approval = Approval(
                ledger=ledger.id,
                job=job.id,
                digest=job.digest,
                after=after,
                by=sites.REVIEWER,
                at="2026-01-02T03:04:05Z",
            )
            approving.sign(world, approval, str(site.root / sites.REVIEWER))
    return tuple({job.id: job.effect for job in jobs} for jobs in (first, second))


def _key(ledger: Ledger, job: Job) -> Key:
    """Return the key of a job's first submission."""
    return canon.key(ledger=ledger.id, job=job.id, effect=job.effect, previous=None)
