"""What several stories need: a server that runs, and a relay before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import relay, replaying, webserver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.relay import Relay
    from tests.replaying import Replay, Template
    from tests.webserver import Web


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """Return a server that runs, and end it."""
    (tmp_path / "server").mkdir()
    made = webserver.made(tmp_path / "server")
    made.begin()
    yield made
    if made.process is not None:
        made.end()


@pytest.fixture
def between(web: Web) -> Iterator[Relay]:
    """Return a relay to the server."""
    with relay.relayed(web.url) as made:
        yield made


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Template]:
    """Return what every replay begins with."""
    with replaying.templates(tmp_path_factory.mktemp("template")) as made:
        yield made


@pytest.fixture
def replay(template: Template, tmp_path: Path) -> Replay:
    """Return a replay that begins: a ledger, a forge, and no job yet."""
    return template.copy(tmp_path)
