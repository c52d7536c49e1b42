"""The report of a bug in jobgate itself, ready to be pasted."""

from __future__ import annotations

import platform
import traceback

from runner.version import VERSION


def report(error: BaseException) -> str:
    """Return what to send: versions and the traceback."""
    return (
        "this is a bug in jobgate; please report it with the text below\n"
        f"jobgate {VERSION}, Python {platform.python_version()}, {platform.platform()}\n"
        + "".join(traceback.format_exception(error))
    )
