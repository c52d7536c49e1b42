"""Who owns which file: CODEOWNERS, as GitHub reads it.

GitHub skips a line that it cannot read, and what stands before it holds then. Here such a line is a
finding: whom it names would not be asked, and nobody would be told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from runner import faults, globs
from runner.faults import Fault
from runner.model import Checked, Finding, Severity
from runner.terms import Owned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Blob, Policy

PATHS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # the first that there is counts
TOO_LARGE = 3_000_000  # bytes
# A blank behind a backslash is one of the pattern.
_LINE = re.compile(r"(?P<pattern>(?:\\.|[^ \t\\])+\\?)(?:[ \t]+(?P<owners>.*))?")
_LITERAL = re.compile(r"/(?P<text>[^*?\\]*)")  # how whatever an anchored pattern matches begins
_OWNER = re.compile(
    r"@[A-Za-z0-9_-]+(?:/[A-Za-z0-9_.-]+)?"
    r"|[A-Za-z0-9._'%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
)
# What GitHub skips a line for, or reads in it otherwise than it seems.
_FAULTS = (
    (re.compile(r"\A!"), "`!` takes nothing back", "give what it means a later line of its own"),
    (re.compile(r"#"), "`#` begins a comment, also within a pattern", "write `?` for the `#`"),
    (re.compile(r"[\[\]]"), "brackets are no range", "write a line for each of the characters"),
    (re.compile(r"\*{3}"), "three stars mean nothing", "write `*` within a name, or `**` for one"),
    (re.compile(r"\\(?! )"), "only a blank is kept by a backslash", "leave the backslash out"),
    (
        re.compile(r"\A/?\Z|//|(?:\A|/)\.{1,2}(?:/|\Z)"),
        "no file has a path like that",
        "write it as `/specs/prod/`, or as `*.sh` for files anywhere",
    ),
)


def read(blob: Blob) -> Checked[tuple[Owned, ...]]:
    """Return the lines of a file that GitHub can read, and what is wrong with the others."""
    if len(blob.content) >= TOO_LARGE:
        return Checked(value=None, findings=(faults.on_line(_LARGE, blob.path),))
    try:
        lines = blob.content.decode().split("\n")
    except UnicodeDecodeError:
        return Checked(value=None, findings=(faults.on_line(faults.NOT_UTF8, blob.path),))
    reading = _Reading(file=blob.path)
    for number, line in enumerate(lines, 1):
        reading.take(number, line.removesuffix("\r"))
    return Checked(value=tuple(reading.owned), findings=tuple(reading.findings))


def of(owned: tuple[Owned, ...], path: str) -> tuple[str, ...] | None:
    """Return who owns the file at `path`, by the last line that matches; None where nobody does."""
    for line in reversed(owned):
        # A file may have very many lines, most of them of other folders.
        begins = _LITERAL.match(line.pattern)
        if begins is not None and not path.startswith(begins["text"].rstrip("/")):
            continue
        if globs.matches(_glob(line.pattern), path):
            return line.owners or None
    return None


def listed(policy: Policy, files: Mapping[str, Blob]) -> Checked[tuple[Owned, ...]]:
    """Return the lines of the file that counts for `policy`, and what is wrong with it.

    Where no clause asks owners, nothing that is wrong stops anything.
    """
    asking = [clause for clause in policy.clauses if clause.owners]
    present = [path for path in PATHS if path in files]
    found = [faults.on_line(_passed_over(present[0]), path) for path in present[1:]]
    if not present:
        found = [faults.on_line(_nowhere(each.name), "jobgate.yaml", each.line) for each in asking]
        return Checked(value=None if found else (), findings=tuple(found))
    made = read(files[present[0]])
    if not asking:
        mild = [replace(each, severity=Severity.WARNING) for each in made.findings]
        return Checked(value=made.value or (), findings=(*found, *mild))
    found += [*made.findings, *_strangers(policy, present[0], made.value or ())]
    wrong = any(each.severity is Severity.ERROR for each in found)
    return Checked(value=None if wrong else made.value, findings=tuple(found))


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What was read so far of one file."""

    file: str
    owned: list[Owned] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def take(self, number: int, line: str) -> None:
        """Read one line."""
        said = line.strip(" \t")
        if not said or said.startswith("#"):
            return
        parts = _LINE.fullmatch(said)
        if parts is None or not said.replace("\t", " ").isprintable():
            self.findings.append(faults.on_line(_UNREADABLE, self.file, number, line))
            return
        pattern, owners = parts["pattern"], tuple(_words(parts["owners"] or ""))
        wrong = [*_faults(pattern), *_nobodies(owners)]
        self.findings += [faults.on_line(each, self.file, number, line) for each in wrong]
        if not wrong:
            self.owned.append(Owned(pattern=pattern, owners=owners, line=number))


def _words(text: str) -> Iterator[str]:
    for word in text.split():
        if word.startswith("#"):
            return
        yield word


def _faults(pattern: str) -> Iterator[Fault]:
    for fault, why, mend in _FAULTS:
        if fault.search(pattern):
            yield Fault(
                rule="owner-line", message=f"cannot read the pattern {pattern}: {why}", mend=mend
            )


def _nobodies(owners: Iterable[str]) -> Iterator[Fault]:
    for owner in owners:
        if _OWNER.fullmatch(owner) is None:
            yield Fault(
                rule="owner-line",
                message=f"cannot read the owner {owner}: it is no account, team or address",
                mend="write it as `@login`, `@org/team` or `ann@example.org`",
            )


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> str:
    """Return as a glob over whole paths what a pattern matches: files, and all below folders."""
    plain = pattern.replace("\\ ", " ")
    names = plain.strip("/").split("/")
    folder = plain.endswith("/")
    anywhere = "/" not in plain.removesuffix("/")
    if names[-1] == "**":  # all that is in a folder, and not the folder
        names.insert(-1, "*")
    if folder:
        names.append("*")
    if anywhere:
        names.insert(0, "**")
    # Only a last `*` by itself is of files alone: what is below a folder of that name is not meant.
    below = folder or anywhere or names[-1] != "*"
    return "/".join((*names, "**") if below else names)


def _strangers(policy: Policy, file: str, owned: Iterable[Owned]) -> Iterator[Finding]:
    """Yield each owner whom the policy does not list: nobody can consent for them."""
    known = set(_names(policy))
    for line in owned:
        for owner in line.owners:
            if owner.lower() not in known:
                yield faults.on_line(_stranger(owner), file, line.line)


def _names(policy: Policy) -> Iterator[str]:
    """Yield whatever CODEOWNERS may call a person or a team of the policy, in lower case."""
    accounts = [account for team in policy.teams for account in team.accounts]
    for person in policy.people:
        yield from (email.lower() for email in person.emails)
        accounts += person.accounts
    for forge, name in accounts:
        if policy.forge is None or policy.forge.name == forge:
            yield f"@{name.lower()}"


_LARGE = Fault(
    rule="too-large",
    message=f"cannot read the file: GitHub reads none of {TOO_LARGE} bytes or more",
    mend="put several lines into one with `*`",
)
_UNREADABLE = Fault(
    rule="owner-line",
    message="cannot read the line",
    mend="write it as `/specs/prod/ @acme/sre`: a pattern, blanks, and owners",
)


def _stranger(owner: str) -> Fault:
    return Fault(
        rule="unknown-owner",
        message=f"the owner {owner} is nobody whom jobgate.yaml lists",
        mend="list the account, the team or the address there",
        severity=Severity.WARNING,
    )


def _passed_over(counts: str) -> Fault:
    return Fault(
        rule="second-codeowners",
        message=f"nobody reads this file: {counts} is there, and counts",
        mend=f"move its lines to {counts}, and delete it",
        severity=Severity.WARNING,
    )


def _nowhere(clause: str) -> Fault:
    return Fault(
        rule="no-codeowners",
        message=f"clause {clause} asks owners, and there is no CODEOWNERS that names any",
        mend=f"write {PATHS[0]}, or take `owners` out of the clause",
    )
