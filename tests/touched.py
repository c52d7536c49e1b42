"""Small repositories for laws about what a change touches: trees in memory, and steps between them.

Everything that a spec can be made from is there in a few forms: files named as they are and in
roundabout ways, variables on two levels, macros that go through macros, and two platforms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from runner.canon import sha256
from runner.model import Blob, Oid, Unreadable
from tests import fragments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_ONE = """\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local: {type: embedded}
people:
  ann: {emails: [ann@example.org]}
"""
_POLICIES = (
    _ONE,
    _ONE.replace("ann@", "ben@"),
    _ONE.replace("local: {type: embedded}", "local: {type: embedded, paths: [specs/x/**]}"),
    _ONE.replace("people:", "  lab: {type: embedded, paths: [specs/x/**]}\npeople:"),
)
_NAMES = ("one", "two", "three", "four")
_SCRIPTS = (
    "file: scripts/s.sh",
    'file: "scripts/{{ vars.which }}.sh"',
    'file: "scripts/\\x73.sh"',
    '"f\\x69le": scripts/s.sh',
    "file:\n    scripts/s.sh",
    "file: &script scripts/s.sh",
    "file: scripts/t.sh.j2",
    "file: specs/vars.yaml",
    "content: echo {{ vars.word }}",
    "content: \"{% from 'm.j2' import said %}{{ said() }}\"",
    "content: \"{% from 'm' '.j2' import said %}{{ said() }}\"",
    "content: '{% from \"\\x6d.j2\" import said %}{{ said() }}'",
    "content: \"{% import 'n.j2' as n %}{{ n.said() }}\"",
)
_SPEC = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata:
  name: {name}
  description: Say something
  {more}
{matrix}script:
  language: shell
  {script}
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: root
  timeout: {timeout}
  execute_target: {{host_list: [{{bk_cloud_id: 0, ip: 127.0.0.1}}]}}
"""
_MORE = (
    "run: 1",
    "run: 2",
    "needs: [one]",
    "needs:\n    - two",
    'needs: [three, "one"]',
    "formerly: two",
    "formerly: [three]",
    "labels: {team: edge}",
    "lables: {team: edge}",
)
_MACRO = "{{% macro said() %}}{0}{{% endmacro %}}"
_PLACES: Mapping[str, st.SearchStrategy[str | None]] = {
    "jobgate.yaml": st.sampled_from((_ONE, *_POLICIES)),
    "specs/vars.yaml": st.sampled_from(
        ("word: hi\nwhich: s\n", "word: ho\nwhich: s\n", "word: hi\nwhich: t\n")
    ),
    "specs/x/vars.yaml": st.sampled_from(
        (None, None, "word: he\n", "word: hu\n", "which: t\n", "- 1\n")
    ),
    "specs/_lib/m.j2": st.sampled_from(
        (
            _MACRO.format("hi"),
            _MACRO.format("ho"),
            "{% from 'n.j2' import said %}",
            "{% import 'n.j2' as n %}" + _MACRO.format("{{ n.said() }}"),
        )
    ),
    "specs/_lib/n.j2": st.sampled_from((_MACRO.format("hi"), _MACRO.format("ho"))),
    "scripts/s.sh": st.sampled_from(("echo s\n", "echo s\n", "echo S\n", None)),
    "scripts/S.sh": st.sampled_from((*[None] * 8, "echo S\n")),
    "scripts/t.sh": st.sampled_from(("echo t\n", "echo T\n")),
    "scripts/t.sh.j2": st.sampled_from(
        ("echo {{ vars.word }}\n", "{% from 'm.j2' import said %}{{ said() }}\n")
    ),
    "README.md": st.sampled_from((None, "read me\n")),
}


def _written(name: str, more: str, script: str, matrix: str, timeout: int) -> str:
    return _SPEC.format(name=name, more=more, script=script, matrix=matrix, timeout=timeout)


def _specs(name: str) -> st.SearchStrategy[str]:
    """Return specs that mostly have a name of their own, and are mostly sound."""
    return st.builds(
        _written,
        st.sampled_from((*[name] * 12, *_NAMES, '"t\\x77o"')),
        st.sampled_from((*_MORE[:2] * 5, *_MORE)),
        st.sampled_from((*_SCRIPTS[:1], *_SCRIPTS)),
        st.sampled_from(("", "", "", "matrix: {zone: [sh, gz]}\n", "matrix: {zone: [sh]}\n")),
        st.sampled_from((60, 60, 60, 90, 90, 0)),
    )


def _calm(name: str) -> st.SearchStrategy[str]:
    """Return specs in which nothing is wrong, but for what is between them."""
    return st.builds(
        _written,
        st.sampled_from((*[name] * 12, *_NAMES)),
        st.sampled_from((*_MORE[:2] * 3, "labels: {team: edge}", "formerly: [old, older]")),
        st.sampled_from(_SCRIPTS),
        st.sampled_from(("", "", "", "matrix: {zone: [sh, gz]}\n", "matrix: {zone: [sh]}\n")),
        st.sampled_from((60, 90)),
    )


_AT = ("specs/a.yaml", "specs/b.yml", "specs/x/c.yaml", "specs/x/d.yaml")
_ALL: Mapping[str, st.SearchStrategy[str | None]] = {
    **_PLACES,
    **{
        path: _specs(name) | _specs(name) | st.none()
        for path, name in zip(_AT, _NAMES, strict=True)
    },
}
# In which little can be wrong, so that there are plans of them.
_CALM: Mapping[str, st.SearchStrategy[str | None]] = {
    **_PLACES,
    "jobgate.yaml": st.sampled_from((_ONE, _POLICIES[1], _POLICIES[3])),
    "specs/x/vars.yaml": st.sampled_from((None, "word: he\n", "which: t\n")),
    "scripts/s.sh": st.sampled_from(("echo s\n", "echo S\n")),
    "scripts/S.sh": st.none(),
    **{path: _calm(name) | st.none() for path, name in zip(_AT, _NAMES, strict=True)},
}


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree of texts, with the real rules about paths."""

    files: Mapping[str, str]

    def paths(self, under: str) -> tuple[str, ...]:
        """Return every path below a folder, sorted."""
        return fragments.Files(self.files).paths(under)

    def read(self, path: str) -> Blob | Unreadable:
        """Return the file at `path`, or why there is none."""
        found = fragments.Files(self.files).read(path)
        if isinstance(found, Unreadable):
            return found
        oid = Oid(sha256(found.content)[:40])
        return Blob(path=path, oid=oid, sha256=found.sha256, content=found.content)

    def read_all(self, paths: Sequence[str]) -> Iterator[Blob | Unreadable]:
        """Yield what stands at each path."""
        return map(self.read, paths)

    def differing(self, other: Tree) -> frozenset[str]:
        """Return the paths at which two trees are not the same."""
        paths = self.files.keys() | other.files.keys()
        return frozenset(path for path in paths if self.files.get(path) != other.files.get(path))


def trees(*, calm: bool = False) -> st.SearchStrategy[Tree]:
    """Return trees: sound ones and others, or such in which little is wrong."""
    return st.fixed_dictionaries(_CALM if calm else _ALL).map(_tree)


@st.composite
def later(draw: st.DrawFn, tree: Tree, *, calm: bool = False) -> Tree:
    """Return a tree that a few files were changed in."""
    files = _CALM if calm else _ALL
    paths = draw(st.lists(st.sampled_from(sorted(files)), max_size=3))
    return _tree({**tree.files, **{path: draw(files[path]) for path in paths}})


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Tree, Tree]:
    """Return a tree and a later one."""
    tree = draw(trees())
    return tree, draw(later(tree))


def _tree(files: Mapping[str, str | None]) -> Tree:
    return Tree({path: text for path, text in files.items() if text is not None})
