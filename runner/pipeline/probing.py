"""Probing: what a platform shows of itself to who only asks, and, where that is wished, by a job.

The job runs `true` on one host. It is created outside any ledger, and is the one thing that an
examination leaves behind.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from runner import handles, history, requests
from runner.checkup import Desk, failed
from runner.errors import NoLeaveError, RefusedError, RunnerError
from runner.handles import Handle
from runner.model import PlatformEntry
from runner.progress import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.checkup import Check
    from runner.model import Had, Json, Ledger
    from runner.pipeline.ports import Clock, Platform, Platforms

Begun: TypeAlias = Callable[[PlatformEntry], bool]

_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_PAUSE = 0.5  # seconds between two looks
_LOOKS = 4  # at what is to stay as it is
_TIMEOUT = 60  # seconds that the script may take
_NEEDS_JOB = "whether jobs may be created and started there: only a job shows that (`--probe`)"
_CANNOT_ONCE = "do not run jobs there: it cannot be had that each runs once"


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """Where the job of a probe is to run."""

    scope: tuple[str, str]
    account: str
    host: tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be looked at: one platform or all (None), in which scope, and by which job."""

    platform: str | None = None
    scope: tuple[str, str] | None = None
    probe: Probe | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What platforms are looked at with; the ledger tells of scopes and jobs, where it is known.

    `patience` is how often a job that was started is looked at, before it is given up.
    """

    platforms: Platforms
    begun: Begun
    clock: Clock
    ledger: Ledger | None
    patience: int = 240


def platforms(look: Look, named: tuple[PlatformEntry, ...], wish: Wish) -> Iterator[Check]:
    """Yield what the platforms that are `named` and wished for show."""
    chosen = [entry for entry in named if wish.platform in {None, entry.name}]
    if not chosen:
        desk = Desk("platform", wish.platform or "")
        known = ", ".join(entry.name for entry in named)
        yield desk.failure("name", "the policy has no such platform", mend=f"name one of {known}")
    for entry in chosen:
        desk = Desk("platform", entry.name)
        if entry.url:
            yield _address(desk, entry)
        if not look.begun(entry) and wish.probe is None:
            yield desk.ok("folder", "its folder is not there yet; the first job makes it")
            continue
        try:
            platform = look.platforms(entry)
        except (RunnerError, OSError) as error:
            yield desk.trouble("open", error)
            continue
        yield from _asked(_Patient(look=look, desk=desk, platform=platform), entry, wish)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patient:
    """One platform, opened."""

    look: Look
    desk: Desk
    platform: Platform

    def wait(self) -> None:
        self.look.clock.wait(_PAUSE)


def _address(desk: Desk, entry: PlatformEntry) -> Check:
    address = urlsplit(entry.url)
    where = f"{address.scheme}://{address.hostname or ''}"
    if address.scheme == "https":
        return desk.ok("address", f"{where}, its certificate is verified at each call")
    if address.hostname in _HERE:
        return desk.ok("address", f"{where}, without TLS, on this machine")
    return desk.warning(
        "address",
        f"{where} is called without TLS: everybody on the way can read the credentials",
        mend=f"give platforms.{entry.name}.url an address with https://",
    )


# ---------------------------------------------------------------- asking


def _asked(patient: _Patient, entry: PlatformEntry, wish: Wish) -> Iterator[Check]:
    jobs = _jobs(patient.look.ledger, entry)
    scopes = {handles.scope(had.body): None for had in jobs if not had.removed}
    chosen = [wish.scope] if wish.scope else list(scopes)
    if not chosen:
        yield patient.desk.warning(
            "scope",
            "it was not asked: no job of the ledger goes there, so that no scope is known",
            mend="name one: `--scope TYPE/ID`",
        )
    for scope in chosen:
        check, answers = _scope(patient, scope, probed=wish.probe is not None)
        yield check
        if not answers:
            return
    yield from _jobs_there(patient, jobs)
    if wish.probe is not None:
        yield from _probed(patient, wish.probe)


def _scope(patient: _Patient, scope: tuple[str, str], *, probed: bool) -> tuple[Check, bool]:
    """Return whether jobs of a scope are listed, and whether it is of use to ask for more."""
    name = f"jobgate doctor {secrets.token_hex(8)}"  # no job has it, so that none is listed
    try:
        patient.platform.find(name, scope)
    except (RunnerError, OSError) as error:
        check = patient.desk.trouble("scope", error)
        return check, isinstance(error, (RefusedError, NoLeaveError))
    said = f"it answers, knows who asks, and lists the jobs of {'/'.join(scope)}"
    return patient.desk.ok("scope", said, unseen="" if probed else _NEEDS_JOB), True


def _jobs(ledger: Ledger | None, entry: PlatformEntry) -> tuple[Had, ...]:
    if ledger is None:
        return ()
    return tuple(had for had in ledger.jobs.values() if had.job.split("/", 1)[0] == entry.name)


def _jobs_there(patient: _Patient, jobs: tuple[Had, ...]) -> Iterator[Check]:
    """Yield whether jobs under way live on this very platform, and whether one may be looked at."""
    desk, here = patient.desk, patient.platform.instance
    away = [
        had.job for had in jobs if had.state in history.OPEN and had.instance not in {None, here}
    ]
    if away:
        yield desk.failure(
            "instance",
            f"it is {here}, and these jobs under way live on another one: {', '.join(away)}",
            mend="run jobgate where they were applied, or put back what jobgate.yaml said",
        )
    mine = [had for had in jobs if had.platform_job is not None and had.instance == here]
    newest = max(mine, key=lambda had: had.platform_job or 0, default=None)
    if newest is None:
        return
    try:
        patient.platform.status(handles.handle(newest))
    except RefusedError as error:
        seen = f"its newest job, {newest.job}, cannot be looked at: {error.message}"
        yield desk.warning("view", seen, mend=error.mend)
    except (RunnerError, OSError) as error:
        yield desk.trouble("view", error)
    else:
        yield desk.ok("view", f"its newest job, {newest.job}, may be looked at")


# ---------------------------------------------------------------- by a job


def _probed(patient: _Patient, probe: Probe) -> Iterator[Check]:
    """Yield what a job shows; the first failure is the last look."""
    try:
        created = patient.platform.create(_body(probe))
    except (RunnerError, OSError) as error:
        yield patient.desk.trouble("create", error)
        return
    yield patient.desk.ok("create", f"job {created.job} was created, to run `true`")
    handle = Handle(job=created.job, step=created.step, scope=probe.scope)
    for name, step in (("wait", _waits), ("start", _starts), ("second-start", _starts_once)):
        try:
            check = step(patient, handle)
        except (RunnerError, OSError) as error:
            check = patient.desk.trouble(name, error)
        yield check
        if failed([check]):
            return


def _body(probe: Probe) -> dict[str, Json]:
    cloud, address = probe.host
    return {
        "account_alias": probe.account,
        "bk_scope_id": probe.scope[1],
        "bk_scope_type": probe.scope[0],
        "execute_target": {"host_list": [{"bk_cloud_id": cloud, "ip": address}]},
        "script_content": base64.b64encode(b"true\n").decode(),
        "script_language": requests.LANGUAGES["shell"],
        "start_task": False,
        "task_name": f"jobgate doctor {secrets.token_hex(8)}",
        "timeout": _TIMEOUT,
    }


def _waits(patient: _Patient, handle: Handle) -> Check:
    for _ in range(_LOOKS):
        stands = patient.platform.status(handle).status
        if stands is not Status.WAITING:
            return patient.desk.failure(
                "wait",
                f"job {handle.job} was to wait, and is {stands.name.lower()}: "
                "`start_task: false` is not honoured",
                mend=_CANNOT_ONCE,
            )
        patient.wait()
    return patient.desk.ok("wait", f"job {handle.job} waits, as `start_task: false` says")


def _starts(patient: _Patient, handle: Handle) -> Check:
    patient.platform.start(handle)
    stands = patient.platform.status(handle)
    for _ in range(patient.look.patience):
        if stands.finished:
            break
        patient.wait()
        stands = patient.platform.status(handle)
    state = stands.status.name.lower()
    if stands.status is Status.SUCCEEDED:
        return patient.desk.ok("start", f"job {handle.job} was started by order, and succeeded")
    details = "; ".join(f"{host.host}: {host.detail or host.state}" for host in stands.hosts)
    return patient.desk.failure(
        "start",
        f"job {handle.job} was ordered to start `true`, and is {state} ({details})",
        mend="look at the host and at its agent, then probe again",
    )


def _starts_once(patient: _Patient, handle: Handle) -> Check:
    try:
        patient.platform.start(handle)
    except RefusedError as error:
        return patient.desk.ok("second-start", f"a second start is refused: {error.message}")
    for _ in range(_LOOKS):
        stands = patient.platform.status(handle)
        if stands.status is not Status.SUCCEEDED or not stands.finished:
            return patient.desk.failure(
                "second-start",
                f"job {handle.job} was started again: it had succeeded, "
                f"and is {stands.status.name.lower()}",
                mend=_CANNOT_ONCE,
            )
        patient.wait()
    return patient.desk.ok(
        "second-start",
        f"job {handle.job} stays as it ended when it is ordered to start again",
        unseen="what becomes of two starts at the same moment",
    )
