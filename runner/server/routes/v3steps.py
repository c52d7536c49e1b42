"""The operations of version 3 that tell of one step: its hosts by result, and what it runs."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from runner.server.routes import shapes, times, v4
from runner.server.routes.operations import GET, INT, Operation, integer, text
from runner.server.states import HostStatus
from runner.server.views import HostFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.model import Json
    from runner.server.routes.operations import Asked
    from runner.server.rows import HostRow

HIDDEN = "******"  # what stands for a sensitive parameter
_SHOWN: Mapping[HostStatus, str] = MappingProxyType(
    {
        HostStatus.UNKNOWN: "Unknown error",
        HostStatus.SUCCEEDED_BEFORE: "Succeeded in an earlier run",
        HostStatus.WAITING: "Waiting",
        HostStatus.RUNNING: "Running",
        HostStatus.SUCCEEDED: "Succeeded",
        HostStatus.NOT_STARTED: "Not started",
        HostStatus.TIMED_OUT: "Script timed out",
        HostStatus.TERMINATED: "Script terminated",
        HostStatus.NON_ZERO: "Script ended with another code than 0",
    }
)


def address(row: HostRow) -> dict[str, Json]:
    """Return who a host is."""
    return {"bk_host_id": row.host, "ip": row.ip, "bk_cloud_id": row.cloud}


def result(row: HostRow) -> dict[str, Json]:
    """Return how the last run on a host stands."""
    return {
        "status": int(row.status),
        "tag": row.tag,
        "exit_code": row.exit_code,
        **times.of_host(row),
    }


def _status(asked: Asked) -> Json:
    scope = asked.scope
    ids = asked.number("job_instance_id"), asked.number("step_instance_id")
    whole = asked.service.whole(asked.caller, scope, ids[0])
    wanted = HostFilter(batch=asked.number("batch") or None)
    rows = asked.service.hosts(asked.caller, scope, ids, wanted)
    groups: dict[tuple[HostStatus, str], list[HostRow]] = {}
    for row in _found(asked, ids[0], rows):
        groups.setdefault((row.status, row.tag), []).append(row)
    listed: list[Json] = [_group(asked, key, groups[key]) for key in sorted(groups)]
    return {**times.step(whole.step, whole.job), "step_result_group_list": listed}


def _found(asked: Asked, job: int, rows: Iterable[HostRow]) -> Iterable[HostRow]:
    """Yield the hosts that are searched for: the cheap questions first, the logs last."""
    count, ip, word = asked.maybe("execute_count"), asked.text("search_ip"), asked.text("keyword")
    for row in rows:
        if count is not None and row.execute_count != count + 1:
            continue
        if ip and ip not in row.ip:
            continue
        if not word or word in asked.service.text(job, row):
            yield row


def _group(asked: Asked, key: tuple[HostStatus, str], rows: list[HostRow]) -> Json:
    """Return a group; its hosts are listed unless another one was asked for."""
    status, tag = key
    wanted, tagged = asked.maybe("status"), "tag" in asked.values
    shown = wanted is None or (wanted == status and (not tagged or asked.text("tag") == tag))
    most = asked.maybe("max_host_num_per_group")
    return {
        "result_type": int(status),
        "result_type_desc": _SHOWN[status],
        "tag": tag,
        "host_size": len(rows),
        "host_result_list": [_host(row) for row in rows[:most]] if shown else [],
    }


def _host(row: HostRow) -> Json:
    unknown: dict[str, Json] = {"ipv6": None, "bk_agent_id": None, "bk_cloud_name": None}
    return {**address(row), **unknown, "status_desc": _SHOWN[row.status], **result(row)}


def _detail(asked: Asked) -> Json:
    scope = asked.scope
    ids = asked.number("job_instance_id"), asked.number("step_instance_id")
    whole = asked.service.whole(asked.caller, scope, ids[0])
    rows = asked.service.hosts(asked.caller, scope, ids, HostFilter())
    content = asked.service.script(asked.caller, scope, ids)
    step = whole.step
    script = asked.service.inventory().scripts.get(step.script_id)
    stored = 3 if script is not None and script.scope is None else 2
    return {
        "id": step.id,
        "type": 1,
        "name": whole.job.name,
        "script_info": {
            "script_type": stored if step.script_id else 1,
            "script_id": step.script_id or None,
            "script_version_id": step.script_version or None,
            "script_content": content.decode("utf-8", "replace"),
            "script_language": step.language,
            "script_param": HIDDEN if step.sensitive else step.param,
            "script_timeout": step.timeout,
            "account": {"id": step.account, "name": step.alias or step.user},
            "server": {"variable": None, "ip_list": [address(row) for row in rows]},
            "is_param_sensitive": int(step.sensitive),
            "is_ignore_error": 0,
        },
    }


OPERATIONS = (
    Operation(
        version=3,
        method=GET,
        name="get_step_instance_status",
        title="The hosts of a step, by result",
        about="Hosts in groups of one state and one tag; the only call that tells batches apart.",
        answer=shapes.V3_STEP,
        carry_out=_status,
        fields=(
            v4.JOB,
            v4.STEP,
            integer("execute_count", "Only hosts last run then, from 0.", minimum=0, maximum=INT),
            integer("batch", "Only this batch, from 1; 0 is all.", minimum=0, maximum=INT),
            integer("max_host_num_per_group", "Hosts to list a group.", minimum=1, maximum=INT),
            text("keyword", "Only hosts whose log holds this text."),
            text("search_ip", "Only hosts whose address holds this text."),
            integer("status", "List only the hosts in this state.", minimum=0, maximum=INT),
            text("tag", "With status: list only the hosts with this tag."),
        ),
        system=True,
    ),
    Operation(
        version=3,
        method=GET,
        name="get_step_instance_detail",
        title="What a step runs",
        about=f"The script of a step and its hosts. A sensitive parameter is shown as {HIDDEN}.",
        answer=shapes.V3_DETAIL,
        carry_out=_detail,
        fields=(v4.JOB, v4.STEP),
        system=True,
    ),
)
