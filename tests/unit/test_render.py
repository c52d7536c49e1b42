"""Rendering: vars, matrix, leaves, macro files and script templates of a spec."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest

from runner import render
from runner.model import Document, Finding, Json, Oid, Rendered, Role, Sha256, Source, Span, Spec
from tests import rendering


def rendered(text: str, files: dict[str, str | bytes] | None = None) -> list[Rendered]:
    """Render a spec in which nothing is wrong."""
    found = rendering.jobs(text, files)
    assert found.findings == ()
    assert found.value is not None
    return list(found.value)


def findings(text: str, files: dict[str, str | bytes] | None = None) -> tuple[Finding, ...]:
    """Render a spec in which something is wrong."""
    found = rendering.jobs(text, files)
    assert found.value is None
    return found.findings


def test_plain_spec() -> None:
    """A spec without templates and matrix is one job, and every value is itself."""
    (job,) = rendered(
        "script: {file: a.sh, args: ['50%', 1]}\nrequest: {timeout: 60, x: [null, true]}\n"
        "change: {reason: r}\n"
    )
    assert job.cell == ()
    assert job.script == {"file": "a.sh", "args": ["50%", 1]}
    assert job.request == {"timeout": 60, "x": [None, True]}
    assert job.change == {"reason": "r"}
    assert job.script_text is None
    assert job.used == ()


def test_native_values() -> None:
    """A whole expression yields the value itself, with every text in it left as it is."""
    (job,) = rendered(
        "vars: {hosts: [{ip: 10.0.0.1, note: '{{ x }}'}], n: 5}\n"
        "request: {host_list: '{{ vars.hosts }}', timeout: '{{ vars.n }}', name: 'n{{ vars.n }}'}\n"
    )
    assert job.request == {
        "host_list": [{"ip": "10.0.0.1", "note": "{{ x }}"}],
        "timeout": 5,
        "name": "n5",
    }


def test_never_twice() -> None:
    """Text that a template yields is not a template, be it the whole value or a part."""
    (job,) = rendered(
        "vars: {x: '{{ vars.y }}', y: 1}\nrequest: {a: '{{ vars.x }}', b: 'b{{ vars.x }}'}\n"
    )
    assert job.request == {"a": "{{ vars.y }}", "b": "b{{ vars.y }}"}


def test_keys_and_other_parts() -> None:
    """Keys are not templates, and neither are metadata and vars."""
    (job,) = rendered(
        "metadata: {name: '{{ nope }}', labels: {a: '{% nope %}'}}\n"
        "vars: {v: '{{ nope }}'}\nrequest: {'{{ nope }}': 1}\n"
    )
    assert job.request == {"{{ nope }}": 1}


def test_vars() -> None:
    """Deeper vars win key by key, lists and null replace, and the spec's own come last."""
    files: dict[str, str | bytes] = {
        "specs/vars.yaml": "a: 1\nm: {x: 1, y: {z: 1}, gone: {k: 1}}\nl: [1, 2]\n",
        "specs/prod/vars.yaml": "b: 2\nm: {y: {w: 2}, gone: null}\nl: [3]\n",
        "specs/lab/vars.yaml": "a: 9\n",
    }
    (job,) = rendered("vars: {m: {own: 3}, b: {s: 4}}\nrequest: {all: '{{ vars }}'}\n", files)
    assert job.request["all"] == {
        "a": 1,
        "b": {"s": 4},
        "m": {"x": 1, "y": {"z": 1, "w": 2}, "gone": None, "own": 3},
        "l": [3],
    }
    assert [source.path for source in job.used] == ["specs/prod/vars.yaml", "specs/vars.yaml"]
    assert {source.role for source in job.used} == {Role.VIA}


def test_folders() -> None:
    """Vars files are looked for in each folder from the outermost down to the spec's own."""
    assert render.folders("specs/a.yaml") == ("specs/vars.yaml",)
    assert render.folders("specs/prod/web/a.yaml") == (
        "specs/vars.yaml",
        "specs/prod/vars.yaml",
        "specs/prod/web/vars.yaml",
    )
    assert render.folders("a.yaml") == ()


def test_matrix() -> None:
    """There is one job a cell, an axis may be one expression, and each job sees its own cell."""
    jobs = rendered(
        "vars: {zones: [sh, gz], hosts: {sh: [1], gz: [2, 3]}}\n"
        "matrix: {zone: '{{ vars.zones }}', deep: [true]}\n"
        "request: {h: '{{ vars.hosts[matrix.zone] }}'}\n"
    )
    assert [job.cell for job in jobs] == [
        (("deep", True), ("zone", "sh")),
        (("deep", True), ("zone", "gz")),
    ]
    assert [job.request["h"] for job in jobs] == [[1], [2, 3]]


def test_matrix_findings() -> None:
    """What is wrong with a matrix is found at its place, and no job is made."""
    text = "vars: {z: [a, a]}\nmatrix:\n  zone: '{{ vars.z }}'\n  x: '{{ vars.z }} '\n"
    assert [(one.rule, one.place.span.line) for one in findings(text)] == [
        ("not-text", 4),
        ("duplicate-cell", 3),
    ]


def test_metadata() -> None:
    """A template sees name and labels, and nothing else of the metadata."""
    (job,) = rendered(
        "metadata: {name: web, labels: {team: edge}, description: d}\n"
        "request: {a: '{{ metadata.name }}-{{ metadata.labels.team }}', m: '{{ metadata }}'}\n"
    )
    assert job.request["a"] == "web-edge"
    assert job.request["m"] == {"name": "web", "labels": {"team": "edge"}}


def test_all_findings() -> None:
    """Every leaf's fault is found at once, at its place, once for all cells that share it."""
    text = (
        "matrix: {zone: [sh, gz]}\n"
        "vars: {service: nginx}\n"
        "request:\n"
        "  a: '{{ vars.servce }}'\n"
        "  b: 'x{{ vars }}'\n"
        "  c: '{{ 1 + }}'\n"
        "  d: '{{ 9**(9**9) }}'\n"
        "  e: '{{ nope[matrix.zone] }}'\n"
        "  f: ['{{ vars[matrix.zone] }}']\n"
        "script:\n"
        "  content: |\n"
        "    ls\n"
        "    {{ vars.service.upper() }}\n"
        "  args: ['{{ secret(\"db\")|upper }}']\n"
        "change: {reason: '{% include \"nope.j2\" %}'}\n"
    )
    found = findings(text)
    assert sorted((one.place.pointer, one.rule, one.place.span.line) for one in found) == [
        ("/change/reason", "macro-missing", 15),
        ("/request/a", "undefined-name", 4),
        ("/request/b", "not-text", 5),
        ("/request/c", "template-syntax", 6),
        ("/request/d", "template-bound", 7),
        ("/request/e", "undefined-name", 8),
        ("/request/f/0", "undefined-name", 9),
        ("/request/f/0", "undefined-name", 9),
        ("/script/args/0", "secret-misplaced", 14),
        ("/script/content", "template-error", 11),
    ]
    assert len(set(found)) == len(found)
    by_pointer = {one.place.pointer: one for one in found}
    assert by_pointer["/request/a"].message == "cannot use `servce`: the mapping has no such key"
    assert "`service`" in by_pointer["/request/a"].mend
    assert by_pointer["/script/content"].message.endswith("(line 2 of the text)")
    assert by_pointer["/change/reason"].message == (
        "cannot read `specs/_lib/nope.j2`: there is no such file"
    )


def test_macro_files() -> None:
    """Macros come from specs/_lib, and what was read is among the files used."""
    files: dict[str, str | bytes] = {
        "specs/_lib/names.j2": "{% macro host(z) %}{{ z }}-1{% endmacro %}",
        "specs/_lib/net/all.j2": "{% include 'names.j2' %}{% set port = 80 %}",
        "specs/_lib/unused.j2": "",
    }
    (job,) = rendered(
        "request:\n  a: \"{% from 'names.j2' import host %}{{ host('sh') }}\"\n"
        "  b: \"{% import 'net/all.j2' as n %}{{ n.port }}\"\n",
        files,
    )
    assert job.request == {"a": "sh-1", "b": "80"}
    assert [(source.path, source.role) for source in job.used] == [
        ("specs/_lib/names.j2", Role.VIA),
        ("specs/_lib/net/all.j2", Role.VIA),
    ]
    assert job.used[0].sha256 == rendering.blob("x", files["specs/_lib/names.j2"]).sha256


def test_macro_files_of_the_matrix() -> None:
    """A macro file that an axis goes through is used by every cell."""
    files: dict[str, str | bytes] = {"specs/_lib/z.j2": "{% set zones = ['sh', 'gz'] %}"}
    found = findings("matrix: {z: \"{% import 'z.j2' as z %}{{ z.zones }}\"}\n", files)
    assert [one.rule for one in found] == ["not-text"]


def test_findings_in_macro_files() -> None:
    """A fault in a macro file has its place there: once for its syntax, else for each leaf."""
    files: dict[str, str | bytes] = {
        "specs/_lib/bad.j2": "ok\n{{ 1 + }}\n",
        "specs/_lib/fail.j2": "{% macro f(x) %}\n{{ x.y }}\n{% endmacro %}",
        "specs/_lib/latin.j2": b"caf\xe9",
    }
    found = findings(
        "request:\n  a: \"{% include 'bad.j2' %}\"\n  b: \"{% include 'bad.j2' %}\"\n"
        "  c: \"{% import 'fail.j2' as m %}{{ m.f({}) }}\"\n  d: \"{% include 'latin.j2' %}\"\n",
        files,
    )
    assert [(one.place.file, one.place.span, one.rule) for one in found] == [
        ("specs/_lib/bad.j2", Span(2, 1, 2, 1), "template-syntax"),
        ("specs/_lib/fail.j2", Span(2, 1, 2, 1), "undefined-name"),
        (rendering.PATH, Span(5, 6, 5, 32), "not-utf8"),
    ]
    assert found[1].message.endswith("no such key (for /request/c of specs/prod/web.yaml)")


def test_script_template() -> None:
    """A `.j2` script is rendered with the same context, byte for byte outside its tags."""
    files: dict[str, str | bytes] = {
        "scripts/sh.sh.j2": "#!/bin/sh\necho {{ vars.name|shquote }} {{ matrix.zone }}\n\n",
        "scripts/gz.sh.j2": "{% include 'top.j2' %}é",
        "specs/_lib/top.j2": "#!/bin/sh\n",
    }
    gz, sh = rendered(
        "vars: {name: it's}\nmatrix: {zone: [gz, sh]}\n"
        "script: {file: 'scripts/{{ matrix.zone }}.sh.j2'}\n",
        files,
    )
    assert sh.script_text == b"#!/bin/sh\necho 'it'\"'\"'s' sh\n\n"
    assert sh.script == {"file": "scripts/sh.sh.j2"}
    assert [source.path for source in sh.used] == ["scripts/sh.sh.j2"]
    assert gz.script_text == "#!/bin/sh\né".encode()
    assert [source.path for source in gz.used] == ["scripts/gz.sh.j2", "specs/_lib/top.j2"]


@pytest.mark.parametrize(
    ("content", "rule", "file", "line"),
    [
        (None, "missing-file", rendering.PATH, 1),
        (b"\xff", "not-utf8", "a.sh.j2", 1),
        (b"x\r\n{{ 1 }}", "template-syntax", "a.sh.j2", 1),
        (b"a\nb {{ vars.x }}\n", "undefined-name", "a.sh.j2", 2),
        (b"a\nb {% include 'x.j2' %}\n", "macro-missing", "a.sh.j2", 2),
    ],
)
def test_script_template_findings(content: bytes | None, rule: str, file: str, line: int) -> None:
    """A script template that is missing or at fault is a finding: at its leaf, or in its line."""
    files: dict[str, str | bytes] = {} if content is None else {"a.sh.j2": content}
    (found,) = findings("script: {file: a.sh.j2}\n", files)
    assert (found.rule, found.place.file, found.place.span.line) == (rule, file, line)


@pytest.mark.parametrize(
    "tree",
    [
        None,
        [],
        "text",
        {"vars": [], "matrix": [], "metadata": [], "script": [], "request": 1, "change": "x"},
        {"vars": "{{ x }}", "matrix": "{{ x }}", "metadata": {"name": [], "labels": "x"}},
        {"script": {"file": ["a.j2"]}, "request": None},
        {"matrix": {}},
    ],
)
def test_odd_shapes(tree: Json) -> None:
    """A spec of another shape than a spec's is rendered as far as it has parts; others judge it."""
    source = Source(path="a", oid=Oid("0"), sha256=Sha256("0"), role=Role.OWN)
    document = Document(file="a", tree=tree, values={}, keys={})
    spec = Spec(document=document, own=source)
    found = render.jobs(spec, ((document, source),), rendering.reader({}))
    assert found.findings == ()
    assert [job.cell for job in found.value or ()] == [()]


_PROGRAM = """
from tests import rendering
text = '''
vars: {b: {y: 1, x: 2}, a: [3, 1], servce: 1, servace: 2}
request:
  a: "{% for k in vars.b %}{{ k }}{% endfor %}{{ vars.b|tojson }}{{ vars.a|unique|join }}"
  b: "{{ vars.b|dictsort }}"
'''
print(rendering.jobs(text))
print(rendering.jobs(text + '  c: "{{ nope|nope }}"\\n  d: "{{ vars.service }}"\\n'))
"""


def test_hash_seed() -> None:
    """The same spec gives the same jobs and findings in processes that hash differently."""
    root = pathlib.Path(render.__file__).parents[1]
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _PROGRAM],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    (output,) = outputs
    assert b'xy{"x":2,"y":1}31' in output
