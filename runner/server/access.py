"""Whether a caller may do what it asks for: grants of the inventory over what is asked, pure.

No caller at all is the owner of the machine, in process, who may do everything. Whatever is not
granted in so many words is refused, unknown users and scopes first of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from runner.server import labels
from runner.server.answers import Code, Number, RefusalError
from runner.server.callers import ALL, Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runner.model import Json
    from runner.server.callers import Grant
    from runner.server.inventory import Account, Host, Inventory, ScopeKey
    from runner.server.rows import Caller

TOLD = 100  # hosts that a refusal names one by one


class Ordered(Protocol):
    """What of an order decides who may give it."""

    @property
    def scope(self) -> ScopeKey:
        """Return the scope of the job."""
        ...

    @property
    def account(self) -> Account:
        """Return whom the scripts run as."""
        ...

    @property
    def hosts(self) -> Sequence[Host]:
        """Return where they run."""
        ...

    @property
    def script_id(self) -> str:
        """Return the id of the script, empty where the request brought its own."""
        ...


def visible(inventory: Inventory, caller: Caller | None) -> tuple[ScopeKey, ...]:
    """Return the scopes whose jobs `caller` may see, in the order of the inventory."""
    return tuple(
        scope
        for scope in inventory.scopes
        if caller is None or _grants(inventory, caller, scope, Permission.VIEW)
    )


def may_view(inventory: Inventory, caller: Caller | None, scope: ScopeKey) -> None:
    """Raise RefusalError unless `caller` may see jobs, logs and scripts of `scope`."""
    _scoped(inventory, caller, scope, Permission.VIEW)


def may_operate(inventory: Inventory, caller: Caller | None, scope: ScopeKey) -> None:
    """Raise RefusalError unless `caller` may start, stop and steer jobs of `scope`."""
    _scoped(inventory, caller, scope, Permission.OPERATE)


def may_execute(inventory: Inventory, caller: Caller | None, order: Ordered) -> None:
    """Raise RefusalError unless `caller` may run what `order` orders, as whom, on every host.

    Each host needs one grant that has the scope, the account and that host; which one it is may
    be another for each.
    """
    if caller is None:
        return
    grants = _grants(inventory, caller, order.scope, Permission.EXECUTE)
    usable = [each for each in grants if each.accounts & {order.account.alias, ALL}]
    if grants and not usable:
        raise _denied(
            f"{caller.user} may not run scripts as {order.account.alias}",
            (_action("use_account", _account(order.account)),),
        )
    if any(each.hosts is None for each in usable):
        return
    selectors = [each.hosts for each in usable if each.hosts is not None]
    refused = [
        host
        for host in order.hosts
        if not any(labels.met(selector, host.labels) for selector in selectors)
    ]
    if refused or not usable:
        scope = "/".join(order.scope)
        raise _denied(
            f"{caller.user} may not run scripts on {len(refused)} of the {len(order.hosts)} hosts, "
            f"in {scope}",
            (_execution(inventory, order, refused),),
        )


def _scoped(
    inventory: Inventory, caller: Caller | None, scope: ScopeKey, permission: Permission
) -> None:
    if caller is None or _grants(inventory, caller, scope, permission):
        return
    raise _denied(
        f"{caller.user} may not {permission.value} jobs of {'/'.join(scope)}",
        (_action(_SCOPED[permission], _scope(inventory, scope)),),
    )


def _grants(
    inventory: Inventory, caller: Caller, scope: ScopeKey, permission: Permission
) -> tuple[Grant, ...]:
    member = inventory.members.get(caller.user)
    if member is None or scope not in inventory.scopes:
        return ()
    return tuple(each for each in member.may if each.scope == scope and permission in each.actions)


# ---------------------------------------------------------------- what would have to be allowed

# The platform has no permission of its own for operating jobs; that name is this server's.
_SCOPED: Mapping[Permission, str] = MappingProxyType(
    {Permission.VIEW: "view_history", Permission.OPERATE: "operate_job_instance"}
)
_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "view_history": "View History",
        "operate_job_instance": "Operate Jobs",
        "use_account": "Use Account",
        "quick_execute_script": "Execute Quick Script",
        "execute_script": "Execute Script",
        "execute_public_script": "Execute Public Script",
    }
)
_JOB = ("bk_job", "Job")
_CMDB = ("bk_cmdb", "CMDB")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Resources:
    """Things of one kind that an action is about: (id, name) of each."""

    system: tuple[str, str]
    type: str
    called: str
    each: Iterable[tuple[str, str]]


def _denied(what: str, actions: Iterable[Json]) -> RefusalError:
    system, name = _JOB
    return RefusalError(
        code=Code.NO_PERMISSION,
        number=Number.NO_PERMISSION,
        message=f"cannot do this: {what}",
        mend="ask whoever keeps the inventory for a grant",
        data={"system_id": system, "system_name": name, "actions": list(actions)},
    )


def _execution(inventory: Inventory, order: Ordered, refused: Sequence[Host]) -> Json:
    hosts = _Resources(
        system=_CMDB,
        type="host",
        called="Host",
        each=((str(host.id), host.ip) for host in islice(refused or order.hosts, TOLD)),
    )
    script = inventory.scripts.get(order.script_id)
    if script is None:
        return _action("quick_execute_script", hosts)
    public = script.scope is None
    named = _Resources(
        system=_JOB,
        type="public_script" if public else "script",
        called="Public Script" if public else "Script",
        each=((script.id, script.name),),
    )
    return _action("execute_public_script" if public else "execute_script", named, hosts)


def _scope(inventory: Inventory, scope: ScopeKey) -> _Resources:
    known = inventory.scopes.get(scope)
    name = known.name if known is not None and known.name else "/".join(scope)
    return _Resources(system=_CMDB, type=scope[0], called="Scope", each=((scope[1], name),))


def _account(account: Account) -> _Resources:
    alias = (str(account.id), account.alias)
    return _Resources(system=_JOB, type="account", called="Account", each=(alias,))


def _action(name: str, *about: _Resources) -> Json:
    related: list[Json] = [
        {
            "system_id": resources.system[0],
            "system_name": resources.system[1],
            "type": resources.type,
            "type_name": resources.called,
            "instances": [
                [
                    {
                        "id": identity,
                        "type": resources.type,
                        "name": shown,
                        "type_name": resources.called,
                    }
                ]
                for identity, shown in resources.each
            ],
        }
        for resources in about
    ]
    return {"id": name, "name": _NAMES[name], "related_resource_types": related}
