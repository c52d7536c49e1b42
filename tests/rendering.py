"""Specs, vars files and macro files for tests of rendering, made from text in memory."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from runner import parse, render
from runner.model import Blob, Oid, Role, Sha256, Source, Unreadable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Checked, Document, Reader, Rendered, Spec

PATH = "specs/prod/web.yaml"


def blob(path: str, content: str | bytes) -> Blob:
    """Return a file with an object id that is made up and a SHA-256 that is true."""
    data = content.encode() if isinstance(content, str) else content
    digest = hashlib.sha256(data).hexdigest()
    return Blob(path=path, oid=Oid(digest[:40]), sha256=Sha256(digest), content=data)


def reader(files: Mapping[str, str | bytes]) -> Reader:
    """Return a reader of a tree that holds just these files."""

    def read(path: str) -> Blob | Unreadable:
        if path in files:
            return blob(path, files[path])
        message = f"cannot read `{path}`: there is no such file"
        return Unreadable(path=path, rule="missing-file", message=message, mend="add the file")

    return read


def spec(text: str) -> Spec:
    """Return the spec that a text is."""
    parsed = parse.spec(blob(PATH, text))
    if parsed.value is None:
        raise AssertionError(parsed.findings)
    return parsed.value


def variables(path: str, text: str) -> tuple[Document, Source]:
    """Return a vars file and its source."""
    file = blob(path, text)
    parsed = parse.variables(file)
    if parsed.value is None:
        raise AssertionError(parsed.findings)
    source = Source(path=path, oid=file.oid, sha256=file.sha256, role=Role.VIA)
    return parsed.value, source


def jobs(
    text: str, files: Mapping[str, str | bytes] | None = None
) -> Checked[tuple[Rendered, ...]]:
    """Render a spec with the vars files, macro files and scripts among `files`."""
    present = files or {}
    chain = tuple(
        variables(path, str(present[path])) for path in render.folders(PATH) if path in present
    )
    return render.jobs(spec(text), chain, reader(present))
