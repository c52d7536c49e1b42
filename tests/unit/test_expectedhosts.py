"""The hosts that a spec expects: rendered, judged against its targets, and made part of its job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runner import canon
from runner.model import Targets
from runner.pipeline import wanted
from runner.rules import expectedhosts
from tests import fragments, rendering, values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.mistakes import Mistake
    from runner.model import Job, Json

ONE, TWO = "0:10.0.0.1", "0:10.0.0.2"


def said(found: Iterator[Mistake]) -> list[tuple[str, str]]:
    """Return the path and the message of each mistake."""
    return [("/".join(map(str, each.path)), each.message) for each in found]


@pytest.mark.parametrize(
    "value",
    [
        [ONE],
        ["0:255.10.0.1", "12:1.2.3.4", "#1", "#9223372036854775807"],
        ["0:fe80::1", "3:2001:db8::10.0.0.1", "container:web-0"],
    ],
)
def test_labels(value: Json) -> None:
    """A host goes by its cloud and address or by its id, a container by its name."""
    assert said(expectedhosts.labels(value)) == []


@pytest.mark.parametrize(
    "label",
    ["", "10.0.0.1", "0:10.0.0.256", "0:web", "00:10.0.0.1", "#0", "5", "container:", f"{ONE}\n"],
)
def test_what_is_no_label(label: str) -> None:
    """Everything else is told by its place in the list."""
    assert said(expectedhosts.labels([ONE, label])) == [
        ("expect_hosts/1", f"cannot expect {label!r}: it is not the label of a host")
    ]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "null"), ([], "an empty list"), (ONE, repr(ONE)), ({"ip": "x"}, "a mapping")],
)
def test_what_is_no_list(value: Json, shown: str) -> None:
    """A template may yield anything, and only a list of hosts expects some."""
    assert said(expectedhosts.labels(value)) == [
        ("expect_hosts", f"cannot expect {shown}: it is not a list of hosts")
    ]


def test_a_label_that_is_no_text() -> None:
    """Neither is a number, nor a host as the request names it."""
    assert [path for path, _ in said(expectedhosts.labels([1, {"bk_host_id": 5}, None]))] == [
        "expect_hosts/0",
        "expect_hosts/1",
        "expect_hosts/2",
    ]


@pytest.mark.parametrize(
    ("value", "targets", "paths"),
    [
        ([TWO, ONE], Targets(hosts=(ONE, TWO)), []),
        ([ONE], Targets(hosts=(), open=("group:7",)), []),
        ([ONE, TWO], Targets(hosts=(ONE,), open=("group:7",)), []),
        ([ONE], Targets(hosts=(ONE, TWO)), ["expect_hosts"]),
        ([ONE], Targets(hosts=(TWO,), open=("group:7",)), ["expect_hosts"]),
        ([ONE, TWO], Targets(hosts=(ONE,)), ["expect_hosts/1"]),
        (["#1"], Targets(hosts=(ONE,)), ["expect_hosts", "expect_hosts/0"]),
        ([ONE], Targets(hosts=()), []),
    ],
)
def test_contradictions(value: Json, targets: Targets, paths: list[str]) -> None:
    """Each host that is named is expected; where no group is, no other host can come."""
    assert [path for path, _ in said(expectedhosts.contradictions(value, targets))] == paths


def test_the_words_of_a_contradiction() -> None:
    """They name the host, and why it cannot be."""
    first, second = expectedhosts.contradictions([TWO], Targets(hosts=(ONE,)))

    assert first.message == f"cannot do without {ONE} in expect_hosts: host_list names it"
    assert second.message.startswith(f"cannot expect {TWO!r}: host_list does not name it")


def test_leaves_of_what_is_expected_are_templates() -> None:
    """The whole list may be one expression, or each of its items."""
    text = "vars: {hosts: ['0:10.0.0.1', '0:10.0.0.2'], net: '0:10.0.0'}\nrequest: {}\n"
    for expected in ('"{{ vars.hosts }}"', '["{{ vars.net }}.1", "0:10.0.0.2"]'):
        found = rendering.jobs(f"{text}expect_hosts: {expected}\n")
        assert found.value is not None
        assert [job.expect_hosts for job in found.value] == [[ONE, TWO]]
    bare = rendering.jobs(text)
    assert bare.value is not None
    assert [job.expect_hosts for job in bare.value] == [None]


def test_the_digest_covers_what_is_expected_and_the_effect_does_not() -> None:
    """Another expectation is another thing to approve, and asks a platform for the same."""
    wish = values.Wish()
    plain, one, two, none = (
        canon.digest(
            effect=wish.effect(),
            path=wish.path,
            spec_metadata={},
            change={},
            further=None if hosts is None else {"expect_hosts": list(hosts)},
        )
        for hosts in (None, (ONE,), (ONE, TWO), ())
    )

    assert plain == wish.digest()
    assert len({plain, one, two, none}) == 4


def test_a_job_has_what_its_spec_expects() -> None:
    """Each host once, in the digest and not in the effect."""
    text = fragments.FILES[fragments.SPEC].replace("10.0.0.1}]", "10.0.0.1}, {bk_host_id: 5}]")
    jobs: list[Job] = []
    for more in ("", 'vars: {h: "#5"}\nexpect_hosts: ["{{ vars.h }}", "0:10.0.0.1", "#5"]\n'):
        found = wanted.wanted(fragments.Files({**fragments.FILES, fragments.SPEC: text + more}))
        assert found.value is not None, found.findings
        jobs += found.value.jobs
    plain, expecting = jobs

    assert (plain.expect_hosts, expecting.expect_hosts) == (None, ("#5", ONE))
    assert plain.effect == expecting.effect
    assert plain.digest != expecting.digest


@pytest.mark.parametrize(
    ("expected", "rules"),
    [
        ('"{{ none }}"', ["host-label"]),
        ('["{{ vars.service }}"]', ["host-label"]),
        ("\n  - 0:10.0.0.2\n  - 0:10.0.0.1", ["unexpected-host"]),
        ('["{{ nope }}"]', ["undefined-name"]),
        ("[web]", ["wrong-form"]),
        ("null", ["wrong-type"]),
    ],
)
def test_what_is_found_in_a_spec(expected: str, rules: list[str]) -> None:
    """Whatever is wrong is told once, at its place."""
    text = f"{fragments.FILES[fragments.SPEC]}expect_hosts: {expected}\n"
    found = wanted.wanted(fragments.Files({**fragments.FILES, fragments.SPEC: text}))

    assert found.value is None
    assert [each.rule for each in found.findings] == rules
    assert found.findings[0].place.pointer.startswith("/expect_hosts")
