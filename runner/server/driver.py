"""The thread that drives every job on, so that none waits for somebody to ask."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from runner.errors import RunnerError
from runner.server.answers import RefusalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.server.engine import Engine
    from runner.server.store import Store

BUSY, IDLE = 0.02, 0.5  # seconds between two looks: while a job goes on, and while none does


class Driver:
    """Drives the jobs of one data folder on until it is stopped."""

    def __init__(self, engine: Engine, store: Store, told: Callable[[str], None]) -> None:
        """Drive by `engine`, whose `store` nobody else uses; `told` hears of every trouble."""
        self._engine = engine
        self._store = store
        self._told = told
        self._ends = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._drive, name="driver", daemon=True)

    def begin(self) -> None:
        """Begin to drive."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once: a job was created, started or operated."""
        self._wake.set()

    def end(self) -> None:
        """Return when it has stopped; what runs goes on."""
        self._ends.set()
        self._wake.set()
        self._thread.join()
        self._engine.close()

    def _drive(self) -> None:
        while not self._ends.is_set():
            self._wake.clear()
            self._wake.wait(BUSY if self._round() else IDLE)

    def _round(self) -> bool:
        """Drive each job on once; a trouble of one holds up no other."""
        try:
            with self._store.reading():
                jobs = self._store.active()
        except RunnerError as error:
            self._told(str(error))
            return False
        for job in jobs:
            try:
                self._engine.advance(job)
            except (RunnerError, RefusalError) as error:
                self._told(f"job {job}: {error}")
        return bool(jobs)
