"""The nouns: frozen values that every other module shares. Imports nothing of ours but nouns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Literal, NewType, TypeAlias, TypeVar

from runner.terms import LONGEST_DAYS, BreakGlass, Clause, ForgeEntry, Owned, Person, Signer, Team

if TYPE_CHECKING:
    from runner.verdicts import Verdict

# A tree as RFC 8785 allows it here: no floats. Once made, a tree is never changed.
Json: TypeAlias = "str | int | bool | list[Json] | dict[str, Json] | None"
Scalar: TypeAlias = str | int | bool | None
Path: TypeAlias = tuple[str | int, ...]  # from the root of a tree to one of its values

Digest = NewType("Digest", str)  # "sha256:" and 64 hex digits, over a domain prefix
Sha256 = NewType("Sha256", str)  # 64 hex digits, over bytes as they are
Key = NewType("Key", str)  # 64 hex digits; names one submission for ever
Commit = NewType("Commit", str)
Oid = NewType("Oid", str)
JobId = NewType("JobId", str)  # platform/name or platform/name[axis=value,…]; "@policy"
LedgerId = NewType("LedgerId", str)
POLICY = JobId("@policy")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text: 1-based lines, 1-based columns in code points, the end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a finding points: a file, the JSON pointer of the value, and its span."""

    file: str
    pointer: str = ""
    span: Span = Span(1, 1, 1, 1)


class Severity(StrEnum):
    """How much a finding weighs: an error stops the job, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with the input, with its place and its mend."""

    place: Place
    rule: str
    message: str
    mend: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked(Generic[T]):
    """What a step made of its input (None when it could not), and everything it found."""

    value: T | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML document: its tree, and the span of every key and every value by its path."""

    file: str
    tree: Json
    values: Mapping[Path, Span]
    keys: Mapping[Path, Span]

    def place(self, path: Path, *, key: bool = False) -> Place:
        """Return where `path` stands, or the nearest part above it that the text holds."""
        spans = self.keys if key else self.values
        for length in range(len(path), -1, -1):
            span = spans.get(path[:length])
            if span is not None:
                return Place(file=self.file, pointer=pointer(path), span=span)
        return Place(file=self.file, pointer=pointer(path))


def pointer(path: Path) -> str:
    """Return the JSON pointer (RFC 6901) of `path`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """One regular file of a tree, byte for byte."""

    path: str
    oid: Oid
    sha256: Sha256
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A path that is no readable regular file of the tree: the rule it breaks, and its mend."""

    path: str
    rule: str
    message: str
    mend: str


Reader: TypeAlias = Callable[[str], Blob | Unreadable]


class Role(StrEnum):
    """How a job depends on a file: its own spec, or something the spec goes through."""

    OWN = "own"
    VIA = "via"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Source:
    """One file that a job was made from."""

    path: str
    oid: Oid
    sha256: Sha256
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One YAML document under `specs/`, every value with its place; not yet known to be valid."""

    document: Document
    own: Source


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by name, where its value will stand."""

    name: str


Parts: TypeAlias = tuple[str | Secret, ...]  # of one text


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A spec with one cell of its matrix put in: every leaf is data, nothing is a template.

    `script`, `request`, `change` and `expect_hosts` (None: absent) are those parts of the spec
    after rendering.
    `script_text` is the rendered script when `script.file` is a `.j2` template, else None.
    `used` are the files that rendering went through (vars, macros, the template), sorted.
    `secrets` are the leaves that name secrets, by path; in their place stands a stand-in.
    """

    cell: tuple[tuple[str, Scalar], ...]
    script: dict[str, Json]
    request: dict[str, Json]
    change: dict[str, Json]
    expect_hosts: Json = None
    script_text: bytes | None
    used: tuple[Source, ...]
    secrets: tuple[tuple[Path, Parts], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The whole body of `fast_execute_script`, typed and complete, with what it came from.

    `body` has no `start_task`; defaults of effect scheme 1 are explicit in it.
    `script` is the decoded script when the body carries content, else None.
    `origins` tells for a path of the body which path of the spec it was made from
    (longest known prefix; `("request", …)` for what was taken over as it is).
    `plain` is the body with stand-ins for its secrets, None where it names none.
    """

    body: dict[str, Json]
    script: bytes | None
    used: tuple[Source, ...]
    origins: Mapping[Path, Path]
    plain: dict[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformEntry:
    """A platform as the policy names it. Empty text where the type has no such thing."""

    name: str
    type: Literal["embedded", "bkjob"]
    url: str = ""
    stage: str = ""
    tenant: str = ""
    application: str = ""
    paths: tuple[str, ...] = ("specs/**",)
    route: Literal["user", "system"] = "user"
    credentials: tuple[tuple[str, Literal["env", "file", "text"], str], ...] = ()  # name, source


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """Whom a request names: hosts one by one, and what only the platform can expand."""

    hosts: tuple[str, ...]
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pin:
    """What `jobgate.lock` says of a script id: the version that it means, and its content."""

    script: str
    version: int
    sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One spec rendered for one cell of its matrix on one platform: what is reviewed and run."""

    id: JobId
    name: str
    cell: tuple[tuple[str, Scalar], ...]
    platform: PlatformEntry
    path: str
    description: str
    labels: tuple[tuple[str, str], ...]
    run: int
    rerun: Literal["on-run", "on-change"]
    needs: tuple[str, ...]
    expires: str | None
    change: dict[str, Json]
    body: dict[str, Json]
    script: bytes | None
    targets: Targets
    batches: tuple[int, ...]
    expect_hosts: tuple[str, ...] | None = None  # labels of all that its targets must come to
    pins: tuple[Pin, ...] = ()
    secrets: tuple[SecretSource, ...] = ()  # of those that the body names, by name
    sources: tuple[Source, ...]
    spec: Digest  # of the spec's own tree, comments and layout left out
    effect: Digest
    former_effects: tuple[tuple[JobId, Digest], ...]  # what it would be under each former name
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretSource:
    """Where the value of one secret is found at submit, and which jobs may have it (globs).

    `source` is a variable's name, a file's path, or the words of a command.
    """

    name: str
    kind: Literal["env", "file", "command"]
    source: tuple[str, ...]
    platforms: tuple[str, ...]
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Who must consent to what, who is who, and which paths go to which platform."""

    platforms: tuple[PlatformEntry, ...]
    people: tuple[Person, ...]
    clauses: tuple[Clause, ...]
    secrets: tuple[SecretSource, ...] = ()
    runners: tuple[str, ...] = ()  # public keys that may sign the journal; empty: it is not signed
    pins: tuple[tuple[str, str | int, Pin], ...] = ()  # platform, what is named there, what it is
    teams: tuple[Team, ...] = ()
    signers: tuple[Signer, ...] = ()
    owned: tuple[Owned, ...] = ()  # in the order of the file: the last that matches holds
    forge: ForgeEntry | None = None
    break_glass: BreakGlass | None = None
    days: int = LONGEST_DAYS  # that an approval lasts


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFiles:
    """The files of one tree that form `@policy`, with their digest and what they say."""

    digest: Digest
    sources: tuple[Source, ...]
    contents: Mapping[str, bytes]
    policy: Policy


class Kind(StrEnum):
    """What a journal entry says happened."""

    GENESIS = "genesis"
    ADOPTED = "adopted"
    POLICY = "policy"
    REMOVED = "removed"
    INTENDED = "intended"
    CREATED = "created"
    STARTING = "starting"
    STARTED = "started"
    STEERING = "steering"
    STEERED = "steered"
    ENDED = "ended"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry before it has its number, its instant and the hash of the entry before it."""

    kind: Kind
    job: JobId | None = None
    platform: str | None = None
    key: Key | None = None
    effect: Digest | None = None
    digest: Digest | None = None
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the journal; `before` is the SHA-256 of the canonical entry before it."""

    v: int
    seq: int
    kind: Kind
    ledger: LedgerId
    platform: str | None
    key: Key | None
    job: JobId | None
    effect: Digest | None
    digest: Digest | None
    head: Commit
    runner: str
    at: str
    before: Sha256 | None
    data: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a submission ended, as the platform means it."""

    outcome: Literal["succeeded", "failed", "stopped", "withdrawn", "refused", "unknown"]
    detail: str
    hosts: int = 0
    failed: int = 0


class Act(StrEnum):
    """What a person may order of a job that was started."""

    RESUME = "resume"
    RETRY = "retry"
    RETRY_ALL = "retry-all"
    SKIP = "skip"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Steering:
    """One order to a job: what, by whom and why, and where the job stood when it was given.

    `status`, `batch` and `tries` are those of its Progress then.
    """

    act: Act
    by: str
    reason: str
    status: int
    batch: int
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """What the ledger holds of one job: the last thing that was submitted or taken as had.

    `state` is the kind of the last entry about it; after `steered` it is `started`, and after
    `settled` `ended`. `key` is None for a job that was adopted and has not been submitted since.
    `previous` is the key before `key`.
    """

    job: JobId
    state: Kind
    key: Key | None
    previous: Key | None
    scheme: int
    effect: Digest
    digest: Digest
    spec: Digest
    head: Commit
    path: str
    body: dict[str, Json]  # the script by its SHA-256, as the effect has it
    script: Sha256 | None
    sources: tuple[Source, ...]
    labels: tuple[tuple[str, str], ...] | None = None  # None: from before they were kept
    expect_hosts: tuple[str, ...] | None = None  # as `Job` has them
    run: int = 1
    removed: bool = False
    at: str = ""  # when `key` was announced; empty in ledgers from before that was kept
    since: str = ""  # when `previous` was
    instance: str | None = None  # the platform's instance that `created` it
    platform_job: int | None = None
    platform_step: int | None = None
    result: Result | None = None
    steering: Steering | None = None  # the order of which nobody has said yet what became of it
    stood: Had | None = None  # what counted before `key`, kept until `key` has surely run

    @property
    def counts(self) -> Had | None:
        """Return the last submission or adoption that may have run: what a change is judged by.

        One that was refused or withdrawn ran nothing; what stood before it still stands.
        """
        withdrawn = self.result is not None and self.result.outcome == "withdrawn"
        return self.stood if withdrawn or self.state is Kind.REFUSED else self


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The policy that the ledger last accepted. `key` is None for the one of the genesis."""

    digest: Digest
    head: Commit
    key: Key | None
    files: tuple[Source, ...]
    runners: tuple[str, ...] = ()  # public keys; where there are any, one of them signs the journal


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the journal adds up to."""

    id: LedgerId
    branch: str
    mode: Literal["local", "remote"]
    seq: int
    last: Sha256
    head: Commit  # the last commit of the branch that the journal acted on
    policy: InForce
    jobs: Mapping[JobId, Had]
    began: Commit = Commit("")  # the commit of the genesis
    accepted: str = ""  # when the policy was; empty for that of the genesis
    approvals: Commit | None = None  # tip of their ref, by which it was judged last


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one append adds: entries, the ledger after them, and the files they refer to.

    `files` are written into the journal's tree (`policy/…`, `scripts/…`) and stay there.
    """

    entries: tuple[Entry, ...]
    ledger: Ledger
    files: Mapping[str, bytes]


class Symbol(StrEnum):
    """What a change is, as a reader sees it."""

    NEW = "+"
    ALTERED = "~"
    DRIFTED = "≈"
    REMOVED = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One job that differs from the ledger. `runs` tells whether an approved one is submitted."""

    job: JobId
    symbol: Symbol
    after: Key | None
    digest: Digest
    effect: Digest
    via: tuple[str, ...]
    runs: bool
    had: Had | None
    wanted: Job | PolicyFiles | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The changes between what ran and what `head` wants, in order, and how many are unchanged."""

    head: Commit
    ledger: LedgerId
    changes: tuple[Change, ...]
    unchanged: int
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A statement and its signature, as they lie on the approvals ref; nothing is verified yet."""

    statement: bytes
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one tree wants: its jobs by id, in order, and its policy."""

    jobs: tuple[Job, ...]
    policy: PolicyFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan with the verdict on each of its changes, under the policy in force."""

    plan: Plan
    verdicts: Mapping[JobId, Verdict]
    wanted: Wanted
    ledger: Ledger
    in_force: Policy
    scripts: Mapping[JobId, bytes]  # what each change replaces: its old script, or the policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The reproducible account of one submission, made from the journal."""

    ledger: LedgerId
    job: JobId
    key: Key
    previous: Key | None
    scheme: int
    effect: Digest
    digest: Digest
    head: Commit
    path: str
    sources: tuple[Source, ...]
    policy: InForce
    approvals: tuple[Signed, ...]
    entries: tuple[Entry, ...]
    result: Result | None
