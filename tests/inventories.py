"""An inventory with something of each kind in it, for tests of what a server knows and admits."""

from __future__ import annotations

from runner import labelselector
from runner.server import inventory, passwords
from runner.server.callers import AccessToken, App, Grant, Member, Permission
from runner.server.inventory import Account, Contents, Group, Host, Inventory, Node, Scope, User
from runner.server.scripts import Action, Danger, Level, Script, ScriptStatus, Version

SHELL, PYTHON = 1, 4
USER = User(name="ops", home="/home/ops")
HOME, FAR, SETS = ("biz", "2"), ("biz", "1"), ("biz_set", "9000001")
BULK = 1_000  # host BULK + n is the nth of many
_QUICK = passwords.Cost(n=2, r=1, p=1)


def hashed(secret: str) -> str:
    """Return the line of a secret, made cheaply; one secret has one line."""
    salt = secret.encode().ljust(passwords.SALT)[: passwords.SALT]
    return passwords.line(secret, salt, _QUICK)


def selector(text: str) -> tuple[labelselector.Requirement, ...]:
    """Return the requirements of a selector that can be read."""
    read = labelselector.requirements(text)
    assert not isinstance(read, labelselector.Fault)
    return read


def known(bulk: int = 0) -> Inventory:
    """Return the inventory, with `bulk` more hosts without labels."""
    hosts = (*_HOSTS, *(_one_of_many(number) for number in range(1, bulk + 1)))
    first, second, third, _ = _HOSTS
    return inventory.indexed(
        Contents(
            scopes=tuple(Scope(type=kind, id=number) for kind, number in (HOME, FAR, SETS)),
            hosts=hosts,
            accounts=(
                Account(id=1, alias="root", user="ops"),
                Account(id=2, alias="web", user="ops"),
                Account(id=3, alias="far", user="ops", scopes=frozenset({FAR})),
            ),
            groups=tuple(
                Group(id=name, scope=HOME, selector=selector(text))
                for name, text in (("web", "app=web"), ("mail", "app=mail"), ("any", "!gone"))
            ),
            nodes=(
                Node(type="set", id=1, scope=HOME, hosts=(third, second)),
                Node(type="module", id=1, scope=HOME, hosts=(second, first)),
            ),
            scripts=_SCRIPTS,
            dangers=(MKFS,),
            callbacks=("https://ci.example.org/hooks/",),
            apps=(
                App(code="ci", secret=hashed("ci-secret"), trusted=frozenset({"bob"})),
                App(code="lab", secret=hashed("lab-secret"), trusted=frozenset({"*"})),
                App(code="core", secret=hashed("core-secret"), system=True),
            ),
            members=_MEMBERS,
        )
    )


def _host(number: int, cloud: int, ip: str, **labels: str) -> Host:
    return Host(id=number, cloud=cloud, ip=ip, connection="local", labels=labels)


def _one_of_many(number: int) -> Host:
    ip = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    scopes = frozenset({HOME})
    return Host(id=BULK + number, cloud=1, ip=ip, connection="local", scopes=scopes)


_HOSTS = (
    _host(1, 0, "10.0.0.1", app="web"),
    _host(2, 0, "10.0.0.2", app="db"),
    _host(3, 5, "10.0.0.1", app="web", zone="sh"),
    Host(
        id=998,
        cloud=0,
        ip="10.0.9.98",
        connection="local",
        labels={"app": "web"},
        scopes=frozenset({FAR}),
    ),
)
MKFS = Danger(
    expression="mkfs",
    languages=frozenset({SHELL, PYTHON}),
    action=Action.INTERCEPT,
    level=Level.FATAL,
    description="makes a file system anew",
)


def _script(name: str, scope: tuple[str, str] | None, *versions: tuple[int, str, str]) -> Script:
    return Script(
        id=name,
        name=f"Script {name}",
        scope=scope,
        language=PYTHON,
        versions=tuple(
            Version(
                id=number,
                script=name,
                name=f"{number}.0",
                status=ScriptStatus[status.upper()],
                content=text.encode(),
            )
            for number, status, text in versions
        ),
    )


_SCRIPTS = (
    _script(
        "tidy",
        None,
        (4, "draft", "print(4)\n"),
        (5, "offline", "print(5)\n"),
        (6, "online", "print(6)\n"),
        (7, "disabled", "print(7)\n"),
    ),
    _script("far", FAR, (8, "online", "print(8)\n")),
    _script("asleep", HOME, (9, "offline", "print(9)\n")),
    _script("wild", HOME, (10, "online", "import os\nos.execvp('mkfs', ['mkfs'])\n")),
)
_EVERYTHING = frozenset(Permission)
_EXECUTE = frozenset({Permission.EXECUTE})
_MEMBERS = (
    Member(
        name="alice",
        password=hashed("alice-password"),
        tokens=(hashed("alice-token"),),
        access_tokens=(AccessToken(app="ci", user="alice", token=hashed("alice-access")),),
        may=(Grant(scope=HOME, actions=_EVERYTHING, accounts=frozenset({"*"})),),
    ),
    Member(
        name="bob",
        tokens=(hashed("bob-token"), hashed("bob-ticket")),
        access_tokens=(
            AccessToken(app="core", user="bob", token=hashed("bob-access")),
            AccessToken(app="gone", user="bob", token=hashed("bob-lost")),
        ),
        may=(
            Grant(scope=HOME, actions=frozenset({Permission.VIEW})),
            Grant(
                scope=HOME,
                actions=_EXECUTE,
                accounts=frozenset({"web"}),
                hosts=selector("app=web"),
            ),
            Grant(
                scope=HOME,
                actions=_EXECUTE,
                accounts=frozenset({"web", "root"}),
                hosts=selector("app=db"),
            ),
        ),
    ),
    Member(name="carol", may=(Grant(scope=FAR, actions=_EVERYTHING, accounts=frozenset({"*"})),)),
)
