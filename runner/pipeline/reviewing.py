"""Reviews on a forge, gathered as evidence for each change; what they count for is not said here.

The forge is asked who reviewed which commit, when, and with what result, and who is in its teams.
Which pull requests are asked about, and what a commit makes of a job, is found out from Git.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.errors import ForgeError
from runner.evidence import Review
from runner.model import Commit, Job, JobId
from runner.outcomes import Event
from runner.pipeline import memberships, rereading

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from runner.model import Change, Ledger, Policy
    from runner.pipeline.ancestry import Lineage
    from runner.pipeline.ports import Forge
    from runner.pipeline.recollection import Answers
    from runner.pipeline.world import World
    from runner.pulls import ForgeReview, PullRequest
    from runner.terms import ForgeEntry

MOST_COMMITS = 40  # that a forge is asked about for one change
MOST_STEPS = 100  # of a branch, that are looked at for the one that brought a digest in


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What was found for one change. `members` are (team, person); `authors` are addresses."""

    reviews: tuple[Review, ...] = ()
    members: frozenset[tuple[str, str]] = frozenset()
    authors: frozenset[str] = frozenset()


def scope(change: Change, ledger: Ledger) -> tuple[Commit, tuple[str, ...]]:
    """Return the commit of a change's last submission, and the files that it was and is made of."""
    since = change.had.head if change.had is not None else ledger.began
    if not isinstance(change.wanted, Job):
        since = ledger.policy.head
    old = change.had.sources if change.had is not None else ledger.policy.files
    new = () if change.wanted is None else change.wanted.sources
    return since, tuple(sorted({source.path for source in (*new, *old)}))


def with_authors(
    world: World, change: Change, given: tuple[Review, ...], ledger: Ledger, head: Commit
) -> tuple[tuple[Review, ...], frozenset[str]]:
    """Return reviews, and who else wrote what a change is made of, since its last submission.

    A squash has for its co-authors all who had to do with the pull request. Where it makes of the
    job what was reviewed it adds nothing to that, and whoever made it shows in what was reviewed:
    so for the reviews of that pull request it is passed over.
    """
    if world.lineage is None or not given:
        return given, frozenset()
    since, paths = scope(change, ledger)
    merges = {each.merge for each in given}
    rest: list[Commit] = []
    passed: list[Commit] = []
    for commit in world.lineage.commits(since, head, paths):
        same = commit in merges and (
            rereading.reading(world, change, commit).digest == change.digest
        )
        (passed if same else rest).append(commit)
    others = {
        merge: world.lineage.authors(commit for commit in passed if commit != merge)
        for merge in merges
    }
    made = (replace(each, makers=each.makers | others[each.merge]) for each in given)
    return tuple(made), world.lineage.authors(rest)


def reviews(
    world: World,
    asked: Mapping[JobId, tuple[Change, frozenset[str]]],
    ledger: Ledger,
    policy: Policy,
    head: Commit,
) -> dict[JobId, Reviewed]:
    """Return the reviews of each change, with what else they are judged by.

    Beside each change are the people who signed something for it. Where the forge cannot be asked
    no review counts, which is told once.
    """
    nothing = {job: Reviewed() for job in asked}
    changes = [change for change, _ in asked.values() if change.wanted is not None]
    entry, lineage = policy.forge, world.lineage
    if entry is None or lineage is None or not changes:
        return nothing
    answers = world.recollection.fresh(world.clock.now())
    if answers.failed:
        return nothing
    try:
        gathering = _Gathering(
            world=world,
            entry=entry,
            forge=world.forges(entry),
            lineage=lineage,
            answers=answers,
            ledger=ledger,
            policy=policy,
            head=head,
        )
        signed = {job: people for job, (_, people) in asked.items()}
        return nothing | gathering.all(changes, signed)
    except ForgeError as error:
        answers.failed = True
        text = f"{error.message}: no review counts now, signed approvals do"
        _tell(world, entry, "failed", text)
        return nothing


def _tell(world: World, entry: ForgeEntry, what: str, text: str) -> None:
    if what not in world.recollection.told:
        world.recollection.told.add(what)
        world.tell(Event(job=JobId(entry.name), text=text))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gathering:
    """One look at a forge, and at Git beside it."""

    world: World
    entry: ForgeEntry
    forge: Forge
    lineage: Lineage
    answers: Answers
    ledger: Ledger
    policy: Policy
    head: Commit

    def all(
        self, changes: Iterable[Change], signed: Mapping[JobId, frozenset[str]]
    ) -> dict[JobId, Reviewed]:
        """Return what there is for each change."""
        pulls = {change.job: (change, self._pulls(change)) for change in changes}
        numbers = {each.number for _, some in pulls.values() for each in some}
        missing = sorted(numbers - self.answers.heads.keys())
        self.answers.heads.update(self.lineage.pulled(missing))
        found: dict[JobId, Reviewed] = {}
        for job, (change, some) in pulls.items():
            given = tuple(self._reviews(change, some))
            people = signed[job] | self._people(each.account for each in given)
            given, authors = with_authors(self.world, change, given, self.ledger, self.head)
            found[job] = Reviewed(
                reviews=given,
                members=frozenset(self._members(change, people)),
                authors=authors,
            )
        return found

    # ------------------------------------------------------------ pull requests

    def _pulls(self, change: Change) -> tuple[PullRequest, ...]:
        """Return the pull requests for the ledger's branch that brought the digest in."""
        found = {pull.number: pull for each in self._commits(change) for pull in self._asked(each)}
        return tuple(
            found[number]
            for number in sorted(found)
            if found[number].branch == self.ledger.branch
            and found[number].repository.lower() == self.entry.repository.lower()
            and found[number].state != "closed"
        )

    def _asked(self, commit: Commit) -> tuple[PullRequest, ...]:
        if commit not in self.answers.pulls:
            self.answers.pulls[commit] = self.forge.pulls(commit)
        return self.answers.pulls[commit]

    def _commits(self, change: Change) -> tuple[Commit, ...]:
        """Return the commits that brought the digest of `change` in, the newest first."""
        since, paths = scope(change, self.ledger)
        here = rereading.reading(self.world, change, self.head)
        # A file that is gone, or a platform that is another one, has made a job what it is, too.
        paths = tuple(sorted({*paths, *here.asked, *rereading.ALWAYS}))
        commits = self.lineage.commits(since, self.head, paths)
        brought = self._brought(change, since, paths)
        if brought != since:
            new = set(self.lineage.commits(brought, self.head, paths))
            commits = tuple(each for each in commits if each in new)
        if len(commits) > MOST_COMMITS:
            text = f"reviews of {change.job} are looked for by the newest {MOST_COMMITS} of"
            text += f" {len(commits)} commits that changed its files"
            _tell(self.world, self.entry, change.job, text)
        return commits[:MOST_COMMITS]

    def _brought(self, change: Change, since: Commit, paths: tuple[str, ...]) -> Commit:
        """Return the newest commit of the branch at which the digest was another one."""
        for at, (_, before) in enumerate(self.lineage.line(since, self.head, paths)):
            if before is None:
                return since
            another = rereading.reading(self.world, change, before).digest != change.digest
            if another or at + 1 == MOST_STEPS:  # what is older may only add to the evidence
                return before
        return since

    # ------------------------------------------------------------ reviews

    def _reviews(self, change: Change, pulls: Iterable[PullRequest]) -> Iterator[Review]:
        for pull in pulls:
            given = self._given(pull.number)
            for each in given:
                yield self._review(change, pull, each)

    def _given(self, number: int) -> tuple[ForgeReview, ...]:
        kept = self.answers
        if number not in kept.reviews:
            kept.reviews[number] = self.forge.reviews(number)
            some = any(each.state == "approved" for each in kept.reviews[number])
            kept.retargeted[number] = self.forge.retargeted(number) if some else ""
        return kept.reviews[number]

    def _review(self, change: Change, pull: PullRequest, given: ForgeReview) -> Review:
        # Only what both forge and Git know for its newest commit is the pull request's.
        shown = self.answers.heads.get(pull.number) == pull.head
        head = pull.head if shown and given.commit is not None else None
        commit = given.commit or Commit("")
        facts = rereading.Facts(held=False)
        if given.state == "approved" and head is not None:
            stretch = rereading.Stretch(commit=commit, head=head, branch=self._branch())
            facts = rereading.facts(self.world, self.lineage, change, stretch)
        return Review(
            forge=self.entry.name,
            pull=pull.number,
            number=given.number,
            account=given.account,
            person=given.person,
            state=given.state,
            at=given.at,
            commit=commit,
            head=head,
            merge=pull.merge,
            opener=pull.opener,
            retargeted=self.answers.retargeted[pull.number],
            held=facts.held,
            digest=facts.digest,
            base=facts.base,
            makers=facts.makers,
        )

    def _branch(self) -> Commit:
        if self.answers.branch is None:
            self.answers.branch = self.world.repository.tip(self.ledger.branch)
        return self.answers.branch

    # ------------------------------------------------------------ teams

    def _people(self, accounts: Iterable[str]) -> frozenset[str]:
        """Return the people whose accounts these are."""
        named = {account.lower() for account in accounts}
        return frozenset(
            person.name
            for person in self.policy.people
            for forge, login in person.accounts
            if forge == self.entry.name and login.lower() in named
        )

    def _members(self, change: Change, people: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Yield those of `people` who are in a team of the forge that is asked for `change`."""
        logins = [
            (person.name, login)
            for person in self.policy.people
            for forge, login in person.accounts
            if forge == self.entry.name and person.name in people
        ]
        wanted = memberships.teams(self.policy, change) if logins else frozenset()
        for team in self.policy.teams:
            for forge, there in team.accounts:
                if forge == self.entry.name and team.name in wanted:
                    yield from (
                        (team.name, name) for name, login in logins if self._in(there, login)
                    )

    def _in(self, team: str, account: str) -> bool:
        name = (team, account.lower())
        if name not in self.answers.members:
            self.answers.members[name] = self.forge.member(team, account)
        return self.answers.members[name]
