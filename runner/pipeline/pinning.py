"""The look just before a job is created: whether a pin still holds on its platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import canon, handles
from runner.errors import RefusedError

if TYPE_CHECKING:
    from runner.model import Job, Pin
    from runner.pipeline.ports import Platform
    from runner.stored import Stored

_DIGITS = 12  # of a SHA-256 that a sentence shows


def changed(platform: Platform, job: Job) -> str:
    """Return in words in which way the job's script is not what was reviewed, or nothing.

    Raises PlatformError where that cannot be asked.
    """
    for pin in job.pins:
        try:
            stored = platform.script_version(handles.scope(job.body), pin.version)
        except RefusedError as refusal:
            return f"its script is gone from the platform: {refusal.message}"
        found = difference(pin, stored)
        if found:
            return f"its script changed on the platform: {found}"
    return ""


def difference(pin: Pin, stored: Stored) -> str:
    """Return in words why a version may not run as what was pinned, or nothing."""
    named, sha256 = f"version {pin.version} of {pin.script}", canon.sha256(stored.content)
    if stored.script != pin.script:
        return f"version {pin.version} is one of {stored.script} and not of {pin.script}"
    if sha256 != pin.sha256:
        return f"{named} is {sha256[:_DIGITS]} and not {pin.sha256[:_DIGITS]}"
    return "" if stored.status.runs else f"{named} is {refused(stored)}"


def refused(stored: Stored) -> str:
    """Return in words how far a version is that no job may run."""
    name = stored.status.name.lower()
    return f"a {name}, which can still change" if name == "draft" else name
