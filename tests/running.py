"""Runs on this machine for tests: made, carried out, and looked at from outside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.server import inventory
from runner.server.hosts.local import Local
from runner.server.hosts.runs import Outcome, Run
from tests import serving

if TYPE_CHECKING:
    from collections.abc import Sequence

USER = inventory.own_user()


def local(path: str | None = None) -> Local:
    """Return the connection to this machine, with little grace for what is killed."""
    if path is None:
        return Local(user=USER.name, home=USER.home, grace=0.3)
    return Local(user=USER.name, home=USER.home, path=path)


def run(folder: Path, script: str, *words: str, language: int = serving.SHELL) -> Run:
    """Return a run below `folder` as our own user."""
    return Run(
        folder=folder / "1" / "1" / "0",
        shared=folder,
        data=folder,
        language=language,
        script=script.encode(),
        words=words,
        sensitive=False,
        timeout=30,
        user=USER.name,
        label="0:127.0.0.7",
        ip="127.0.0.7",
    )


def several(one: Run, hosts: int) -> tuple[Run, ...]:
    """Return the same run on so many hosts."""
    return tuple(
        replace(
            one,
            folder=one.folder.with_name(str(host)),
            label=f"0:127.0.0.{7 + host}",
            ip=f"127.0.0.{7 + host}",
        )
        for host in range(hosts)
    )


def ended(local: Local, run: Run) -> Outcome:
    """Return how a run ended, once it has."""
    seen: list[Outcome] = []

    def look() -> bool:
        outcome = local.observe(run.folder)
        if isinstance(outcome, Outcome):
            seen.append(outcome)
        return bool(seen)

    serving.until(look)
    return seen[0]


def carry_out(local: Local, run: Run) -> Outcome:
    """Launch a run, and return how it ended."""
    local.launch((run,))
    return ended(local, run)


def settled(local: Local) -> None:
    """Return when every shim that was begun has ended."""
    begun = local._nursery._process
    assert begun is not None
    local._nursery.close()
    serving.until(lambda: gone(begun.number))


def gone(process: int) -> bool:
    """Tell whether a process has ended; it may not have been buried."""
    try:
        return stat(process)[0] == "Z"
    except FileNotFoundError:
        return True


def stat(process: int) -> Sequence[str]:
    """Return what the system says of a process: state, parent, group, session and more."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def shim(run: Run) -> int:
    """Return the process of the shim of a run, once its script has begun."""
    serving.until(lambda: bool((run.folder / "claim").read_bytes()))
    script = int((run.folder / "claim").read_text().split()[0])
    return int(stat(script)[1])
