"""A law of request bodies: looking at many hosts at once changes nothing that is found."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner import narrow, refusing
from runner.model import Json, Severity
from runner.server import bodies
from runner.server.answers import RefusalError

pytestmark = pytest.mark.laws

BASE: dict[str, Json] = {
    "bk_scope_type": "biz",
    "bk_scope_id": "2",
    "script_content": "ZWNobyAkMQ==",
    "script_language": 1,
    "account_alias": "root",
}
LATER = {"rolling-expression", "too-many-batches", "containers-need-biz"}
NUMBERS: st.SearchStrategy[Json] = st.sampled_from(
    [None, -1, 0, 1, 2, "1", "02", " 2 ", True, 2**63, "x", []]
)
ADDRESSES: st.SearchStrategy[Json] = st.sampled_from(
    ["10.0.0.1", "10.0.0.01", "10.00.0.1", "10.0.0.256", "", None, 1]
)
HOSTS: st.SearchStrategy[Json] = st.one_of(
    st.integers(1, 4).map(lambda number: {"bk_host_id": number}),
    st.integers(1, 4).map(lambda number: {"bk_cloud_id": 0, "ip": f"10.0.0.{number}"}),
    st.dictionaries(st.sampled_from(["bk_host_id", "bk_cloud_id", "name"]), NUMBERS),
    st.builds(lambda cloud, ip: {"bk_cloud_id": cloud, "ip": ip}, NUMBERS, ADDRESSES),
    st.builds(lambda number, ip: {"bk_host_id": number, "ip": ip}, NUMBERS, ADDRESSES),
    st.sampled_from([None, "10.0.0.1", 5, []]),
)
ROLLING: st.SearchStrategy[Json] = st.sampled_from(
    [None, {"expression": "1"}, {"expression": "0"}, {"expression": " "}, {"mode": 9}, 5]
)
MORE: st.SearchStrategy[dict[str, Json]] = st.fixed_dictionaries(
    {},
    optional={
        "rolling_config": ROLLING,
        "timeout": NUMBERS,
        "account_id": NUMBERS,
        "dynamic_group_list": st.just([]),
        "task_nmae": st.just("x"),
    },
)


@given(st.lists(HOSTS, max_size=6), MORE)
def test_bodies_are_judged_as_check_judges_them(hosts: list[Json], more: dict[str, Json]) -> None:
    """Refused is what has an error by schema and rules, but for what is looked at later."""
    tree: dict[str, Json] = {**BASE, "execute_target": {"host_list": hosts}, **more}
    before = copy.deepcopy(tree)
    judged = refusing.raw(copy.deepcopy(tree))
    errors = {
        (each.rule, each.path)
        for each in judged.mistakes
        if each.severity is Severity.ERROR
        and each.rule not in LATER
        and (each.rule, each.path) != ("out-of-range", ("account_id",))
    }
    try:
        read = bodies.body(tree)
    except RefusalError:
        refused = True
    else:
        refused = False
        assert list(read.hosts) == [
            narrow.at(host, "bk_host_id") or (narrow.at(host, "bk_cloud_id"), narrow.at(host, "ip"))
            for host in narrow.items(judged.read.tree, "execute_target", "host_list")
        ]
    assert refused == bool(errors)
    assert tree == before, "the body that was sent is not changed"
