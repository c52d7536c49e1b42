"""Secrets from a spec to its job: where they may stand, and what the job is then."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from runner import secretparts
from runner.model import Secret, Severity
from runner.pipeline import wanted
from tests import fragments
from tests.fragments import Files

if TYPE_CHECKING:
    from runner.model import Finding, Job, Json

POLICY = (
    fragments.FILES["jobgate.yaml"]
    + """\
secrets:
  db: {env: DB_PASSWORD, platforms: [local], paths: ["specs/**"]}
  hook: {file: /run/hook, platforms: ["*"], paths: ["specs/web/*.yaml"]}
  lab: {env: LAB, platforms: [local], paths: ["specs/lab/**"]}
"""
)
SCRIPT = "script: {file: scripts/restart.sh, sensitive: true, args: %s}\n"
HEAD = "apiVersion: jobgate/v1\nkind: ScriptJob\nmetadata: {name: restart}\n"
REQUEST = """\
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: root
  execute_target: {host_list: [{bk_cloud_id: 0, ip: 10.0.0.1}]}
"""


def made(
    text: str, *, policy: str = POLICY, files: dict[str, str] | None = None
) -> tuple[tuple[Job, ...], tuple[Finding, ...]]:
    """Return the jobs of a tree with one spec, and what is wrong with it."""
    whole = {**fragments.FILES, "jobgate.yaml": policy, **(files or {}), fragments.SPEC: text}
    checked = wanted.wanted(Files(whole))
    return (() if checked.value is None else checked.value.jobs), checked.findings


def job(text: str, *, policy: str = POLICY) -> Job:
    """Return the one job of a spec in which nothing is wrong."""
    (only,), findings = made(text, policy=policy)
    assert [each for each in findings if each.severity is Severity.ERROR] == []
    return only


def found(text: str, files: dict[str, str] | None = None) -> list[tuple[str, str, int]]:
    """Return rule, pointer and line of all that is wrong with a spec."""
    return [
        (each.rule, each.place.pointer, each.place.span.line) for each in made(text, files=files)[1]
    ]


def with_args(args: str) -> str:
    """Return a spec whose script has these arguments."""
    return HEAD + SCRIPT % args + REQUEST


def with_request(more: str) -> str:
    """Return a spec with more lines under `request`."""
    return HEAD + SCRIPT % "[]" + REQUEST + more


def test_arguments() -> None:
    """Arguments with secrets stand in the body as parts, all others as text."""
    given = job(
        with_args("""["-v", "a='{{ secret('db') }}'", 7, true, "", "{{ secret('hook') }}"]""")
    )
    assert given.body["script_param"] == {
        "args": [
            ["-v"],
            ["a='", {"secret": "db"}, "'"],
            ["7"],
            ["true"],
            [],
            [{"secret": "hook"}],
        ]
    }
    assert [each.name for each in given.secrets] == ["db", "hook"]


def test_arguments_without_secrets() -> None:
    """A job that names no secret has a body as ever, whatever the policy names."""
    plain = job(with_args("[a]"))
    assert plain.body["script_param"] == base64.b64encode(b"a").decode()
    assert plain.secrets == ()
    assert plain.digest == job(with_args("[a]"), policy=fragments.FILES["jobgate.yaml"]).digest


def test_whole_request() -> None:
    """A URL and passwords stand as parts where they name secrets, and as text where not."""
    given = job(
        with_request(
            "  callback_url: \"https://a.example/{{ vars.service }}?t={{ secret('hook') }}&x=1\"\n"
            "  host_password_list:\n"
            "    - {host_id: 1, encrypted_password: QUJD}\n"
            "    - {host_id: 2, encrypted_password: \"{{ secret('db') }}\"}\n"
        )
    )
    assert given.body["callback_url"] == {
        "url": ["https://a.example/nginx?t=", {"secret": "hook"}, "&x=1"]
    }
    assert given.body["host_password_list"] == [
        {"host_id": 1, "encrypted_password": "QUJD"},
        {"host_id": 2, "encrypted_password": {"parts": [{"secret": "db"}]}},
    ]
    assert secretparts.names(given.body) == ("db", "hook")
    assert "script_param" not in given.body


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (
            HEAD.replace("metadata", "change: {reason: \"{{ secret('db') }}\"}\nmetadata"),
            "/change/reason",
        ),
        (
            HEAD.replace("metadata", "matrix: {zone: \"{{ secret('db') }}\"}\nmetadata"),
            "/matrix/zone",
        ),
    ],
)
def test_elsewhere_in_the_spec(text: str, pointer: str) -> None:
    """What a reviewer reads, and what makes jobs, holds no secret."""
    assert ("secret-misplaced", pointer, 3) in found(text + SCRIPT % "[]" + REQUEST)


@pytest.mark.parametrize(
    ("script", "pointer"),
    [
        ("{content: \"echo {{ secret('db') }}\", language: shell}", "/script/content"),
        ("{id: \"{{ secret('db') }}\"}", "/script/id"),
        ("{file: scripts/restart.sh, param: \"{{ secret('db') }}\"}", "/script/param"),
        ("{file: \"{{ secret('db') }}\"}", "/script/file"),
    ],
)
def test_elsewhere_in_the_script(script: str, pointer: str) -> None:
    """No other part of the script holds a secret."""
    assert ("secret-misplaced", pointer, 4) in found(f"{HEAD}script: {script}\n{REQUEST}")


def test_in_a_script_template() -> None:
    """A script that is a template names no secret, and is where the finding stands."""
    text = with_args("[]").replace("restart.sh", "restart.sh.j2")
    files = {"scripts/restart.sh.j2": "#!/bin/sh\necho {{ secret('db') }}\n"}
    first = made(text, files=files)[1][0]
    where = first.place
    assert (first.rule, where.file, where.span.line) == (
        "secret-misplaced",
        "scripts/restart.sh.j2",
        2,
    )


@pytest.mark.parametrize(
    ("more", "pointer", "why"),
    [
        ("task_name: \"{{ secret('db') }}\"", "/request/task_name", "only script.args"),
        ("callback_url: \"https://{{ secret('db') }}/?a\"", "/request/callback_url", "its query"),
        (
            "callback_url: \"https://a.example/{{ secret('db') }}\"",
            "/request/callback_url",
            "its query",
        ),
        (
            "callback_url: \"https://a.example/?a#{{ secret('db') }}\"",
            "/request/callback_url",
            "its query",
        ),
        (
            "callback_url: \"https://a.example/?{{ secret('db') }}#{{ secret('db') }}\"",
            "/request/callback_url",
            "its query",
        ),
        (
            "callback_url: \"{{ secret('db') }}?{{ secret('db') }}\"",
            "/request/callback_url",
            "its query",
        ),
        ("callback_url: \"{{ secret('db') }}\"", "/request/callback_url", "its query"),
        (
            "host_password_list: [{host_id: 1, encrypted_password: \"a{{ secret('db') }}\"}]",
            "/request/host_password_list/0/encrypted_password",
            "one secret and no more",
        ),
        (
            (
                "host_password_list: [{host_id: 1, encrypted_password: "
                "\"{{ secret('db') }}{{ secret('db') }}\"}]"
            ),
            "/request/host_password_list/0/encrypted_password",
            "one secret and no more",
        ),
        (
            "host_password_list: [\"{{ secret('db') }}\"]",
            "/request/host_password_list/0",
            "only script.args",
        ),
    ],
)
def test_elsewhere_in_the_request(more: str, pointer: str, why: str) -> None:
    """In the request a secret is a whole password, or stands in the query of the callback."""
    findings = [
        each for each in made(with_request(f"  {more}\n"))[1] if each.rule == "secret-misplaced"
    ]
    assert [(each.place.pointer, each.place.span.line) for each in findings] == [(pointer, 10)]
    assert why in findings[0].message
    assert findings[0].mend.startswith("print it by itself, as {{ secret('db_password') }}")


def test_fragment_behind_the_query() -> None:
    """What comes behind the last secret of a URL does not matter to it."""
    url = "https://a.example/?{{ secret('db') }}#end"
    assert job(with_request(f'  callback_url: "{url}"\n')).body["callback_url"] == {
        "url": ["https://a.example/?", {"secret": "db"}, "#end"]
    }


@pytest.mark.parametrize("sensitive", ["sensitive: false, ", "", 'sensitive: "{{ false }}", '])
def test_arguments_that_are_not_sensitive(sensitive: str) -> None:
    """Arguments with a secret are sensitive, or the platform would show them."""
    text = with_args("""[a, "{{ secret('db') }}"]""").replace("sensitive: true, ", sensitive)
    assert found(text) == [("secret-not-sensitive", "/script/args/1", 4)]


def test_sensitive_by_template() -> None:
    """Whether arguments are sensitive may be rendered, and is a matter of the arguments alone."""
    text = with_args("""["{{ secret('db') }}"]""").replace("true", '"{{ true }}"')
    assert found(text) == []
    callback = with_request("  callback_url: \"https://a.example/?{{ secret('db') }}\"\n")
    assert found(callback.replace("sensitive: true, ", "")) == []


def test_unknown_and_withheld() -> None:
    """A secret that the policy does not name, or not for this spec, is a finding at its leaf."""
    text = with_args("""["{{ secret('dB') }}"]""".replace("dB", "dbb"))
    assert found(text) == [("unknown-secret", "/script/args/0", 4)]
    assert "did you mean `db`?" in made(text)[1][0].mend
    text = with_args("""["{{ secret('zzzzzz') }}", "{{ secret('lab') }}{{ secret('lab') }}"]""")
    first, second = made(text)[1]
    assert first.mend == (
        "add secrets.zzzzzz to jobgate.yaml, with its source, its platforms and its paths"
    )
    assert (second.rule, second.place.pointer) == ("secret-not-allowed", "/script/args/1")
    assert second.message == (
        "cannot use the secret lab on local: the policy does not give it to this spec there"
    )


def test_each_platform_counts() -> None:
    """A spec that goes to several platforms may have a secret on each of them, or it is told."""
    policy = POLICY.replace(
        "local: {type: embedded}", "local: {type: embedded}\n  far: {type: embedded}"
    )
    jobs, findings = made(with_args("""["{{ secret('hook') }}"]"""), policy=policy)
    assert (len(jobs), findings) == (2, ())
    _, (only,) = made(with_args("""["{{ secret('db') }}"]"""), policy=policy)
    assert only.message.startswith("cannot use the secret db on far:")


@pytest.mark.parametrize(
    "more",
    [
        'callback_url: "{{ vars.url }}"',
        "host_password_list: [{host_id: 1, encrypted_password: '{{ vars.password }}'}]",
        'host_password_list: "{{ vars.passwords }}"',
    ],
)
def test_what_looks_like_a_secret(more: str) -> None:
    """A mapping of the variables that has the shape of a secret is refused as any mapping is."""
    variables = (
        "vars:\n"
        '  url: {url: ["https://a.example/?", {secret: db}]}\n'
        "  password: {parts: [{secret: db}]}\n"
        "  passwords: [{host_id: 1, encrypted_password: {parts: [{secret: db}]}}]\n"
    )
    for args in ("[]", """["{{ secret('db') }}"]"""):
        text = HEAD + variables + SCRIPT % args + REQUEST + f"  {more}\n"
        rules = {rule for rule, pointer, _ in found(text) if pointer.startswith("/request")}
        assert "wrong-type" in rules


@pytest.mark.parametrize(
    ("script", "pointer"),
    [
        ("{id: a, param: '{{ vars.param }}'}", "/script/param"),
        ("{id: a, args: ['{{ vars.arg }}']}", "/script/args/0"),
    ],
)
def test_what_looks_like_arguments(script: str, pointer: str) -> None:
    """So is one in the place of the parameter, or of an argument."""
    variables = "vars: {param: {args: [[{secret: db}]]}, arg: {secret: db}}\n"
    text = f"{HEAD}{variables}script: {script}\n"
    assert pointer in {at for _, at, _ in found(text + REQUEST)}


@pytest.mark.parametrize("language", ["bat", "powershell"])
def test_no_posix_shell(language: str) -> None:
    """What cannot quote arguments cannot quote secrets."""
    text = with_args("""["{{ secret('db') }}"]""").replace(
        "sensitive", f"language: {language}, sensitive"
    )
    assert "arguments-need-posix-shell" in {rule for rule, _, _ in found(text)}


def test_bounds_count_what_is_known() -> None:
    """A parameter that is too long with the shortest value is told before there is any value."""
    text = with_args(f"""["{"x" * 48_121}{{{{ secret('db') }}}}"]""")
    assert ("param-too-large", "/script/args", 4) in found(text)
    assert found(with_args(f"""["{"x" * 48_120}{{{{ secret('db') }}}}"]""")) == []


def test_cells_have_their_own() -> None:
    """Each cell names the secrets of its own."""
    text = with_args(
        """["{% if matrix.z == 'a' %}{{ secret('db') }}"""
        """{% else %}{{ secret('hook') }}{% endif %}"]"""
    ).replace("metadata", "matrix: {z: [a, b, c]}\nmetadata")
    jobs, findings = made(text)
    assert findings == ()
    assert [[each.name for each in one.secrets] for one in jobs] == [["db"], ["hook"], ["hook"]]


def test_effect_and_digest() -> None:
    """The effect covers the names; the digest also where they are found, and nothing else does."""
    plain, other = (with_args(f"""["{{{{ secret('{name}') }}}}"]""") for name in ("db", "hook"))
    first = job(plain)
    assert job(other).effect != first.effect
    for policy, digest_stays in (
        (POLICY.replace("DB_PASSWORD", "DB_OTHER"), False),
        (POLICY.replace("env: DB_PASSWORD", "command: [DB_PASSWORD]"), False),
        (POLICY.replace('["specs/**"]', '["specs/web/**"]'), True),
        (POLICY.replace("LAB", "LAB_OTHER"), True),
    ):
        second = job(plain, policy=policy)
        assert second.effect == first.effect
        assert (second.digest == first.digest) == digest_stays


def test_parts_of_a_leaf() -> None:
    """The parts that rendering keeps are the secrets and the texts around them."""
    expected: Json = {"args": [["é ", {"secret": "db"}]]}
    assert job(with_args("""["é {{ secret('db') }}"]""")).body["script_param"] == expected
    assert secretparts.arguments([("é ", Secret("db"))]) == expected
