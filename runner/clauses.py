"""The policy's language: what `jobgate.yaml` says, which clauses match a path, who is who.

The document's shape is the schema's business; what a schema cannot say (a key of two people, a
clause that nobody can satisfy) is found here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from runner import clauseforms, conditions, globs, narrow, policylints, roster, secretgrants
from runner.model import (
    POLICY,
    Checked,
    Document,
    Finding,
    PlatformEntry,
    Policy,
    Severity,
)
from runner.terms import Clause

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Json
    from runner.subjects import Subject
    from runner.verdicts import Demand

# What no clause speaks of still needs one listed person other than those who made it.
DEFAULT = Clause(name="default", paths=("**",), count=1, people=(), line=0)


def policy(document: Document) -> Checked[Policy]:
    """Return what a policy document says, and what is wrong with it beyond its shape."""
    people, findings = roster.people(document)
    runners, wrong = roster.public_keys(document, ("runners",))
    found, unread = clauseforms.read(document)
    value = Policy(
        platforms=tuple(
            _platform(name, tree)
            for name, tree in narrow.mapping(document.tree, "platforms").items()
        ),
        people=people,
        clauses=found,
        secrets=secretgrants.sources(document.tree),
        runners=runners,
        teams=roster.teams(document),
        forge=clauseforms.forge(document.tree),
        break_glass=clauseforms.break_glass(document.tree),
        days=clauseforms.days(document.tree),
    )
    findings += wrong + roster.clashes(document, people) + unread
    findings += policylints.findings(document, value) + _nameless(document, value)
    findings += secretgrants.findings(document, value)
    broken = any(each.severity is Severity.ERROR for each in findings)
    return Checked(value=None if broken else value, findings=tuple(findings))


def text(contents: Mapping[str, bytes]) -> bytes:
    """Return the files of a policy as one text, each below its path, to be compared."""
    return b"".join(f"# {path}\n".encode() + contents[path] for path in sorted(contents))


def matching(value: Policy, subjects: Iterable[Subject]) -> tuple[Clause, ...]:
    """Return every clause that matches one of `subjects`; the default one when none does.

    What only speaks of jobs (platform, scope, labels, an expression) never matches the policy.
    """
    looked_at = tuple(subjects)
    found = tuple(
        clause for clause in value.clauses if any(matches(clause, each) for each in looked_at)
    )
    return found or (DEFAULT,)


def matches(clause: Clause, subject: Subject) -> bool:
    """Tell whether all that a clause's `when` names holds of a subject.

    Raise ConditionError where nobody can tell whether its expression does.
    """
    if not globs.any_matches(clause.paths, subject.path):
        return False
    if not subject.is_job:
        return not (clause.platforms or clause.scopes or clause.labels or clause.expression)
    return (
        (not clause.platforms or subject.platform in clause.platforms)
        and (not clause.scopes or subject.scope in clause.scopes)
        and _labelled(clause, subject)
        and (not clause.expression or conditions.holds(clause.expression, subject))
    )


def _labelled(clause: Clause, subject: Subject) -> bool:
    """Tell whether a subject has all the labels; of one whose labels nobody knows, each does."""
    if subject.labels is None:
        return True
    said = dict(subject.labels)
    return all(name in said and globs.matches(glob, said[name]) for name, glob in clause.labels)


def narrowest(found: Iterable[Clause]) -> Clause | None:
    """Return the clause that allows the fewest hosts, or None where none of them bounds them."""
    bounds = [(each.max_hosts, each) for each in found if each.max_hosts is not None]
    return min(bounds, key=lambda bound: bound[0])[1] if bounds else None


def asks(demand: Demand) -> str:
    """Return in words what a demand still asks for, and who could give it."""
    if demand.clause == POLICY:
        return f"{POLICY} must be accepted first: it defines the job's platform, secrets or script"
    who = ", ".join(demand.could) or "nobody"
    if demand.path:
        of = f"an owner of {demand.path} ({', '.join(demand.owners)})"
        return f"{demand.clause} asks for {of}: {who} of those whom the policy lists"
    return f"{demand.clause} asks for {demand.missing} more of {who}"


def platforms(value: Policy, path: str) -> tuple[PlatformEntry, ...]:
    """Return the platforms that the spec at `path` goes to."""
    return tuple(
        entry
        for entry in value.platforms
        if any(globs.matches(pattern, path) for pattern in entry.paths)
    )


def defines(value: Policy, entry: PlatformEntry) -> bool:
    """Tell whether the policy has a platform like that, whichever specs go to it."""
    return any(replace(each, paths=entry.paths) == entry for each in value.platforms)


def person_of(value: Policy, address: str) -> str | None:
    """Return the person whose address this is, also one that GitHub gives to an account."""
    return roster.person_of(value, address)


def person_by_account(value: Policy, forge: str, login: str) -> str | None:
    """Return the person whose account on a forge this is, whatever its case."""
    return roster.person_by_account(value, forge, login)


def _platform(name: str, tree: Json) -> PlatformEntry:
    kind: Literal["embedded", "bkjob"] = (
        "bkjob" if narrow.text(tree, "type") == "bkjob" else "embedded"
    )
    return PlatformEntry(
        name=name,
        type=kind,
        url=narrow.text(tree, "url"),
        stage=narrow.text(tree, "stage"),
        tenant=narrow.text(tree, "tenant"),
        application=narrow.text(tree, "application"),
        paths=narrow.texts(tree, "paths") or ("specs/**",),
        route="system" if narrow.text(tree, "route") == "system" else "user",
        credentials=tuple(_credentials(narrow.mapping(tree, "credentials"))),
    )


def _credentials(
    tree: Mapping[str, Json],
) -> Iterator[tuple[str, Literal["env", "file", "text"], str]]:
    """Yield the name of each credential, and where it is found, or what it is."""
    for name, said in sorted(tree.items()):
        if isinstance(said, str):
            yield name, "text", said
        elif file := narrow.text(said, "file"):
            yield name, "file", file
        else:
            yield name, "env", narrow.text(said, "env")


def _nameless(document: Document, value: Policy) -> list[Finding]:
    """Find every application that has a secret and no name."""
    return [
        Finding(
            place=document.place(("platforms", entry.name), key=True),
            rule="missing-key",
            message="cannot leave out application: bk_app_secret is the secret of one",
            mend="add application, the code that the secret belongs to",
        )
        for entry in value.platforms
        if not entry.application and any(name == "bk_app_secret" for name, *_ in entry.credentials)
    ]
