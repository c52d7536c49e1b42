"""Fetches the value of a secret from where the policy in force says that it is.

A source is a variable of the environment, a file, or a command. No error holds a value, nor what a
command printed. A value is one line of text: what else there may be could not arrive as it is.
"""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import signal
import stat
import subprocess
import time
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from runner import secretgrants, secretparts
from runner.errors import PlatformError

if TYPE_CHECKING:
    from runner.model import SecretSource

LONGEST = 4096  # characters of a value
SECONDS = 30.0  # that a command may take
_BYTES = 4 * LONGEST + 2  # a value in UTF-8, and a line end
_PIECE = 64 * 1024
_TOO_MUCH = f"holds more than {LONGEST:,} characters"


class Values(Mapping[str, str]):
    """Values by the names of their secrets. It does not show them, and cannot be written away."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        """Hold a copy of `values`."""
        self._values = dict(values)

    def __getitem__(self, name: str) -> str:
        """Return the value of the secret `name`."""
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._values)

    def __repr__(self) -> str:
        """Return the names alone."""
        return f"Values({', '.join(self._values)})"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled."""
        message = "values of secrets are not written away"
        raise TypeError(message)


@dataclass(frozen=True, slots=True)
class Sources:
    """Fetches values. `environment` is where variables are looked up, and is not shown.

    A command gets the environment of this process as it is then, runs in the root folder, without
    a terminal, and has so many seconds.
    """

    environment: Mapping[str, str] = field(repr=False)
    seconds: float = SECONDS

    def value(self, source: SecretSource) -> str:
        """Return the value of a secret; raise PlatformError where there is none to be used."""
        if source.kind == "env":
            content = self._variable(source)
        elif source.kind == "file":
            content = _file(source)
        else:
            content = self._printed(source)
        return _fit(source, content)

    def _variable(self, source: SecretSource) -> bytes:
        value = self.environment.get(source.source[0])
        if value is None:
            raise _unfetched(source, "is not set")
        return os.fsencode(value)

    def _printed(self, source: SecretSource) -> bytes:
        """Return what a command prints, if it ends well and in time."""
        if "/" in source.source[0] and not source.source[0].startswith("/"):
            raise _unfetched(source, "is neither on the PATH nor an absolute path")
        try:
            process = subprocess.Popen(
                source.source,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # it may hold anything, the value as well
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise _unfetched(source, f"cannot be run: {_why(error)}") from None
        with process:
            try:
                return self._awaited(process, source)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _awaited(self, process: subprocess.Popen[bytes], source: SecretSource) -> bytes:
        end = time.monotonic() + self.seconds
        late = f"does not end within {self.seconds:g} seconds"
        content = _until(process.stdout, end)
        if content is None:
            raise _unfetched(source, late)
        if len(content) > _BYTES:
            return content  # it is not going to be used, and the command may print for ever
        try:
            code = process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise _unfetched(source, late) from None
        if code != 0:
            raise _unfetched(source, f"ended with code {code}")
        return content


def _until(stream: IO[bytes] | None, end: float) -> bytes | None:
    """Return all that comes until the end of the stream, or None when that does not come in time.

    Of what is too much only the first is returned.
    """
    content = b""
    while stream is not None and len(content) <= _BYTES:
        ready, _, _ = select.select([stream], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return None
        piece = os.read(stream.fileno(), _PIECE)
        if not piece:
            break
        content += piece
    return content


def _file(source: SecretSource) -> bytes:
    """Return what a file holds, as far as a value could."""
    file = Path(source.source[0])
    if not file.is_absolute():
        raise _unfetched(source, "is no absolute path")
    try:
        # What is behind a link counts, as mounted secrets are links; and a pipe is not waited for.
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except (OSError, ValueError) as error:
        raise _unfetched(source, f"cannot be read: {_why(error)}") from None
    try:
        _check(source, os.fstat(descriptor))
        with os.fdopen(os.dup(descriptor), "rb", buffering=0) as stream:
            return stream.read(_BYTES + 1)
    except OSError as error:
        raise _unfetched(source, f"cannot be read: {_why(error)}") from None
    finally:
        os.close(descriptor)


def _check(source: SecretSource, found: os.stat_result) -> None:
    """Raise PlatformError unless a file is one that only its owner can have written or may read."""
    if not stat.S_ISREG(found.st_mode):
        raise _unfetched(source, "is no regular file")
    if found.st_uid not in {0, os.geteuid()}:
        raise _unfetched(source, "belongs to another user than the one that jobgate runs as")
    if found.st_mode & (stat.S_IRWXO | stat.S_IWGRP):
        mode = f"{stat.S_IMODE(found.st_mode):04o}"
        mend = f"let nobody else read it: `chmod 0400 {shlex.quote(source.source[0])}`"
        raise _unfetched(source, f"is open to other users (mode {mode})", mend)


def _fit(source: SecretSource, content: bytes) -> str:
    """Return the value that stands in `content`, without one line end."""
    line = content.removesuffix(b"\n").removesuffix(b"\r") if source.kind != "env" else content
    if len(content) > _BYTES:
        raise _unfetched(source, _TOO_MUCH)
    try:
        value = line.decode()
    except UnicodeDecodeError:
        raise _unfetched(source, "holds what is no UTF-8") from None
    if len(value) > LONGEST:
        raise _unfetched(source, _TOO_MUCH)
    if len(value) < secretparts.SHORTEST:
        why = f"holds fewer than {secretparts.SHORTEST} characters"
        raise _unfetched(source, why, "give the secret a longer value")
    if any(unicodedata.category(each) == "Cc" for each in value):
        raise _unfetched(source, "holds a line end or another control character")
    return value


def _unfetched(source: SecretSource, why: str, mend: str = "") -> PlatformError:
    return PlatformError(
        f"cannot fetch the secret {source.name}: {secretgrants.place(source)} {why}",
        mend=mend or f"put its value there, or mend secrets.{source.name} in jobgate.yaml",
    )


def _why(error: OSError | ValueError) -> str:
    return (error.strerror or "no answer") if isinstance(error, OSError) else "it holds a NUL"
