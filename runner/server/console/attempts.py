"""One request to the console under way: an error that leaves it becomes a page that tells of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.server.answers import Code
from runner.server.console import visits
from runner.server.routes import attempts, envelopes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.model import Json
    from runner.server.answers import RefusalError
    from runner.server.console.sessions import Session
    from runner.server.console.visits import Visit, Watch
    from runner.server.routes.envelopes import Answer
    from runner.server.routes.transport import Call


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


class Attempt(attempts.Attempt):
    """A request to the console; `session` is whose it is, once that is known."""

    def __init__(self, call: Call, note: Callable[[str, Mapping[str, Json]], None]) -> None:
        """Begin with nothing known; `note` is told what came of it."""
        super().__init__(call, note)
        self.session: Session | None = None
        self.refused(attempts.BUG)

    def refused(self, refusal: RefusalError) -> None:
        """Answer with the page of a refusal."""
        answer = visits.refused(refusal, self.session)
        if refusal.code is Code.UNAVAILABLE:
            answer = replace(answer, headers={"Retry-After": str(envelopes.AGAIN)})
        self.reply = Reply(answer=answer)

    def let_in(self, session: Session) -> Session:
        """Note whose request it is."""
        self.session, self.user = session, session.user
        return session
