"""Examining: whether all that jobgate stands on is as it must be. Changes nothing but by a probe.

Each check catches its own trouble, so that one which fails hides no other. What a look cannot show
is said beside what it shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import dated, history
from runner.checkup import Desk, failed
from runner.errors import CheckError, FindingsError, RunnerError
from runner.pipeline import planning, probing, wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runner.checkup import Check
    from runner.model import Ledger, Policy
    from runner.pipeline.ports import Clock, KeptRef, Platforms, Program, Repository
    from runner.pipeline.probing import Begun, Wish
    from runner.pipeline.world import World

_FSYNC = (2, 36)
_SIGNS = (8, 9)
_UNASKED = "the remote's hooks and branch rules: a dry run ends before they are asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What is examined. Each part is opened when it is asked for, and may raise RunnerError.

    `kept` returns the refs of journal and approvals, or None while there is no ledger. `begun`
    tells whether a platform can be opened without anything being made.
    """

    git: Program
    ssh: Program
    repository: Callable[[], Repository]
    shallow: Callable[[], bool]
    kept: Callable[[], tuple[KeptRef, KeptRef] | None]
    world: Callable[[], World]
    platforms: Platforms
    begun: Begun
    clock: Clock


def examined(means: Means, wish: Wish) -> Iterator[Check]:
    """Yield everything that was looked at, as it is found."""
    yield from _git(means.git)
    yield from _openssh(means.ssh)
    try:
        whole = not means.shallow()
    except (RunnerError, OSError) as error:
        yield Desk("repository").trouble("open", error)
        return
    yield _repository(whole=whole)
    place, kept = _place(means)
    yield place
    tips = [_tip(desk, ref) for desk, ref in kept]
    yield from tips
    for desk, ref in kept:
        yield from _ref(desk, ref)
    ledger = None
    if tips and not failed(tips[:1]):
        ledger, entries = _ledger(means)
        yield entries
    if ledger is not None and ledger.policy.runners:
        yield _tried(Desk("journal"), "signatures", lambda: _signatures(means))
    policy, text = _policy(means, ledger)
    yield text
    if policy is not None:
        look = probing.Look(
            platforms=means.platforms, begun=means.begun, clock=means.clock, ledger=ledger
        )
        yield from probing.platforms(look, policy.platforms, wish)


# ---------------------------------------------------------------- programs


def _git(git: Program) -> Iterator[Check]:
    desk = Desk("git")
    try:
        version = git.version()
    except (RunnerError, OSError) as error:
        yield desk.trouble("version", error)
        return
    said = "{}.{}".format(*version)
    if version < _FSYNC:
        yield desk.warning(
            "version",
            f"{said} writes refs to the disk later than it says: a power cut may lose an entry",
            mend="install git 2.36 or newer, before a ledger is kept in this repository alone",
        )
    else:
        yield desk.ok("version", said)
    yield _trial(desk, "push", git, "pushes with an expected tip, and refuses a stale one")


def _openssh(ssh: Program) -> Iterator[Check]:
    desk = Desk("openssh")
    try:
        version = ssh.version()
    except (RunnerError, OSError) as error:
        yield desk.trouble("version", error)
    else:
        said = "{}.{}".format(*version)
        old = f"{said} is older than 8.9"
        yield (
            desk.failure("version", old, mend="install OpenSSH 8.9 or newer")
            if version < _SIGNS
            else desk.ok("version", said)
        )
    yield _trial(desk, "signature", ssh, "signs with a throw-away key, and verifies")


def _trial(desk: Desk, name: str, program: Program, seen: str) -> Check:
    try:
        untried = program.trial()
    except (RunnerError, OSError) as error:
        return desk.trouble(name, error)
    if untried:
        return desk.warning(
            name, f"cannot try {untried}", mend="run it once without that restriction"
        )
    return desk.ok(name, seen)


def _repository(*, whole: bool) -> Check:
    desk = Desk("repository")
    if whole:
        return desk.ok("history", "the whole history is here")
    return desk.warning(
        "history",
        "this clone is shallow: it is refused where that could change an answer",
        mend="fetch the whole history: `git fetch --unshallow`",
    )


# ---------------------------------------------------------------- refs


def _place(means: Means) -> tuple[Check, tuple[tuple[Desk, KeptRef], ...]]:
    """Return where the ledger is kept, and what is to be looked at there."""
    journal = Desk("journal")
    try:
        kept = means.kept()
    except (RunnerError, OSError) as error:
        return journal.trouble("place", error), ()
    if kept is None:
        none = journal.warning(
            "place",
            "there is no ledger yet",
            mend="run `jobgate adopt` once, on the branch that is to be applied",
        )
        return none, ()
    where = f"on the remote {kept[0].remote}" if kept[0].remote else "in this repository alone"
    found = journal.ok("place", f"{kept[0].name}, {where}")
    return found, ((journal, kept[0]), (Desk("approvals"), kept[1]))


def _tip(desk: Desk, ref: KeptRef) -> Check:
    return _tried(desk, "tip", lambda: _seen(desk, ref))


def _seen(desk: Desk, ref: KeptRef) -> Check:
    tip, here = ref.tip(), ref.here()
    if tip is None and desk.about == "approvals":
        return desk.ok("tip", "the ref is not there yet; the first approval makes it")
    if tip is None:
        return desk.failure(
            "tip",
            f"{ref.name} was on {ref.remote} when this clone fetched it, and is gone",
            mend="find out who deleted it, and push it again from a clone that has it",
        )
    if here in {None, tip}:
        return desk.ok("tip", f"{tip[:12]}, which goes on from what this clone saw before")
    return desk.warning(
        "tip",
        f"{tip[:12]} on {ref.remote}; the branch of that name in this clone is another one",
        mend=f"nothing reads that branch; to be rid of it: `git update-ref -d {ref.name}`",
    )


def _ref(desk: Desk, ref: KeptRef) -> Iterator[Check]:
    if desk.about == "approvals":
        yield _tried(desk, "statements", lambda: _statements(desk, ref))
    yield _tried(desk, "name", lambda: _name(desk, ref))
    if ref.remote:
        yield _tried(desk, "push", lambda: _push(desk, ref))


def _tried(desk: Desk, name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except (RunnerError, OSError) as error:
        return desk.trouble(name, error)


def _statements(desk: Desk, ref: KeptRef) -> Check:
    tip = ref.tip()
    if tip is None:
        return desk.ok("statements", "there are none yet")
    count, lost = ref.commits(tip), ref.lost(tip)
    if lost is None:
        return desk.ok("statements", f"{count} commits in one line, and none took anything out")
    return desk.warning(
        "statements",
        f"{lost[:12]} took out or altered a statement; jobgate only adds them",
        mend=f"find out who did it: `git show {lost}`",
    )


def _name(desk: Desk, ref: KeptRef) -> Check:
    others = ref.namesakes()
    if not others:
        return desk.ok("name", "no tag and no other ref bears it")
    return desk.warning(
        "name",
        f"also borne by {', '.join(others)}: who types the short name may be shown another history",
        mend="find out who made it, and delete it; jobgate itself uses full names",
    )


def _push(desk: Desk, ref: KeptRef) -> Check:
    ref.try_push()
    if not ref.same_place():
        return desk.failure(
            "push",
            f"{ref.remote} is pushed to at another place than it is fetched from",
            mend=f"give it one address: `git remote set-url --push {ref.remote} …`",
        )
    rules = ref.rules()
    if rules is not None and rules.hooks:
        return desk.warning(
            "push",
            f"a dry run is taken; the remote has hooks that may refuse: {', '.join(rules.hooks)}",
            mend="see that they let whoever runs jobgate push to this ref",
            unseen=_UNASKED,
        )
    if rules is not None and rules.forced:
        return desk.warning(
            "push",
            "a dry run is taken; the remote takes forced pushes too, which can hide what happened",
            mend="protect the ref there; in a plain repository: "
            "`git config receive.denyNonFastForwards true`",
            unseen=_UNASKED,
        )
    return desk.ok("push", "a dry run is taken", unseen=_UNASKED)


# ---------------------------------------------------------------- ledger and policy


def _ledger(means: Means) -> tuple[Ledger | None, Check]:
    """Return the ledger if it can be read, and whether the entries add up to it."""
    desk = Desk("journal")
    ledger = None
    try:
        world = means.world()
        ledger = planning.ledger(world)
        entries = world.journal.entries()
        if not dated.agrees(ledger, history.replay(entries)):
            raise CheckError(
                "cannot trust the journal: its entries do not add up to the ledger",
                mend="find out who changed it: `jobgate verify`, from a clone that is kept",
            )
    except (RunnerError, OSError) as error:
        return ledger, desk.trouble("entries", error)
    except history.ImpossibleEntryError as error:
        seen = f"cannot trust the journal: {error}"
        return ledger, desk.failure("entries", seen, mend="compare it with another clone's")
    return ledger, desk.ok("entries", f"{len(entries)}, a whole chain that adds up to the ledger")


def _signatures(means: Means) -> Check:
    desk, found = Desk("journal"), means.world().journal.signatures()
    if not found.bad:
        return desk.ok("signatures", f"a runner signed all of the {found.due} commits that need it")
    return desk.failure(
        "signatures",
        f"{len(found.bad)} commits that a runner had to sign are not signed by one, "
        f"first {found.bad[0][:12]}",
        mend="find out who pushed it, and put the ref back to the newest commit before it",
    )


def _policy(means: Means, ledger: Ledger | None) -> tuple[Policy | None, Check]:
    """Return the policy in force; without a ledger that of HEAD, which is not in force."""
    desk = Desk("policy")
    try:
        if ledger is None:
            name, found = "of HEAD, not in force", _of_head(means.repository())
        else:
            name = f"in force since {ledger.policy.head[:12]}"
            found = planning.in_force(means.world(), ledger.policy)
    except (RunnerError, OSError) as error:
        return None, desk.trouble("text", error)
    platforms = ", ".join(entry.name for entry in found.platforms)
    return found, desk.ok("text", f"{name}: it names the platforms {platforms}")


def _of_head(repository: Repository) -> Policy:
    read = wanted.policy(repository.tree(repository.commit("HEAD")))
    if read.value is None:
        raise FindingsError(read.findings)
    return read.value.policy
