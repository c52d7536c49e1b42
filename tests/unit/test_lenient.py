"""A raw request as the platform reads it: what is absent, what becomes a number, what wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.narrow import at
from runner.shape import lenient

if TYPE_CHECKING:
    from runner.model import Json


@pytest.mark.parametrize(
    ("field", "value", "read"),
    [
        ("timeout", "60", 60),
        ("timeout", " 60 ", 60),
        ("timeout", "-1", -1),
        ("timeout", "", None),
        ("timeout", "null", None),
        ("timeout", "1.5", "1.5"),
        ("timeout", "9" * 20, "9" * 20),
        ("timeout", True, True),
        ("timeout", [], []),
        ("task_name", 7, "7"),
        ("task_name", True, "true"),
        ("task_name", False, "false"),
        ("task_name", 2**70, 2**70),
        ("task_name", None, None),
        ("param_sensitive", "true", True),
        ("param_sensitive", "FALSE", False),
        ("param_sensitive", " ", None),
        ("param_sensitive", "yes", "yes"),
        ("param_sensitive", 0, False),
        ("param_sensitive", 2, True),
        ("param_sensitive", {}, {}),
        ("execute_target", "x", "x"),
        ("execute_target", {"host_list": [None, 5]}, {"host_list": [None, 5]}),
        ("execute_target", {"kube_container_filters": [None]}, {"kube_container_filters": [None]}),
        ("rolling_config", None, None),
        ("rolling_config", {"mode": "2", "no": None}, {"mode": 2, "no": None}),
    ],
)
def test_values(field: str, value: Json, read: Json) -> None:
    """Numbers in quotes, texts without, words for truth; null is absent; the rest stays."""
    tree = lenient.body({field: value}).tree
    assert tree == ({} if read is None else {field: read})


@pytest.mark.parametrize("tree", [None, [], "x", 5])
def test_no_mapping(tree: Json) -> None:
    """What is no mapping is left for the schema to refuse."""
    assert lenient.body(tree).tree == tree


def test_the_tree_is_not_changed() -> None:
    """The reading is a copy: findings are placed in the text that was given."""
    tree: Json = {
        "bk_biz_id": 2,
        "execute_target": {
            "host_list": [{"bk_host_id": 1, "ip": "x"}],
            "kube_container_filters": [{"kube_pod_filter": {"pod_name_list": []}}],
        },
    }
    read = lenient.body(tree)
    assert at(read.tree, "execute_target") == {
        "host_list": [{"bk_host_id": 1}],
        "kube_container_filters": [{}],
    }
    assert at(tree, "execute_target", "host_list") == [{"bk_host_id": 1, "ip": "x"}]
    assert at(tree, "bk_biz_id") == 2


def test_the_older_scope() -> None:
    """A business id becomes the scope, and findings about the scope stand at the id."""
    read = lenient.body({"bk_biz_id": "8000000"})
    assert read.tree == {"bk_scope_type": "biz_set", "bk_scope_id": "8000000"}
    assert read.origins["bk_scope_id",] == ("bk_biz_id",)
    assert [note.rule for note in read.notes] == ["legacy-scope"]


@pytest.mark.parametrize(
    ("tree", "left", "told"),
    [
        ({"account_id": 1, "account_alias": "a"}, ["account_id"], ["account_alias"]),
        ({"account_id": 1, "account_alias": ""}, ["account_id"], []),
        ({"account_id": 0, "account_alias": "a"}, ["account_alias"], []),
        ({"account_id": 0}, ["account_id"], []),
        ({"script_version_id": 1, "script_language": 9}, ["script_version_id"], []),
        (
            {"script_version_id": 1, "script_id": "x", "script_content": "y"},
            ["script_version_id"],
            ["script_id", "script_content"],
        ),
        ({"script_id": " ", "script_content": "y"}, ["script_content"], []),
        (
            {"script_content": "y", "script_language": 1},
            ["script_content", "script_language"],
            [],
        ),
    ],
)
def test_the_strongest_field(tree: Json, left: list[str], told: list[str]) -> None:
    """Of rivals the strongest that names something is left, and of the others it is told."""
    read = lenient.body(tree)
    assert isinstance(read.tree, dict)
    assert list(read.tree) == left
    assert [note.path for note in read.notes] == [(name,) for name in told]
    assert {note.rule for note in read.notes} <= {"shadowed-field"}
