"""What is expected of every platform, of the embedded one over HTTP, through the gateway client.

Also through the proxy of the fault campaign, while it lets everything pass: it alters nothing.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest

from runner.model import PlatformEntry
from runner.platforms.bkjob.client import BkJob
from runner.platforms.bkjob.credentials import Credentials
from runner.platforms.bkjob.gateway import Gateway
from tests import expectations, webserver
from tests.expectations import Ground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


pytestmark = pytest.mark.stories


@pytest.fixture(scope="module", params=["user", "system", "proxied"])
def platform(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[BkJob]:
    """Return one platform for the whole list: on a user's paths, the application's, by proxy."""
    folder = tmp_path_factory.mktemp("bkjob")
    web = webserver.made(folder)
    web.begin()
    system = request.param == "system"
    with ExitStack() as stack:
        proxied = request.param == "proxied"
        url = stack.enter_context(_calm_proxy(web.url, folder)) if proxied else web.url
        entry = PlatformEntry(
            name="far",
            type="bkjob",
            url=f"{url}/api/bk-job",
            stage="prod",
            application="peer" if system else "ci",
            route="system" if system else "user",
            credentials=(("bk_app_secret", "env", "SECRET"), ("bk_username", "text", "alice")),
        )
        word = "of peer" if system else webserver.WORD
        made = BkJob(entry, Gateway(entry, Credentials(entry, {"SECRET": word})))
        yield made
        made.close()
    web.end()


@contextmanager
def _calm_proxy(aim: str, folder: Path) -> Iterator[str]:
    """Run the proxy before the server at `aim`; nothing goes wrong in it."""
    process = subprocess.Popen(
        (sys.executable, "-m", "tests.faults.proxy", "--aim", aim),
        cwd=webserver.HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    (folder / "packed-refs").touch()
    begin = {"run": "calm", "account": str(folder / "account"), "remote": str(folder)}
    for order in ("begin", "calm"):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        content = json.dumps({**begin, "counter": str(folder / "counter")}).encode()
        connection.request("POST", f"/control/{order}", content)
        assert connection.getresponse().status == 200
        connection.close()
    yield f"http://127.0.0.1:{port}/calm"
    process.communicate()
    assert (folder / "account").read_text("utf-8").count('"what": "server"') > 0


@pytest.mark.parametrize("name", expectations.EXPECTATIONS)
def test_over_http(platform: BkJob, tmp_path: Path, name: str) -> None:
    """The embedded platform over HTTP does what is expected of every platform."""
    expectations.EXPECTATIONS[name](Ground(platform, tmp_path))
