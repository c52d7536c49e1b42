"""What the schema of an inventory cannot say: references, and texts that must be read, pure.

Each rule yields what it finds, also in a document in which the schema finds something.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import labelselector, narrow
from runner.mistakes import Mistake, shown
from runner.rules import callbackurl
from runner.server import danger, identities
from runner.server import listed as lists
from runner.server.callers import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.model import Json, Path
    from runner.server.listed import Listed


def mistakes(listed: Listed) -> Iterator[Mistake]:
    """Yield everything that the rules find in an inventory."""
    for rule in _EVERY:
        yield from rule(listed)


# ---------------------------------------------------------------- references


def scopes(listed: Listed) -> Iterator[Mistake]:
    """A scope that is named is listed."""
    known = listed.scopes()
    for where, scope in (
        *listed.each("hosts", "scopes"),
        *listed.each("accounts", "scopes"),
        *(((*where, "scope"), narrow.at(item, "scope")) for where, item in _scoped(listed)),
    ):
        if isinstance(scope, str) and scope not in known:
            yield _unknown(where, f"the scope {scope}", "list it under scopes")


def _scoped(listed: Listed) -> Iterator[tuple[Path, Json]]:
    for path in (("groups",), ("topology",), ("scripts",), ("users", "may")):
        yield from listed.each(*path)


def topology_hosts(listed: Listed) -> Iterator[Mistake]:
    """A host of a module is one of the scope."""
    belongs = {
        lists.number(item, "id"): lists.texts(item, "scopes") for _, item in listed.each("hosts")
    }
    named = [lists.text(item, "scope") for _, item in listed.each("topology")]
    for where, number in listed.each("topology", "sets", "modules", "hosts"):
        scope = named[int(where[1])]
        its = belongs.get(number) if isinstance(number, int) else ()
        if its is None or (its and scope not in its):
            yield _unknown(where, f"the host {number} in {scope}", "name a host of the scope")


def grant_accounts(listed: Listed) -> Iterator[Mistake]:
    """An account of a grant is one of its scope."""
    known = {
        (scope, lists.text(item, "alias"))
        for _, item in listed.each("accounts")
        for scope in lists.texts(item, "scopes") or listed.scopes()
    }
    for where, item in listed.each("users", "may"):
        scope = lists.text(item, "scope")
        for index, alias in enumerate(lists.items(item, "accounts")):
            if isinstance(alias, str) and alias != ALL and (scope, alias) not in known:
                path = (*where, "accounts", index)
                yield _unknown(path, f"the account {alias} in {scope}", "list it under accounts")


def callers(listed: Listed) -> Iterator[Mistake]:
    """An app that a token names, and a user whom an app is trusted for, is listed."""
    apps = {lists.text(item, "code") for _, item in listed.each("apps")}
    users = {lists.text(item, "name") for _, item in listed.each("users")} | {ALL}
    for where, user in listed.each("apps", "trusted"):
        if isinstance(user, str) and user not in users:
            yield _unknown(where, f"the user {user}", "list it under users")
    for where, item in listed.each("users", "access_tokens"):
        app = narrow.at(item, "app")
        if isinstance(app, str) and app not in apps:
            yield _unknown((*where, "app"), f"the app {app}", "list it under apps")


def _unknown(path: Path, what: str, mend: str) -> Mistake:
    return Mistake(
        path=path,
        rule="unknown-reference",
        message=f"cannot find {what}: the inventory does not have it",
        mend=mend,
    )


# ---------------------------------------------------------------- values


def account_users(listed: Listed) -> Iterator[Mistake]:
    """Only root can run scripts as somebody else."""
    for where, item in listed.each("accounts"):
        user = lists.text(item, "user") or listed.user.name
        if user != listed.user.name and not listed.user.root:
            yield Mistake(
                path=(*where, "user"),
                rule="foreign-user",
                message=f"cannot run scripts as {user}: the server runs as {listed.user.name}, "
                "and only root can become another",
                mend="leave user out, or run the server as root",
            )


def online_versions(listed: Listed) -> Iterator[Mistake]:
    """One version of a script is online at most."""
    for where, item in listed.each("scripts"):
        online = [
            index
            for index, version in enumerate(lists.items(item, "versions"))
            if narrow.at(version, "status") == "online"
        ]
        for index in online[1:]:
            yield Mistake(
                path=(*where, "versions", index, "status"),
                rule="several-online",
                message="cannot tell what the script's id stands for: "
                f"version {online[0] + 1} is online already",
                mend="write offline for all but one",
            )


def selectors(listed: Listed) -> Iterator[Mistake]:
    """A label selector can be read."""
    for path, name in ((("groups",), "selector"), (("users", "may"), "hosts")):
        for where, item in listed.each(*path):
            read = labelselector.requirements(lists.text(item, name))
            if isinstance(read, labelselector.Fault):
                yield Mistake(
                    path=(*where, name), rule="label-selector", message=read.message, mend=read.mend
                )


def expressions(listed: Listed) -> Iterator[Mistake]:
    """The expression of a danger rule can be searched for."""
    for where, item in listed.each("danger"):
        expression = lists.text(item, "expression")
        reason = danger.fault(expression)
        if reason is not None:
            yield Mistake(
                path=(*where, "expression"),
                rule="danger-expression",
                message=f"cannot search for {shown(expression)}: {reason}",
                mend="write it in the syntax of RE2, without look-around and back-references",
            )


def callbacks(listed: Listed) -> Iterator[Mistake]:
    """A base address of callbacks is one that the platform would take itself."""
    for where, item in listed.each("callbacks"):
        reason = callbackurl.refusal(item) if isinstance(item, str) else None
        if reason is not None:
            yield Mistake(
                path=where,
                rule="callback-url",
                message=f"cannot allow callbacks there: {reason}",
                mend="write an address such as https://ci.example.org/hooks",
            )


_EVERY: tuple[Callable[[Listed], Iterator[Mistake]], ...] = (
    identities.mistakes,
    scopes,
    topology_hosts,
    grant_accounts,
    callers,
    account_users,
    online_versions,
    selectors,
    expressions,
    callbacks,
)
