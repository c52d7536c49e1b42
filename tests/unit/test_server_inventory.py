"""The built-in inventory, files, and what is wrong with them."""

from __future__ import annotations

import os
import pwd
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlatformError
from runner.server import inventory

if TYPE_CHECKING:
    from pathlib import Path

OPS = inventory.User(name="ops", home="/home/ops")
HEAD = "apiVersion: jobgate/v1\nkind: Inventory\n"


def _file(folder: Path, text: str) -> Path:
    file = folder / "inventory.yaml"
    file.write_text(text)
    return file


def test_without_a_file_there_is_a_small_world() -> None:
    """Scope biz/2, 254 local hosts of cloud 0, and the server's own user as `operator`."""
    known = inventory.built_in(OPS)

    assert list(known.scopes) == [("biz", "2")]
    assert list(range(1, 255)) == list(known.hosts)
    assert known.hosts[254] is known.addresses[0, "127.0.0.254"]
    assert known.aliases["operator"] == inventory.Account(id=1, alias="operator", user="ops")


def test_the_servers_own_user_is_the_systems() -> None:
    """Its name and home come from the user database."""
    entry = pwd.getpwuid(os.geteuid())

    assert inventory.User(name=entry.pw_name, home=entry.pw_dir) == inventory.own_user()


def test_a_file_says_all_there_is(tmp_path: Path) -> None:
    """Scopes, hosts and accounts of the file replace the built-in ones; defaults are few."""
    known = inventory.load(
        _file(
            tmp_path,
            HEAD
            + 'scopes:\n- {type: biz_set, id: "9", name: all}\n'
            + "hosts:\n- {id: 5, cloud: 3, ip: 10.0.0.5, connection: local}\n"
            + "- {id: 6, ip: 10.0.0.6}\n"
            + "accounts:\n- {id: 2, alias: web, user: ops}\n- {id: 3, alias: db}\n",
        ),
        OPS,
    )

    assert {("biz_set", "9"): inventory.Scope(type="biz_set", id="9", name="all")} == known.scopes
    assert known.addresses[0, "10.0.0.6"] == inventory.Host(
        id=6, cloud=0, ip="10.0.0.6", connection="local"
    )
    assert {alias: account.user for alias, account in known.aliases.items()} == {
        "web": "ops",
        "db": "ops",
    }


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("kind: Inventory\n", 1, "apiVersion is not jobgate/v1"),
        ("apiVersion: jobgate/v1\nkind: Policy\n", 2, "kind is not Inventory"),
        ("- 1\n", 1, "not a mapping"),
        (HEAD + "host: []\n", 3, "host is not known here"),
        (HEAD + "hosts: 5\n", 3, "not a list"),
        (HEAD + "hosts:\n- 5\n", 4, "not a mapping"),
        (HEAD + "hosts:\n- {id: 1, ip: 10.0.0.1, name: a}\n", 4, "name is not known here"),
        (HEAD + "hosts:\n- {id: 1, ip: 10.0.0.300}\n", 4, "no IPv4 address"),
        (HEAD + "hosts:\n- {id: 1}\n", 4, "ip is missing"),
        (HEAD + "hosts:\n- {id: 0, ip: 10.0.0.1}\n", 4, "id is not a number above zero"),
        (HEAD + "hosts:\n- {id: 1, ip: 10.0.0.1, cloud: -1}\n", 4, "cloud is below zero"),
        (HEAD + "hosts:\n- {id: 1, ip: 10.0.0.1, connection: ssh}\n", 4, "ssh is not offered"),
        (HEAD + "hosts:\n- {id: 1, ip: 10.0.0.1}\n- {id: 1, ip: 10.0.0.2}\n", 5, "same id"),
        (HEAD + "hosts:\n- {id: 1, ip: 10.0.0.1}\n- {id: 2, ip: 10.0.0.1}\n", 5, "address"),
        (HEAD + "scopes:\n- {type: team, id: a}\n", 4, "type team is none of"),
        (HEAD + "scopes:\n- {type: biz, id: 2}\n", 4, "/id is not a string but int"),
        (HEAD + "accounts:\n- {id: 1, alias: root, user: root}\n", 4, "its user is root"),
        (HEAD + "accounts:\n- {id: 1, alias: a}\n- {id: 2, alias: a}\n", 5, "alias"),
        ("a: 1\na: 2\n", 2, "a"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, line: int, part: str) -> None:
    """Nothing is guessed: the first fault stops the platform, with line and mend."""
    with pytest.raises(PlatformError) as raised:
        inventory.load(_file(tmp_path, text), OPS)

    assert part in raised.value.message
    assert raised.value.mend
    assert raised.value.at is not None
    assert line == raised.value.at.span.line


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The path stands in the message."""
    with pytest.raises(PlatformError, match=r"none\.yaml: No such file"):
        inventory.load(tmp_path / "none.yaml", OPS)
