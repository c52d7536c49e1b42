"""The schemas of what the API answers: what each operation's data holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runner.model import Json

INTEGER: Json = {"type": "integer"}
TEXT: Json = {"type": "string"}
TRUTH: Json = {"type": "boolean"}
INSTANT: Json = {"type": "integer", "description": "Milliseconds since 1970.", "minimum": 0}
NULL: Json = {"type": "null"}
STATUS: Json = {
    "type": "integer",
    "enum": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15],
    "description": "1 waiting, 2 running, 3 succeeded, 4 failed, 5 skipped, 6 error ignored, "
    "7 waiting for a person, 8 terminated, 9 abnormal, 10 stopping, 11 stopped, "
    "13 confirmation refused, 14 abandoned, 15 between two batches.",
}
HOST_STATUS: Json = {
    "type": "integer",
    "enum": [0, 3, 5, 7, 9, 12, 102, 103, 104],
    "description": "0 unknown, 3 succeeded in an earlier run, 5 waiting, 7 running, 9 succeeded, "
    "12 not started, 102 timed out, 103 terminated, 104 ended with another code than 0.",
}


def mapping(needed: dict[str, Json], maybe: dict[str, Json] | None = None) -> dict[str, Json]:
    """Return the schema of an object with these members and no other."""
    return {
        "type": "object",
        "properties": {**needed, **(maybe or {})},
        "required": [*needed],
        "additionalProperties": False,
    }


def listed(items: Json) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": items}


def maybe(schema: Json) -> Json:
    """Return the schema of what may be null instead."""
    return {"anyOf": [schema, NULL]}


TIMES: dict[str, Json] = {"start_time": INSTANT, "end_time": INSTANT, "total_time": INTEGER}
V3_TIMES: dict[str, Json] = {name: maybe(each) for name, each in TIMES.items()}
SCOPE: dict[str, Json] = {"bk_scope_type": TEXT, "bk_scope_id": TEXT}

# ---------------------------------------------------------------- v4

CREATED = mapping(
    {"job_instance_id": INTEGER, "job_instance_name": TEXT, "step_instance_id": INTEGER}
)
EXECUTE_OBJECT: Json = mapping(
    {
        "type": {"type": "integer", "enum": [1]},
        "resource_id": TEXT,
        "host": mapping({"bk_host_id": INTEGER, "bk_cloud_id": INTEGER, "ip": TEXT}),
    }
)
RESULT: Json = mapping(
    {"execute_object": EXECUTE_OBJECT, "status": HOST_STATUS, "tag": TEXT},
    {"exit_code": INTEGER, **TIMES},
)
JOB: dict[str, Json] = {
    "job_instance_id": INTEGER,
    **SCOPE,
    "name": TEXT,
    "status": STATUS,
    "create_time": INSTANT,
}
STEP: dict[str, Json] = {
    "step_instance_id": INTEGER,
    "name": TEXT,
    "type": {"type": "integer", "enum": [1]},
    "status": STATUS,
    "execute_count": {"type": "integer", "minimum": 0},
    "create_time": INSTANT,
}
PROGRESS = mapping(
    {
        "finished": TRUTH,
        "job_instance": mapping(JOB, TIMES),
        "step_instance_list": listed(
            mapping(STEP, {**TIMES, "step_execute_object_result_list": listed(RESULT)})
        ),
    }
)
LISTED: dict[str, Json] = {
    "operator": TEXT,
    "launch_mode": {"type": "integer", "enum": [1, 2, 3]},
    "type": {"type": "integer", "enum": [1]},
}
JOBS = mapping({"job_instance_list": listed(mapping({**JOB, **LISTED}, TIMES))})
LOGS = mapping(
    {
        "job_instance_id": INTEGER,
        "step_instance_id": INTEGER,
        "log_type": {"type": "integer", "enum": [1]},
        "script_step_execute_object_logs": listed(
            mapping({"execute_object": EXECUTE_OBJECT, "log_content": TEXT})
        ),
    }
)

# ---------------------------------------------------------------- v3

V3_ADDRESS: dict[str, Json] = {"bk_host_id": INTEGER, "ip": TEXT, "bk_cloud_id": INTEGER}
V3_RESULT: dict[str, Json] = {
    "status": HOST_STATUS,
    "tag": TEXT,
    "exit_code": maybe(INTEGER),
    **V3_TIMES,
}
V3_PROGRESS = mapping(
    {
        "finished": TRUTH,
        "job_instance": mapping({**JOB, **V3_TIMES}),
        "step_instance_list": listed(
            mapping(
                {**STEP, **V3_TIMES},
                {
                    "step_ip_result_list": listed(
                        mapping({**V3_ADDRESS, **V3_RESULT, "error_code": INTEGER})
                    )
                },
            )
        ),
    }
)
V3_HOST: Json = mapping(
    {
        **V3_ADDRESS,
        "ipv6": NULL,
        "bk_agent_id": NULL,
        "bk_cloud_name": NULL,
        "status_desc": TEXT,
        **V3_RESULT,
    }
)
V3_GROUP: Json = mapping(
    {
        "result_type": HOST_STATUS,
        "result_type_desc": TEXT,
        "tag": TEXT,
        "host_size": INTEGER,
        "host_result_list": listed(V3_HOST),
    }
)
V3_STEP = mapping({**STEP, **V3_TIMES, "step_result_group_list": listed(V3_GROUP)})
V3_DETAIL = mapping(
    {
        "id": INTEGER,
        "type": {"type": "integer", "enum": [1]},
        "name": TEXT,
        "script_info": mapping(
            {
                "script_type": {"type": "integer", "enum": [1, 2, 3]},
                "script_id": maybe(TEXT),
                "script_version_id": maybe(INTEGER),
                "script_content": TEXT,
                "script_language": INTEGER,
                "script_param": TEXT,
                "script_timeout": INTEGER,
                "account": mapping({"id": INTEGER, "name": TEXT}),
                "server": mapping({"variable": NULL, "ip_list": listed(mapping(V3_ADDRESS))}),
                "is_param_sensitive": {"type": "integer", "enum": [0, 1]},
                "is_ignore_error": {"type": "integer", "enum": [0, 1]},
            }
        ),
    }
)
V3_LOG = mapping({"log_type": {"type": "integer", "enum": [1]}, **V3_ADDRESS, "log_content": TEXT})
V3_JOB: Json = mapping({**JOB, **LISTED, "job_plan_id": NULL, "job_template_id": NULL, **V3_TIMES})
V3_JOB_DONE = mapping({"job_instance_id": INTEGER})
V3_STEP_DONE = mapping({"job_instance_id": INTEGER, "step_instance_id": INTEGER})


def page(items: Json) -> dict[str, Json]:
    """Return the schema of a page of v3."""
    return mapping({"start": INTEGER, "length": INTEGER, "total": INTEGER, "data": listed(items)})


_UNKNOWN: dict[str, Json] = dict.fromkeys(
    ("creator", "create_time", "last_modify_user", "last_modify_time"), NULL
)
V3_SCRIPT: Json = mapping(
    {
        **SCOPE,
        "id": TEXT,
        "name": TEXT,
        "script_language": INTEGER,
        "online_script_version_id": maybe(INTEGER),
        "description": TEXT,
        **_UNKNOWN,
    }
)
V3_VERSION: dict[str, Json] = mapping(
    {
        **SCOPE,
        "id": INTEGER,
        "script_id": TEXT,
        "name": TEXT,
        "version": TEXT,
        "content": maybe(TEXT),
        "status": {"type": "integer", "enum": [0, 1, 2, 3]},
        "version_desc": TEXT,
        "script_language": INTEGER,
        "public_script": TRUTH,
        "description": TEXT,
        **_UNKNOWN,
    }
)
V3_ACCOUNT: Json = mapping(
    {
        **SCOPE,
        "id": INTEGER,
        "account": TEXT,
        "alias": TEXT,
        "category": {"type": "integer", "enum": [1]},
        "type": {"type": "integer", "enum": [1]},
        "os": TEXT,
        "description": NULL,
        **_UNKNOWN,
    }
)
V3_HIT: Json = mapping(
    {
        "line": INTEGER,
        "line_content": TEXT,
        "match_content": TEXT,
        "level": {"type": "integer", "enum": [1, 2, 3]},
        "description": TEXT,
    }
)
V3_HITS: dict[str, Json] = {"type": "array", "items": V3_HIT}
