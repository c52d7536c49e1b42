"""What an apply would do now: its calls, with their whole requests, and what becomes of jobs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runner import requests
from runner.report import documents, inert, plain
from runner.report import text as texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Json
    from runner.outcomes import Call, Rehearsal


def text(done: Rehearsal) -> str:
    """Return each call in its order, a line a job, and what it comes to as the last line."""
    calls = "".join(f"{number}. {_call(each)}" for number, each in enumerate(done.calls, start=1))
    head = f"Dry run of {done.head[:12]}: {texts.counted(done.items)}"
    size = f"{plain.count(len(done.calls), 'call')} would be made, nothing was sent or written"
    return f"{calls}{texts.items(done.items)}{head}; {size}.\n"


def markdown(done: Rehearsal) -> str:
    """Return the same as Markdown: all of it is code."""
    return f"### Dry run\n\n{inert.fence('', text(done).splitlines())}\n"


def document(done: Rehearsal) -> str:
    """Return the same for machines."""
    calls: list[Json] = [
        {
            "call": each.deed,
            "job": each.job,
            "key": each.key,
            "platform": each.platform,
            "platform_job": each.platform_job,
            "request": None if each.request is None else dict(each.request),
        }
        for each in done.calls
    ]
    return documents.text(
        "rehearsal",
        {
            "calls": calls,
            "head": done.head,
            "items": documents.items(done.items),
            "plan": done.plan,
        },
    )


def _call(call: Call) -> str:
    there = "" if call.platform_job is None else f", its job {call.platform_job}"
    job, platform = plain.line(call.job), plain.line(call.platform)
    said = f"{call.deed} {job} on {platform}{there}, key {call.key}\n"
    return said if call.request is None else said + _request(call.request)


def _request(request: Mapping[str, Json]) -> str:
    """Return a request, with its script as text after it."""
    shown = {name: value for name, value in request.items() if name != "script_content"}
    lines = plain.block(json.dumps(shown, ensure_ascii=False, indent=2, sort_keys=True))
    kept = request.get("script_content")
    content = requests.decode(kept) if isinstance(kept, str) else None
    script = (content or b"").decode("utf-8", "backslashreplace")
    return _indented(lines, "") + _indented(plain.block(script), "| ")


def _indented(lines: str, mark: str) -> str:
    return "".join(f"    {mark}{line}\n" for line in lines.splitlines())
