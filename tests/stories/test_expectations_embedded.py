"""What is expected of every platform, of the embedded one in process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner.platforms.embedded import Embedded
from tests import expectations, webserver
from tests.expectations import Ground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


pytestmark = pytest.mark.stories


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    """Return one platform for the whole list."""
    web = webserver.made(tmp_path_factory.mktemp("embedded"))
    made = Embedded(web.data, web.folder / "inventory.yaml")
    yield made
    made.close()


@pytest.mark.parametrize("name", expectations.EXPECTATIONS)
def test_in_process(platform: Embedded, tmp_path: Path, name: str) -> None:
    """The embedded platform in process does what is expected of every platform."""
    expectations.EXPECTATIONS[name](Ground(platform, tmp_path))
