"""What `allowed_signers` says, in OpenSSH's format: whose keys and authorities sign approvals.

Only what is surely meant is read: a line that OpenSSH would take and that says less or more than it
seems to is a finding. Dates are in UTC, with or without a `Z`, so that every machine has the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from runner import faults, publickeys
from runner.faults import Fault
from runner.model import Checked, Finding, Severity
from runner.terms import Signer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runner.model import Blob, Policy
    from runner.terms import Person

PATH = "allowed_signers"
NAMESPACE = "jobgate"
_DATE = re.compile(r"([0-9]{8})(?:([0-9]{4})([0-9]{2})?)?Z?")
_OPTION = re.compile(r'(?P<name>[a-zA-Z-]+)(?:="(?P<value>[^"\\]*)")?')
_OPTIONS = re.compile(r'[a-zA-Z-]+(?:="[^"\\]*")?(?:,[a-zA-Z-]+(?:="[^"\\]*")?)*')
_LINE = re.compile(
    rf"[ \t]*(?P<who>[^ \t]+)[ \t]+(?:(?P<options>{_OPTIONS.pattern})[ \t]+)??"
    r"(?P<key>[a-z0-9@.-]+[ \t]+[A-Za-z0-9+/=]+)(?:[ \t].*)?"
)
_FIRST_YEAR = 1971


def read(blob: Blob, people: tuple[Person, ...]) -> Checked[tuple[Signer, ...]]:
    """Return the lines of the file that count for `people`; None with an error, and what is wrong.

    Every principal of a Signer is the name or an address of one of `people`.
    """
    try:
        lines = blob.content.decode().split("\n")
    except UnicodeDecodeError:
        return Checked(value=None, findings=(faults.on_line(faults.NOT_UTF8, blob.path),))
    reading = _Reading(file=blob.path, lines=lines, people=people)
    for number, line in enumerate(lines, 1):
        if line.strip(" \t") and not line.lstrip(" \t").startswith("#"):
            reading.take(number)
    reading.compare()
    wrong = any(each.severity is Severity.ERROR for each in reading.findings)
    found = tuple(sorted(reading.findings, key=lambda each: each.place.span.line))
    return Checked(value=None if wrong else tuple(reading.signers), findings=found)


def of(policy: Policy, name: str) -> tuple[Signer, ...]:
    """Return the keys and authorities that sign for a person, wherever the policy names them."""
    person = next((each for each in policy.people if each.name == name), None)
    if person is None:
        return ()
    plain = [Signer(principals=(name,), key=key) for key in person.keys]
    for signer in policy.signers:
        mine = tuple(each for each in signer.principals if _is(person, each))
        if mine:
            plain.append(replace(signer, principals=mine))
    return tuple(plain)


def who(policy: Policy, key: str) -> str | None:
    """Return the person whose key or certificate ("type base64") this is; its dates are not asked.

    A certificate is the person's whose name or address it bears, where its authority may say so.
    """
    made = publickeys.certificate(key)
    for person in policy.people:
        for signer in of(policy, person.name):
            if _bears(signer, key, made):
                return person.name
    return None


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What was read so far of one file."""

    file: str
    lines: list[str]
    people: tuple[Person, ...]
    signers: list[Signer] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def take(self, number: int) -> None:
        """Read one line that says something."""
        line = self.lines[number - 1]
        parts = _LINE.fullmatch(line)
        if parts is None or not line.replace("\t", " ").isprintable():
            self._find(number, _UNREADABLE)
            return
        before = len(self.findings)
        principals = tuple(self._principals(number, parts["who"]))
        said = dict(self._options(number, parts["options"] or ""))
        key = publickeys.normal(" ".join(parts["key"].split()))
        if key is None:
            self._find(number, _NO_KEY)
        elif len(self.findings) == before and self._in_force(number, said):
            self.signers.append(
                Signer(
                    principals=principals,
                    key=key,
                    authority="cert-authority" in said,
                    valid_after=said.get("valid-after", ""),
                    valid_before=said.get("valid-before", ""),
                    line=number,
                )
            )

    def compare(self) -> None:
        """Find keys that are somebody else's, too, and dates that hold nothing."""
        owners = {key: person.name for person in self.people for key in person.keys}
        listed = frozenset(owners)
        for signer in (each for each in self.signers if not each.authority):
            for person in self._persons(signer):
                if owners.setdefault(signer.key, person) != person:
                    self._find(signer.line, _shared(signer, owners[signer.key], person))
            if signer.key in listed and (signer.valid_after or signer.valid_before):
                why = "its dates hold nothing: `people` lists the key without any"
                self._find(signer.line, _odd(why))
        for signer in (each for each in self.signers if each.authority):
            if signer.key in owners:
                other = "the authority of certificates"
                self._find(signer.line, _shared(signer, owners[signer.key], other))

    def _principals(self, number: int, text: str) -> Iterator[str]:
        known = {name.lower() for each in self.people for name in (each.name, *each.emails)}
        for principal in text.split(","):
            if principal.startswith("!") or set(principal) & set("*?"):
                self._find(number, _wild(principal))
            elif principal.lower() not in known:
                self._find(number, _nobody(principal))
            else:
                yield principal

    def _options(self, number: int, text: str) -> Iterator[tuple[str, str]]:
        seen: set[str] = set()
        for option in _OPTION.finditer(text):
            name, value = option["name"].lower(), option["value"]
            why = _wrong(name, value) or (f"{name} stands twice" if name in seen else "")
            seen.add(name)
            if why:
                self._find(number, _odd(why))
            else:
                yield name, _date(value or "") or value or ""

    def _in_force(self, number: int, said: Mapping[str, str]) -> bool:
        """Tell whether a line without errors can ever count for an approval."""
        after, before = said.get("valid-after", ""), said.get("valid-before", "")
        if after and before and after >= before:
            self._find(number, _odd("valid-after is not before valid-before"))
            return False
        if not _covers(said.get("namespaces", NAMESPACE)):
            self._find(number, _LEFT_OUT)
            return False
        return True

    def _persons(self, signer: Signer) -> Iterator[str]:
        for person in self.people:
            if any(_is(person, each) for each in signer.principals):
                yield person.name

    def _find(self, number: int, fault: Fault) -> None:
        line = self.lines[number - 1]
        self.findings.append(faults.on_line(fault, self.file, number, line))


_UNREADABLE = Fault(
    rule="signer-line",
    message="cannot read the line",
    mend="write it as `ann@example.org ssh-ed25519 AAAA…`, options before the key",
)
_NO_KEY = Fault(
    rule="public-key",
    message="cannot read the public key",
    mend="write it as `ssh-ed25519 AAAA…`, the way it stands in the .pub file",
)
_LEFT_OUT = Fault(
    rule="signer-namespace",
    message=f"namespaces leaves out {NAMESPACE}: no approval by this key counts",
    mend=f"add {NAMESPACE} to `namespaces`, or leave the option out",
    severity=Severity.WARNING,
)


def _wild(principal: str) -> Fault:
    return Fault(
        rule="wildcard-principal",
        message=f"the principal {principal} is not one person",
        mend="name each person by their name in `people`, or by an address there",
    )


def _nobody(principal: str) -> Fault:
    return Fault(
        rule="unknown-person",
        message=f"the principal {principal or '(empty)'} is nobody whom `people` lists",
        mend="write the name or an address of somebody whom jobgate.yaml lists",
    )


def _shared(signer: Signer, one: str, other: str) -> Fault:
    return Fault(
        rule="shared-identity",
        message=f"the key {signer.key[:60]} belongs to {one} and {other}",
        mend="give each person their own",
    )


def _odd(why: str) -> Fault:
    return Fault(
        rule="signer-option",
        message=why,
        mend="use `cert-authority`, `namespaces`, `valid-after` and `valid-before` as ssh-keygen "
        "reads them, each once",
    )


def _bears(signer: Signer, key: str, made: publickeys.Certificate | None) -> bool:
    if made is None:
        return not signer.authority and signer.key == key
    names = set(signer.principals) & set(made.principals)
    return signer.authority and signer.key == made.authority and bool(names)


def _is(person: Person, principal: str) -> bool:
    return principal.lower() in {each.lower() for each in (person.name, *person.emails)}


def _wrong(name: str, value: str | None) -> str:
    """Return what is wrong with one option, if anything is."""
    if name == "cert-authority":
        return "" if value is None else "cert-authority takes no value"
    if name not in {"namespaces", "valid-after", "valid-before"}:
        return f"the option {name} is unknown"
    if value is None:
        return f"{name} lacks a value in quotes"
    if name != "namespaces" and not _date(value):
        return f"{name} is no date: {value}"
    return ""


def _date(text: str) -> str:
    """Return the instant that OpenSSH reads in `text`, to the second; empty for none."""
    parts = _DATE.fullmatch(text)
    if parts is None:
        return ""
    whole = f"{parts[1]}{parts[2] or '0000'}{parts[3] or '00'}"
    try:
        sound = datetime.strptime(f"{whole}+0000", "%Y%m%d%H%M%S%z").year >= _FIRST_YEAR
    except ValueError:
        return ""
    return whole if sound else ""


def _covers(patterns: str) -> bool:
    """Tell whether a list of patterns, as OpenSSH reads it, takes in our namespace."""
    takes = False
    for pattern in patterns.split(","):
        named = pattern.removeprefix("!")
        parts = {"*": ".*", "?": "."}
        if re.fullmatch("".join(parts.get(each, re.escape(each)) for each in named), NAMESPACE):
            if named != pattern:
                return False
            takes = True
    return takes
