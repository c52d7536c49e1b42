"""A spec, a document and a whole request: what is refused, where it says so, and in which words."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import parse, validate
from runner.canon import sha256
from runner.model import Blob, Document, Finding, Oid, Resolved, Severity, Span, Spec
from runner.rules import bodyrules
from runner.shape import conformity, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json
    from runner.model import Path as Route

_CASES = Path(__file__).parents[1] / "cases" / "requests"

GOOD = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata:
  name: restart-nginx
  labels: {team: edge}
  expires: "2028-02-29"
  formerly: [reload-nginx]
change: {reason: Pick up the certificate}
vars:
  hosts: [{bk_cloud_id: 0, ip: 10.0.0.1}]
matrix:
  zone: [sh, gz, 3]
  level: "{{ vars.levels }}"
script:
  file: scripts/restart.sh
  language: shell
  args: ["--graceful", "{{ vars.service }}", 5, true]
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: root
  timeout: "{{ vars.timeout }}"
  execute_target:
    host_list: "{{ vars.hosts[matrix.zone] }}"
  rolling_config: {expression: "1 10% 100%", mode: pause_on_failure}
"""


def _spec(text: str) -> Spec:
    content = text.encode()
    blob = Blob(path="specs/a.yaml", oid=Oid("0" * 40), sha256=sha256(content), content=content)
    spec = parse.spec(blob).value
    assert spec is not None
    return spec


def _document(text: str) -> Document:
    return _spec(dedent(text)).document


def _bare(tree: Json) -> Document:
    return Document(file="x.yaml", tree=tree, values={(): Span(1, 1, 1, 1)}, keys={})


def _told(findings: tuple[Finding, ...]) -> list[str]:
    return [
        f"{finding.place.span.line}:{finding.place.span.column} {finding.rule} {finding.message}"
        f" -> {finding.mend}"
        for finding in findings
    ]


def _changed(old: str, new: str) -> list[str]:
    """Return what is told about the good spec with one piece of its text replaced."""
    assert old in GOOD
    return _told(validate.spec(_spec(GOOD.replace(old, new, 1))))


# ---------------------------------------------------------------- specs


def test_good_spec() -> None:
    """A spec of the documented form has no findings."""
    assert validate.spec(_spec(GOOD)) == ()


_MISTAKES: list[dict[str, str]] = json.loads(
    (_CASES.parent / "validate" / "mistakes.json").read_text("utf-8")
)


@pytest.mark.parametrize("case", _MISTAKES, ids=[case["name"] for case in _MISTAKES])
def test_one_mistake(case: dict[str, str]) -> None:
    """One mistake in a spec is one finding, at its line and column, with its mend."""
    assert _changed(case["old"], case["new"]) == [f"{case['told']} -> {case['mend']}"]


def test_script_is_no_mapping() -> None:
    """Of a script that is no mapping only that is told, not which keys it lacks."""
    start, end = GOOD.index("script:"), GOOD.index("request:")
    told = _told(validate.spec(_spec(GOOD[:start] + "script: 5\n" + GOOD[end:])))
    assert told == [
        "14:9 wrong-type cannot take 5 as script: it must be a mapping -> write a mapping"
    ]


def test_all_at_once() -> None:
    """Every mistake of a spec is told in one run, in the order of the text."""
    text = GOOD.replace("jobgate/v1", "v1").replace("name:", "nam:").replace("biz\n", "buz\n")
    lines = [finding.place.span.line for finding in validate.spec(_spec(text))]
    assert lines == [1, 4, 4, 19]


@pytest.mark.parametrize(
    "field",
    [
        "script_content",
        "script_id",
        "script_version_id",
        "script_param",
        "script_language",
        "param_sensitive",
        "start_task",
    ],
)
def test_reserved_fields(field: str) -> None:
    """A field that jobgate sets is refused at its key, and the mend says where it goes."""
    (finding,) = validate.spec(_spec(f"{GOOD}  {field}: 1\n"))
    assert finding.rule == "reserved-field"
    assert finding.place.pointer == f"/request/{field}"
    assert "script." in finding.mend or field == "start_task"


def test_reserved_elsewhere() -> None:
    """A field of that name in another place is an unknown key like any other."""
    (finding,) = validate.spec(_spec(GOOD.replace("reason:", "start_task:")))
    assert finding.rule == "unknown-key"


def test_key_without_a_place() -> None:
    """Where a document has no span for a key, the finding points to what is nearest."""
    (finding,) = validate.document(_bare({"a": {"b": ["\ud800"]}}), "vars.v1")
    assert (finding.rule, finding.place.span) == ("lone-surrogate", Span(1, 1, 1, 1))


# ---------------------------------------------------------------- other documents


def test_policy() -> None:
    """A policy with one platform, one person and a clause has no findings."""
    policy = _document(
        """\
        apiVersion: jobgate/v1
        kind: Policy
        platforms:
          local: {type: embedded, paths: ["specs/**"]}
          far: {type: bkjob, url: "https://bkapi.example.org/api/bk-job", tenant: default}
        people:
          alice: {emails: [alice@example.org], keys: ["ssh-ed25519 AAAA alice"]}
        clauses:
          - name: production
            when: {paths: ["specs/prod/**"]}
            approvals: {count: 2, from: [alice, bob]}
        """
    )
    assert validate.document(policy, "policy.v1") == ()


@pytest.mark.parametrize(
    "credentials",
    [
        "{access_token: {env: TOKEN}}",
        "{access_token: {file: /run/secrets/token}}",
        "{bk_app_secret: {env: S}, bk_token: {env: T}}",
        "{bk_app_secret: {env: S}, bk_ticket: {file: /t}}",
        "{bk_app_secret: {env: S}, bk_username: deploy}",
    ],
)
def test_policy_credentials(credentials: str) -> None:
    """An application with its user in one of three ways, or a token for both."""
    assert _credentials(credentials) == []


@pytest.mark.parametrize(
    ("credentials", "told"),
    [
        ("{}", "one-of"),
        ("{bk_app_secret: {env: S}}", "one-of"),
        ("{bk_username: deploy}", "one-of"),
        ("{bk_app_secret: {env: S}, bk_token: {env: T}, bk_username: deploy}", "one-of"),
        ("{bk_app_secret: {env: S}, access_token: {env: T}}", "one-of"),
        ("{access_token: {env: T}, bk_username: deploy}", "one-of"),
        ("{access_token: {env: T}, bk_token: {env: T}}", "one-of"),
        ("{access_token: {}}", "one-of"),
        ("{access_token: {env: T, file: /t}}", "one-of"),
        ("{access_token: {env: 1T}}", "wrong-form"),
        ("{access_token: {file: secrets/token}}", "wrong-form"),
        ("{access_token: the-token-itself}", "wrong-type"),
        ('{bk_app_secret: {env: S}, bk_username: "a b"}', "wrong-form"),
        ("{access_tokn: {env: T}}", "unknown-key"),
    ],
)
def test_policy_credentials_that_are_none(credentials: str, told: str) -> None:
    """What opens nothing, or mixes two ways, is found; a secret itself has no place there."""
    assert told in _credentials(credentials)


def _credentials(text: str) -> list[str]:
    policy = _document(
        f"""\
        apiVersion: jobgate/v1
        kind: Policy
        platforms:
          far: {{type: bkjob, url: "https://x.example.org", credentials: {text}}}
        people: {{alice: {{}}}}
        """
    )
    return [finding.rule for finding in validate.document(policy, "policy.v1")]


def test_policy_mistakes() -> None:
    """What a policy lacks, and what only a later one may say, is told."""
    policy = _document(
        """\
        apiVersion: jobgate/v1
        kind: Policy
        platforms:
          far: {type: bkjob}
        people: {}
        clauses:
          - name: production
            when: {paths: ["specs/prod/**"], nobody: {a: b}}
            approvals: {count: 0}
        windows: []
        """
    )
    assert _told(validate.document(policy, "policy.v1")) == [
        "4:8 missing-key cannot leave out url: it is needed -> add url",
        (
            "5:9 wrong-count cannot take an empty mapping as people: it must be a mapping of at"
            " least 1 key -> write a mapping of at least 1 key"
        ),
        (
            "8:38 unknown-key cannot use the key nobody: it is not known here"
            " -> remove it; known here are expression, labels, paths, platforms, scopes"
        ),
        (
            "9:24 out-of-range cannot take 0 as count: it must be a whole number from 1 to 100"
            " -> write a whole number from 1 to 100"
        ),
        (
            "10:1 unknown-key cannot use the key windows: it is not known here"
            " -> remove it; known here are apiVersion, approvals_last, break_glass, clauses, forge,"
            " kind, people, platforms, runners, secrets, teams"
        ),
    ]


def test_variables() -> None:
    """Variables are any tree whose root is a mapping."""
    assert validate.document(_document("a: {b: [1, null, true, {c: x}]}"), "vars.v1") == ()
    (finding,) = validate.document(_bare(["a"]), "vars.v1")
    assert finding.message == "cannot take a list of 1 as the document: it must be a mapping"


def test_inventory() -> None:
    """An inventory names scopes, hosts and accounts; its hosts are local."""
    text = """\
        apiVersion: jobgate/v1
        kind: Inventory
        scopes: [{type: biz, id: "2", name: demo}]
        hosts: [{id: 1, cloud: 0, ip: 127.0.0.1, connection: local}]
        accounts: [{id: 1, alias: root, user: nobody}]
        """
    assert validate.document(_document(text), "inventory.v1") == ()
    (finding,) = validate.document(_document(text.replace("local}", "ssh}")), "inventory.v1")
    assert finding.mend == "write one of local"


# ---------------------------------------------------------------- bounds of checking


def test_deep_tree() -> None:
    """A tree that is nested beyond reason is one finding, not a crash."""
    tree: Json = 1
    for _ in range(100_000):
        tree = {"a": tree}
    (finding,) = validate.document(_bare(tree), "vars.v1")
    assert finding.rule == "too-deep"


def test_huge_number() -> None:
    """A number beyond all bounds is out of range, and told by its size."""
    tree = _spec(GOOD).document.tree
    assert isinstance(tree, dict)
    assert isinstance(tree["request"], dict)
    changed: Json = {**tree, "request": {**tree["request"], "timeout": 10**5000}}
    (finding,) = validate.document(_bare(changed), "job-spec.v1")
    assert finding.rule == "out-of-range"
    assert "a very large number" in finding.message


def test_half_a_character() -> None:
    """Text that no encoding can write is told where it is, in values and in keys."""
    tree: Json = {"a": ["x", {"b": "\ud800"}], "c": {"\udfff": 1}}
    found = validate.document(_bare(tree), "vars.v1")
    assert [(finding.rule, finding.place.pointer) for finding in found] == [
        ("lone-surrogate", "/a/1/b"),
        ("lone-surrogate", "/c"),
    ]


def test_stricter_validator_counts() -> None:
    """Where only the deciding validator refuses, its own words are told."""
    schema: dict[str, Json] = {"properties": {"a": {"pattern": "^x$"}}}
    decider = jsonschema_rs.Draft202012Validator(schema)
    (mistake,) = conformity.against(schema, decider, {"a": "x\n"})
    assert (mistake.path, mistake.rule) == (("a",), "schema")


def test_other_keywords() -> None:
    """A keyword, or a shape, that the published schemas do not use has words too."""
    (mistake,) = explain.mistakes({"multipleOf": 2}, 3)
    assert mistake.rule == "schema"
    assert mistake.message == "cannot take 3 as the document: it must be what the schema says"
    (mistake,) = explain.mistakes({"type": "integer"}, [1])
    assert mistake.mend == "write a whole number"
    (mistake,) = explain.mistakes({"items": {"type": "string", "maxLength": 2}}, ["abc"])
    assert mistake.message == (
        "cannot take 'abc' as the document[0]: it must be text of at most 2 characters"
    )
    (mistake,) = explain.mistakes({"type": "array", "maxItems": 2}, [1, 2, 3])
    assert mistake.mend == "write a list of at most 2 items"
    (mistake,) = explain.mistakes({"dependentRequired": {"a": ["b"], "c": ["c", "d"]}}, {"c": 1})
    assert mistake.message == "cannot leave out d: c needs it"
    (mistake,) = explain.mistakes({"type": "string"}, json.loads("1.5"))
    assert "1.5" in mistake.message


# ---------------------------------------------------------------- requests


def _cases() -> Iterator[tuple[str, dict[str, Json], dict[str, Json]]]:
    for path in sorted(_CASES.glob("*.json")):
        listing = json.loads(path.read_text("utf-8"))
        for case in listing["cases"]:
            yield f"{path.stem}: {case['name']}", listing["base"], case


def _body(base: dict[str, Json], case: dict[str, Json]) -> dict[str, Json]:
    changes, removed, hosts = case["set"], case["remove"], case.get("hosts", 0)
    assert isinstance(changes, dict)
    assert isinstance(removed, list)
    assert isinstance(hosts, int)
    body = {key: value for key, value in {**base, **changes}.items() if key not in removed}
    if hosts:
        body["execute_target"] = {"host_list": [{"bk_host_id": n + 1} for n in range(hosts)]}
    return body


def _resolved(body: dict[str, Json], origins: dict[Route, Route] | None = None) -> Resolved:
    return Resolved(body=body, script=None, used=(), origins=origins or {})


_ALL = list(_cases())


@pytest.mark.parametrize(("base", "case"), [a[1:] for a in _ALL], ids=[a[0] for a in _ALL])
def test_platform_cases(base: dict[str, Json], case: dict[str, Json]) -> None:
    """What the platform refuses we refuse, what it takes we take; each other case has a reason."""
    found = validate.body(_bare(_body(base, case)))
    refused = {finding.rule for finding in found if finding.severity is Severity.ERROR}
    rules = case["refused_by"]
    assert isinstance(rules, list)
    assert refused == set(rules)
    assert all(finding.mend and finding.message.startswith("cannot ") for finding in found)
    assert "why" in case or (case["platform"] == 200) == (not refused)


def _base() -> dict[str, Json]:
    return _body(_ALL[0][1], {"set": {}, "remove": []})


def test_origins() -> None:
    """A finding about the body stands at the value of the spec that it was made from."""
    target: Json = {"host_list": [{"bk_cloud_id": 0, "ip": "10.0.0.256"}]}
    body = {**_base(), "script_content": "?", "timeout": 0, "execute_target": target}
    origins: dict[Route, Route] = {("script_content",): ("script", "file")}
    found = validate.request(_spec(GOOD), _resolved(body, origins))
    assert [(f.place.span.line, f.place.pointer, f.rule) for f in found] == [
        (15, "/script/file", "strict-base64"),
        (22, "/request/timeout", "out-of-range"),
        (24, "/request/execute_target/host_list/0/ip", "wrong-form"),
    ]


@pytest.mark.parametrize("lost", [["script_content"], ["script_language"]])
def test_what_resolving_could_not_make(lost: list[Json]) -> None:
    """A script or a language that could not be found was told of before, and is not told again."""
    body = _body(_ALL[0][1], {"set": {}, "remove": lost})
    assert validate.request(_spec(GOOD), _resolved(body)) == ()
    assert validate.body(_bare(body)) != ()


def test_body_of_no_shape() -> None:
    """A body that is no mapping, and a list of no mappings, are told as such."""
    (finding,) = validate.body(_bare([]))
    assert finding.message == "cannot take an empty list as the document: it must be a mapping"
    (finding,) = validate.body(_bare({**_base(), "execute_target": {"host_list": [5]}}))
    assert finding.message == "cannot take 5 as host_list[0]: it must be a mapping"


def test_rule_wins() -> None:
    """Where a rule and the schema complain about one value, the rule is told."""
    (finding,) = validate.request(_spec(GOOD), _resolved({**_base(), "task_name": "x" * 600}))
    assert finding.message == (
        "cannot name the job so: the name has 600 UTF-16 units, of at most 432 (80 of the"
        " platform's 512 hold the key)"
    )


@pytest.mark.parametrize(
    ("size", "more", "rules"),
    [
        (48_128, {"param_sensitive": True}, []),
        (48_129, {"param_sensitive": True}, ["param-too-large"]),
        (65_535, {}, []),
        (65_536, {"param_sensitive": False}, ["param-too-large"]),
    ],
)
def test_parameter_sizes(size: int, more: dict[str, Json], rules: list[str]) -> None:
    """A parameter is measured decoded, and a sensitive one has less room."""
    body = {**_base(), "script_param": _encoded(size), **more}
    found = validate.request(_spec(GOOD), _resolved(body))
    assert [finding.rule for finding in found] == rules


@pytest.mark.parametrize(("size", "rules"), [(16_777_215, []), (16_777_216, ["script-too-large"])])
def test_script_size(size: int, rules: list[str]) -> None:
    """A script is measured decoded."""
    found = validate.request(_spec(GOOD), _resolved({**_base(), "script_content": _encoded(size)}))
    assert [finding.rule for finding in found] == rules


def _encoded(size: int) -> str:
    whole, rest = divmod(size, 3)
    return "YWFh" * whole + {0: "", 1: "YQ==", 2: "YWE="}[rest]


def test_warnings() -> None:
    """What the platform takes but does not look at, or does not document, is a warning."""
    body: dict[str, Json] = {
        **_base(),
        "script_id": "x",
        "script_version_id": 1,
        "account_id": 1,
        "execute_target": {"topo_node_list": [{"id": 1, "node_type": "modul"}]},
    }
    found = validate.request(_spec(GOOD), _resolved(body))
    assert {finding.severity for finding in found} == {Severity.WARNING}
    assert [(finding.place.pointer, finding.rule) for finding in found] == [
        ("/request/script_content", "shadowed-field"),
        ("/request/script_id", "shadowed-field"),
        ("/request/account_alias", "shadowed-field"),
        ("/request/execute_target/topo_node_list/0/node_type", "undocumented-node-type"),
    ]


@pytest.mark.parametrize(
    ("target", "hits"),
    [
        ({"dynamic_group_list": [{"id": "g"}]}, []),
        ({"host_list": [{"bk_host_id": n} for n in range(1, 600)]}, ["too-many-batches"]),
    ],
)
def test_batches_that_can_be_counted(target: Json, hits: list[str]) -> None:
    """Batches are counted where the hosts are known; else the expression alone is judged."""
    rolls: Json = {"expression": "1"}
    body = {**_base(), "execute_target": target, "rolling_config": rolls}
    assert [f.rule for f in validate.request(_spec(GOOD), _resolved(body))] == hits


def test_huge_body_numbers() -> None:
    """Numbers beyond all bounds in a body end in findings about them."""
    hosts: Json = [{"bk_host_id": 10**5000}, {"bk_cloud_id": -(10**5000), "ip": "1.1.1.1"}]
    waits: Json = {"expression": "1", "execution_mode": 2, "batch_start_wait_fixed_ms": 1}
    assert isinstance(waits, dict)
    for bound in ("min", "max"):
        waits[f"batch_start_wait_random_{bound}_ms"] = 10**5000
    body = {**_base(), "execute_target": {"host_list": hosts}, "rolling_config": waits}
    found = validate.request(_spec(GOOD), _resolved(body))
    assert {finding.rule for finding in found} == {"out-of-range"}


def test_every_rule_is_documented() -> None:
    """Every rule about bodies says what it holds, and finds nothing in an empty body."""
    for rule in bodyrules.RULES:
        assert rule.__doc__, rule
    assert list(bodyrules.mistakes({}, own=True)) == []


def test_explaining_is_imported_late() -> None:
    """The slow validator is imported only when something must be explained."""
    program = (
        "import sys; from runner.shape import conformity; tree = {'a': 1};"
        "assert not conformity.mistakes('vars.v1', tree) and 'jsonschema' not in sys.modules;"
        "assert conformity.mistakes('vars.v1', [tree]) and 'jsonschema' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
