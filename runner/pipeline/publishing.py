"""Publishing: what a commit would run, said on its pull request by one comment and one status.

What is said there is for people: nothing that anybody writes on a forge is read for what it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from runner import posted
from runner.errors import FindingsError, ForgeError, NoWritingError, UsageError
from runner.pipeline import diverging, explaining, planning
from runner.pipeline.posting import Poster
from runner.terms import ForgeEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.explanations import Explanation
    from runner.model import Commit, JobId, Ledger
    from runner.otherwise import Otherwise
    from runner.pipeline.world import World
    from runner.posted import CommitStatus
    from runner.views import Viewed

_FORGE = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to write, as far as somebody says so; what is empty is said by nobody."""

    repository: str = ""
    url: str = ""
    token: str = ""  # the variable that holds it
    account: str = ""  # whose it is


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A plan that could be made: the changes that are shown, and what their verdicts are of."""

    viewed: Viewed
    explained: Mapping[JobId, Explanation]

    @property
    def ledger(self) -> Ledger:
        """Return the ledger that it was planned from."""
        return self.viewed.planned.ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistaken:
    """A commit of which no plan can be made, and why."""

    head: Commit
    error: FindingsError
    ledger: Ledger | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbegun:
    """A commit of a repository that has no ledger yet, and how many jobs it would take as had."""

    head: Commit
    jobs: int
    ledger: None = None


Found: TypeAlias = Shown | Mistaken | Unbegun


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be said: on a pull request, and of its newest commit."""

    pull: int
    head: Commit
    marker: str
    body: str
    status: CommitStatus


def found(world: World, head: Commit, base: Commit | None) -> Found:
    """Return what there is to say of a commit, of the changes since `base` (None: of all)."""
    have = world.journal.ledger()
    try:
        if have is None:
            want = planning.demanded(world.repository.tree(head))
            return Unbegun(head=head, jobs=len(want.jobs))
        viewed, explained = explaining.viewed(world, have, head, base)
    except FindingsError as error:
        return Mistaken(head=head, error=error, ledger=have)
    return Shown(viewed=viewed, explained=explained)


def diverged(world: World) -> tuple[Ledger, Commit, tuple[Otherwise, ...]]:
    """Return the ledger, the tip of its branch, and what was approved and is made otherwise there.

    Raises RepositoryError where there is no ledger.
    """
    have = planning.ledger(world)
    tip = world.repository.tip(have.branch)
    want = planning.demanded(world.repository.tree(tip))
    return have, tip, diverging.found(world, planning.judged(world, have, want, tip))


def entry(said: Place, policy: ForgeEntry | None, usual: Place) -> ForgeEntry:
    """Return where to write: what is said, else what the policy in force says, else the usual."""
    known = policy or ForgeEntry(name=_FORGE, url="", repository="", token="")
    made = ForgeEntry(
        name=known.name,
        url=said.url or known.url or usual.url,
        repository=said.repository or known.repository or usual.repository,
        token=said.token or known.token or usual.token,
    )
    if not made.repository:
        raise UsageError(
            "cannot publish: nobody says in which repository of the forge",
            mend="name it by `--forge owner/name`, or in the policy",
        )
    return made


def poster(world: World, have: Ledger | None, said: Place, usual: Place) -> Poster:
    """Return what writes where it was said. Raises ForgeError."""
    policy = None if have is None else planning.in_force(world, have.policy).forge
    where = entry(said, policy, usual)
    account = posted.named(said.account) if said.account else None
    return Poster(world=world, entry=where, board=world.boards(where), account=account)


def published(writer: Poster, notice: Notice) -> ForgeError | None:
    """Say it: the status first, which tells who writes, and then the comment.

    Where the token may not write that is told in a line, and no error: so it is for whoever opens
    a pull request from a fork. Return what else kept it from being said.
    """
    refused: list[NoWritingError] = []
    try:
        newest = writer.board.head(notice.pull)
        for deed in (_mark, _comment):
            try:
                deed(writer, notice, newest)
            except NoWritingError as error:
                refused.append(error)
    except NoWritingError as error:
        refused.append(error)
    except ForgeError as error:
        return error
    if refused:
        text = "; ".join(each.message for each in refused)
        writer.tell(f"{text}: the plan is not shown there")
    return None


def told(writer: Poster, marker: str, bodies: Mapping[int, str], settled: str) -> ForgeError | None:
    """Say on each pull request what is to be said there, and on all others that it is settled.

    Return what kept it from being said, if anything did that nobody has to expect.
    """
    refused: list[NoWritingError] = []
    try:
        for pull, body in bodies.items():
            try:
                writer.keep(pull, marker, body)
            except NoWritingError as error:
                refused.append(error)
        writer.settle(bodies, marker, settled)
    except NoWritingError as error:
        refused.append(error)
    except ForgeError as error:
        return error
    for each in refused:
        writer.tell(each.message)
    return None


def _mark(writer: Poster, notice: Notice, newest: Commit) -> None:
    del newest  # whatever it is: a status is of its commit
    writer.mark(notice.head, notice.status)


def _comment(writer: Poster, notice: Notice, newest: Commit) -> None:
    if newest != notice.head:
        # A run that was late, or that somebody began again: the comment is of the newest commit.
        text = f"pull request {notice.pull} is at {newest[:12]} by now: the comment of"
        writer.tell(f"{text} {notice.head[:12]} is not written")
        return
    writer.keep(notice.pull, notice.marker, notice.body)
