"""Base64 as it comes into strict Base64, where nothing is lost on the way.

The platform also takes line breaks, the alphabet for URLs and missing padding; it skips any other
character and everything behind the padding, and that nobody means.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from runner import requests
from runner.importing.sheet import Fate

if TYPE_CHECKING:
    from runner.importing.sheet import Sheet

_BLANKS = re.compile(r"[ \t\r\n]+")
_TO_STRICT = str.maketrans("-_", "+/")


def strict(sheet: Sheet) -> None:
    """Make the script and its parameter strict Base64, and decode the script."""
    sheet.script = _decoded(sheet, "script_content")
    param = _decoded(sheet, "script_param")
    if param is not None and not _is_utf8(param):
        message = "cannot carry script_param: it is not UTF-8, and a spec is"
        sheet.refuse(("script_param",), message, "encode the parameters as UTF-8")


def read(text: str) -> bytes | None:
    """Return what `text` is the Base64 of, strictly or not quite; None where it is none."""
    bare = _BLANKS.sub("", text).translate(_TO_STRICT).rstrip("=")
    return requests.decode(bare + "=" * (-len(bare) % 4))


def _decoded(sheet: Sheet, name: str) -> bytes | None:
    value = sheet.body.get(name)
    if not isinstance(value, str):
        return None
    content = read(value)
    if content is None or (value and not content):
        message = f"cannot carry {name}: it is not Base64 that every reader reads alike"
        sheet.refuse((name,), message, "encode it again, in the plain alphabet and padded")
        return None
    exact = base64.b64encode(content).decode("ascii")
    if exact != value:
        sheet.body[name] = exact
        sheet.note(name, Fate.TRANSLATED, "encoded anew, in strict Base64")
    return content


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
