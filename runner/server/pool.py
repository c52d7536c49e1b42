"""A few things of one kind that one thread at a time may use, lent out and taken back."""

from __future__ import annotations

import queue
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Closable(Protocol):
    """What can be closed."""

    def close(self) -> None:
        """Let go of everything."""
        ...


T = TypeVar("T", bound=Closable)


class Pool(Generic[T]):
    """At most `most` things, each made when it is first needed."""

    def __init__(self, make: Callable[[], T], most: int) -> None:
        """Lend out what `make` returns."""
        self._make = make
        self._made: list[T] = []
        self._idle: queue.LifoQueue[T | None] = queue.LifoQueue()
        for _ in range(most):
            self._idle.put(None)

    @contextmanager
    def one(self) -> Iterator[T]:
        """Lend one out for the time of the block; wait while all are out."""
        lent = self._idle.get()
        try:
            if lent is None:
                lent = self._make()
                self._made.append(lent)
            yield lent
        finally:
            self._idle.put(lent)

    def close(self) -> None:
        """Close what was made; nothing may be out."""
        while self._made:
            self._made.pop().close()
