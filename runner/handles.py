"""A job on its platform as one asks about it: its ids there, and what its request says: pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import requests
from runner.narrow import at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Had, Json

# Ids of businesses that stand for a set, in the field that BlueKing JOB had before scopes.
_SETS = range(8_000_000, 10_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """What one asks a platform about a job with.

    `key` stands in the job's name there (empty: not known); `expression` is that of a job in
    serial rolling batches, and empty for others.
    """

    job: int
    step: int
    scope: tuple[str, str]
    key: str = ""
    expression: str = ""


def handle(had: Had) -> Handle:
    """Return the handle of a submission that was created."""
    return Handle(
        job=had.platform_job or 0,
        step=had.platform_step or 0,
        scope=scope(had.body),
        key=had.key or "",
        expression=expression(had.body),
    )


def scope(body: Mapping[str, Json]) -> tuple[str, str]:
    """Return the type and the id of the scope that a request is about."""
    kind, identity = body.get("bk_scope_type"), body.get("bk_scope_id")
    if isinstance(kind, str) and isinstance(identity, str):
        return kind, identity
    business = body.get("bk_biz_id")
    sets = isinstance(business, int) and business in _SETS
    return "biz_set" if sets else "biz", str(business)


def expression(body: Mapping[str, Json]) -> str:
    """Return the expression of a request in serial batches of targets; empty for any other."""
    rolls = dict(body)
    said = at(rolls, "rolling_config", "expression")
    of_targets = at(rolls, "rolling_config", "type") in {None, requests.ROLLING_TYPES["targets"]}
    serial = requests.waits(body) is None
    return said if isinstance(said, str) and of_targets and serial else ""
