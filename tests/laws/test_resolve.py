"""Laws of resolving."""

from __future__ import annotations

import base64
import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner import resolve
from runner.canon import scalar_text
from runner.model import (
    Blob,
    Checked,
    Document,
    Oid,
    Rendered,
    Resolved,
    Role,
    Sha256,
    Source,
    Span,
    Spec,
)

if TYPE_CHECKING:
    from runner.model import Json, Path, Reader

pytestmark = pytest.mark.laws

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), max_size=12)
ARGS = st.lists(st.one_of(WORDS, st.integers(), st.booleans()), max_size=6)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), WORDS)
TREES: st.SearchStrategy[Json] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
HOSTS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"bk_host_id": st.one_of(st.integers(1, 99), st.just("7"))}),
        st.fixed_dictionaries({"bk_cloud_id": st.just(0), "ip": st.just("10.0.0.1")}),
        TREES,
    ),
    max_size=3,
)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "bk_scope_id": st.one_of(st.integers(), TREES),
        "timeout": st.one_of(st.integers(1, 9), TREES),
        "execute_target": st.one_of(
            st.fixed_dictionaries({}, optional={"host_list": HOSTS, "topo_node_list": TREES}), TREES
        ),
        "rolling_config": st.one_of(
            st.fixed_dictionaries(
                {"expression": st.just("1")},
                optional={"mode": st.sampled_from(["manual", 1, "x", None]), "type": TREES},
            ),
            TREES,
        ),
        "callback_url": TREES,
    },
)
SCRIPTS = st.fixed_dictionaries(
    {},
    optional={
        "file": st.one_of(st.just("run.sh"), TREES),
        "content": TREES,
        "id": TREES,
        "version_id": TREES,
        "language": st.one_of(st.sampled_from(["shell", "bat"]), TREES),
        "args": st.one_of(ARGS, TREES),
        "param": TREES,
        "sensitive": TREES,
    },
)
OWN = Source(path="specs/a.yaml", oid=Oid("o"), sha256=Sha256("s"), role=Role.OWN)


def reader_of(content: bytes) -> Reader:
    """Return a reader that finds the same bytes at every path."""
    return lambda path: Blob(path=path, oid=Oid("b"), sha256=Sha256("s"), content=content)


def resolved(
    script: dict[str, Json], request: dict[str, Json], content: bytes = b""
) -> Checked[Resolved]:
    """Resolve a spec with these parts."""
    document = Document(
        file=OWN.path,
        tree={"script": script, "request": request},
        values={(): Span(1, 1, 1, 1)},
        keys={},
    )
    rendered = Rendered(
        cell=(), script=script, request=request, change={}, script_text=None, used=()
    )
    return resolve.request(Spec(document=document, own=OWN), rendered, reader_of(content))


def body_of(checked: Checked[Resolved]) -> dict[str, Json]:
    """Return the body that was made."""
    assert checked.value is not None
    return checked.value.body


def param_of(args: list[Json]) -> str:
    """Return the decoded parameter for some arguments."""
    checked = resolved({"id": "s", "args": args}, {})
    assert checked.findings == ()
    return base64.b64decode(str(body_of(checked).get("script_param", ""))).decode()


@given(ARGS)
@settings(max_examples=75)
def test_arguments_survive_splitting(args: list[Json]) -> None:
    """A POSIX splitter gets back every argument, whatever it holds."""
    assert shlex.split(param_of(args)) == [
        scalar_text(arg) for arg in args if not isinstance(arg, list | dict)
    ]


@given(ARGS.filter(bool))
@settings(max_examples=20, deadline=None)
def test_arguments_survive_a_real_shell(args: list[Json]) -> None:
    """The shell that runs the script sees the arguments as they were written."""
    printed = subprocess.run(
        ["/bin/sh", "-c", f"printf '%s\\0' {param_of(args)}"], check=True, capture_output=True
    ).stdout

    assert printed.decode().split("\0")[:-1] == [
        scalar_text(arg) for arg in args if not isinstance(arg, list | dict)
    ]


@given(SCRIPTS, REQUESTS)
@settings(max_examples=75)
def test_any_shape_resolves_the_same_twice(
    script: dict[str, Json], request: dict[str, Json]
) -> None:
    """No shape ends the run, and the same parts make the same request and findings."""
    once = resolved(script, request)

    assert once.value is not None
    assert resolved(script, request) == once


@given(REQUESTS)
@settings(max_examples=100)
def test_defaults_written_out_change_nothing(request: dict[str, Json]) -> None:
    """What a body makes explicit may be written in the spec: the body is the same."""
    script: dict[str, Json] = {"content": "x", "language": "shell"}
    body = body_of(resolved(script, request))
    kept: dict[str, Json] = {
        name: value for name, value in body.items() if not name.startswith(("script_", "param_"))
    }

    again = body_of(resolved({**script, "sensitive": False}, kept))

    assert again == body


@given(st.binary(max_size=200).filter(lambda content: not content.startswith(b"version ")))
@settings(max_examples=60)
def test_content_decodes_back_to_the_bytes(content: bytes) -> None:
    """What the platform decodes is the file, byte for byte (a Git LFS pointer is no script)."""
    checked = resolved({"file": "run.sh"}, {}, content)

    assert checked.value is not None
    assert checked.value.script == content
    assert base64.b64decode(str(checked.value.body["script_content"]), validate=True) == content


@given(SCRIPTS, REQUESTS)
@settings(max_examples=75)
def test_every_path_of_the_body_has_an_origin(
    script: dict[str, Json], request: dict[str, Json]
) -> None:
    """Each value leads to a part that the spec really holds."""
    value = resolved(script, request).value
    assert value is not None
    spec: dict[str, Json] = {"script": script, "request": request}

    for path in paths(value.body):
        length = max(n for n in range(1, len(path) + 1) if path[:n] in value.origins)
        origin = (*value.origins[path[:length]], *path[length:])
        assert holds(spec, origin), (path, origin)


def paths(tree: Json, path: Path = ()) -> list[Path]:
    """Return the paths of all values below the root."""
    pairs = (
        tree.items()
        if isinstance(tree, dict)
        else enumerate(tree)
        if isinstance(tree, list)
        else ()
    )
    found: list[Path] = []
    for part, value in pairs:
        found += [(*path, part), *paths(value, (*path, part))]
    return found


def holds(tree: Json, path: Path) -> bool:
    """Tell whether a tree has a value at a path."""
    for part in path:
        if isinstance(tree, dict) and part in tree:
            tree = tree[str(part)]
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return False
    return True
