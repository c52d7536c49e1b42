"""The nouns of a policy: people, teams, clauses and what those ask. Imports nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

LONGEST_DAYS = 30  # that an approval lasts, unless the policy says less


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One human being, with every address, key and account (forge, login) that is theirs."""

    name: str
    emails: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()  # "ssh-ed25519 AAAA…", without options and comment
    accounts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Several people under one name: those listed, and those whom a forge has in its own team."""

    name: str
    members: tuple[str, ...] = ()  # names of people
    accounts: tuple[tuple[str, str], ...] = ()  # forge, its name there: "acme/sre"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One line of `allowed_signers`: a key, or the authority of certificates, and whose it is."""

    principals: tuple[str, ...]
    key: str
    authority: bool = False
    valid_after: str = ""  # as ssh-keygen reads it; empty: from ever on
    valid_before: str = ""
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """One line of CODEOWNERS: a pattern, and who owns what matches; nobody owns it without any."""

    pattern: str
    owners: tuple[str, ...]  # "@login", "@org/team" or an address
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weekly:
    """Hours that come again each week, by the wall clock of a zone.

    `days` are 0 (Monday) to 6; `begins` and `ends` are minutes from midnight, the end exclusive.
    Where `ends` is not after `begins` they reach into the next day.
    """

    days: tuple[int, ...]
    begins: int
    ends: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """One stretch of time by the wall clock of a zone: "2026-12-24T18:00", the end exclusive."""

    begins: str
    ends: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """When jobs may start: within one of `open` (none: always), and within none of `closed`."""

    zone: str  # of the IANA data base
    open: tuple[Weekly | Dated, ...] = ()
    closed: tuple[Weekly | Dated, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What is asked of the jobs that it matches. All that its `when` names must hold.

    Of jobs: one of `paths` (globs), one of `platforms` and of `scopes` ("biz/2") where there are
    any, all of `labels` (name, glob), and `expression`, in CEL, where there is one.
    """

    name: str
    paths: tuple[str, ...]
    count: int  # of approvals
    people: tuple[str, ...]  # names of people and teams; empty: everyone the policy lists
    platforms: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    expression: str = ""
    owners: bool = False  # those whom CODEOWNERS names for the job's files must approve too
    deny: str = ""  # what a job is denied with; empty: it is not
    max_hosts: int | None = None  # on more a job is denied
    fields: tuple[str, ...] = ()  # of `change`, without which a job is denied
    succeeded: tuple[str, ...] = ()  # platforms on which the same job must have succeeded first
    windows: Windows | None = None
    line: int = field(default=1, compare=False)  # of jobgate.yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlass:
    """Who may do without approvals and windows, and within how many hours that is followed up."""

    people: tuple[str, ...]  # names of people and teams
    hours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeEntry:
    """Where reviews live, as the policy names it."""

    name: str  # "github", which the accounts of people are by
    url: str  # of its API
    repository: str  # "acme/ops"
    token: str  # the variable that holds it


Opening: TypeAlias = Weekly | Dated
