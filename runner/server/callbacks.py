"""The threads that tell the receivers of callbacks how their jobs ended, at least once.

A row leaves the outbox after its attempt is over, whatever came of it, as on the platform. If the
server dies in between, the next one sends it again: a receiver has to bear that. Callbacks of one
job go out in their order, those of several at the same time.
"""

from __future__ import annotations

import queue
import threading
import time
from typing import TYPE_CHECKING

from runner.errors import RunnerError
from runner.rules import callbackurl
from runner.server import posting

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.server.inventory import Inventory
    from runner.server.outbox import Due
    from runner.server.posting import Post
    from runner.server.store import Store

IDLE = 0.5  # seconds between two looks at the outbox
GRACE = 2.0  # seconds that an end waits for attempts under way


class Sender:
    """Sends the callbacks of one data folder until it is ended."""

    def __init__(
        self,
        store: Store,
        inventory: Callable[[], Inventory],
        told: Callable[[str], None],
        *,
        post: Post,
    ) -> None:
        """Send what is due in `store`, which nobody else uses, to whom the inventory allows.

        `told` hears, from several threads, of every callback that was not taken.
        """
        self._store = store
        self._inventory = inventory
        self._told = told
        self._post = post
        self._ends = threading.Event()
        self._wake = threading.Event()
        self._asked: queue.SimpleQueue[Due | None] = queue.SimpleQueue()
        self._over: queue.SimpleQueue[int] = queue.SimpleQueue()
        # Being sent; and sent, but not yet gone from the outbox.
        self._busy: set[int] = set()
        self._sent: set[int] = set()
        self._thread = threading.Thread(target=self._run, name="callbacks", daemon=True)
        self._posters = tuple(
            threading.Thread(target=self._send, name=f"callback-{number}", daemon=True)
            for number in range(post.most)
        )

    def begin(self) -> None:
        """Begin to send."""
        for thread in (*self._posters, self._thread):
            thread.start()

    def end(self) -> None:
        """Return when nothing more is begun; what is not over soon is left for the next server."""
        self._ends.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ends.is_set():
            self._wake.clear()
            self._round()
            self._wake.wait(IDLE)
        for _ in self._posters:
            self._asked.put(None)
        latest = time.monotonic() + GRACE
        for poster in self._posters:
            poster.join(max(0.0, latest - time.monotonic()))
        self._look(0)
        self._store.close()

    def _round(self) -> None:
        for due in self._look(2 * self._post.most):
            if len(self._busy) >= self._post.most:
                return
            if due.id not in self._busy and due.id not in self._sent:
                self._busy.add(due.id)
                self._asked.put(due)

    def _look(self, most: int) -> tuple[Due, ...]:
        """Drop what is over, and return what is due."""
        while not self._over.empty():
            over = self._over.get()
            self._busy.discard(over)
            self._sent.add(over)
        try:
            if self._sent:
                with self._store.transaction():
                    for number in self._sent:
                        self._store.outbox.drop(number)
                self._sent.clear()
            with self._store.reading():
                return self._store.outbox.due(most)
        except RunnerError as error:
            # What was sent is remembered, so that a full disk does not make it go out again.
            self._told(str(error))
            return ()

    def _send(self) -> None:
        while (due := self._asked.get()) is not None:
            trouble = self._attempt(due)
            if trouble:
                self._told(f"job {due.job}: its callback was not taken: {trouble}")
            self._over.put(due.id)
            self._wake.set()

    def _attempt(self, due: Due) -> str:
        if not self._allowed(due.url):
            return "the inventory does not allow its address"
        return self._post.deliver(due.url, posting.content(due))

    def _allowed(self, url: str) -> bool:
        try:
            forms = (url, posting.as_sent(url))
        except ValueError:
            return False
        allowed = self._inventory().callbacks
        return all(
            callbackurl.refusal(form) is None
            and (allowed is None or callbackurl.matches(form, allowed, ""))
            for form in forms
        )
