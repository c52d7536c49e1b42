"""From the text of a request to the files that state it, proved to state that very request.

The proof renders the spec that is to be written as any spec is rendered, and compares the request
that comes out with the one that came in, both in canonical form. What differs is a bug of ours,
and nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from runner import canon
from runner.errors import CheckError, FindingsError, RunnerError
from runner.importing import curl, drafting, translation
from runner.importing.drafting import Imported
from runner.model import (
    Blob,
    Document,
    Finding,
    Oid,
    PlatformEntry,
    Policy,
    Severity,
    Unreadable,
)
from runner.pipeline import making, raw
from runner.yaml import jsontext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.importing.drafting import Draft
    from runner.importing.sheet import Note, Translated
    from runner.mistakes import Mistake
    from runner.model import Json

_NO_OID = Oid("0" * 40)
_ANY = Policy(
    platforms=(PlatformEntry(name="import", type="embedded", paths=("**",)),), people=(), clauses=()
)
# What a lock lacks it lacks for a platform, and which one the spec will go to is not known yet.
_OF_A_LOCK = frozenset({"unpinned-script", "unpinned-version"})


def imported(file: str, content: bytes, *, name: str | None, into: str) -> Imported:
    """Return the proved files of the request in `content`, be it JSON or a curl command.

    Raises FindingsError with every field that cannot be carried, CheckError where there is no
    request to read at all.
    """
    where, body, notes = _sent(file, content)
    document = _document(where, body)
    translated = translation.translated(document.tree if isinstance(document.tree, dict) else {})
    if translated.refused:
        raise FindingsError(_refused(document, translated.refused), {where: body})
    wishes = (str(translated.body.get("task_name", "")), PurePosixPath(file).stem)
    draft = drafting.draft(translated, name or drafting.name(*wishes), into)
    return Imported(
        draft=draft,
        body=translated.body,
        notes=(*notes, *translated.notes),
        findings=proved(draft, translated),
        valid=_valid(translated.body),
    )


def proved(draft: Draft, translated: Translated) -> tuple[Finding, ...]:
    """Return what the rules find in the request of a draft, which does state the translated one.

    Raises FindingsError where no spec can state it, and RunnerError where this one does not.
    """
    made = making.Maker(tree=_Files(draft.files), policy=_ANY).made(draft.spec)
    bodies = [resolved.body for _, resolved in made.value.cells] if made.value else []
    wanted = translation.explicit(translated.body)
    if [canon.encode(translation.explicit(body)) for body in bodies] == [canon.encode(wanted)]:
        return tuple(each for each in made.findings if each.rule not in _OF_A_LOCK)
    if any(each.severity is Severity.ERROR for each in made.findings):
        raise FindingsError(made.findings, draft.files)
    raise RunnerError(
        f"cannot prove the import: {draft.spec} would not render to the request that came in",
        mend="nothing was written; report it, with that request",
    )


@dataclass(frozen=True, slots=True)
class _Files:
    """A tree that holds the drafted files and nothing else."""

    files: Mapping[str, bytes]

    def paths(self, under: str) -> tuple[str, ...]:
        """Return the paths below `under`."""
        return tuple(sorted(path for path in self.files if path.startswith(under)))

    def read(self, path: str) -> Blob | Unreadable:
        """Return the file at `path`."""
        content = self.files.get(path)
        if content is not None:
            return Blob(path=path, oid=_NO_OID, sha256=canon.sha256(content), content=content)
        message = f"cannot read {path}: it is none of the drafted files"
        return Unreadable(path=path, rule="missing-file", message=message, mend="add the file")


# ---------------------------------------------------------------- what came in


def _valid(body: dict[str, Json]) -> bool:
    found = raw.findings("request", canon.encode(body))
    return all(each.severity is not Severity.ERROR for each in found)


def _sent(file: str, content: bytes) -> tuple[str, bytes, tuple[Note, ...]]:
    """Return what findings call the body, the body itself, and what its command says beside it."""
    if not curl.is_command(content):
        return file, content, ()
    body, notes = curl.request(file, content)
    return f"{file} (the body)", body, notes


def _document(file: str, content: bytes) -> Document:
    read = jsontext.document(file, content)
    if read.value is None:
        raise FindingsError(read.findings, {file: content})
    if not isinstance(read.value.tree, dict):
        raise CheckError(
            f"cannot import {file}: the root of a request is a mapping",
            mend="give the JSON body of one call, or a curl command that sends it",
        )
    return read.value


def _refused(document: Document, refused: tuple[Mistake, ...]) -> tuple[Finding, ...]:
    found = (
        Finding(
            place=document.place(mistake.path, key=mistake.key and mistake.path in document.keys),
            rule=mistake.rule,
            message=mistake.message,
            mend=mistake.mend,
        )
        for mistake in refused
    )
    return tuple(dict.fromkeys(found))
