"""How people, their keys and their teams differ, in words; and what else of them is in a policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.policydiff import shifts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.policydiff.shifts import Shift
    from runner.terms import BreakGlass, Person, Signer, Team

_EVER, _NEVER = "0", "9"  # before and after every instant of `allowed_signers`


def people(old: tuple[Person, ...], new: tuple[Person, ...]) -> Iterator[Shift]:
    """Yield who came and went, and what makes out somebody now."""
    for name, before, after in shifts.paired(old, new, lambda person: person.name):
        if after is None:
            yield shifts.said(f"{name} is listed no longer: may approve nothing", "tighter")
        elif before is None:
            yield shifts.said(f"{name} is listed: may approve whatever asks everyone", "looser")
        else:
            yield from _person(before, after)


def _person(old: Person, new: Person) -> Iterator[Shift]:
    come, gone = shifts.changed(old.keys, new.keys)
    for key in come:
        yield shifts.said(f"a key of {new.name} is added: {shifts.short(key)}", "looser")
    for key in gone:
        yield shifts.said(f"a key of {new.name} is gone: {shifts.short(key)}", "tighter")
    come, gone = shifts.changed(_accounts(old), _accounts(new))
    for account in come:
        yield shifts.said(f"{account} is {new.name}: their reviews count as theirs", "looser")
    for account in gone:
        yield shifts.said(f"{account} is {new.name} no longer", "tighter")
    # By their addresses makers are known, who may not approve what they made.
    come, gone = shifts.changed(old.emails, new.emails)
    for address in come:
        yield shifts.said(f"{address} is an address of {new.name}")
    for address in gone:
        yield shifts.said(
            f"{address} is an address of {new.name} no longer: "
            "what was made under it counts as a stranger's",
            "looser",
        )


def signers(old: tuple[Signer, ...], new: tuple[Signer, ...]) -> Iterator[Shift]:
    """Yield whose keys and authorities `allowed_signers` has now, and until when."""
    for name, before, after in shifts.paired(old, new, _signer):
        if after is None:
            yield shifts.said(f"allowed_signers: {name} no longer counts", "tighter")
        elif before is None:
            yield shifts.said(f"allowed_signers: {name} counts {_dates(after)}", "looser")
        elif before != after:
            looser = (after.valid_after or _EVER) < (before.valid_after or _EVER)
            tighter = (after.valid_after or _EVER) > (before.valid_after or _EVER)
            looser |= (after.valid_before or _NEVER) > (before.valid_before or _NEVER)
            tighter |= (after.valid_before or _NEVER) < (before.valid_before or _NEVER)
            yield shifts.instead(
                f"allowed_signers: {name} counts",
                _dates(after),
                _dates(before),
                shifts.which(looser=looser, tighter=tighter),
            )


def teams(old: tuple[Team, ...], new: tuple[Team, ...]) -> Iterator[Shift]:
    """Yield who is in which team."""
    for name, before, after in shifts.paired(old, new, lambda team: team.name):
        if after is None:
            yield shifts.said(f"team {name} is gone", "tighter")
        elif before is None:
            listed = shifts.listed((*after.members, *_accounts(after)))
            yield shifts.said(f"team {name} is new: {listed or 'nobody'}", "looser")
        else:
            come, gone = shifts.changed(
                (*before.members, *_accounts(before)), (*after.members, *_accounts(after))
            )
            for each in come:
                yield shifts.said(f"{each} is in team {name} now", "looser")
            for each in gone:
                yield shifts.said(f"{each} is in team {name} no longer", "tighter")


def glass(old: BreakGlass | None, new: BreakGlass | None) -> Iterator[Shift]:
    """Yield who may do without approvals."""
    if new is None:
        yield shifts.said("nobody may break the glass any more", "tighter")
        return
    come, gone = shifts.changed(() if old is None else old.people, new.people)
    for name in come:
        yield shifts.said(f"{name} may break the glass: no approvals, no windows", "looser")
    for name in gone:
        yield shifts.said(f"{name} may break the glass no longer", "tighter")
    if old is not None and old.hours != new.hours:
        way = shifts.which(looser=new.hours > old.hours, tighter=new.hours < old.hours)
        yield shifts.instead(
            "broken glass is to be followed up within hours:", str(new.hours), str(old.hours), way
        )


def days(old: int, new: int) -> Iterator[Shift]:
    """Yield how long an approval lasts."""
    way = shifts.which(looser=new > old, tighter=new < old)
    yield shifts.instead("an approval lasts days:", str(new), str(old), way)


def runners(old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[Shift]:
    """Yield whose keys sign the journal."""
    if not new:
        yield shifts.said("the journal is signed no longer", "looser")
    if not old:
        yield shifts.said("the journal is signed from now on", "tighter")
    come, gone = shifts.changed(old, new)
    for key in come:
        yield shifts.said(
            f"a runner's key is added: {shifts.short(key)}", "looser" if old else "neither"
        )
    for key in gone:
        yield shifts.said(
            f"a runner's key is gone: {shifts.short(key)}", "tighter" if new else "neither"
        )


def _accounts(whose: Person | Team) -> tuple[str, ...]:
    return tuple(f"{name} on {forge}" for forge, name in whose.accounts)


def _signer(signer: Signer) -> str:
    what = "a certificate by" if signer.authority else "the key"
    return f"{what} {shifts.short(signer.key)} of {shifts.listed(signer.principals)}"


def _dates(signer: Signer) -> str:
    after = f"from {signer.valid_after}" if signer.valid_after else ""
    before = f"until {signer.valid_before}" if signer.valid_before else ""
    return " ".join(filter(None, (after, before))) or "always"
