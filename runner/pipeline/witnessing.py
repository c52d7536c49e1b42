"""Witnessing: what the platforms' lists show, before anything is announced or created.

A list is no proof: it may lag, and anyone can give a job a name. So nothing on it is taken over.
It can only make jobgate stop: where something was started with the key of a submission that is
about to be created, and where a job says that the journal was longer than it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from runner import witness
from runner.errors import PlatformError, RepositoryError
from runner.outcomes import Event
from runner.pipeline.wave import present
from runner.progress import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Ledger
    from runner.pipeline.wave import Task
    from runner.pipeline.world import World
    from runner.witness import Sighting

Place: TypeAlias = tuple[str, tuple[str, str]]  # a platform by its name, and a scope there

_LAG = 600_000  # ms by which a list may be behind: it is read anew from so long before its end
_FEW = 8  # keys that are each asked for; with more it is cheaper to read all that jobgate named


@dataclass(slots=True, kw_only=True)
class Lookout:
    """What one run has seen on the lists. `planted` are jobs that a person says to pass over."""

    world: World
    planted: frozenset[tuple[str, int]] = frozenset()
    _asked: set[str] = field(default_factory=set)  # keys
    _began: dict[tuple[str, str], int] = field(default_factory=dict)  # by platform and key
    _since: dict[tuple[Place, str], int] = field(default_factory=dict)
    _shut: dict[Place, str] = field(default_factory=dict)  # why a list cannot be read

    def look(self, ledger: Ledger, wanted: Iterable[Task]) -> None:
        """Ask the lists about what is to be created, each once for all that is to go there.

        Raise RepositoryError when one shows that the journal was longer than `ledger`.
        """
        places: dict[Place, list[Task]] = {}
        for task in wanted:
            if task.key not in self._asked:
                self._asked.add(task.key)
                places.setdefault((task.platform.name, task.scope), []).append(task)
        for place, tasks in places.items():
            if place not in self._shut:
                try:
                    seen = self._seen(ledger, place, tasks)
                except PlatformError as error:
                    self._shut[place] = error.message
                    continue
                self._hold(ledger, place, seen)
                self._note(place, seen)
                for task in tasks:
                    self._tell(task, seen)

    def shut(self, task: Task) -> str:
        """Return why the list that `task` was to be looked for on could not be read, or nothing."""
        return self._shut.get((task.platform.name, task.scope), "")

    def began(self, task: Task) -> int | None:
        """Return a job that bears the key of `task` and was started, or None.

        Raise PlatformError where the list that would have it could not be read.
        """
        why = self.shut(task)
        if why:
            raise PlatformError(why, mend="apply again when the platform's list can be read")
        return self._began.get((task.platform.name, task.key))

    # ------------------------------------------------------------ parts

    def _seen(self, ledger: Ledger, place: Place, tasks: list[Task]) -> list[Sighting]:
        """Return what may tell of `tasks` or of the ledger, each job once."""
        platform = self.world.platforms(tasks[0].platform)
        few = len(tasks) <= _FEW
        wanted = witness.tagged(ledger.id) if few else witness.BEARING
        since = self._since.get((place, wanted), 0)
        asked = [(since, wanted), *((0, task.key) for task in tasks if few)]
        found: dict[int, Sighting] = {}
        for start, bearing in asked:
            shown = platform.listed(place[1], start, bearing)
            found |= {each.job: each for each in shown}
        self._since[place, wanted] = max((since, *(each.at - _LAG for each in found.values())))
        return [each for each in found.values() if (place[0], each.job) not in self.planted]

    def _hold(self, ledger: Ledger, place: Place, seen: list[Sighting]) -> None:
        """Hold a list against the journal, as it is after the list was made."""
        if witness.ahead(ledger, seen) is None:
            return
        now = present(self.world.journal.ledger())
        found = witness.ahead(now, seen)
        if found is not None:
            job, mark = found
            raise RepositoryError(
                f"cannot trust the journal: it was rolled back to entry {now.seq}; job {job.job} "
                f"of {place[0]} was created after entry {mark.seq} of this ledger",
                mend="put its ref back from a clone that has more of it; if somebody gave that job "
                f"a false name, say so: `--planted {place[0]}/{job.job}`",
            )

    def _note(self, place: Place, seen: list[Sighting]) -> None:
        for each in seen:
            key = witness.key_in(each.name)
            if key and each.status is not Status.WAITING:
                self._began[place[0], key] = each.job

    def _tell(self, task: Task, seen: list[Sighting]) -> None:
        for each in seen:
            if each.status is Status.WAITING and witness.key_in(each.name) == task.key:
                text = f"{task.platform.name} has job {each.job} of this key, which stays idle"
                self.world.tell(Event(job=task.id, text=text))
