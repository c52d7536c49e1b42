"""Batches as a picture in the terminal, a bar each, and as a JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, groupby
from typing import TYPE_CHECKING

from runner import canon, scatter
from runner.report import documents, plain, seen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runner.batches import Rolled
    from runner.filesources import Batch, Part
    from runner.model import Finding, Json

_NAME = "batches"
_ROWS = 24  # beyond them batches are summed up
_BAR = 40
_LEAST_BAR = 10
_SHOWN = 6  # hosts or files of a part


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One batch, or several in a row: what the row says, and how much comes before and in it."""

    label: str
    said: str
    before: int
    size: int


# ---------------------------------------------------------------- for people


def rolled(made: Rolled, width: int) -> str:
    """Return the batches of an expression in lines of about `width` columns."""
    total = plain.count(made.hosts, "host")
    head = f"“{plain.line(made.expression)}” over {total}: {_batches(len(made.sizes))}\n"
    if made.windows:
        last = seen.start(made.windows[-1])
        head = head.removesuffix("\n") + f", the last one starts {last}\n"
    return head + _picture(_rolled_rows(made), made.hosts, width)


def divided(made: tuple[Batch, ...], width: int) -> str:
    """Return the batches of groups of source files: the copies that each makes, and its parts."""
    copies = [sum(len(part.hosts) * len(part.files) for part in batch) for batch in made]
    edges = list(accumulate(copies, initial=0))
    shown = [
        _picture(
            [_Row(label=f"batch {turn + 1}", said=_size(made[turn]), before=before, size=size)],
            edges[-1],
            width,
        )
        + "".join(map(_part, made[turn]))
        for turn, (size, before) in enumerate(zip(copies, edges, strict=False))
        if not _ROWS // 2 <= turn < len(made) - _ROWS // 2
    ]
    left_out = len(made) - len(shown)
    if left_out:
        shown.insert(_ROWS // 2, f"  … and {plain.count(left_out, 'batch')} more …\n")
    return f"{_batches(len(made))}, {plain.count(edges[-1], 'file')} to send\n" + "".join(shown)


# ---------------------------------------------------------------- for machines


def rolled_document(made: Rolled) -> str:
    """Return the sizes of an expression's batches as JSON."""
    tree: dict[str, Json] = {
        "expression": made.expression,
        "hosts": made.hosts,
        "sizes": list(made.sizes),
    }
    if made.windows:
        tree["timetable"] = documents.timetable(made.windows)
    return documents.text(_NAME, tree)


def divided_document(made: Iterable[Batch]) -> str:
    """Return the batches of groups of source files as JSON, all together and part by part."""
    listed: list[Json] = [
        {
            "files": [file for part in batch for file in part.files],
            "objects": [host for part in batch for host in part.hosts],
            "parts": [_part_tree(part) for part in batch],
        }
        for batch in made
    ]
    return documents.text(_NAME, {"batches": listed})


def findings_document(found: Iterable[Finding]) -> str:
    """Return why there are no batches, as JSON."""
    return documents.text(_NAME, {"findings": [documents.finding(each) for each in found]})


def _part_tree(part: Part) -> Json:
    return {"files": list(part.files), "group": part.group, "objects": list(part.hosts)}


def _batches(number: int) -> str:
    return plain.count(number, "batch") if number else "no batches"


def _rolled_rows(made: Rolled) -> list[_Row]:
    """Return a row a batch; of too many batches a row for each run of one size."""
    edges = list(accumulate(made.sizes, initial=0))
    few = len(made.sizes) <= _ROWS
    runs = [(turn, turn) for turn in range(len(made.sizes))] if few else _runs(made.sizes)
    return [_row(made, edges, first, last) for first, last in runs]


def _row(made: Rolled, edges: list[int], first: int, last: int) -> _Row:
    size = edges[last + 1] - edges[first]
    each, rest = divmod(size, last - first + 1)
    said, label = str(size), f"batch {first + 1}"
    if last > first:
        said, label = f"{'about ' * bool(rest)}{each} each", f"batches {first + 1} to {last + 1}"
    if made.windows:
        earliest, latest = made.windows[first].earliest, made.windows[last].latest
        said += f"  {seen.start(scatter.Window(earliest=earliest, latest=latest))}"
    return _Row(label=label, said=said, before=edges[first], size=size)


def _runs(sizes: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return the first and last batch, counted from 0, of each run of batches of one size.

    Where those are too many as well, the ones in the middle count as one.
    """
    runs: list[tuple[int, int]] = []
    for _, run in groupby(enumerate(sizes), key=lambda item: item[1]):
        turns = [turn for turn, _ in run]
        runs.append((turns[0], turns[-1]))
    half = _ROWS // 2
    if len(runs) > _ROWS:
        runs = [*runs[:half], (runs[half][0], runs[-half][0] - 1), *runs[-half:]]
    return runs


def _picture(rows: list[_Row], total: int, width: int) -> str:
    """Return a line a row: its label, its bar behind all that was before, how far it gets."""
    labels = max((len(row.label) for row in rows), default=0)
    said = max((len(row.said) for row in rows), default=0)
    bar = max(_LEAST_BAR, min(_BAR, width - labels - said - 12))
    return "".join(
        f"  {row.label:<{labels}}  {_bar(row, total, bar)}  "
        f"{_share(row.before + row.size, total):>4}  {row.said}\n"
        for row in rows
    )


def _bar(row: _Row, total: int, width: int) -> str:
    """Return what is done as dots and what the row does as blocks, at least one of them."""
    end = max(1, -(-(row.before + row.size) * width // max(total, 1)))
    start = min(row.before * width // max(total, 1), end - 1)
    return ("·" * start + "█" * (end - start)).ljust(width)


def _share(done: int, total: int) -> str:
    share = done * 100 // total if total else 100
    return "<1%" if done and not share else f"{share}%"


def _size(batch: Batch) -> str:
    hosts = sum(len(part.hosts) for part in batch)
    files = sum(len(part.files) for part in batch)
    return f"{plain.count(hosts, 'host')}, {plain.count(files, 'file')}"


def _part(part: Part) -> str:
    return f"    group {part.group}: {_listed(part.files)} from {_listed(part.hosts)}\n"


def _listed(items: tuple[Json, ...]) -> str:
    shown = ", ".join(plain.line(_named(item)) for item in items[:_SHOWN])
    return f"{shown or 'none'}{f' and {len(items) - _SHOWN} more' * (len(items) > _SHOWN)}"


def _named(item: Json) -> str:
    """Return a host or a file as the request names it; a mapping by its values."""
    if isinstance(item, dict):
        return ":".join(str(value) for value in _values(item))
    return item if isinstance(item, str) else canon.encode(item).decode()


def _values(item: Mapping[str, Json]) -> list[Json]:
    return [item[name] for name in sorted(item)]
