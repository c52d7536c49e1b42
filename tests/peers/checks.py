"""What schemathesis checks beside its own: what the platform does in a way of its own.

Version 3 answers 200 and says inside that it refused, and a wrong method is 400 with a number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import schemathesis

if TYPE_CHECKING:
    from schemathesis import CheckContext, Response
    from schemathesis.specs.openapi.schemas import OpenApiCase

METHOD = 1241017
# What a request that is of the right shape is never refused for: unreadable, missing, wrong type.
SHAPE = {1241004, 1241020, 1241022}


@schemathesis.check
def version_3_says_that_it_refused(
    ctx: CheckContext, response: Response, case: OpenApiCase
) -> None:
    """What breaks the schema is not done: where the status is 200, `result` is false."""
    del ctx
    if case.meta is None or not case.meta.generation.mode.is_negative:
        return
    if "/api/v3/" in case.path and response.status_code == 200 and _negated(case):
        tree = response.json()
        assert tree["result"] is False, "it was done"
        assert tree["code"] > 0


@schemathesis.check
def the_right_shape_is_read(ctx: CheckContext, response: Response, case: OpenApiCase) -> None:
    """What keeps to the schema is never refused for its shape."""
    del ctx
    if case.meta is not None and case.meta.generation.mode.is_positive:
        assert response.status_code != 400 or _number(response) not in SHAPE, response.text


@schemathesis.check
def a_wrong_method_is_named(ctx: CheckContext, response: Response, case: OpenApiCase) -> None:
    """A method that a path does not have is refused by its number, with those that it has."""
    del ctx
    if case.method.upper() in {case.operation.method.upper(), "HEAD"}:
        return
    assert response.status_code == 400
    assert _number(response) == METHOD
    assert case.operation.method.upper() in response.headers["allow"][0]


def _number(response: Response) -> int:
    """Return the platform's number in a refusal, in either version's shape."""
    tree = response.json()
    return int(tree["code"] if "code" in tree else tree["error"]["details"][0]["code"])


def _negated(case: OpenApiCase) -> bool:
    """Tell whether something that is looked at is wrong: unknown parameters are not."""
    known = {each.name for each in case.operation.iter_parameters()}
    return bool(case.query) and set(case.query) <= known
