"""The comment on a pull request, as Markdown: a plan, or why there is none. It always fits."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from runner import canon
from runner.comments import Comment
from runner.explanations import Explanation
from runner.model import Sha256
from runner.report import inert
from runner.report.comment import (
    amounts,
    bottoms,
    filling,
    folds,
    gists,
    judged,
    mistakes,
    rows,
    tops,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Commit, Finding, JobId
    from runner.report.comment.amounts import Amount
    from runner.report.comment.gists import Told
    from runner.views import Viewed

MARKER = "<!-- jobgate:plan -->"
LIMIT = 65_536  # that GitHub names when it refuses a comment
_NONE: Mapping[JobId, Explanation] = MappingProxyType({})


def made(
    viewed: Viewed,
    *,
    explained: Mapping[JobId, Explanation] = _NONE,
    link: str = "",
    limit: int = LIMIT,
) -> Comment:
    """Return the comment on a plan, of at most `limit` bytes; it needs 4,096.

    `explained` is what the verdicts were made of, as far as it is known; `link` is the address of
    the run that keeps the rest.
    """
    page = _page(viewed, explained)
    all_of_it = page.all()
    if inert.size(all_of_it) + len(MARKER) + 1 <= limit:
        return _comment(all_of_it)
    most, sha256 = len(page.told), canon.sha256(all_of_it.encode())
    # No number of the note is larger than here, so that the real one is not longer.
    note = bottoms.missing((most, most, most), most, sha256, link)
    room = limit - inert.size(f"{MARKER}\n{page.text((), (), note)}")
    shown = filling.lines(page.rows, room // 2)
    pieces = list(zip(*(page.folds(each) for each in amounts.LESS), strict=True))
    filled = filling.pieces(pieces, room - filling.size(shown))
    note = bottoms.missing((len(shown), len(filled.texts), filled.shortened), most, sha256, link)
    return _comment(page.text(shown, filled.texts, note), all_of_it)


def whole(viewed: Viewed, explained: Mapping[JobId, Explanation] = _NONE) -> str:
    """Return all that there is to say of a plan, however long."""
    return _page(viewed, explained).all()


def mistaken(
    findings: Iterable[Finding], *, head: Commit, link: str = "", limit: int = LIMIT
) -> Comment:
    """Return the comment on a commit of which no plan can be made: what is wrong, and the mend."""
    found = mistakes.ordered(findings)
    top = f"{mistakes.headline(found)}\n\n{tops.of(head)}\n"
    all_of_it = "\n".join([top, *(mistakes.item(each, amounts.ALL) for each in found), ""])
    if inert.size(all_of_it) + len(MARKER) + 1 <= limit:
        return _comment(all_of_it)
    most, sha256 = len(found), canon.sha256(all_of_it.encode())
    note = bottoms.mistakes(most, most, sha256, link)
    room = limit - inert.size(f"{MARKER}\n{top}\n\n{note}\n")
    shown = filling.lines([mistakes.item(each, amounts.SHORT) for each in found], room)
    note = bottoms.mistakes(len(shown), most, sha256, link)
    return _comment("\n".join([top, *shown, "", note, ""]), all_of_it)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """What a comment is made of. The most important change stands first in `rows` and `told`."""

    top: str
    rows: tuple[str, ...]
    told: tuple[Told, ...]
    bottom: str

    def text(self, shown: Iterable[str], folded: Iterable[str], note: str = "") -> str:
        """Return the page with these of its rows, with folds, and with a note at its end."""
        table = "\n".join([rows.HEADER, *shown]) if self.rows else ""
        parts = [self.top, table, *folded, self.bottom, note]
        return "\n\n".join(filter(None, parts)) + "\n"

    def folds(self, amount: Amount) -> Iterator[str]:
        """Yield the fold of each change. That of the only one is open: it needs no click."""
        for each in self.told:
            yield folds.fold(each, amount, opened=len(self.told) == 1)

    def all(self) -> str:
        """Return the page with everything."""
        return self.text(self.rows, self.folds(amounts.ALL))


def _page(viewed: Viewed, explained: Mapping[JobId, Explanation]) -> _Page:
    planned = viewed.planned
    changes = judged.ordered(planned)
    told = (
        gists.told(
            planned,
            each,
            explained.get(each.job) or Explanation(verdict=planned.verdicts[each.job]),
        )
        for each in changes
    )
    return _Page(
        top=tops.top(viewed),
        rows=tuple(rows.row(planned, each) for each in changes),
        told=tuple(told),
        bottom=bottoms.consent(planned),
    )


def _comment(markdown: str, rest: str = "") -> Comment:
    sha256 = canon.sha256(rest.encode()) if rest else Sha256("")
    return Comment(body=f"{MARKER}\n{markdown}", rest=rest, sha256=sha256)
