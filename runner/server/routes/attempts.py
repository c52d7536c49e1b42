"""One request under way: an error that leaves it is answered, and what came of it is noted.

What a request brings, and what is answered, is never written down.
"""

from __future__ import annotations

import traceback
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

from runner.errors import PlatformError, RunnerError
from runner.server.answers import RefusalError
from runner.server.routes import envelopes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from runner.model import Json
    from runner.server.routes.health import Metrics
    from runner.server.routes.transport import Call

NOWHERE = "nowhere"  # the route of what has none
BUG = envelopes.failed("cannot do this: there is a bug in jobgate", "look at the server's log")


class Attempt(ABC):
    """A request with what is known of it by now; `user` and `app` are empty before it is let in."""

    def __init__(self, call: Call, note: Callable[[str, Mapping[str, Json]], None]) -> None:
        """Begin with nothing known; `note` gets the name of an event and its values."""
        self.request = call.named
        self.route = NOWHERE
        self.user = self.app = ""
        self._call = call
        self._note = note

    @abstractmethod
    def refused(self, refusal: RefusalError) -> None:
        """Answer with a refusal."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Answer whatever leaves the block; what is no error of ours is noted as a bug."""
        if kind is None or not isinstance(error, Exception):
            return False
        refusal = _refusal(error)
        if refusal is None:
            # The words of an error may hold what the request brought; its place cannot.
            places: list[Json] = [
                f"{each.filename}:{each.lineno} in {each.name}"
                for each in traceback.extract_tb(trace)
            ]
            self._note("bug", {"request": self.request, "kind": kind.__name__, "trace": places})
        self.refused(refusal or BUG)
        return True

    def over(self, metrics: Metrics, status: int, seconds: float) -> None:
        """Count the request and note it, with the status that it was answered with."""
        metrics.answered(self.route, status, seconds)
        self._note(
            "request",
            {
                "request": self.request,
                "peer": self._call.peer,
                "user": self.user,
                "app": self.app,
                "method": self._call.method,
                "route": self.route,
                "status": status,
                "ms": round(seconds * 1000),
            },
        )


def _refusal(error: Exception) -> RefusalError | None:
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, PlatformError):
        return envelopes.unavailable(error)
    if isinstance(error, RunnerError):
        return envelopes.failed(error.message, error.mend)
    return None
