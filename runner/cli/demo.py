"""`jobgate demo`: the life of one change, told with the real commands."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

from runner.cli import demofiles
from runner.errors import CheckError

_JOB = "local/restart-web"


@click.command(short_help="Go through the life of a change, in a throw-away repository.")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to make it; must not exist.  [default: a new folder for temporary files]",
)
def command(folder: Path | None) -> int:
    r"""Go through the life of a change with the real commands, in a throw-away repository.

    Adopt, check, plan, approve, apply, logs, a second apply, an edit after approval, a drift, and
    the record verified. Takes under half a minute, needs git and ssh-keygen, touches nothing else.

    \b
    Example:
      jobgate demo
    """
    stage = _Stage(root=_made(folder))
    stage.set_up()
    for chapter in (_first_run, _drift, _edit_after_approval, _audit):
        chapter(stage)
    click.secho("\nThat was the whole life of a change.", bold=True)
    click.echo(
        f"The record is {stage.repository / 'record.json'}\n"
        "What to try next, in that folder (with JOBGATE_DATA="
        f"{shlex.quote(str(stage.root / 'state'))}):\n"
        f"  cd {shlex.quote(str(stage.repository))}\n"
        "  jobgate status\n"
        "  jobgate render restart-web\n"
        "  edit specs/web/restart.yaml, and see what `jobgate check` says"
    )
    return 0


@dataclass(frozen=True, slots=True)
class _Stage:
    """The folder of the play: the author's repository, the bare remote, two keys, the state."""

    root: Path

    @property
    def repository(self) -> Path:
        """Return the author's clone."""
        return self.root / "work"

    def set_up(self) -> None:
        """Make the repository, its remote and the keys of an author and a reviewer."""
        self.tell("A repository with one job in it, a bare remote, and two people's SSH keys")
        for person in ("author", "reviewer"):
            key = str(self.root / person)
            self._silently("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", key)
        self._silently("git", "init", "-q", "--bare", "-b", "main", str(self.root / "remote.git"))
        self._silently("git", "init", "-q", "-b", "main", str(self.repository))
        keys = {name: (self.root / f"{name}.pub").read_text() for name in ("author", "reviewer")}
        for path, content in demofiles.FILES.items():
            self.write(path, content.format(**keys) if path == "jobgate.yaml" else content)
        self.git("add", ".")
        self.git("commit", "-q", "-m", "Begin with a disk report")
        self.git("remote", "add", "origin", str(self.root / "remote.git"))
        self.git("push", "-q", "origin", "main")

    def tell(self, words: str) -> None:
        """Print the heading of what comes next."""
        click.secho(f"\n# {words}", bold=True)

    def write(self, path: str, content: str) -> None:
        """Write a file of the author's working tree."""
        target = self.repository / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Change a line of a file, as an editor would, and say so."""
        content = (self.repository / path).read_text(encoding="utf-8")
        self.write(path, content.replace(old, new, 1))
        click.echo(f"({path}: {old} becomes {new})")

    def git(self, *words: str) -> None:
        """Run a git command of the author's."""
        self._run(("git", *words), ("git", *words), 0)

    def jobgate(self, *words: str, ends: int = 0) -> None:
        """Run a jobgate command, which must end with the exit code `ends`."""
        self._run(("jobgate", *words), (sys.executable, "-m", "runner", *words), ends)

    def _silently(self, *words: str) -> None:
        done = subprocess.run(words, env=self._environment(), check=False, capture_output=True)
        if done.returncode:
            raise CheckError(
                f"cannot set the demo up: {shlex.join(words)} failed: {done.stderr.decode()}",
                mend="install git (2.34 or newer) and OpenSSH's ssh-keygen (8.9 or newer)",
            )

    def _run(self, shown: tuple[str, ...], words: tuple[str, ...], ends: int) -> None:
        click.secho(f"$ {shlex.join(shown)}", fg="cyan")
        sys.stdout.flush()
        done = subprocess.run(
            words,
            cwd=self.repository,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            check=False,
        )
        if ends:
            click.echo(f"(exit code {done.returncode})")
        if done.returncode != ends:
            raise CheckError(
                f"cannot go on: {shlex.join(shown)} ended with {done.returncode}, not {ends}",
                mend="please report this with all that was printed above",
            )

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return kept | {
            "GIT_AUTHOR_EMAIL": "author@example.org",
            "GIT_AUTHOR_NAME": "An Author",
            "GIT_COMMITTER_EMAIL": "author@example.org",
            "GIT_COMMITTER_NAME": "An Author",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "JOBGATE_DATA": str(self.root / "state"),
        }


def _first_run(stage: _Stage) -> None:
    stage.tell("Begin the ledger: what exists is taken as had, nothing is run")
    stage.jobgate("adopt", "--remote", "origin")
    stage.tell("The author writes a job on a branch and checks it")
    stage.git("switch", "-q", "-c", "restart")
    stage.write("specs/web/restart.yaml", demofiles.RESTART)
    stage.write("scripts/restart.sh", demofiles.SCRIPT)
    stage.jobgate("check")
    stage.git("add", ".")
    stage.git("commit", "-q", "-m", "Restart the web servers, one host first")
    stage.tell("The reviewer sees exactly what would run; it waits")
    stage.jobgate("plan")
    stage.tell("The reviewer signs that very digest")
    stage.jobgate("approve", _JOB, "--yes", "--key", str(stage.root / "reviewer"))
    stage.tell("The author merges; what was approved runs, batch by batch")
    _merge(stage, "restart")
    stage.jobgate("apply")
    stage.jobgate("logs", "restart-web", "--host", "0:127.0.0.1")
    stage.tell("A second apply (a retried pipeline, say) has nothing to do")
    stage.jobgate("apply")


def _drift(stage: _Stage) -> None:
    stage.tell("Someone edits a shared file: the job is shown as drifted, and not run")
    stage.replace("specs/vars.yaml", "grace: 5", "grace: 9")
    stage.git("commit", "-q", "-a", "-m", "Allow nine seconds of grace")
    stage.git("push", "-q", "origin", "main")
    stage.jobgate("plan")
    stage.jobgate("apply")


def _edit_after_approval(stage: _Stage) -> None:
    stage.tell(
        "An approval, and then an edit: what was approved is not what would run, so it waits"
    )
    stage.git("switch", "-q", "-c", "again")
    stage.replace("specs/web/restart.yaml", "run: 1", "run: 2")
    stage.git("commit", "-q", "-a", "-m", "Restart again")
    stage.jobgate("approve", _JOB, "--yes", "--key", str(stage.root / "reviewer"))
    stage.replace("specs/web/restart.yaml", "timeout: 60", "timeout: 600")
    stage.git("commit", "-q", "-a", "-m", "Wait longer")
    _merge(stage, "again")
    stage.jobgate("apply", ends=4)


def _audit(stage: _Stage) -> None:
    stage.tell("A year later, an auditor makes the record of the run again, from Git alone")
    stage.jobgate("records", "restart-web", "--out", "record.json")
    stage.jobgate("verify", "record.json")


def _merge(stage: _Stage, branch: str) -> None:
    stage.git("switch", "-q", "main")
    stage.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", branch)
    stage.git("push", "-q", "origin", "main")


def _made(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="jobgate-demo-"))
    if folder.exists():
        raise CheckError(f"cannot make {folder}: it exists", mend="name a folder that does not")
    folder.mkdir(parents=True)
    return folder.resolve()
