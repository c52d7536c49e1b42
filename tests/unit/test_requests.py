"""`requests`: names and numbers, whom a body names, and for how long it can run."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from runner import requests, scatter
from runner.model import Targets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Json


def body_of(
    *hosts: Json, rolling: Json = None, timeout: Json = None, **target: Json
) -> dict[str, Json]:
    """Return as much of a body as the questions asked here need."""
    body: dict[str, Json] = {"execute_target": {"host_list": list(hosts), **target}}
    if rolling is not None:
        body["rolling_config"] = rolling
    if timeout is not None:
        body["timeout"] = timeout
    return body


def numbered(count: int) -> list[Json]:
    """Return `count` hosts by id."""
    return [{"bk_host_id": identity} for identity in range(1, count + 1)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (requests.LANGUAGES, {"shell": 1, "bat": 2, "perl": 3, "python": 4, "powershell": 5}),
        (requests.ROLLING_TYPES, {"targets": 1, "source_files": 2}),
        (
            requests.ROLLING_MODES,
            {"pause_on_failure": 1, "ignore_failure": 2, "manual": 3},
        ),
        (requests.EXECUTION_MODES, {"serial": 1, "scatter": 2}),
    ],
)
def test_names_stand_for_the_platforms_numbers(
    names: Mapping[str, int], expected: dict[str, int]
) -> None:
    """Each name becomes its number and the number its name again."""
    assert dict(names) == expected
    for text, value in expected.items():
        assert requests.number(names, text) == value
        assert requests.name(names, value) == text


def test_what_has_no_name_stays_as_it_is() -> None:
    """Unknown names, numbers and other shapes are left for the schema to judge."""
    assert requests.number(requests.LANGUAGES, "ruby") == "ruby"
    assert requests.number(requests.LANGUAGES, 4) == 4
    assert requests.number(requests.LANGUAGES, ["shell"]) == ["shell"]
    assert requests.name(requests.LANGUAGES, 6) == "6"
    assert requests.name(requests.LANGUAGES, value=True) == "True"


@pytest.mark.parametrize("text", ["10.0.0.1", "255.255.255.255", "01.2.3.00"])
def test_addresses_that_the_platform_takes(text: str) -> None:
    """Four numbers to 255; two digits may begin with a zero."""
    assert requests.is_ipv4(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10.0.0",
        "10.0.0.1.2",
        "256.0.0.1",
        "010.0.0.1",
        "10.0.0.1\n",
        " 10.0.0.1",
        "10.0.0.1:80",
        "fe80::1",
        "\u0661\u0660.0.0.1",
        "1e1.0.0.1",
    ],
)
def test_addresses_that_the_platform_refuses(text: str) -> None:
    """No IPv6, no port, no blanks, no foreign digits, no three digits after a zero."""
    assert not requests.is_ipv4(text)


def test_base64_is_strict() -> None:
    """Only the one canonical spelling of some bytes is decoded."""
    assert requests.decode("") == b""
    assert requests.decode("ZWNobyAkMQ==") == b"echo $1"
    assert requests.decode("+/8=") == b"\xfb\xff"
    for text in ["ZWNobw", "ZWNobx==", "ZWNo\n", "Z WNo", "-_8=", "YQ=", "ZWNobw==ZZ", "é", "===="]:
        assert requests.decode(text) is None


def test_hosts_are_named_in_order_and_once() -> None:
    """A host's id wins over its address, and only the first mention of a label counts."""
    body = body_of(
        {"bk_cloud_id": 0, "ip": "10.0.0.2"},
        {"bk_host_id": 12, "bk_cloud_id": 0, "ip": "10.0.0.9"},
        {"bk_cloud_id": 0, "ip": "10.0.0.1"},
        {"bk_cloud_id": 0, "ip": "10.0.0.2"},
        {"bk_cloud_id": 1, "ip": "10.0.0.2"},
        {"bk_host_id": 12},
    )

    named = requests.targets(body)

    assert named == Targets(hosts=("0:10.0.0.2", "#12", "0:10.0.0.1", "1:10.0.0.2"))


def test_open_targets_follow_the_platforms_order() -> None:
    """Groups come before topology nodes, containers last."""
    body = body_of(
        kube_container_filters=[
            {
                "kube_cluster_filter": {"cluster_uid_list": ["c1", "c2"]},
                "kube_namespace_filter": {"namespace_name_list": ["web"]},
            },
            {"kube_cluster_filter": {"cluster_uid_list": ["c3"]}, "execute_in_whole_cluster": True},
        ],
        topo_node_list=[{"id": 12, "node_type": "module"}, {"id": 3, "node_type": "set"}],
        dynamic_group_list=[{"id": "blo8"}, {"id": "blo8"}],
    )

    named = requests.targets(body)

    assert named.hosts == ()
    assert named.open == (
        "group:blo8",
        "topo:module/12",
        "topo:set/3",
        "container:c1,c2/web",
        "container:c3/*",
    )


@pytest.mark.parametrize(
    "target",
    [
        None,
        [],
        "all",
        {"host_list": "10.0.0.1"},
        {"host_list": [None, "10.0.0.1", {}, {"bk_host_id": "1"}, {"bk_host_id": True}]},
        {"host_list": [{"bk_cloud_id": "0", "ip": "10.0.0.1"}, {"bk_cloud_id": 0, "ip": 1}]},
    ],
)
def test_what_is_no_host_is_not_counted(target: Json) -> None:
    """Shapes that the schema refuses name nobody, and break nothing."""
    body: dict[str, Json] = {"execute_target": target}

    assert requests.targets(body) == Targets(hosts=())
    assert requests.batches(body) == ()


def test_batches_roll_over_the_hosts() -> None:
    """With an expression the hosts are split by it, without one they are one batch."""
    assert requests.batches(body_of(*numbered(9))) == (9,)
    assert requests.batches(body_of(*numbered(9), rolling={"expression": "1 50%"})) == (1, 5, 3)
    scattered: Json = {"expression": "4", "execution_mode": 2, "type": 1}
    assert requests.batches(body_of(*numbered(9), rolling=scattered)) == (4, 4, 1)


@pytest.mark.parametrize(
    "rolling",
    [{"expression": "ten"}, {"expression": 5}, {}, {"expression": "1", "type": 2}],
)
def test_batches_that_cannot_be_said_are_empty(rolling: Json) -> None:
    """A faulty, absent or mistyped expression gives none, and so does rolling by source files."""
    assert requests.batches(body_of(*numbered(3), rolling=rolling)) == ()


def test_open_targets_have_no_batches() -> None:
    """Who is in a group, only the platform knows: no size is guessed."""
    assert requests.batches(body_of(*numbered(3), dynamic_group_list=[{"id": "g"}])) == ()


def test_longest_run_adds_up_serial_batches() -> None:
    """Batches follow one another; the platform's default time-out counts where none is given."""
    assert requests.longest_run(body_of(timeout=60), (9,)) == 60
    assert requests.longest_run(body_of(), (9,)) == 7200
    assert requests.longest_run(body_of(timeout=60, rolling={"expression": "3"}), (3, 3, 3)) == 180


def test_longest_run_of_unknown_batches_is_the_most_there_can_be() -> None:
    """Open targets run at once, or in as many batches as the platform allows."""
    assert requests.longest_run(body_of(timeout=60), ()) == 60
    assert requests.longest_run(body_of(timeout=60, rolling={"expression": "1"}), ()) == 501 * 60


def test_longest_run_of_scattered_batches_is_the_last_start_and_one_run() -> None:
    """Scattered batches overlap: the waits between starts count, in whole seconds rounded up."""
    rolling: Json = {
        "expression": "1",
        "execution_mode": 2,
        "batch_start_wait_fixed_ms": 1000,
        "batch_start_wait_random_min_ms": 0,
        "batch_start_wait_random_max_ms": 501,
    }

    assert requests.longest_run(body_of(timeout=60, rolling=rolling), (1, 1, 1)) == 64
    assert requests.longest_run(body_of(timeout=60, rolling={"execution_mode": 2}), (1, 1)) == 60


def test_longest_run_of_unknown_scattered_batches_is_that_of_the_most_there_can_be() -> None:
    """The platform schedules 200 batches, so that 199 waits are the most."""
    rolling: Json = {"expression": "1", "execution_mode": 2, "batch_start_wait_fixed_ms": 1000}

    assert requests.longest_run(body_of(timeout=60, rolling=rolling), ()) == 259


def test_waits_are_those_of_a_scatter_job() -> None:
    """What is absent, or no number, counts as 0; a serial job has none."""
    rolling: Json = {
        "execution_mode": 2,
        "batch_start_wait_fixed_ms": "5",
        "batch_start_wait_random_max_ms": 7,
    }

    assert requests.waits(body_of(rolling=rolling)) == scatter.Waits(fixed=0, least=0, most=7)
    assert requests.waits(body_of(rolling={"execution_mode": 1})) is None
    assert requests.waits(body_of(rolling={"execution_mode": True})) is None
    assert requests.waits(body_of()) is None


@pytest.mark.parametrize(
    ("param", "macros"),
    [
        ("", ()),
        ("--day [DATEFMT:%Y%m%d]", ("[DATEFMT:%Y%m%d]",)),
        ("[DATEFMT:%H]-[DATEFMT:%M]-[DATEFMT:%H]", ("[DATEFMT:%H]", "[DATEFMT:%M]")),
        ("[DATEFMT:", ()),
        ("[DATEFMT:]", ()),
        ("[DATEFMT:]%d]", ("[DATEFMT:]%d]",)),
        ("[datefmt:%d] [DATE:yyyy]", ()),
        ("[DATEFMT:%d\n]", ("[DATEFMT:%d\n]",)),
        ("\udcff[DATEFMT:%d]", ("[DATEFMT:%d]",)),
    ],
)
def test_date_macros(param: str, macros: tuple[str, ...]) -> None:
    """Each macro is told once, from its opening to the first bracket that may close it."""
    encoded = base64.b64encode(param.encode("utf-8", "surrogateescape")).decode()

    assert requests.date_macros({"script_param": encoded}) == macros


@pytest.mark.parametrize("param", [None, 5, "?"])
def test_date_macros_of_what_is_no_parameter(param: Json) -> None:
    """Where there is no parameter to read there is no macro."""
    assert requests.date_macros({"script_param": param}) == ()


def test_base64_of_real_bytes_decodes() -> None:
    """What the standard encoder writes is canonical."""
    for length in range(5):
        content = bytes(range(250, 250 + length))
        assert requests.decode(base64.b64encode(content).decode()) == content
