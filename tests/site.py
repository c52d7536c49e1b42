"""A place where a story happens: a real repository made by hand, two people's keys, one platform.

Commands run in this process (`jobgate`) or as a process of their own (`spawn`), with the state of
the embedded platform below the same folder.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner import wire
from runner.cli import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json

HERE = Path(__file__).parents[1]
AUTHOR, REVIEWER, OTHER = "author", "reviewer", "other"

POLICY = """\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local: {{type: embedded}}
people:
  author: {{emails: [author@example.org], keys: ["{author}"]}}
  reviewer: {{emails: [reviewer@example.org], keys: ["{reviewer}"]}}
clauses:
  - name: everything
    when: {{paths: ["**"]}}
    approvals: {{count: 1, from: [author, reviewer]}}
"""

VARS = """\
word: hello
hosts:
  - {bk_cloud_id: 0, ip: 127.0.0.1}
"""

SPEC = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata:
  name: count
  description: Count its own runs
  run: 1
script:
  file: scripts/count.sh
  args: ["{counter}", "{{{{ vars.word }}}}"]
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: operator
  timeout: 60
  execute_target:
    host_list: "{{{{ vars.hosts }}}}"
"""

SCRIPT = """\
#!/bin/sh
set -eu
echo "ran $2" >> "$1"
echo "counted for $2"
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def tree(self) -> Json:
        """Return what it printed, as JSON."""
        return wire.loads(self.out)


@dataclass(frozen=True, slots=True)
class Site:
    """The folder of a story. `repository` is the clone that commands run in."""

    root: Path
    name: str = "work"

    @property
    def repository(self) -> Path:
        """Return the working tree."""
        return self.root / self.name

    @property
    def counter(self) -> Path:
        """Return the file into which the job's script writes a line each time it runs."""
        return self.root / "counter"

    @property
    def runs(self) -> list[str]:
        """Return the lines of the counter file."""
        return self.counter.read_text().splitlines() if self.counter.exists() else []

    def environment(self, person: str = AUTHOR) -> dict[str, str]:
        """Return the environment in which `person` works."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        who = {
            f"GIT_{role}_{part}": value
            for role in ("AUTHOR", "COMMITTER")
            for part, value in (("NAME", person), ("EMAIL", f"{person}@example.org"))
        }
        return (
            kept
            | who
            | {
                "GIT_ALLOW_PROTOCOL": "file",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
                "JOBGATE_DATA": str(self.root / "state"),
                "XDG_CACHE_HOME": str(self.root / "cache"),
            }
        )

    def git(self, *words: str, by: str = AUTHOR) -> str:
        """Run git in the repository; it must succeed."""
        done = subprocess.run(
            ("git", *words),
            cwd=self.repository,
            env=self.environment(by),
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def write(self, path: str, content: str) -> None:
        """Write a file of the working tree."""
        target = self.repository / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace one passage of a file, which must be there."""
        content = (self.repository / path).read_text(encoding="utf-8")
        assert old in content
        self.write(path, content.replace(old, new, 1))

    def commit(self, message: str, by: str = AUTHOR) -> str:
        """Commit everything and return the commit."""
        self.git("add", "-A", by=by)
        self.git("commit", "-q", "-m", message, by=by)
        return self.git("rev-parse", "HEAD")

    def jobgate(self, *words: str) -> Ended:
        """Run a command here, in this process."""
        out, err = io.BytesIO(), io.BytesIO()
        with (
            _environment(self.environment()),
            contextlib.redirect_stdout(io.TextIOWrapper(out, "utf-8", write_through=True)),
            contextlib.redirect_stderr(io.TextIOWrapper(err, "utf-8", write_through=True)),
        ):
            code = program.run([words[0], "-C", str(self.repository), *words[1:]])
            return Ended(code=code, out=out.getvalue().decode(), err=err.getvalue().decode())

    def spawn(self, *words: str, module: str = "runner", **more: str) -> subprocess.Popen[str]:
        """Begin a command as a process of its own, in the repository."""
        return subprocess.Popen(
            (sys.executable, "-m", module, *words),
            cwd=self.repository,
            env=self.environment() | {"PYTHONPATH": str(HERE)} | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def approve(self, name: str = "count", by: str = REVIEWER, head: str = "HEAD") -> Ended:
        """Approve a job with `by`'s key."""
        key = str(self.root / by)
        return self.jobgate("approve", name, "--yes", "--key", key, "--head", head)

    def plan(self, *words: str) -> dict[str, Json]:
        """Return the plan, as JSON."""
        ended = self.jobgate("plan", "--format", "json", *words)
        assert ended.code == 0, ended.err
        tree = ended.tree
        assert isinstance(tree, dict)
        return tree

    def symbols(self, *words: str) -> dict[str, str]:
        """Return the symbol of each change of the plan."""
        changes = self.plan(*words)["changes"]
        assert isinstance(changes, list)
        return {
            str(change["job"]): str(change["symbol"])
            for change in changes
            if isinstance(change, dict)
        }


def make(root: Path, *, remote: bool = False) -> Site:
    """Make a site with a policy and shared files on `main`, and no job yet."""
    site = Site(root)
    for person in (AUTHOR, REVIEWER, OTHER):
        _keygen(root / person, person)
    site.repository.mkdir()
    site.git("init", "-q", "-b", "main")
    keys = {name: (root / f"{name}.pub").read_text().strip() for name in (AUTHOR, REVIEWER)}
    site.write("jobgate.yaml", POLICY.format(**keys))
    site.write("specs/vars.yaml", VARS)
    site.write("scripts/count.sh", SCRIPT)
    site.commit("Begin")
    if remote:
        subprocess.run(
            ("git", "init", "-q", "--bare", "-b", "main", str(root / "remote.git")),
            env=site.environment(),
            check=True,
        )
        site.git("remote", "add", "origin", str(root / "remote.git"))
        site.git("push", "-q", "origin", "main")
    return site


def adopted(root: Path, *, remote: bool = False) -> Site:
    """Make a site whose ledger has begun, and with the job `count` committed on `main`."""
    site = make(root, remote=remote)
    ended = site.jobgate("adopt", *(("--remote", "origin") if remote else ()))
    assert ended.code == 0, ended.err
    count(site)
    site.commit("Count")
    if remote:
        site.git("push", "-q", "origin", "main")
    return site


def count(site: Site) -> None:
    """Write the spec of the job `count`, which leaves a line a run in the site's counter."""
    site.write("specs/count.yaml", SPEC.format(counter=json.dumps(str(site.counter))[1:-1]))


@contextlib.contextmanager
def _environment(wanted: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _keygen(path: Path, comment: str) -> None:
    subprocess.run(
        ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)),
        check=True,
    )
