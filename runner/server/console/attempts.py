"""One request to the console under way: an error that leaves it becomes a page that tells of it."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from runner.errors import PlatformError, RunnerError
from runner.server.answers import Code, RefusalError
from runner.server.console import places, visits
from runner.server.routes import envelopes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from runner.model import Json
    from runner.server.console.sessions import Session
    from runner.server.console.visits import Visit, Watch
    from runner.server.routes.envelopes import Answer
    from runner.server.routes.transport import Call

_BUG = envelopes.failed("cannot do this: there is a bug in jobgate", "look at the server's log")


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """What goes on after the head of an answer: a watch, and whose it is."""

    watch: Watch
    visit: Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer. Where its content goes on, `Reception.left` must be called at the end."""

    answer: Answer
    going: Going | None = None


class Attempt:
    """A request with what is known of it by now."""

    def __init__(self, call: Call, note: Callable[[str, Mapping[str, Json]], None]) -> None:
        """Begin with nothing known; `note` is told of a bug."""
        self.request = call.named
        self.route = places.NOWHERE
        self.session: Session | None = None
        self.reply = Reply(answer=visits.refused(_BUG, None))
        self._note = note

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        """Turn an error into its page."""
        if kind is None or not isinstance(error, Exception):
            return False
        refusal = _refusal(error)
        answer = visits.refused(refusal or _BUG, self.session)
        if refusal is None:
            self._note("bug", {"request": self.request, "kind": kind.__name__, **_places(trace)})
        elif refusal.code is Code.UNAVAILABLE:
            answer = replace(answer, headers={"Retry-After": str(envelopes.AGAIN)})
        self.reply = Reply(answer=answer)
        return True


def _places(trace: TracebackType | None) -> dict[str, Json]:
    # The words of an error may hold what the request brought; its place cannot.
    every = traceback.extract_tb(trace)
    return {"trace": [f"{each.filename}:{each.lineno} in {each.name}" for each in every]}


def _refusal(error: Exception) -> RefusalError | None:
    if isinstance(error, RefusalError):
        return error
    if isinstance(error, PlatformError):
        return envelopes.unavailable(error)
    if isinstance(error, RunnerError):
        return envelopes.failed(error.message, error.mend)
    return None
