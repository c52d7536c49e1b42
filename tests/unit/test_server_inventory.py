"""The built-in inventory, and what is found in one by the names that requests use."""

from __future__ import annotations

import os
import pwd

import pytest

from runner.server import inventory
from runner.server.inventory import Account, Host
from runner.server.scripts import ScriptStatus
from tests import inventories
from tests.inventories import FAR, HOME, SETS

OPS = inventory.User(name="ops", home="/home/ops")
KNOWN = inventories.known()


def test_without_a_file_there_is_a_small_world() -> None:
    """Scope biz/2, 254 local hosts of cloud 0, and the server's own user as `operator`."""
    known = inventory.built_in(OPS)

    assert list(known.scopes) == [("biz", "2")]
    assert list(range(1, 255)) == list(known.hosts)
    assert known.hosts[254] is known.addresses[0, "127.0.0.254"]
    assert known.account(HOME, "operator") == Account(id=1, alias="operator", user="ops")


def test_nobody_uses_the_built_in_world_from_elsewhere() -> None:
    """It has neither apps nor users, and no rule that only somebody else could lift."""
    known = inventory.built_in(OPS)

    assert [*known.apps, *known.members, *known.tokens, *known.access_tokens] == []
    assert [*known.scripts, *known.groups, *known.nodes, *known.dangers] == []
    assert known.callbacks is None


def test_the_servers_own_user_is_the_systems() -> None:
    """Its name and home come from the user database, and root is root."""
    entry = pwd.getpwuid(os.geteuid())

    assert inventory.own_user() == inventory.User(
        name=entry.pw_name, home=entry.pw_dir, root=os.geteuid() == 0
    )


@pytest.mark.parametrize(
    ("scopes", "scope", "belongs"),
    [
        (None, HOME, True),
        (frozenset({HOME}), HOME, True),
        (frozenset({HOME, FAR}), FAR, True),
        (frozenset({FAR}), HOME, False),
    ],
)
def test_hosts_and_accounts_belong_to_scopes(
    scopes: frozenset[tuple[str, str]] | None, scope: tuple[str, str], *, belongs: bool
) -> None:
    """To those that are named, or to every one."""
    host = Host(id=1, cloud=0, ip="10.0.0.1", connection="local", scopes=scopes)
    account = Account(id=1, alias="root", user="ops", scopes=scopes)

    assert host.belongs(scope) == account.belongs(scope) == belongs


def test_an_alias_stands_for_an_account_in_each_scope() -> None:
    """Two scopes may have accounts of one alias."""
    known = inventory.indexed(
        inventory.Contents(
            scopes=(),
            hosts=(),
            accounts=tuple(
                Account(id=number, alias="web", user="ops", scopes=frozenset({scope}))
                for number, scope in ((1, HOME), (2, FAR))
            ),
        )
    )
    found = [known.account(scope, "web") for scope in (HOME, FAR, SETS)]

    assert [each and each.id for each in found] == [1, 2, None]
    assert known.account(HOME, "db") is None


def test_a_script_stands_for_its_version_online() -> None:
    """Or for none, and it is seen in its own scope, or in all."""
    tidy, far, asleep = (KNOWN.scripts[name] for name in ("tidy", "far", "asleep"))

    assert tidy.online is KNOWN.versions[6]
    assert asleep.online is None
    assert KNOWN.versions[7].status is ScriptStatus.DISABLED
    assert [script.visible(HOME) for script in (tidy, far, asleep)] == [True, False, True]


def test_a_token_leads_to_whom_it_stands_for() -> None:
    """By the line of its hash."""
    assert KNOWN.tokens[inventories.hashed("bob-ticket")].name == "bob"
    assert KNOWN.access_tokens[inventories.hashed("alice-access")].app == "ci"


def test_a_host_can_be_a_member_of_a_set() -> None:
    """Labels play no part in what a host is told apart by."""
    hosts = [*KNOWN.hosts.values()]

    assert len({*hosts, *hosts}) == len(hosts)
    assert Host(id=2, cloud=0, ip="10.0.0.1", connection="local").labels == {}
