"""What counts of a review is found out from Git: over a forge that is really asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.model import POLICY, Commit
from runner.pipeline import consent, planning, rereading, reviewing
from runner.pipeline.rereading import Facts, Stretch
from runner.terms import Team
from runner.verdicts import Approved, Waiting
from tests import repos, reviewed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runner.model import Json
    from runner.outcomes import Event
    from tests.forge.state import How
    from tests.reviewed import Desk

pytestmark = pytest.mark.stories


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a site to copy."""
    return reviewed.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def desk(tmp_path: Path, made: Path) -> Iterator[Desk]:
    """Return a site beside a forge."""
    with reviewed.running(tmp_path, made) as running:
        yield running


def test_a_plan_of_the_branch_shows_who_has_approved(desk: Desk) -> None:
    """Before the merge a review of the branch's commit is consent to what it makes of the job."""
    pull = desk.propose()
    head = desk.fetch("topic")
    assert isinstance(reviewed.look(desk, head).verdict, Waiting)
    desk.forge.approve(pull, "reviewer")

    found = reviewed.look(desk, head)

    assert isinstance(found.verdict, Approved), found
    (review,) = found.reviews
    assert (review.held, review.digest, review.base) == (True, found.change.digest, None)
    assert (review.commit, review.head) == (head, head)
    assert review.makers == {"author@example.org"}


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_a_review_counts_however_it_is_merged(desk: Desk, how: How) -> None:
    """Merge commit, squash and rebase bring in what was reviewed, and who pressed is no maker."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.merge(pull, "reviewer", how)

    found = reviewed.look(desk, desk.pull())

    assert isinstance(found.verdict, Approved), found


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_what_is_pushed_besides_leaves_a_review_standing(desk: Desk, how: How) -> None:
    """Other files on the branch, other commits on main and "Update branch" change no digest."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.change("topic", {"notes": "more"}, by="other")
    desk.forge.change("main", {"else": "more"}, by="other")
    if how != "rebase":
        desk.forge.update(pull, "reviewer")
    desk.forge.merge(pull, "reviewer", how)
    desk.forge.change("main", {"else": "and more"}, by="other")

    found = reviewed.look(desk, desk.pull())

    assert isinstance(found.verdict, Approved), found
    assert found.reviews[0].makers == {"author@example.org"}


def test_an_approval_after_an_update_knows_nobody_of_main(desk: Desk) -> None:
    """What "Update branch" brought in is no part of what the pull request made."""
    pull = desk.propose()
    desk.forge.change("main", {"specs/vars.yaml": _VARS, "jobs": "x"}, by="reviewer")
    desk.forge.update(pull, "author")
    desk.forge.approve(pull, "reviewer")
    head = desk.fetch("topic")
    assert reviewed.look(desk, head).reviews[0].makers == {"author@example.org"}
    desk.forge.merge(pull, "reviewer")

    (review,) = reviewed.look(desk, desk.pull()).reviews

    assert review.held
    assert review.makers == {"author@example.org"}
    assert review.base is None


def test_what_is_pushed_to_the_job_undoes_an_approval(desk: Desk) -> None:
    """A new commit that makes the job another one was not reviewed; a later review of it was."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.change("topic", {"specs/count.yaml": desk.spec(run=2)})
    head = desk.fetch("topic")
    found = reviewed.look(desk, head)
    assert isinstance(found.verdict, Waiting)
    assert found.reviews[0].digest not in {None, found.change.digest}
    desk.forge.approve(pull, "reviewer")
    desk.forge.merge(pull, "reviewer", "squash")
    assert isinstance(reviewed.look(desk, desk.pull()).verdict, Approved)


def test_a_push_by_force_leaves_the_review_behind(desk: Desk) -> None:
    """A commit that the pull request no longer has is not its own, be its content the same."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    desk.forge.update(pull, "author", "rebase")
    desk.forge.change("main", {"else": "more"})
    desk.forge.update(pull, "author", "rebase")

    (review,) = reviewed.look(desk, desk.fetch("topic")).reviews

    assert (review.held, review.digest) == (False, None)


def test_only_the_pull_requests_own_commits_are_held(desk: Desk) -> None:
    """A review of what main has, or of what another pull request brought, is none of this one."""
    first = desk.propose()
    desk.forge.approve(first, "other", commit=desk.forge.tip())
    brought = desk.forge.head(first)
    desk.forge.merge(first, "author")
    second = desk.propose("second", run=2)
    desk.forge.approve(second, "reviewer", commit=brought)
    desk.forge.approve(second, "other", commit=desk.forge.tip())
    head = desk.fetch("second")

    found = reviewed.look(desk, head)

    assert {(each.pull, each.held) for each in found.reviews} == {(second.number, False)}
    desk.forge.merge(second, "author")
    found = reviewed.look(desk, desk.pull())
    assert {(each.pull, each.held) for each in found.reviews} == {(second.number, False)}


def facts(desk: Desk, commit: str, head: str) -> Facts:
    """Return what Git says of the job at a commit of a pull request, and of its newest commit."""
    with reviewed.opened(desk) as world:
        assert world.lineage is not None
        planned = planning.planned(world, Commit(head))
        stretch = Stretch(
            commit=Commit(commit), head=Commit(head), branch=world.repository.tip("main")
        )
        return rereading.facts(world, world.lineage, planned.plan.changes[0], stretch)


def test_what_another_pull_request_brought_is_the_base(desk: Desk) -> None:
    """One whose branch began with the job does not bring it, whoever approves it."""
    pull = desk.propose()
    brought = desk.fetch("topic")
    desk.forge.merge(pull, "author")
    desk.site.git("push", "-q", "origin", f"{brought}:refs/heads/above")
    above = desk.forge.change("above", {"notes": "x"})
    desk.fetch("above")

    found = facts(desk, above, above)

    assert found.held
    assert found.base == found.digest is not None
    assert found.makers == frozenset()


def test_bases_that_differ_must_all_be_without_it(desk: Desk) -> None:
    """Lines that were merged crosswise have two bases, and one that has the job is enough."""
    topic = desk.forge.head(desk.propose())
    main = desk.forge.change("main", {"else": "x"})
    desk.site.git("fetch", "-q", "origin")
    for ours, theirs, name in ((main, topic, "main"), (topic, main, "cross")):
        desk.site.git("checkout", "-q", "--detach", ours)
        desk.site.git("merge", "-q", "--no-ff", "-m", name, theirs)
        desk.site.git("push", "-q", "origin", f"HEAD:refs/heads/{name}")
    cross = desk.forge.change("cross", {"notes": "x"})
    desk.fetch("cross")

    found = facts(desk, cross, cross)

    assert found.held
    assert found.base == found.digest is not None


def test_pull_requests_for_nothing_here_are_not_asked(desk: Desk) -> None:
    """Neither one that was closed nor one for another branch counts, whatever it holds."""
    closed = desk.propose()
    desk.forge.approve(closed, "reviewer")
    desk.forge.change("stable", {"else": "x"})
    other = desk.forge.open("author", "topic", "stable")
    desk.forge.approve(other, "reviewer")
    desk.forge.close(closed)

    assert reviewed.look(desk, desk.fetch("topic")).reviews == ()


def test_whoever_said_no_last_has_not_approved(desk: Desk) -> None:
    """What was dismissed, or followed by a request for changes, is gathered as that."""
    pull = desk.propose()
    first = desk.forge.approve(pull, "reviewer")
    desk.forge.dismiss(pull, first, "author")
    head = desk.fetch("topic")
    assert [each.state for each in reviewed.look(desk, head).reviews] == ["dismissed"]
    desk.forge.approve(pull, "reviewer")
    desk.forge.review(pull, "reviewer", "CHANGES_REQUESTED")
    found = reviewed.look(desk, head)
    assert isinstance(found.verdict, Waiting)
    assert [each.state for each in found.reviews] == ["dismissed", "approved", "changes"]


def test_what_was_taken_back_is_not_brought_again_by_an_old_review(desk: Desk) -> None:
    """A revert of a revert brings the job in anew, and needs a review of its own."""
    first = desk.propose()
    desk.forge.approve(first, "reviewer")
    desk.forge.merge(first, "reviewer")
    assert isinstance(reviewed.look(desk, desk.pull()).verdict, Approved)
    back = desk.forge.revert(first, "other")
    desk.forge.merge(back, "reviewer")
    again = desk.forge.revert(back, "other")
    desk.forge.merge(again, "other")
    head = desk.pull()
    found = reviewed.look(desk, head)
    assert (found.reviews, isinstance(found.verdict, Waiting)) == ((), True)
    desk.forge.approve(again, "reviewer")
    assert isinstance(reviewed.look(desk, head).verdict, Approved)


def test_a_forge_and_git_that_disagree_show_nothing(desk: Desk) -> None:
    """The newest commit of a pull request is what both call it, or there is none."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    head = desk.fetch("topic")
    desk.forge.lie("pull", lambda tree: _with_head(tree, desk.forge.tip()))

    (review,) = reviewed.look(desk, head).reviews

    assert (review.held, review.head) == (False, None)


def test_who_made_it_is_told_by_git(desk: Desk) -> None:
    """Authors, co-authors and committers of the job's files are makers; of others they are not."""
    message = "Change\n\nCo-authored-by: Reviewer <reviewer@example.org>"
    desk.forge.change("topic", {"specs/count.yaml": desk.spec()}, by="other", message=message)
    desk.forge.change("topic", {"notes": "x"}, by="author")
    pull = desk.forge.open("other", "topic")
    desk.forge.approve(pull, "reviewer")
    desk.forge.approve(pull, "author")

    found = reviewed.look(desk, desk.fetch("topic"))

    assert found.reviews[0].makers == {"other@example.org", "reviewer@example.org"}
    assert found.evidence.authors == {"other@example.org", "reviewer@example.org"}
    assert isinstance(found.verdict, Approved)
    assert found.verdict.demands[0].given == ("author",)


def test_a_forge_that_cannot_be_asked_is_told_of_once(desk: Desk) -> None:
    """No review counts then; what was signed does, and nothing is asked again at once."""
    pull = desk.propose()
    desk.forge.approve(pull, "reviewer")
    head = desk.fetch("topic")
    desk.forge.fail("pulls", *["down"] * 50)
    told: list[Event] = []
    with reviewed.opened(desk) as real:
        world = replace(real, tell=told.append)
        have = planning.ledger(world)
        policy = reviewed.with_forge(world, have, desk.forge)
        planned = planning.planned(world, Commit(head))
        for _ in range(2):
            said = planning.verdicts(world, planned.plan.changes, have, policy, Commit(head))
            assert isinstance(said[reviewed.COUNT][0], Waiting)
    (event,) = told
    assert event.job == "github"
    assert "no review counts now, signed approvals do" in event.text


def test_a_forge_is_asked_once_for_several_jobs(desk: Desk) -> None:
    """Jobs of one pull request need one question each for commit, pull request and reviews."""
    more = {
        f"specs/count{n}.yaml": desk.spec().replace("name: count", f"name: count{n}")
        for n in range(5)
    }
    pull = desk.propose(more=more)
    desk.forge.approve(pull, "reviewer")
    head = desk.fetch("topic")
    with reviewed.opened(desk) as world:
        have = planning.ledger(world)
        policy = reviewed.with_forge(world, have, desk.forge)
        planned = planning.planned(world, Commit(head))
        for _ in range(3):
            said = planning.verdicts(world, planned.plan.changes, have, policy, Commit(head))
            approved = [job for job, (verdict, _) in said.items() if isinstance(verdict, Approved)]
            assert len(approved) == 6
    assert len(desk.forge.asked) == len(set(desk.forge.asked))


def test_the_policy_is_reviewed_like_a_job(desk: Desk) -> None:
    """A pull request that changes the policy's files is consent to just that policy."""
    text = (desk.site.repository / "jobgate.yaml").read_text()
    desk.forge.change("rules", {"jobgate.yaml": text.replace("everything", "all")})
    pull = desk.forge.open("author", "rules")
    desk.forge.approve(pull, "reviewer")
    desk.forge.merge(pull, "reviewer", "squash")

    found = reviewed.look(desk, desk.pull(), POLICY)

    assert isinstance(found.verdict, Approved), found
    assert found.reviews[0].makers == {"author@example.org"}
    assert found.reviews[0].base not in {None, found.change.digest}


def test_a_team_of_the_forge_is_asked_for_where_a_clause_names_it(desk: Desk) -> None:
    """Who is in it now is asked of those who reviewed, and of no other team."""
    pull = desk.propose()
    desk.forge.team("acme/sre", "reviewer")
    desk.forge.team("acme/dba", "reviewer")
    desk.forge.approve(pull, "reviewer")
    head = Commit(desk.fetch("topic"))
    with reviewed.opened(desk) as world:
        have = planning.ledger(world)
        policy = reviewed.with_forge(world, have, desk.forge)
        teams = tuple(
            Team(name=name, accounts=(("github", f"acme/{name}"),)) for name in ("sre", "dba")
        )
        clause = replace(policy.clauses[0], people=("sre",))
        policy = replace(policy, teams=teams, clauses=(clause,))
        planned = planning.planned(world, head)
        found, _ = consent.evidence(world, planned.plan.changes, have, policy, head)[reviewed.COUNT]
        said = planning.verdicts(world, planned.plan.changes, have, policy, head)
    assert found.members == {("sre", "reviewer")}
    assert isinstance(said[reviewed.COUNT][0], Approved)
    assert not any("dba" in path for path in desk.forge.asked)


_VARS = """\
word: hello
more: x
hosts:
  - {bk_cloud_id: 0, ip: 127.0.0.1}
"""


def test_a_long_pull_request_is_found_by_its_newest_commits(desk: Desk) -> None:
    """The forge is not asked about every commit there is, and that is told."""
    desk.propose()
    desk.fetch("topic")
    desk.site.git("branch", "long", "FETCH_HEAD")
    stream = "".join(map(_commit, range(reviewing.MOST_COMMITS)))
    repos.run(desk.site.repository, "fast-import", "--quiet", stdin=stream.encode())
    desk.site.git("push", "-q", "origin", "long:topic")
    desk.forge.approve(desk.forge.pulls[1], "reviewer")
    told: list[Event] = []
    with reviewed.opened(desk) as real:
        world = replace(real, tell=told.append)
        have, head = planning.ledger(world), real.repository.commit("long")
        policy = reviewed.with_forge(world, have, desk.forge)
        planned = planning.planned(world, head)
        said = planning.verdicts(world, planned.plan.changes, have, policy, head)
    assert isinstance(said[reviewed.COUNT][0], Approved)
    text = "reviews of local/count are looked for by the newest 40 of 41 commits that changed"
    assert [each.text for each in told] == [f"{text} its files"]
    assert len([path for path in desk.forge.asked if path.endswith("/pulls")]) == 40


def _commit(number: int) -> str:
    """Return a commit of another vars.yaml, as `git fast-import` takes it."""
    text = f"{_VARS}n: {number}\n"
    begin = "from refs/heads/long^0\n" if not number else ""
    return (
        f"commit refs/heads/long\ncommitter A <author@example.org> {number} +0000\ndata 1\nx\n"
        f"{begin}M 100644 inline specs/vars.yaml\ndata {len(text)}\n{text}\n"
    )


def _with_head(tree: Json, commit: str) -> Json:
    assert isinstance(tree, dict)
    assert isinstance(tree["head"], dict)
    return {**tree, "head": {**tree["head"], "sha": commit}}
