"""Runs on the machine of the server itself, each under a shim that outlives the server.

What a run is lies in its folder, so every process that uses the data folder can tell how it
stands: without `claim` nobody has begun it; with `exit` it has ended; a `claim` that is still
locked has a living shim; one that is not has lost it, and nobody will ever know the outcome.
So a folder with a claim must outlive every process that might still launch the run.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from runner.server import shim
from runner.server.hosts.runs import Outcome, Seen
from runner.server.states import HostStatus

if TYPE_CHECKING:
    from pathlib import Path

    from runner.server.hosts.runs import Run

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
GRACE = 5.0  # seconds between SIGTERM and SIGKILL

_INTERPRETERS = {1: ("bash", "sh"), 3: ("perl",), 4: ("python3",)}
_UNSTARTED = "unstarted"
_LOST = "its shim died: whether the script ran to its end is not known"


class Local:
    """The connection `local`. It remembers the shims that it began only to bury them."""

    def __init__(self, *, user: str, home: str, grace: float = GRACE) -> None:
        """Run scripts as the server's own OS user, `user`."""
        self._environment = {
            "PATH": PATH,
            "HOME": home,
            "USER": user,
            "LOGNAME": user,
            "LANG": "C.UTF-8",
        }
        self._grace = grace
        self._shims: set[int] = set()

    def launch(self, run: Run) -> None:
        """Begin a shim; it ends without a trace when another one has claimed the run."""
        self._bury()
        _make(run.folder / "work")
        script = _script(run)
        environment = {**self._environment, "JOBGATE_HOST": run.label, "JOBGATE_IP": run.ip}
        words = (_interpreter(run.language), str(script), *run.words)
        fields = (
            f"{run.timeout} {self._grace}",
            str(len(words)),
            *words,
            *(f"{name}={value}" for name, value in environment.items()),
        )
        _write(run.folder / "order", "\0".join(fields).encode("utf-8", "surrogateescape"))
        self._shims.add(_begin(run.folder))

    def give_up(self, folder: Path) -> None:
        """Take the claim, and put the result that nothing was begun."""
        _make(folder)
        lock = shim.claim(str(folder))
        if lock is None:
            return
        try:
            shim.put(str(folder), _UNSTARTED)
        finally:
            os.close(lock)

    def observe(self, folder: Path) -> Seen | Outcome:
        """Return how the run stands. What a dead shim left running is killed."""
        self._bury()
        try:
            claim = os.open(folder / "claim", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return Seen.UNCLAIMED
        try:
            fcntl.flock(claim, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Seen.RUNNING
        else:
            # Only now: a result that was put while the lock was held is seen.
            return _outcome(folder) or _lost(os.read(claim, 100))
        finally:
            os.close(claim)

    def stop(self, folder: Path) -> None:
        """Leave the word for the shim, which looks before it begins and while it follows."""
        if not (folder / "stop").exists():
            _make(folder)
            _write(folder / "stop", b"")

    def log(self, folder: Path) -> bytes:
        """Return what the script has written so far; nothing where it has not begun."""
        with suppress(FileNotFoundError):
            return (folder / "log").read_bytes()
        return b""

    def _bury(self) -> None:
        for process in tuple(self._shims):
            with suppress(ChildProcessError):
                if os.waitpid(process, os.WNOHANG) == (0, 0):
                    continue
            self._shims.discard(process)


def _interpreter(language: int) -> str:
    names = _INTERPRETERS[language]
    for name in names:
        found = shutil.which(name, path=PATH)
        if found is not None:
            return found
    # The shim says in the log that it cannot be run; Python at least is always here.
    return sys.executable if "python3" in names else f"/usr/bin/{names[-1]}"


def _script(run: Run) -> Path:
    """Return the script's file: one for all runs of the job."""
    script = run.shared / "script"
    if not script.exists():
        # Kept by the disk before it has its name: a retry must never find it empty.
        _write(script, run.script, sync=True)
    return script.absolute()


def _make(folder: Path) -> None:
    # One by one: `parents=True` would leave the upper ones open to others.
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileNotFoundError:
        _make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def _write(file: Path, content: bytes, *, sync: bool = False) -> None:
    new = file.with_name(f"{file.name}.{os.urandom(8).hex()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
        if sync:
            stream.flush()
            os.fsync(stream.fileno())
    new.replace(file)


def _begin(folder: Path) -> int:
    # Its own libraries may lie where only this variable says; the script does not get it.
    libraries = os.environ.get("LD_LIBRARY_PATH")
    return os.posix_spawn(
        sys.executable,
        (sys.executable, "-I", "-S", "-E", shim.__file__, str(folder.absolute())),
        {} if libraries is None else {"LD_LIBRARY_PATH": libraries},
        file_actions=(
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
            (
                *(os.POSIX_SPAWN_OPEN, 2, str(folder / "shim.log")),
                *(os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            ),
        ),
        setsid=True,
        setsigmask=(),
    )


def _outcome(folder: Path) -> Outcome | None:
    try:
        result = (folder / "exit").read_text("ascii")
        at = (folder / "exit").stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return None
    named = {
        "timeout": (HostStatus.TIMED_OUT, "its time was up"),
        "killed": (HostStatus.TERMINATED, "stopped"),
        _UNSTARTED: (HostStatus.NOT_STARTED, f"its shim cannot begin: {_last(folder)}"),
    }
    if result in named:
        status, detail = named[result]
        return Outcome(status=status, exit_code=None, detail=detail, at=at)
    code = int(result)
    status = HostStatus.NON_ZERO if code else HostStatus.SUCCEEDED
    return Outcome(status=status, exit_code=code, detail=f"exit code {code}" if code else "", at=at)


def _last(folder: Path) -> str:
    with suppress(OSError):
        lines = (folder / "shim.log").read_text("utf-8", "replace").split("\n")
        return next((line for line in reversed(lines) if line), "it says nothing")
    return "it says nothing"


def _lost(claim: bytes) -> Outcome:
    process, _, began = claim.decode("ascii").partition(" ")
    if began and began == shim.began_at(int(process)):
        with suppress(ProcessLookupError):
            os.killpg(int(process), signal.SIGKILL)
    return Outcome(
        status=HostStatus.UNKNOWN, exit_code=None, detail=_LOST, at=time.time_ns() // 1_000_000
    )
