"""A plan as Markdown for a pull request. Text from elsewhere stands in code, where it is inert."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.model import Change, Job, Planned, PolicyFiles
from runner.report import plain, seen, text
from runner.verdicts import Approved, Denied

if TYPE_CHECKING:
    from collections.abc import Iterable


def plan(planned: Planned) -> str:
    """Return a plan: verdict, digest and counts first, a table of changes, a fold for each."""
    parts = [
        f"### {_headline(planned)}",
        f"{text.summary(planned)}",
        f"Plan digest {_code(planned.plan.digest)} at {_code(planned.plan.head)}.",
    ]
    if planned.plan.changes:
        parts.append(_table(planned))
        parts += [_fold(planned, change) for change in planned.plan.changes]
    return "\n\n".join(parts) + "\n"


def _headline(planned: Planned) -> str:
    verdicts = [planned.verdicts[each.job] for each in planned.plan.changes if each.runs]
    if any(isinstance(verdict, Denied) for verdict in verdicts):
        return "Denied"
    if not all(isinstance(verdict, Approved) for verdict in verdicts):
        return "Waiting for approval"
    return "Approved" if verdicts else "Nothing to run"


def _table(planned: Planned) -> str:
    rows = ["| | Job | Hosts | Batches | Verdict |", "|---|---|---|---|---|"]
    for change in planned.plan.changes:
        job = change.wanted if isinstance(change.wanted, Job) else None
        hosts, batches = _size(job) if job else ("", "")
        said = seen.held(change) or text.verdict(planned.verdicts[change.job])
        rows.append(
            f"| {_code(change.symbol.value)} | {_cell(change.job)} | {hosts} | {batches} "
            f"| {_cell(said)} |"
        )
    return "\n".join(rows)


def _size(job: Job) -> tuple[str, str]:
    """Return how many hosts and batches there are, as far as it is known."""
    more = f" + {len(job.targets.open)} open" if job.targets.open else ""
    if more and job.expect_hosts is not None:
        return f"{len(job.expect_hosts)} expected", ""
    return f"{len(job.targets.hosts)}{more}", str(len(job.batches) or "")


def _fold(planned: Planned, change: Change) -> str:
    body = [_code(f"digest {change.digest}")]
    if isinstance(change.wanted, Job):
        body += _job(planned, change, change.wanted)
    elif isinstance(change.wanted, PolicyFiles):
        body.append(_fence("", seen.policy_diff(planned, change)))
        body.append(_fence("", seen.policy_lines(change.wanted)))
        body.append(_fence("diff", seen.script(planned, change)))
    if change.via:
        body.append(f"Via {', '.join(map(_code, change.via))}.")
    said = planned.verdicts[change.job]
    if seen.held(change) is None and not (isinstance(said, Denied) and not said.lifts):
        body.append(f"Approve with {_code(f'jobgate approve {seen.label(change.job)}')}.")
    inner = "\n\n".join(body)
    summary = f"<summary><code>{_html(change.symbol.value)} {_html(change.job)}</code></summary>"
    return f"<details>{summary}\n\n{inner}\n\n</details>"


def _job(planned: Planned, change: Change, job: Job) -> list[str]:
    parts = [" ".join(map(_code, filter(None, (job.path, job.description))))]
    said = seen.why(change)
    if said:
        parts.append("\n".join(f"* {name}: {_code(value)}" for name, value in said))
    fields = [seen.field(change, each) for each in seen.fields(change)]
    if fields:
        parts.append(_fence("", fields))
    script = seen.script(planned, change)
    if script:
        parts.append(_fence("diff", script))
    batches = [f"{label}: {', '.join(hosts)}" for label, hosts in seen.batches(job)]
    parts.append(_fence("", (*batches, *seen.notes(job))))
    parts.append(f"Longest possible run: {plain.span(seen.longest(job))}.")
    return parts


def _code(content: str) -> str:
    """Return inline code that ends where it should, whatever backticks stand in it."""
    shown = plain.line(content) or " "
    ticks = "`" * (_longest_run(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def _cell(content: str) -> str:
    return _code(content).replace("|", "\\|")


def _fence(language: str, lines: Iterable[str]) -> str:
    body = "\n".join(plain.line(each) for each in lines)
    ticks = "`" * max(3, _longest_run(body) + 1)
    return f"{ticks}{language}\n{body}\n{ticks}"


def _longest_run(content: str) -> int:
    return max((len(run) for run in re.findall("`+", content)), default=0)


def _html(content: str) -> str:
    shown = plain.line(content)
    return shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
