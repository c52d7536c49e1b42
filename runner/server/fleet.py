"""The runs of a job on its hosts: rows of the store over the connections that reach them.

An OSError of a connection becomes a PlatformError that names the host; whatever was asked for may
be asked for again.
"""

from __future__ import annotations

import codecs
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.errors import PlatformError
from runner.server import admit
from runner.server.hosts.runs import LIMIT, LaunchError, Run
from runner.server.states import HostStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from runner.server.hosts.runs import Connection, Outcome, Seen
    from runner.server.rows import Errand, HostRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """`connections` by the names that hosts have them under.

    Run folders lie below `folder`, which lies in the data folder.
    """

    folder: Path
    connections: Mapping[str, Connection]

    def launch(self, job: int, rows: Iterable[HostRow], errand: Errand) -> None:
        """Have the scripts begun, whichever can be. Raises PlatformError for one that cannot."""
        words = admit.words(errand.param)
        groups: dict[str, list[HostRow]] = {}
        for row in rows:
            groups.setdefault(row.connection, []).append(row)
        failed: PlatformError | None = None
        for connection, group in groups.items():
            runs = tuple(self._run(job, row, errand, words) for row in group)
            try:
                self.connections[connection].launch(runs)
            except OSError as error:
                label = error.label if isinstance(error, LaunchError) else group[0].label
                failed = failed or _unreached(label, error)
        if failed is not None:
            raise failed

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

    def log(self, job: int, row: HostRow, offset: int = 0, limit: int = LIMIT) -> bytes:
        """Return what the last run on a host has written: at most `limit` bytes from `offset` on.

        It ends with a whole character of UTF-8 where it begins with one and more may follow, so
        that whoever reads on from its end can decode each piece by itself. `limit` is at least 4.
        """
        with _reaching(row):
            content = self.connections[row.connection].log(self._folder(job, row), offset, limit)
        follows = len(content) == limit or row.status is HostStatus.RUNNING
        return _whole(content) if follows else content

    def text(self, job: int, row: HostRow) -> str:
        """Return all that the last run on a host has written, as text."""
        return self.log(job, row).decode("utf-8", "replace")

    def _folder(self, job: int, row: HostRow) -> Path:
        parts = (job, row.execute_count, row.batch, row.position)
        return self.folder.joinpath(*map(str, parts))

    def _run(self, job: int, row: HostRow, errand: Errand, words: tuple[str, ...]) -> Run:
        return Run(
            folder=self._folder(job, row),
            shared=self.folder / str(job),
            data=self.folder.parent,
            language=errand.language,
            script=errand.script,
            words=words,
            sensitive=errand.sensitive,
            timeout=errand.timeout,
            user=errand.user,
            label=row.label,
            ip=row.ip,
        )


@contextmanager
def _reaching(row: HostRow) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _unreached(row.label, error) from error


def _unreached(label: str, error: OSError) -> PlatformError:
    return PlatformError(
        f"cannot run on host {label}: {error.strerror}: {error.filename or 'this machine'}",
        mend="look after the disk and the limits of this machine, then ask again",
    )


def _whole(content: bytes) -> bytes:
    """Return it without the beginning of a character at its end."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(content[-_LONGEST:])
    begun, _ = decoder.getstate()
    return content[: len(content) - len(begun)]


_LONGEST = 4  # bytes of a character
