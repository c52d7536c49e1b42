"""What is refused before anything is stored, with its code and number, and what an order holds."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from runner.server import admit, inventory
from runner.server.answers import RefusalError
from tests import serving

if TYPE_CHECKING:
    from runner.model import Json

KNOWN = inventory.built_in(inventory.User(name="ops", home="/home/ops"))
NOW = 1_700_000_000_123


def _order(**more: Json) -> admit.Order:
    return admit.order(serving.body("echo", hosts=(1, 2, 3), **more), KNOWN, NOW)


def _hosts(*hosts: Json) -> Json:
    return {"host_list": list(hosts)}


@pytest.mark.parametrize(
    ("more", "answer", "part"),
    [
        ({"bk_scope_type": None}, "INVALID_ARGUMENT 1241025", "bk_scope_type is missing"),
        ({"bk_scope_id": ""}, "INVALID_ARGUMENT 1241025", "bk_scope_id is missing"),
        ({"bk_scope_type": "team"}, "INVALID_ARGUMENT 1241005", "team"),
        ({"bk_scope_id": "3"}, "NOT_FOUND 1243049", "biz/3"),
        ({"bk_scope_id": 2}, "INVALID_ARGUMENT 1241025", "/bk_scope_id is not a string but int"),
        ({"account_alias": None}, "INVALID_ARGUMENT 1241025", "account"),
        ({"account_alias": ""}, "NOT_FOUND 1244003", "account"),
        ({"account_alias": "root"}, "NOT_FOUND 1244003", "'root'"),
        ({"account_id": 9}, "NOT_FOUND 1244003", "account 9"),
        ({"script_version_id": 7}, "INVALID_ARGUMENT 1241011", "not available"),
        ({"script_id": "abc"}, "INVALID_ARGUMENT 1241011", "not available"),
        ({"callback_url": "http://a/b"}, "INVALID_ARGUMENT 1241011", "callback_url"),
        ({"host_password_list": [{}]}, "INVALID_ARGUMENT 1241011", "host_password_list"),
        ({"script_content": " "}, "INVALID_ARGUMENT 1241025", "script_content is missing"),
        ({"script_content": "not base64!"}, "INVALID_ARGUMENT 1241025", "not Base64"),
        ({"script_content": "ZWNobx=="}, "INVALID_ARGUMENT 1241025", "not Base64"),
        ({"script_language": None}, "INVALID_ARGUMENT 1241025", "script_language"),
        ({"script_language": 9}, "INVALID_ARGUMENT 1241025", "script_language"),
        ({"script_language": 2}, "INVALID_ARGUMENT 1241011", "language bat"),
        ({"script_language": 5}, "INVALID_ARGUMENT 1241011", "language powershell"),
        ({"script_language": 6}, "INVALID_ARGUMENT 1241011", "language 6"),
        ({"script_param": "%"}, "INVALID_ARGUMENT 1241025", "not Base64"),
        ({"script_param": "/w=="}, "INVALID_ARGUMENT 1241025", "not UTF-8"),
        ({"script_param": serving.text64("'a")}, "INVALID_ARGUMENT 1241025", "No closing"),
        ({"script_param": serving.text64("a\0b")}, "INVALID_ARGUMENT 1241025", "NUL"),
        ({"script_param": serving.text64("a" * 65_536)}, "INVALID_ARGUMENT 1241025", "65536 bytes"),
        (
            {"script_param": serving.text64("a" * 48_129), "param_sensitive": True},
            "INVALID_ARGUMENT 1241025",
            "keep it to 48128",
        ),
        ({"timeout": 0}, "INVALID_ARGUMENT 1241025", "timeout is 0"),
        ({"timeout": 259_201}, "INVALID_ARGUMENT 1241025", "259200"),
        ({"timeout": True}, "INVALID_ARGUMENT 1241025", "/timeout is not an integer"),
        ({"task_name": "x" * 513}, "INVALID_ARGUMENT 1241025", "task_name"),
        ({"task_name": "🚀" * 257}, "INVALID_ARGUMENT 1241025", "514 characters"),
        ({"task_name": "\ud800"}, "INVALID_ARGUMENT 1241025", "half a character"),
        ({"start_task": None}, "INVALID_ARGUMENT 1241025", "start_task is null"),
        ({"execute_target": None}, "FAILED_PRECONDITION 1244028", "execute_target is missing"),
        ({"execute_target": {}}, "INVALID_ARGUMENT 1241025", "names nobody"),
        ({"execute_target": []}, "INVALID_ARGUMENT 1241025", "not a mapping"),
        ({"execute_target": _hosts({"bk_cloud_id": 0})}, "INVALID_ARGUMENT 1241025", "neither"),
        ({"execute_target": _hosts("a")}, "INVALID_ARGUMENT 1241025", "neither"),
        (
            {"execute_target": _hosts({"bk_cloud_id": 0, "ip": "::1"})},
            "INVALID_ARGUMENT 1241025",
            "neither",
        ),
        ({"execute_target": _hosts({"bk_host_id": 999})}, "FAILED_PRECONDITION 1244030", "#999"),
        (
            {"execute_target": _hosts({"bk_cloud_id": 1, "ip": "127.0.0.1"})},
            "FAILED_PRECONDITION 1244030",
            "1:127.0.0.1",
        ),
        (
            {"execute_target": {"dynamic_group_list": [{"id": "g"}]}},
            "INVALID_ARGUMENT 1241011",
            "dynamic_group_list",
        ),
        (
            {"execute_target": {"topo_node_list": [{"id": 1, "node_type": "set"}]}},
            "INVALID_ARGUMENT 1241011",
            "topo_node_list",
        ),
        (
            {"execute_target": {"kube_container_filters": [{}]}},
            "INVALID_ARGUMENT 1241011",
            "kube_container_filters",
        ),
        ({"rolling_config": {"expression": " "}}, "INVALID_ARGUMENT 1241025", "expression"),
        ({"rolling_config": {"expression": "0"}}, "FAILED_PRECONDITION 1244026", "“0”"),
        (
            {"rolling_config": {"expression": "1", "mode": 4}},
            "INVALID_ARGUMENT 1241025",
            "mode is 4",
        ),
        ({"rolling_config": {"type": 2}}, "INVALID_ARGUMENT 1241011", "source files"),
        (
            {"rolling_config": {"expression": "1", "execution_mode": 2}},
            "INVALID_ARGUMENT 1241011",
            "scatter",
        ),
    ],
)
def test_a_request_that_cannot_be_run_is_refused(
    more: dict[str, Json], answer: str, part: str
) -> None:
    """Each with the code and number of the platform, and a message that names the part."""
    with pytest.raises(RefusalError) as refusal:
        _order(**more)

    assert answer == f"{refusal.value.code} {int(refusal.value.number)}"
    assert part in refusal.value.message + refusal.value.mend
    assert refusal.value.message.startswith("cannot ")
    assert refusal.value.mend


def test_a_script_above_the_limit_of_the_platform_is_refused() -> None:
    """The decoded size counts, to the byte."""
    fits = base64.b64encode(bytes(admit.SCRIPT_BYTES)).decode()
    over = base64.b64encode(bytes(admit.SCRIPT_BYTES + 1)).decode()

    assert len(_order(script_content=fits).script) == admit.SCRIPT_BYTES
    with pytest.raises(RefusalError, match="16777216 bytes"):
        _order(script_content=over)


def test_more_than_fifty_thousand_hosts_are_refused() -> None:
    """The platform's limit counts hosts, not mentions: 429/1244022."""
    many = inventory.Host(id=1, cloud=0, ip="10.0.0.1", connection="local")
    hosts = {
        number: inventory.Host(id=number, cloud=0, ip=many.ip, connection="local")
        for number in range(1, 50_002)
    }
    known = inventory.Inventory(
        scopes=KNOWN.scopes,
        hosts=hosts,
        addresses={},
        accounts=KNOWN.accounts,
        aliases=KNOWN.aliases,
    )
    with pytest.raises(RefusalError) as refusal:
        admit.order(serving.body("echo", hosts=range(1, 50_002)), known, NOW)

    assert refusal.value.number == 1244022
    assert refusal.value.code.http == 429
    accepted = admit.order(serving.body("echo", hosts=[*range(1, 50_001), 1]), known, NOW)
    assert len(accepted.hosts) == 50_000


def test_targets_keep_their_order_and_their_first_occurrence() -> None:
    """A host named by id and by address is one host, at the place where it stands first."""
    order = _order(
        execute_target=_hosts(
            {"bk_host_id": 9, "bk_cloud_id": 7, "ip": "unread"},
            {"bk_cloud_id": 0, "ip": "127.0.0.3"},
            {"bk_host_id": 3},
            {"bk_cloud_id": 0, "ip": "127.0.0.9"},
            {"bk_host_id": 1},
        )
    )

    assert [host.id for host in order.hosts] == [9, 3, 1]


def test_what_is_left_out_has_the_defaults_of_the_platform() -> None:
    """7200 seconds, mode 1, started at once, a name with the instant, one batch of all."""
    plain = admit.order(serving.body("echo", hosts=(1, 2, 3), timeout=None), KNOWN, NOW)
    rolled = _order(rolling_config={"expression": "1"})

    assert plain.name == "quick_script_20231114221320123"
    assert (plain.timeout, plain.start, plain.mode, plain.batches) == (7200, True, None, (3,))
    assert (rolled.mode, rolled.batches) == (1, (1, 1, 1))


def test_an_account_id_outweighs_an_alias() -> None:
    """Zero and below fall back to the alias, as on the platform."""
    assert _order(account_id=1, account_alias="nobody").account.alias == "operator"
    assert _order(account_id=0).account.id == 1


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        ("", ()),
        ("a  b", ("a", "b")),
        ("a 'b c' \"d 'e\" f\\ g ''", ("a", "b c", "d 'e", "f g", "")),
        ("$HOME `id` * ; rm -rf > x", ("$HOME", "`id`", "*", ";", "rm", "-rf", ">", "x")),
        ("a # b", ("a", "#", "b")),
        ("one\ntwo", ("one", "two")),
    ],
)
def test_a_parameter_becomes_words_and_nothing_is_carried_out(
    param: str, expected: tuple[str, ...]
) -> None:
    """Split and unquoted as a POSIX shell does it; variables, patterns and operators stay."""
    assert expected == admit.words(_order(script_param=serving.text64(param)).param)
