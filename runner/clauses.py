"""The policy's language: what `jobgate.yaml` says, which clauses match a path, who is who.

The document's shape is the schema's business; what a schema cannot say (a key of two people, a
clause that nobody can satisfy) is found here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from runner import globs, narrow, requests, secretgrants
from runner.model import POLICY, Checked, Document, Finding, Path, PlatformEntry, Policy
from runner.terms import Clause, Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Json
    from runner.verdicts import Demand

# What no clause speaks of still needs one listed person other than those who made it.
DEFAULT = Clause(name="default", paths=("**",), count=1, people=())

_KEY = re.compile(
    r"(?:sk-)?(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521))(?:@openssh\.com)? "
    r"[A-Za-z0-9+/]{40,}={0,2}"
)


def policy(document: Document) -> Checked[Policy]:
    """Return what a policy document says, and what is wrong with it beyond its shape."""
    people, findings = _people(document)
    runners, wrong = _public_keys(document, ("runners",))
    findings += wrong
    value = Policy(
        platforms=tuple(
            _platform(name, tree)
            for name, tree in narrow.mapping(document.tree, "platforms").items()
        ),
        people=people,
        clauses=tuple(_clause(tree) for tree in narrow.items(document.tree, "clauses")),
        secrets=secretgrants.sources(document.tree),
        runners=runners,
    )
    findings += _clashes(document, people) + _glob_findings(document, value)
    findings += _clause_findings(document, value) + _nameless(document, value)
    findings += secretgrants.findings(document, value)
    return Checked(value=None if findings else value, findings=tuple(findings))


def text(contents: Mapping[str, bytes]) -> bytes:
    """Return the files of a policy as one text, each below its path, to be compared."""
    return b"".join(f"# {path}\n".encode() + contents[path] for path in sorted(contents))


def matching(value: Policy, paths: Iterable[str]) -> tuple[Clause, ...]:
    """Return every clause that matches one of `paths`; the default one when none does."""
    looked_at = tuple(paths)
    found = tuple(
        clause
        for clause in value.clauses
        if any(globs.matches(pattern, path) for pattern in clause.paths for path in looked_at)
    )
    return found or (DEFAULT,)


def narrowest(found: Iterable[Clause]) -> Clause | None:
    """Return the clause that allows the fewest hosts, or None where none of them bounds them."""
    bounds = [(each.max_hosts, each) for each in found if each.max_hosts is not None]
    return min(bounds, key=lambda bound: bound[0])[1] if bounds else None


def asks(demand: Demand) -> str:
    """Return in words what a demand still asks for, and who could give it."""
    if demand.clause == POLICY:
        return f"{POLICY} must be accepted first: it defines the job's platform, secrets or script"
    who = ", ".join(demand.could) or "nobody"
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
    """Return the person whose address this is, whatever its case."""
    for person in value.people:
        if address.lower() in (email.lower() for email in person.emails):
            return person.name
    return None


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


def _clause(tree: Json) -> Clause:
    return Clause(
        name=narrow.text(tree, "name"),
        paths=narrow.texts(tree, "when", "paths") or ("**",),
        count=narrow.integer(tree, "approvals", "count", default=1),
        people=narrow.texts(tree, "approvals", "from"),
        max_hosts=narrow.integer(tree, "max_hosts", default=0) or None,
    )


def _people(document: Document) -> tuple[tuple[Person, ...], list[Finding]]:
    people: list[Person] = []
    findings: list[Finding] = []
    for name, tree in narrow.mapping(document.tree, "people").items():
        keys, wrong = _public_keys(document, ("people", name, "keys"))
        findings += wrong
        people.append(
            Person(
                name=name,
                emails=narrow.texts(tree, "emails"),
                keys=keys,
                accounts=tuple(
                    (forge, narrow.text(tree, "accounts", forge))
                    for forge in sorted(narrow.mapping(tree, "accounts"))
                ),
            )
        )
    return tuple(people), findings


def _public_keys(
    document: Document, path: tuple[str, ...]
) -> tuple[tuple[str, ...], list[Finding]]:
    """Return the public keys of a list, without their comments, and those that are none."""
    keys: list[str] = []
    findings: list[Finding] = []
    for index, text in enumerate(narrow.texts(document.tree, *path)):
        key = " ".join(text.split()[:2])
        # One key has one spelling: another one of it would make two people of its owner.
        if _KEY.fullmatch(key) and requests.decode(key.split()[1]) is not None:
            keys.append(key)
        else:
            findings.append(_bad_key(document, (*path, index)))
    return tuple(keys), findings


def _bad_key(document: Document, path: Path) -> Finding:
    return Finding(
        place=document.place(path),
        rule="public-key",
        message="cannot read the public key",
        mend="write it as `ssh-ed25519 AAAA…`, the way it stands in the .pub file",
    )


def _clashes(document: Document, people: tuple[Person, ...]) -> list[Finding]:
    """Find every address, key or account that two people claim: it would make one of them two."""
    owners: dict[tuple[str, str], str] = {}
    findings: list[Finding] = []
    for person in people:
        claims = (
            [("address", email.lower()) for email in person.emails]
            + [("key", key) for key in person.keys]
            + [(f"{forge} account", name.lower()) for forge, name in person.accounts]
        )
        for claim in claims:
            owner = owners.setdefault(claim, person.name)
            if owner != person.name:
                findings.append(
                    Finding(
                        place=document.place(("people", person.name), key=True),
                        rule="shared-identity",
                        message=f"the {claim[0]} {claim[1][:60]} belongs to {owner} and "
                        f"{person.name}",
                        mend="give each person their own",
                    )
                )
    return findings


def _glob_findings(document: Document, value: Policy) -> list[Finding]:
    """Find every glob that matches less than it says."""
    found: list[tuple[Path, tuple[str, ...]]] = [
        (("platforms", entry.name, "paths"), entry.paths) for entry in value.platforms
    ]
    found += [
        (("clauses", at, "when", "paths"), clause.paths) for at, clause in enumerate(value.clauses)
    ]
    found += [(("secrets", each.name, "paths"), each.paths) for each in value.secrets]
    return [
        Finding(
            place=document.place((*path, index)),
            rule="glob",
            message=f"{glob} cannot match what it seems to",
            mend="write it from the root, without `.` and `..`, each `**` alone between slashes: "
            "`specs/**/*.yaml`",
        )
        for path, each in found
        for index, glob in enumerate(each)
        if not globs.sound(glob)
    ]


def _clause_findings(document: Document, value: Policy) -> list[Finding]:
    known = [person.name for person in value.people]
    findings: list[Finding] = []
    for index, clause in enumerate(value.clauses):
        path: Path = ("clauses", index, "approvals")
        findings += [
            Finding(
                place=document.place((*path, "from", position)),
                rule="unknown-person",
                message=f"clause {clause.name} asks {name}, whom `people` does not list",
                mend=f"add {name} to `people`, or ask one of {', '.join(known)}",
            )
            for position, name in enumerate(clause.people)
            if name not in known
        ]
        if clause.count > len(set(clause.people or known)):
            findings.append(
                Finding(
                    place=document.place((*path, "count")),
                    rule="unsatisfiable-clause",
                    message=f"clause {clause.name} asks for {clause.count} approvals of "
                    f"{len(set(clause.people or known))} people",
                    mend="lower the count or name more people",
                )
            )
    return findings
