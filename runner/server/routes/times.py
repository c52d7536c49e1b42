"""Jobs, steps and hosts as both versions of the API tell their times and counts: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.model import Json
    from runner.server.rows import HostRow
    from runner.server.views import JobView, StepView

_LEAST = 100  # milliseconds: what the platform tells of a host that took none


def of(begun: int | None, ended: int | None) -> dict[str, Json]:
    """Return start, end and total of what began and ended, null while that is not known."""
    total = None if begun is None or ended is None else max(ended - begun, 0)
    return {"start_time": begun, "end_time": ended, "total_time": total}


def of_host(row: HostRow) -> dict[str, Json]:
    """Return the times of the last run on a host."""
    times = of(row.launched_at or None, row.ended_at)
    return {**times, "total_time": _LEAST} if times["total_time"] == 0 else times


def job(view: JobView) -> dict[str, Json]:
    """Return what both versions tell of a job."""
    return {
        "job_instance_id": view.id,
        "bk_scope_type": view.scope[0],
        "bk_scope_id": view.scope[1],
        "name": view.name,
        "status": int(view.status),
        "create_time": view.created_at,
        **of(view.started_at, view.ended_at),
    }


def item(view: JobView, kind: int) -> dict[str, Json]:
    """Return what both versions tell of a job in a list."""
    return {
        **job(view),
        "operator": view.operator,
        "launch_mode": view.launch_mode,
        "type": kind,
    }


def step(view: StepView, of_job: JobView) -> dict[str, Json]:
    """Return what both versions tell of a step; the platform counts its first run as 0."""
    return {
        "step_instance_id": view.id,
        "name": of_job.name,
        "type": 1,
        "status": int(view.status),
        "execute_count": max(view.execute_count - 1, 0),
        "create_time": of_job.created_at,
        **of(view.started_at, view.ended_at),
    }
