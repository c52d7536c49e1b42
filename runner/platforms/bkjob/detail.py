"""What a step was created with, from what the platform tells of it: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import canon, narrow
from runner.frozen import Frozen
from runner.frozen import Target as FrozenTarget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.model import Json, Sha256
    from runner.platforms.bkjob.progress import Target

_LOST = "\ufffd"  # stands for bytes that are no text


def shown(data: Json, targets: Sequence[Target]) -> Frozen:
    """Return what is told of a step (null: nothing), and of its hosts and containers.

    The name of an account says nothing: the platform tells another one than its alias.
    """
    info = narrow.mapping(data, "script_info") if isinstance(data, dict) else {}
    return Frozen(
        script=_script(info),
        account_id=narrow.integer(info, "account", "id", default=0) or None,
        targets=tuple(map(_target, targets)) or None,
    )


def _script(info: dict[str, Json]) -> Sha256 | None:
    """Return the SHA-256 of the script, if the answer tells all of its bytes."""
    text = narrow.text(info, "script_content")
    if not text or _LOST in text:
        return None
    return canon.sha256(text.encode())


def _target(target: Target) -> FrozenTarget:
    return FrozenTarget(label=target.label, id=target.id if target.kind == "host" else 0)
