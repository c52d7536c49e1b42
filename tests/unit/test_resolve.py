"""`resolve`: a rendered spec becomes the whole request, typed and complete."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from runner import languages, resolve
from runner.model import (
    Blob,
    Checked,
    Document,
    Finding,
    Oid,
    Rendered,
    Resolved,
    Role,
    Sha256,
    Source,
    Span,
    Spec,
    Unreadable,
)

if TYPE_CHECKING:
    from runner.model import Json, Path

FILES = {
    "scripts/rotate.sh": b"#!/bin/sh\necho rotated\r\n\xff",
    "scripts/report": b"#!/usr/bin/env -S LC_ALL=C python3.11 -u\nprint()\n",
    "scripts/unknown": b"echo who knows\n",
    "scripts/large.sh": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "scripts/raw.sh.j2": b"echo {{ vars.x }}\n",
}


def reader(path: str) -> Blob | Unreadable:
    """Read from FILES as a tree would."""
    content = FILES.get(path)
    if content is None:
        return Unreadable(
            path=path,
            rule="missing-file",
            message=f"cannot read {path}: no such file",
            mend="add it",
        )
    return Blob(path=path, oid=Oid(f"oid of {path}"), sha256=digest(content), content=content)


def digest(content: bytes) -> Sha256:
    """Return the SHA-256 of some bytes."""
    return Sha256(hashlib.sha256(content).hexdigest())


def source(path: str, role: Role = Role.VIA) -> Source:
    """Return the source that a file of FILES (or one without content) is."""
    return Source(
        path=path, oid=Oid(f"oid of {path}"), sha256=digest(FILES.get(path, b"")), role=role
    )


def spans(tree: Json, path: Path = ()) -> dict[Path, Span]:
    """Give every value of a tree a line of its own."""
    found = {path: Span(1, 1, 1, 1)}
    pairs = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    for part, value in pairs:
        found |= spans(value, (*path, part))
    return found


def request(
    script: dict[str, Json] | None = None,
    request: dict[str, Json] | None = None,
    *,
    script_text: bytes | None = None,
    used: tuple[Source, ...] = (),
) -> Checked[Resolved]:
    """Resolve a spec whose text is what it renders to."""
    tree: dict[str, Json] = {
        "script": {"content": "echo\n", "language": "shell"} if script is None else script,
        "request": request or {},
    }
    document = Document(file="specs/a.yaml", tree=tree, values=spans(tree), keys={})
    rendered = Rendered(
        cell=(),
        script=dict(tree["script"]) if isinstance(tree["script"], dict) else {},
        request=request or {},
        change={},
        script_text=script_text,
        used=used,
    )
    return resolve.request(
        Spec(document=document, own=source("specs/a.yaml", Role.OWN)), rendered, reader
    )


def resolved(checked: Checked[Resolved]) -> Resolved:
    """Return what was resolved, where nothing was found."""
    assert checked.findings == ()
    assert checked.value is not None
    return checked.value


def found(checked: Checked[Resolved]) -> list[tuple[str, str]]:
    """Return rule and pointer of each finding."""
    for finding in checked.findings:
        assert isinstance(finding, Finding)
        assert finding.message.startswith("cannot ")
        assert finding.mend
        assert finding.place.file == "specs/a.yaml"
    return [(finding.rule, finding.place.pointer) for finding in checked.findings]


def encoded(text: str) -> str:
    """Return Base64 of a text."""
    return base64.b64encode(text.encode()).decode()


# ---------------------------------------------------------------- defaults and the API's own names


def test_defaults_of_scheme_1_are_explicit_and_nothing_else() -> None:
    """A body says what the platform would assume: no field is left to its mood."""
    value = resolved(request())

    assert value.body == {
        "script_content": encoded("echo\n"),
        "script_language": 1,
        "param_sensitive": False,
        "timeout": 7200,
    }
    assert value.script == b"echo\n"
    assert value.used == ()


def test_rolling_defaults_stand_only_beside_a_rolling_config() -> None:
    """Type and mode are filled in where there is something to roll, and kept where given."""
    value = resolved(request(request={"rolling_config": {"expression": "1"}}))
    given: Json = {"expression": "1", "type": 1, "mode": "manual", "execution_mode": "scatter"}
    named = resolved(request(request={"rolling_config": given}))

    assert value.body["rolling_config"] == {"expression": "1", "type": 1, "mode": 1}
    assert value.origins["rolling_config", "mode"] == ("request", "rolling_config")
    assert value.origins["rolling_config", "type"] == ("request", "rolling_config")
    assert named.body["rolling_config"] == {
        "expression": "1",
        "type": 1,
        "mode": 3,
        "execution_mode": 2,
    }
    assert ("rolling_config", "mode") not in named.origins


def test_ids_become_what_the_api_wants() -> None:
    """Digit strings become integers where the API counts, and the scope's id becomes text."""
    value = resolved(
        request(
            {"id": 1000, "version_id": "17"},
            {
                "bk_scope_id": 2,
                "account_id": "9",
                "execute_target": {
                    "host_list": [
                        {"bk_host_id": "12"},
                        {"bk_cloud_id": "0", "ip": "10.0.0.1"},
                        {"bk_host_id": 3},
                    ],
                    "topo_node_list": [{"id": "7", "node_type": "set"}],
                },
                "host_password_list": [
                    {"host_id": "1", "encrypted_password": "1"},
                    {"bk_cloud_id": "2", "ip": "10.0.0.1"},
                ],
            },
        )
    )

    assert value.body == {
        "script_id": "1000",
        "script_version_id": 17,
        "param_sensitive": False,
        "timeout": 7200,
        "bk_scope_id": "2",
        "account_id": 9,
        "execute_target": {
            "host_list": [
                {"bk_host_id": 12},
                {"bk_cloud_id": 0, "ip": "10.0.0.1"},
                {"bk_host_id": 3},
            ],
            "topo_node_list": [{"id": 7, "node_type": "set"}],
        },
        "host_password_list": [
            {"host_id": 1, "encrypted_password": "1"},
            {"bk_cloud_id": 2, "ip": "10.0.0.1"},
        ],
    }
    assert value.script is None


@pytest.mark.parametrize("text", ["012", "-1", "1 ", "", "\u0663", "1" * 20, "x"])
def test_text_that_is_no_plain_number_is_left_to_the_schema(text: str) -> None:
    """Only what can be read in one way is converted."""
    assert resolved(request(request={"account_id": text})).body["account_id"] == text


@pytest.mark.parametrize(
    "taken",
    [
        {"execute_target": None},
        {"execute_target": {"host_list": "{}"}},
        {"execute_target": {"host_list": [None, "x", {"bk_host_id": None}]}},
        {"rolling_config": None, "timeout": None},
        {"rolling_config": "10%", "timeout": "600"},
        {"bk_scope_id": True, "account_id": [1]},
        {"unheard_of": {"a": [1]}},
    ],
)
def test_shapes_that_the_api_refuses_are_handed_on(taken: dict[str, Json]) -> None:
    """Nothing is dropped or bent on the way to the schema."""
    value = resolved(request(request=taken))

    assert {name: value.body[name] for name in taken} == taken


def test_start_task_never_gets_into_the_body() -> None:
    """Whether a job starts is decided when it is submitted."""
    assert "start_task" not in resolved(request(request={"start_task": True})).body


def test_the_rendered_request_is_left_alone() -> None:
    """Resolving makes new values and changes none."""
    hosts: dict[str, Json] = {"host_list": [{"bk_host_id": "12"}]}
    taken: dict[str, Json] = {"execute_target": hosts, "rolling_config": {"mode": "manual"}}

    request(request=taken)

    assert taken == {
        "execute_target": {"host_list": [{"bk_host_id": "12"}]},
        "rolling_config": {"mode": "manual"},
    }


# ---------------------------------------------------------------- the script


def test_script_file_is_taken_byte_for_byte() -> None:
    """Bytes that are no text survive, and the file becomes a dependency."""
    vars_file = source("specs/vars.yaml")
    value = resolved(request({"file": "scripts/rotate.sh"}, used=(vars_file,)))

    assert value.script == FILES["scripts/rotate.sh"]
    assert base64.b64decode(str(value.body["script_content"])) == FILES["scripts/rotate.sh"]
    assert value.body["script_language"] == 1
    assert value.used == (source("scripts/rotate.sh"), vars_file)
    assert value.origins["script_content",] == ("script", "file")


def test_script_template_is_taken_as_rendered() -> None:
    """A template's own bytes are not read again; its extension is the one before `.j2`."""
    used = (source("scripts/raw.py.j2"),)
    value = resolved(request({"file": "scripts/raw.py.j2"}, script_text=b"print(1)\n", used=used))

    assert value.script == b"print(1)\n"
    assert value.body["script_language"] == 4
    assert value.used == used


def test_template_that_was_not_rendered_is_refused() -> None:
    """Raw template text never becomes a script."""
    checked = request({"file": "scripts/raw.sh.j2"})

    assert found(checked) == [("unrendered-template", "/script/file")]
    assert checked.value is not None
    assert checked.value.script is None


def test_unreadable_file_is_a_finding_at_its_place() -> None:
    """The reader's own reason and mend are passed on."""
    checked = request({"file": "scripts/gone.sh"})

    assert found(checked) == [("missing-file", "/script/file")]
    assert checked.findings[0].message == "cannot read scripts/gone.sh: no such file"
    assert checked.findings[0].mend == "add it"
    assert checked.value is not None
    assert "script_content" not in checked.value.body


def test_lfs_pointer_is_no_script() -> None:
    """What Git LFS keeps elsewhere would run as a script of one nonsense line."""
    checked = request({"file": "scripts/large.sh"})

    assert found(checked) == [("lfs-pointer", "/script/file")]
    assert checked.value is not None
    assert checked.value.script is None
    assert "script_content" not in checked.value.body


def test_path_that_is_no_text_is_a_finding() -> None:
    """A path from a variable that holds a number is said to be no path."""
    assert found(request({"file": 5, "language": "shell"})) == [
        ("script-file-not-text", "/script/file")
    ]


def test_content_that_is_no_text_is_left_to_the_schema() -> None:
    """The schema says at `script.content` what it wants."""
    value = resolved(request({"content": 5, "language": "shell"}))

    assert value.body["script_content"] == 5
    assert value.script is None
    assert value.origins["script_content",] == ("script", "content")


def test_no_script_at_all_is_left_to_the_schema() -> None:
    """An empty script part gives a body without a script."""
    assert resolved(request({})).body == {"param_sensitive": False, "timeout": 7200}


@pytest.mark.parametrize(
    "script",
    [
        {"content": "\ud800", "language": "shell"},
        {"content": "x", "language": "shell", "param": "\ud800"},
        {"content": "x", "language": "shell", "args": ["a\udfff"]},
    ],
)
def test_half_a_character_is_a_finding(script: dict[str, Json]) -> None:
    """Text that cannot be encoded is refused instead of ending the run."""
    assert [rule for rule, _ in found(request(script))] == ["lone-surrogate"]


# ---------------------------------------------------------------- the language


@pytest.mark.parametrize(
    ("given", "expected"),
    [("shell", 1), ("bat", 2), ("perl", 3), ("python", 4), ("powershell", 5), (4, 4)],
)
def test_language_by_name_or_number(given: Json, expected: int) -> None:
    """A name becomes the API's number; the number is taken too."""
    value = resolved(request({"content": "x", "language": given}))

    assert value.body["script_language"] == expected
    assert value.origins["script_language",] == ("script", "language")


@pytest.mark.parametrize("given", ["ruby", "Shell", True, None, ["shell"], {}])
def test_unknown_language_is_left_to_the_schema(given: Json) -> None:
    """What is no language stays as it was written."""
    assert resolved(request({"content": "x", "language": given})).body["script_language"] == given


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("a/run.sh", b"", "shell"),
        ("run.py", b"#!/bin/sh\n", "python"),
        ("run.pl", b"", "perl"),
        ("run.bat", b"", "bat"),
        ("run.ps1", b"", "powershell"),
        ("run.pl.j2", b"", "perl"),
        ("a.sh/run", b"#!/bin/bash -eu\n", "shell"),
        ("run", b"#! /usr/local/bin/dash\r\n", "shell"),
        ("run", b"#!/usr/bin/env python3\n", "python"),
        ("run", b"#!/usr/bin/env -S A=b perl5.38 -w\n", "perl"),
        ("run", b"#!pwsh", "powershell"),
        ("run", b"#!/usr/bin/env\n", None),
        ("run", b"#!/usr/bin/ruby\n", None),
        ("run", b"#!\n/bin/sh", None),
        ("run", b"# /bin/sh\n", None),
        ("run.rb", b"", None),
        ("", b"", None),
    ],
)
def test_language_is_inferred(file: str, content: bytes, expected: str | None) -> None:
    """The extension says it, else the `#!` line, else nobody."""
    assert languages.guess(file, content) == expected


def test_inferred_language_points_at_the_script() -> None:
    """Who asks where the language came from is shown the script."""
    value = resolved(request({"file": "scripts/report"}))

    assert value.body["script_language"] == 4
    assert value.origins["script_language",] == ("script", "file")


def test_language_that_nobody_says_is_a_finding() -> None:
    """The platform answers a missing language with an internal error: say it before."""
    assert found(request({"file": "scripts/unknown"})) == [("missing-language", "/script/file")]
    assert found(request({"content": "echo"})) == [("missing-language", "/script/content")]


# ---------------------------------------------------------------- the parameter


def param(script: dict[str, Json]) -> str:
    """Return the decoded parameter of a resolved script."""
    value = resolved(request({"content": "x", "language": "shell", **script}))
    return base64.b64decode(str(value.body["script_param"])).decode()


def test_arguments_are_quoted_and_joined() -> None:
    """Each stays one word; numbers and booleans are written as YAML writes them."""
    args: Json = ["--graceful", "two words", "it's", "", "$HOME", 5, -1, True, False, "true"]

    assert param({"args": args}) == (
        "--graceful 'two words' 'it'\"'\"'s' '' '$HOME' 5 -1 true false true"
    )


def test_parameter_is_taken_as_it_is() -> None:
    """One string is the author's own: nothing is quoted."""
    assert param({"param": "-a $(date) | é"}) == "-a $(date) | é"
    assert param({"param": "/q %TEMP%", "language": "bat"}) == "/q %TEMP%"
    assert param({"param": ""}) == ""


def test_no_arguments_make_no_parameter() -> None:
    """An empty list asks for what no list asks for."""
    value = resolved(request({"content": "x", "language": "shell", "args": []}))

    assert "script_param" not in value.body


def test_parameter_that_is_no_text_is_left_to_the_schema() -> None:
    """A mapping, a number or null stays at `script.param` for the schema to name."""
    odd: list[Json] = [{"a": 1}, 5, None]
    for given in odd:
        value = resolved(request({"content": "x", "language": "shell", "param": given}))
        assert value.body["script_param"] == given
        assert value.origins["script_param",] == ("script", "param")


def test_arguments_of_a_script_on_the_platform_are_quoted_too() -> None:
    """A script known by its id has no language here, and counts as a POSIX one."""
    value = resolved(request({"id": "s1", "args": ["a b"]}))

    assert value.body["script_param"] == encoded("'a b'")


@pytest.mark.parametrize("language", ["bat", "powershell", 2, 5])
def test_arguments_of_windows_shells_are_a_finding(language: Json) -> None:
    """Quoting for a POSIX shell would be wrong there."""
    checked = request({"content": "x", "language": language, "args": ["a"]})

    assert found(checked) == [("arguments-need-posix-shell", "/script/args")]


@pytest.mark.parametrize("args", [None, "a b", {"a": 1}, 5])
def test_arguments_that_are_no_list_are_a_finding(args: Json) -> None:
    """Only a list tells where one argument ends."""
    checked = request({"content": "x", "language": "shell", "args": args})

    assert found(checked) == [("arguments-not-list", "/script/args")]


def test_every_argument_that_would_not_arrive_is_found() -> None:
    """All at once, each at its own place, and then there is no parameter."""
    args: Json = ["fine", "two\nlines", ["a"], {}, None, "nul\0"]
    checked = request({"content": "x", "language": "shell", "args": args})

    assert found(checked) == [
        ("newline-in-argument", "/script/args/1"),
        ("argument-not-scalar", "/script/args/2"),
        ("argument-not-scalar", "/script/args/3"),
        ("argument-not-scalar", "/script/args/4"),
        ("nul-in-argument", "/script/args/5"),
    ]
    assert checked.value is not None
    assert "script_param" not in checked.value.body


def test_sensitive_becomes_the_apis_flag() -> None:
    """The flag is passed on, and an odd one is left to the schema."""
    script: dict[str, Json] = {"content": "x", "language": "shell"}
    for given in (True, False, "yes"):
        value = resolved(request({**script, "sensitive": given}))
        assert value.body["param_sensitive"] == given
        assert value.origins["param_sensitive",] == ("script", "sensitive")


def test_everything_found_comes_at_once() -> None:
    """One mistake does not hide another."""
    checked = request({"file": "scripts/unknown", "args": ["a\nb"]})

    assert found(checked) == [
        ("missing-language", "/script/file"),
        ("newline-in-argument", "/script/args/0"),
    ]
