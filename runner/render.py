"""From a Spec to its jobs rendered: one for each cell of its matrix, every leaf of it data.

Only the leaves of `script`, `request`, `change` and `expect_hosts` are templates; a value that was
rendered is never rendered again, and variables are data. What the sandbox refuses becomes a finding
where the leaf stands, or in the macro file or script template that was at fault. Left to others:
whether the result is valid (`validate`), and scripts that are no templates (`resolve`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from runner import matrix, narrow, secretparts, secretplaces
from runner.model import Checked, Finding, Place, Rendered, Role, Source, Span, Unreadable, pointer
from runner.template import secretcalls
from runner.template.bounds import Purse
from runner.template.faults import FaultError
from runner.template.sandbox import Sandbox

if TYPE_CHECKING:
    from runner.matrix import Cell
    from runner.model import Blob, Document, Json, Parts, Path, Reader, Spec

_LIBRARY = "specs/_lib/"
_TEMPLATE = ".j2"


def jobs(
    spec: Spec, variables: tuple[tuple[Document, Source], ...], reader: Reader
) -> Checked[tuple[Rendered, ...]]:
    """Return a job for each cell, in the order of the axes, or None and everything found.

    `variables` are the vars files that `folders` names and that exist, outermost first; `reader`
    gives macro files and script templates.
    """
    rendered, findings = _jobs(spec, variables, reader)
    return Checked(value=None if findings else rendered, findings=findings)


def remains(
    spec: Spec, variables: tuple[tuple[Document, Source], ...], reader: Reader
) -> Checked[tuple[Rendered, ...]]:
    """Return the jobs of a spec in which something is wrong, as far as they go.

    A leaf that does not render is left as it is written. That is good for finding what else is
    wrong, and for nothing else.
    """
    rendered, findings = _jobs(spec, variables, reader)
    return Checked(value=rendered, findings=findings)


def folders(path: str) -> tuple[str, ...]:
    """Return the paths of the vars files that a spec at `path` may have, outermost first."""
    parts = path.split("/")[:-1]
    return tuple("/".join((*parts[: end + 1], "vars.yaml")) for end in range(len(parts)))


def _jobs(
    spec: Spec, variables: tuple[tuple[Document, Source], ...], reader: Reader
) -> tuple[tuple[Rendered, ...], tuple[Finding, ...]]:
    layers = [document.tree for document, _ in variables]
    context: dict[str, Json] = {
        "metadata": _metadata(spec.document.tree),
        "vars": _variables([*layers, narrow.at(spec.document.tree, "vars")]),
    }
    notes = _Notes(document=spec.document, reader=reader)
    axes = _Leaves(notes=notes, context={**context, "matrix": {}})
    cells = _cells(axes)
    made = [
        (cell, _Leaves(notes=notes, context={**context, "matrix": dict(cell)})) for cell in cells
    ]
    via = {replace(source, role=Role.VIA) for _, source in variables} | axes.used()
    rendered = tuple(_job(cell, leaves, via) for cell, leaves in made)
    return rendered, tuple(notes.findings)


# ---------------------------------------------------------------- context


def _variables(layers: list[Json]) -> dict[str, Json]:
    known: dict[str, Json] = {}
    for layer in layers:
        if isinstance(layer, dict):
            known = _merged(known, layer)
    return known


def _merged(low: dict[str, Json], high: dict[str, Json]) -> dict[str, Json]:
    """Return `high` over `low`: mappings key by key, anything else replaced."""
    merged = dict(low)
    for key, value in high.items():
        under = low.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            merged[key] = _merged(under, value)
        else:
            merged[key] = value
    return merged


def _metadata(tree: Json) -> dict[str, Json]:
    labels = narrow.at(tree, "metadata", "labels")
    name = narrow.at(tree, "metadata", "name")
    named: dict[str, Json] = {} if name is None else {"name": name}
    return {**named, "labels": labels if isinstance(labels, dict) else {}}


# ---------------------------------------------------------------- rendering


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notes:
    """What all cells of a spec share: what was found, each thing once, and the files read."""

    document: Document
    reader: Reader
    findings: dict[Finding, None] = field(default_factory=dict)
    macros: dict[str, Blob] = field(default_factory=dict)
    purse: Purse = field(default_factory=Purse)

    def macro(self, name: str) -> str:
        """Return the text of a macro file, or raise the fault of having none."""
        blob = self.macros.get(name) or self.reader(_LIBRARY + name)
        if isinstance(blob, Unreadable):
            raise FaultError("macro-missing", blob.message, mend=blob.mend)
        self.macros[name] = blob
        return _decoded(blob)

    def fault(self, path: Path, fault: FaultError, file: str | None = None) -> None:
        """Keep the fault of the leaf at `path`, or of the script template `file` that it names."""
        where = _LIBRARY + fault.name if fault.name else file
        message = fault.message
        if where is None:
            place = self.document.place(path)
            if fault.line is not None and fault.line > 1:
                message += f" (line {fault.line} of the text)"
        else:
            line = fault.line or 1
            place = Place(file=where, span=Span(line, 1, line, 1))
            if fault.rule not in _ANYWHERE:
                message += f" (for {pointer(path)} of {self.document.file})"
        self.add(Finding(place=place, rule=fault.rule, message=message, mend=fault.mend))

    def add(self, *findings: Finding) -> None:
        """Keep findings that are not known yet."""
        self.findings.update(dict.fromkeys(findings))


# Whichever leaf comes by.
_ANYWHERE = frozenset(("template-syntax", "macro-missing", "secret-misplaced"))


class _Leaves:
    """The templates of one spec under one context."""

    def __init__(self, *, notes: _Notes, context: dict[str, Json]) -> None:
        """Render nothing yet."""
        self.notes = notes
        self.secrets: dict[Path, Parts] = {}
        self._context = context
        self._sandbox = Sandbox(notes.macro, notes.purse)

    def used(self) -> set[Source]:
        """Return the macro files that were gone through so far."""
        return {_source(self.notes.macros[name]) for name in self._sandbox.used}

    def rendered(self, path: Path, value: Json) -> Json:
        """Return what stands at `path` with every text in it rendered; keys stay."""
        if isinstance(value, dict):
            return {
                key: one if _plain(one) else self.rendered((*path, key), one)
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [
                one if _plain(one) else self.rendered((*path, index), one)
                for index, one in enumerate(value)
            ]
        if not isinstance(value, str):
            return value
        made = self.leaf(path, value)
        return value if isinstance(made, FaultError) else made

    def leaf(self, path: Path, text: str) -> Json | FaultError:
        """Return what the text at `path` yields, or its fault, which is kept as a finding too.

        Where it names secrets, that is a text with stand-ins for them; its parts are kept.
        """
        try:
            made = self._sandbox.evaluate(text, self._context)
            if not isinstance(made, tuple):
                return made
            why = secretplaces.refusal(path, made)
            if why is not None:
                raise secretcalls.misplaced(why)
        except FaultError as fault:
            self.notes.fault(path, fault)
            return fault
        self.secrets[path] = made
        return secretparts.text(made, secretparts.stand_in)

    def part(self, name: str) -> dict[str, Json]:
        """Return one part of the spec rendered; empty when the spec has no such mapping."""
        part = self.rendered((name,), narrow.at(self.notes.document.tree, name))
        return part if isinstance(part, dict) else {}

    def script(self, blob: Blob) -> bytes:
        """Return a script template rendered."""
        try:
            return self._sandbox.script(_decoded(blob), self._context).encode()
        except FaultError as fault:
            self.notes.fault(_FILE, fault, blob.path)
            return b""


def _plain(value: Json) -> bool:
    """Tell at once of most values that there is nothing in them to render."""
    return type(value) is int or (type(value) is str and "{" not in value)


_FILE: Path = ("script", "file")


def _job(cell: Cell, leaves: _Leaves, via: set[Source]) -> Rendered:
    script = leaves.part("script")
    blob = _template(script.get("file"), leaves.notes)
    text = None if blob is None else leaves.script(blob)
    request, change = leaves.part("request"), leaves.part("change")
    expected = narrow.at(leaves.notes.document.tree, "expect_hosts")
    own = set() if blob is None else {_source(blob)}
    return Rendered(
        cell=cell,
        script=script,
        request=request,
        change=change,
        expect_hosts=leaves.rendered(("expect_hosts",), expected),
        script_text=text,
        used=tuple(sorted(via | own | leaves.used())),
        secrets=tuple(leaves.secrets.items()),
    )


def _template(file: Json, notes: _Notes) -> Blob | None:
    """Return the script template that a spec names, if what it names is one and can be read."""
    if not isinstance(file, str) or not file.endswith(_TEMPLATE):
        return None
    blob = notes.reader(file)
    if not isinstance(blob, Unreadable):
        return blob
    place = notes.document.place(_FILE)
    notes.add(Finding(place=place, rule=blob.rule, message=blob.message, mend=blob.mend))
    return None


def _cells(leaves: _Leaves) -> tuple[Cell, ...]:
    """Return the cells of the matrix; none when something is wrong with it."""
    document, notes = leaves.notes.document, leaves.notes
    axes = narrow.at(document.tree, "matrix")
    if not isinstance(axes, dict):
        return ((),)
    made = {
        name: leaves.leaf(("matrix", name), values) if isinstance(values, str) else values
        for name, values in axes.items()
    }
    sound = {name: one for name, one in made.items() if not isinstance(one, FaultError)}
    found = matrix.cells(document, sound)
    notes.add(*found.findings)
    return found.value if found.value is not None and len(sound) == len(made) else ()


# ---------------------------------------------------------------- files


def _decoded(blob: Blob) -> str:
    try:
        return blob.content.decode()
    except UnicodeDecodeError as error:
        message = f"cannot read `{blob.path}` as a template: it is not UTF-8"
        raise FaultError("not-utf8", message, mend="save it as UTF-8") from error


def _source(blob: Blob) -> Source:
    return Source(path=blob.path, oid=blob.oid, sha256=blob.sha256, role=Role.VIA)
