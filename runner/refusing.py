"""What is wrong with a whole request body: its schema and its rules together.

Where the two meet at one place, the rule knows better.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.model import Severity
from runner.rules import bodyrules
from runner.shape import conformity, lenient

if TYPE_CHECKING:
    from runner.mistakes import Mistake
    from runner.model import Json
    from runner.shape.lenient import Read

REQUEST = "fast_execute_script.v4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A body as the platform reads it, and everything that is wrong with it, warnings too."""

    read: Read
    mistakes: tuple[Mistake, ...]


def mistakes(body: Json, *, own: bool) -> tuple[Mistake, ...]:
    """Return what the schema and the rules refuse; `own` tells that jobgate will send the body."""
    ruled = tuple(bodyrules.mistakes(body, own=own)) if isinstance(body, dict) else ()
    told = {mistake.path for mistake in ruled}
    refused = conformity.mistakes(REQUEST, body)
    return (*ruled, *(mistake for mistake in refused if mistake.path not in told))


def raw(tree: Json) -> Judged:
    """Return a body that was not written for jobgate, read and judged as the platform does it.

    So only what the platform refuses, fails or loses is an error.
    """
    read = lenient.body(tree)
    told = {note.path for note in read.notes if note.severity is Severity.ERROR}
    refused = (each for each in mistakes(read.tree, own=False) if each.path not in told)
    return Judged(read=read, mistakes=(*read.notes, *refused))
