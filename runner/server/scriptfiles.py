"""Script files beside an inventory: regular files below its folder, and no larger than a script."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.rules import scriptrules

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why there is no such script: the rule that it breaks, and its mend."""

    rule: str
    message: str
    mend: str


def content(folder: Path, name: str) -> bytes | Fault:
    """Return the bytes of the file `name` below `folder`; one byte too many shows that it is large.

    Links are followed as long as they end below the folder.
    """
    try:
        file = (folder / name).resolve()
        if not file.is_relative_to(folder.resolve()):
            return Fault(
                rule="path-escape",
                message="cannot take a script from outside the inventory's folder",
                mend="move the file below that folder, and name it from there",
            )
        if not stat.S_ISREG(file.stat().st_mode):
            return Fault(
                rule="not-a-file",
                message="cannot take a script from there: it is no regular file",
                mend="name a regular file",
            )
        with file.open("rb") as opened:
            return opened.read(scriptrules.SCRIPT_BYTES + 1)
    except (OSError, RuntimeError, ValueError) as error:
        # A ring of links is a RuntimeError before Python 3.13.
        reason = error.strerror if isinstance(error, OSError) else error
        return Fault(
            rule="missing-file",
            message=f"cannot read the script: {reason}",
            mend="name a file that is there and can be read",
        )
