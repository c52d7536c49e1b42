"""Reports for people at a terminal. Plain text; colour only repeats what the words say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runner import clauses, frozen
from runner.model import Change, Finding, Job, Planned, PolicyFiles, Severity
from runner.report import plain, seen
from runner.verdicts import Approved, Denied

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.model import Had, JobId, Json, Ledger, Record
    from runner.outcomes import Item, Outcome, Proof
    from runner.progress import HostState, Progress
    from runner.verdicts import Verdict

_MOST_HOSTS = 8


def checked(jobs: int, found: tuple[Finding, ...]) -> str:
    """Return the line that a check ends with."""
    errors = sum(each.severity is Severity.ERROR for each in found)
    warnings = len(found) - errors
    said = f"{plain.count(errors, 'error')}, {plain.count(warnings, 'warning')}"
    if errors:
        return f"Check: {said}.\n"
    return f"Check: {plain.count(jobs, 'job')}, {said}.\n"


def looked(looked_at: int, specs: int) -> str:
    """Return how many of all specs were looked at."""
    return f"Looked at {looked_at} of {plain.count(specs, 'spec')}."


def plan(planned: Planned, others: int = 0) -> str:
    """Return a plan with everything that a reviewer needs, and its summary as the last line.

    `others` is how many of its changes are left out.
    """
    head = f"Plan of {planned.plan.head[:12]}, digest {planned.plan.digest}\n\n"
    changes = "".join(_change(planned, change) + "\n" for change in planned.plan.changes)
    left = f"{beside(others)}\n\n" if others else ""
    return head + changes + left + summary(planned) + "\n"


def beside(others: int) -> str:
    """Return the sentence about the changes of a plan that a pull request does not bring."""
    changes = plain.count(others, "change")
    return f"And {changes} that {'is' if others == 1 else 'are'} not of this pull request."


def changes(planned: Planned, chosen: Iterable[Change]) -> str:
    """Return some changes of a plan as `plan` shows them."""
    return "".join(_change(planned, change) for change in chosen)


def approved(chosen: Iterable[Change], by: str) -> str:
    """Return what was approved just now."""
    return "".join(
        f"{plain.line(by)} approved {plain.line(change.job)} {change.digest}\n" for change in chosen
    )


def jobs(made: Iterable[Job]) -> str:
    """Return each job's request, with its script as text."""
    return "\n".join(_rendered(job) for job in made)


def logs(found: tuple[tuple[str, str], ...]) -> str:
    """Return the logs, under the host's name where there are several."""
    if len(found) == 1:
        return _ended(plain.block(found[0][1]))
    return "".join(f"== {plain.line(host)}\n{_ended(plain.block(log))}" for host, log in found)


def tail(host: str, new: str) -> str:
    """Return what a host has newly printed, each line behind its name (none where it is empty)."""
    label = f"{plain.line(host)} | " if host else ""
    return "".join(f"{label}{each}\n" for each in plain.block(new).removesuffix("\n").split("\n"))


def status(found: Ledger, standing: Mapping[JobId, Progress], unasked: Mapping[JobId, str]) -> str:
    """Return where every job stands, those on their way host by host; or why that is not known."""
    lines = "".join(
        had(each)
        + (progress(standing[each.job]) if each.job in standing else "")
        + (f"  cannot be asked: {plain.line(unasked[each.job])}\n" if each.job in unasked else "")
        for each in found.jobs.values()
    )
    return ledger(found) + lines


def summary(planned: Planned) -> str:
    """Return the one line that a plan comes down to."""
    count = seen.counts(planned)
    parts = [f"{count.to_run} to run", f"{count.waiting} waiting"]
    parts += [f"{count.denied} denied"] * (count.denied > 0)
    parts += [f"{count.drifted} drifted"]
    parts += [f"{count.removed} removed"] * (count.removed > 0)
    parts += [f"{count.unchanged} unchanged"]
    size = f"{plain.count(count.hosts, 'host')}, {plain.count(count.batches, 'batch')}"
    return f"Plan: {', '.join(parts)} ({size})."


def verdict(said: Verdict) -> str:
    """Return a verdict in a line: what it is, and who is missing or what denies."""
    missing = "; ".join(clauses.asks(demand) for demand in said.demands if demand.missing)
    if isinstance(said, Denied):
        besides = f" (besides, {plain.line(missing)})" if said.lifts and missing else ""
        no = f"denied by {plain.line(said.by)}: {plain.line(said.reason)}"
        return f"{no}; {plain.line(said.mend)}{besides}"
    given = sorted({name for demand in said.demands for name in demand.given})
    by = f" by {', '.join(given)}" if given else ""
    if isinstance(said, Approved) and said.broken is not None:
        who, why = map(plain.line, said.broken)
        return f"approved by broken glass: {who} says {why}"
    if isinstance(said, Approved):
        return f"approved{by}"
    return f"waiting: {missing}" + (f" (approved{by} so far)" if given else "")


def outcome(done: Outcome) -> str:
    """Return what an apply did, a line a job, and its summary."""
    return f"{items(done.items)}Apply of {done.head[:12]}: {counted(done.items)}.\n"


def items(found: Iterable[Item]) -> str:
    """Return a line a job."""
    return "".join(
        f"{plain.line(item.job)}: {item.state}{': ' * bool(item.detail)}{plain.line(item.detail)}\n"
        for item in found
    )


def counted(found: Iterable[Item]) -> str:
    """Return how many jobs came to which state."""
    states = [item.state for item in found]
    count = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    return count or "nothing to do"


def ledger(found: Ledger) -> str:
    """Return where a ledger stands."""
    size = f"{plain.count(len(found.jobs), 'job')}, {plain.count(found.seq + 1, 'entry')}"
    policy = f"policy {found.policy.digest[:19]}…"
    branch = plain.line(found.branch)
    return f"Ledger {plain.line(found.id)} ({found.mode}) for {branch}: {size}, {policy}\n"


def had(each: Had) -> str:
    """Return where a job stands in the ledger, in a line."""
    said = each.result.detail if each.result else ""
    name = each.result.outcome if each.result else each.state.value
    key = f" {plain.line(each.key[:12])}" if each.key else ""
    gone = " (removed)" if each.removed else ""
    return f"{plain.line(each.job)}{gone}: {name}{key}{': ' * bool(said)}{plain.line(said)}\n"


def progress(stands: Progress) -> str:
    """Return how each host of a job stands."""
    return "".join(f"  {_host(host)}\n" for host in stands.hosts)


def records(found: Iterable[Record]) -> str:
    """Return a line a record, oldest first."""
    return "".join(
        f"{plain.line(each.key[:12])} {plain.line(each.entries[0].at)} {plain.line(each.job)}: "
        f"{each.result.outcome if each.result else each.entries[-1].kind.value}\n"
        for each in found
    )


def proofs(found: tuple[Proof, ...]) -> str:
    """Return what was verified, a line each, and whether all of it holds."""
    lines = "".join(
        f"{'holds' if each.holds else 'FAILS'}  {each.name}: {plain.line(each.detail)}\n"
        for each in found
    )
    wrong = sum(not each.holds for each in found)
    if wrong:
        return lines + f"Verify: {wrong} of {plain.count(len(found), 'proof')} failed.\n"
    return lines + f"Verify: all {plain.count(len(found), 'proof')} hold.\n"


def _host(host: HostState) -> str:
    said = host.detail or ("" if host.exit_code is None else f"exit code {host.exit_code}")
    detail = f", {plain.line(said)}" if said else ""
    return f"batch {host.batch} {plain.line(host.host)}: {host.state}{detail}"


def _rendered(job: Job) -> str:
    shown: dict[str, Json] = {
        name: value for name, value in job.body.items() if name != "script_content"
    }
    head = f"{plain.line(job.id)} from {plain.line(job.path)}\n"
    head += f"effect {job.effect}\ndigest {job.digest}\n"
    head += "".join(f"{plain.line(seen.held_to(each))}\n" for each in job.pins)
    request = json.dumps(shown, ensure_ascii=False, indent=2, sort_keys=True)
    script = "" if job.script is None else job.script.decode("utf-8", "backslashreplace")
    return f"{head}{plain.block(request)}\n{_ended(plain.block(script))}"


def _ended(shown: str) -> str:
    return shown if not shown or shown.endswith("\n") else shown + "\n"


def _change(planned: Planned, change: Change) -> str:
    lines = [f"{change.symbol.value} {plain.line(change.job)}"]
    if isinstance(change.wanted, Job):
        lines += _job(planned, change, change.wanted)
    elif isinstance(change.wanted, PolicyFiles):
        lines += [f"    {plain.line(each)}" for each in seen.policy_diff(planned, change)]
        lines += [f"    {plain.line(each)}" for each in seen.policy_lines(change.wanted)]
        lines += [f"    | {plain.line(each)}" for each in seen.script(planned, change)]
    if change.via:
        lines.append(f"    via {', '.join(map(plain.line, change.via))}")
    lines.append(f"    digest {change.digest}")
    said = seen.held(change) or verdict(planned.verdicts[change.job])
    lines.append(f"    {plain.line(said)}")
    return "\n".join(lines) + "\n"


def _job(planned: Planned, change: Change, job: Job) -> list[str]:
    what = f": {plain.line(job.description)}" if job.description else ""
    lines = [f"    {plain.line(job.path)}{what}"]
    lines += [f"    {name}: {plain.line(text)}" for name, text in seen.why(change)]
    lines += [f"    {plain.line(seen.field(change, each))}" for each in seen.fields(change)]
    lines += [f"    | {plain.line(each)}" for each in seen.script(planned, change)]
    size = f"{plain.count(len(frozen.hosts(job)), 'host')}"
    rolls = f" in {plain.count(len(job.batches), 'batch')}" if job.batches else ""
    lines.append(f"    {size}{rolls}, at most {plain.span(seen.longest(job))}")
    for label, hosts in seen.batches(job):
        more = f" and {len(hosts) - _MOST_HOSTS} more" if len(hosts) > _MOST_HOSTS else ""
        named = ", ".join(map(plain.line, hosts[:_MOST_HOSTS]))
        lines.append(f"    {label}: {named}{more}")
    lines += [f"    {plain.line(each)}" for each in seen.notes(job)]
    return lines
