"""Values for tests: what a job is made from, the shapes that are kept, and strategies for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from hypothesis import strategies as st

from runner import canon
from runner.evidence import Approval
from runner.model import (
    Commit,
    Digest,
    Draft,
    Entry,
    Had,
    InForce,
    Job,
    JobId,
    Json,
    Key,
    Kind,
    Ledger,
    LedgerId,
    Oid,
    Path,
    PlatformEntry,
    Policy,
    PolicyFiles,
    Record,
    Result,
    Role,
    Scalar,
    Sha256,
    Signed,
    Source,
    Targets,
)
from runner.terms import Clause, Person

if TYPE_CHECKING:
    from collections.abc import Mapping

LEDGER = LedgerId("0f" * 16)
LOCAL = PlatformEntry(name="local", type="embedded")
HEAD = Commit("c" * 40)

# ---------------------------------------------------------------- trees

TEXTS = st.text(max_size=6)
WORDS = st.text("abcdefgh", min_size=1, max_size=6)
WIDE = st.integers(-(2**80), 2**80)
NARROW = st.integers(-(2**53) + 1, 2**53 - 1)


def trees(integers: st.SearchStrategy[int] = WIDE) -> st.SearchStrategy[Json]:
    """Return any tree, with integers of that kind."""
    return st.recursive(
        st.one_of(st.none(), st.booleans(), integers, TEXTS),
        lambda inner: st.one_of(st.lists(inner, max_size=3), mappings(inner)),
        max_leaves=5,
    )


def mappings(inner: st.SearchStrategy[Json] | None = None) -> st.SearchStrategy[dict[str, Json]]:
    """Return any mapping from texts to trees."""
    return st.dictionaries(TEXTS, trees() if inner is None else inner, max_size=3)


def scalars() -> st.SearchStrategy[Scalar]:
    """Return any scalar."""
    return st.one_of(st.none(), st.booleans(), WIDE, TEXTS)


def identical(one: Json, other: Json) -> bool:
    """Tell whether two trees are one, where `1` and `true` are two."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(identical(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(identical, one, other))
    return type(one) is type(other) and one == other


def paths(tree: Json) -> list[Path]:
    """Return the paths of all values of a tree, the root's first."""
    found: list[Path] = [()]
    if isinstance(tree, dict):
        found += [(key, *rest) for key, value in tree.items() for rest in paths(value)]
    elif isinstance(tree, list):
        found += [(at, *rest) for at, value in enumerate(tree) for rest in paths(value)]
    return found


def value_at(tree: Json, path: Path) -> Json:
    """Return the value at a path of a tree."""
    for part in path:
        if isinstance(tree, dict) and isinstance(part, str):
            tree = tree[part]
        else:
            assert isinstance(tree, list)
            assert isinstance(part, int)
            tree = tree[part]
    return tree


def with_value(tree: Json, path: Path, value: Json) -> Json:
    """Return a tree with another value at one of its paths."""
    if not path:
        return value
    if isinstance(tree, dict):
        return {k: with_value(v, path[1:], value) if k == path[0] else v for k, v in tree.items()}
    assert isinstance(tree, list)
    return [with_value(v, path[1:], value) if k == path[0] else v for k, v in enumerate(tree)]


def turned(tree: Json) -> Json:
    """Return the same tree with the keys of each mapping in the opposite order."""
    if isinstance(tree, dict):
        return {key: turned(tree[key]) for key in reversed(tree)}
    return [turned(item) for item in tree] if isinstance(tree, list) else tree


# ---------------------------------------------------------------- names and numbers


def digest(seed: object = 0) -> Digest:
    """Return a digest that stands for `seed`."""
    return canon.digest_of("test", str(seed))


def sha(seed: object = 0) -> Sha256:
    """Return a SHA-256 that stands for `seed`."""
    return canon.sha256(str(seed).encode())


def key(seed: object = 0) -> Key:
    """Return a key that stands for `seed`."""
    return Key(sha(("key", seed)))


def commit(seed: object = 0) -> Commit:
    """Return a commit that stands for `seed`."""
    return Commit(sha(("commit", seed))[:40])


def source(path: str, content: object = 0, role: Role = Role.VIA) -> Source:
    """Return a file with some content."""
    return Source(path=path, oid=Oid(sha((0, content))[:40]), sha256=sha(content), role=role)


# ---------------------------------------------------------------- jobs and policies


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a job is made from. `spec` stands for its text, `via` for (path, content) of files."""

    platform: PlatformEntry = LOCAL
    name: str = "tidy"
    cell: tuple[tuple[str, Scalar], ...] = ()
    run: int = 1
    body: Mapping[str, Json] = field(default_factory=lambda: {"timeout": 60})
    script: bytes | None = b"rm -r /tmp/old\n"
    pins: Mapping[str, Json] = field(default_factory=dict)
    path: str = "specs/tidy.yaml"
    metadata: Mapping[str, Json] = field(default_factory=dict)
    change: Mapping[str, Json] = field(default_factory=dict)
    spec: str = "spec"
    via: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> JobId:
        """Return the job's identity."""
        return canon.job_id(self.platform.name, self.name, self.cell)

    @property
    def formerly(self) -> tuple[str, ...]:
        """Return its former names, the latest first."""
        names = self.metadata.get("formerly")
        return tuple(map(str, names)) if isinstance(names, list) else ()

    def effect(self, name: str | None = None) -> Digest:
        """Return its effect, or what it would be under another name."""
        return canon.effect(
            job=canon.job_id(self.platform.name, name or self.name, self.cell),
            run=self.run,
            platform=self.platform,
            body=canon.effect_body(self.body, self.script),
            pins=self.pins,
        )

    def digest(self) -> Digest:
        """Return its digest."""
        return canon.digest(
            effect=self.effect(), path=self.path, spec_metadata=self.metadata, change=self.change
        )


def job(wish: Wish) -> Job:
    """Return the job that is made from `wish`."""
    expires = wish.metadata.get("expires")
    return Job(
        id=wish.id,
        name=wish.name,
        cell=wish.cell,
        platform=wish.platform,
        path=wish.path,
        description=str(wish.metadata.get("description", "")),
        labels=(),
        run=wish.run,
        rerun="on-change" if wish.metadata.get("rerun") == "on-change" else "on-run",
        needs=(),
        expires=expires if isinstance(expires, str) else None,
        change=dict(wish.change),
        body=dict(wish.body),
        script=wish.script,
        targets=Targets(hosts=()),
        batches=(),
        sources=(
            source(wish.path, wish.spec, Role.OWN),
            *(source(path, content) for path, content in wish.via),
        ),
        spec=digest(("spec", wish.spec)),
        effect=wish.effect(),
        former_effects=tuple(
            (canon.job_id(wish.platform.name, name, wish.cell), wish.effect(name))
            for name in wish.formerly
        ),
        digest=wish.digest(),
    )


def wishes() -> st.SearchStrategy[Wish]:
    """Return what any job may be made from."""
    return st.builds(
        Wish,
        platform=platforms(),
        name=WORDS,
        cell=st.lists(st.tuples(WORDS, scalars()), max_size=2, unique_by=lambda axis: axis[0]).map(
            tuple
        ),
        run=st.integers(1, 2**70),
        body=st.dictionaries(WORDS, trees(), min_size=1, max_size=3),
        script=st.none() | st.binary(max_size=8),
        pins=st.dictionaries(WORDS, TEXTS, max_size=2),
        path=WORDS.map("specs/{}.yaml".format),
        metadata=st.fixed_dictionaries(
            {},
            optional={
                "description": TEXTS,
                "expires": st.dates().map(str),
                "labels": st.dictionaries(WORDS, TEXTS, max_size=2),
                "needs": st.lists(WORDS, max_size=2),
                "rerun": st.sampled_from(["on-run", "on-change"]),
            },
        ),
        change=st.dictionaries(WORDS, TEXTS, max_size=2),
    )


def platforms() -> st.SearchStrategy[PlatformEntry]:
    """Return any platform."""
    kinds: st.SearchStrategy[Literal["embedded", "bkjob"]] = st.sampled_from(["embedded", "bkjob"])
    return st.builds(
        PlatformEntry,
        name=WORDS,
        type=kinds,
        url=TEXTS,
        stage=TEXTS,
        tenant=TEXTS,
        application=TEXTS,
    )


def person(name: str) -> Person:
    """Return a person with one address."""
    return Person(name=name, emails=(f"{name}@example.org",))


def policy(*people: str, clauses: tuple[Clause, ...] = ()) -> Policy:
    """Return a policy with these people and clauses, and one platform."""
    return Policy(platforms=(LOCAL,), people=tuple(map(person, people)), clauses=clauses)


def policy_files(said: Policy, content: str = "policy") -> PolicyFiles:
    """Return the files of a policy that says this."""
    return PolicyFiles(
        digest=digest(("policy", content)),
        sources=(source("jobgate.yaml", content, Role.OWN),),
        contents={"jobgate.yaml": content.encode()},
        policy=said,
    )


def approval(
    by: str, *, job: str = "local/tidy", digest: Digest, after: Key | None = None
) -> Approval:
    """Return a person's consent."""
    return Approval(
        ledger=LEDGER, job=JobId(job), digest=digest, after=after, by=by, at="2026-01-02T03:04:05Z"
    )


# ---------------------------------------------------------------- what is kept

DIGESTS = st.integers(0, 2**32).map(digest)
SHAS = st.integers(0, 2**32).map(sha)
KEYS = st.integers(0, 2**32).map(key)
COMMITS = st.integers(0, 2**32).map(commit)
OIDS = COMMITS.map(Oid)
JOBS = TEXTS.map(JobId)
SIGNED = st.builds(Signed, statement=TEXTS.map(str.encode), signature=TEXTS)
SOURCES = st.builds(Source, path=TEXTS, oid=OIDS, sha256=SHAS, role=st.sampled_from(Role))
LABELS = st.dictionaries(TEXTS, TEXTS, max_size=2).map(lambda found: tuple(sorted(found.items())))
SOURCE_SETS = st.lists(SOURCES, max_size=3).map(tuple)
_OUTCOMES: st.SearchStrategy[
    Literal["succeeded", "failed", "stopped", "withdrawn", "refused", "unknown"]
] = st.sampled_from(["succeeded", "failed", "stopped", "withdrawn", "refused", "unknown"])
RESULTS = st.builds(Result, outcome=_OUTCOMES, detail=TEXTS, hosts=WIDE, failed=WIDE)
IN_FORCE = st.builds(
    InForce,
    digest=DIGESTS,
    head=COMMITS,
    key=st.none() | KEYS,
    files=SOURCE_SETS,
    runners=st.lists(TEXTS, max_size=2).map(tuple),
)
ENTRIES = st.builds(
    Entry,
    v=st.just(1),
    seq=st.integers(0, 2**64),
    kind=st.sampled_from(Kind),
    ledger=TEXTS.map(LedgerId),
    platform=st.none() | TEXTS,
    key=st.none() | KEYS,
    job=st.none() | JOBS,
    effect=st.none() | DIGESTS,
    digest=st.none() | DIGESTS,
    head=COMMITS,
    runner=TEXTS,
    at=TEXTS,
    before=st.none() | SHAS,
    data=mappings(),
)
DRAFTS = st.builds(
    Draft,
    kind=st.sampled_from(Kind),
    job=st.none() | JOBS,
    platform=st.none() | TEXTS,
    key=st.none() | KEYS,
    effect=st.none() | DIGESTS,
    digest=st.none() | DIGESTS,
    data=mappings(),
)
HADS = st.builds(
    Had,
    job=JOBS,
    state=st.sampled_from(Kind),
    key=st.none() | KEYS,
    previous=st.none() | KEYS,
    scheme=st.integers(1, 9),
    effect=DIGESTS,
    digest=DIGESTS,
    spec=DIGESTS,
    head=COMMITS,
    path=TEXTS,
    body=mappings(),
    script=st.none() | SHAS,
    sources=SOURCE_SETS,
    labels=st.none() | LABELS,
    expect_hosts=st.none() | st.lists(TEXTS, max_size=2).map(tuple),
    run=WIDE,
    removed=st.booleans(),
    at=TEXTS,
    since=TEXTS,
    instance=st.none() | TEXTS,
    platform_job=st.none() | WIDE,
    platform_step=st.none() | WIDE,
    result=st.none() | RESULTS,
)
_MODES: st.SearchStrategy[Literal["local", "remote"]] = st.sampled_from(["local", "remote"])
LEDGERS = st.builds(
    Ledger,
    id=TEXTS.map(LedgerId),
    branch=TEXTS,
    mode=_MODES,
    seq=st.integers(0, 2**64),
    last=SHAS,
    head=COMMITS,
    policy=IN_FORCE,
    jobs=st.lists(HADS, max_size=3).map(lambda hads: {had.job: had for had in hads}),
    began=COMMITS,
    accepted=TEXTS,
    approvals=st.none() | COMMITS,
)
RECORDS = st.builds(
    Record,
    ledger=TEXTS.map(LedgerId),
    job=JOBS,
    key=KEYS,
    previous=st.none() | KEYS,
    scheme=st.integers(1, 9),
    effect=DIGESTS,
    digest=DIGESTS,
    head=COMMITS,
    path=TEXTS,
    sources=SOURCE_SETS,
    policy=IN_FORCE,
    approvals=st.lists(SIGNED, max_size=2).map(tuple),
    entries=st.lists(ENTRIES, max_size=2).map(tuple),
    result=st.none() | RESULTS,
)
