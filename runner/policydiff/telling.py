"""How a policy differs from the one in force, in sentences: what asks less than before comes first.

Whatever differs is told: what has no sentence of its own is named by its file and its field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields
from typing import TypeAlias

from runner.model import Policy
from runner.policydiff import clausewords, ownerwords, peoplewords, platformwords, shifts
from runner.policydiff.shifts import Shift, Way

_Words: TypeAlias = Callable[[Policy, Policy], Iterable[Shift]]
_ORDER: tuple[Way, ...] = ("looser", "unclear", "tighter", "neither")
_FILES = {"signers": "allowed_signers", "owned": "CODEOWNERS", "pins": "jobgate.lock"}

# By the fields of a policy, the weightiest first.
_WORDS: dict[str, _Words] = {
    "break_glass": lambda old, new: peoplewords.glass(old.break_glass, new.break_glass),
    "clauses": lambda old, new: clausewords.differences(old.clauses, new.clauses),
    "people": lambda old, new: peoplewords.people(old.people, new.people),
    "signers": lambda old, new: peoplewords.signers(old.signers, new.signers),
    "teams": lambda old, new: peoplewords.teams(old.teams, new.teams),
    "owned": ownerwords.differences,
    "forge": lambda old, new: platformwords.forge(old.forge, new.forge),
    "days": lambda old, new: peoplewords.days(old.days, new.days),
    "runners": lambda old, new: peoplewords.runners(old.runners, new.runners),
    "secrets": lambda old, new: platformwords.secrets(old.secrets, new.secrets),
    "platforms": lambda old, new: platformwords.platforms(old.platforms, new.platforms),
    "pins": lambda old, new: platformwords.pins(old.pins, new.pins),
}


def sentences(old: Policy, new: Policy) -> tuple[Shift, ...]:
    """Return how `new` differs from `old`; nothing where both say the same."""
    names = [*_WORDS, *(each.name for each in fields(Policy) if each.name not in _WORDS)]
    found = [shift for name in names for shift in _told(name, old, new)]
    return tuple(sorted(found, key=lambda shift: _ORDER.index(shift.way)))


def _told(name: str, old: Policy, new: Policy) -> Iterator[Shift]:
    before, after = getattr(old, name), getattr(new, name)
    if before == after:
        return
    words = _WORDS.get(name)
    found = () if words is None else tuple(words(old, new))
    yield from found
    if not found:
        what = f"{_FILES.get(name, 'jobgate.yaml')}: `{name}`"
        if isinstance(before, tuple) and Counter(before) == Counter(after):
            yield shifts.said(f"{what} stands in another order")
        else:
            yield shifts.said(f"{what} says something else", "unclear")
