"""What the platform is known to answer, answered by the routes in process."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner import narrow
from runner.server.routes import table
from tests import inventories, servercases, serving, webserver
from tests.desks import Front

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Return a desk that answers."""
    made = Front(tmp_path_factory.mktemp("front"))
    yield made
    made.close()


@pytest.mark.parametrize("case", servercases.listed("finished"), ids=servercases.named)
def test_finished(front: Front, case: dict[str, Json]) -> None:
    """A state counts as finished as on the platform."""
    servercases.finished(front, case)


@pytest.mark.parametrize("case", servercases.listed("operations"), ids=servercases.named)
def test_operation(front: Front, case: dict[str, Json]) -> None:
    """An operation is carried out, or refused by its number, as the state has it."""
    servercases.operation(front, case)


@pytest.mark.parametrize(
    "case",
    [*servercases.listed("transport"), *servercases.listed("companions")],
    ids=servercases.named,
)
def test_answer(front: Front, case: dict[str, Json]) -> None:
    """A request is answered by status, code and number, as on the platform."""
    servercases.answered(front, case)


@pytest.mark.parametrize("case", servercases.listed("errors"), ids=servercases.named)
def test_error(front: Front, case: dict[str, Json]) -> None:
    """An error has a code and a message, and data only to apply for a permission with."""
    values = narrow.mapping(case, "values")
    tree = front.get(str(case["path"]), user=str(case["user"]), **values).tree
    error = narrow.mapping(tree, "error")

    assert error["code"] == case["code"]
    assert narrow.text(error, "message")
    assert narrow.text(tree, "job_request_id")
    assert ("data" in error) is case["data"]
    assert ("details" in error) is not case["data"]
    if case["data"]:
        assert narrow.text(error, "data", "system_id") == "bk_job"
        action = narrow.mapping(narrow.items(error, "data", "actions")[0])
        assert set(action) == {"id", "name", "related_resource_types"}


PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "conformance.md").read_text("utf-8")
_ROW = re.compile(
    r"^\| v([34]) `(\w+)` \| `(.+?)` \| (\d+)(?: (\d+))? \| (\d+) (\d+) \|", re.MULTILINE
)


def differences() -> list[tuple[str, ...]]:
    """Return the rows of the page: version, call, example, then answers there and here."""
    found = re.search(r"<!-- served -->\n(.*?)<!-- /served -->", PAGE, re.DOTALL)
    assert found is not None
    rows = [match.groups(default="") for match in _ROW.finditer(found[1])]
    assert len(rows) == found[1].count("\n") - 2
    return rows


@pytest.mark.parametrize("row", differences(), ids=lambda row: f"{row[1]}-{row[2][:40]}")
def test_difference(front: Front, row: tuple[str, ...]) -> None:
    """Each listed example is answered as the page says, which is not how the platform does it."""
    version, name, example, *answers = row
    changes = narrow.mapping(json.loads(example))
    created = servercases.waiting(front)
    if "step_status" in changes:
        servercases.put(front, created, narrow.integer(changes, "step_status", default=0))
    starts: dict[str, dict[str, Json]] = {
        "fast_execute_script": serving.body("true"),
        "get_job_instance_list": {"create_time_start": 0, "create_time_end": 1},
    }
    values: dict[str, Json] = {**webserver.SCOPE, **starts.get(name, created), **changes}
    method = next(each.method for each in table.OPERATIONS if each.name == name)
    case: dict[str, Json] = {"method": method, "path": f"/api/v{version}/{name}"}
    sent: dict[str, Json] = {"values": values} if method == "GET" else {"text": json.dumps(values)}

    reply = servercases.request(front, {**case, **sent})

    details = narrow.items(reply.tree, "error", "details")
    number = narrow.at(details[0], "code") if details else str(reply.tree["code"])
    assert [str(reply.status), number] == answers[2:]
    assert answers[:2] != answers[2:]


# ---------------------------------------------------------------- orders

ANSWERS = servercases.CASES.parent / "admit" / "answers.json"
ORDERS: dict[str, Json] = json.loads(ANSWERS.read_text("utf-8"))
ALICE = {"bk_app_code": "ci", "bk_app_secret": "ci-secret", "bk_token": "alice-token"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """Return a desk over the inventory that the platform's answers are about."""
    made = Front(tmp_path_factory.mktemp("site"), inventories.known(bulk=50_001))
    yield made
    made.close()


@pytest.mark.parametrize(
    "case", narrow.items(ORDERS, "cases"), ids=lambda case: narrow.text(case, "name")
)
def test_order(site: Front, case: Json) -> None:
    """A request for a job is answered by status, code and number, as on the platform."""
    body = {"start_task": False, **narrow.mapping(ORDERS, "base"), **narrow.mapping(case, "set")}
    for name in narrow.texts(case, "remove"):
        del body[name]
    hosts = narrow.integer(case, "hosts", default=0)
    if hosts:
        many: list[Json] = [
            {"bk_host_id": inventories.BULK + number} for number in range(1, hosts + 1)
        ]
        body["execute_target"] = {"host_list": many}
    headers = {"Content-Type": "application/json", webserver.HEADER: json.dumps(ALICE)}

    reply = site.call(
        "POST", "/api/v4/fast_execute_script", body=json.dumps(body).encode(), headers=headers
    )

    details = narrow.items(reply.tree, "error", "details")
    number = narrow.text(details[0], "code") if details else ""
    said = (str(reply.status), narrow.text(reply.tree, "error", "code"), number)
    assert said == (narrow.texts(case, "here") or narrow.texts(case, "platform"))
