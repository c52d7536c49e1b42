"""What is wrong with a policy beyond its shape: who nobody can be, what nobody can satisfy.

What can only be a mistake is an error; what may be meant, and lets something through, is a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import allowedsigners, globs
from runner.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runner.model import Document, Path, PlatformEntry, Policy
    from runner.terms import Clause, Team

_POLICY = "jobgate.yaml"
_EVERYWHERE = "**"


def findings(document: Document, policy: Policy) -> list[Finding]:
    """Return everything that the policy alone tells."""
    found = [*_globs(document, policy)]
    for index, clause in enumerate(policy.clauses):
        path: Path = ("clauses", index)
        found += _asked(document, path, clause, policy)
        found += _platforms(document, path, clause, policy)
        found += _selected(document, path, clause, policy)
    found += _breaking(document, policy)
    for team in policy.teams:
        found += _team(document, team, policy)
    return [*found, *_accounts(document, policy)]


def voiceless(document: Document, policy: Policy) -> list[Finding]:
    """Return everybody who can consent in no way; `allowed_signers` is part of the policy here."""
    return [
        Finding(
            place=document.place(("people", person.name), key=True),
            rule="voiceless-person",
            message=f"{person.name} has no key and no account, and can consent to nothing",
            mend=f"give {person.name} a key, an account or a line of {allowedsigners.PATH}",
            severity=Severity.WARNING,
        )
        for person in policy.people
        if not person.accounts and not allowedsigners.of(policy, person.name)
    ]


def _globs(document: Document, policy: Policy) -> Iterator[Finding]:
    """Find every glob that matches less than it says."""
    found: list[tuple[Path, str]] = []
    for entry in policy.platforms:
        found += _each(("platforms", entry.name, "paths"), entry.paths)
    for at, clause in enumerate(policy.clauses):
        found += _each(("clauses", at, "when", "paths"), clause.paths)
        found += [(("clauses", at, "when", "labels", name), glob) for name, glob in clause.labels]
    for secret in policy.secrets:
        found += _each(("secrets", secret.name, "paths"), secret.paths)
    for path, glob in found:
        if not globs.sound(glob):
            yield Finding(
                place=document.place(path),
                rule="glob",
                message=f"{glob} cannot match what it seems to",
                mend="write it from the root, without `.` and `..`, each `**` alone between "
                "slashes: `specs/**/*.yaml`",
            )


def _each(path: Path, patterns: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    yield from (((*path, index), glob) for index, glob in enumerate(patterns))


# ---------------------------------------------------------------- who is asked


def _asked(document: Document, path: Path, clause: Clause, policy: Policy) -> Iterator[Finding]:
    """Find whom a clause asks and nobody is, and that it asks more people than there are."""
    where = (*path, "approvals")
    yield from _unknown(document, (*where, "from"), clause.people, policy, clause.name)
    most = len(_reach(policy, clause.people))
    if clause.count > most:
        yield Finding(
            place=document.place((*where, "count")),
            rule="unsatisfiable-clause",
            message=f"clause {clause.name} asks for {clause.count} approvals of {most} people",
            mend="lower the count or name more people",
        )


def _reach(policy: Policy, names: tuple[str, ...]) -> set[str]:
    """Return everybody who may be meant; a team that a forge has may hold all who are listed."""
    known = {person.name for person in policy.people}
    teams = {team.name: team for team in policy.teams}
    if not names or any(teams[name].accounts for name in names if name in teams):
        return known
    members = {one for name in names if name in teams for one in teams[name].members}
    # A name that nobody is has a finding of its own.
    return members | {name for name in names if name not in teams}


def _unknown(
    document: Document, path: Path, names: tuple[str, ...], policy: Policy, asking: str
) -> Iterator[Finding]:
    people = [person.name for person in policy.people]
    known = [*people, *(team.name for team in policy.teams)]
    for position, name in enumerate(names):
        if name not in known:
            yield Finding(
                place=document.place((*path, position)),
                rule="unknown-person",
                message=f"clause {asking} asks {name}, whom `people` does not list",
                mend=f"add {name} to `people`, or ask one of {', '.join(known)}",
            )


def _breaking(document: Document, policy: Policy) -> Iterator[Finding]:
    rule = policy.break_glass
    if rule is not None:
        yield from _unknown(document, ("break_glass", "from"), rule.people, policy, "break_glass")


def _team(document: Document, team: Team, policy: Policy) -> Iterator[Finding]:
    path = ("teams", team.name)
    people = [person.name for person in policy.people]
    if team.name in people:
        yield Finding(
            place=document.place(path, key=True),
            rule="shared-name",
            message=f"{team.name} is a person and a team: nobody can tell who is asked",
            mend="give the team another name",
        )
    if not team.members and not team.accounts:
        yield Finding(
            place=document.place(path, key=True),
            rule="empty-team",
            message=f"nobody is in the team {team.name}",
            mend="list its `members`, or say which team of the forge it is",
        )
    for position, name in enumerate(team.members):
        if name not in people:
            yield Finding(
                place=document.place((*path, "members", position)),
                rule="unknown-person",
                message=f"team {team.name} has {name}, whom `people` does not list",
                mend=f"add {name} to `people`, or name one of {', '.join(people)}",
            )


def _accounts(document: Document, policy: Policy) -> Iterator[Finding]:
    """Find accounts on a forge that nobody asks."""
    forge = "" if policy.forge is None else policy.forge.name
    for team in policy.teams:
        for name, _ in team.accounts:
            if name != forge:
                yield _elsewhere(document, ("teams", team.name), name, Severity.ERROR)
    for person in policy.people if forge else ():
        for name, _ in person.accounts:
            if name != forge:
                yield _elsewhere(document, ("people", person.name), name, Severity.WARNING)


def _elsewhere(document: Document, path: Path, forge: str, severity: Severity) -> Finding:
    return Finding(
        place=document.place((*path, "accounts", forge), key=True),
        rule="unknown-forge",
        message=f"cannot ask {forge} about {path[-1]}: `forge` does not name it",
        mend=f"say under `forge` which repository on {forge} it is about, or take the account out",
        severity=severity,
    )


# ---------------------------------------------------------------- what is selected


def _platforms(document: Document, path: Path, clause: Clause, policy: Policy) -> Iterator[Finding]:
    known = [entry.name for entry in policy.platforms]
    for where, names in (
        (("when", "platforms"), clause.platforms),
        (("require", "succeeded"), clause.succeeded),
    ):
        for position, name in enumerate(names):
            if name not in known:
                yield Finding(
                    place=document.place((*path, *where, position)),
                    rule="unknown-platform",
                    message=f"clause {clause.name} names {name}: no platform of the policy is it",
                    mend=f"name one of {', '.join(known)}",
                )


def _selected(document: Document, path: Path, clause: Clause, policy: Policy) -> Iterator[Finding]:
    of_jobs = clause.platforms or clause.scopes or clause.labels or clause.expression
    if clause.deny and not of_jobs and _any(clause.paths, _POLICY):
        yield Finding(
            place=document.place((*path, "deny"), key=True),
            rule="locked-policy",
            message=f"clause {clause.name} denies every change of the policy, that of itself too",
            mend="name the paths of specs alone: `specs/**`",
        )
    evading = _evading(clause, policy)
    if evading and _stricter(clause, policy):
        yield Finding(
            place=document.place((*path, "when"), key=True),
            rule="evadable-clause",
            message=f"clause {clause.name} is not asked about {evading}",
            mend="select by platform, scope or hosts as well in a clause of its own, or let only "
            "these paths go to the platform",
            severity=Severity.WARNING,
        )


def _evading(clause: Clause, policy: Policy) -> str:
    """Return in words what an author can do to get out of a clause; empty where nothing helps."""
    if clause.labels:
        return f"a job without the label {clause.labels[0][0]}, whatever it does"
    for entry in policy.platforms:
        if clause.platforms and entry.name not in clause.platforms:
            continue
        if _meets(entry, clause) and not all(_covered(each, clause.paths) for each in entry.paths):
            return f"a spec at another path, which may do the same on {entry.name}"
    return ""


def _meets(entry: PlatformEntry, clause: Clause) -> bool:
    """Tell whether some spec that the clause is about may go to the platform."""
    fixed = [_fixed(glob) for glob in clause.paths]
    return any(
        one.startswith(other) or other.startswith(one)
        for one in map(_fixed, entry.paths)
        for other in fixed
    )


def _fixed(glob: str) -> str:
    """Return what every path begins with that a glob matches."""
    return glob[: min((glob.find(mark) for mark in "*?" if mark in glob), default=len(glob))]


def _covered(glob: str, by: tuple[str, ...]) -> bool:
    """Tell whether others surely match all that a glob does."""
    return any(
        other in {glob, _EVERYWHERE}
        or (other == f"{_fixed(other)}**" and glob.startswith(_fixed(other)))
        for other in by
    )


def _stricter(clause: Clause, policy: Policy) -> bool:
    """Tell whether a clause asks for anything that is not asked without it."""
    everybody = {person.name for person in policy.people} <= _reach(policy, clause.people)
    return bool(
        clause.count > 1
        or not everybody
        or clause.owners
        or clause.deny
        or clause.max_hosts is not None
        or clause.fields
        or clause.succeeded
        or clause.windows
    )


def _any(patterns: Iterable[str], path: str) -> bool:
    return any(globs.matches(pattern, path) for pattern in patterns)
