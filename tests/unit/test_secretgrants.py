"""Which secrets a policy names, and which jobs it gives them to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import clauses, parse, secretgrants, validate
from runner.canon import sha256
from runner.model import Blob, Document, Oid, SecretSource
from tests import values
from tests.values import Wish

POLICY = """\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local: {type: embedded}
  prod-a: {type: embedded, paths: ["specs/prod/**"]}
people:
  ann: {}
"""
DB = SecretSource(
    name="db",
    kind="env",
    source=("DB_PASSWORD",),
    platforms=("local", "prod-*"),
    paths=("specs/*.yaml", "specs/prod/**"),
)
JOB = values.job(Wish())
RULES = replace(values.policy("ann"), secrets=(DB,))


def document(secrets: str) -> Document:
    """Return a policy's document with these secrets."""
    content = f"{POLICY}secrets:\n{secrets}".encode()
    blob = Blob(path="jobgate.yaml", oid=Oid("0" * 40), sha256=sha256(content), content=content)
    parsed = parse.policy_document(blob)
    assert parsed.value is not None
    return parsed.value


def refused(secrets: str) -> list[tuple[str, str]]:
    """Return rule and pointer of all that is wrong with a policy with these secrets."""
    read = document(secrets)
    found = validate.document(read, "policy.v1") or clauses.policy(read).findings
    return [(each.rule, each.place.pointer) for each in found]


def test_a_policy_with_secrets() -> None:
    """Each secret has its source, its platforms and its paths; they are sorted by name."""
    said = (
        "  win: {command: [pass, show, 'a b'], platforms: ['*'], paths: ['**']}\n"
        "  db: {env: DB_PASSWORD, platforms: [local, prod-*], "
        "paths: ['specs/*.yaml', 'specs/prod/**']}\n"
        "  hook: {file: /run/hook, platforms: [local], paths: ['**']}\n"
    )
    assert refused(said) == []
    checked = clauses.policy(document(said))
    assert checked.value is not None
    assert checked.value.secrets == (
        DB,
        SecretSource(
            name="hook", kind="file", source=("/run/hook",), platforms=("local",), paths=("**",)
        ),
        SecretSource(
            name="win",
            kind="command",
            source=("pass", "show", "a b"),
            platforms=("*",),
            paths=("**",),
        ),
    )


@pytest.mark.parametrize(
    ("said", "rule", "pointer"),
    [
        ("Db: {env: A, platforms: [local], paths: ['**']}", "wrong-key", "/secrets/Db"),
        ("db: {env: A, file: /a, platforms: [local], paths: ['**']}", "one-of", "/secrets/db"),
        ("db: {platforms: [local], paths: ['**']}", "one-of", "/secrets/db"),
        ("db: {env: A, platforms: [local]}", "missing-key", "/secrets/db"),
        ("db: {env: A, paths: ['**']}", "missing-key", "/secrets/db"),
        (
            "db: {env: A, platforms: [], paths: ['**']}",
            "wrong-count",
            "/secrets/db/platforms",
        ),
        ("db: {env: A, platforms: [local], paths: []}", "wrong-count", "/secrets/db/paths"),
        ("db: {env: A-B, platforms: [local], paths: ['**']}", "wrong-form", "/secrets/db/env"),
        ("db: {file: a, platforms: [local], paths: ['**']}", "wrong-form", "/secrets/db/file"),
        (
            "db: {command: pass show, platforms: [local], paths: ['**']}",
            "wrong-type",
            "/secrets/db/command",
        ),
        (
            "db: {command: [], platforms: [local], paths: ['**']}",
            "wrong-count",
            "/secrets/db/command",
        ),
        (
            "db: {value: hunter2, platforms: [local], paths: ['**']}",
            "unknown-key",
            "/secrets/db/value",
        ),
        (
            "db: {env: A, platforms: [lab], paths: ['**']}",
            "unknown-platform",
            "/secrets/db/platforms/0",
        ),
        (
            "db: {env: A, platforms: [local, p-*], paths: ['**']}",
            "unknown-platform",
            "/secrets/db/platforms/1",
        ),
        (
            "db: {env: A, platforms: [local], paths: [a, 'specs/**x']}",
            "glob",
            "/secrets/db/paths/1",
        ),
    ],
)
def test_a_policy_that_is_wrong(said: str, rule: str, pointer: str) -> None:
    """A source is one, platforms and paths are named and exist, and no value stands there."""
    assert (rule, pointer) in refused(f"  {said}\n")


def test_unknown_platform_says_which_there_are() -> None:
    """The finding names the secret, what was written, and the platforms."""
    (found,) = clauses.policy(
        document("  db: {env: A, platforms: [lab], paths: ['**']}\n")
    ).findings
    assert found.message == "cannot give db to jobs on lab: no platform of the policy is it"
    assert found.mend == "name one of local, prod-a"


@pytest.mark.parametrize(
    ("platform", "path", "allowed"),
    [
        ("local", "specs/a.yaml", True),
        ("prod-a", "specs/prod/x/a.yaml", True),
        ("prod", "specs/a.yaml", False),
        ("local", "specs/lab/a.yaml", False),
        ("other", "specs/lab/a.yaml", False),
    ],
)
def test_allows(platform: str, path: str, allowed: object) -> None:
    """A job must match both, the platforms and the paths."""
    assert secretgrants.allows(DB, platform, path) == allowed
    assert secretgrants.granted((DB,), ["db", "x"], platform, path) == ((DB,) if allowed else ())
    assert secretgrants.granted((DB,), ["x"], platform, path) == ()


@pytest.mark.parametrize(
    ("in_force", "same"),
    [
        ((DB,), True),
        ((replace(DB, platforms=("*",), paths=("**",)),), True),
        ((replace(DB, name="a"), DB), True),
        ((), False),
        ((replace(DB, name="a"),), False),
        ((replace(DB, source=("OTHER",)),), False),
        ((replace(DB, kind="file"),), False),
        ((replace(DB, paths=("specs/prod/**",)),), False),
        ((replace(DB, platforms=("prod-a",)),), False),
    ],
)
def test_same(in_force: tuple[SecretSource, ...], same: object) -> None:
    """A policy agrees with a job where it gives it the same secrets from the same places."""
    job = replace(JOB, secrets=(DB,))
    assert secretgrants.same(job, replace(RULES, secrets=in_force)) == same
    assert secretgrants.same(JOB, replace(RULES, secrets=in_force))


def test_described() -> None:
    """A digest covers the kind and the text of each source, and not whom else it is given to."""
    command = replace(DB, name="win", kind="command", source=("pass", "a b"))
    assert secretgrants.described((DB, command)) == {
        "db": {"env": "DB_PASSWORD"},
        "win": {"command": ["pass", "a b"]},
    }
    assert secretgrants.described(()) == {}


def test_place() -> None:
    """A person reads where a secret is found."""
    assert secretgrants.place(DB) == "the variable DB_PASSWORD"
    assert secretgrants.place(replace(DB, kind="file", source=("/a b",))) == "the file /a b"
    assert (
        secretgrants.place(replace(DB, kind="command", source=("pass", "a b")))
        == "the command pass 'a b'"
    )
