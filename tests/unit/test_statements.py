"""Each kind of statement has one form, and nothing else is read for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runner import canon, statements, wire
from runner.evidence import Approval, Broken, Glass, Revocation
from runner.model import Digest, JobId, Json, Key, LedgerId
from runner.statements import FollowUp, Retry, Statement

LEDGER, JOB = LedgerId("1f"), JobId("local/tidy")
DIGEST, KEY = Digest("sha256:ab"), Key("cd")
AT, UNTIL = "2026-01-02T03:04:05Z", "2026-02-01T03:04:05Z"
OLD = Approval(ledger=LEDGER, job=JOB, digest=DIGEST, after=KEY, by="ann", at=AT)
NEW = replace(OLD, after=None, until=UNTIL)
KINDS: dict[str, tuple[Statement, bytes]] = {
    "an approval of old": (
        OLD,
        (
            b'{"after":"cd","at":"2026-01-02T03:04:05Z","by":"ann","digest":"sha256:ab",'
            b'"job":"local/tidy","kind":"approval","ledger":"1f","v":1}'
        ),
    ),
    "an approval": (
        NEW,
        (
            b'{"after":null,"at":"2026-01-02T03:04:05Z","by":"ann","digest":"sha256:ab",'
            b'"job":"local/tidy","kind":"approval","ledger":"1f","until":"2026-02-01T03:04:05Z","v":2}'
        ),
    ),
    "broken glass": (
        Glass(approval=NEW, reason="INC-7"),
        (
            b'{"after":null,"at":"2026-01-02T03:04:05Z","by":"ann","digest":"sha256:ab",'
            b'"job":"local/tidy","kind":"break-glass","ledger":"1f","reason":"INC-7",'
            b'"until":"2026-02-01T03:04:05Z","v":1}'
        ),
    ),
    "a revocation": (
        Revocation(ledger=LEDGER, job=JOB, digest=DIGEST, by="ann", at=AT),
        (
            b'{"at":"2026-01-02T03:04:05Z","by":"ann","digest":"sha256:ab","job":"local/tidy",'
            b'"kind":"revocation","ledger":"1f","v":1}'
        ),
    ),
    "a follow-up": (
        FollowUp(ledger=LEDGER, job=JOB, key=KEY, by="ann", at=AT, note="all is well"),
        (
            b'{"at":"2026-01-02T03:04:05Z","by":"ann","job":"local/tidy","key":"cd",'
            b'"kind":"follow-up","ledger":"1f","note":"all is well","v":1}'
        ),
    ),
    "a retry": (
        Retry(ledger=LEDGER, job=JOB, key=KEY, batch=2, tries=3, by="ann", at=AT, until=UNTIL),
        (
            b'{"at":"2026-01-02T03:04:05Z","batch":2,"by":"ann","job":"local/tidy","key":"cd",'
            b'"kind":"retry","ledger":"1f","tries":3,"until":"2026-02-01T03:04:05Z","v":1}'
        ),
    ),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_to_the_letter(kind: str) -> None:
    """What is written is this very text, and is read back as what it was made from."""
    statement, content = KINDS[kind]

    assert statements.written(statement) == content
    assert statements.read(content) == statement
    assert (statements.by(statement), statements.at(statement)) == ("ann", AT)
    assert statements.job(statement) == JOB


def _tree(kind: str) -> dict[str, Json]:
    tree = wire.loads(KINDS[kind][1])
    assert isinstance(tree, dict)
    return tree


@every_kind
def test_nothing_more_and_nothing_less(kind: str) -> None:
    """A field more, a field less, another version or kind, and it is no statement."""
    tree = _tree(kind)
    for name in tree:
        assert statements.read(canon.encode({k: v for k, v in tree.items() if k != name})) is None
        assert statements.read(canon.encode({**tree, name: False})) is None
        assert statements.read(canon.encode({**tree, name: ["x"]})) is None
    assert statements.read(canon.encode({**tree, "more": 1})) is None
    assert statements.read(canon.encode({**tree, "v": 3})) is None
    assert statements.read(canon.encode({**tree, "kind": "consent"})) is None
    assert statements.read(canon.encode([tree])) is None


@every_kind
def test_in_one_spelling(kind: str) -> None:
    """Spaces, another order of keys, a line end, or what is no JSON, and it is no statement."""
    content = KINDS[kind][1]
    other = b"{" + b",".join(reversed(content[1:-1].split(b","))) + b"}"

    for each in (
        content + b"\n",
        b" " + content,
        content.replace(b":", b": ", 1),
        other,
        b"",
        b"{",
    ):
        assert statements.read(each) is None


@pytest.mark.parametrize(
    "wrong", ["", "2026-01-02", "2026-01-02T03:04:05.5Z", "2026-13-02T03:04:05Z"]
)
@every_kind
def test_its_instants_are_some(kind: str, wrong: str) -> None:
    """What nobody can date is no statement."""
    tree = _tree(kind)
    for name in tree.keys() & {"at", "until"}:
        assert statements.read(canon.encode({**tree, name: wrong})) is None


@pytest.mark.parametrize("words", ["", " ", "\n\t"])
def test_words_say_something(words: str) -> None:
    """A reason or a note that is blank makes no statement."""
    for kind, name in (("broken glass", "reason"), ("a follow-up", "note")):
        assert statements.read(canon.encode({**_tree(kind), name: words})) is None


def test_an_approval_of_old_has_no_end_of_its_own() -> None:
    """Nor has one of now none: the versions do not mix."""
    old, new = _tree("an approval of old"), _tree("an approval")

    assert statements.read(canon.encode({**old, "v": 2})) is None
    assert statements.read(canon.encode({**new, "v": 1})) is None
    assert statements.read(canon.encode({**old, "until": UNTIL})) is None


def test_broken_glass_is_kept_and_read() -> None:
    """As an entry has it, and nothing less is read."""
    broken = Broken(by="ann", reason="INC-7", due=UNTIL)
    tree = statements.broken(broken)

    assert tree == {"by": "ann", "due": UNTIL, "reason": "INC-7"}
    assert statements.broken_from(tree) == broken
    with pytest.raises(KeyError):
        statements.broken_from({"by": "ann"})
