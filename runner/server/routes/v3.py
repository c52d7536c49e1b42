"""The operations of version 3 on jobs and steps: steer, follow, logs, list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.server import answers, states
from runner.server.answers import Code, Number, RefusalError
from runner.server.routes import shapes, times, v3steps, v4
from runner.server.routes.operations import (
    GET,
    INT,
    LONG,
    POST,
    Operation,
    identity,
    integer,
    text,
    truth,
)
from runner.server.views import SCRIPT_JOB, HostFilter

if TYPE_CHECKING:
    from runner.model import Json
    from runner.server.routes.operations import Asked
    from runner.server.rows import HostRow

_WINDOW = 30 * 24 * 3600 * 1000  # milliseconds that a list may span
PAGE = (
    integer("start", "How many to leave out first.", minimum=0, maximum=INT, default=0),
    integer("length", "How many to return.", minimum=1, maximum=1000, default=20),
)


def _operate_job(asked: Asked) -> Json:
    job = asked.number("job_instance_id")
    asked.service.operate_job(asked.caller, asked.scope, job, asked.number("operation_code"))
    return {"job_instance_id": job}


def _operate_step(asked: Asked) -> Json:
    ids = asked.number("job_instance_id"), asked.number("step_instance_id")
    asked.service.operate_step(asked.caller, asked.scope, ids, asked.number("operation_code"))
    return {"job_instance_id": ids[0], "step_instance_id": ids[1]}


def _status(asked: Asked) -> Json:
    scope, job = asked.scope, asked.number("job_instance_id")
    whole = asked.service.whole(asked.caller, scope, job)
    step = times.step(whole.step, whole.job)
    if asked.truth("return_ip_result"):
        hosts = asked.service.hosts(asked.caller, scope, (job, whole.step.id), HostFilter())
        step["step_ip_result_list"] = [
            {**v3steps.result(row), **v3steps.address(row), "error_code": 0} for row in hosts
        ]
    return {
        "finished": states.finished(whole.job.status),
        "job_instance": times.job(whole.job),
        "step_instance_list": [step],
    }


def _list(asked: Asked) -> Json:
    since, until = asked.number("create_time_start"), asked.number("create_time_end")
    if since >= until:
        raise _window(Number.ILLEGAL_REASON, "create_time_start is not before create_time_end")
    if until - since > _WINDOW:
        raise _window(Number.ILLEGAL, "the time between the two is more than 30 days")
    wanted = v4.listed(asked, since="create_time_start", until="create_time_end")
    start, length = asked.number("start"), asked.number("length", 20)
    jobs, total = asked.service.jobs(asked.caller, wanted, offset=start, length=length)
    if wanted.job is None and (
        asked.number("type", SCRIPT_JOB) != SCRIPT_JOB or asked.number("job_cron_id")
    ):
        jobs, total = (), 0  # every job here is of one kind, and none was started by a timer
    plans: dict[str, Json] = {"job_plan_id": None, "job_template_id": None}
    items: list[Json] = [{**times.item(view, SCRIPT_JOB), **plans} for view in jobs]
    return {"start": start, "length": length, "total": total, "data": items}


def _window(number: Number, what: str) -> RefusalError:
    return RefusalError(
        code=Code.INVALID_ARGUMENT,
        number=number,
        message=f"cannot list jobs: {what}",
        mend="ask for a shorter time that ends after it begins",
    )


def _log(asked: Asked) -> Json:
    job, step = asked.number("job_instance_id"), asked.number("step_instance_id")
    rows = asked.service.hosts(asked.caller, asked.scope, (job, step), _wanted(asked))
    row: HostRow | None = next(iter(rows), None)
    if row is None:
        raise answers.no_host(asked.text("ip") or f"#{asked.number('bk_host_id')}")
    return {
        "log_type": 1,
        **v3steps.address(row),
        "log_content": asked.service.text(job, row),
    }


def _wanted(asked: Asked) -> HostFilter:
    host, cloud, ip = asked.maybe("bk_host_id"), asked.maybe("bk_cloud_id"), asked.text("ip")
    if host is not None:
        return HostFilter(hosts=(host,))
    if cloud is None or not ip:
        raise RefusalError(
            code=Code.INVALID_ARGUMENT,
            number=Number.ILLEGAL,
            message="cannot tell which host is meant: there is neither bk_host_id nor "
            "bk_cloud_id with ip",
            mend="give bk_host_id",
        )
    return HostFilter(addresses=((cloud, ip),))


_CODE = "operation_code"

OPERATIONS = (
    Operation(
        version=3,
        method=POST,
        name="operate_job_instance",
        title="Stop or start a job",
        about="1 stops a job, 2 starts one that was created with start_task false.",
        answer=shapes.V3_JOB_DONE,
        carry_out=_operate_job,
        fields=(
            v4.JOB,
            integer(_CODE, "1 stop, 2 start.", required=True, maximum=INT, codes=[1, 2]),
        ),
        changes=True,
        system=True,
    ),
    Operation(
        version=3,
        method=POST,
        name="operate_step_instance",
        title="Steer a step",
        about="Retry, leave, skip, or let go on: always the current batch.",
        answer=shapes.V3_STEP_DONE,
        carry_out=_operate_step,
        fields=(
            v4.JOB,
            v4.STEP,
            integer(
                _CODE,
                "2 retry failed hosts, 3 ignore the error, 8 retry all hosts, 11 next step after "
                "a stop, 12 skip while stopping, 13 next batch; 6, 9 and 10 are for manual steps, "
                "which no job here has.",
                required=True,
                maximum=INT,
                codes=[2, 3, 6, 8, 9, 10, 11, 12, 13],
            ),
        ),
        changes=True,
        system=True,
    ),
    Operation(
        version=3,
        method=GET,
        name="get_job_instance_status",
        title="How a job stands",
        about="The state of a job, of its step and, if asked for, of each host.",
        answer=shapes.V3_PROGRESS,
        carry_out=_status,
        fields=(v4.JOB, truth("return_ip_result", "Whether each host is told of.")),
        system=True,
    ),
    Operation(
        version=3,
        method=GET,
        name="get_job_instance_list",
        title="Jobs",
        about="The jobs that were created in a time of at most 30 days, newest first.",
        answer=shapes.page(shapes.V3_JOB),
        carry_out=_list,
        fields=(
            integer("create_time_start", "First ms.", required=True, minimum=0, maximum=LONG),
            integer("create_time_end", "Last ms.", required=True, minimum=0, maximum=LONG),
            *v4.FILTERS,
            *PAGE,
        ),
        system=True,
    ),
    Operation(
        version=3,
        method=GET,
        name="get_job_instance_ip_log",
        title="What a host has printed",
        about="The log of one host, by its id, or else by cloud and address.",
        answer=shapes.V3_LOG,
        carry_out=_log,
        fields=(
            v4.JOB,
            v4.STEP,
            identity("bk_host_id", "Id of the host.", required=False),
            integer("bk_cloud_id", "Its cloud.", minimum=0, maximum=LONG),
            text("ip", "Its address."),
        ),
        system=True,
    ),
)
