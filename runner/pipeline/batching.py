"""Groups of source files in a JSON text into their rolling batches, or into what is wrong."""

from __future__ import annotations

from runner import filesources, narrow, validate
from runner.model import Checked
from runner.yaml import jsontext

SCHEMA = "file-source.v1"


def divided(
    file: str, content: bytes, limits: filesources.Limits
) -> Checked[tuple[filesources.Batch, ...]]:
    """Return the batches of the groups in `content`, a JSON list of them."""
    read = jsontext.document(file, content)
    if read.value is None:
        return Checked(value=None, findings=read.findings)
    found = validate.document(read.value, SCHEMA)
    if found:
        return Checked(value=None, findings=found)
    groups = [
        filesources.Group(
            hosts=tuple(narrow.items(group, "hosts")), files=tuple(narrow.items(group, "files"))
        )
        for group in narrow.items(read.value.tree)
    ]
    return Checked(value=filesources.batches(groups, limits))
