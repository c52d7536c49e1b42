"""Ways round a review that others have let through, played again on a forge."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests import replaying
from tests import site as sites
from tests.forge import deeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.model import Json
    from tests.forge.state import How, Pull
    from tests.replaying import Replay

pytestmark = pytest.mark.stories

WAITS = "waiting: everything asks for 1 more of "
MADE = "made commits that it is made from"
NOT_HELD = "is not the pull request's own"
ANOTHER = "the digest is "


# ---------------------------------------------------------------- must pass


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_one_person_approves_and_merges(replay: Replay, how: How) -> None:
    """A review of what the branch makes of the job counts, whichever button its giver presses."""
    pull = replay.propose()
    replay.approve(pull)
    replay.forge.merge(pull, "reviewer", how)

    replay.ran()


def elsewhere(replay: Replay, pull: Pull) -> None:
    """Push what does not touch the job, to the branch and to the other one."""
    replay.forge.change(pull.branch, {"README": "read me"})
    replay.forge.change("main", {"docs/more.md": "more"}, by="reviewer")


def updated(replay: Replay, pull: Pull) -> None:
    """Press "Update branch", after the other branch went on."""
    replay.forge.change("main", {"README": "read me"})
    replay.forge.update(pull, "reviewer")


def commented(replay: Replay, pull: Pull) -> None:
    """Leave a comment after the approval."""
    replay.forge.review(pull, "reviewer", "COMMENTED", at=replay.later())


def retargeted_and_approved(replay: Replay, pull: Pull) -> None:
    """Give it another base and the old one again, and approve once more."""
    deeds.put(replay.forge.repository, "release", replay.forge.tip())
    replay.forge.retarget(pull, "release", "author", at=replay.later())
    replay.forge.retarget(pull, "main", "author", at=replay.later())
    replay.approve(pull)


def disagreed_and_agreed(replay: Replay, pull: Pull) -> None:
    """Ask for changes, and approve after all."""
    replay.forge.review(pull, "reviewer", "CHANGES_REQUESTED", at=replay.later())
    replay.approve(pull)


def others_disagree(replay: Replay, pull: Pull) -> None:
    """Let somebody ask for changes whom the policy does not know."""
    replay.forge.review(pull, "stranger", "CHANGES_REQUESTED", at=replay.later())


@pytest.mark.parametrize(
    "deed",
    [elsewhere, updated, commented, retargeted_and_approved, disagreed_and_agreed, others_disagree],
    ids=lambda deed: deed.__name__,
)
def test_what_takes_nothing_from_a_review(
    replay: Replay, deed: Callable[[Replay, Pull], None]
) -> None:
    """What leaves the job as it was reviewed leaves the review."""
    pull = replay.propose()
    replay.approve(pull)
    deed(replay, pull)
    replay.forge.merge(pull, "author")

    replay.ran()


def test_a_pull_request_of_a_fork(replay: Replay) -> None:
    """Where the branch lies makes no difference to what it makes of the job."""
    fork = replay.forge.fork("author")
    replay.forge.change("topic", {replaying.COUNT: replay.spec()}, source=fork)
    pull = replay.forge.open("author", "topic", source=fork)
    replay.approve(pull)
    replay.forge.merge(pull, "reviewer", "squash")

    replay.ran()


def test_a_review_and_a_signature_are_two(replay: Replay) -> None:
    """Consent of two people is consent of two, in whichever way each of them gave it."""
    replay.push(path=replaying.STRICT)
    pull = replay.forge.open("author", "topic")
    replay.approve(pull)
    replay.forge.merge(pull, "author")
    replay.refused("waiting: prod asks for 1 more of other")
    assert replay.sign("other").code == 0

    replay.ran()


# ---------------------------------------------------------------- approved, then changed


def longer(replay: Replay, pull: Pull) -> None:
    """Push another request."""
    replay.push(pull.branch, timeout="3600")


def again(replay: Replay, pull: Pull) -> None:
    """Raise `run` alone."""
    replay.push(pull.branch, run=2)


def another_script(replay: Replay, pull: Pull) -> None:
    """Leave the spec as it is, and push another script under its name."""
    replay.forge.change(pull.branch, {"scripts/count.sh": sites.SCRIPT + "echo more\n"})


def another_variable(replay: Replay, pull: Pull) -> None:
    """Leave spec and script as they are, and push another value for them."""
    replay.forge.change(pull.branch, {"specs/vars.yaml": sites.VARS.replace("hello", "bye")})


def softer(replay: Replay, pull: Pull) -> None:
    """Move the spec to another folder."""
    replay.desk(pull.branch).git("mv", replaying.COUNT, "specs/soft.yaml")
    replay.site.commit("Move it")
    replay.hand_in(pull.branch)


def merged_with_more(replay: Replay, pull: Pull) -> None:
    """Hide another request in the merge with the other branch."""
    replay.forge.change("main", {"README": "read me"})
    site = replay.desk(pull.branch)
    site.git("fetch", "-q", "origin", "main")
    site.git("merge", "-q", "--no-ff", "--no-commit", "FETCH_HEAD")
    site.edit(replaying.COUNT, "timeout: 60", "timeout: 3600")
    site.commit("Merge main")
    replay.hand_in(pull.branch)


PUSHED: list[tuple[Callable[[Replay, Pull], None], How]] = [
    (longer, "merge"),
    (longer, "squash"),
    (again, "squash"),
    (another_script, "merge"),
    (another_variable, "squash"),
    (softer, "merge"),
    (merged_with_more, "merge"),
]


@pytest.mark.parametrize(("deed", "how"), PUSHED)
def test_approved_then_pushed(
    replay: Replay, deed: Callable[[Replay, Pull], None], how: How
) -> None:
    """A review is of the commit that was looked at, also where the forge keeps showing it."""
    pull = replay.propose()
    replay.approve(pull)
    deed(replay, pull)
    replay.forge.merge(pull, "author", how)

    replay.refused(WAITS, why=ANOTHER)


def forced(replay: Replay, pull: Pull) -> None:
    """Replace what was approved by force with another request."""
    site = replay.desk(pull.branch)
    site.edit(replaying.COUNT, "timeout: 60", "timeout: 3600")
    site.git("commit", "-q", "-a", "--amend", "--no-edit")
    replay.hand_in(pull.branch)


def forced_alike(replay: Replay, pull: Pull) -> None:
    """Replace it by force with the same content under another message."""
    replay.desk(pull.branch).git("commit", "-q", "--amend", "-m", "Better said")
    replay.hand_in(pull.branch)


def rebased(replay: Replay, pull: Pull) -> None:
    """Press "Update branch" in the way that makes the commits again."""
    replay.forge.change("main", {"README": "read me"})
    replay.forge.update(pull, "author", "rebase")


@pytest.mark.parametrize("deed", [forced, forced_alike, rebased], ids=lambda deed: deed.__name__)
def test_approved_then_forced(replay: Replay, deed: Callable[[Replay, Pull], None]) -> None:
    """A commit that the branch does not have any more was reviewed for something else."""
    pull = replay.propose()
    replay.approve(pull)
    deed(replay, pull)
    replay.forge.merge(pull, "author")

    replay.refused(WAITS, why=NOT_HELD)


# ---------------------------------------------------------------- whose review


def opener(replay: Replay) -> Pull:
    """Have it approved by whoever opened it, as a forge should not let them."""
    pull = replay.propose(opener="other")
    replay.approve(pull, "other")
    return pull


def author(replay: Replay) -> Pull:
    """Have it approved by its author; somebody else has opened it."""
    pull = replay.propose(opener="guest")
    replay.approve(pull, "author")
    return pull


def co_author(replay: Replay) -> Pull:
    """Have it approved by somebody whose suggestion it has."""
    said = "Count\n\nCo-authored-by: R <reviewer@home.example>"
    replay.forge.change("topic", {replaying.COUNT: replay.spec()}, message=said)
    pull = replay.forge.open("author", "topic")
    replay.approve(pull)
    return pull


def committer(replay: Replay) -> Pull:
    """Have it approved by whoever committed another one's work."""
    site = replay.desk("main")
    site.write(replaying.COUNT, replay.spec())
    site.git("add", "-A")
    site.git("commit", "-qm", "Count", "--author=author <author@example.org>", by="reviewer")
    replay.hand_in()
    pull = replay.forge.open("author", "topic")
    replay.approve(pull)
    return pull


def made_ones_own(replay: Replay) -> Pull:
    """Have it approved by somebody who pushes to it afterwards, with the digest as it is."""
    pull = replay.propose()
    replay.approve(pull)
    spec = replay.spec().replace("kind: ScriptJob", "kind: ScriptJob  # a comment")
    replay.forge.change("topic", {replaying.COUNT: spec}, by="reviewer")
    return pull


def bot(replay: Replay) -> Pull:
    """Have it approved by an app that has a person's name."""
    pull = replay.propose()
    replay.forge.user("reviewer", kind="Bot")
    replay.approve(pull)
    return pull


def deleted(replay: Replay) -> Pull:
    """Have it approved by somebody whose account is deleted then."""
    pull = replay.propose()
    replay.approve(pull)
    replay.forge.gone("reviewer")
    return pull


def stranger(replay: Replay) -> Pull:
    """Have it approved by an account that nobody lists: a second one of the reviewer, say."""
    pull = replay.propose()
    replay.approve(pull, "reviewer-2")
    return pull


def dismissed(replay: Replay) -> Pull:
    """Dismiss the approval."""
    pull = replay.propose()
    replay.approve(pull)
    replay.forge.dismiss(pull, pull.reviews[0], "author")
    return pull


def disagreed(replay: Replay) -> Pull:
    """Approve, and ask for changes later."""
    pull = replay.propose()
    replay.approve(pull)
    replay.forge.review(pull, "reviewer", "CHANGES_REQUESTED", at=replay.later())
    return pull


def to_come(replay: Replay) -> Pull:
    """Have the forge say that it was given tomorrow."""
    pull = replay.propose()
    at = replay.later().replace(year=replay.later().year + 1)
    replay.forge.approve(pull, "reviewer", at=at)
    return pull


def long_ago(replay: Replay) -> Pull:
    """Have it approved longer ago than approvals last."""
    pull = replay.propose()
    at = replay.later().replace(year=replay.later().year - 1)
    replay.forge.approve(pull, "reviewer", at=at)
    return pull


WHOSE = [
    (opener, "other opened the pull request"),
    (author, f"author {MADE}"),
    (co_author, f"reviewer {MADE}"),
    (committer, f"reviewer {MADE}"),
    (made_ones_own, f"reviewer {MADE}"),
    (bot, "it is by a bot, or by nobody whom the forge knows"),
    (deleted, "it is by a bot, or by nobody whom the forge knows"),
    (stranger, "the policy does not list the account reviewer-2"),
    (dismissed, "it was dismissed"),
    (disagreed, "it asks for changes"),
    (to_come, "which is still to come"),
    (long_ago, "and lasts 30 days"),
]


@pytest.mark.parametrize(("deed", "why"), WHOSE, ids=[deed.__name__ for deed, _ in WHOSE])
def test_whose_review(replay: Replay, deed: Callable[[Replay], Pull], why: str) -> None:
    """Who does not count does not, whatever the forge shows, and `explain` says why."""
    replay.forge.merge(deed(replay), "author")

    replay.refused(WAITS, why=why)


def test_somebody_whom_no_clause_names(replay: Replay) -> None:
    """A review of a listed person counts where a clause names them, and not here."""
    pull = replay.propose()
    replay.approve(pull, "guest")
    replay.forge.merge(pull, "author")

    replay.refused(f"{WAITS}other, reviewer")


def test_one_person_reviews_and_signs(replay: Replay) -> None:
    """A review and a signature of one human being are one consent."""
    replay.push(path=replaying.STRICT)
    pull = replay.forge.open("author", "topic")
    replay.approve(pull)
    replay.forge.merge(pull, "author")
    assert replay.sign("reviewer").code == 0

    replay.refused("waiting: prod asks for 1 more of other")


def test_approved_after_being_removed(replay: Replay) -> None:
    """Whoever is not of the policy any more approves nothing, before or after they left."""
    pull = replay.propose()
    replay.approve(pull)
    replay.policy("accounts: {github: reviewer}", "accounts: {github: somebody}")
    replay.approve(pull)
    replay.forge.merge(pull, "author")

    replay.refused(WAITS, why="the policy does not list the account reviewer")


# ---------------------------------------------------------------- another pull request


def of_a_stranger_commit(replay: Replay) -> Pull:
    """Approve one pull request with a commit of another one."""
    files = {replaying.COUNT: replay.spec()}
    replay.forge.change("other", files, message="The same, by another commit")
    pull = replay.propose()
    replay.approve(pull, commit=replay.forge.tip("other"))
    return pull


def of_the_branch_itself(replay: Replay) -> Pull:
    """Approve a pull request with a commit that was on the branch before it."""
    pull = replay.propose()
    replay.approve(pull, commit=replay.forge.tip("main"))
    return pull


@pytest.mark.parametrize(
    "deed", [of_a_stranger_commit, of_the_branch_itself], ids=lambda deed: deed.__name__
)
def test_a_commit_that_it_does_not_hold(replay: Replay, deed: Callable[[Replay], Pull]) -> None:
    """A review of a commit that is not the pull request's own is none of it."""
    replay.forge.merge(deed(replay), "author")

    replay.refused(WAITS, why=NOT_HELD)


def closed(replay: Replay) -> Pull:
    """Have another pull request with the same job approved, and closed."""
    other = replay.propose("other")
    replay.approve(other)
    replay.forge.close(other)
    return replay.propose("topic")


def of_another_base(replay: Replay) -> Pull:
    """Have one approved that is for another branch, with the same commits."""
    deeds.put(replay.forge.repository, "release", replay.forge.tip())
    replay.push()
    other = replay.forge.open("author", "topic", "release")
    replay.approve(other)
    return replay.forge.open("author", "topic")


def stacked(replay: Replay) -> Pull:
    """Have one approved that is for a branch which is itself merged, and deleted, then."""
    replay.forge.change("below", {"README": "read me"})
    below = replay.forge.open("author", "below")
    replay.forge.change("below", {"README": "read this"})
    deeds.put(replay.forge.repository, "topic", replay.forge.tip("below"))
    replay.push("topic")
    pull = replay.forge.open("author", "topic", "below")
    replay.approve(pull)
    replay.forge.merge(below, "author")
    replay.forge.delete("below", at=replay.later())
    assert pull.base == "main"
    return pull


def switched(replay: Replay) -> Pull:
    """Have one approved for another branch, and give it the ledger's."""
    deeds.put(replay.forge.repository, "release", replay.forge.tip())
    replay.push()
    pull = replay.forge.open("author", "topic", "release")
    replay.approve(pull)
    replay.forge.retarget(pull, "main", "author", at=replay.later())
    return pull


BESIDE = [
    (closed, ""),
    (of_another_base, ""),
    (stacked, "the pull request was given another base on "),
    (switched, "the pull request was given another base on "),
]


@pytest.mark.parametrize(("deed", "why"), BESIDE, ids=[deed.__name__ for deed, _ in BESIDE])
def test_approved_for_something_else(
    replay: Replay, deed: Callable[[Replay], Pull], why: str
) -> None:
    """A review counts for the pull request that brings the job into the ledger's branch."""
    pull = deed(replay)
    replay.forge.merge(pull, "author")

    replay.refused(WAITS, why=why)
    replay.approve(pull, "other")
    replay.ran()


def test_a_branch_that_was_approved_for_another_is_pushed(replay: Replay) -> None:
    """What was reviewed for a branch of another name and then put here was reviewed for it."""
    deeds.put(replay.forge.repository, "renamed", replay.forge.tip())
    replay.push()
    pull = replay.forge.open("author", "topic", "renamed")
    replay.approve(pull)
    replay.forge.merge(pull, "reviewer")
    deeds.put(replay.forge.repository, "main", replay.forge.tip("renamed"))

    replay.refused(WAITS)


def test_pushed_first_and_reviewed_later_for_something_else(replay: Replay) -> None:
    """A pull request after the push holds the job too, and does not bring it in."""
    replay.push("main")
    replay.forge.change("topic", {"README": "read me"})
    pull = replay.forge.open("author", "topic")
    replay.approve(pull)
    replay.forge.merge(pull, "reviewer")

    replay.refused(WAITS)


def test_pushed_first_and_touched_later(replay: Replay) -> None:
    """A pull request that changes a comment of a job does not bring in what is there already."""
    replay.push("main")
    spec = replay.spec().replace("kind: ScriptJob", "kind: ScriptJob  # a comment")
    replay.forge.change("topic", {replaying.COUNT: spec})
    pull = replay.forge.open("author", "topic")
    replay.approve(pull)
    replay.forge.merge(pull, "reviewer")

    replay.refused(WAITS, why="the job was the same where the pull request branched off")


# ---------------------------------------------------------------- spent


def test_a_revert_and_a_revert_of_it(replay: Replay) -> None:
    """A review is spent by what it permitted: a revert, and one of that, are reviewed anew."""
    first = replay.propose()
    replay.approve(first)
    replay.forge.merge(first, "reviewer")
    replay.ran()
    second = replay.propose("second", timeout="61")
    replay.approve(second)
    replay.forge.merge(second, "reviewer")
    replay.ran(2)
    back = replay.forge.revert(second, "author")
    replay.forge.merge(back, "author")
    replay.refused(WAITS, times=2)
    forth = replay.forge.revert(back, "author")
    replay.forge.merge(forth, "author")

    ended = replay.apply()
    assert ended.code == 0
    assert len(replay.site.runs) == 2


# ---------------------------------------------------------------- the policy in the change itself


def test_a_policy_and_a_job_in_one(replay: Replay) -> None:
    """A reviewer whom the change itself appoints appoints nobody, and approves nothing."""
    policy = (replay.site.repository / "jobgate.yaml").read_text("utf-8")
    mild = policy.replace("from: [author, reviewer, other]", "from: [author, guest]")
    replay.forge.change("topic", {"jobgate.yaml": mild, replaying.COUNT: replay.spec()})
    pull = replay.forge.open("author", "topic")
    replay.approve(pull, "guest")
    replay.forge.merge(pull, "guest")

    replay.refused(f"local/count: {WAITS}other, reviewer")
    assert f"@policy: {WAITS}other, reviewer" in replay.apply().out
    assert "LOOSER: guest may approve everything now" in replay.site.jobgate("plan").out


def test_a_policy_first_and_a_job_later(replay: Replay) -> None:
    """A pull request of rules alone is reviewed as one of jobs is, and holds until it is."""
    policy = (replay.site.repository / "jobgate.yaml").read_text("utf-8")
    mild = policy.replace("from: [author, reviewer, other]", "from: [author, guest]")
    replay.forge.change("rules", {"jobgate.yaml": mild})
    rules = replay.forge.open("author", "rules")
    replay.forge.merge(rules, "author")
    pull = replay.propose()
    replay.approve(pull, "guest")
    replay.forge.merge(pull, "guest")

    replay.refused(f"local/count: {WAITS}other, reviewer")
    replay.approve(rules, "other")
    replay.ran()


def test_another_forge_in_the_change_itself(replay: Replay) -> None:
    """Whose word counts for reviews is the policy's in force: another address is asked nothing."""
    policy = (replay.site.repository / "jobgate.yaml").read_text("utf-8")
    elsewhere = policy.replace("http://127.0.0.1:", "http://127.0.0.1:9/")
    assert elsewhere != policy
    replay.forge.change("topic", {"jobgate.yaml": elsewhere, replaying.COUNT: replay.spec()})
    pull = replay.forge.open("author", "topic")
    replay.forge.merge(pull, "author")

    replay.refused(WAITS)


def test_owners_in_the_change_itself(replay: Replay) -> None:
    """A file stays its owner's for as long as nobody has accepted who owns it now."""
    replay.site.write("CODEOWNERS", "/specs/prod/ @other\n")
    replay.policy("count: 2, from", "owners: true, count: 1, from")
    files = {"CODEOWNERS": "* @reviewer\n", replaying.STRICT: replay.spec()}
    replay.forge.change("topic", files)
    replay.forge.merge(replay.forge.open("author", "topic"), "reviewer")
    assert replay.sign("reviewer").code == 0

    replay.refused("local/count: waiting: prod asks for an owner of specs/prod/count.yaml (@other)")
    shown = replay.site.jobgate("plan").out
    assert (
        "may be looser: CODEOWNERS: the line of /specs/prod/ is gone, which named @other" in shown
    )
    assert replay.sign("other").code == 0
    ended = replay.apply()
    assert ended.code == 4  # the policy waits
    assert replay.site.runs == ["ran hello"]


# ---------------------------------------------------------------- a forge that lies, or is away


def no_files(_: Json) -> Json:
    """Show a diff in which nothing is."""
    return []


def test_the_files_of_a_pull_request_are_not_asked_for(replay: Replay) -> None:
    """Whatever the forge shows as the diff, nobody looks: it is rendered from Git."""
    replay.forge.lie("files", no_files)
    replay.forge.lie("commits", no_files)
    pull = replay.propose()
    replay.approve(pull)
    replay.push(pull.branch, timeout="3600")
    replay.forge.merge(pull, "author")

    replay.refused(WAITS, why=ANOTHER)
    assert replay.forge.asked
    assert not [path for path in replay.forge.asked if "files" in path or "compare" in path]


def mergeable(tree: Json) -> Json:
    """Say that a pull request was approved by everybody, and is as it was reviewed."""
    if isinstance(tree, list):
        return [mergeable(each) for each in tree]
    assert isinstance(tree, dict)
    return {**tree, "mergeable": True, "mergeable_state": "clean", "review_decision": "APPROVED"}


def test_what_a_forge_says_of_itself_is_not_believed(replay: Replay) -> None:
    """Mergeable, clean, approved: none of that is consent of anybody."""
    replay.forge.lie("pulls", mergeable)
    replay.forge.lie("pull", mergeable)
    pull = replay.propose()
    replay.forge.merge(pull, "reviewer")

    replay.refused(WAITS)


def test_another_head_than_git_has(replay: Replay) -> None:
    """A pull request whose newest commit the forge tells otherwise than Git holds nothing."""
    pull = replay.propose()
    replay.approve(pull)
    replay.forge.merge(pull, "reviewer")
    elsewhere = replay.forge.tip("main")

    def moved(tree: Json) -> Json:
        text = json.dumps(tree).replace(replay.forge.head(pull), elsewhere)
        found: Json = json.loads(text)
        return found

    replay.forge.lie("pull", moved)

    replay.refused(WAITS, why=NOT_HELD)


@pytest.mark.parametrize("fault", ["down", "half", "leave", "gone"])
def test_a_forge_that_is_away(replay: Replay, fault: str) -> None:
    """Where the forge cannot be asked no review counts; a signature does."""
    pull = replay.propose()
    replay.approve(pull)
    replay.forge.merge(pull, "reviewer")
    replay.forge.fail("pulls", *[fault] * 20)

    replay.refused(WAITS)
    replay.forge.fail("pulls", *[fault] * 40)
    assert replay.sign("other").code == 0
    replay.ran()
