"""What these tests need beside Python: Node, and the packages of the lock file."""

from __future__ import annotations

import pytest

from tests.forge import described
from tests.node import peers


@pytest.fixture(scope="session", autouse=True)
def _installed() -> None:
    peers.install(described.HERE)
