"""Begin shims, each a fork of this process: run folders come on stdin, each ended by NUL.

Started by `hosts.nursery`. A fork costs a tenth of a new Python. Each shim has a session of its
own, and one that is killed takes no other along. Those that have ended are buried at once; when
nothing more can come on stdin and all have ended, so does this process.

It must start quickly and stay small: what it imports, each shim has in its memory.
"""

import posix
import select
import sys
from posix import _exit as leave

from runner.server import shim

_DESCRIPTORS = 65536
_CHUNK = 65536
_BURIAL = 1000  # milliseconds between two looks for shims that have ended


def main() -> None:
    """Begin a shim for each folder, and bury them all."""
    # Whoever launched us may wait for the end of a pipe that we have inherited from it.
    posix.closerange(3, _DESCRIPTORS)
    posix.chdir("/")
    posix.umask(0o077)
    folder = _begin()
    if folder is not None:
        shim.run(folder)
        leave(0)  # to take a Python down with care is slow


def _begin() -> bytes | None:
    """Return in each shim with its folder, and with None when all have ended."""
    asked = select.poll()
    asked.register(0, select.POLLIN)
    rest, living, more = b"", 0, True
    while more or living:
        living -= _buried(living, wait=not more)
        if more and asked.poll(_BURIAL if living else None):
            part = posix.read(0, _CHUNK)
            more = bool(part)
            *folders, rest = (rest + part).split(b"\0")
            for folder in folders:
                process = _fork(folder)
                if process == 0:
                    return folder
                living += process is not None
    return None


def _buried(living: int, *, wait: bool) -> int:
    """Return how many of the living have ended since; at least one if we are to wait for it."""
    count = 0
    while count < living and posix.waitpid(-1, 0 if wait and not count else posix.WNOHANG)[0]:
        count += 1
    return count


def _fork(folder: bytes) -> int | None:
    """Return the process of a new shim, 0 in itself, or None where there is no room for one."""
    try:
        process = posix.fork()
    except OSError as error:
        _complain(folder, error)
        return None
    if process == 0:
        posix.setsid()
        _open("/dev/null", posix.O_RDONLY, 0)
        _open(folder + b"/shim.log", _APPEND, 2)
    return process


def _complain(folder: bytes, error: OSError) -> None:
    try:
        _open(folder + b"/shim.log", _APPEND, 2)
    except OSError:
        return  # who asks for the run sees that nobody has claimed it
    sys.stderr.write(f"{error}\n")


def _open(path: str | bytes, flags: int, descriptor: int) -> None:
    file = posix.open(path, flags | posix.O_CLOEXEC, 0o600)
    posix.dup2(file, descriptor)
    posix.close(file)


_APPEND = posix.O_WRONLY | posix.O_CREAT | posix.O_APPEND
