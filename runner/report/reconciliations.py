"""What was reconciled between the journal and its platforms, and what is left to be looked at."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runner import endings, witness
from runner.report import documents, plain

if TYPE_CHECKING:
    from runner.model import Json
    from runner.witness import Reconciliation, Remark, Settlement, Sighting


def text(done: Reconciliation) -> str:
    """Return a line a settlement, a line a remark, and what it comes to as the last line."""
    lines = [*map(_settled, done.settled), *map(_remark, done.remarks)]
    counts = Counter(each.concern for each in done.remarks)
    parts = [f"{len(done.settled)} settled"]
    parts += [f"{counts[each]} {each}" for each in witness.CODES if counts[each]]
    return "".join(f"{line}\n" for line in lines) + (
        f"Reconcile since {done.since}: {', '.join(parts)}.\n"
    )


def document(done: Reconciliation) -> str:
    """Return the same for machines."""
    settled: list[Json] = [
        {
            "by": each.by or None,
            "job": each.job,
            "key": each.key,
            "reason": each.reason,
            "result": endings.tree(each.result),
        }
        for each in done.settled
    ]
    remarks: list[Json] = [
        {
            "concern": each.concern,
            "detail": each.detail,
            "exit_code": witness.CODES[each.concern],
            "job": each.job,
            "key": each.key,
            "platform": each.platform,
            "platform_job": each.platform_job,
            "seen": None if each.seen is None else _seen(each.seen),
        }
        for each in done.remarks
    ]
    return documents.text(
        "reconciliation",
        {"ledger": done.ledger, "remarks": remarks, "settled": settled, "since": done.since},
    )


def _settled(each: Settlement) -> str:
    by = f"by {plain.line(each.by)}: " if each.by else ""
    said = f"{each.result.outcome}: {plain.line(each.result.detail)}"
    return f"settled {plain.line(each.job)}: {said} ({by}{plain.line(each.reason)})"


def _remark(each: Remark) -> str:
    about = [plain.line(each.job)] if each.job else [plain.line(each.platform)]
    if each.platform_job is not None:
        about.append(f"job {each.platform_job} there")
    if each.seen is not None:
        by = f", by {plain.line(each.seen.by)}" if each.seen.by else ""
        about.append(f"{plain.line(each.seen.name)} ({_instant(each.seen.at)}{by})")
    return f"{each.concern} {', '.join(about)}: {plain.line(each.detail)}"


def _seen(seen: Sighting) -> Json:
    return {
        "at": _instant(seen.at),
        "by": seen.by,
        "name": seen.name,
        "status": seen.status.name.lower(),
    }


def _instant(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
