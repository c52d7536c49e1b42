"""What an import wrote, what became of the request's fields, and what is still wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import Severity
from runner.report import documents, marked, plain

if TYPE_CHECKING:
    from runner.importing.drafting import Imported
    from runner.model import Json


def text(done: Imported) -> str:
    """Return a line a note, the findings, and what was written as the last line."""
    notes = "".join(
        f"{note.fate.value} {plain.line(note.field)}: {plain.line(note.message)}\n"
        for note in done.notes
    )
    return notes + marked.findings(done.findings, done.draft.files) + _written(done)


def document(done: Imported) -> str:
    """Return the same for machines, with the whole request that the spec states."""
    notes: list[Json] = [
        {"fate": note.fate.value, "field": note.field, "message": note.message}
        for note in done.notes
    ]
    return documents.text(
        "import",
        {
            "findings": [documents.finding(each) for each in done.findings],
            "name": done.draft.name,
            "notes": notes,
            "request": done.body,
            "script": done.draft.script,
            "spec": done.draft.spec,
        },
    )


def _written(done: Imported) -> str:
    files = " and ".join(plain.line(path) for path in done.draft.files)
    errors = sum(each.severity is Severity.ERROR for each in done.findings)
    warnings = len(done.findings) - errors
    said = f"{plain.count(errors, 'error')}, {plain.count(warnings, 'warning')}"
    return f"Import: wrote {files}; {said}.\n"
