"""Who may do what: grants over scopes, accounts and hosts, and what a refusal asks for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ParamSpec

import pytest

from runner import narrow
from runner.server import access
from runner.server.answers import Code, RefusalError
from runner.server.rows import Caller
from tests import inventories
from tests.inventories import FAR, HOME, SETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.model import Json
    from runner.server.inventory import Account, Host, Inventory, ScopeKey

P = ParamSpec("P")

KNOWN = inventories.known(bulk=200)
ALICE, BOB, CAROL = (Caller(user=name) for name in ("alice", "bob", "carol"))


@dataclass(frozen=True)
class Order:
    """What of an order decides who may give it."""

    account: Account = KNOWN.accounts[2]
    hosts: tuple[Host, ...] = field(default=(KNOWN.hosts[1],))
    scope: ScopeKey = HOME
    script_id: str = ""


def _refused(ask: Callable[P, None], *wanted: P.args, **named: P.kwargs) -> RefusalError:
    with pytest.raises(RefusalError) as refusal:
        ask(*wanted, **named)
    assert refusal.value.code is Code.NO_PERMISSION
    assert refusal.value.number == 9900403
    return refusal.value


def _on(*numbers: int) -> tuple[Host, ...]:
    return tuple(KNOWN.hosts[number] for number in numbers)


@pytest.mark.parametrize("ask", [access.may_view, access.may_operate])
@pytest.mark.parametrize("scope", [HOME, FAR, SETS, ("biz", "404")])
def test_the_owner_of_the_machine_may_do_everything(
    ask: Callable[[Inventory, Caller | None, ScopeKey], None], scope: ScopeKey
) -> None:
    """No caller is one in process; a scope that there is not is found out elsewhere."""
    ask(KNOWN, None, scope)
    access.may_execute(KNOWN, None, Order(scope=scope))


@pytest.mark.parametrize(
    ("caller", "scope", "view", "operate"),
    [
        (ALICE, HOME, True, True),
        (ALICE, FAR, False, False),
        (BOB, HOME, True, False),
        (CAROL, HOME, False, False),
        (CAROL, FAR, True, True),
        (Caller(user="mallory"), HOME, False, False),
        (Caller(user=""), HOME, False, False),
        (ALICE, ("biz", "404"), False, False),
    ],
)
def test_a_grant_is_for_its_scope_and_its_actions(
    caller: Caller, scope: ScopeKey, *, view: bool, operate: bool
) -> None:
    """What is not granted in so many words is refused: viewing is not operating."""
    for ask, allowed in ((access.may_view, view), (access.may_operate, operate)):
        if allowed:
            ask(KNOWN, caller, scope)
        else:
            _refused(ask, KNOWN, caller, scope)


@pytest.mark.parametrize(
    ("caller", "order"),
    [
        (ALICE, Order(hosts=_on(1, 2, 3, 1_001))),
        (BOB, Order(hosts=_on(1, 3))),
        (BOB, Order(hosts=_on(1, 2, 3))),
        (BOB, Order(hosts=_on(2), account=KNOWN.accounts[1])),
        (CAROL, Order(scope=FAR, hosts=_on(998), account=KNOWN.accounts[3])),
    ],
)
def test_an_order_within_the_grants_is_allowed(caller: Caller, order: Order) -> None:
    """Every host has a grant with the scope and the account; different ones may have others."""
    access.may_execute(KNOWN, caller, order)


@pytest.mark.parametrize(
    ("caller", "order", "action", "part"),
    [
        (BOB, Order(hosts=_on(1), account=KNOWN.accounts[1]), "quick_execute_script", "1 of the 1"),
        (BOB, Order(hosts=_on(1, 2, 1_001)), "quick_execute_script", "1 of the 3 hosts"),
        (BOB, Order(account=KNOWN.accounts[3]), "use_account", "as far"),
        (CAROL, Order(), "quick_execute_script", "carol may not run scripts on 1 of the 1"),
        (CAROL, Order(script_id="tidy"), "execute_public_script", "biz/2"),
        (CAROL, Order(script_id="asleep"), "execute_script", "biz/2"),
        (Caller(user="mallory"), Order(), "quick_execute_script", "mallory"),
    ],
)
def test_an_order_beyond_the_grants_is_refused(
    caller: Caller, order: Order, action: str, part: str
) -> None:
    """The message says how much is refused, and the data which permission is missing."""
    refusal = _refused(access.may_execute, KNOWN, caller, order)

    assert part in refusal.message
    assert [narrow.text(each, "id") for each in narrow.items(refusal.data, "actions")] == [action]


def test_a_grant_without_accounts_is_for_none() -> None:
    """Execute alone lets nobody run a script as anybody."""
    member = KNOWN.members["alice"]
    bare = replace(member, may=tuple(replace(each, accounts=frozenset()) for each in member.may))
    known = replace(KNOWN, members={"alice": bare})

    _refused(access.may_execute, known, ALICE, Order())


def test_a_refusal_has_the_data_of_the_page() -> None:
    """System, actions, and the resources that each is about, named as the page names them."""
    view = _refused(access.may_view, KNOWN, BOB, FAR)
    run = _refused(access.may_execute, KNOWN, CAROL, Order(script_id="tidy"))

    assert view.code.http == 403
    assert view.data == {
        "system_id": "bk_job",
        "system_name": "Job",
        "actions": [
            {
                "id": "view_history",
                "name": "View History",
                "related_resource_types": [
                    {
                        "system_id": "bk_cmdb",
                        "system_name": "CMDB",
                        "type": "biz",
                        "type_name": "Scope",
                        "instances": [
                            [{"id": "1", "type": "biz", "name": "biz/1", "type_name": "Scope"}]
                        ],
                    }
                ],
            }
        ],
    }
    (action,) = narrow.items(run.data, "actions")
    script, host = narrow.items(action, "related_resource_types")
    assert narrow.text(script, "type") == "public_script"
    assert narrow.items(host, "instances") == [
        [{"id": "1", "type": "host", "name": "10.0.0.1", "type_name": "Host"}]
    ]


@pytest.mark.parametrize(
    ("scope", "name"), [(HOME, "demo"), (SETS, "biz_set/9000001"), (("biz", "404"), "biz/404")]
)
def test_a_scope_is_named(scope: ScopeKey, name: str) -> None:
    """By its name in the inventory, or else by its type and id."""
    scopes = {key: replace(each, name="") for key, each in KNOWN.scopes.items()}
    scopes[HOME] = replace(scopes[HOME], name="demo")
    known = replace(KNOWN, scopes=scopes)
    refusal = _refused(access.may_operate, known, CAROL, scope)
    (action,) = narrow.items(refusal.data, "actions")
    (about,) = narrow.items(action, "related_resource_types")
    instances: Json = narrow.items(about, "instances")

    assert narrow.text(action, "id") == "operate_job_instance"
    assert instances == [[{"id": scope[1], "type": scope[0], "name": name, "type_name": "Scope"}]]


def test_a_refusal_names_what_is_missing_alone() -> None:
    """Of the hosts those without a grant; of the account its id and its alias."""
    some = _refused(access.may_execute, KNOWN, BOB, Order(hosts=_on(1, 2, 1_001)))
    whole = _refused(access.may_execute, KNOWN, BOB, Order(account=KNOWN.accounts[3]))
    (execute,) = narrow.items(some.data, "actions")
    (use,) = narrow.items(whole.data, "actions")

    assert _instances(execute) == [("1001", KNOWN.hosts[1_001].ip)]
    assert _instances(use) == [("3", KNOWN.accounts[3].alias)]


def _instances(action: Json) -> list[tuple[str, str]]:
    (about,) = narrow.items(action, "related_resource_types")
    return [
        (narrow.text(one, "id"), narrow.text(one, "name"))
        for chain in narrow.items(about, "instances")
        if isinstance(chain, list)
        for one in chain
    ]


def test_a_refusal_names_a_bounded_number_of_hosts() -> None:
    """The first hundred are enough to see what is missing."""
    hosts = tuple(host for number, host in KNOWN.hosts.items() if number > 1_000)
    refusal = _refused(access.may_execute, KNOWN, BOB, Order(hosts=hosts))
    (action,) = narrow.items(refusal.data, "actions")
    (about,) = narrow.items(action, "related_resource_types")

    assert "200 of the 200 hosts" in refusal.message
    assert len(narrow.items(about, "instances")) == access.TOLD


def test_what_a_caller_may_see() -> None:
    """The scopes with a grant to view, in the order of the inventory; the owner sees each."""
    assert access.visible(KNOWN, None) == (HOME, FAR, SETS)
    assert access.visible(KNOWN, BOB) == (HOME,)
    assert access.visible(KNOWN, CAROL) == (FAR,)
    assert access.visible(KNOWN, Caller(user="mallory")) == ()
