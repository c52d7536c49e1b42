"""Canonical JSON (RFC 8785, without floats) and the digests over it.

The field tables of `effect` (scheme 1) and `digest` are frozen: golden vectors in `tests/golden`
hold them. A field that is added later and absent is left out, so that an upgrade changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from runner.model import Digest, JobId, Json, Key, LedgerId, PlatformEntry, Scalar, Sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEME = 1

_FAST = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False
)
# Python sorts by code points, RFC 8785 by UTF-16 units: the two differ over these alone.
_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")


def encode(tree: Json) -> bytes:
    """Return the canonical bytes of `tree`: keys sorted by UTF-16 code units, integers exact."""
    text = _FAST.encode(tree)
    if not text.isascii() and _BEYOND_BMP.search(text):
        text = _encode(tree)
    return text.encode("utf-8", "strict")


def sha256(content: bytes) -> Sha256:
    """Return the SHA-256 of bytes as they are."""
    return Sha256(hashlib.sha256(content).hexdigest())


def digest_of(domain: str, tree: Json) -> Digest:
    """Return the digest of `tree` under a domain such as `effect/1`."""
    return Digest(
        "sha256:" + hashlib.sha256(f"jobgate/{domain}\n".encode() + encode(tree)).hexdigest()
    )


def job_id(platform: str, name: str, cell: tuple[tuple[str, Scalar], ...]) -> JobId:
    """Return a job's identity as text: `platform/name[axis=value,…]`."""
    axes = ",".join(f"{axis}={scalar_text(value)}" for axis, value in cell)
    return JobId(f"{platform}/{name}[{axes}]" if cell else f"{platform}/{name}")


def scalar_text(value: Scalar) -> str:
    """Return a scalar as YAML writes it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def effect(
    *,
    job: JobId,
    run: int,
    platform: PlatformEntry,
    body: Mapping[str, Json],
    pins: Mapping[str, Json],
) -> Digest:
    """Return the digest of what `platform` would be asked to do. `body` is `effect_body`'s."""
    tree: dict[str, Json] = {
        "body": dict(body),
        "job": job,
        "platform": {
            "application": platform.application,
            "stage": platform.stage,
            "tenant": platform.tenant,
            "type": platform.type,
            "url": platform.url,
        },
        "run": run,
        "scheme": SCHEME,
    }
    if pins:
        tree["pins"] = dict(pins)
    return digest_of(f"effect/{SCHEME}", tree)


def effect_body(body: Mapping[str, Json], script: bytes | None) -> dict[str, Json]:
    """Return a request body with the script's SHA-256 in the place of its content."""
    kept = {name: value for name, value in body.items() if name != "start_task"}
    if script is not None:
        kept.pop("script_content", None)
        kept["script_sha256"] = sha256(script)
    return kept


def digest(
    *,
    effect: Digest,
    path: str,
    spec_metadata: Mapping[str, Json],
    change: Mapping[str, Json],
    further: Mapping[str, Json] | None = None,
) -> Digest:
    """Return the digest of a job: its effect, and all else that a reviewer or a policy can see.

    `spec_metadata` holds description, expires, formerly, labels, needs and rerun; absent ones are
    left out. `further` are the fields that few jobs have: `expect_hosts`, and `secrets` with where
    each of them is found.
    """
    tree: dict[str, Json] = {
        "change": dict(change),
        "effect": effect,
        "metadata": dict(spec_metadata),
        "path": path,
    }
    return digest_of("digest/1", {**(further or {}), **tree})


def key(*, ledger: LedgerId, job: JobId, effect: Digest, previous: Key | None) -> Key:
    """Return the name of one submission: another one for each turn of the same job."""
    tree: Json = {"effect": effect, "job": job, "ledger": ledger, "previous": previous}
    return Key(digest_of("key/1", tree).removeprefix("sha256:"))


def _encode(tree: Json) -> str:
    if tree is None or isinstance(tree, bool):
        return scalar_text(tree)
    if isinstance(tree, str):
        return json.dumps(tree, ensure_ascii=False)
    if isinstance(tree, int):
        return str(int(tree))
    if isinstance(tree, list):
        return "[" + ",".join(map(_encode, tree)) + "]"
    pairs = sorted(tree.items(), key=lambda pair: pair[0].encode("utf-16-be"))
    return (
        "{" + ",".join(f"{json.dumps(k, ensure_ascii=False)}:{_encode(v)}" for k, v in pairs) + "}"
    )
