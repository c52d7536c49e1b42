"""Calls to real servers on loopback that misbehave in every way that we could think of."""

from __future__ import annotations

import email.utils
import json
import socket
import time
from typing import TYPE_CHECKING

import pytest

from runner.calls import Terms
from runner.errors import PlatformError, RefusedError, RunnerError, UnknownOutcomeError
from runner.model import PlatformEntry
from runner.platforms.bkjob.credentials import Credentials
from runner.platforms.bkjob.gateway import Call, Gateway, TooLargeError
from tests import scripted, servercases
from tests.scripted import Act

if TYPE_CHECKING:
    from runner.model import Json
    from tests.scripted import Scripted

WORD = "the secret of the app"
TLS = servercases.CASES / "tls"
TERMS = Terms(connect=5.0, read=5.0, pause=0.01)
HASTY = Terms(connect=5.0, read=0.2, pause=0.01)
ASKS = Call(deed="ask for job 7", version=4, name="get_job_instance_status", query={"a": "b c"})
ORDERS = Call(
    deed="start job 7", version=3, name="operate_job_instance", body={"n": 2}, changes=True
)
LOGS = Call(deed="read logs of job 7", version=4, name="batch_get", body={"ids": [1]})
OK = scripted.answer({"a": 1})
HTML = Act(status=502, headers={"Content-Type": "text/html"}, content=b"<h1>Bad Gateway</h1>")
HALF = Act(content=b'{"data": {"a": 1}, "job_re', end="close")
SHORT = Act(content=b'{"data": {"a": 1}', promised=900, end="close")
RESET = Act(end="reset")
SILENT = Act(end="silent")


def entry(url: str, **more: str) -> PlatformEntry:
    """Return a platform at that address."""
    return PlatformEntry(
        name="far",
        type="bkjob",
        url=url,
        application="ci",
        credentials=(("bk_app_secret", "env", "S"), ("bk_username", "text", "alice")),
        stage=more.get("stage", ""),
        tenant=more.get("tenant", ""),
        route="system" if more.get("route") == "system" else "user",
    )


class Waits(list[float]):
    """A gateway to a server, and how long it has waited between its attempts."""

    def gateway(self, place: PlatformEntry, terms: Terms = TERMS) -> Gateway:
        """Return a gateway that notes its waits and waits a hundredth of them."""
        return Gateway(place, Credentials(place, {"S": WORD}), terms=terms, wait=self._wait)

    def _wait(self, seconds: float) -> None:
        self.append(seconds)
        time.sleep(seconds / 100)

    def data(self, server: Scripted, call: Call, terms: Terms = TERMS) -> Json:
        """Return what a call is answered with."""
        gateway = self.gateway(entry(server.url), terms)
        try:
            return gateway.data(call)
        finally:
            gateway.close()


def fails(server: Scripted, call: Call, terms: Terms = TERMS) -> RunnerError:
    """Return the error that a call ends with."""
    with pytest.raises(RunnerError) as raised:
        Waits().data(server, call, terms)
    assert WORD not in f"{raised.value.message}{raised.value.mend}"
    assert raised.value.mend
    return raised.value


def test_what_goes_over_the_wire() -> None:
    """The path has stage, version and name; headers say who calls, for whom, and in English."""
    with scripted.served(OK, OK) as server:
        place = entry(f"{server.url}/api/bk-job/", stage="prod", tenant="default")
        gateway = Waits().gateway(place)
        assert gateway.data(ASKS) == {"a": 1}
        assert gateway.data(ORDERS) == {"a": 1}
        gateway.close()
    asked, ordered = server.got

    assert (asked.method, ordered.method) == ("GET", "POST")
    assert asked.path == "/api/bk-job/prod/api/v4/get_job_instance_status?a=b+c"
    assert ordered.path == "/api/bk-job/prod/api/v3/operate_job_instance"
    assert json.loads(ordered.content) == {"n": 2}
    assert ordered.headers["content-type"] == "application/json"
    assert "content-type" not in asked.headers
    for got in server.got:
        assert got.shown == {
            "bk_app_code": "ci",
            "bk_app_secret": WORD,
            "bk_username": "alice",
        }
        assert got.headers["x-bk-tenant-id"] == "default"
        assert got.headers["blueking-language"] == "en"
        assert got.headers["accept"] == "application/json"
        assert "x-bk-username" not in got.headers


def test_the_route_of_the_system() -> None:
    """The application calls below /system/, and the user stands in a header of its own."""
    with scripted.served(OK, OK) as server:
        gateway = Waits().gateway(entry(server.url, route="system"))
        gateway.data(ASKS)
        gateway.data(ORDERS)
        gateway.close()

    assert server.got[0].path.startswith("/api/v4/system/get_job_instance_status?")
    assert server.got[1].path == "/api/v3/system/operate_job_instance"
    assert server.got[0].headers["x-bk-username"] == "alice"
    assert server.got[0].shown == {"bk_app_code": "ci", "bk_app_secret": WORD}


def test_one_connection_for_many_calls() -> None:
    """A connection is used again as long as it is open."""
    with scripted.served(*[OK] * 5) as server:
        gateway = Waits().gateway(entry(server.url))
        for call in (ASKS, ORDERS, LOGS, ASKS, ORDERS):
            gateway.data(call)
        gateway.close()

    assert len({got.peer for got in server.got}) == 1


@pytest.mark.parametrize("act", [HTML, HALF, SHORT, RESET, SILENT], ids=repr)
@pytest.mark.parametrize("call", [ASKS, LOGS], ids=["get", "post"])
def test_a_call_that_asks_is_sent_again(act: Act, call: Call) -> None:
    """Whatever broke its answer, GET or POST, it is asked again and answered."""
    waits = Waits()
    with scripted.served(act, act, OK) as server:
        assert waits.data(server, call, HASTY) == {"a": 1}

    assert len(server.got) == 3
    assert 0.005 <= waits[0] <= 0.01 <= waits[1] <= 0.02


@pytest.mark.parametrize(
    ("act", "part"),
    [
        (HTML, "the answer is 502, and not one of JOB or its gateway"),
        (HALF, "the answer is 200, and not one of JOB"),
        (SHORT, "the answer broke off"),
        (RESET, "the answer broke off"),
        (SILENT, "no answer came in time"),
    ],
    ids=["html", "half", "short", "reset", "silent"],
)
def test_an_order_whose_answer_is_lost_is_sent_once(act: Act, part: str) -> None:
    """It is never sent again, and nobody knows whether it was done."""
    with scripted.served(act, OK) as server:
        error = fails(server, ORDERS, HASTY)

    assert isinstance(error, UnknownOutcomeError)
    assert error.exit_code == 8
    assert error.message.startswith(f"cannot start job 7 on far: {part}")
    assert "nobody knows whether it was done" in error.message
    assert len(server.got) == 1


@pytest.mark.parametrize("act", [HTML, SHORT, RESET], ids=["html", "short", "reset"])
def test_a_call_is_not_sent_for_ever(act: Act) -> None:
    """After four attempts it is an error, of which nothing needs to be known."""
    with scripted.served(*[act] * 9) as server:
        error = fails(server, ASKS)

    assert type(error) is PlatformError
    assert len(server.got) == 4


def test_a_platform_that_is_not_there() -> None:
    """Nothing was sent, so an order too may be tried again; then it is out of reach."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        waits = Waits()
        with pytest.raises(PlatformError, match="it cannot be reached") as raised:
            waits.gateway(entry(url)).data(ORDERS)

    assert type(raised.value) is PlatformError
    assert len(waits) == 3


def test_an_address_that_is_none() -> None:
    """A port that no machine has is an error of the policy, not a bug of ours."""
    waits = Waits()
    with pytest.raises(PlatformError, match="its address is none") as raised:
        waits.gateway(entry("http://127.0.0.1:99999")).data(ORDERS)

    assert "platforms.far.url" in raised.value.mend
    assert waits == []


@pytest.mark.parametrize("call", [ASKS, ORDERS], ids=["asks", "orders"])
def test_a_redirect_is_not_followed(call: Call) -> None:
    """Wherever it leads, credentials do not go there; the mend is in the policy."""
    with scripted.served(OK) as elsewhere:
        leads = {"Location": f"{elsewhere.url}/x?token=1"}
        with scripted.served(Act(status=307, headers=leads)) as server:
            error = fails(server, call)

        assert elsewhere.got == []
    assert type(error) is PlatformError
    assert f"leads to {elsewhere.url}/x," in error.message
    assert "platforms.far" in error.mend
    assert len(server.got) == 1


def test_a_huge_answer_is_not_read() -> None:
    """Beyond its bound an answer is let go of; asking again would bring the same."""
    huge = Act(content=b'{"data": "' + b"x" * 300_000 + b'"}', end="close")
    with scripted.served(huge, OK) as server:
        error = fails(server, ASKS, Terms(most=100_000))

    assert isinstance(error, TooLargeError)
    assert "more than 100,000 bytes" in error.message
    assert len(server.got) == 1


def test_a_dripping_answer_is_let_go_of() -> None:
    """An answer as a whole has a time too."""
    with scripted.served(OK, OK) as server:
        error = fails(server, ORDERS, Terms(whole=-1.0))

    assert isinstance(error, UnknownOutcomeError)
    assert "no answer came in time" in error.message


LIMITED: dict[str, Json] = {
    "code": 1642902,
    "code_name": "RATE_LIMIT_RESTRICTION",
    "message": "slow down",
}


@pytest.mark.parametrize("call", [ASKS, ORDERS], ids=["asks", "orders"])
def test_who_is_turned_away_waits_as_long_as_is_asked(call: Call) -> None:
    """A gateway that says 429 has done nothing, so that an order too is sent again."""
    waits = Waits()
    turned = scripted.tree({**LIMITED, "result": False}, 429, Retry_After="3")
    with scripted.served(turned, OK) as server:
        assert waits.data(server, call) == {"a": 1}

    assert waits == [3.0]


def test_a_retry_after_may_be_a_date() -> None:
    """A date is waited for, and one that has passed is not."""
    waits = Waits()
    dates = [email.utils.formatdate(time.time() + off, usegmt=True) for off in (20, -20)]
    acts = [scripted.tree({**LIMITED}, 429, Retry_After=date) for date in (*dates, "soon")]
    with scripted.served(*acts, OK) as server:
        waits.data(server, ASKS)

    assert 15 < waits[0] <= 20
    assert max(waits[1:]) < 1


def test_a_long_wait_is_not_waited_for() -> None:
    """Whoever is to come back in an hour is told so instead."""
    with scripted.served(scripted.tree({**LIMITED}, 429, Retry_After="3600"), OK) as server:
        error = fails(server, ASKS)

    assert type(error) is PlatformError
    assert "slow down" in error.message
    assert error.mend == "try again later"
    assert len(server.got) == 1


def test_a_server_without_time_has_done_nothing() -> None:
    """What jobgate's own server answers with 503 is sent again, an order too."""
    told: Json = {"error": {"code": "UNAVAILABLE", "message": "busy"}, "job_request_id": "r"}
    with scripted.served(scripted.tree(told, 503, Retry_After="1"), OK) as server:
        assert Waits().data(server, ORDERS) == {"a": 1}


def test_a_503_of_something_in_between_is_a_lost_answer() -> None:
    """Nobody knows what stood behind it."""
    with scripted.served(Act(status=503, content=b"down"), OK) as server:
        assert isinstance(fails(server, ORDERS), UnknownOutcomeError)


def test_a_refusal_comes_at_once() -> None:
    """What JOB refuses is not asked again; a secret that it repeats is not told."""
    said = f"wrong {WORD} or {json.dumps(WORD)}"
    told: Json = {"error": {"code": "INVALID_ARGUMENT", "message": said}}
    with scripted.served(scripted.tree(told, 400), OK) as server:
        error = fails(server, ORDERS)

    assert isinstance(error, RefusedError)
    assert 'wrong ****** or "******"' in error.message
    assert len(server.got) == 1


# ---------------------------------------------------------------- TLS and proxies


def test_tls_with_an_authority_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority's file is named by the variable that OpenSSL reads."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    with scripted.served(OK, tls=TLS) as server:
        assert Waits().data(server, ASKS) == {"a": 1}


@pytest.mark.parametrize("call", [ASKS, ORDERS], ids=["asks", "orders"])
def test_a_certificate_for_another_name(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent to a server that cannot prove to be the one that was meant."""
    monkeypatch.setenv("SSL_CERT_FILE", str(TLS / "certificate.pem"))
    with scripted.served(OK, tls=TLS) as server:
        server.url = server.url.replace("127.0.0.1", "127.1")
        error = fails(server, call)

    assert type(error) is PlatformError
    assert "its certificate is not one that this machine trusts" in error.message
    assert "SSL_CERT_FILE" in error.mend
    assert server.got == []


def test_a_certificate_of_nobody() -> None:
    """Without its authority no certificate is believed."""
    with scripted.served(OK, tls=TLS) as server:
        assert "its certificate is not one" in fails(server, ORDERS).message


def test_a_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls go through the proxy, signed in to it, unless the host is one that needs none."""
    with scripted.served(OK, OK) as proxy, scripted.served(OK) as server:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:p%40ss@"))
        place = entry("http://bkapi.example.org")
        gateway = Waits().gateway(place)
        assert gateway.data(ASKS) == {"a": 1}
        gateway.close()
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert Waits().data(server, ASKS) == {"a": 1}

    assert proxy.got[0].path.startswith("http://bkapi.example.org/api/v4/")
    assert proxy.got[0].headers["proxy-authorization"] == "Basic bWU6cEBzcw=="
    assert len(proxy.got) == 1


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent; the proxy's own credentials are not told."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("https_proxy", f"http://me:pass@{address}")
        with pytest.raises(PlatformError, match="it cannot be reached") as raised:
            Waits().gateway(entry("https://bkapi.example.org")).data(ORDERS)

    assert "pass" not in raised.value.message
