"""What is expected of every platform, of the embedded one over HTTP, through the gateway client."""

from __future__ import annotations

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


@pytest.fixture(scope="module", params=["user", "system"])
def platform(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[BkJob]:
    """Return one platform for the whole list, on a user's paths or the application's own."""
    web = webserver.made(tmp_path_factory.mktemp("bkjob"))
    web.begin()
    system = request.param == "system"
    entry = PlatformEntry(
        name="far",
        type="bkjob",
        url=f"{web.url}/api/bk-job",
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


@pytest.mark.parametrize("name", expectations.EXPECTATIONS)
def test_over_http(platform: BkJob, tmp_path: Path, name: str) -> None:
    """The embedded platform over HTTP does what is expected of every platform."""
    expectations.EXPECTATIONS[name](Ground(platform, tmp_path))
