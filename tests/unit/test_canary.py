"""The search for the canary finds it: a search that finds nothing proves nothing by itself."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from runner.redactor import Redactor
from tests import repos
from tests.faults import canary

if TYPE_CHECKING:
    from pathlib import Path


BIRD = "canary'$\"+/é bird"


@pytest.mark.parametrize("name", canary.forms(BIRD))
def test_every_form_is_found_and_hidden(name: str) -> None:
    """In the midst of other text; and the redactor, which knows forms by other means, hides it."""
    form = canary.forms(BIRD)[name]
    found = canary.traces(BIRD, [("there", b"before" + form + b"behind")])
    assert f"there has the secret ({name})" in found
    shown = Redactor([BIRD]).content(b"before" + form + b"behind")
    assert canary.traces(BIRD, [("there", shown)]) == []


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_base64_is_found_wherever_it_begins(before: str) -> None:
    """Behind other bytes its digits are others."""
    secret = canary.made()
    encoded = base64.b64encode(f"{before}{secret}, and more".encode())
    assert canary.traces(secret, [("there", encoded)])


def test_a_repository_is_looked_through_to_its_last_object(tmp_path: Path) -> None:
    """Also what no ref leads to, which lies there packed and compressed."""
    secret = canary.made()
    repository = repos.make(tmp_path / "repository")
    (tmp_path / "file").write_text(secret)
    repos.run(repository, "hash-object", "-w", str(tmp_path / "file"))
    (found,) = canary.traces(secret, canary.written(tmp_path, (tmp_path / "file",)))
    assert found == f"objects of {repository / '.git'} has the secret (raw)"
    (again,) = canary.traces(secret, canary.written(tmp_path, (repository,)))
    assert again == f"{tmp_path / 'file'} has the secret (raw)"
