"""The key that sessions are signed with: made once, kept in the data folder, its owner's alone."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from runner.errors import PlatformError

if TYPE_CHECKING:
    from pathlib import Path

NAME = "console.key"
_BYTES = 32


def kept(folder: Path) -> bytes:
    """Return the key in a data folder that nobody else serves. Raises PlatformError."""
    file = folder / NAME
    try:
        if not file.exists():
            _make(file)
        key = file.read_bytes()
    except OSError as error:
        raise PlatformError(
            f"cannot keep the key of the console in {file}: {error.strerror}",
            mend="let the user of the server read and write the data folder",
        ) from error
    if len(key) < _BYTES:
        raise PlatformError(
            f"cannot use the key of the console in {file}: it has {len(key)} bytes of {_BYTES}",
            mend="delete the file; everybody who was logged in then logs in again",
        )
    return key


def _make(file: Path) -> None:
    new = file.with_name(f"{NAME}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(secrets.token_bytes(_BYTES))
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)
