"""A server killed at random moments of rolling runs: nothing lost, nothing twice, nothing untrue.

`python -m tests.campaign.kills [--rounds 50] [--seed 7] [--folder DIR]`. In each round a real
server is begun, given jobs, and killed with SIGKILL at a moment drawn from the seed, in some rounds
with the process that begins its shims. Then all jobs are followed to their end, and what the
scripts wrote is held against what was ordered and against what the API says.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runner import narrow
from runner.progress import Status
from tests.campaign.served import HOSTS, Client, LostError, RefusedError, Server

if TYPE_CHECKING:
    from runner.model import Json

LATEST = 2.5  # seconds after its begin at which a server is killed at the latest
PATIENCE = 60.0  # seconds in which all jobs must come to their end after the last kill
AT_ONCE = 5  # jobs that are under way at a time
BATCH = 2  # hosts of a batch
PAUSE_ON_FAILURE, IGNORE_FAILURE, MANUAL = 1, 2, 3
START, RETRY_FAILED, NEXT_BATCH = 2, 2, 13
STARTED_TWICE = "1241015"
BAD = 7  # the exit code of a script on a bad host
# Where it runs tells job, execute count, batch and place. What it began it puts down before.
SCRIPT = f"""
echo "$PWD" >> "$1/$JOBGATE_IP.runs"
echo "began on $JOBGATE_IP"
sleep "$2"
code=0
test ! -e "$1/$JOBGATE_IP.bad" || code={BAD}
echo "$code" >> "$1/$JOBGATE_IP.codes"
echo "ended with $code"
exit "$code"
"""


@dataclass(slots=True)
class Job:
    """A job as it was ordered, and what is known of it."""

    name: str
    folder: Path
    mode: int
    hosts: tuple[int, ...]
    bad: tuple[int, ...]
    pause: float
    starts: bool
    asked: bool = False
    id: int = 0
    step: int = 0
    ended: bool = False

    def body(self) -> dict[str, Json]:
        """Return the request."""
        param = f"{self.folder} {self.pause}"
        return {
            "task_name": self.name,
            "account_alias": "operator",
            "script_language": 1,
            "script_content": base64.b64encode(SCRIPT.encode()).decode(),
            "script_param": base64.b64encode(param.encode()).decode(),
            "execute_target": {"host_list": [{"bk_host_id": host} for host in self.hosts]},
            "rolling_config": {"expression": str(BATCH), "mode": self.mode},
            "timeout": 60,
            "start_task": self.starts,
        }

    def mend(self) -> None:
        """Let its scripts succeed from now on."""
        for file in self.folder.glob("*.bad"):
            file.unlink()


@dataclass(slots=True)
class Chance:
    """Draws that are the same for the same seed."""

    seed: int
    drawn: int = 0

    def uniform(self, most: float) -> float:
        """Return a number from 0 to `most`."""
        self.drawn += 1
        digest = hashlib.sha256(f"{self.seed} {self.drawn}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48 * most

    def number(self, least: int, most: int) -> int:
        """Return a whole number from `least` to `most`."""
        return least + int(self.uniform(most - least + 1))

    def sample(self, most: int, count: int) -> tuple[int, ...]:
        """Return so many different numbers from 1 to `most`."""
        return tuple(sorted(range(1, most + 1), key=lambda _: self.uniform(1))[:count])


@dataclass(slots=True)
class Campaign:
    """A server, the jobs that it was given, and the faults that were found."""

    folder: Path
    chance: Chance
    server: Server = field(init=False)
    jobs: list[Job] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Prepare the server."""
        self.server = Server(self.folder)

    # ------------------------------------------------------------ the server's lives

    def killed(self) -> None:
        """Live through one life of the server, and its sudden end."""
        moment, children = self.chance.uniform(LATEST), self.chance.number(1, 3) == 1
        self.server.begin()
        killer = threading.Timer(moment, self.server.kill, kwargs={"children": children})
        killer.start()
        try:
            client = self.server.client()
            while True:
                self._busy(client)
        except LostError:
            pass
        finally:
            killer.join()

    def drained(self) -> None:
        """Follow every job to its end, and look whether all is as it must be."""
        self.server.begin()
        end = time.monotonic() + PATIENCE
        try:
            client = self.server.client()
            while not all(job.ended for job in self.jobs) and time.monotonic() < end:
                self._round(client)
            self._judge(client)
        except LostError:
            self.faults.append("the server that nobody killed is gone")
        finally:
            code = self.server.end()
        if code:
            self.faults.append(f"the server ends with {code}")

    def _busy(self, client: Client) -> None:
        while sum(not job.ended for job in self.jobs) < AT_ONCE:
            self.jobs.append(self._drawn(len(self.jobs)))
        self._round(client)

    def _round(self, client: Client) -> None:
        for job in self.jobs:
            if not job.ended:
                self._push(client, job)
        time.sleep(0.02)

    def _drawn(self, number: int) -> Job:
        hosts = self.chance.sample(HOSTS, self.chance.number(3, 7))
        bad = tuple(host for host in hosts if self.chance.number(1, 6) == 1)
        folder = self.folder / f"job-{number:04}"
        folder.mkdir()
        for host in bad:
            (folder / f"127.0.0.{host}.bad").touch()
        return Job(
            name=f"kill-{number:04}-",
            folder=folder,
            mode=self.chance.number(PAUSE_ON_FAILURE, MANUAL),
            hosts=hosts,
            bad=bad,
            pause=round(self.chance.uniform(0.3), 2),
            starts=self.chance.number(0, 1) == 1,
        )

    # ------------------------------------------------------------ one job

    def _push(self, client: Client, job: Job) -> None:
        """Do for a job whatever leads it on."""
        if not job.id:
            self._create(client, job)
            return
        status = _status(client, job)
        order: dict[str, Json] = {"job_instance_id": job.id}
        try:
            if status is Status.WAITING:
                client.operate("operate_job_instance", **order, operation_code=START)
            elif status is Status.CONFIRM:
                order |= {"step_instance_id": job.step, "operation_code": NEXT_BATCH}
                client.operate("operate_step_instance", **order)
            elif status is Status.FAILED:
                job.mend()
                order |= {"step_instance_id": job.step, "operation_code": RETRY_FAILED}
                client.operate("operate_step_instance", **order)
        except RefusedError as error:
            if STARTED_TWICE not in str(error):
                self.faults.append(f"{job.name}: refused in state {status}: {error}")
        job.ended = status not in {
            *(Status.WAITING, Status.RUNNING, Status.CONFIRM, Status.FAILED),
        }

    def _create(self, client: Client, job: Job) -> None:
        """Create it. Where an answer was lost, look for it by its name first."""
        found = _found(client, job.name) if job.asked else []
        job.asked = True
        if found:
            job.id = found[0]
            job.step = _number(_step(client, job), "step_instance_id")
        else:
            answer = client.post("fast_execute_script", job.body())
            job.id = _number(answer, "job_instance_id")
            job.step = _number(answer, "step_instance_id")

    # ------------------------------------------------------------ judging

    def _judge(self, client: Client) -> None:
        wanted = sorted(job.id for job in self.jobs)
        if sorted(_found(client, "")) != wanted:
            self.faults.append(f"the jobs are {sorted(_found(client, ''))}, not {wanted}")
        for job in self.jobs:
            status = _status(client, job)
            if status is not Status.SUCCEEDED:
                self.faults.append(f"{job.name}: its end is {status}")
                continue
            results = _results(client, job)
            logs = _logs(client, job)
            for place, host in enumerate(job.hosts):
                for fault in _faults(job, place, results.get(host), logs.get(host)):
                    self.faults.append(f"{job.name}: host {host}: {fault}")


def _faults(job: Job, place: int, result: Json, log: str | None) -> list[str]:
    """Return what is wrong with one host of a job that came to its end."""
    ip = f"127.0.0.{job.hosts[place]}"
    runs, codes = _lines(job.folder / f"{ip}.runs"), _lines(job.folder / f"{ip}.codes")
    batch = place // BATCH + 1
    # The end of the path: job, execute count, batch, place, work.
    parts = [run.split("/")[-5:] for run in runs]
    faults = []
    if any(
        [*part[:1], *part[2:]] != [str(job.id), str(batch), str(place), "work"] for part in parts
    ):
        faults.append(f"it ran elsewhere than in job {job.id}, batch {batch}: {runs}")
    if len(set(runs)) != len(runs):
        faults.append(f"a batch ran twice: {runs}")
    if len(runs) != len(codes) or not codes:
        faults.append(f"{len(runs)} runs came to {len(codes)} ends")
        return faults
    stays = job.mode == IGNORE_FAILURE and job.hosts[place] in job.bad
    if codes[-1] != str(BAD if stays else 0) or any(code != str(BAD) for code in codes[:-1]):
        faults.append(f"it ended with {codes}")
    if len(codes) > (2 if job.hosts[place] in job.bad and not stays else 1):
        faults.append(f"it ran {len(codes)} times")
    if narrow.integer(result, "exit_code", default=-1) != int(codes[-1]):
        faults.append(f"the API says {result}, the script {codes[-1]}")
    if log != f"began on {ip}\nended with {codes[-1]}\n":
        faults.append(f"its log is {log!r}")
    return faults


def _lines(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.exists() else []


# ---------------------------------------------------------------- the API


def _found(client: Client, name: str) -> list[int]:
    """Return the ids of the jobs whose name contains `name`."""
    found: list[int] = []
    while True:
        answer = client.get(
            "get_job_instance_list",
            create_time_start=0,
            create_time_end=2**53,
            offset=len(found),
            length=200,
            **({"name": name} if name else {}),
        )
        page = narrow.items(answer, "job_instance_list")
        if not page:
            return found
        found += [_number(each, "job_instance_id") for each in page]


def _told(client: Client, job: Job, *, hosts: bool = False) -> Json:
    return client.get(
        "get_job_instance_status", job_instance_id=job.id, return_execute_object_result=hosts
    )


def _status(client: Client, job: Job) -> Status:
    return Status(_number(_told(client, job), "job_instance", "status"))


def _step(client: Client, job: Job, *, hosts: bool = False) -> Json:
    return narrow.items(_told(client, job, hosts=hosts), "step_instance_list")[0]


def _results(client: Client, job: Job) -> dict[int, Json]:
    listed = narrow.items(_step(client, job, hosts=True), "step_execute_object_result_list")
    return {_host(each): each for each in listed}


def _logs(client: Client, job: Job) -> dict[int, str]:
    body: dict[str, Json] = {
        "job_instance_id": job.id,
        "step_instance_id": job.step,
        "host_id_list": [*job.hosts],
    }
    answer = client.post("batch_get_job_instance_execute_object_log", body)
    listed = narrow.items(answer, "script_step_execute_object_logs")
    return {_host(each): narrow.text(each, "log_content") for each in listed}


def _number(tree: Json, *path: str) -> int:
    return narrow.integer(tree, *path, default=0)


def _host(result: Json) -> int:
    return _number(result, "execute_object", "host", "bk_host_id")


# ---------------------------------------------------------------- the campaign


def campaign(folder: Path, rounds: int, seed: int) -> Campaign:
    """Kill a server so many times, and return what came of it."""
    made = Campaign(folder, Chance(seed))
    for _ in range(rounds):
        made.killed()
    made.drained()
    return made


def main() -> int:
    """Run a campaign, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, help="an empty folder to keep everything in")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        begun = time.monotonic()
        done = campaign(options.folder or Path(temporary), options.rounds, options.seed)
        runs = sum(len(_lines(file)) for job in done.jobs for file in job.folder.glob("*.runs"))
        again = sum(
            len(_lines(file)) > 1 for job in done.jobs for file in job.folder.glob("*.runs")
        )
    for fault in done.faults:
        sys.stdout.write(f"{fault}\n")
    sys.stdout.write(
        f"seed {options.seed}: {options.rounds} kills, {len(done.jobs)} jobs, {runs} runs, "
        f"{again} of them by order once more, {len(done.faults)} faults, "
        f"{time.monotonic() - begun:.0f} s\n"
    )
    return 1 if done.faults else 0


if __name__ == "__main__":
    sys.exit(main())
