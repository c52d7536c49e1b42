"""Who is who: the people and teams of a policy, and whose an address or an account is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner import narrow, requests
from runner.model import Finding
from runner.terms import Person, Team

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Document, Json, Path, Policy

GITHUB = "github"
_KEY = re.compile(
    r"(?:sk-)?(?:ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521))(?:@openssh\.com)? "
    r"[A-Za-z0-9+/]{40,}={0,2}"
)
# What GitHub writes into commits in the place of an address that is kept private.
_PRIVATE = re.compile(r"(?:[0-9]+\+)?(?P<login>[^@+]+)@users\.noreply\.github\.com")


def people(document: Document) -> tuple[tuple[Person, ...], list[Finding]]:
    """Return everybody whom a policy lists, and the keys of them that are none."""
    found: list[Person] = []
    findings: list[Finding] = []
    for name, tree in narrow.mapping(document.tree, "people").items():
        keys, wrong = public_keys(document, ("people", name, "keys"))
        findings += wrong
        found.append(
            Person(
                name=name,
                emails=narrow.texts(tree, "emails"),
                keys=keys,
                accounts=_accounts(narrow.mapping(tree, "accounts")),
            )
        )
    return tuple(found), findings


def teams(document: Document) -> tuple[Team, ...]:
    """Return every team that a policy names."""
    return tuple(
        Team(
            name=name,
            members=narrow.texts(tree, "members"),
            accounts=_accounts(narrow.mapping(tree, "accounts")),
        )
        for name, tree in narrow.mapping(document.tree, "teams").items()
    )


def public_keys(document: Document, path: tuple[str, ...]) -> tuple[tuple[str, ...], list[Finding]]:
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


def clashes(document: Document, found: tuple[Person, ...]) -> list[Finding]:
    """Find every address, key or account that two people claim: it would make one of them two."""
    owners: dict[tuple[str, str], str] = {}
    findings: list[Finding] = []
    for person in found:
        for kind, claim in _claims(person):
            owner = owners.setdefault((kind, claim), person.name)
            if owner != person.name:
                findings.append(
                    Finding(
                        place=document.place(("people", person.name), key=True),
                        rule="shared-identity",
                        message=f"the {kind} {claim[:60]} belongs to {owner} and {person.name}",
                        mend="give each person their own",
                    )
                )
    return findings


def person_of(value: Policy, address: str) -> str | None:
    """Return the person whose address this is, whatever its case.

    An address that GitHub gives to an account is that of whoever has the account.
    """
    text = address.lower()
    for person in value.people:
        if text in (email.lower() for email in person.emails):
            return person.name
    private = _PRIVATE.fullmatch(text)
    return None if private is None else person_by_account(value, GITHUB, private["login"])


def person_by_account(value: Policy, forge: str, login: str) -> str | None:
    """Return the person whose account on a forge this is, whatever its case."""
    wanted = (forge, login.lower())
    for person in value.people:
        if wanted in ((where, name.lower()) for where, name in person.accounts):
            return person.name
    return None


def _accounts(tree: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    return tuple((forge, narrow.text(tree[forge])) for forge in sorted(tree))


def _claims(person: Person) -> Iterator[tuple[str, str]]:
    """Yield all that makes out a person; of a private address also the account that it is of."""
    for email in person.emails:
        yield "address", email.lower()
        private = _PRIVATE.fullmatch(email.lower())
        if private is not None:
            yield f"{GITHUB} account", private["login"]
    yield from (("key", key) for key in person.keys)
    yield from ((f"{forge} account", name.lower()) for forge, name in person.accounts)


def _bad_key(document: Document, path: Path) -> Finding:
    return Finding(
        place=document.place(path),
        rule="public-key",
        message="cannot read the public key",
        mend="write it as `ssh-ed25519 AAAA…`, the way it stands in the .pub file",
    )
