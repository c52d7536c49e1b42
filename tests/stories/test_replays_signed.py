"""Ways round an approval that others have let through, played again with signatures alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import replaying
from tests import site as sites
from tests.forge import deeds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.forge.state import How
    from tests.replaying import Replay

pytestmark = pytest.mark.stories

WAITS = "waiting: everything asks for 1 more of "
OTHER_DIGEST = "does not count: it is for another digest"
MADE = "made commits that it is made from"


def merged(replay: Replay, run: int = 1) -> None:
    """Let the ledger's branch have the job, by the author."""
    replay.push("main", run)


# ---------------------------------------------------------------- approved, then changed


def longer(replay: Replay) -> None:
    """Push another request."""
    replay.push("topic", timeout="3600")


def again(replay: Replay) -> None:
    """Raise `run` alone."""
    replay.push("topic", run=2)


def described(replay: Replay) -> None:
    """Tell reviewers something else than what they read."""
    replay.push("topic", description="Nothing to see here")


def another_script(replay: Replay) -> None:
    """Leave the spec as it is, and push another script under its name."""
    replay.forge.change("topic", {"scripts/count.sh": sites.SCRIPT + 'echo more >> "$1"\n'})


def another_variable(replay: Replay) -> None:
    """Leave spec and script as they are, and push another value for them."""
    replay.forge.change("topic", {"specs/vars.yaml": sites.VARS.replace("hello", "goodbye")})


def softer(replay: Replay) -> None:
    """Move the spec to where less is asked."""
    replay.desk().git("mv", replaying.COUNT, "specs/soft.yaml")
    replay.site.commit("Move it")
    replay.hand_in()


def forced(replay: Replay) -> None:
    """Replace what was approved by force."""
    site = replay.desk()
    site.edit(replaying.COUNT, "timeout: 60", "timeout: 3600")
    site.git("commit", "-q", "-a", "--amend", "--no-edit")
    replay.hand_in()


@pytest.mark.parametrize(
    "deed",
    [longer, again, described, another_script, another_variable, softer, forced],
    ids=lambda deed: deed.__name__,
)
def test_approved_then_changed(replay: Replay, deed: Callable[[Replay], None]) -> None:
    """Whatever a reviewer would have seen otherwise, consent to what was before is none."""
    pull = replay.propose()
    assert replay.sign(branch="topic").code == 0
    deed(replay)
    replay.forge.merge(pull, "author")

    replay.refused(WAITS, why=OTHER_DIGEST)


def test_out_of_a_strict_folder(replay: Replay) -> None:
    """A job that ran by the strict clause is asked by it also when it has left its folder."""
    replay.push("main", path=replaying.STRICT)
    for by in ("reviewer", "other"):
        assert replay.sign(by).code == 0
    replay.ran()
    replay.pull()
    replay.site.git("mv", replaying.STRICT, replaying.COUNT)
    replay.site.edit(replaying.COUNT, "run: 1", "run: 2")
    replay.site.commit("Out of it")
    replay.site.git("push", "-q", "origin", "HEAD:main")
    assert replay.sign("reviewer").code == 0

    replay.refused("waiting: prod asks for 1 more of other", times=1)
    assert replay.sign("other").code == 0
    replay.ran(2)


def test_planned_again_with_another_content(replay: Replay) -> None:
    """What was planned is named by its digest; what is there at apply is another plan."""
    merged(replay)
    assert replay.sign().code == 0
    kept = replay.site.root / "plan.json"
    assert replay.site.jobgate("plan", "--out", str(kept)).code == 0
    replay.push("main", timeout="3600")

    ended = replay.apply("--plan", str(kept))

    assert (ended.code, replay.site.runs) == (6, [])
    assert "the plan is sha256:" in ended.err


# ---------------------------------------------------------------- whose approval


def test_by_its_author(replay: Replay) -> None:
    """Whoever wrote it cannot sign it, and is told why."""
    merged(replay)
    ended = replay.sign("author")

    assert ended.code == 1
    assert f"cannot approve local/count: author {MADE}" in ended.err
    replay.refused(f"{WAITS}other, reviewer")


@pytest.mark.parametrize(
    ("author", "committer", "trailer"),
    [
        ("reviewer", "reviewer", ""),
        ("author", "reviewer", ""),
        ("author", "author", "Co-authored-by: Somebody <reviewer@example.org>"),
        ("author", "author", "Co-authored-by: R <reviewer@home.example>"),
        ("author", "author", "co-authored-by: R <REVIEWER@EXAMPLE.ORG>"),
    ],
    ids=["author", "committer", "co-author", "second address", "another case"],
)
def test_approved_then_made_ones_own(
    replay: Replay, author: str, committer: str, trailer: str
) -> None:
    """Whoever has a hand in it later, with the digest as it was, no longer counts."""
    merged(replay)
    assert replay.sign().code == 0
    site = replay.site
    site.edit(replaying.COUNT, "kind: ScriptJob", "kind: ScriptJob  # a comment")
    site.git("add", "-A")
    who = [f"--author={author} <{author}@example.org>", "-m", "Comment", "-m", trailer]
    site.git("commit", "-q", *who, by=committer)
    site.git("push", "-q", "origin", "HEAD:main")

    replay.refused(f"{WAITS}other", why=f"does not count: reviewer {MADE}")


def test_by_somebody_whom_no_clause_names(replay: Replay) -> None:
    """A listed person may sign whatever they like; a clause counts those whom it names."""
    merged(replay)
    assert replay.sign("guest").code == 0

    replay.refused(f"{WAITS}other, reviewer")


def test_by_nobody_of_the_policy(replay: Replay) -> None:
    """A key that no person has signs nothing; one that was taken out counts no longer."""
    merged(replay)
    assert replay.sign().code == 0
    sites._keygen(replay.site.root / "stranger", "stranger")
    ended = replay.sign("stranger")
    assert ended.code == 1
    assert "this key belongs to nobody in the policy in force" in ended.err
    lost = (replay.site.root / "reviewer.pub").read_text("utf-8").strip()
    replay.policy(f'"{lost}", ', "")

    replay.refused(f"{WAITS}other, reviewer")


def test_by_one_person_with_two_keys(replay: Replay) -> None:
    """Two signatures of one human being are one consent."""
    replay.push("main", path=replaying.STRICT)
    assert replay.sign("reviewer").code == 0
    assert replay.sign("second").code == 0

    replay.refused("waiting: prod asks for 1 more of other")


EXPIRED = """\
reviewer valid-after="20200101",valid-before="20200201" {key}
"""


def test_by_a_key_that_is_over(replay: Replay) -> None:
    """A key that `allowed_signers` gives an end signs nothing after it, also what it signed."""
    merged(replay)
    key = (replay.site.root / "second.pub").read_text("utf-8").strip()
    assert replay.sign("second").code == 0
    replay.forge.change(
        "main", {"allowed_signers": EXPIRED.format(key=" ".join(key.split()[:2]))}, by="guest"
    )
    replay.policy(f', "{key}"', "")

    replay.refused(f"{WAITS}other, reviewer")


def test_revoked(replay: Replay) -> None:
    """What was taken back is no consent; nor is it again when the ref is put back."""
    merged(replay)
    assert replay.sign().code == 0
    before = deeds.tip(replay.forge.repository, "refs/heads/jobgate-approvals")
    key = str(replay.site.root / "reviewer")
    assert replay.site.jobgate("approve", "count", "--revoke", "--yes", "--key", key).code == 0

    replay.refused(f"{WAITS}other, reviewer", why="does not count: reviewer revoked it")
    assert before is not None
    replay.push("main", path="specs/more.yaml", name="more")
    deeds.put(replay.forge.repository, "jobgate-approvals", before)
    ended = replay.apply()
    assert ended.code != 0
    assert replay.site.runs == []


# ---------------------------------------------------------------- the policy in the change itself


def soften(replay: Replay) -> str:
    """Return a policy by which the author alone may consent to anything."""
    policy = (replay.site.repository / "jobgate.yaml").read_text("utf-8")
    return policy.replace("from: [author, reviewer, other]", "from: [author, guest]")


def test_a_policy_and_a_job_in_one(replay: Replay) -> None:
    """A change does not bring along the rule that lets it pass, nor do its friends accept it."""
    replay.forge.change("main", {"jobgate.yaml": soften(replay), replaying.COUNT: replay.spec()})
    assert replay.sign("guest").code == 0
    assert replay.sign("guest", "@policy").code == 0

    replay.refused(f"local/count: {WAITS}other, reviewer")
    ended = replay.apply()
    assert f"@policy: {WAITS}other, reviewer" in ended.out
    assert "looser" not in ended.out


def test_a_clause_is_deleted_in_the_change_itself(replay: Replay) -> None:
    """The job is asked by the clause that the same commit deletes, and the plan says that it is."""
    policy = (replay.site.repository / "jobgate.yaml").read_text("utf-8")
    start = policy.index("  - name: prod")
    end = policy.index("  - name: everything")
    files = {"jobgate.yaml": policy[:start] + policy[end:], replaying.STRICT: replay.spec()}
    replay.forge.change("main", files)
    assert replay.sign("reviewer").code == 0

    replay.refused("waiting: prod asks for 1 more of other")
    shown = replay.site.jobgate("plan").out
    assert "LOOSER: clause prod is gone: it asked 2 approvals of " in shown


def test_a_policy_first_and_a_job_later(replay: Replay) -> None:
    """A change of rules alone is not free: until it is consented to the old ones hold."""
    replay.forge.change("main", {"jobgate.yaml": soften(replay)})
    assert replay.apply().code == 4
    merged(replay)
    assert replay.sign("guest").code == 0

    replay.refused(f"{WAITS}other, reviewer")
    shown = replay.sign("other", "@policy")
    assert shown.code == 0
    assert "LOOSER: guest may approve everything now" in shown.err + shown.out
    replay.ran()


def test_who_is_who_in_the_change_itself(replay: Replay) -> None:
    """A key that the change gives to somebody else's name signs nothing for it."""
    sites._keygen(replay.site.root / "stranger", "stranger")
    stranger = (replay.site.root / "stranger.pub").read_text("utf-8").strip()
    policy = (replay.site.repository / "jobgate.yaml").read_text("utf-8")
    mine = (replay.site.root / "other.pub").read_text("utf-8").strip()
    files = {"jobgate.yaml": policy.replace(mine, stranger), replaying.COUNT: replay.spec()}
    replay.forge.change("main", files)
    ended = replay.sign("stranger")

    assert ended.code == 1
    assert "this key belongs to nobody in the policy in force" in ended.err
    replay.refused(WAITS)


# ---------------------------------------------------------------- spent


def test_a_revert_and_a_revert_of_it(replay: Replay) -> None:
    """Each time that it is to run again somebody consents again, whatever they did before."""
    merged(replay)
    assert replay.sign().code == 0
    replay.ran()
    replay.push("main", timeout="61")
    assert replay.sign().code == 0
    replay.ran(2)
    replay.pull()
    replay.site.git("revert", "--no-edit", "HEAD")
    replay.site.git("push", "-q", "origin", "HEAD:main")

    replay.refused(WAITS, times=2, why="it is for the submission after none, which was made")
    assert replay.sign().code == 0
    replay.ran(3)
    replay.site.git("revert", "--no-edit", "HEAD")
    replay.site.git("push", "-q", "origin", "HEAD:main")
    replay.refused(WAITS, times=3)


# ---------------------------------------------------------------- must pass


@pytest.mark.parametrize("how", ["merge", "squash", "rebase"])
def test_merged_in_every_way(replay: Replay, how: How) -> None:
    """Consent to what a branch makes of the job is consent to what is merged of it."""
    pull = replay.propose()
    assert replay.sign(branch="topic").code == 0
    replay.forge.merge(pull, "author", how)

    replay.ran()


def test_unrelated_pushes_keep_it(replay: Replay) -> None:
    """What does not touch the job takes nothing from its approval, by whomever it is."""
    pull = replay.propose()
    assert replay.sign(branch="topic").code == 0
    replay.forge.change("topic", {"README": "read me"}, by="reviewer")
    replay.forge.change("main", {"docs/more.md": "more"}, by="reviewer")
    replay.forge.update(pull, "reviewer")
    replay.forge.merge(pull, "author")

    replay.ran()
