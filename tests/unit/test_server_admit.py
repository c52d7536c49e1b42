"""What is refused before anything is stored, with its code and number, and what an order holds."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner import narrow
from runner.server import admit, inventory
from runner.server.answers import Code, Number, RefusalError
from tests import inventories, serving

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model import Json

HERE = Path(__file__).parents[2]
KNOWN = inventory.built_in(inventories.USER)
SITE = inventories.known(bulk=50_001)
NOW = 1_700_000_000_123
WAITS: dict[str, Json] = {
    f"batch_start_wait_{part}_ms": 0 for part in ("fixed", "random_min", "random_max")
}


def _order(**more: Json) -> admit.Order:
    return admit.order(serving.body("echo", hosts=(1, 2, 3), **more), KNOWN, NOW)


def _at_site(**more: Json) -> admit.Order:
    return admit.order(serving.body("echo", account_alias="root") | more, SITE, NOW)


def _hosts(*hosts: Json) -> Json:
    return {"host_list": list(hosts)}


def _ids(numbers: Iterable[int]) -> Json:
    return {"host_list": [{"bk_host_id": number} for number in numbers]}


def _answer(refusal: RefusalError) -> str:
    return f"{refusal.code} {int(refusal.number)}"


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("more", "answer", "part"),
    [
        ({"bk_scope_type": None}, "INVALID_ARGUMENT 1241025", "leave out bk_scope_type"),
        ({"bk_scope_id": ""}, "INVALID_ARGUMENT 1241025", "(at bk_scope_id)"),
        ({"bk_scope_type": "team"}, "INVALID_ARGUMENT 1241005", "team"),
        ({"bk_scope_id": "3"}, "NOT_FOUND 1243049", "biz/3"),
        ({"account_alias": None}, "INVALID_ARGUMENT 1241025", "account_id or account_alias"),
        ({"account_alias": ""}, "NOT_FOUND 1244003", "account ''"),
        ({"account_alias": "root"}, "NOT_FOUND 1244003", "account 'root' in biz/2"),
        ({"account_id": 9}, "NOT_FOUND 1244003", "account 9"),
        ({"account_id": -9, "account_alias": None}, "NOT_FOUND 1244003", "operator"),
        ({"script_version_id": 7}, "NOT_FOUND 1243001", "script version 7"),
        ({"script_id": "abc"}, "NOT_FOUND 1243001", "script 'abc'"),
        ({"callback_url": "ftp://a/b"}, "INVALID_ARGUMENT 1241025", "callback"),
        (
            {"host_password_list": [{"host_id": 1, "encrypted_password": "QUJD"}]},
            "INVALID_ARGUMENT 1241011",
            "host_password_list",
        ),
        ({"script_content": " "}, "INVALID_ARGUMENT 1241025", "script_content"),
        ({"script_content": "not base64!"}, "INVALID_ARGUMENT 1241025", "strict Base64"),
        ({"script_content": serving.text64("a\r\n")}, "INVALID_ARGUMENT 1241025", "CR LF"),
        ({"script_language": None}, "INVALID_ARGUMENT 1241025", "leave out script_language"),
        ({"script_language": 9}, "INVALID_ARGUMENT 1241025", "script_language"),
        ({"script_language": 6}, "INVALID_ARGUMENT 1241025", "script_language"),
        ({"script_param": "%"}, "INVALID_ARGUMENT 1241025", "script_param"),
        ({"script_param": "/w=="}, "INVALID_ARGUMENT 1241025", "not-utf8"),
        ({"script_param": serving.text64("'a")}, "INVALID_ARGUMENT 1241025", "No closing"),
        ({"script_param": serving.text64("a\0b")}, "INVALID_ARGUMENT 1241025", "nul-in-param"),
        (
            {"script_param": serving.text64("a" * 65_536)},
            "INVALID_ARGUMENT 1241025",
            "param-too-large",
        ),
        (
            {"script_param": serving.text64("a" * 48_129), "param_sensitive": 1},
            "INVALID_ARGUMENT 1241025",
            "param-too-large",
        ),
        ({"timeout": 0}, "INVALID_ARGUMENT 1241025", "(at timeout)"),
        ({"timeout": 259_201}, "INVALID_ARGUMENT 1241025", "259200"),
        ({"timeout": True}, "INVALID_ARGUMENT 1241022", "(at timeout)"),
        ({"task_name": "x" * 513}, "INVALID_ARGUMENT 1241025", "task_name"),
        ({"task_name": "🚀" * 257}, "INVALID_ARGUMENT 1241025", "514 UTF-16 units"),
        ({"task_name": "\ud800"}, "INVALID_ARGUMENT 1241025", "(at task_name)"),
        ({"start_task": None}, "INVALID_ARGUMENT 1241025", "null as start_task"),
        ({"acount_alias": "root"}, "INVALID_ARGUMENT 1241025", "did you mean account_alias"),
        ({"execute_target": None}, "FAILED_PRECONDITION 1244028", "execute_target is missing"),
        ({"execute_target": {}}, "INVALID_ARGUMENT 1241025", "(at execute_target)"),
        ({"execute_target": []}, "INVALID_ARGUMENT 1241022", "(at execute_target)"),
        (
            {"execute_target": _hosts({"bk_host_id": 1}, {"bk_cloud_id": 0})},
            "INVALID_ARGUMENT 1241025",
            "(at execute_target/host_list/1)",
        ),
        (
            {"execute_target": _hosts({"bk_host_id": 1}, {"bk_host_id": "2"}, {"bk_host_id": 2})},
            "INVALID_ARGUMENT 1241025",
            "the same as item 2 (at execute_target/host_list/2)",
        ),
        (
            {
                "execute_target": _hosts(
                    {"bk_cloud_id": 0, "ip": "127.0.0.1"}, {"bk_cloud_id": 0, "ip": "127.0.0.01"}
                )
            },
            "INVALID_ARGUMENT 1241025",
            "the same as item 1 (at execute_target/host_list/1)",
        ),
        ({"execute_target": _hosts("a")}, "INVALID_ARGUMENT 1241022", "host_list/0"),
        (
            {"execute_target": _hosts({"bk_host_id": 999}, {"bk_host_id": 998})},
            "FAILED_PRECONDITION 1244030",
            "host #999 is not in the inventory (and 1 more)",
        ),
        (
            {"execute_target": _hosts({"bk_cloud_id": 1, "ip": "127.0.0.1"})},
            "FAILED_PRECONDITION 1244030",
            "1:127.0.0.1",
        ),
        (
            {"execute_target": {"dynamic_group_list": [{"id": "g"}]}},
            "FAILED_PRECONDITION 1244028",
            "no dynamic group 'g' in biz/2",
        ),
        (
            {"execute_target": {"topo_node_list": [{"id": 1, "node_type": "set"}]}},
            "FAILED_PRECONDITION 1244028",
            "no set 1 in the topology of biz/2",
        ),
        (
            {"execute_target": {"topo_node_list": [{"id": 9, "node_type": "biz"}]}},
            "FAILED_PRECONDITION 1244028",
            "no biz 9",
        ),
        ({"rolling_config": {"expression": " "}}, "INVALID_ARGUMENT 1241025", "expression"),
        ({"rolling_config": {"expression": "0"}}, "FAILED_PRECONDITION 1244026", "“0”"),
        ({"rolling_config": {"expression": "1", "mode": 4}}, "INVALID_ARGUMENT 1241025", "mode"),
        (
            {"rolling_config": {"type": 2, "file_source": {}}},
            "INVALID_ARGUMENT 1241025",
            "source files",
        ),
        (
            {"rolling_config": {"type": 2, "file_source": {}, "execution_mode": "2", **WAITS}},
            "INVALID_ARGUMENT 1241012",
            "source files",
        ),
    ],
)
def test_a_request_that_cannot_be_run_is_refused(
    more: dict[str, Json], answer: str, part: str
) -> None:
    """Each with the code and number of the platform, and a message that names the part."""
    with pytest.raises(RefusalError) as refusal:
        _order(**more)

    assert _answer(refusal.value) == answer
    assert part in f"{refusal.value.message}; {refusal.value.mend}"
    assert refusal.value.message.startswith("cannot ")
    assert refusal.value.mend
    assert refusal.value.data is None


@pytest.mark.parametrize(
    ("more", "answer", "part"),
    [
        ({"script_version_id": 4}, "FAILED_PRECONDITION 1244018", "is draft"),
        ({"script_version_id": 7}, "FAILED_PRECONDITION 1244018", "is disabled"),
        ({"script_version_id": 8}, "NOT_FOUND 1243001", "script version 8 in biz/2"),
        ({"script_id": "far"}, "NOT_FOUND 1243001", "script 'far'"),
        ({"script_id": "asleep"}, "NOT_FOUND 1243001", "a version online"),
        ({"script_id": "wild"}, "FAILED_PRECONDITION 1244019", "line 2 is dangerous: makes a file"),
        (
            {"script_content": serving.text64("mkfs")},
            "FAILED_PRECONDITION 1244019",
            "line 1 is dangerous",
        ),
        ({"callback_url": "https://ci.example.org/"}, "FAILED_PRECONDITION 1244036", "allow-list"),
        ({"account_alias": "far"}, "NOT_FOUND 1244003", "root, web"),
        ({"account_id": 3}, "NOT_FOUND 1244003", "account 3 in biz/2"),
        (
            {"execute_target": _hosts({"bk_host_id": 998})},
            "FAILED_PRECONDITION 1244002",
            "#998 is not in the scope biz/2",
        ),
        (
            {"execute_target": {"dynamic_group_list": [{"id": "mail"}]}},
            "FAILED_PRECONDITION 1244028",
            "hold no host",
        ),
        (
            {"execute_target": {"dynamic_group_list": [{"id": "any"}]}},
            "RESOURCE_EXHAUSTED 1244022",
            "50004 hosts",
        ),
    ],
)
def test_what_the_inventory_does_not_allow_is_refused(
    more: dict[str, Json], answer: str, part: str
) -> None:
    """Scripts by their status, dangers, callbacks, and what belongs to another scope."""
    with pytest.raises(RefusalError) as refusal:
        _at_site(**more)

    assert _answer(refusal.value) == answer
    assert part in f"{refusal.value.message}; {refusal.value.mend}"


@pytest.mark.parametrize(
    "more",
    [
        {"host_password_list": [{"host_id": 1, "encrypted_password": "S3CRET" * 40}]},
        {"script_param": "S3CRET!"},
    ],
)
def test_what_may_be_secret_is_not_repeated(more: dict[str, Json]) -> None:
    """A refusal goes to logs, so it names the field and the rule, and not the value."""
    with pytest.raises(RefusalError) as refusal:
        _order(**more)

    assert "S3CRET" not in f"{refusal.value.message} {refusal.value.mend}"


def test_one_thing_is_told_the_first() -> None:
    """What cannot be read comes before what is not allowed, and then the order of the text."""
    with pytest.raises(RefusalError, match="at timeout"):
        _order(bk_scope_type="team", timeout="soon", task_name=[])
    with pytest.raises(RefusalError, match="at timeout"):
        admit.order({"timeout": 0, **serving.body("echo", timeout=0, bk_scope_id="")}, KNOWN, NOW)
    with pytest.raises(RefusalError, match="leave out bk_scope_id"):
        _order(bk_scope_id=None, timeout=0)


def test_what_depends_on_more_is_judged_in_the_platforms_order() -> None:
    """Scope, callback, script, danger, account, targets, the caller's leave, and the batches."""
    steps: list[tuple[dict[str, Json], int]] = [
        ({"bk_scope_id": "3"}, Number.SCOPE),
        ({"callback_url": "https://x.org"}, Number.CALLBACK),
        ({"script_version_id": 7}, Number.SCRIPT_STATUS),
        ({"script_content": serving.text64("mkfs")}, Number.DANGEROUS),
        ({"account_alias": "far"}, Number.ACCOUNT),
        ({"execute_target": None}, Number.NO_TARGET),
        ({"rolling_config": {"expression": "0"}}, Number.NO_PERMISSION),
    ]
    for start in range(len(steps)):
        later: dict[str, Json] = {"account_alias": "root"}
        for more, _ in reversed(steps[start:]):
            later |= more
        with pytest.raises(RefusalError) as refusal:
            admit.order(serving.body("echo") | later, SITE, NOW, permit=_never)
        assert refusal.value.number == steps[start][1]


def _never(order: admit.Order) -> None:
    raise RefusalError(
        code=Code.NO_PERMISSION,
        number=Number.NO_PERMISSION,
        message=f"cannot run on {len(order.hosts)}",
        mend="ask",
    )


def test_a_caller_who_may_is_let_through() -> None:
    """Whoever asks for leave sees the whole order but for its batches."""
    seen: list[admit.Order] = []
    body = serving.body("echo", hosts=(1, 2), rolling_config={"expression": "1"})
    order = admit.order(body, KNOWN, NOW, permit=seen.append)

    assert [len(each.hosts) for each in seen] == [2]
    assert order.batches == (1, 1)


# ---------------------------------------------------------------- what the platform answers


def _cases(name: str) -> list[dict[str, Json]]:
    listed = narrow.items(_answers(), name)
    return [case for case in listed if isinstance(case, dict)]


def _answers() -> Json:
    read: Json = json.loads((HERE / "tests/cases/admit/answers.json").read_text("utf-8"))
    return read


def _said(body: dict[str, Json]) -> tuple[str, str, str]:
    try:
        admit.order(body, SITE, NOW)
    except RefusalError as refusal:
        return str(refusal.code.http), str(refusal.code), str(int(refusal.number))
    return "200", "", ""


@pytest.mark.parametrize("case", _cases("cases"), ids=lambda case: str(case["name"]))
def test_the_platforms_answers(case: dict[str, Json]) -> None:
    """Each known answer of the platform is ours, or the case says why it is another one."""
    body = dict(narrow.mapping(_answers(), "base")) | narrow.mapping(case, "set")
    for name in narrow.texts(case, "remove"):
        del body[name]
    hosts = narrow.integer(case, "hosts", default=0)
    if hosts:
        start = inventories.BULK + 1
        body["execute_target"] = _ids(range(start, start + hosts))
    expected = narrow.texts(case, "here") or narrow.texts(case, "platform")

    assert _said(body) == expected
    assert expected[0] != "500"
    assert bool(narrow.text(case, "because")) == ("here" in case)


def _rows() -> list[list[str]]:
    page = (HERE / "docs/reference/conformance.md").read_text("utf-8")
    found = re.search(r"<!-- embedded -->\n(.*?)<!-- /embedded -->", page, re.DOTALL)
    assert found is not None
    lines = [line.strip("| ") for line in found[1].splitlines()[2:]]
    return [[cell.strip(" `") for cell in line.split(" | ")] for line in lines]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[1])
def test_what_the_embedded_platform_alone_refuses_is_listed(row: list[str]) -> None:
    """Each listed example is refused with the number of its row."""
    number, example, _ = row
    body = dict(narrow.mapping(_answers(), "base")) | json.loads(example)

    assert _said(body)[2] == number


# ---------------------------------------------------------------- what is accepted


def test_a_script_above_the_limit_of_the_platform_is_refused() -> None:
    """The decoded size counts, to the byte."""
    fits = base64.b64encode(b"#" * 16_777_215).decode()
    over = base64.b64encode(b"#" * 16_777_216).decode()

    assert len(_order(script_content=fits).script) == 16_777_215
    with pytest.raises(RefusalError, match="16,777,216 bytes"):
        _order(script_content=over)


def test_more_than_fifty_thousand_hosts_are_refused() -> None:
    """The platform's limit counts hosts, not mentions: 429/1244022."""
    start = inventories.BULK + 1
    numbers = range(start, start + 50_001)
    with pytest.raises(RefusalError) as refusal:
        _at_site(execute_target=_ids(numbers))

    assert refusal.value.number == 1244022
    assert refusal.value.code.http == 429
    listed: list[Json] = [{"bk_host_id": number} for number in numbers[:-1]]
    listed.append({"bk_cloud_id": 1, "ip": "10.0.0.1"})  # the first of them once more
    accepted = _at_site(execute_target=_hosts(*listed))
    assert len(accepted.hosts) == 50_000


def test_targets_keep_their_order_and_their_first_occurrence() -> None:
    """A host named by id and by address is one host, at the place where it stands first."""
    order = _order(
        execute_target=_hosts(
            {"bk_host_id": 9, "bk_cloud_id": 7, "ip": "unread"},
            {"bk_cloud_id": 0, "ip": "127.0.0.3"},
            {"bk_host_id": "3"},
            {"bk_cloud_id": "0", "ip": "127.0.0.9"},
            {"bk_host_id": 1},
        )
    )

    assert [host.id for host in order.hosts] == [9, 3, 1]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"dynamic_group_list": [{"id": "web"}]}, [1, 3]),
        ({"topo_node_list": [{"id": 1, "node_type": "module"}]}, [2, 1]),
        ({"topo_node_list": [{"id": 1, "node_type": "set"}]}, [3, 2]),
        (
            {
                "topo_node_list": [{"id": "1", "node_type": "set"}],
                "dynamic_group_list": [{"id": "web"}],
                "host_list": [{"bk_host_id": 2}, {"bk_host_id": inventories.BULK + 7}],
            },
            [2, inventories.BULK + 7, 1, 3],
        ),
    ],
)
def test_groups_and_nodes_come_after_hosts(target: Json, expected: list[int]) -> None:
    """First hosts, then groups, then nodes; what is there already is not taken again."""
    assert [host.id for host in _at_site(execute_target=target).hosts] == expected


def test_a_whole_business_is_a_node() -> None:
    """The hosts of a business that are in the scope of the request, those of every scope too."""
    target: Json = {"topo_node_list": [{"id": 1, "node_type": "biz"}]}
    small = inventories.known()
    here = admit.order(
        serving.body("echo", account_alias="root", execute_target=target), small, NOW
    )
    there = admit.order(
        serving.body("echo", account_alias="root", execute_target=target, bk_scope_id="1"),
        small,
        NOW,
    )

    assert [host.id for host in here.hosts] == [1, 2, 3]
    assert [host.id for host in there.hosts] == [1, 2, 3, 998]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"script_version_id": 5}, ("tidy", 5, b"print(5)\n")),
        ({"script_version_id": "6", "script_id": "asleep"}, ("tidy", 6, b"print(6)\n")),
        ({"script_id": " tidy "}, ("tidy", 6, b"print(6)\n")),
        ({"script_id": " ", "script_version_id": 0}, ("", 0, b"echo")),
    ],
)
def test_a_script_of_the_inventory_outweighs_content(
    more: dict[str, Json], expected: tuple[str, int, bytes]
) -> None:
    """A version id wins over a script id, and that over content; blank ones do not count."""
    order = _at_site(**more)

    assert (order.script_id, order.script_version, order.script) == expected
    assert order.language == (serving.PYTHON if expected[0] else serving.SHELL)


def test_what_is_left_out_has_the_defaults_of_the_platform() -> None:
    """7200 seconds, mode 1, started at once, a name with the instant, one batch of all."""
    plain = admit.order(serving.body("echo", hosts=(1, 2, 3), timeout=None), KNOWN, NOW)
    rolled = _order(rolling_config={"expression": "1"})

    assert plain.name == "quick_script_20231114221320123"
    assert (plain.timeout, plain.start, plain.mode, plain.batches) == (7200, True, None, (3,))
    assert (plain.callback, plain.script_id, plain.script_version) == ("", "", 0)
    assert (plain.param, plain.sensitive) == ("", False)
    assert (rolled.mode, rolled.batches) == (1, (1, 1, 1))


def test_what_is_given_is_kept() -> None:
    """Whatever of a request has no influence on another field stands in the order."""
    order = _at_site(
        task_name="tidy up",
        timeout="60",
        start_task=False,
        param_sensitive=True,
        script_param=serving.text64("a b"),
        callback_url="https://ci.example.org/hooks/7",
        rolling_config={"expression": "1", "mode": 3},
    )

    assert (order.name, order.scope, order.timeout) == ("tidy up", ("biz", "2"), 60)
    assert (order.start, order.sensitive, order.param, order.mode) == (False, True, "a b", 3)
    assert order.callback == "https://ci.example.org/hooks/7"
    assert _at_site(callback_url="  ").callback == ""


def test_the_older_business_id_is_read() -> None:
    """It stands for a business where no scope is given."""
    body = serving.body("echo")
    del body["bk_scope_type"], body["bk_scope_id"]

    assert admit.order({**body, "bk_biz_id": 2}, KNOWN, NOW).scope == ("biz", "2")


@pytest.mark.parametrize("language", [2, 5])
def test_languages_are_taken_whoever_can_run_them(language: int) -> None:
    """Whether there is an interpreter for bat or PowerShell, the host says."""
    assert _order(script_language=language).language == language


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
