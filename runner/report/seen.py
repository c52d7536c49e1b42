"""What a reviewer sees of one change: fields and script before and after, hosts of every batch."""

from __future__ import annotations

import difflib
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import (
    canon,
    clauses,
    frozen,
    pins,
    requests,
    rolling,
    scatter,
    secretgrants,
    secretparts,
    subjects,
)
from runner.model import Change, Job, JobId, Json, Planned, PolicyFiles, Symbol, pointer
from runner.policydiff import telling
from runner.report import plain
from runner.verdicts import Approved, Denied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Finding, Path, Pin
    from runner.policydiff.shifts import Shift


_HOSTS = "/execute_target/host_list/"
_WAYS = {"looser": "LOOSER: ", "unclear": "may be looser: ", "tighter": "tighter: ", "neither": ""}
_UNENDED = "\\ no line end at the end"
_NAMED: Mapping[str, Mapping[str, int]] = {
    "/script_language": requests.LANGUAGES,
    "/rolling_config/type": requests.ROLLING_TYPES,
    "/rolling_config/mode": requests.ROLLING_MODES,
    "/rolling_config/execution_mode": requests.EXECUTION_MODES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the request that differs. None: it is absent on that side."""

    pointer: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many changes of each kind a plan has; hosts and batches are of what may run."""

    to_run: int
    waiting: int
    denied: int
    drifted: int
    removed: int
    unchanged: int
    hosts: int
    batches: int


def ordered(found: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of their places, and those of one place by their rules."""
    return sorted(
        found,
        key=lambda each: (
            each.place.file,
            each.place.span.line,
            each.place.span.column,
            each.place.pointer,
            each.rule,
            each.message,
        ),
    )


def counts(planned: Planned) -> Counts:
    """Return the counts of a plan. A drifted job that does not run is counted as drifted alone."""
    runs = [change for change in planned.plan.changes if change.runs]
    verdicts = [planned.verdicts[change.job] for change in runs]
    jobs = [change.wanted for change in runs if isinstance(change.wanted, Job)]
    approved = sum(isinstance(verdict, Approved) for verdict in verdicts)
    denied = sum(isinstance(verdict, Denied) for verdict in verdicts)
    return Counts(
        to_run=approved,
        waiting=len(runs) - approved - denied,
        denied=denied,
        drifted=_of(planned, Symbol.DRIFTED),
        removed=_of(planned, Symbol.REMOVED),
        unchanged=planned.plan.unchanged,
        hosts=sum(len(frozen.hosts(job)) for job in jobs),
        batches=sum(len(job.batches) for job in jobs),
    )


def fields(change: Change) -> tuple[Field, ...]:
    """Return the fields that differ from what was submitted last; for a new job all of them.

    The hosts of a new job are left out: its batches name them.
    """
    if not isinstance(change.wanted, Job):
        return ()
    job, had = change.wanted, change.had
    after = _readable(subjects.request(job), job.run)
    before = {} if had is None else _readable(had.body, had.run)
    return tuple(
        Field(pointer=path, before=before.get(path), after=after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path) and (had is not None or not path.startswith(_HOSTS))
    )


def script(planned: Planned, change: Change) -> tuple[str, ...]:
    """Return the unified diff of the script, line by line; for a new job the whole script.

    For the policy it is the diff of its files.
    """
    content = _content(change)
    if content is None:
        return ()
    return compared(planned.scripts.get(change.job), content, ("submitted last", "wanted now"))


def compared(old: bytes | None, new: bytes, names: tuple[str, str]) -> tuple[str, ...]:
    """Return the unified diff of two texts, line by line; without an old one the whole new one."""
    after = _lines(new)
    if old is None:
        return tuple(f"+{_shown(line)}" for line in after)
    return tuple(map(_shown, difflib.unified_diff(_lines(old), after, *names, lineterm="")))


def hosts(job: Job) -> tuple[tuple[str, ...], ...]:
    """Return the hosts of every batch; one batch of them all where the sizes are not known."""
    if not job.batches:
        return (job.targets.hosts,) if job.targets.hosts else ()
    return rolling.members(job.batches, job.targets.hosts)


def windows(job: Job) -> tuple[scatter.Window, ...]:
    """Return when each batch of a scatter job is dispatched; none where it is not known."""
    waits = requests.waits(job.body)
    return () if waits is None else scatter.windows(len(job.batches), waits)


def batches(job: Job) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the hosts of every batch under its number, and its start where it is scattered.

    Those that only the platform can put into batches come last, under what they are.
    """
    starts = [f", {start(window)}" for window in windows(job)]
    listed = hosts(job)
    named = [
        (f"batch {number}{said}", batch)
        for number, (batch, said) in enumerate(
            zip(listed, starts or [""] * len(listed), strict=True), 1
        )
    ]
    if job.targets.open and job.expect_hosts is not None:
        named.append(("expected in all", job.expect_hosts))
    return tuple(named)


def start(window: scatter.Window) -> str:
    """Return when a batch is dispatched, in words."""
    if window.latest == 0:
        return "at once"
    return f"{_between(window)} after the first"


def notes(job: Job) -> tuple[str, ...]:
    """Return what is settled only when the job is dispatched, a line each."""
    said = [f"only the platform can expand {each}" for each in job.targets.open]
    waits = requests.waits(job.body)
    if waits is not None and not job.batches:
        wait = _between(scatter.windows(2, waits)[1])
        said.append(f"each batch starts {wait} after the one before it")
    macros = requests.date_macros(secretparts.stood_in(job.body))
    said += [f"{each} in script_param becomes a date at dispatch" for each in macros]
    said += [f"{held_to(each)}, by {pins.PATH}" for each in job.pins]
    said += [f"secret({each.name}) comes from {secretgrants.place(each)}" for each in job.secrets]
    return tuple(said)


def held_to(pin: Pin) -> str:
    """Return in words which version of a script is meant, and what holds it to its content."""
    return f"version {pin.version} of script {pin.script} is held to SHA-256 {pin.sha256[:12]}…"


def longest(job: Job) -> int:
    """Return the longest possible run, in seconds."""
    return requests.longest_run(job.body, job.batches)


def policy_lines(files: PolicyFiles) -> tuple[str, ...]:
    """Return what a policy asks, a line a clause."""
    return tuple(
        f"{clause.name}: {clause.count} of {', '.join(clause.people) or 'everyone listed'} "
        f"for {', '.join(clause.paths)}"
        + (f", on at most {clause.max_hosts} hosts" if clause.max_hosts is not None else "")
        for clause in files.policy.clauses
    )


def policy_shifts(planned: Planned, change: Change) -> tuple[Shift, ...]:
    """Return how a policy differs from the one in force; nothing for a job."""
    if not isinstance(change.wanted, PolicyFiles):
        return ()
    return telling.sentences(planned.in_force, change.wanted.policy)


def policy_diff(planned: Planned, change: Change) -> tuple[str, ...]:
    """Return how a policy differs from the one in force, a line each: first what asks less."""
    shifts = policy_shifts(planned, change)
    if not shifts:
        return ("it asks what the policy in force asks",)
    return tuple(f"{_WAYS[each.way]}{each.text}" for each in shifts)


def why(change: Change) -> tuple[tuple[str, str], ...]:
    """Return what the author says beside the request: why, and what it depends on, if given."""
    if not isinstance(change.wanted, Job):
        return ()
    job = change.wanted
    said = {
        **{name: str(job.change.get(name, "")) for name in ("reason", "ticket", "risk", "backout")},
        "needs": ", ".join(job.needs),
        "expires": job.expires or "",
        "rerun": job.rerun if job.rerun != "on-run" else "",
        "labels": ", ".join(f"{name}={value}" for name, value in job.labels),
    }
    return tuple((name, text) for name, text in said.items() if text)


def held(change: Change) -> str | None:
    """Return why an approval would not make the change run, or None when it would."""
    if change.symbol is Symbol.REMOVED:
        return "removed: nothing is run"
    if not change.runs:
        return f"drifted via {', '.join(change.via)}: shown, not run; raise metadata.run to run it"
    return None


def field(change: Change, each: Field) -> str:
    """Return one field in a line: what it is for a new job, from and to for another."""
    name = each.pointer.removeprefix("/").replace("/", ".")
    if change.had is None:
        return f"{name}: {each.after}"
    return f"{name}: {each.before or 'absent'} → {each.after or 'absent'}"


def label(job: JobId) -> str:
    """Return a job's name as a shell takes it as one word."""
    return shlex.quote(job)


def _between(window: scatter.Window) -> str:
    earliest, latest = plain.moment(window.earliest), plain.moment(window.latest)
    return earliest if earliest == latest else f"{earliest} to {latest}"


def _content(change: Change) -> bytes | None:
    if isinstance(change.wanted, PolicyFiles):
        return clauses.text(change.wanted.contents)
    return None if change.wanted is None else change.wanted.script


def _of(planned: Planned, symbol: Symbol) -> int:
    return sum(change.symbol is symbol and not change.runs for change in planned.plan.changes)


def _readable(named: dict[str, Json], run: int) -> dict[str, str]:
    """Return every leaf of a request as a person reads it: text for Base64, names for numbers."""
    body = secretparts.shown(named)
    # That of a script which is shown itself says nothing more; of a stored one it is all there is.
    hidden = set() if "script_version_id" in body else {"script_sha256"}
    shown = dict(_leaves({name: body[name] for name in body if name not in hidden}, ()))
    for path, names in _NAMED.items():
        if path in shown and shown[path].isdigit():
            shown[path] += f" ({requests.name(names, int(shown[path]))})"
    param = body.get("script_param")
    plain = requests.decode(param) if isinstance(param, str) else None
    if plain is not None:
        shown["/script_param"] = plain.decode("utf-8", "backslashreplace")
    return shown | {"/run": str(run)}


def _leaves(tree: Json, path: Path) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict) and tree:
        for name, value in tree.items():
            yield from _leaves(value, (*path, name))
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from _leaves(value, (*path, index))
    else:
        yield pointer(path), canon.encode(tree).decode()


def _lines(script: bytes) -> list[str]:
    """Return lines that are the same only where the bytes are: also line ends, also at the end."""
    lines = script.decode("utf-8", "surrogateescape").split("\n")
    if lines[-1]:
        return [*lines, _UNENDED]
    return lines[:-1]


def _shown(line: str) -> str:
    return line.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
