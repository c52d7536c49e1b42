"""Inventory files: what they say, everything that is wrong with one, and which is in force."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import jsonschema_rs
import pytest

from runner import narrow, published, requests
from runner.errors import FindingsError, PlatformError
from runner.model import Json, Severity
from runner.report import marked
from runner.server import inventory, inventoryfile, inventorytree
from runner.server.callers import Grant, Permission
from runner.server.scripts import Action, Level, ScriptStatus
from tests import inventories
from tests.bench.specs import Size
from tests.inventories import HOME, SETS
from tests.node import instances

CASES = Path(__file__).parents[1] / "cases" / "inventory"
OPS = inventories.USER
ROOT = inventory.User(name="root", home="/root", root=True)
THIRD = ("biz", "3")
# What the schema cannot say.
RULES = {
    "callback-url",
    "crlf-in-script",
    "danger-expression",
    "foreign-user",
    "identity-taken",
    "label-selector",
    "missing-file",
    "nul-in-script",
    "several-online",
    "unknown-reference",
}
LEAST = (CASES / "good" / "least.yaml").read_text("utf-8")


def _file(folder: Path, text: str) -> Path:
    file = folder / "inventory.yaml"
    file.write_text(text)
    return file


# ---------------------------------------------------------------- what a file says


def test_a_file_says_whom_scripts_run_on() -> None:
    """Scopes, hosts, groups, topology and accounts, with few defaults."""
    known = inventoryfile.load(CASES / "good" / "whole.yaml", OPS)
    first, second, third = known.hosts.values()

    assert [*known.scopes] == [HOME, THIRD, SETS]
    assert known.scopes[SETS].name == "all of it"
    assert (first.name, first.labels, first.scopes) == ("web-1", {"app": "web", "zone": "sh"}, None)
    assert (second.cloud, second.connection, second.scopes) == (0, "local", frozenset({HOME}))
    assert known.addresses[7, "10.0.0.1"] is third
    assert third.id == 2**63 - 1
    assert known.groups[HOME, "web"].selector == inventories.selector("app=web, zone in (sh,gz)")
    assert known.groups[HOME, "web"].name == "All of the web"
    nodes = {key[1:]: node.hosts for key, node in known.nodes.items() if key[0] == HOME}
    assert nodes == {
        ("set", 10): (second, first),
        ("module", 100): (second, first),
        ("module", 101): (first,),
        ("module", 102): (),
        ("set", 11): (),
    }
    accounts = [(each.alias, each.user, each.scopes) for each in known.accounts.values()]
    assert accounts == [
        ("operator", "ops", None),
        ("web", "ops", frozenset({HOME})),
        ("web", "ops", frozenset({THIRD})),
    ]


def test_a_file_says_what_may_run() -> None:
    """Scripts in their text or in files beside it, dangers, and where callbacks may go."""
    known = inventoryfile.load(CASES / "good" / "whole.yaml", OPS)
    clean, report = known.scripts.values()

    assert (clean.scope, clean.language) == (None, 1)
    assert (report.scope, report.language) == (HOME, 4)
    assert [version.content for version in clean.versions] == [b"echo 1\n", b"echo clean\n"]
    assert report.versions[0].content == "print('é')\r\n".encode()
    assert [version.status for version in known.versions.values()] == [
        ScriptStatus.OFFLINE,
        ScriptStatus.ONLINE,
        ScriptStatus.DRAFT,
    ]
    rm, curl = known.dangers
    assert (rm.languages, rm.action, rm.level) == (frozenset({1, 2}), Action.INTERCEPT, Level.FATAL)
    assert (curl.languages, curl.action, curl.level) == (
        frozenset(requests.LANGUAGES.values()),
        Action.SCAN,
        Level.WARN,
    )
    assert known.callbacks == ("https://ci.example.org/hooks", "http://[::1]:8080/")


def test_a_file_says_who_may_use_it() -> None:
    """Apps with what they are trusted with, users with their tokens and grants."""
    known = inventoryfile.load(CASES / "good" / "whole.yaml", OPS)
    alice, bob = known.members.values()

    assert (known.apps["ci"].trusted, known.apps["ci"].system) == (frozenset({"alice", "*"}), True)
    assert (known.apps["lab"].trusted, known.apps["lab"].system) == (frozenset(), False)
    assert [known.tokens[token] for token in alice.tokens] == [alice, alice]
    (token,) = known.access_tokens.values()
    assert (token.app, token.user) == ("ci", "alice")
    assert alice.may == (
        Grant(scope=HOME, actions=frozenset(Permission), accounts=frozenset({"*"})),
        Grant(
            scope=THIRD,
            actions=frozenset({Permission.EXECUTE}),
            accounts=frozenset({"web", "operator"}),
            hosts=inventories.selector("app=web"),
        ),
    )
    assert (bob.password, bob.tokens, bob.access_tokens, bob.may) == ("", (), (), ())


def test_what_is_left_out_is_not_there() -> None:
    """Nobody may use it from elsewhere, and every callback is taken, as on the platform."""
    known = inventoryfile.load(CASES / "good" / "least.yaml", OPS)

    assert known == inventory.indexed(
        inventory.Contents(scopes=(inventory.Scope(type="biz", id="2"),), hosts=(), accounts=())
    )
    assert known.callbacks is None


def test_root_can_be_anybody(tmp_path: Path) -> None:
    """Only a server that runs as root can run scripts as another user."""
    file = _file(
        tmp_path, LEAST.replace("accounts: []", "accounts: [{id: 1, alias: a, user: nobody}]")
    )

    assert inventoryfile.load(file, ROOT).accounts[1].user == "nobody"
    with pytest.raises(FindingsError):
        inventoryfile.load(file, OPS)


# ---------------------------------------------------------------- what is wrong


@pytest.mark.parametrize("name", sorted(path.stem for path in (CASES / "bad").glob("*.yaml")))
def test_everything_that_is_wrong_is_told(name: str) -> None:
    """Each at its place and by its rule, in the order of the text, and with a mend."""
    expected = (CASES / "bad" / f"{name}.expected").read_text("utf-8").splitlines()
    with pytest.raises(FindingsError) as raised:
        inventoryfile.load(CASES / "bad" / f"{name}.yaml", OPS)
    found = raised.value.findings

    assert [f"{each.place.span.line}:{each.place.span.column} {each.rule}" for each in found] == [
        " ".join(line.split(" ")[:2]) for line in expected
    ]
    for each, line in zip(found, expected, strict=True):
        assert line.split(" ", 2)[2] in f"{each.message}; {each.mend}"
        assert each.mend
        assert each.severity is Severity.ERROR


def test_findings_are_shown_with_their_lines() -> None:
    """The error has the file, so that each is marked in its line."""
    with pytest.raises(FindingsError) as raised:
        inventoryfile.load(CASES / "bad" / "accounts.yaml", OPS)

    assert "{id: 2, alias: b, user: root}" in marked.findings(
        raised.value.findings, raised.value.sources
    )


def test_a_secret_in_plain_text_is_not_shown() -> None:
    """Neither by a message nor by the line that it stands in."""
    with pytest.raises(FindingsError) as raised:
        inventoryfile.load(CASES / "bad" / "hidden.yaml", OPS)
    error = raised.value

    assert "hunter2" not in marked.findings(error.findings, error.sources) + str(error)
    assert all("hash-secret" in each.mend for each in error.findings)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """The path stands in the message."""
    with pytest.raises(PlatformError, match=r"none\.yaml: No such file"):
        inventoryfile.load(tmp_path / "none.yaml", OPS)


def test_an_inventory_may_be_large(tmp_path: Path) -> None:
    """Larger than a spec may be: a site has more hosts than a job has lines."""
    hosts = "".join(
        f"- {{id: {number}, ip: 10.0.{number >> 8}.{number & 255}, name: 'host {number}'}}\n"
        f"{'#' * 120}\n"
        for number in range(1, 8_001)
    )
    file = _file(tmp_path, LEAST.replace("hosts: []\n", f"hosts:\n{hosts}"))

    assert file.stat().st_size > 1024 * 1024
    assert len(inventoryfile.load(file, OPS).hosts) == 8_000


SCRIPT = """\
scripts:
- {id: s, name: S, language: python, versions: [{id: 1, version: a, status: draft, file: s.py}]}
"""


def test_a_script_file_may_be_a_link_that_stays_below(tmp_path: Path) -> None:
    """One that leads out of the folder is refused, and one of another kind does not block."""
    folder = tmp_path / "site"
    folder.mkdir()
    file = _file(folder, LEAST + SCRIPT)
    script = folder / "s.py"
    (folder / "real.py").write_text("print(1)\n")
    (tmp_path / "out.py").write_text("print(2)\n")

    def rule() -> str:
        with pytest.raises(FindingsError) as raised:
            inventoryfile.load(file, OPS)
        (finding,) = raised.value.findings
        script.unlink()
        return finding.rule

    script.symlink_to("real.py")
    assert inventoryfile.load(file, OPS).versions[1].content == b"print(1)\n"
    script.unlink()
    script.symlink_to("../out.py")
    assert rule() == "path-escape"
    script.symlink_to("s.py")
    assert rule() == "missing-file"
    os.mkfifo(script)
    assert rule() == "not-a-file"
    script.write_bytes(b"\xff")
    assert rule() == "not-utf8"
    script.write_bytes(b"#" * 16_777_216)
    assert rule() == "script-too-large"


# ---------------------------------------------------------------- schema and loader


def test_the_loader_agrees_with_the_schema(tmp_path: Path) -> None:
    """What the schema refuses is refused, with its place; what it takes is read, or a rule broken.

    Nothing makes the loader fail in any other way.
    """
    schema = published.schema("inventory.v1")
    valid = jsonschema_rs.Draft202012Validator(schema).is_valid
    outcomes = {"loaded": 0, "ruled out": 0, "refused": 0}
    for document in instances.instances(schema, Size(count=400, seed=11), valid):
        text = json.dumps(document)
        if "\\ud" in text:  # YAML has no such halves of a character
            continue
        try:
            known = inventoryfile.load(_file(tmp_path, text), OPS)
        except FindingsError as error:
            told = {each.rule for each in error.findings}
            outcomes["ruled out" if valid(document) else "refused"] += 1
            assert told & RULES if valid(document) else told - RULES
        else:
            outcomes["loaded"] += 1
            assert valid(document)
            assert known.scopes

    assert min(outcomes.values()) > 10, outcomes


def test_what_nobody_has_vouched_for_is_a_bug() -> None:
    """A tree in which the rules would have found something is not read as if they had not."""
    tree: Json = {"groups": [{"id": "g", "scope": "biz/2", "selector": "="}]}
    with pytest.raises(TypeError, match="not a selector"):
        inventorytree.contents(tree, OPS, {})


# ---------------------------------------------------------------- its page

PAGE = (Path(__file__).parents[2] / "docs/reference/inventory.md").read_text("utf-8")


def test_the_page_shows_an_inventory_that_can_be_used(tmp_path: Path) -> None:
    """The whole example of the reference is right."""
    (example,) = re.findall(
        r"<!-- inventory -->\n```yaml\n(.*?)```\n<!-- /inventory -->", PAGE, re.DOTALL
    )
    known = inventoryfile.load(_file(tmp_path, example), OPS)

    assert known.members["alice"].may


def test_the_page_names_every_part_of_an_inventory() -> None:
    """Each key of the document's root stands in a table or a section of its own."""
    named = set(re.findall(r"`(\w+)`", PAGE))
    root = narrow.mapping(published.schema("inventory.v1"), "properties")

    assert root.keys() - named == {"apiVersion", "kind"}


# ---------------------------------------------------------------- in force


def test_a_file_comes_into_force_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    """A valid one is taken when asked; an invalid one is told, and the old one stays."""
    file = _file(tmp_path, LEAST)
    holder = inventoryfile.Holder(file, OPS)
    first = holder()
    file.write_text(LEAST.replace("hosts: []", "hosts: [{id: 1, ip: 10.0.0.1}]"))
    assert holder() is first
    holder.reload()
    second = holder()
    assert [*second.hosts] == [1]

    file.write_text(LEAST.replace("hosts: []", "hosts: [{id: 1}]"))
    with pytest.raises(FindingsError) as raised:
        holder.reload()
    assert raised.value.findings[0].rule == "missing-key"
    file.unlink()
    with pytest.raises(PlatformError):
        holder.reload()
    assert holder() is second


def test_without_a_file_the_built_in_one_is_in_force() -> None:
    """It stays when it is to be read again."""
    holder = inventoryfile.Holder(None, OPS)
    holder.reload()

    assert holder() == inventory.built_in(OPS)
