"""The jobs that people look at: one that means harm, one that rolls by hand, one that fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner import narrow
from runner.progress import Status
from runner.server.states import HostStatus
from tests import serving

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json
    from tests.webserver import Web

NAME = "<i>Tidy</i> & \"go\" <script>document.title='ran'</script>"
UNSEEN = "what nobody may read"
# Each line tries to be more than text: to a browser, to a terminal, to a reader's eye.
HOSTILE = r"""
printf '<script>document.title="ran"</script>\n'
printf '<img src=x onerror="document.title=1">\n'
printf '</pre><a href="javascript:alert(1)">a link</a>&amp;\n'
printf '\033[31mred\033[0m and \033[1;32mgreen\033[m\n'
printf '\033]0;a title\007\033]8;;http://evil.example/\033\\shown\033]8;;\033\\\n'
printf '\033]52;c;cHduZWQ=\007\033[2J\033[Hcleared\b\b\n'
printf 'first\rsecond\n'
printf 'C1 \302\23331m and override \342\200\256desrever\n'
"""
_GATED = """
echo "waits for the gate"
while [ ! -e "$1" ]; do sleep 0.1; done
echo "has passed the gate"
"""


@dataclass(frozen=True, slots=True)
class Made:
    """A job by its numbers, and the addresses of its pages."""

    web: Web
    created: dict[str, Json]

    @property
    def path(self) -> str:
        """Return the address of its page."""
        return f"/jobs/{self.created['job_instance_id']}"

    def state(self) -> Json:
        """Return the number of its state."""
        return self.web.state(self.created["job_instance_id"])

    def begun(self) -> int:
        """Return on how many hosts it has begun."""
        job = self.created["job_instance_id"]
        (step,) = narrow.items(
            self.web.status(job, return_execute_object_result="true"), "step_instance_list"
        )
        hosts = narrow.items(step, "step_execute_object_result_list")
        return sum(narrow.at(host, "status") != HostStatus.WAITING for host in hosts)

    def rests(self, state: Status) -> None:
        """Return once it stands there."""
        self.web.until(lambda: self.state() == state)

    def operate(self, code: int) -> None:
        """Order something of its step by way of the API."""
        step = {name: self.created[name] for name in ("job_instance_id", "step_instance_id")}
        reply = self.web.post("/api/v3/operate_step_instance", {**step, "operation_code": code})
        assert reply.tree["code"] == 0

    def stop(self) -> None:
        """Order it to stop by way of the API, and wait until it has."""
        job = {"job_instance_id": self.created["job_instance_id"]}
        self.web.post("/api/v3/operate_job_instance", {**job, "operation_code": 1})
        self.rests(Status.STOPPED)


def hostile(web: Web) -> Made:
    """Return a job that has ended: its name and its log mean harm, its parameter is secret."""
    body = serving.body(
        HOSTILE,
        task_name=NAME,
        script_param=serving.text64(UNSEEN),
        param_sensitive=True,
    )
    return _ended(web, body, Status.SUCCEEDED)


def failed(web: Web) -> Made:
    """Return a job that has failed on some of its hosts, and has two batches left."""
    script = 'echo "failing $JOBGATE_HOST"; exit 3'
    body = serving.body(
        script, hosts=range(1, 7), rolling_config=serving.rolling("2", 1), task_name="Fails"
    )
    return _ended(web, body, Status.FAILED)


def long(web: Web) -> Made:
    """Return a job that has printed nearly two MiB: 40,000 lines."""
    script = "seq -f 'line %.0f of a long log, with some more words' 0 39999"
    return _ended(web, serving.body(script, task_name="Prints much"), Status.SUCCEEDED)


def _ended(web: Web, body: dict[str, Json], state: Status) -> Made:
    made = Made(web, web.create(body))
    web.ended(made.created["job_instance_id"])
    assert made.state() == state
    return made


def gated(web: Web, gate: Path, name: str = "Roll by hand") -> Made:
    """Return a job whose batches of two hosts run until the gate is there, then wait for us."""
    body = serving.body(
        _GATED,
        hosts=range(1, 7),
        task_name=name,
        script_param=serving.text64(str(gate)),
        rolling_config=serving.rolling("2", 3),
    )
    return Made(web, web.create(body))
