"""The runs of a job on its hosts: rows of the store over the connections that reach them.

An OSError of a connection becomes a PlatformError that names the host; whatever was asked for may
be asked for again.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import PlatformError
from runner.server import admit
from runner.server.hosts.runs import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from runner.server.hosts.runs import Connection, Outcome, Seen
    from runner.server.rows import Errand, HostRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """`connections` by the names that hosts have them under; run folders lie below `folder`."""

    folder: Path
    connections: Mapping[str, Connection]

    def launch(self, job: int, rows: Iterable[HostRow], errand: Errand) -> None:
        """Have the scripts begun. Raises PlatformError at the first that cannot be."""
        words = admit.words(errand.param)
        for row in rows:
            with _reaching(row):
                self.connections[row.connection].launch(self._run(job, row, errand, words))

    def give_up(self, job: int, rows: Iterable[HostRow]) -> None:
        """Make sure that these runs never begin; `observe` then says so."""
        for row in rows:
            with _reaching(row):
                self.connections[row.connection].give_up(self._folder(job, row))

    def observe(self, job: int, row: HostRow) -> Seen | Outcome:
        """Return how a run stands."""
        with _reaching(row):
            return self.connections[row.connection].observe(self._folder(job, row))

    def stop(self, job: int, rows: Iterable[HostRow]) -> None:
        """Have these runs ended; `observe` tells when they are."""
        for row in rows:
            with _reaching(row):
                self.connections[row.connection].stop(self._folder(job, row))

    def log(self, job: int, row: HostRow) -> str:
        """Return what the last run on a host has written, as text."""
        with _reaching(row):
            content = self.connections[row.connection].log(self._folder(job, row))
        return content.decode("utf-8", "replace")

    def _folder(self, job: int, row: HostRow) -> Path:
        parts = (job, row.execute_count, row.batch, row.position)
        return self.folder.joinpath(*map(str, parts))

    def _run(self, job: int, row: HostRow, errand: Errand, words: tuple[str, ...]) -> Run:
        return Run(
            folder=self._folder(job, row),
            shared=self.folder / str(job),
            language=errand.language,
            script=errand.script,
            words=words,
            timeout=errand.timeout,
            label=row.label,
            ip=row.ip,
        )


@contextmanager
def _reaching(row: HostRow) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PlatformError(
            f"cannot run on host {row.label}: {error.strerror}: {error.filename or 'this machine'}",
            mend="look after the disk and the limits of this machine, then ask again",
        ) from error
