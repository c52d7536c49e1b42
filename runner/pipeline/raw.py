"""One request body from elsewhere, read and judged by itself: no spec, no repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import validate
from runner.yaml import jsontext

if TYPE_CHECKING:
    from runner.model import Finding


def findings(file: str, content: bytes) -> tuple[Finding, ...]:
    """Return everything that is wrong with the JSON body in `content`, placed in its text."""
    read = jsontext.document(file, content)
    return read.findings if read.value is None else read.findings + validate.raw(read.value)
