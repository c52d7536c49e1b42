"""BlueKing's own client library against the server, written as its users write theirs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from bkapi_client_core.apigateway import (
    APIGatewayClient,
    Operation,
    OperationGroup,
    bind_property,
)
from bkapi_client_core.exceptions import HTTPResponseError

from tests import serving, webserver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCOPE = {"bk_scope_type": "biz", "bk_scope_id": "2"}


class Group(OperationGroup):
    """The calls of the gateway's bk-job, as far as they are used here."""

    fast_execute_script = bind_property(
        Operation, name="fast_execute_script", method="POST", path="/api/v4/fast_execute_script"
    )
    get_job_instance_status = bind_property(
        Operation,
        name="get_job_instance_status",
        method="GET",
        path="/api/v4/get_job_instance_status",
    )
    batch_get_job_instance_execute_object_log = bind_property(
        Operation,
        name="batch_get_job_instance_execute_object_log",
        method="POST",
        path="/api/v4/batch_get_job_instance_execute_object_log",
    )
    operate_job_instance = bind_property(
        Operation, name="operate_job_instance", method="POST", path="/api/v3/operate_job_instance"
    )
    operate_step_instance = bind_property(
        Operation, name="operate_step_instance", method="POST", path="/api/v3/operate_step_instance"
    )


class Client(APIGatewayClient):
    """The client of the gateway bk-job."""

    _api_name = "bk-job"
    api = bind_property(Group, name="api")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[webserver.Web]:
    """Return a server that runs."""
    made = webserver.made(tmp_path)
    made.begin()
    yield made
    made.end()


def client(web: webserver.Web, word: str = webserver.WORD) -> Client:
    """Return a client that calls in alice's name, by way of the gateway's address."""
    made = Client(endpoint=f"{web.url}/api/{{api_name}}", stage="prod")
    made.update_bkapi_authorization(bk_app_code="ci", bk_app_secret=word, bk_username="alice")
    return made


def test_create_follow_read_operate(web: webserver.Web) -> None:
    """A job is created, started, confirmed batch by batch, followed and read."""
    api = client(web).api
    rolling = serving.rolling("1", mode=3)
    body = serving.body("echo hello $1", hosts=(1, 2), rolling_config=rolling, start_task=False)
    created = api.fast_execute_script({**body, "script_param": serving.text64("there")})["data"]
    job = {**SCOPE, "job_instance_id": created["job_instance_id"]}
    step = {**job, "step_instance_id": created["step_instance_id"]}

    assert api.get_job_instance_status(params=job)["data"]["job_instance"]["status"] == 1
    assert api.operate_job_instance({**job, "operation_code": 2})["result"] is True
    _until(api, job, 7)
    assert api.operate_step_instance({**step, "operation_code": 13})["code"] == 0
    _until(api, job, 3)
    logs = api.batch_get_job_instance_execute_object_log({**step, "host_id_list": [1, 2]})["data"]

    told = {
        each["execute_object"]["host"]["ip"]: each["log_content"]
        for each in logs["script_step_execute_object_logs"]
    }
    assert told == {"127.0.0.1": "hello there\n", "127.0.0.2": "hello there\n"}
    again = api.operate_job_instance({**job, "operation_code": 2})
    assert (again["result"], again["code"]) == (False, 1241015)


def test_a_stranger_is_told_so(web: webserver.Web) -> None:
    """Wrong credentials are an HTTP error of the library, with the answer in it."""
    with pytest.raises(HTTPResponseError) as caught:
        client(web, word="guessed").api.get_job_instance_status(
            params={**SCOPE, "job_instance_id": 1}
        )

    response = caught.value.response
    assert response is not None
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "UNAUTHENTICATED"


def _until(api: Group, job: dict[str, object], status: int) -> None:
    end = time.monotonic() + webserver.DEADLINE
    while (now := api.get_job_instance_status(params=job)["data"])["job_instance"][
        "status"
    ] != status:
        assert time.monotonic() < end, now
        time.sleep(0.05)
