"""The laws of importing: any request comes back from its spec, and any tree from its text."""

from __future__ import annotations

import base64
import json
import shlex
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner import canon
from runner.importing import literal, words
from runner.model import Blob, Oid, PlatformEntry, Policy, Unreadable
from runner.pipeline import importing, making
from runner.template.sandbox import Sandbox
from runner.yaml import emitting, yaml12, yamlevents
from tests import yamlwriter

if TYPE_CHECKING:
    from runner.importing.drafting import Imported
    from runner.model import Json

pytestmark = pytest.mark.laws

_WHOLE = st.characters(exclude_categories=["Cs"])
_MARKED = st.text("{%#} '\\a\n\r\té重\x00", max_size=12)
_TEXTS = st.text(_WHOLE, max_size=8) | _MARKED
_NUMBERS = st.integers(1, 2**63 - 1)
_POLICY = Policy(platforms=(PlatformEntry(name="p", type="embedded"),), people=(), clauses=())


def _or_text(number: st.SearchStrategy[int]) -> st.SearchStrategy[Json]:
    """Return a strategy for numbers, some of them in quotes."""
    return number | number.map(str)


def _mapping(
    fields: dict[str, st.SearchStrategy[Json]], **more: st.SearchStrategy[Json]
) -> st.SearchStrategy[dict[str, Json]]:
    return st.fixed_dictionaries(fields, optional=more)


def _encoded(content: bytes) -> Json:
    return base64.b64encode(content).decode()


def _several(item: st.SearchStrategy[dict[str, Json]]) -> st.SearchStrategy[Json]:
    return st.lists(item, min_size=1, max_size=3).map(lambda items: [*items])


_OCTETS = st.integers(0, 255).map(str)
_ADDRESSES = st.tuples(_OCTETS, _OCTETS, _OCTETS, _OCTETS).map(".".join)
_IDS = _TEXTS.filter(lambda text: text.strip() != "")
_HOSTS = _mapping({"bk_host_id": _or_text(_NUMBERS)}) | _mapping(
    {"bk_cloud_id": _or_text(st.integers(0, 9)), "ip": _ADDRESSES}
)
_TARGETS = _mapping(
    {"host_list": _several(_HOSTS)},
    dynamic_group_list=_several(_mapping({"id": _IDS})),
    topo_node_list=_several(_mapping({"id": _or_text(_NUMBERS), "node_type": _IDS})),
)
_ROLLING = _mapping(
    {"expression": st.sampled_from(["1", "10% 100%", "1 +2 *3"])},
    mode=_or_text(st.integers(1, 3)),
    type=st.just(1),
    execution_mode=st.just(1),
)
_PARAMS = (st.lists(_TEXTS, min_size=1, max_size=3).map(shlex.join) | _TEXTS).map(
    lambda text: _encoded(text.encode())
)
_SCRIPTS = (
    _mapping(
        {
            "script_content": st.binary(min_size=1, max_size=20).map(_encoded),
            "script_language": _or_text(st.integers(1, 5)),
        }
    )
    | _mapping({"script_id": _IDS | _NUMBERS})
    | _mapping({"script_version_id": _or_text(_NUMBERS)}, script_language=st.integers(1, 5))
)
_REST = _mapping(
    {
        "bk_scope_type": st.sampled_from(["biz", "biz_set"]),
        "bk_scope_id": _or_text(_NUMBERS),
        "execute_target": _TARGETS,
    },
    task_name=_TEXTS,
    timeout=_or_text(st.integers(1, 259_200)),
    param_sensitive=st.booleans(),
    script_param=_PARAMS,
    rolling_config=_ROLLING,
    callback_url=st.just("http://a.b/{{ x }}") | st.just(""),
    windows_interpreter=st.just("C:\\{% a %}\\b.exe"),
)
_ACCOUNTS = _mapping({"account_alias": _IDS}) | _mapping({"account_id": _or_text(_NUMBERS)})
_REQUESTS = st.tuples(_REST, _SCRIPTS, _ACCOUNTS).map(
    lambda parts: {**parts[0], **parts[1], **parts[2]}
)


class Files:
    """A tree of the files that were drafted."""

    def __init__(self, done: Imported) -> None:
        """Hold the files of an import."""
        self.files = done.draft.files

    def paths(self, under: str) -> tuple[str, ...]:
        """Return the paths below `under`."""
        return tuple(sorted(path for path in self.files if path.startswith(under)))

    def read(self, path: str) -> Blob | Unreadable:
        """Return a file."""
        if path not in self.files:
            return Unreadable(path=path, rule="missing-file", message="none", mend="none")
        content = self.files[path]
        return Blob(path=path, oid=Oid("o"), sha256=canon.sha256(content), content=content)


def _rendered(done: Imported) -> dict[str, Json]:
    made = making.Maker(tree=Files(done), policy=_POLICY).made(done.draft.spec)
    assert made.value is not None
    ((_, resolved),) = made.value.cells
    return resolved.body


def _plain(value: Json) -> Json:
    """Return a request in which every number is text, so that `"2"` and 2 are one."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if type(value) is int else value


@settings(max_examples=60, deadline=None)
@given(_REQUESTS)
def test_any_request_comes_back(request: dict[str, Json]) -> None:
    """The spec of any request that the platform takes renders to that request, defaults added."""
    done = importing.imported("r.json", json.dumps(request).encode(), name=None, into="specs")

    wanted: dict[str, Json] = {"timeout": 7200, "param_sensitive": False, **request}
    rolls = wanted.get("rolling_config")
    if isinstance(rolls, dict):
        wanted["rolling_config"] = {"type": 1, "mode": 1, **rolls}
    assert _plain(_rendered(done)) == _plain(wanted)
    assert not [note for note in done.notes if note.fate.value in {"dropped", "withheld"}]


@settings(max_examples=200, deadline=None)
@given(yamlwriter.trees(), st.sampled_from([yamlevents.parse, yamlevents.pure]))
@example({"a\U000e0100": "\u2060"}, yamlevents.parse)  # printable, and nobody sees it
def test_what_was_emitted_is_read(tree: Json, parse: yamlevents.Parse) -> None:
    """Reading what was emitted gives the same tree, without as much as a warning."""
    text = emitting.text(tree)

    read = yaml12.document("f.yaml", text.encode(), parse=parse)

    assert read.findings == ()
    assert read.value is not None
    assert read.value.tree == tree
    assert text.endswith("\n")


@settings(max_examples=100, deadline=None)
@given(yamlwriter.trees())
def test_emitting_is_a_function_of_the_tree(tree: Json) -> None:
    """What was read from an emitted text is emitted as that very text."""
    text = emitting.text(tree)
    read = yaml12.document("f.yaml", text.encode()).value

    assert read is not None
    assert emitting.text(read.tree) == text


@settings(max_examples=200)
@given(_TEXTS)
def test_a_literal_renders_to_itself(text: str) -> None:
    """Whatever a text looks like, its leaf yields the text and nothing of it is carried out."""
    assert Sandbox(lambda _: None).evaluate(literal.leaf(text), {}) == text


@settings(max_examples=100)
@given(st.lists(_TEXTS.filter(lambda text: "\x00" not in text), max_size=4))
def test_quoted_words_are_split_again(texts: list[str]) -> None:
    """What a shell's quotes hold is one word, and known."""
    assert words.split(shlex.join(texts)) == tuple(words.Word(text=text) for text in texts)


@settings(max_examples=150)
@given(st.text("ab '\"$`\\\n#;|&(){}<>é", max_size=16))
def test_any_line_is_split_or_refused(line: str) -> None:
    """Any line ends in words or in a ValueError; a plain one is split as the library does."""
    try:
        found = words.split(line)
    except ValueError:
        return
    # The library knows no `$'…'`, takes a `#` inside a word for a comment, and joins no lines.
    if not any(sign in line for sign in ("$", "#", "`", "\\\n")):
        assert [word.text for word in found] == shlex.split(line)
