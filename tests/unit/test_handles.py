"""What one asks a platform about a job with, taken from what the ledger holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import handles
from runner.handles import Handle
from runner.model import Kind
from tests import journals, values

if TYPE_CHECKING:
    from runner.model import Json


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        ({"bk_scope_type": "biz", "bk_scope_id": "2"}, ("biz", "2")),
        ({"bk_scope_type": "biz_set", "bk_scope_id": "9", "bk_biz_id": 3}, ("biz_set", "9")),
        ({"bk_biz_id": 3}, ("biz", "3")),
        ({"bk_scope_type": "biz", "bk_biz_id": 8_000_000}, ("biz_set", "8000000")),
        ({"bk_biz_id": 9_999_999}, ("biz_set", "9999999")),
        ({"bk_biz_id": 10_000_000}, ("biz", "10000000")),
    ],
)
def test_scope(body: dict[str, Json], scope: tuple[str, str]) -> None:
    """It stands in two fields, or in the one that the platform had before."""
    assert handles.scope(body) == scope


@pytest.mark.parametrize(
    ("rolls", "expression"),
    [
        (None, ""),
        ({"expression": "1 50%"}, "1 50%"),
        ({"expression": "10%", "type": 1, "mode": 3, "execution_mode": 1}, "10%"),
        ({"expression": "10%", "execution_mode": 2}, ""),
        ({"type": 2, "file_source": {}}, ""),
        ({"type": 2, "expression": "1"}, ""),
        ({"expression": 1}, ""),
    ],
)
def test_expression(rolls: Json, expression: str) -> None:
    """Only a job in serial batches of targets pauses between them."""
    assert handles.expression({"rolling_config": rolls}) == expression


def test_handle() -> None:
    """It holds the platform's ids, the key, and what the request says."""
    body: dict[str, Json] = {"bk_biz_id": 2, "rolling_config": {"expression": "1"}}
    job = values.job(values.Wish(body=body))
    ledger = journals.begun()[1]
    for kind in (Kind.INTENDED, Kind.CREATED):
        ledger = journals.added(ledger, journals.draft(ledger, job, kind))
    had = ledger.jobs[job.id]

    assert handles.handle(had) == Handle(
        job=7, step=8, scope=("biz", "2"), key=str(had.key), expression="1"
    )
