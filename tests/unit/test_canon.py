"""`canon`: canonical bytes, identities, and the frozen digests."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from runner import canon, narrow, wire
from runner.model import Json, Key, PlatformEntry, Scalar
from tests import values

VECTORS = Path(__file__).parents[1] / "golden" / "effects.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """A job as it was given once, and the digests that it has for ever."""

    title: str
    given: Json
    frozen: Json

    def wish(self) -> values.Wish:
        """Return what the job is made from."""
        given = narrow.mapping(self.given)
        script = narrow.at(given, "script")
        return values.Wish(
            platform=self.platform(),
            name=narrow.text(given, "name"),
            cell=tuple(
                (name, scalar(value)) for name, value in narrow.mapping(given, "cell").items()
            ),
            run=narrow.integer(given, "run", default=1),
            body=narrow.mapping(given, "body"),
            script=None if script is None else narrow.text(given, "script").encode(),
            pins=narrow.mapping(given, "pins"),
            path=narrow.text(given, "path"),
            metadata=narrow.mapping(given, "metadata"),
            change=narrow.mapping(given, "change"),
        )

    def platform(self) -> PlatformEntry:
        """Return the platform that the job is for."""
        tree = narrow.at(self.given, "platform")
        kind: Literal["embedded", "bkjob"] = (
            "bkjob" if narrow.text(tree, "type") == "bkjob" else "embedded"
        )
        return PlatformEntry(
            name=narrow.text(tree, "name"),
            type=kind,
            url=narrow.text(tree, "url"),
            stage=narrow.text(tree, "stage"),
            tenant=narrow.text(tree, "tenant"),
            application=narrow.text(tree, "application"),
        )


def scalar(tree: Json) -> Scalar:
    """Return a tree that is a scalar."""
    assert not isinstance(tree, (list, dict))
    return tree


def vectors() -> list[Vector]:
    """Return the committed vectors."""
    tree = wire.loads(VECTORS.read_bytes())
    return [
        Vector(
            title=narrow.text(each, "title"),
            given=narrow.at(each, "given"),
            frozen=narrow.at(each, "frozen"),
        )
        for each in narrow.items(tree, "vectors")
    ]


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector.title)
def test_digests_are_frozen(vector: Vector) -> None:
    """A committed job has the effect, the digest and the key that it always had."""
    wish = vector.wish()
    previous = narrow.text(vector.given, "previous")
    key = canon.key(
        ledger=values.LEDGER,
        job=wish.id,
        effect=wish.effect(),
        previous=Key(previous) if previous else None,
    )

    made: Json = {"digest": wish.digest(), "effect": wish.effect(), "id": wish.id, "key": key}
    assert made == vector.frozen


def test_vectors_are_there_and_differ() -> None:
    """There are a dozen vectors, and no two are one submission of one digest."""
    frozen = [vector.frozen for vector in vectors()]

    assert len(frozen) >= 12
    names = {(narrow.text(each, "digest"), narrow.text(each, "key")) for each in frozen}
    assert len(names) == len(frozen)


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-7, "-7"),
        (2**63, "9223372036854775808"),
        ("", '""'),
        ('a"\\/\b\f\n\r\t', '"a\\"\\\\/\\b\\f\\n\\r\\t"'),
        ("\x00\x1f\x7f\u2028é😀", '"\\u0000\\u001f\x7f\u2028é😀"'),
        ([], "[]"),
        ({}, "{}"),
        ([1, [None, {}]], "[1,[null,{}]]"),
        ({"b": 1, "a": {"d": 2, "c": 3}}, '{"a":{"c":3,"d":2},"b":1}'),
        # UTF-16 puts the surrogates of U+1F600 before U+FB33; code points would not.
        ({"\ufb33": 1, "\U0001f600": 2, "é": 3, "1": 4}, '{"1":4,"é":3,"😀":2,"\ufb33":1}'),
    ],
)
def test_canonical_text(tree: Json, text: str) -> None:
    """Keys are sorted by UTF-16 units, nothing is padded, and only what must be is escaped."""
    assert canon.encode(tree) == text.encode()


@pytest.mark.parametrize("tree", ["\ud800", {"\udfff": 1}, ["\ud83d\ude00"]])
def test_lone_surrogates_have_no_bytes(tree: Json) -> None:
    """Text that no UTF-8 can hold is refused."""
    with pytest.raises(UnicodeEncodeError):
        canon.encode(tree)


def test_digest_is_over_domain_and_bytes() -> None:
    """A digest is the SHA-256 of the domain's line and the canonical bytes."""
    expected = canon.sha256(b'jobgate/plan/1\n{"a":1}')

    assert canon.digest_of("plan/1", {"a": 1}) == f"sha256:{expected}"
    assert canon.sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ((), "prod/tidy"),
        ((("zone", "sh"),), "prod/tidy[zone=sh]"),
        ((("zone", "sh"), ("n", 3)), "prod/tidy[zone=sh,n=3]"),
        ((("a", None), ("b", True), ("c", False)), "prod/tidy[a=null,b=true,c=false]"),
    ],
)
def test_job_id(cell: tuple[tuple[str, Scalar], ...], expected: str) -> None:
    """A job's identity is its platform, its name, and its cell as YAML writes it."""
    assert canon.job_id("prod", "tidy", cell) == expected


def test_effect_body_drops_only_what_is_kept_elsewhere() -> None:
    """The script stands by its hash; without a script nothing is taken for one."""
    body: dict[str, Json] = {"script_content": "eA==", "start_task": False, "timeout": 1}

    assert canon.effect_body(body, b"x") == {"script_sha256": canon.sha256(b"x"), "timeout": 1}
    assert canon.effect_body(body, b"") == {"script_sha256": canon.sha256(b""), "timeout": 1}
    assert canon.effect_body(body, None) == {"script_content": "eA==", "timeout": 1}
    assert len(body) == 3


def test_effect_is_this_tree() -> None:
    """Scheme 1 is spelled out here once more, without `canon`."""
    platform = PlatformEntry(
        name="prod", type="bkjob", url="u", stage="s", tenant="t", application="a"
    )
    tree = {
        "body": {"timeout": 1},
        "job": "prod/tidy",
        "pins": {"script": "7"},
        "platform": {
            "application": "a",
            "stage": "s",
            "tenant": "t",
            "type": "bkjob",
            "url": "u",
        },
        "run": 2,
        "scheme": 1,
    }
    bare = {name: value for name, value in tree.items() if name != "pins"}
    texts = [json.dumps(each, sort_keys=True, separators=(",", ":")) for each in (tree, bare)]
    pins: list[dict[str, Json]] = [{"script": "7"}, {}]

    assert [
        canon.effect(
            job=canon.job_id("prod", "tidy", ()),
            run=2,
            platform=platform,
            body={"timeout": 1},
            pins=each,
        )
        for each in pins
    ] == ["sha256:" + canon.sha256(b"jobgate/effect/1\n" + text.encode()) for text in texts]
