"""The parts of the routes that need no platform: bodies, query strings, inputs, addresses, logs."""

from __future__ import annotations

import io
import json
import logging
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runner.errors import PlatformError, UsageError
from runner.server import addresses, serverlog
from runner.server.addresses import Address, Terms
from runner.server.answers import RefusalError
from runner.server.routes import inputs, operations, table, transport
from runner.server.routes.inputs import Field
from runner.server.routes.transport import Call

if TYPE_CHECKING:
    from runner.model import Json

COUNT = Field(name="count", schema={"type": "integer", "minimum": 1, "maximum": 9}, required=True)
WORD = Field(name="word", schema={"type": "string", "minLength": 2, "maxLength": 3})
TRUTH = Field(name="truth", schema={"type": "boolean"})
KIND = Field(name="kind", schema={"type": "integer", "enum": [1, 3]})
PAIRS = Field(
    name="pairs",
    schema={
        "type": "array",
        "minItems": 1,
        "maxItems": 2,
        "items": {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
            "required": ["a"],
        },
    },
)
FIELDS = (COUNT, WORD, TRUTH, KIND, PAIRS)


def sent(text: str | bytes, *, kind: str = "application/json") -> Call:
    """Return a request with a body."""
    content = text if isinstance(text, bytes) else text.encode()
    return Call(method="POST", path="/", headers={"content-type": kind}, body=content)


def refusal(text: str | bytes, *, exact: bool) -> RefusalError:
    """Return what a body is refused with."""
    with pytest.raises(RefusalError) as caught:
        transport.body(sent(text), exact=exact)
    return caught.value


# ---------------------------------------------------------------- bodies


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ('{"a": 1, "b": [null, true, "é"]}', {"a": 1, "b": [None, True, "é"]}),
        ("\ufeff{}", {}),
        ('{"a": 1.0, "b": 1e2}', {"a": 1, "b": 100}),
        ('{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        ('{"a": "\\ud83d\\ude00", "b": 1.0}', {"a": "\U0001f600", "b": 1}),
    ],
)
@pytest.mark.parametrize("exact", [True, False])
def test_bodies(text: str, tree: Json, *, exact: bool) -> None:
    """JSON is read; a number that is whole is an integer however it is written."""
    assert transport.body(sent(text), exact=exact) == tree


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        '{"a": 1, "a": 1}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": "\\ud800"}',
        '{"a": "\\ud800", "b": 1.0}',
        b'{"a": "\xff"}',
        "{} {}",
        "[" * 100_000,
    ],
    ids=lambda text: repr(text)[:20],
)
def test_bodies_that_are_refused(text: str | bytes, *, exact: bool) -> None:
    """What is no single JSON object, or has one name twice, is refused as unreadable."""
    assert refusal(text, exact=exact).number == 1241022


def test_numbers_that_are_not_whole() -> None:
    """They are refused where every number counts; else they are texts, and no numbers."""
    assert refusal('{"a": 1.5}', exact=True).number == 1241022
    assert refusal(f'{{"a": {"9" * 200}}}', exact=True).number == 1241022
    assert refusal('{"a": 1e999999999999999999999}', exact=True).number == 1241022
    text = '{"a": 1.5, "b": 1e999999999999999999999, "c": 1e200}'
    read = transport.body(sent(text), exact=False)
    assert read == {"a": "1.5", "b": "1e999999999999999999999", "c": "1e200"}


def test_depth() -> None:
    """A tree that is deeper than the rules may walk is refused where they walk it."""
    deep = '{"a":' * 70 + "1" + "}" * 70

    assert "nested" in refusal(deep, exact=True).message or refusal(deep, exact=True).number
    assert transport.body(sent('{"a":' * 60 + "1" + "}" * 60), exact=True)


def test_where_a_mistake_stands() -> None:
    """The refusal of a text names the line and the column."""
    assert "(line 2, column 1)" in refusal('{"a": 1,\n"a": 2}', exact=True).message


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("application/json", True),
        ("APPLICATION/JSON; Charset=utf8", True),
        ('application/json; charset="utf-8"', True),
        ("application/json; charset=gbk", False),
        ("application/x-www-form-urlencoded", False),
        ("", False),
    ],
)
def test_content_types(kind: str, *, taken: bool) -> None:
    """Only JSON in UTF-8 is read."""
    if taken:
        assert transport.body(sent("{}", kind=kind), exact=True) == {}
        return
    with pytest.raises(RefusalError) as caught:
        transport.body(sent("{}", kind=kind), exact=True)
    assert caught.value.code.http == 415


def test_too_many_parameters() -> None:
    """A query string is read up to a number of parameters."""
    assert transport.query(Call(method="GET", path="/", query="a=1&b=&a=2")) == (
        ("a", "1"),
        ("b", ""),
        ("a", "2"),
    )
    with pytest.raises(RefusalError):
        transport.query(Call(method="GET", path="/", query="&".join(["a=1"] * 300)))


# ---------------------------------------------------------------- inputs


def test_a_query_string_is_typed() -> None:
    """Texts become what their fields are; what is empty or unknown is left out."""
    given = (("count", "+7"), ("word", "ab"), ("truth", "TRUE"), ("kind", ""), ("other", "1"))

    assert inputs.query(FIELDS, (*given, ("other", "2"))) == {
        "count": 7,
        "word": "ab",
        "truth": True,
    }


@pytest.mark.parametrize(
    ("given", "number", "word"),
    [
        ({}, 1241004, "count is missing"),
        ({"count": " "}, 1241004, "count is missing"),
        ({"count": "x"}, 1241020, "count is not an integer"),
        ({"count": "1.0"}, 1241020, "count is not an integer"),
        ({"count": "9" * 30}, 1241020, "count is not an integer"),
        ({"count": "0"}, 1241025, "count is 0"),
        ({"count": "10"}, 1241025, "count is 10"),
        ({"count": "1", "word": "a"}, 1241025, "word has a length of 1"),
        ({"count": "1", "word": "abcd"}, 1241025, "word has a length of 4"),
        ({"count": "1", "truth": "yes"}, 1241020, "truth is not true or false"),
        ({"count": "1", "kind": "2"}, 1241025, "kind is 2"),
        ({"count": "1", "pairs": "[]"}, 1241020, "pairs is not a list"),
    ],
)
def test_a_query_string_that_is_refused(given: dict[str, str], number: int, word: str) -> None:
    """The refusal names the parameter, and says by its number what is wrong with it."""
    with pytest.raises(RefusalError) as caught:
        inputs.query(FIELDS, tuple(given.items()))

    assert caught.value.number == number
    assert word in caught.value.message


def test_a_parameter_that_is_given_twice() -> None:
    """Nobody has to guess which of the two counts."""
    with pytest.raises(RefusalError) as caught:
        inputs.query(FIELDS, (("count", "1"), ("count", "1")))
    assert caught.value.number == 1241020


@pytest.mark.parametrize(
    ("tree", "values"),
    [
        ({"count": "7", "word": 12, "truth": "false"}, {"count": 7, "word": "12", "truth": False}),
        ({"count": 7, "word": None, "truth": " "}, {"count": 7}),
        (
            {"count": 1, "pairs": [{"a": "2", "b": 3, "c": 4}]},
            {"count": 1, "pairs": [{"a": 2, "b": "3"}]},
        ),
        ({"count": 1, "pairs": [{"a": 1, "b": None}]}, {"count": 1, "pairs": [{"a": 1}]}),
    ],
)
def test_a_body_is_read_as_the_platform_reads_it(
    tree: dict[str, Json], values: dict[str, Json]
) -> None:
    """Numbers may stand in quotes and texts be numbers; null is absent."""
    assert inputs.members(FIELDS, tree) == values


@pytest.mark.parametrize(
    ("tree", "number", "word"),
    [
        ({}, 1241025, "count is missing"),
        ({"count": True}, 1241022, "count is not an integer"),
        ({"count": 1, "word": []}, 1241022, "word is not a text"),
        ({"count": 1, "word": True}, 1241022, "word is not a text"),
        ({"count": 1, "pairs": []}, 1241025, "pairs has a length of 0"),
        ({"count": 1, "pairs": [{"a": 1}] * 3}, 1241025, "pairs has a length of 3"),
        ({"count": 1, "pairs": [{}]}, 1241025, "pairs[0].a is missing"),
        ({"count": 1, "pairs": [{"a": "x"}]}, 1241022, "pairs[0].a is not an integer"),
        ({"count": 1, "pairs": [1]}, 1241022, "pairs[0] is not an object"),
    ],
)
def test_a_body_that_is_refused(tree: dict[str, Json], number: int, word: str) -> None:
    """The refusal names the member by its way from the root."""
    with pytest.raises(RefusalError) as caught:
        inputs.members(FIELDS, tree)

    assert caught.value.number == number
    assert word in caught.value.message


def test_each_operation_is_declared_once() -> None:
    """Names are unique in a version, and each field says what it is."""
    names = [(each.version, each.name) for each in table.OPERATIONS]

    assert len(names) == len(set(names)) == 16
    for operation in table.OPERATIONS:
        for field in operation.declared:
            assert field.said["description"], (operation.name, field.name)
        assert operation.method in {operations.GET, operations.POST}


# ---------------------------------------------------------------- where it listens


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000),
        ("[::1]:0", "::1", 0),
        ("localhost:80", "127.0.0.1", 80),
        ("192.0.2.1:65535", "192.0.2.1", 65535),
    ],
)
def test_addresses(text: str, host: str, port: int) -> None:
    """An IP address and a port, as a URL has them."""
    found = addresses.address(text)

    assert (found.host, found.port) == (host, port)
    assert addresses.address(found.shown) == found


@pytest.mark.parametrize(
    "text", ["", "8000", "127.0.0.1", "::1:80", "[127.0.0.1:80", "example.org:80", "1.2.3.4:65536"]
)
def test_addresses_that_are_none(text: str) -> None:
    """Anything else is refused with an example."""
    with pytest.raises(UsageError) as caught:
        addresses.address(text)
    assert "127.0.0.1:8000" in caught.value.mend


def test_terms() -> None:
    """Credentials are sent in the clear only if that was accepted; a key needs a certificate."""
    near, far = Address(host="::1", port=1), Address(host="192.0.2.1", port=1)
    file = Path("x.pem")

    addresses.check(Terms(address=near))
    addresses.check(Terms(address=far, insecure=True))
    addresses.check(Terms(address=far, certificate=file, key=file))
    for terms in (
        Terms(address=far),
        Terms(address=near, key=file),
        Terms(address=far, certificate=file),
    ):
        with pytest.raises(UsageError):
            addresses.check(terms)


def test_a_socket_is_bound() -> None:
    """It tells its address; a second one at the same place is refused."""
    terms = Terms(address=Address(host="127.0.0.1", port=0))
    with addresses.bound(terms) as one:
        url = addresses.url(terms, one)
        taken = Terms(address=Address(host="127.0.0.1", port=int(url.rpartition(":")[2])))
        # With the protocol named, asyncio turns Nagle's algorithm off on each connection.
        assert one.proto == socket.IPPROTO_TCP
        assert url.startswith("http://127.0.0.1:")
        with pytest.raises(PlatformError), addresses.bound(taken):
            raise AssertionError


# ---------------------------------------------------------------- what it tells of itself


def test_the_log_for_machines() -> None:
    """An event is one JSON object a line, whatever its values hold."""
    stream = io.StringIO()
    serverlog.Log(stream, serverlog.JSON).note("request", {"user": "a\nb\x1b", "ms": 3})

    (line,) = stream.getvalue().splitlines()
    tree = json.loads(line)
    assert (tree["event"], tree["user"], tree["ms"]) == ("request", "a\nb\x1b", 3)
    assert tree["at"].endswith("Z")


def test_the_log_for_people() -> None:
    """An event is one line of words; what is not plain stands in quotes, harmless."""
    stream = io.StringIO()
    serverlog.Log(stream, serverlog.TEXT).note("request", {"user": "a\nb\x1b", "ms": 3, "at": "x"})

    (line,) = stream.getvalue().splitlines()
    assert line.split(" ", 1)[1] == 'request user="a\\nb\\u001b" ms=3 at=x'
    assert line.isprintable()


def test_what_a_library_logs_is_passed_on_without_values() -> None:
    """The kind of an exception is told, its words are not."""
    stream = io.StringIO()
    handler = serverlog.Handler(serverlog.Log(stream, serverlog.JSON))
    record = logging.LogRecord("uvicorn", logging.ERROR, "", 0, "broken %s", ("thing",), None)
    handler.emit(record)
    record.exc_info = (ValueError, ValueError("hidden"), None)
    handler.emit(record)

    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["message"], "kind" in first) == ("broken thing", False)
    assert second["kind"] == "ValueError"
    assert "hidden" not in stream.getvalue()
