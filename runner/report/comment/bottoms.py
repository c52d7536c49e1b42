"""How a comment ends: how to consent, and where to find what it has no room for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runner.report import inert, plain
from runner.report.comment import judged

if TYPE_CHECKING:
    from runner.model import Planned, Sha256

ARTEFACT = "jobgate-plan"
# No character of it means anything in Markdown, or ends a link.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:-]+(?:/[A-Za-z0-9._~%=&?/-]*)?")
_LONGEST = 500


def consent(planned: Planned) -> str:
    """Return how consent is given, where any is missing; else nothing."""
    if not any(judged.could(planned.verdicts[each.job]) for each in planned.plan.changes):
        return ""
    head = planned.plan.head
    said = f"Fetch the commit before you sign: {inert.code(f'git fetch origin {head}')}."
    if planned.in_force.forge is None:
        return f"<sub>{said}</sub>"
    review = f"A review that approves {inert.code(head[:12])} here is consent, too."
    return f"<sub>{said} {review}</sub>"


def missing(shown: tuple[int, int, int], changes: int, sha256: Sha256, link: str) -> str:
    """Return what is not shown, and where all of it is: in the artefact, by its SHA-256.

    `shown` are the changes in the table, those in a fold, and the folds that are shortened.
    """
    listed, folded, shortened = shown
    said = f"in the table {listed} of {plain.count(changes, 'change')}, below it {folded}"
    said += f", of which {shortened} shortened" * bool(shortened)
    return f"**Not all of the plan has room here:** {said}.\n{rest(sha256, link)}"


def mistakes(shown: int, findings: int, sha256: Sha256, link: str) -> str:
    """Return how many findings are not shown, and where all of them are."""
    said = f"listed {shown} of {plain.count(findings, 'finding')}"
    return f"**Not all of them have room here:** {said}.\n{rest(sha256, link)}"


def rest(sha256: Sha256, link: str) -> str:
    """Return where the whole is."""
    artefact, digest = inert.code(ARTEFACT), inert.code(sha256)
    return f"All of it is in the artefact {artefact}{_of(link)}: a file with the SHA-256 {digest}."


def _of(link: str) -> str:
    if not link:
        return ""
    if _ADDRESS.fullmatch(link) and len(link) <= _LONGEST:
        return f" of [this run]({link})"
    return f" of {inert.code(link, _LONGEST)}"
