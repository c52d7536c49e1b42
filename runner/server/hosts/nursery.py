"""The process that shims are forked from: begun when it is first needed, and again if it died.

It outlives us as long as one of its shims does. What it had not yet begun when it died, nobody has
claimed, and is launched again.
"""

from __future__ import annotations

import errno
import os
import select
import sys
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runner.server.hosts import forks

if TYPE_CHECKING:
    from collections.abc import Sequence

_CODE = (
    "import sys; sys.path.append(sys.argv[1]); from runner.server.hosts import forks; forks.main()"
)
_ROOT = Path(forks.__file__).absolute().parents[3]
PATIENCE = 5000  # milliseconds
_LEFT: set[int] = set()  # those that we let go, to be buried when they have ended


class Nursery:
    """A handle on that process, which several threads may use."""

    def __init__(self, patience: int = PATIENCE) -> None:
        """Begin nothing yet; wait so many milliseconds for it to read what it is asked."""
        self._patience = patience
        self._turn = threading.Lock()
        self._process: _Process | None = None

    def begin(self, folders: Sequence[Path]) -> None:
        """Have a shim begun for each run folder. Raises OSError."""
        if not folders:
            return
        asked = b"".join(os.fsencode(folder) + b"\0" for folder in folders)
        with self._turn:
            with suppress(BrokenPipeError):
                self._ask(folders[0], asked)
                return
            self.close()
            self._ask(folders[0], asked)

    def close(self) -> None:
        """Ask for no more shims; those that were begun go on."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def _ask(self, folder: Path, asked: bytes) -> None:
        if self._process is None:
            self._process = _Process(folder)
        try:
            self._process.write(asked, self._patience)
        except TimeoutError:
            # It may have half of a name, which must not be taken for the beginning of another.
            self.close()
            raise


class _Process:
    """One process, and the pipe on which it is asked."""

    def __init__(self, folder: Path) -> None:
        """Begin it; what keeps it from starting stands in the shim's log of `folder`."""
        _bury()
        # Its own libraries may lie where only this variable says; the script does not get it.
        libraries = os.environ.get("LD_LIBRARY_PATH")
        asks, self._pipe = os.pipe()
        try:
            self.number = os.posix_spawn(
                sys.executable,
                (sys.executable, "-I", "-S", "-E", "-c", _CODE, str(_ROOT)),
                {} if libraries is None else {"LD_LIBRARY_PATH": libraries},
                file_actions=(
                    (os.POSIX_SPAWN_DUP2, asks, 0),
                    (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                    (
                        *(os.POSIX_SPAWN_OPEN, 2, str(folder / "shim.log")),
                        *(os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
                    ),
                ),
                setsid=True,
                setsigmask=(),
            )
        except OSError:
            os.close(self._pipe)
            raise
        finally:
            os.close(asks)
        os.set_blocking(self._pipe, False)
        self.close = weakref.finalize(self, _let_go, self._pipe, self.number)

    def write(self, content: bytes, patience: int) -> None:
        """Hand it all over. Raises BrokenPipeError if it died, TimeoutError if it hangs."""
        room = select.poll()
        room.register(self._pipe, select.POLLOUT)
        while content:
            if not room.poll(patience):
                raise TimeoutError(errno.ETIMEDOUT, "the process that begins shims hangs")
            content = content[os.write(self._pipe, content) :]


def _let_go(pipe: int, process: int) -> None:
    os.close(pipe)
    _LEFT.add(process)


def _bury() -> None:
    for process in tuple(_LEFT):
        with suppress(ChildProcessError):
            if os.waitpid(process, os.WNOHANG) == (0, 0):
                continue
        _LEFT.discard(process)
