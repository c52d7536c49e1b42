"""Locking: what the lock of a tree is to say, by what its specs name and its platforms keep.

A pin that is there stays as it is until somebody asks for an update; what no spec names is dropped.
Nothing is pinned that a job could not run, and nothing is kept that no longer holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from runner import clauses, handles, pins
from runner.errors import CheckError, FindingsError, PlatformError, RefusedError
from runner.model import Blob, Severity
from runner.pins import Held, Locked
from runner.pipeline import making, pinning, planning, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Finding, Pin, PlatformEntry, Policy
    from runner.pipeline.making import Made
    from runner.pipeline.ports import Platform, Platforms, Tree
    from runner.pipeline.world import World
    from runner.stored import Named, Stored

# Told how many scripts were looked up, of how many.
Progress: TypeAlias = Callable[[int, int], None]
Scope: TypeAlias = tuple[str, str]

_UNPINNED = "unpinned-script"  # what locking is there to mend


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Whether pins that are there may move: those of `names`, or all of them where it is empty."""

    update: bool = False
    names: tuple[str, ...] = ()

    def moves(self, named: Named) -> bool:
        """Tell whether the pin of what specs name so may move."""
        return self.update and (not self.names or str(named) in self.names)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What specs name of the scripts on one platform, and the scopes that they do it in."""

    entry: PlatformEntry
    named: Named
    scopes: set[Scope] = field(default_factory=set)


def locked(tree: Tree, platforms: Platforms, wish: Wish, told: Progress) -> Locked:
    """Return what the lock of `tree` is to say.

    Raises FindingsError where its specs cannot be read, CheckError for names that none of them has,
    and PlatformError where a platform cannot be asked.
    """
    policy = _policy(tree)
    asked = _asked(tree, policy)
    unknown = set(wish.names) - {str(each.named) for each in asked}
    if unknown:
        raise CheckError(
            f"cannot update {', '.join(sorted(unknown))}: no spec names such a script",
            mend="name it as script.id or script.version_id in a spec does",
        )
    held: list[Held] = []
    for done, each in enumerate(asked):
        told(done, len(asked))
        before = _before(policy, each.entry.name, each.named)
        platform = platforms(each.entry)
        held.append(_Look(each=each, platform=platform).held(before, moves=wish.moves(each.named)))
    held += _dropped(policy, asked)
    found = [(each.platform, each.named, each.after) for each in held]
    content = pins.written((where, named, pin) for where, named, pin in found if pin is not None)
    was = tree.read(pins.PATH)
    stale = was.content != content if isinstance(was, Blob) else bool(held)
    ordered = sorted(held, key=lambda each: pins.order(each.platform, each.named))
    return Locked(pins=tuple(ordered), content=content, stale=stale)


def approved(world: World) -> Platforms:
    """Return the platforms of `world`, but those that the policy in force defines otherwise.

    Asking one of them would show credentials to an address that nobody consented to. Before there
    is a ledger nothing is in force, and all of them are asked.
    """
    ledger = world.journal.ledger()
    if ledger is None:
        return world.platforms
    policy = planning.in_force(world, ledger.policy)

    def opened(entry: PlatformEntry) -> Platform:
        if entry.type != "embedded" and not clauses.defines(policy, entry):
            raise PlatformError(
                f"cannot ask {entry.name}: the policy in force does not define it like that",
                mend="have the change of jobgate.yaml applied first, or look at its address "
                "yourself and give --unapproved",
            )
        return world.platforms(entry)

    return opened


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """A look at one platform for what specs name there."""

    each: _Asked
    platform: Platform

    def held(self, before: Pin | None, *, moves: bool) -> Held:
        """Return what becomes of the pin that was there `before`."""
        try:
            if before is not None and not moves:
                return self._kept(before)
            return self._taken(before)
        except RefusedError as refusal:
            return self._refused(before, f"{refusal.message}; {refusal.mend}", refusal.exit_code)

    def _kept(self, before: Pin) -> Held:
        """Return the pin as it is, if it still holds wherever specs use it."""
        for scope in sorted(self.each.scopes):
            found = pinning.difference(before, self.platform.script_version(scope, before.version))
            if found:
                mend = f"look into it, then run `jobgate lock --update {self.each.named}`"
                return self._refused(before, f"{found}; {mend}", CheckError.exit_code)
        return replace(self._blank, before=before, after=before, newer=self._newer(before))

    def _newer(self, before: Pin) -> int | None:
        """Return the version that is online now, if that is not the pinned one."""
        if not isinstance(self.each.named, str):
            return None
        try:
            version = self._stored()[0].version
        except RefusedError:
            return None  # none is online any more: the pinned one may be run all the same
        return version if version != before.version else None

    def _taken(self, before: Pin | None) -> Held:
        """Return a pin of what the platform has now."""
        stored = self._stored()
        other = next((each for each in stored if each != stored[0]), None)
        if other is not None:
            detail = f"it is version {stored[0].version} in one scope, {other.version} in another"
            return self._refused(before, detail, CheckError.exit_code)
        if not stored[0].status.runs:
            detail = f"version {stored[0].version} of {stored[0].script} is "
            detail += f"{pinning.refused(stored[0])}; name one that is online or offline"
            return self._refused(before, detail, CheckError.exit_code)
        found = replace(self._blank, before=before, after=pins.made(stored[0]))
        if before is None:
            return replace(found, state="new", new=stored[0].content)
        if before == found.after:
            return found
        old, detail = self._old(before)
        return replace(found, state="moved", old=old, new=stored[0].content, detail=detail)

    def _old(self, before: Pin) -> tuple[bytes | None, str]:
        """Return the bytes that were pinned, or why they cannot be had any more."""
        try:
            stored = self.platform.script_version(min(self.each.scopes), before.version)
        except RefusedError:
            return None, "what was pinned is gone from the platform"
        if pins.made(stored) != before:
            return None, "what was pinned is no longer what the platform has under that number"
        return stored.content, ""

    def _stored(self) -> list[Stored]:
        return [
            self.platform.script_version(scope, self.each.named)
            for scope in sorted(self.each.scopes)
        ]

    def _refused(self, before: Pin | None, detail: str, code: int) -> Held:
        return replace(
            self._blank, state="refused", before=before, after=before, detail=detail, code=code
        )

    @property
    def _blank(self) -> Held:
        return Held(platform=self.each.entry.name, named=self.each.named, state="kept")


# ---------------------------------------------------------------- what is asked


def _policy(tree: Tree) -> Policy:
    found = wanted.policy(tree)
    if found.value is None:
        raise FindingsError(found.findings, planning.sources(tree, found.findings))
    return found.value.policy


def _asked(tree: Tree, policy: Policy) -> list[_Asked]:
    """Return what the specs of `tree` name, in the order of a lock."""
    maker = making.Maker(tree=tree, policy=policy)
    found: dict[tuple[str, Named], _Asked] = {}
    findings: list[Finding] = []
    for path in wanted.spec_paths(tree):
        made = maker.made(path)
        findings += made.findings
        for entry, named, scope in () if made.value is None else _named(made.value):
            one = found.setdefault((entry.name, named), _Asked(entry=entry, named=named))
            one.scopes.add(scope)
    for document in maker.variables.values():
        findings += document.findings
    wrong = [each for each in findings if each.severity is Severity.ERROR]
    if any(each.rule != _UNPINNED for each in wrong):
        told = tuple(each for each in wrong if each.rule != _UNPINNED)
        raise FindingsError(told, planning.sources(tree, told))
    return sorted(found.values(), key=lambda each: pins.order(each.entry.name, each.named))


def _named(made: Made) -> Iterator[tuple[PlatformEntry, Named, Scope]]:
    for _, resolved in made.cells:
        named = pins.named(resolved.body)
        if named is not None:
            for entry in made.platforms:
                yield entry, named, handles.scope(resolved.body)


def _before(policy: Policy, platform: str, named: Named) -> Pin | None:
    known = {(where, each): pin for where, each, pin in policy.pins}
    return known.get((platform, named))


def _dropped(policy: Policy, asked: list[_Asked]) -> list[Held]:
    known = {(each.entry.name, each.named) for each in asked}
    return [
        Held(platform=where, named=named, state="dropped", before=pin, detail="no spec names it")
        for where, named, pin in policy.pins
        if (where, named) not in known
    ]
