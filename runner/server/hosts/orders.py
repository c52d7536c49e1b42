"""Everything that a shim finds in the folder of its run: the order, the work folder, the script.

Files are their owner's alone, and so are folders where scripts run as the server does. Where they
run as somebody else, folders let everybody pass and nobody look around; that user owns its work
folder, and finds the script in `code`, which only it can enter: a hard link to a file of ours.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.server.hosts import interpreters, users

if TYPE_CHECKING:
    from pathlib import Path

    from runner.server.hosts.interpreters import Command
    from runner.server.hosts.runs import Run
    from runner.server.hosts.users import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Clerk:
    """Writes orders on behalf of the OS user that the server runs as."""

    server: Owner
    grace: float
    path: str

    def write(self, run: Run) -> None:
        """Write the order of a run. Raises UnstartableError, and OSError to be tried again."""
        owner = users.find(run.user, self.server)
        interpreter = interpreters.find(run.language, self.path)
        name = interpreters.file_name(run.language)
        make(run.folder / "work")
        script = _lent(run, name, owner) if owner.ids else _kept(run.shared, name, run.script)
        hide = run.sensitive and run.words
        command = (interpreters.hushed if hide else interpreters.plain)(
            interpreter, run.language, str(script.absolute()), run.words
        )
        write(run.folder / "order", self._order(run, owner, command))

    def _order(self, run: Run, owner: Owner, command: Command) -> bytes:
        environment = {
            "PATH": self.path,
            "HOME": owner.home,
            "USER": owner.name,
            "LOGNAME": owner.name,
            "LANG": "C.UTF-8",
            "JOBGATE_HOST": run.label,
            "JOBGATE_IP": run.ip,
            **command.environment,
        }
        fields = (
            f"{run.timeout} {self.grace}",
            " ".join(map(str, owner.ids)),
            _encoded(command.secret).hex(),
            str(len(command.argv)),
            *command.argv,
            *(f"{name}={value}" for name, value in environment.items()),
        )
        return _encoded("\0".join(fields))


def make(folder: Path) -> None:
    """Make a folder and those above it, all their owner's alone."""
    # One by one: `parents=True` would leave the upper ones open to others.
    try:
        folder.mkdir(mode=users.PRIVATE, exist_ok=True)
    except FileNotFoundError:
        make(folder.parent)
        folder.mkdir(mode=users.PRIVATE, exist_ok=True)


def write(file: Path, content: bytes, *, mode: int = 0o600, sync: bool = False) -> None:
    """Put a file into place, whole."""
    new = file.with_name(f"{file.name}.{os.urandom(8).hex()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream:
        stream.write(content)
        os.fchmod(stream.fileno(), mode)
        if sync:
            stream.flush()
            os.fsync(stream.fileno())
    new.replace(file)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _kept(folder: Path, name: str, content: bytes, mode: int = 0o600) -> Path:
    """Return a script's file: one for all runs of the job."""
    script = folder / name
    if not script.exists():
        # Kept by the disk before it has its name: a retry must never find it empty.
        write(script, content, mode=mode, sync=True)
    return script


def _lent(run: Run, name: str, owner: Owner) -> Path:
    """Return the script's file for a run as another user, who may read it and no other file."""
    _let_pass(run, owner)
    kept = run.shared / "code"
    code = run.folder / "code"
    make(kept)
    make(code)
    try:
        os.link(_kept(kept, name, run.script, 0o444), code / name)
    except FileExistsError:
        pass  # launched before
    except OSError as error:
        if error.errno != errno.EMLINK:
            raise
        write(kept / name, run.script, mode=0o444, sync=True)
        os.link(kept / name, code / name)
    owner.owns(code)
    owner.owns(run.folder / "work")
    return code / name


def _let_pass(run: Run, owner: Owner) -> None:
    """Open our folders for passing; refuse where one above them, which is not ours, is shut."""
    data = run.data.absolute()
    for folder in (run.folder.absolute(), *run.folder.absolute().parents):
        if owner.passes(folder):
            continue
        if not folder.is_relative_to(data):
            raise users.UnstartableError(
                f"cannot run as {owner.name}: it cannot pass through {folder}, which has the data"
            )
        folder.chmod(users.PASSABLE)
