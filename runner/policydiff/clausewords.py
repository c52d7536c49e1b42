"""What a clause asks, in words, and how that differs from what it asked before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.policydiff import shifts
from runner.terms import Weekly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.policydiff.shifts import Shift, Way
    from runner.terms import Clause, Opening, Windows

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HOUR = 60


def differences(old: tuple[Clause, ...], new: tuple[Clause, ...]) -> Iterator[Shift]:
    """Yield how the clauses of a policy differ from those of another."""
    for name, before, after in shifts.paired(old, new, lambda clause: clause.name):
        if before is None and after is not None:
            # What it takes from the default clause must not be asked less for it.
            way: Way = "tighter" if after.count else "unclear"
            yield shifts.said(f"clause {name} is new: {_all(after)}", way)
        elif after is None and before is not None:
            yield shifts.said(f"clause {name} is gone: {_lost(before)}", "looser")
        elif before is not None and after is not None and before != after:
            yield from list(_shifts(before, after)) or [
                shifts.said(f"clause {name} says something else", "unclear")
            ]


def _shifts(old: Clause, new: Clause) -> Iterator[Shift]:
    yield from _selected(old, new)
    yield from _narrowed(old, new)
    yield from _consent(old, new)
    yield from _people(old, new)
    yield from _refusing(old, new)
    yield from _required(old, new)
    yield from _windows(old, new)


# ---------------------------------------------------------------- what it is for


def _selected(old: Clause, new: Clause) -> Iterator[Shift]:
    for what, before, after in (
        ("paths", old.paths, new.paths),
        ("platforms", old.platforms, new.platforms),
        ("scopes", old.scopes, new.scopes),
    ):
        if before != after:
            wider = shifts.wider(before, after)
            way = shifts.which(
                looser=shifts.wider(after, before) or (wider and not new.count), tighter=wider
            )
            shown = [shifts.listed(each) or "all" for each in (after, before)]
            yield shifts.instead(f"{new.name} is for the {what}", shown[0], shown[1], way)


def _narrowed(old: Clause, new: Clause) -> Iterator[Shift]:
    labels = [tuple(map("=".join, each.labels)) for each in (old, new)]
    come, gone = shifts.changed(*labels)
    if come or gone:
        shown = [shifts.listed(each) or "any" for each in (labels[1], labels[0])]
        way = shifts.which(looser=bool(come) or not new.count, tighter=bool(gone))
        yield shifts.instead(f"{new.name} is for jobs with the labels", shown[0], shown[1], way)
    if old.expression != new.expression:
        way = shifts.which(
            looser=bool(new.expression) or not new.count, tighter=bool(old.expression)
        )
        shown = [each.expression or "all" for each in (new, old)]
        yield shifts.instead(f"{new.name} is for jobs of which it holds:", shown[0], shown[1], way)


# ---------------------------------------------------------------- whom it asks


def _consent(old: Clause, new: Clause) -> Iterator[Shift]:
    if old.count != new.count:
        way = shifts.which(looser=new.count < old.count, tighter=new.count > old.count)
        yield shifts.instead(f"{new.name} needs", _approvals(new), str(old.count), way)
    if old.owners and not new.owners:
        yield shifts.said(f"{new.name} asks no owner any more", "looser")
    if new.owners and not old.owners:
        yield shifts.said(f"{new.name} asks an owner of each file, too", "tighter")


def _people(old: Clause, new: Clause) -> Iterator[Shift]:
    come, gone = shifts.changed(old.people, new.people)
    if old.people and new.people:
        for name in come:
            yield shifts.said(f"{name} may approve {new.name} now", "looser")
        for name in gone:
            yield shifts.said(f"{name} may approve {new.name} no longer", "tighter")
    elif old.people:
        listed = shifts.listed(gone)
        yield shifts.said(f"everyone may approve {new.name} now, not {listed} alone", "looser")
    elif new.people:
        yield shifts.said(f"only {shifts.listed(come)} may approve {new.name} now", "tighter")


# ---------------------------------------------------------------- what it refuses


def _refusing(old: Clause, new: Clause) -> Iterator[Shift]:
    if old.deny != new.deny:
        if not new.deny:
            yield shifts.said(f"{new.name} denies nothing any more", "looser")
        else:
            way: Way = "neither" if old.deny else "tighter"
            yield shifts.said(f"{new.name} denies all that it is for: {new.deny}", way)
    if old.max_hosts != new.max_hosts:
        bounds = [float("inf") if each is None else each for each in (old.max_hosts, new.max_hosts)]
        bound = shifts.which(looser=bounds[1] > bounds[0], tighter=bounds[1] < bounds[0])
        most = [
            "any number of hosts" if each is None else str(each)
            for each in (new.max_hosts, old.max_hosts)
        ]
        yield shifts.instead(f"{new.name} allows", most[0], most[1], bound)


def _required(old: Clause, new: Clause) -> Iterator[Shift]:
    for before, after, what in (
        (old.fields, new.fields, "{} in `change`"),
        (old.succeeded, new.succeeded, "that the job succeeded on {}"),
    ):
        come, gone = shifts.changed(before, after)
        for each in come:
            yield shifts.said(f"{new.name} requires {what.format(each)}", "tighter")
        for each in gone:
            yield shifts.said(f"{new.name} requires {what.format(each)} no longer", "looser")


# ---------------------------------------------------------------- when


def _windows(old: Clause, new: Clause) -> Iterator[Shift]:
    if old.windows is not None and new.windows is not None:
        yield from _reset(new.name, old.windows, new.windows)
    elif old.windows is not None:
        yield shifts.said(f"{new.name} has no windows any more: nothing is closed", "looser")
    elif new.windows is not None:
        yield shifts.said(f"{new.name} has windows: {_hours(new.windows)}", "tighter")


def _reset(name: str, old: Windows, new: Windows) -> Iterator[Shift]:
    if old.zone != new.zone:
        yield shifts.instead(
            f"{name} has its windows by the clock of", new.zone, old.zone, "unclear"
        )
    come, gone = shifts.changed(map(_stretch, old.open), map(_stretch, new.open))
    if come or gone:
        # Without any it is open always.
        wider = not new.open or (bool(old.open) and bool(come))
        narrower = not old.open or (bool(new.open) and bool(gone))
        shown = [shifts.listed(map(_stretch, each.open)) or "always" for each in (new, old)]
        way = shifts.which(looser=wider, tighter=narrower)
        yield shifts.instead(f"{name} is open", shown[0], shown[1], way)
    come, gone = shifts.changed(map(_stretch, old.closed), map(_stretch, new.closed))
    for each in come:
        yield shifts.said(f"{name} is closed {each}", "tighter")
    for each in gone:
        yield shifts.said(f"{name} is closed no longer {each}", "looser")


def _stretch(opening: Opening) -> str:
    if isinstance(opening, Weekly):
        days = ", ".join(_DAYS[day] for day in opening.days)
        return f"{days} {_clock(opening.begins)}-{_clock(opening.ends)}"
    return f"{opening.begins} to {opening.ends}"


def _clock(minutes: int) -> str:
    return f"{minutes // _HOUR:02}:{minutes % _HOUR:02}"


def _hours(windows: Windows) -> str:
    parts = [f"open {_stretch(each)}" for each in windows.open]
    parts += [f"closed {_stretch(each)}" for each in windows.closed]
    return f"{shifts.listed(parts) or 'always open'}, {windows.zone}"


# ---------------------------------------------------------------- all of it


def _all(clause: Clause) -> str:
    """Return in words what a clause is for, and what it asks."""
    return f"{shifts.listed(_asked(clause)) or 'it asks nothing'}; for {', '.join(_for(clause))}"


def _lost(clause: Clause) -> str:
    if clause.windows is not None and not clause.windows.open:
        return f"nothing is closed any more; it asked {_all(clause)}"
    return f"it asked {_all(clause)}"


def _asked(clause: Clause) -> Iterator[str]:
    if clause.count:
        yield f"{_approvals(clause)} of {shifts.listed(clause.people, 'or') or 'everyone'}"
    if clause.owners:
        yield "one of an owner of each file"
    if clause.deny:
        yield f"a denial ({clause.deny})"
    if clause.max_hosts is not None:
        yield f"at most {clause.max_hosts} hosts"
    for each in clause.fields:
        yield f"{each} in `change`"
    for each in clause.succeeded:
        yield f"that the job succeeded on {each}"
    if clause.windows is not None:
        yield f"windows ({_hours(clause.windows)})"


def _for(clause: Clause) -> Iterator[str]:
    yield from clause.paths
    for what, names in (("platform", clause.platforms), ("scope", clause.scopes)):
        if names:
            yield f"{what} {shifts.listed(names, 'or')}"
    for name, value in clause.labels:
        yield f"label {name}={value}"
    if clause.expression:
        yield f"jobs of which it holds: {clause.expression}"


def _approvals(clause: Clause) -> str:
    return f"{clause.count} approval{'' if clause.count == 1 else 's'}"
