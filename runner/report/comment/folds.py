"""One change in a fold: why, what differs, where it runs, who is asked, and how to consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.model import Job, PolicyFiles, Symbol
from runner.report import inert, plain, seen
from runner.report.comment import amounts, gists, judged, pictures, reasons, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runner.model import Change, Planned
    from runner.report.comment.amounts import Amount
    from runner.report.comment.gists import Told
    from runner.report.seen import Field

_LONG = 30  # lines of a script that are shown without being asked for
_WHY = {"reason": "**Why**", "ticket": "ticket", "risk": "risk", "backout": "backout"}


def fold(said: Told, amount: Amount, *, opened: bool = False) -> str:
    """Return a change as a fold, with as much of it as `amount` says."""
    change = said.change
    state = f"{rows.WORDS[change.symbol]}, {judged.state(said.planned, change)}"
    line = " · ".join([state, *gists.gist(said)])
    body = "\n\n".join(filter(None, _parts(said, amount)))
    return folded(f"{inert.element(change.job, amount.text)} {line}", body, opened=opened)


def folded(summary: str, body: str, *, opened: bool = False) -> str:
    """Return a fold: a summary in HTML, and Markdown that is shown when it is opened."""
    return f"<details{' open' * opened}><summary>{summary}</summary>\n\n{body}\n\n</details>"


def _parts(said: Told, amount: Amount) -> Iterator[str]:
    change, wanted = said.change, said.change.wanted
    yield _about(change, amount)
    if isinstance(wanted, PolicyFiles):
        yield _block("What changes", "", seen.policy_diff(said.planned, change), amount)
        yield _block("What it asks then", "", seen.policy_lines(wanted), amount)
        yield _script("Files", said.script, amount)
    elif isinstance(wanted, Job):
        yield _block("What changes", "diff", _fields(change), amount)
        yield _script("Script", said.script, amount)
        yield _where(wanted, amount)
        yield _list("To know", seen.notes(wanted), amount)
    if seen.held(change) is None:
        yield reasons.asked(said, amount)
        yield _approve(said.planned, change, amount)
    elif change.symbol is not Symbol.REMOVED:
        yield f"**Not run** until {inert.code('metadata.run')} in its spec is raised"
    yield f"<sub>Digest {inert.code(change.digest)}</sub>"


def _about(change: Change, amount: Amount) -> str:
    """Return what it is for, why the author wants it, and then its file and what it depends on."""
    why: list[str] = []
    beside: list[str] = []
    for name, said in seen.why(change):
        listed = why if name in _WHY else beside
        listed.append(f"{_WHY.get(name, name)} {inert.code(said, amount.text)}")
    lines = [" · ".join(why)]
    if isinstance(change.wanted, Job):
        path, what = change.wanted.path, change.wanted.description
        lines[:0] = [inert.code(what, amount.text)] * bool(what)
        beside[:0] = [f"in {inert.code(path, amount.text)}"]
    if change.via:
        via, more = amounts.first(change.via, amount.names)
        named = ", ".join(inert.code(each, amount.text) for each in via)
        beside.append(f"changed via {named} {more}".rstrip())
    lines.append(" · ".join(beside))
    return "<br>".join(filter(None, lines))


def _fields(change: Change) -> list[str]:
    return [line for each in seen.fields(change) for line in _field(each)]


def _field(each: Field) -> Iterator[str]:
    name = each.pointer.removeprefix("/").replace("/", ".")
    if each.before is not None:
        yield f"- {name}: {each.before}"
    if each.after is not None:
        yield f"+ {name}: {each.after}"


def _block(title: str, language: str, lines: Iterable[str], amount: Amount) -> str:
    """Return lines as code under their title, or nothing where there are none."""
    shown, more = amounts.first(tuple(lines), amount.listed)
    if not shown:
        return ""
    return f"**{title}**\n{inert.fence(language, [*shown, *[more] * bool(more)], amount.text)}"


def _script(title: str, lines: tuple[str, ...], amount: Amount) -> str:
    """Return the diff of a text; a long one in a fold of its own."""
    if not lines:
        return ""
    shown, more = amounts.first(lines, amount.lines)
    block = inert.fence("diff", [*shown, *[more] * bool(more)], amount.text)
    if len(shown) <= _LONG:
        return f"**{title}**\n{block}"
    return folded(f"<b>{title}</b>: {len(lines)} lines", block)


def _where(job: Job, amount: Amount) -> str:
    platform = job.platform
    at = f" at {inert.code(platform.url, amount.text)}" if platform.url else ""
    on = f"on {inert.code(platform.name, amount.text)} ({platform.type}{at})"
    said = f"{gists.where(job)} {on}, for at most {plain.span(seen.longest(job))}"
    lines = pictures.batches(job, amount)
    picture = f"\n{inert.fence('', lines)}" if lines else ""
    return f"**Where** {said}{picture}"


def _list(title: str, lines: Iterable[str], amount: Amount) -> str:
    shown, more = amounts.first(tuple(lines), amount.listed)
    if not shown:
        return ""
    said = [f"* {inert.code(each, amount.text)}" for each in shown]
    return "\n".join([f"**{title}**", "", *said, *[f"* {more}"] * bool(more)])


def _approve(planned: Planned, change: Change, amount: Amount) -> str:
    """Return the command that signs consent to this change, for those who may."""
    able = sorted(judged.could(planned.verdicts[change.job]))
    if not able:
        return ""
    names = judged.names(able, amount, " or ")
    line = f"jobgate approve {_named(change)} --head {planned.plan.head}"
    return f"**To approve**, as {names}\n{inert.fence('sh', [line])}"


def _named(change: Change) -> str:
    """Return the job as a shell takes it; by its digest where its name is not shown as it is."""
    label = seen.label(change.job)
    return label if inert.line(label) == label else change.digest
