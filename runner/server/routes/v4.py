"""The operations of version 4: create, follow, logs, list. What is null is left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runner import narrow
from runner.progress import Status
from runner.server import answers, states
from runner.server.routes import shapes, times
from runner.server.routes.envelopes import Pieces
from runner.server.routes.inputs import Field
from runner.server.routes.operations import (
    GET,
    LONG,
    POST,
    Operation,
    identity,
    integer,
    text,
    truth,
)
from runner.server.views import SCRIPT_JOB, HostFilter, JobFilter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.model import Json
    from runner.server.routes.operations import Asked
    from runner.server.rows import HostRow
    from runner.server.service import Service

LOGS = 50  # hosts whose logs one call may ask for
_SCRIPT_LOG = 1


def _create(asked: Asked) -> Json:
    created, name = asked.service.create(asked.caller, asked.values)
    return {
        "job_instance_id": created.job,
        "job_instance_name": name,
        "step_instance_id": created.step,
    }


def _status(asked: Asked) -> Json:
    scope, job = asked.scope, asked.number("job_instance_id")
    whole = asked.service.whole(asked.caller, scope, job)
    step = _known(times.step(whole.step, whole.job))
    if asked.truth("return_execute_object_result"):
        hosts = asked.service.hosts(asked.caller, scope, (job, whole.step.id), HostFilter())
        step["step_execute_object_result_list"] = [_result(row) for row in hosts]
    return {
        "finished": states.finished(whole.job.status),
        "job_instance": _known(times.job(whole.job)),
        "step_instance_list": [step],
    }


def _logs(asked: Asked) -> Pieces:
    job, step = asked.number("job_instance_id"), asked.number("step_instance_id")
    rows = asked.service.hosts(asked.caller, asked.scope, (job, step), _wanted(asked))
    return Pieces(texts=_log_pieces(asked.service, (job, step), rows))


def _log_pieces(service: Service, ids: tuple[int, int], rows: Sequence[HostRow]) -> Iterator[str]:
    """Yield the data piece by piece, so that one log at a time is in memory."""
    head = f'{{"job_instance_id":{ids[0]},"step_instance_id":{ids[1]},"log_type":{_SCRIPT_LOG}'
    comma = f'{head},"script_step_execute_object_logs":['
    for row in rows:
        log: Json = {"execute_object": _object(row), "log_content": service.text(ids[0], row)}
        yield comma + json.dumps(log, ensure_ascii=False, separators=(",", ":"))
        comma = ","
    yield "]}" if rows else f"{comma}]}}"


def _wanted(asked: Asked) -> HostFilter:
    """Return the hosts that are named, by the first of the lists that names any."""
    values = asked.values
    named = narrow.items(values, "host_id_list")
    if named:
        return HostFilter(hosts=tuple(each for each in named if isinstance(each, int)))
    addresses = narrow.items(values, "ip_list")
    if addresses:
        return HostFilter(addresses=tuple(map(_address, addresses)))
    if narrow.items(values, "container_id_list"):
        raise answers.not_offered("container_id_list", "name hosts in host_id_list")
    raise answers.field(
        "none of host_id_list, ip_list and container_id_list names anything",
        "name the hosts in host_id_list",
    )


def _address(item: Json) -> tuple[int, str]:
    return narrow.integer(item, "bk_cloud_id", default=0), narrow.text(item, "ip")


def _list(asked: Asked) -> Json:
    kind, cron = asked.number("type", SCRIPT_JOB), asked.number("job_cron_id")
    wanted = listed(asked, since="create_time_start", until="create_time_end")
    offset, length = asked.number("offset"), asked.number("length", 10)
    jobs, _ = asked.service.jobs(asked.caller, wanted, offset=offset, length=length)
    # Every job here is of one kind, and none was started by a timer.
    shown = jobs if (kind == SCRIPT_JOB and not cron) or wanted.job is not None else ()
    return {"job_instance_list": [_known(times.item(view, SCRIPT_JOB)) for view in shown]}


def listed(asked: Asked, *, since: str, until: str) -> JobFilter:
    """Return which jobs a list is to hold; beside a job's id nothing but the scope counts."""
    job = asked.maybe("job_instance_id")
    if job is not None:
        return JobFilter(scopes=(asked.scope,), job=job)
    status = asked.maybe("status")
    return JobFilter(
        scopes=(asked.scope,),
        name=asked.text("name"),
        operator=asked.text("operator"),
        launch_mode=asked.maybe("launch_mode"),
        status=None if status is None else Status(status),
        ip=asked.text("ip"),
        since=asked.number(since),
        until=asked.number(until),
    )


# ---------------------------------------------------------------- parts


def _result(row: HostRow) -> dict[str, Json]:
    return _known(
        {
            "execute_object": _object(row),
            "status": int(row.status),
            "tag": row.tag,
            "exit_code": row.exit_code,
            **times.of_host(row),
        }
    )


def _object(row: HostRow) -> dict[str, Json]:
    host: dict[str, Json] = {"bk_host_id": row.host, "bk_cloud_id": row.cloud, "ip": row.ip}
    return {"type": 1, "resource_id": str(row.host), "host": host}


def _known(tree: dict[str, Json]) -> dict[str, Json]:
    return {name: value for name, value in tree.items() if value is not None}


# ---------------------------------------------------------------- the table

STATUSES: list[Json] = [int(each) for each in Status]
JOB = identity("job_instance_id", "Id of the job, as the create answered it.")
STEP = identity("step_instance_id", "Id of the job's step, as the create answered it.")
FILTERS = (
    identity(
        "job_instance_id", "Only this job; the other filters do not count then.", required=False
    ),
    integer(
        "job_cron_id", "Only jobs of this timer: there are none here.", minimum=0, maximum=LONG
    ),
    text("operator", "Who created the job, exactly."),
    text("name", "A part of the job's name."),
    integer("launch_mode", "1 console, 2 API, 3 timer.", enum=[1, 2, 3]),
    integer("type", "0 job, 1 script, 2 file: every job here is 1.", enum=[0, 1, 2]),
    integer("status", "Only jobs in this state.", enum=STATUSES),
    text("ip", "Only jobs with a host of this address."),
)
_ADDRESS: Json = {
    "type": "object",
    "properties": {
        "bk_cloud_id": {"type": "integer", "minimum": 0, "maximum": LONG},
        "ip": {"type": "string", "minLength": 1},
    },
    "required": ["bk_cloud_id", "ip"],
}


def _hosts(name: str, title: str, items: Json) -> Field:
    schema: dict[str, Json] = {"type": "array", "items": items, "maxItems": LOGS}
    return Field(name=name, schema=schema, noted={"description": title})


_INSTANT = {"minimum": 0, "maximum": LONG}
_ID: dict[str, Json] = {"type": "integer", "minimum": 1, "maximum": LONG}

OPERATIONS = (
    Operation(
        version=4,
        method=POST,
        name="fast_execute_script",
        title="Create a job",
        about="Run a script on hosts, in batches if rolling_config says so. The job starts at once "
        "unless start_task is false. What is refused was not stored.",
        answer=shapes.CREATED,
        carry_out=_create,
        whole=True,
        changes=True,
        system=True,
        links={
            "status": {
                "operationId": "v4_get_job_instance_status",
                "parameters": {
                    "bk_scope_type": "$request.body#/bk_scope_type",
                    "bk_scope_id": "$request.body#/bk_scope_id",
                    "job_instance_id": "$response.body#/data/job_instance_id",
                },
            }
        },
    ),
    Operation(
        version=4,
        method=GET,
        name="get_job_instance_status",
        title="How a job stands",
        about="The state of a job, of its step and, if asked for, of each host.",
        answer=shapes.PROGRESS,
        carry_out=_status,
        fields=(JOB, truth("return_execute_object_result", "Whether each host is told of.")),
        system=True,
    ),
    Operation(
        version=4,
        method=POST,
        name="batch_get_job_instance_execute_object_log",
        title="What hosts have printed",
        about=f"The logs of up to {LOGS} hosts: of host_id_list, or else of ip_list. A host that "
        "the job does not have is left out. Containers are not offered.",
        answer=shapes.LOGS,
        carry_out=_logs,
        fields=(
            JOB,
            STEP,
            _hosts("host_id_list", "Hosts by their ids.", _ID),
            _hosts("ip_list", "Hosts by cloud and address.", _ADDRESS),
            _hosts("container_id_list", "Not offered: refused where it alone is given.", _ID),
        ),
        system=True,
    ),
    Operation(
        version=4,
        method=GET,
        name="get_job_instance_list",
        title="Jobs",
        about="The jobs that were created in a time, newest first.",
        answer=shapes.JOBS,
        carry_out=_list,
        fields=(
            integer("create_time_start", "First millisecond.", required=True, **_INSTANT),
            integer("create_time_end", "Last millisecond.", required=True, **_INSTANT),
            *FILTERS,
            integer("offset", "How many to leave out first.", minimum=0, maximum=10_000, default=0),
            integer("length", "How many to return.", minimum=1, maximum=200, default=10),
        ),
        system=True,
    ),
)
