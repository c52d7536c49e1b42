"""A real server on 127.0.0.1, from its start to its end, killed ones included."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from runner import narrow
from runner.handles import Handle
from runner.platforms.embedded import Embedded
from tests import servercases, serving, webserver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json
    from tests.webserver import Web

pytestmark = pytest.mark.stories

CREATE = "/api/v4/fast_execute_script"
PEM = servercases.CASES / "tls"
# Says that it runs, waits until it may end, and counts itself.
WAITS = """
    echo "begun $JOBGATE_IP"
    echo x >> "$1/ran.$JOBGATE_IP"
    until [ -e "$1/go" ]; do sleep 0.02; done
    echo "ended $JOBGATE_IP"
"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """Return a server that runs, and end it."""
    made = webserver.made(tmp_path)
    made.begin()
    yield made
    if made.process is not None:
        made.end()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """Return one server for many requests."""
    made = webserver.made(tmp_path_factory.mktemp("kept"))
    made.begin()
    yield made
    made.end()


def waits(web: Web, **more: Json) -> dict[str, Json]:
    """Create a job on two hosts that runs until it may end; return once it runs."""
    param = serving.text64(str(web.folder))
    created = web.create(serving.body(WAITS, hosts=(1, 2), script_param=param, **more))
    web.until((web.folder / "ran.127.0.0.1").exists)
    return created


def let_go(web: Web) -> None:
    """Let the scripts that wait end."""
    (web.folder / "go").touch()


# ---------------------------------------------------------------- the cases, over HTTP


@pytest.mark.parametrize(
    "case",
    [*servercases.listed("transport"), *servercases.listed("companions")],
    ids=servercases.named,
)
def test_answer(kept: Web, case: dict[str, Json]) -> None:
    """Over HTTP a request is answered as in process."""
    servercases.answered(kept, case)


@pytest.mark.parametrize("case", servercases.listed("finished"), ids=servercases.named)
def test_finished(kept: Web, case: dict[str, Json]) -> None:
    """Over HTTP a state counts as finished as in process."""
    servercases.finished(kept, case)


@pytest.mark.parametrize("case", servercases.listed("operations"), ids=servercases.named)
def test_operation(kept: Web, case: dict[str, Json]) -> None:
    """Over HTTP an operation is carried out or refused as in process."""
    servercases.operation(kept, case)


# ---------------------------------------------------------------- a job's life


def test_a_rolling_job_goes_on_by_itself(web: Web) -> None:
    """Nobody has to ask: it runs batch by batch, and waits where a person has to confirm."""
    body = serving.body("echo $JOBGATE_IP", hosts=(1, 2, 3))
    rolled = web.create(body, rolling_config=serving.rolling("1", mode=1))
    manual = web.create(body, rolling_config=serving.rolling("1 2", mode=3))

    web.until(lambda: web.state(rolled["job_instance_id"]) == 3)
    web.until(lambda: web.state(manual["job_instance_id"]) == 7)
    assert web.log_of(manual) == "127.0.0.1\n"
    assert web.log_of(manual, 2) == ""
    go_on = {**manual, "operation_code": 13}
    assert web.post("/api/v3/operate_step_instance", go_on).tree["result"] is True
    web.until(lambda: web.state(manual["job_instance_id"]) == 3)
    assert web.log_of(manual, 2) == "127.0.0.2\n"


def test_a_job_is_stopped(web: Web) -> None:
    """Its scripts are ended, and it ends as stopped."""
    created = waits(web)
    stop = {**created, "operation_code": 1}

    assert web.post("/api/v3/operate_job_instance", stop).tree["result"] is True

    assert narrow.at(web.ended(created["job_instance_id"]), "job_instance", "status") == 11


def test_killed_in_the_middle_it_loses_nothing(web: Web) -> None:
    """Killed while scripts run, and begun again, it finds them and follows them to their end."""
    created = waits(web)
    job = created["job_instance_id"]
    assert web.end(signal.SIGKILL) == -9

    web.begin()
    assert web.state(job) == 2
    let_go(web)
    web.until(lambda: web.state(job) == 3)

    assert web.log_of(created) == "begun 127.0.0.1\nended 127.0.0.1\n"
    runs = {file.name: file.read_text() for file in web.folder.glob("ran.*")}
    assert runs == {"ran.127.0.0.1": "x\n", "ran.127.0.0.2": "x\n"}


def test_what_ends_while_no_server_is_there_is_found(web: Web) -> None:
    """Ended in peace while scripts run, the next server knows how they ended."""
    created = waits(web)
    assert web.end(signal.SIGTERM) == 0
    let_go(web)

    web.begin()

    assert narrow.at(web.ended(created["job_instance_id"]), "job_instance", "status") == 3


# ---------------------------------------------------------------- signals


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_under_way_is_finished(web: Web, number: signal.Signals) -> None:
    """A signal to end comes while a request waits for the database: it is carried out."""
    web.create(serving.body("true", start_task=False))
    replies: list[webserver.Reply] = []
    asks = threading.Thread(
        target=lambda: replies.append(web.post(CREATE, serving.body("true", start_task=False)))
    )
    with closing(sqlite3.connect(web.data / "jobgate.db", isolation_level=None)) as rows:
        rows.execute("BEGIN IMMEDIATE")
        asks.start()
        web.until(lambda: _connected(web))
        web.send(number)
        rows.execute("ROLLBACK")
    asks.join(timeout=webserver.DEADLINE)

    assert web.end(number) == 0
    assert [each.status for each in replies] == [200]
    assert len(web.events("ended")) == 1


def _connected(web: Web) -> bool:
    """Tell whether a request has been taken that is not answered yet."""
    assert web.process is not None
    lines = Path(f"/proc/{web.process.pid}/net/tcp").read_text("ascii").splitlines()
    port = f":{int(str(urlsplit(web.url).port)):04X}"
    return any(line.split()[1].endswith(port) and line.split()[3] == "01" for line in lines)


def test_a_changed_inventory_comes_into_force(web: Web) -> None:
    """After SIGHUP a new grant counts, and one that was taken away does not."""
    tree = webserver.inventory()
    carol = narrow.mapping(narrow.items(tree, "users")[2])
    carol["may"] = [{"scope": "biz/2", "actions": ["view"]}]
    assert web.get("/api/v3/get_script_list", user="carol").tree["result"] is False

    web.write(tree)
    web.send(signal.SIGHUP)
    web.until(lambda: bool(web.events("reloaded")))

    assert web.get("/api/v3/get_script_list", user="carol").tree["result"] is True


def test_a_wrong_inventory_leaves_the_old_one_in_force(web: Web) -> None:
    """The log says what is wrong and where; requests go on as before."""
    tree = webserver.inventory()
    narrow.mapping(narrow.items(tree, "hosts")[0])["id"] = "none"
    web.write(tree)
    web.send(signal.SIGHUP)
    web.until(lambda: bool(web.events("not-reloaded")))
    (web.folder / "inventory.yaml").unlink()
    web.send(signal.SIGHUP)
    web.until(lambda: len(web.events("not-reloaded")) == 2)

    finding = web.events("finding")[0]
    assert str(finding["place"]).startswith(str(web.folder / "inventory.yaml:1:"))
    assert "cannot read the inventory" in str(web.events("not-reloaded")[1]["message"])
    assert web.get("/api/v3/get_script_list").tree["result"] is True


# ---------------------------------------------------------------- who may, and who must wait


def test_strangers_and_the_uninvited(web: Web) -> None:
    """Nobody is 401, somebody who may not is 403, and too many guesses are 429 with a time."""
    body = json.dumps({**webserver.SCOPE, **serving.body("true")}).encode()
    headers = {"Content-Type": "application/json"}
    assert web.call("POST", CREATE, body=body, headers=headers).status == 401
    assert web.post(CREATE, serving.body("true"), user="bob").status == 403
    guess = {**headers, **webserver.shown(word="a guess")}
    statuses = [web.call("POST", CREATE, body=body, headers=guess).status for _ in range(6)]

    assert statuses[:3] == [401, 401, 401]
    assert statuses[-1] == 429
    assert web.post(CREATE, serving.body("true")).status == 200
    shown = json.dumps(web.log)
    assert "a guess" not in shown
    assert webserver.WORD not in shown


def test_a_locked_database_is_503_and_nothing_is_lost(web: Web) -> None:
    """While somebody holds the database orders are put off; then everything goes on."""
    created = waits(web)
    with closing(sqlite3.connect(web.data / "jobgate.db", isolation_level=None)) as rows:
        rows.execute("BEGIN IMMEDIATE")
        reply = web.post(CREATE, serving.body("true"))
        let_go(web)
        rows.execute("ROLLBACK")

    assert (reply.status, reply.headers["retry-after"]) == (503, "1")
    web.until(lambda: web.state(created["job_instance_id"]) == 3)
    jobs = web.get(
        "/api/v4/get_job_instance_list", create_time_start="0", create_time_end=str(2**62)
    )
    assert len(narrow.items(jobs.tree, "data", "job_instance_list")) == 1


# ---------------------------------------------------------------- large bodies


def _raw(web: Web, head: bytes, body: bytes = b"") -> bytes:
    """Send bytes, and return the first line of what comes back."""
    aim = urlsplit(web.url)
    with socket.create_connection((str(aim.hostname), int(str(aim.port))), timeout=20) as line:
        line.sendall(head + body)
        return line.recv(1000).partition(b"\r\n")[0]


def test_large_bodies(web: Web) -> None:
    """A stranger is refused before sending one; what is above the gateway's limit is 413."""
    head = f"POST {CREATE} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    known = f"{head}{webserver.HEADER}: {webserver.shown()[webserver.HEADER]}\r\n"
    length, chunks = "Content-Length: 50000000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"

    assert b" 401 " in _raw(web, (head + length).encode())
    assert b" 401 " in _raw(web, (head + chunks).encode())
    assert b" 413 " in _raw(web, (known + length).encode(), b" " * 40_000_001)
    assert b" 400 " in _raw(web, (known + chunks).encode(), b"2\r\n{}\r\n0\r\n\r\n")


def test_a_body_of_many_hosts(web: Web) -> None:
    """A body that is large and allowed is read to its end."""
    body = serving.body("true", script_param=serving.text64("x" * 60_000), start_task=False)

    assert web.post(CREATE, body).status == 200


# ---------------------------------------------------------------- beginning


def test_one_server_a_folder(web: Web) -> None:
    """A second server is refused; whoever uses the folder in process is not."""
    second = web.spawn()
    _, said = second.communicate(timeout=webserver.DEADLINE)
    assert second.returncode == 9
    assert "another server does" in said

    created = web.create(serving.body("true"))
    platform = Embedded(web.data, web.folder / "inventory.yaml")
    handle = Handle(job=int(str(created["job_instance_id"])), step=0, scope=("biz", "2"))
    try:
        serving.until(lambda: platform.status(handle).finished)
    finally:
        platform.close()


@pytest.mark.parametrize(
    ("more", "code", "word"),
    [
        (("--listen", "0.0.0.0:0"), 2, "in the clear"),
        (("--listen", "nowhere:1"), 2, "not an IP address"),
        (("--key", str(PEM / "key.pem")), 2, "a certificate or a key alone"),
        (("--listen", "192.0.2.1:1", "--insecure-listen"), 9, "cannot listen on 192.0.2.1:1"),
    ],
)
def test_what_is_not_served(tmp_path: Path, more: tuple[str, ...], code: int, word: str) -> None:
    """Without TLS it listens to this machine alone, unless told otherwise."""
    process = webserver.made(tmp_path).spawn(*more)
    _, said = process.communicate(timeout=webserver.DEADLINE)

    assert process.returncode == code, said
    assert word in said


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Where the data folder is a file, the command says so."""
    web = webserver.made(tmp_path)
    web.data.write_text("")
    process = web.spawn()
    _, said = process.communicate(timeout=webserver.DEADLINE)

    assert process.returncode == 2, said


def test_without_its_extra(tmp_path: Path) -> None:
    """Where the server's libraries are not installed, the command says how to install them."""
    (tmp_path / "inventory.yaml").write_text("")
    code = (
        "import sys; sys.modules['uvicorn'] = None; from runner.cli import program;"
        " sys.exit(program.run(sys.argv[1:]))"
    )
    words = ("serve", "--data", str(tmp_path), "--inventory", str(tmp_path / "inventory.yaml"))
    done = subprocess.run(
        (sys.executable, "-c", code, *words),
        cwd=webserver.HERE,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "uvicorn not installed" in done.stderr
    assert ".[server]" in done.stderr


def test_tls_and_a_log_for_people(tmp_path: Path) -> None:
    """With a certificate it speaks TLS; the log is lines of words."""
    web = webserver.made(tmp_path)
    files = ("--certificate", str(PEM / "certificate.pem"), "--key", str(PEM / "key.pem"))
    process = web.spawn("--log-format", "text", *files)
    try:
        assert process.stderr is not None
        first = process.stderr.readline()
        aim = urlsplit(first.rpartition("address=")[2].strip())
        trusted = ssl.create_default_context(cafile=PEM / "certificate.pem")
        connection = http.client.HTTPSConnection("127.0.0.1", aim.port, context=trusted)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()
        second = process.stderr.readline()
    finally:
        process.terminate()
        process.communicate(timeout=webserver.DEADLINE)

    assert aim.scheme == "https"
    assert " request request=" in second
    assert process.returncode == 0
