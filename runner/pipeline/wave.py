"""The submissions that are carried on together, and where each of them stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from runner.errors import RepositoryError
from runner.outcomes import Event, Item
from runner.pipeline import drafting

if TYPE_CHECKING:
    from runner.model import Draft, Had, Job, JobId, Key, Kind, Ledger, Planned, PlatformEntry, Step
    from runner.pipeline.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One submission to carry on: its key, its platform, and its job where it is still wanted.

    `scope` is the one that its request is about.
    """

    id: JobId
    key: Key
    platform: PlatformEntry
    scope: tuple[str, str]
    job: Job | None


class Lookout(Protocol):
    """What the platforms' lists have shown of submissions that are to be created."""

    def shut(self, task: Task) -> str:
        """Return why the list that `task` was to be looked for on could not be read, or nothing."""
        ...

    def began(self, task: Task) -> int | None:
        """Return a job that bears the key of `task` and was started; PlatformError when shut."""
        ...


@dataclass(slots=True, kw_only=True)
class Wave:
    """The submissions that are carried on together. `items` holds those that have come to rest.

    `lookout` has asked the lists of the platforms about those that are to be created.
    """

    world: World
    planned: Planned
    ledger: Ledger
    tasks: dict[JobId, Task]
    items: dict[JobId, Item]
    lookout: Lookout

    def at(self, state: Kind) -> list[tuple[Task, Had]]:
        """Return the tasks that stand at `state` in the ledger and have not come to rest."""
        return [
            (task, had)
            for task in self.tasks.values()
            if task.id not in self.items
            and (had := self.ledger.jobs.get(task.id)) is not None
            and (had.key, had.state) == (task.key, state)
        ]

    def append(self, state: Kind, drafts: dict[JobId, Draft]) -> None:
        """Append those of `drafts` whose submission still stands at `state` on the newest tip."""

        def decide(ledger: Ledger | None) -> Step | None:
            found = present(ledger)
            return drafting.step(
                self.world,
                found,
                [
                    draft
                    for job, draft in drafts.items()
                    if (had := found.jobs.get(job)) is not None
                    and (had.key, had.state) == (draft.key, state)
                ],
                self.planned.plan.head,
            )

        if drafts:
            self.ledger = present(self.world.journal.append(decide))

    def rest(self, job: JobId, state: str, detail: str, code: int) -> None:
        """Note that a submission has come to rest."""
        key, detail = self.tasks[job].key, self.world.secrets.hidden(detail)
        self.items[job] = Item(job=job, state=state, detail=detail, code=code, key=key)
        self.world.tell(Event(job=job, text=f"{state}: {detail}" if detail else state))


def present(ledger: Ledger | None) -> Ledger:
    """Return `ledger`; a journal that was there before must be there still."""
    if ledger is None:
        raise RepositoryError(
            "cannot go on: the journal is gone",
            mend="find out who removed it, and put its ref back where it was",
        )
    return ledger
