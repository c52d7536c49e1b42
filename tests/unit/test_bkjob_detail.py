"""`platforms/bkjob/detail`: what a step was created with, from the platform's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import canon
from runner.frozen import Frozen
from runner.frozen import Target as FrozenTarget
from runner.platforms.bkjob import detail
from runner.platforms.bkjob.progress import Target

if TYPE_CHECKING:
    from runner.model import Json

HOST = Target(label="0:10.0.0.1", kind="host", id=7, status=5, exit_code=None)
POD = Target(label="container:web", kind="container", id=7, status=5, exit_code=None)


def told(**info: Json) -> Json:
    """Return an answer about a step."""
    return {"id": 1, "type": 1, "name": "x", "script_info": info}


def test_all_of_it() -> None:
    """The script's bytes, the account's number, and the hosts; a container has no host's id."""
    data = told(script_content="echo ä\n", account={"id": 3, "name": "root"}, server=None)

    assert detail.shown(data, [HOST, POD]) == Frozen(
        script=canon.sha256("echo ä\n".encode()),
        account_id=3,
        targets=(FrozenTarget(label="0:10.0.0.1", id=7), FrozenTarget(label="container:web")),
    )


@pytest.mark.parametrize(
    "data",
    [
        None,
        {"id": 1, "type": 2, "file_info": {}},
        told(),
        told(script_content="", account={"name": "root"}),
        told(script_content="echo \ufffd", account={"id": 0}),
    ],
)
def test_what_is_not_told(data: Json) -> None:
    """It is not known, and neither are bytes that are no text."""
    assert detail.shown(data, []) == Frozen()


@pytest.mark.parametrize(
    "data", [told(script_content=1), told(script_content="\ud800"), told(account={"id": "x"})]
)
def test_what_is_no_answer(data: Json) -> None:
    """Another shape than the platform's is an error, and not silence."""
    with pytest.raises((TypeError, ValueError)):
        detail.shown(data, [])
