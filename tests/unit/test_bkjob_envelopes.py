"""The three shapes of errors told apart, and what became of the request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runner.calls import Answer
from runner.errors import NoLeaveError, PlatformError, RefusedError, UnknownOutcomeError
from runner.platforms.bkjob import envelopes
from runner.platforms.bkjob.envelopes import (
    AnsweredNoError,
    Fate,
    NoSuchCallError,
    Trouble,
)

if TYPE_CHECKING:
    from runner.errors import RunnerError
    from runner.model import Json


def answer(tree: Json, status: int = 200, **headers: str) -> Answer:
    """Return an answer with that tree."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, headers=named, content=json.dumps(tree).encode())


def v4(code: str, number: str | None, *, message: str = "no", reason: str = "why") -> Json:
    """Return an error of version 4."""
    details: list[Json] = [{"code": number, "message": reason}] if number else []
    error: dict[str, Json] = {"code": code, "message": message, "details": details}
    return {"error": error, "job_request_id": "r4"}


def v3(number: Json, message: str = "no") -> Json:
    """Return an error of version 3."""
    return {"result": False, "code": number, "message": message, "job_request_id": "r3"}


def gateway(number: int, name: str) -> Json:
    """Return an error of the gateway."""
    return {"code": number, "code_name": name, "message": "no", "result": False, "data": None}


def trouble(tree: Json, status: int) -> Trouble:
    """Return the trouble that an answer tells of."""
    read = envelopes.read(answer(tree, status))
    assert isinstance(read, Trouble)
    return read


def error(tree: Json, status: int, *, changes: bool = True) -> RunnerError:
    """Return the error that an answer becomes."""
    return envelopes.error(trouble(tree, status), "create a job", "far", changes=changes)


@pytest.mark.parametrize(
    ("tree", "data"),
    [
        ({"data": {"a": 1}, "job_request_id": "r"}, {"a": 1}),
        ({"result": True, "code": 0, "message": "", "data": [1]}, [1]),
        ({"result": True, "code": 0, "data": None}, None),
        ({"data": {"total_time": 1.5}}, {"total_time": "1.5"}),
    ],
)
def test_data(tree: Json, data: Json) -> None:
    """Both versions say that it went well, and have data."""
    assert envelopes.read(answer(tree)) == data


def test_each_shape_is_told_from_the_others() -> None:
    """Each has its own place for code, number, words and request."""
    assert trouble(v4("NOT_FOUND", "1243049"), 404) == Trouble(
        origin="job",
        status=404,
        code="NOT_FOUND",
        number=1243049,
        message="no: why",
        request="r4",
    )
    assert trouble(v3(1241003), 200) == Trouble(
        origin="job", status=200, number=1241003, message="no", request="r3"
    )
    read = envelopes.read(
        answer(gateway(1640301, "APP_NO_PERMISSION"), 403, x_bkapi_request_id="g")
    )
    assert read == Trouble(
        origin="gateway",
        status=403,
        code="APP_NO_PERMISSION",
        number=1640301,
        message="no",
        request="g",
    )


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"<html>", 502),
        (b"", 401),
        (b"null", 200),
        (b"[]", 200),
        (b"{}", 200),
        (b'{"result": true}', 200),
        (b'{"data": {}}', 201),
        (b'{"error": "text"}', 500),
        (b"\xff", 200),
        (b"[" * 100_000, 200),
    ],
)
def test_what_has_none_of_the_shapes(content: bytes, status: int) -> None:
    """It came from something in between, whatever its status says."""
    read = envelopes.read(Answer(status=status, content=content))

    assert read == Trouble(origin="between", status=status)


@pytest.mark.parametrize(
    ("tree", "number", "message"),
    [
        (v4("X", "1241025", message="a", reason="a must be"), 1241025, "a must be"),
        (v4("X", None), 0, "no"),
        ({"error": {"code": 5, "message": [], "details": "x"}}, 0, ""),
        ({"error": {"details": [{"code": "12x", "message": 1}]}}, 0, ""),
        ({"error": {"details": [{"code": True}]}}, 0, ""),
        ({"result": False, "code": "1241003"}, 1241003, ""),
        (v3(1241003, "x" * 100_100), 1241003, "x" * 100_000),
    ],
)
def test_half_shapes(tree: Json, number: int, message: str) -> None:
    """What is not there, or not of its type, counts as absent; long words are cut."""
    read = trouble(tree, 400)

    assert (read.number, read.message) == (number, message)


def test_a_lacking_permission_is_spelled_out() -> None:
    """Which action on what, in the words of the permission centre; asked for in the mend."""
    biz: dict[str, Json] = {"type": "biz", "type_name": "Business", "id": "2", "name": "Shop"}
    host: dict[str, Json] = {"type": "host", "id": "7"}
    data: Json = {
        "system_id": "bk_job",
        "actions": [
            {
                "id": "quick_execute_script",
                "name": "Quick Execute",
                "related_resource_types": [{"instances": [[biz, host], [biz]]}],
            },
            {"id": "use_account"},
        ],
    }
    in_v4: Json = {"error": {"code": "NO_PERMISSION", "message": "refused", "data": data}}
    in_v3: Json = {"result": False, "code": 9900403, "message": "refused", "permission": data}
    words = "lacking: Quick Execute on Business Shop / host 7, Business Shop; use_account"
    for tree, status in ((in_v4, 403), (in_v3, 200)):
        made = error(tree, status)

        assert type(made) is NoLeaveError
        assert f"cannot create a job on far: refused; {words}" in made.message
        assert "permission centre" in made.mend


@pytest.mark.parametrize(
    ("tree", "status", "fate"),
    [
        (v4("INVALID_ARGUMENT", "1241025"), 400, Fate.REFUSED),
        (v4("NOT_FOUND", "1243001"), 404, Fate.REFUSED),
        (v4("ALREADY_EXISTS", None), 409, Fate.REFUSED),
        (v4("INTERNAL", "1244019"), 500, Fate.REFUSED),
        (v4("INTERNAL", "1241011"), 500, Fate.REFUSED),
        (v4("RESOURCE_EXHAUSTED", "1244022"), 429, Fate.REFUSED),
        (v3(1241015), 200, Fate.REFUSED),
        (v3(1240003), 400, Fate.REFUSED),
        (v4("RESOURCE_EXHAUSTED", "1244032"), 429, Fate.NOTHING),
        (v4("RESOURCE_EXHAUSTED", "1244025"), 429, Fate.NOTHING),
        (v4("UNAUTHENTICATED", "1247002"), 401, Fate.NOTHING),
        (v4("NO_PERMISSION", None), 403, Fate.NOTHING),
        (v4("NOT_FOUND", "1241024"), 404, Fate.NOTHING),
        (v3(9900403), 200, Fate.NOTHING),
        (v4("RATELIMIT_EXCEED", None), 429, Fate.LATER),
        (v4("UNAVAILABLE", "1240002"), 503, Fate.LATER),
        (v3(1240002), 503, Fate.LATER),
        (v4("INTERNAL", "1240002"), 500, Fate.LOST),
        (v3(1240002), 200, Fate.LOST),
        (gateway(1640001, "INVALID_ARGS"), 400, Fate.NOTHING),
        (gateway(1640301, "APP_NO_PERMISSION"), 403, Fate.NOTHING),
        (gateway(1640401, "API_NOT_FOUND"), 404, Fate.NOTHING),
        (gateway(1641301, "BODY_SIZE_LIMIT_EXCEED"), 413, Fate.REFUSED),
        (gateway(1642902, "RATE_LIMIT"), 429, Fate.LATER),
        (gateway(1650200, "BAD_GATEWAY"), 502, Fate.LOST),
        (gateway(1650401, "BACKEND_TIMEOUT"), 504, Fate.LOST),
        (None, 302, Fate.NOTHING),
        (None, 401, Fate.NOTHING),
        (None, 404, Fate.NOTHING),
        (None, 413, Fate.REFUSED),
        (None, 429, Fate.LATER),
        (None, 200, Fate.LOST),
        (None, 503, Fate.LOST),
    ],
)
def test_what_became_of_a_request(tree: Json, status: int, fate: Fate) -> None:
    """Refused for good, nothing done now or for now, or nobody knows; an error of ours for each."""
    assert trouble(tree, status).fate is fate
    made, asked = error(tree, status), error(tree, status, changes=False)

    expected = {Fate.REFUSED: AnsweredNoError, Fate.LOST: UnknownOutcomeError}
    absent = tree in (v4("NOT_FOUND", "1241024"), gateway(1640401, "API_NOT_FOUND"))
    assert type(made) is expected.get(fate, NoSuchCallError if absent else PlatformError)
    assert isinstance(made, RefusedError) == (fate is Fate.REFUSED)
    assert isinstance(asked, PlatformError)
    assert made.message.startswith("cannot create a job on far: ")
    assert made.mend
    assert asked.mend


@pytest.mark.parametrize(
    ("tree", "status", "message", "mend"),
    [
        (
            v4("NOT_FOUND", "1243049"),
            404,
            "no: why (NOT_FOUND 1243049, request r4)",
            "mend bk_scope_type and bk_scope_id in the spec",
        ),
        (v3(1241002), 200, "no (1241002, request r3)", "mend what the message names"),
        (
            gateway(1640001, "INVALID_ARGS"),
            400,
            "no (INVALID_ARGS 1640001)",
            "look at platforms.far.credentials in jobgate.yaml, and at what is found there",
        ),
        (
            gateway(1640401, "API_NOT_FOUND"),
            404,
            "no (API_NOT_FOUND 1640401)",
            "look at url and stage of platforms.far in jobgate.yaml",
        ),
        (v4("BUSY", "1244034", message="", reason=""), 429, "it answers 429", "try again later"),
        (
            None,
            401,
            "the answer is 401, and not one of JOB or its gateway",
            "look at platforms.far.credentials in jobgate.yaml, and at what is found there",
        ),
    ],
)
def test_message_and_mend(tree: Json, status: int, message: str, mend: str) -> None:
    """The platform's own words with code, number and request id, and what to do about them."""
    made = error(tree, status)

    assert message in made.message
    assert made.mend == mend


def test_words_go_through_what_hides_secrets() -> None:
    """Every text that the platform chose does, and nothing else; it is cut short only after."""
    told = Trouble(
        origin="job",
        status=400,
        code="X",
        number=7,
        message="m",
        request="r",
        lacking="l",
        elsewhere="e",
    )

    assert envelopes.without(told, lambda text: f"<{text}>") == Trouble(
        origin="job",
        status=400,
        code="<X>",
        number=7,
        message="<m>",
        request="<r>",
        lacking="<l>",
        elsewhere="<e>",
    )
    long = Trouble(origin="job", status=400, message="x" * 596 + "secret", lacking="l" * 9000)
    cut = envelopes.without(long, lambda text: text.replace("secret", "******"))
    assert cut.message == "x" * 596 + "****"
    assert cut.lacking == "l" * 4800
