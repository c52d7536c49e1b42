"""The live server against its own OpenAPI document, by schemathesis."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

from runner.server.routes import table
from tests import serving, webserver

HERE = Path(__file__).parent
OPERATIONS = {each.name for each in table.OPERATIONS}
EXAMPLES = 10  # of each operation and phase


def looked_at(web: webserver.Web, folder: Path, config: str, *more: str) -> None:
    """Have schemathesis look at a server, from a folder where it may leave what it likes."""
    shown = webserver.shown(app="peer", word="of peer")[webserver.HEADER]
    program = Path(sysconfig.get_path("scripts")) / "st"
    # One check of its own is replaced by one of ours, as the configuration says.
    checks = ("--checks", "all", "--exclude-checks", "unsupported_method")
    done = subprocess.run(
        (
            *(str(program), "--config-file", str(HERE / config)),
            *("run", f"{web.url}/openapi.json", "--header", f"{webserver.HEADER}: {shown}"),
            *(*checks, "--max-examples", str(EXAMPLES), "--continue-on-failure", *more),
            *("--generation-database", "none", "--warnings", "off", "--no-color"),
        ),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(HERE.parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert web.end() == 0
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    assert web.events("bug") == []


def test_the_server_keeps_to_its_document(tmp_path: Path) -> None:
    """Whatever is sent, the answer is one that the document has; what it forbids is refused."""
    web = webserver.made(tmp_path)
    web.begin()

    looked_at(web, tmp_path, "schemathesis.toml")


def test_so_it_does_about_what_exists(tmp_path: Path) -> None:
    """The same holds where requests are about a job, a script and hosts that there are."""
    web = webserver.made(tmp_path)
    web.begin()
    web.create(serving.body("echo hello", hosts=(1, 2, 3), rolling_config=serving.rolling("1", 1)))

    looked_at(web, tmp_path, "inside.toml", "--mode", "positive")
    asked = [each for each in web.events("request") if each["status"] == 200]

    assert {str(each["route"]).rpartition("/")[2] for each in asked} >= OPERATIONS
