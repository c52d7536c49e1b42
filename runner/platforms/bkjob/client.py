"""BlueKing JOB behind its API gateway: the Platform protocol over HTTP."""

from __future__ import annotations

import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from runner import acts, calling, narrow
from runner.errors import PlatformError, RefusedError, UnknownOutcomeError
from runner.model import Act
from runner.platforms.bkjob import detail, envelopes, gateway, progress, scripts
from runner.platforms.bkjob.gateway import Call
from runner.progress import Created, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runner.frozen import Frozen
    from runner.handles import Handle
    from runner.model import Json, PlatformEntry
    from runner.platforms.bkjob.gateway import Gateway
    from runner.platforms.bkjob.progress import Target
    from runner.progress import Progress
    from runner.stored import Named, Stored
    from runner.witness import Sighting

_LOGS = 50  # hosts that one call for logs may name
_PAGE, _FURTHEST = 200, 10_000  # of a list of jobs
_VERSIONS = 1000  # of a script that one call may list
_WINDOW = 30 * 24 * 3600 * 1000  # ms that a list goes back
_AHEAD = 3600 * 1000  # ms that the platform's clock may be ahead of ours
_START, _SCRIPT = 2, 1


class BkJob:
    """Jobs that a BlueKing JOB runs, or whoever speaks as it does."""

    def __init__(self, entry: PlatformEntry, gateway: Gateway) -> None:
        """Use the platform of `entry` through `gateway`; nothing is sent yet."""
        self._entry = entry
        self._gateway = gateway
        self._batches: dict[int, Mapping[str, int]] = {}
        self._found: dict[int, tuple[Target, ...]] = {}  # of jobs whose frozen form nobody saw yet

    @property
    def instance(self) -> str:
        """Return the UUID of the address: the platform has no id of its own."""
        entry = self._entry
        where = "\n".join((entry.url.rstrip("/"), entry.stage.strip("/"), entry.tenant))
        return str(uuid.uuid5(uuid.NAMESPACE_URL, where))

    @property
    def lanes(self) -> int:
        """Return how many threads may ask it at one time."""
        return calling.LANES

    def close(self) -> None:
        """Let go of the connections."""
        self._gateway.close()

    def create(self, body: dict[str, Json]) -> Created:
        """Create a job from the whole body; `start_task` false means that it does not start."""
        deed = "create a job"
        data = self._gateway.data(
            Call(deed=deed, version=4, name="fast_execute_script", body=body, changes=True)
        )
        with self._reading(deed, changes=True):
            job = narrow.integer(data, "job_instance_id", default=0)
            step = narrow.integer(data, "step_instance_id", default=0)
            if job < 1 or step < 1:
                raise ValueError
        return Created(job=job, step=step)

    def start(self, handle: Handle) -> None:
        """Start a job that waits. A job that was started before is left alone, without an error."""
        try:
            self._gateway.data(
                Call(
                    deed=f"start job {handle.job}",
                    version=3,
                    name="operate_job_instance",
                    body={**_job(handle), "operation_code": _START},
                    changes=True,
                )
            )
        except envelopes.AnsweredNoError as refusal:
            if refusal.number != envelopes.STARTED_TWICE:
                raise

    def frozen(self, handle: Handle) -> Frozen:
        """Return what a job was created with; what the platform does not tell of it is None."""
        found = self._found.pop(handle.job, ()) or self._whole(handle)[1]
        deed = f"ask what job {handle.job} runs"
        data: Json = None
        # A site that does not have the call, or does not tell, shows nothing: that is no trouble.
        with suppress(RefusedError, envelopes.NoSuchCallError):
            data = self._gateway.data(
                Call(deed=deed, version=3, name="get_step_instance_detail", query=_step(handle))
            )
        with self._reading(deed):
            return detail.shown(data, found)

    def script_version(self, scope: tuple[str, str], named: Named) -> Stored:
        """Return a version of a script: of the scope, or else of those that are public.

        `named` is its number, or the id of a script: then it is the one online now.
        """
        try:
            return self._version(_scope(scope), "", named)
        except RefusedError as refusal:
            # What the site says of public ones is of no use where it knows none of them.
            with suppress(RefusedError, envelopes.NoSuchCallError):
                return self._version({}, "public_", named)
            raise refusal from None

    def operate(self, handle: Handle, act: Act, seen: Progress) -> None:
        """Order `act` of a job. The platform does not ask where it was seen, but for its state."""
        whole = act is Act.STOP
        ids = _job(handle) if whole else _step(handle)
        self._gateway.data(
            Call(
                deed=f"{act.value} job {handle.job}",
                version=3,
                name="operate_job_instance" if whole else "operate_step_instance",
                body={**ids, "operation_code": acts.operation(act, seen.status)},
                changes=True,
            )
        )

    def find(self, name: str, scope: tuple[str, str]) -> tuple[int, ...]:
        """Return the ids of the scope's jobs whose `task_name` contains `name`, oldest first.

        Looks back for 30 days, and at the newest 10,200 of those that the platform finds.
        """
        found = self._pages({**_scope(scope), "name": name}, 0)
        return tuple(each.job for each in found if name in each.name)

    def listed(self, scope: tuple[str, str], since: int, bearing: str = "") -> tuple[Sighting, ...]:
        """Return the scripts' jobs of a scope that were created since then (ms), oldest first.

        Only those whose `task_name` contains `bearing`. As with `find` they are of the last 30
        days, and the newest 10,200.
        """
        wanted: dict[str, Json] = {**_scope(scope), "type": _SCRIPT}
        found = self._pages(wanted | ({"name": bearing} if bearing else {}), since)
        return tuple(each for each in found if bearing in each.name)

    def status(self, handle: Handle) -> Progress:
        """Return how the job stands now."""
        data, found = self._whole(handle)
        with self._reading(f"ask for job {handle.job}"):
            sizes = progress.sizes(handle.expression, len(found))
            rolls = len(sizes) > 1 and progress.status(data) is not Status.WAITING
            batches = self._members(handle, len(sizes), len(found)) if rolls else {}
            stands = progress.progress(data, found, sizes, batches)
            return replace(stands, tries=progress.tries(data, handle.step))

    def logs(self, handle: Handle, host: str | None) -> Iterator[tuple[str, str]]:
        """Yield (host label, log text so far) for one host or all."""
        _, found = self._whole(handle)
        chosen = [each for each in found if host in {None, each.label}]
        if not chosen:
            raise RefusedError(
                f"cannot find host {host} in job {handle.job} of {self._entry.name}",
                mend="name a host of the job as cloud:ip",
            )
        return self._texts(handle, chosen)

    # ------------------------------------------------------------ parts

    def _version(self, scope: Mapping[str, Json], public: str, named: Named) -> Stored:
        number = self._online(scope, public, named) if isinstance(named, str) else named
        deed = f"read script version {number}"
        call = Call(
            deed=deed,
            version=3,
            name=f"get_{public}script_version_detail",
            query={**scope, "id": number},
        )
        data = self._gateway.data(call)
        with self._reading(deed):
            return scripts.version(data, number)

    def _online(self, scope: Mapping[str, Json], public: str, script: str) -> int:
        """Return the number of the version that is online of a script."""
        deed = f"ask which version of script {script[:60]} is online"
        for start in range(0, _FURTHEST, _VERSIONS):
            query = {**scope, "script_id": script, "start": start, "length": _VERSIONS}
            call = Call(deed=deed, version=3, name=f"get_{public}script_version_list", query=query)
            data = self._gateway.data(call)
            with self._reading(deed):
                number, more = scripts.online(data)
            if number is not None:
                return number
            if not more:
                break
        raise RefusedError(
            f"cannot {deed} on {self._entry.name}: there is none",
            mend="name a script with a version online",
        )

    def _pages(self, wanted: Mapping[str, Json], since: int) -> tuple[Sighting, ...]:
        """Return what the platform lists of `wanted`, oldest first, each job once."""
        deed, now = "list jobs", time.time_ns() // 1_000_000
        window = {"create_time_start": max(since, now - _WINDOW), "create_time_end": now + _AHEAD}
        found: dict[int, Sighting] = {}
        for offset in range(0, _FURTHEST + 1, _PAGE):
            query = {**wanted, **window, "offset": offset, "length": _PAGE}
            data = self._gateway.data(
                Call(deed=deed, version=4, name="get_job_instance_list", query=query)
            )
            with self._reading(deed):
                page = progress.sightings(data)
            found |= {each.job: each for each in page}
            if len(page) < _PAGE:
                break
        return tuple(found[job] for job in sorted(found))

    def _whole(self, handle: Handle) -> tuple[Json, tuple[Target, ...]]:
        """Return the status of a job, and its hosts; it must be the one that was created."""
        deed = f"ask for job {handle.job}"
        query = {**_job(handle), "return_execute_object_result": "true"}
        data = self._gateway.data(
            Call(deed=deed, version=4, name="get_job_instance_status", query=query)
        )
        with self._reading(deed):
            if handle.key and handle.key not in progress.name(data):
                raise PlatformError(
                    f"cannot {deed} on {self._entry.name}: the job of that number there bears "
                    "another name than the one that was created",
                    mend=f"find out what answers at {self._entry.url}: it may be another platform, "
                    "or one that was put back from a backup",
                )
            found = progress.targets(data, handle.step)
            # Of what waits it is asked next what was frozen; of what began nobody asks that.
            self._found.pop(handle.job, None)
            self._found |= {handle.job: found} if progress.status(data) is Status.WAITING else {}
            return data, found

    def _members(self, handle: Handle, batches: int, hosts: int) -> Mapping[str, int]:
        """Return the batch of each host, asked for once: the platform fixes it at creation."""
        known = self._batches.get(handle.job)
        if known is not None:
            return known
        told: dict[str, int] = {}
        for batch in range(1, batches + 1):
            data = self._gateway.data(
                Call(
                    deed=f"ask for batch {batch} of job {handle.job}",
                    version=3,
                    name="get_step_instance_status",
                    query={**_step(handle), "batch": batch},
                )
            )
            told |= dict.fromkeys(progress.labels(data), batch)
        if len(told) == hosts:
            self._batches[handle.job] = told
        return told

    def _texts(self, handle: Handle, chosen: Sequence[Target]) -> Iterator[tuple[str, str]]:
        for start in range(0, len(chosen), _LOGS):
            yield from self._group(handle, chosen[start : start + _LOGS])

    def _group(self, handle: Handle, chosen: Sequence[Target]) -> Iterator[tuple[str, str]]:
        """Yield the logs of at most 50; of fewer at a time where they are too large together."""
        kinds = dict.fromkeys(each.kind for each in chosen)
        try:
            logs = {key: text for kind in kinds for key, text in self._logs(handle, kind, chosen)}
        except gateway.TooLargeError:
            if len(chosen) == 1:
                raise
            half = len(chosen) // 2
            yield from self._group(handle, chosen[:half])
            yield from self._group(handle, chosen[half:])
        else:
            for each in chosen:
                yield each.label, logs.get((each.kind, each.id), "")

    def _logs(
        self, handle: Handle, kind: str, chosen: Sequence[Target]
    ) -> Iterator[tuple[tuple[str, int], str]]:
        deed = f"read logs of job {handle.job}"
        ids: list[Json] = [each.id for each in chosen if each.kind == kind]
        data = self._gateway.data(
            Call(
                deed=deed,
                version=4,
                name="batch_get_job_instance_execute_object_log",
                body={**_step(handle), f"{kind}_id_list": ids},
            )
        )
        with self._reading(deed):
            for log in narrow.items(data, "script_step_execute_object_logs"):
                target = progress.target(log)
                text = narrow.text(log, "log_content")
                # Half a character, which a script may print, can go nowhere from here.
                yield (target.kind, target.id), text.encode("utf-8", "backslashreplace").decode()

    @contextmanager
    def _reading(self, deed: str, *, changes: bool = False) -> Iterator[None]:
        """Turn an answer that is not of the form that it must be into an error of ours."""
        try:
            yield
        except (TypeError, ValueError) as error:
            said = f"cannot {deed} on {self._entry.name}: the answer is not one of JOB"
            mend = f"find out what answers at {self._entry.url}"
            kind = UnknownOutcomeError if changes else PlatformError
            raise kind(said, mend=mend) from error


def _scope(scope: tuple[str, str]) -> dict[str, Json]:
    return {"bk_scope_type": scope[0], "bk_scope_id": scope[1]}


def _job(handle: Handle) -> dict[str, Json]:
    return {**_scope(handle.scope), "job_instance_id": handle.job}


def _step(handle: Handle) -> dict[str, Json]:
    return {**_job(handle), "step_instance_id": handle.step}
