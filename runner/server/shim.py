"""Run one script on this machine, at most once, in a process that `hosts.forks` begins for it.

It reads `order` in its run folder, takes `claim`, writes `log`, and ends with `exit`: an exit code,
`timeout`, `killed`, or `unstarted` with the reason on the next line. A `stop` in the folder ends
the script, or keeps it from being begun. It knows nothing of jobs, and imports as little as it can:
neither `os`, nor `signal`, nor anything of ours.

1. Claim: a locked file gets the name `claim`, which only one can have. So a claim whose lock is
   free belongs to a shim that died, and never to one that is still on its way.
2. Begin the script in a process group of its own, as the OS user that the order names.
3. Follow it: keep its output up to a limit, and end the group when its time is up.
4. Put `exit` into place, whole. While the disk is full it waits, and keeps the lock.

What the script leaves behind in the background goes on, as a service that it restarted must,
unless it ran out of time or was stopped.
"""

import fcntl
import posix
import select
import time

LIMIT = 5 * 1024 * 1024  # bytes of output that are kept
CUT = b"\n[jobgate] the output is longer than 5 MiB; the rest is not kept\n"
UNSTARTED = "unstarted"
HIDDEN = 3  # the descriptor of what an interpreter is told in secret

_CHUNK = 65536
_DRAIN = 32  # chunks that are still read after the script has ended
_TICK, _SHORT = 100, 10  # milliseconds between two looks for `stop`; and for what is being killed
_TERM, _KILL = 15, 9
# HUP INT QUIT PIPE TERM CHLD XFSZ: Python ignores some of them, and the script must not.
_DEFAULTS = (1, 2, 3, 13, _TERM, 17, 25)
_NEW = posix.O_WRONLY | posix.O_CREAT | posix.O_TRUNC | posix.O_CLOEXEC


def run(folder: bytes) -> None:
    """Run what `order` in `folder` says, unless someone else has claimed it."""
    posix.chdir(folder)
    order = _Order(read("order"))
    # Whatever needs room on the disk comes before the claim: without one, we are launched again.
    log = _Log(posix.open("log", posix.O_WRONLY | posix.O_CREAT | posix.O_CLOEXEC, 0o600))
    lock = claim(".")
    if lock is None:
        return
    if posix.access("stop", posix.F_OK):
        finish(".", "killed")
        return
    try:
        child, output = order.begin()
    except OSError as error:
        finish(".", f"{UNSTARTED}\ncannot run {order.words[0].decode()}: {error.strerror}")
        return
    _note(lock, f"{child} {began_at(child)}")
    finish(".", _Script(child, output, log).follow(order.timeout, order.grace))


def claim(folder: str) -> int | None:
    """Return the descriptor that holds the run's claim as long as it is open, or None: taken."""
    name = f"{folder}/claim.{posix.urandom(8).hex()}"
    lock = posix.open(name, posix.O_RDWR | posix.O_CREAT | posix.O_EXCL | posix.O_CLOEXEC, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        posix.link(name, f"{folder}/claim")
    except FileExistsError:
        posix.close(lock)
        return None
    finally:
        posix.unlink(name)
    _keep(folder)
    return lock


def finish(folder: str, result: str) -> None:
    """Put the result into place; try again until the disk takes it or the folder is gone."""
    while True:
        try:
            put(folder, result)
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(1)
        else:
            return


def put(folder: str, result: str) -> None:
    """Put the result into place, so that it is whole or not there, and outlives the machine."""
    file = posix.open(f"{folder}/exit.new", _NEW, 0o600)
    try:
        posix.write(file, result.encode())
        posix.fsync(file)
    finally:
        posix.close(file)
    posix.rename(f"{folder}/exit.new", f"{folder}/exit")
    _keep(folder)


def began_at(process: int) -> str:
    """Return in which boot a process began, and when in its ticks; empty where it is gone.

    With it a process is told from a later one that was given the same number.
    """
    try:
        ticks = read(f"/proc/{process}/stat").rpartition(b")")[2].split()[19]
        boot = read("/proc/sys/kernel/random/boot_id").strip()
        return (boot + b"/" + ticks).decode()
    except (OSError, IndexError):
        return ""


def read(name: str) -> bytes:
    """Return the content of a file."""
    file = posix.open(name, posix.O_RDONLY | posix.O_CLOEXEC)
    try:
        parts = []
        while part := posix.read(file, _CHUNK):
            parts.append(part)
        return b"".join(parts)
    finally:
        posix.close(file)


def _note(file: int, text: str) -> None:
    try:
        posix.write(file, text.encode())
    except OSError:
        return  # the disk is full; the note is only for cleaning up after a shim that died


def _keep(folder: str) -> None:
    directory = posix.open(folder, posix.O_RDONLY | posix.O_DIRECTORY | posix.O_CLOEXEC)
    try:
        posix.fsync(directory)
    finally:
        posix.close(directory)


class _Log:
    """What the script writes, up to the limit. A full disk loses output, never the result."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._left = LIMIT

    def add(self, chunk: bytes) -> None:
        if self._left < 0:
            return
        kept = chunk[: self._left]
        self._left -= len(kept)
        if len(kept) < len(chunk):
            kept += CUT
            self._left = -1
        try:
            while kept:
                kept = kept[posix.write(self._file, kept) :]
        except OSError:
            self._left = -1


class _Order:
    """What is to be run and how, in fields that NUL parts.

    Seconds until SIGTERM and from there to SIGKILL; the ids of another user and of its groups, or
    nothing; what the interpreter is told in secret, in hexadecimal; how many words; the words; the
    environment.
    """

    def __init__(self, content: bytes) -> None:
        times, ids, hidden, count, *rest = content.split(b"\0")
        self.timeout, self.grace = map(float, times.split())
        self.words = rest[: int(count)]
        self._environment = dict(map(_pair, rest[int(count) :]))
        self._ids = tuple(map(int, ids.split()))
        self._hidden = bytes.fromhex(hidden.decode())

    def begin(self) -> tuple[int, int]:
        """Begin the script in `work`; return its process, and the end of its output."""
        output, end = posix.pipe()
        here = posix.open(".", posix.O_RDONLY | posix.O_DIRECTORY | posix.O_CLOEXEC)
        actions = [(posix.POSIX_SPAWN_DUP2, end, 1), (posix.POSIX_SPAWN_DUP2, end, 2)]
        secret = _memory(self._hidden)
        if self._hidden:
            actions.append((posix.POSIX_SPAWN_DUP2, secret, HIDDEN))
        posix.umask(0o022)
        posix.chdir("work")
        try:
            if self._ids:
                _lend(*self._ids)
            child = posix.posix_spawn(
                self.words[0],
                self.words,
                self._environment,
                file_actions=actions,
                setpgroup=0,
                resetids=bool(self._ids),
                setsigmask=(),
                setsigdef=_DEFAULTS,
            )
        finally:
            if self._ids:
                _lend(0, 0)
            posix.umask(0o077)
            posix.fchdir(here)
            posix.close(here)
            posix.close(end)
            posix.close(secret)
        return child, output


def _lend(user: int, group: int, *groups: int) -> None:
    """Take the real ids of a user, which is all that a child gets; in effect we stay root."""
    posix.setgroups(groups)
    posix.setresgid(group, 0, 0)
    posix.setresuid(user, 0, 0)


def _memory(content: bytes) -> int:
    """Return a descriptor to read `content` from, which has no name on any disk."""
    file = posix.memfd_create("", posix.MFD_CLOEXEC)
    while content:
        content = content[posix.write(file, content) :]
    posix.lseek(file, 0, 0)
    return file


def _process(child: int) -> int | None:
    """Return what is readable once `child` has ended; None where the kernel has no such thing."""
    try:
        return posix.pidfd_open(child)
    except OSError:
        return None


def _pair(text: bytes) -> tuple[bytes, bytes]:
    name, _, value = text.partition(b"=")
    return name, value


class _Script:
    """A script that was begun: its process, which leads its group, and the end of its output."""

    def __init__(self, child: int, output: int, log: _Log) -> None:
        self._child = child
        self._output = output
        self._log = log
        self._poll = select.poll()
        self._poll.register(output, select.POLLIN)
        process = _process(child)
        if process is not None:
            self._poll.register(process, select.POLLIN)

    def follow(self, timeout: float, grace: float) -> str:
        """Return how the script ended: its exit code (128 and the signal), or why it was ended."""
        end = time.monotonic() + timeout
        why = ""
        while (status := self._ended()) is None:
            self._wait(end)
            if not why:
                why = self._why(end)
                if why:
                    end = time.monotonic() + grace
                    self._signal(_TERM)
            elif time.monotonic() >= end:
                self._signal(_KILL)
        posix.set_blocking(self._output, False)
        self._drain()
        if not why:
            return str(status if status >= 0 else 128 - status)
        self._clear(end)
        return why

    def _ended(self) -> int | None:
        child, status = posix.waitpid(self._child, posix.WNOHANG)
        return posix.waitstatus_to_exitcode(status) if child else None

    def _wait(self, end: float) -> None:
        left = max(_SHORT, int((end - time.monotonic()) * 1000) + 1)
        for ready, _ in self._poll.poll(min(_TICK, left)):
            if ready == self._output and not self._read():
                self._poll.unregister(self._output)

    def _read(self) -> bool:
        chunk = posix.read(self._output, _CHUNK)
        self._log.add(chunk)
        return bool(chunk)

    def _drain(self) -> None:
        try:
            for _ in range(_DRAIN):
                if not self._read():
                    return
        except BlockingIOError:
            return  # whoever still holds the other end has written nothing more

    def _why(self, end: float) -> str:
        if posix.access("stop", posix.F_OK):
            return "killed"
        return "timeout" if time.monotonic() >= end else ""

    def _signal(self, number: int) -> bool:
        try:
            posix.killpg(self._child, number)
        except ProcessLookupError:
            return False
        return True

    def _clear(self, end: float) -> None:
        """End what is left of the group: the rest of its grace first."""
        while self._signal(0):
            if time.monotonic() >= end:
                self._signal(_KILL)
                return
            time.sleep(_SHORT / 1000)
            self._drain()
