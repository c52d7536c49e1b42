"""The OS users that scripts run as: who one is on this machine, and what must be open to it.

Only root can run a script as somebody else. The user then gets its groups, its home, a work folder
of its own and the script, and can pass through the folders above them without seeing what else is
there. PAM is not asked: limits and the like are those of the server.
"""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE, PASSABLE = 0o700, 0o711


class UnstartableError(Exception):
    """A run that cannot begin on this machine, however often it is tried; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Whom a script runs as; `ids` are user, group and further groups, or empty: the server's."""

    name: str
    home: str
    ids: tuple[int, ...] = ()

    def owns(self, folder: Path) -> None:
        """Give it a folder. Raises OSError."""
        if self.ids:
            os.chown(folder, self.ids[0], self.ids[1], follow_symlinks=False)

    def passes(self, folder: Path) -> bool:
        """Tell whether it can pass through a folder, by the mode alone."""
        entry = folder.stat()
        if entry.st_uid == self.ids[0]:
            return bool(entry.st_mode & 0o100)
        return bool(entry.st_mode & (0o010 if entry.st_gid in self.ids[1:] else 0o001))


def find(name: str, server: Owner) -> Owner:
    """Return the user that is called `name`. Raises UnstartableError, also where it is barred."""
    if name == server.name:
        return server
    if os.geteuid() != 0:
        raise UnstartableError(
            f"cannot run as {name}: the server runs as {server.name}, and only root can do that"
        )
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise UnstartableError(f"cannot run as {name}: this host has no such user") from None
    groups = (group for group in os.getgrouplist(name, entry.pw_gid) if group != entry.pw_gid)
    return Owner(name=name, home=entry.pw_dir, ids=(entry.pw_uid, entry.pw_gid, *groups))
