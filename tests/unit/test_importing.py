"""Requests of every age into specs: what is carried, what is translated, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner import narrow, wire
from runner.errors import CheckError, FindingsError, RunnerError
from runner.importing import drafting, encoded, literal, shadows, translation
from runner.importing.sheet import Fate, Sheet, Translated, dotted, source
from runner.model import Json, Severity
from runner.pipeline import importing

if TYPE_CHECKING:
    from runner.importing.drafting import Imported

CASES = Path(__file__).parents[1] / "cases" / "import"
TODAY = narrow.mapping(wire.loads((CASES / "today.json").read_bytes()))
OLDER = narrow.mapping(wire.loads((CASES / "older.json").read_bytes()))
COMMON = narrow.mapping(TODAY, "common")


def brought(request: Json, *, name: str | None = None, into: str = "specs") -> Imported:
    """Import a request, which proves it."""
    return importing.imported("request.json", json.dumps(request).encode(), name=name, into=into)


def refused(request: Json) -> list[tuple[str, str]]:
    """Return the place and the rule of each finding that a request cannot be imported for."""
    with pytest.raises(FindingsError) as stopped:
        brought(request)
    return [(each.place.pointer, each.rule) for each in stopped.value.findings]


def fates(done: Imported) -> dict[str, set[str]]:
    """Return what became of each field."""
    found: dict[str, set[str]] = {}
    for note in done.notes:
        found.setdefault(note.field, set()).add(note.fate.value)
    return found


def spec(done: Imported) -> str:
    """Return the text of the spec."""
    return done.draft.files[done.draft.spec].decode()


def body(name: str) -> dict[str, Json]:
    """Return one of today's bodies."""
    case = narrow.mapping(TODAY, "bodies", name)
    without = narrow.texts(case, "without")
    made: dict[str, Json] = {**COMMON, **narrow.mapping(case, "with")}
    return {field: value for field, value in made.items() if field not in without}


# ---------------------------------------------------------------- whole requests


@pytest.mark.parametrize("name", narrow.mapping(TODAY, "bodies"))
def test_a_body_of_today_comes_back(name: str) -> None:
    """Every body that the platform takes is carried; only what it would not look at is left out."""
    request = body(name)

    done = brought(request)

    left_out = {note.field for note in done.notes if "left out" in note.message}
    kept = {field: value for field, value in request.items() if field not in left_out}
    if "bk_biz_id" in kept:
        number = str(kept.pop("bk_biz_id"))
        kept = {"bk_scope_type": "biz", "bk_scope_id": number, **kept}
    assert done.body == kept
    errors = [each.rule for each in done.findings if each.severity is Severity.ERROR]
    assert errors == (["task-name-too-long"] if name.startswith("a name as long") else [])


@pytest.mark.parametrize("name", OLDER)
def test_an_older_body_is_translated(name: str) -> None:
    """Each older body becomes the one of today, and tells of each field that it changed."""
    case = narrow.mapping(OLDER, name)

    done = brought(case["request"])

    assert done.body == case["becomes"]
    told = {
        field: {said} if isinstance(said, str) else set(narrow.texts(said))
        for field, said in narrow.mapping(case, "fates").items()
    }
    assert fates(done) == told
    assert "hidden-" not in spec(done)
    assert "hidden-" not in repr(done.notes)
    assert not [each for each in done.findings if each.severity is Severity.ERROR]


def test_the_spec_is_one_that_people_write() -> None:
    """Names stand for numbers, hosts on a line each, arguments one by one."""
    done = brought(
        {
            **COMMON,
            "task_name": "Restart nginx: edge",
            "script_param": "LS1ncmFjZWZ1bCAnYSBiJw==",
            "rolling_config": {"mode": 3, "expression": "1 100%", "execution_mode": 1},
        }
    )

    assert spec(done) == (
        "apiVersion: jobgate/v1\n"
        "kind: ScriptJob\n"
        "metadata:\n"
        "  name: restart-nginx-edge\n"
        "script:\n"
        "  file: scripts/restart-nginx-edge.sh\n"
        "  language: shell\n"
        '  args: ["--graceful", a b]\n'
        "request:\n"
        "  bk_scope_type: biz\n"
        '  bk_scope_id: "2"\n'
        '  task_name: "Restart nginx: edge"\n'
        "  account_alias: root\n"
        "  execute_target:\n"
        "    host_list:\n"
        "      - {bk_cloud_id: 0, ip: 10.0.0.1}\n"
        '  rolling_config: {mode: manual, expression: "1 100%", execution_mode: serial}\n'
    )
    assert done.draft.files["scripts/restart-nginx-edge.sh"] == b"echo $1"


# ---------------------------------------------------------------- script and parameter


@pytest.mark.parametrize(
    ("number", "file"),
    [(1, "x.sh"), (2, "x.bat"), (3, "x.pl"), (4, "x.py"), (5, "x.ps1")],
)
def test_a_script_has_the_extension_of_its_language(number: int, file: str) -> None:
    """The script's file is named after the job, with the ending of its language."""
    done = brought({**COMMON, "script_language": number}, name="x")

    assert done.draft.script == f"scripts/{file}"


def test_a_script_is_carried_byte_for_byte() -> None:
    """Also one that is not UTF-8; that the platform would change it is a finding in the spec."""
    done = brought({**COMMON, "script_content": "ZWNobyD/DQo="}, name="x")

    assert done.draft.files["scripts/x.sh"] == b"echo \xff\r\n"
    assert {each.rule for each in done.findings} == {"not-utf8", "crlf-in-script"}
    assert {each.place.file for each in done.findings} == {"specs/x.yaml"}


@pytest.mark.parametrize(
    ("param", "line"),
    [
        ("aGVsbG8=", "args: [hello]"),
        ("YSAgYg==", 'param: "a  b"'),
        ("J2E=", 'param: "\'a"'),
        ("", 'param: ""'),
        ("IiI=", 'param: "\\"\\""'),
        ("e3sgYSB9fQ==", "param: \"{{ '{{ a }}' }}\""),
    ],
)
def test_a_parameter_is_split_where_that_says_the_same(param: str, line: str) -> None:
    """Words that are quoted back into the very same text become arguments; all else stays text."""
    lines = spec(brought({**COMMON, "script_param": param}, name="x")).splitlines()

    assert line in [each.strip() for each in lines]


def test_a_parameter_for_windows_stays_text() -> None:
    """Neither bat nor powershell has no words as a POSIX shell has them."""
    done = brought({**COMMON, "script_language": 5, "script_param": "aGVsbG8="})

    assert "  param: hello\n" in spec(done)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("ZWNobw==", b"echo"),
        ("ZWNobw", b"echo"),
        ("ZW\r\nNo bw=\n", b"echo"),
        ("-_8=", b"\xfb\xff"),
        ("", b""),
        ("ZWNobx==", None),
        ("not base64!", None),
        ("ZWNob", None),
        ("YQ==YQ==", None),
    ],
)
def test_base64_that_is_not_quite_strict(text: str, content: bytes | None) -> None:
    """Line breaks, the other alphabet and missing padding lose nothing; all else might."""
    assert encoded.read(text) == content


# ---------------------------------------------------------------- what cannot be carried


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"acount": "root"}, ("/acount", "unknown-key")),
        ({"timeout": 0}, ("/timeout", "out-of-range")),
        ({"script_language": 6}, ("/script_language", "unknown-value")),
        ({"script_content": "not base64!"}, ("/script_content", "cannot-carry")),
        ({"script_content": "===="}, ("/script_content", "cannot-carry")),
        ({"script_content": 5.5}, ("/script_content", "float")),
        ({"script_param": "/w=="}, ("/script_param", "cannot-carry")),
        ({"task_name": "\ud83d"}, ("/task_name", "lone-surrogate")),
        ({"execute_target": {"host_list": [{"ip": "::1"}]}}, ("/execute_target/host_list/0", "")),
    ],
)
def test_a_field_that_cannot_be_carried(change: dict[str, Json], found: tuple[str, str]) -> None:
    """It stops the import by its name, at its place in the request."""
    places = refused({**COMMON, **change})

    assert any(place == found[0] and rule.startswith(found[1]) for place, rule in places), places


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ({"target_server": ["10.0.0.1"]}, "/target_server"),
        ({"target_server": {"variable": "hosts"}}, "/target_server/variable"),
        ({"target_server": {"ip_list": "10.0.0.1"}}, "/target_server/ip_list"),
        ({"target_server": {"ip_list": ["10.0.0.1"]}}, "/target_server/ip_list/0"),
        ({"ip_list": [{"bk_cloud_id": 0, "ip": "x"}]}, "/ip_list/0/ip"),
        ({"custom_query_id": "3"}, "/custom_query_id"),
    ],
)
def test_an_older_target_that_cannot_be_carried(target: dict[str, Json], place: str) -> None:
    """It is named as the older request names it, not as today's would."""
    request = {name: value for name, value in COMMON.items() if name != "execute_target"}

    assert place in [found for found, _ in refused({**request, **target})]


def test_everything_is_refused_at_once() -> None:
    """A request with several faults is told of all of them, each at its line."""
    text = json.dumps({**COMMON, "foo": 1, "bar": 2, "timeout": "soon"}, indent=1).encode()

    with pytest.raises(FindingsError) as stopped:
        importing.imported("request.json", text, name=None, into="specs")

    lines = text.decode().splitlines()
    named = [lines[each.place.span.line - 1].split('"')[1] for each in stopped.value.findings]
    assert sorted(named) == ["bar", "foo", "timeout"]


@pytest.mark.parametrize(
    "text", [b"", b"{", b"[1]", b'"x"', b'{"a": 1, "a": 2}', b"\xff", b"hello"]
)
def test_what_is_no_request(text: bytes) -> None:
    """What is no JSON mapping is an error of the check, and no bug."""
    with pytest.raises(CheckError):
        importing.imported("request.json", text, name=None, into="specs")


def test_a_draft_that_says_something_else_is_a_bug() -> None:
    """The proof compares: a spec that renders to another request is never taken for the same."""
    done = brought({**COMMON, "timeout": 60})
    other = translation.translated({**COMMON, "timeout": 61})

    with pytest.raises(RunnerError, match="cannot prove the import") as stopped:
        importing.proved(done.draft, other)

    assert stopped.value.exit_code == 70


def test_a_draft_that_no_spec_allows_is_told_as_findings() -> None:
    """Where the spec itself is at fault, its own findings are the answer."""
    pointer = "dmVyc2lvbiBodHRwczovL2dpdC1sZnMuZ2l0aHViLmNvbS9zcGVjL3YxCg=="

    assert refused({**COMMON, "script_content": pointer}) == [("/script/file", "lfs-pointer")]


def test_a_script_that_is_not_among_the_files() -> None:
    """A draft is proved on its own files alone."""
    done = brought(COMMON)
    bare = drafting.Draft(
        name=done.draft.name,
        spec=done.draft.spec,
        script=None,
        files={done.draft.spec: done.draft.files[done.draft.spec]},
    )

    with pytest.raises(FindingsError) as stopped:
        importing.proved(bare, translation.translated(dict(COMMON)))

    assert [each.rule for each in stopped.value.findings] == ["missing-file"]


# ---------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("wishes", "name"),
    [
        (("Restart nginx (edge) #1", "x"), "restart-nginx-edge-1"),
        (("重启", "My_Request"), "my-request"),
        (("", "-"), "imported"),
        (("a" * 62 + " b",), "a" * 62),
    ],
)
def test_names(wishes: tuple[str, ...], name: str) -> None:
    """A job is named after the first wish that something is left of, and fits the schema."""
    assert drafting.name(*wishes) == name
    assert drafting.NAME.fullmatch(name)


def test_a_name_of_ones_own() -> None:
    """A name that is given wins, and the spec goes into the folder that is given."""
    done = brought({**COMMON, "task_name": "x"}, name="my-job", into="specs/imported")

    assert sorted(done.draft.files) == ["scripts/my-job.sh", "specs/imported/my-job.yaml"]


# ---------------------------------------------------------------- parts


def test_paths_of_notes() -> None:
    """Items of a list are told of as one, and a path is traced back to where it came from."""
    assert dotted(("a", 0, "b")) == "a[].b"
    origins: dict[tuple[str | int, ...], tuple[str | int, ...]] = {("a", "b"): ("x",)}
    assert source(("a", "b", 0, "c"), origins) == ("x", 0, "c")
    assert source(("q",), origins) == ("q",)
    assert source((), origins) == ()


def test_a_script_of_no_known_language_has_no_extension() -> None:
    """Nothing is guessed: without a language the file has a bare name."""
    bare = Translated(body={}, script=b"x", notes=(), refused=(), origins={})

    assert drafting.draft(bare, "x", "specs").script == "scripts/x"


def test_nothing_is_meant_by_nothing() -> None:
    """Fields that name nothing are not told of one another: one stays, for the schema to refuse."""
    sheet = Sheet(body={"script_id": " ", "script_version_id": 0, "account_alias": ""})

    shadows.told(sheet)

    assert set(sheet.body) == {"script_version_id", "account_alias"}
    assert {note.fate for note in sheet.notes} == {Fate.SHADOWED}


def test_an_id_with_a_good_address_keeps_it() -> None:
    """What stands beside a host's id is told, and left where it is of the right form."""
    host: dict[str, Json] = {"bk_host_id": 1, "ip": "10.0.0.1", "bk_cloud_id": 0}

    done = brought({**COMMON, "execute_target": {"host_list": [host]}})

    assert narrow.items(done.body, "execute_target", "host_list") == [host]
    assert fates(done) == {"execute_target.host_list": {"shadowed"}}


@pytest.mark.parametrize("text", ["plain", "{{", "{% x", "{# '\\", "a\n{{ b }}\r\n\t'\x00é重"])
def test_literals(text: str) -> None:
    """A text that is no template stays; one that looks like one is made an expression."""
    made = literal.leaf(text)

    assert (made == text) == (text == "plain")
    assert literal.tree({"{{": [text, 1, None]}) == {"{{": [made, 1, None]}
