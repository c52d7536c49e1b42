"""`conditions`: whether an expression holds of a subject, and what goes wrong with one."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from runner import conditions
from runner.conditions import ConditionError
from runner.expressions.kinds import Fault
from runner.subjects import Subject

HOSTS = tuple(f"0:10.0.{at // 250}.{at % 250}" for at in range(1000))
JOB = Subject(
    path="specs/web/restart.yaml",
    name="restart",
    platform="prod",
    scope="biz/2",
    labels=(("team", "edge"), ("tier", "1")),
    run=2,
    request={
        "account_alias": "root",
        "execute_target": {"host_list": [{"bk_cloud_id": 0, "ip": host[2:]} for host in HOSTS]},
        "flag": True,
        "none": None,
        "rolling_config": {"mode": 1},
    },
    hosts=HOSTS,
)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ('job.name == "restart" && job.run == 2', True),
        ('job.platform in ["prod", "stage"] && job.scope == "biz/2"', True),
        ('job.path.startsWith("specs/lab/")', False),
        ("size(job.hosts) > 20", True),
        ("job.hosts.size() > 1000", False),
        ('job.hosts.all(h, h.startsWith("0:10.0."))', True),
        ('job.hosts.exists_one(h, h == "0:10.0.0.7")', True),
        ('"0:10.9.9.9" in job.hosts', False),
        ('job.labels.team == "edge" && int(job.labels.tier) < 2', True),
        ("has(job.labels.gold) && job.labels.gold == 'x'", False),
        ('"team" in job.labels', True),
        ('job.request.account_alias == "root" && job.request.flag', True),
        ("has(job.request.rolling_config) && job.request.rolling_config.mode == 1", True),
        ('job.request.execute_target.host_list.exists(h, h.ip == "10.0.0.1")', True),
        ("job.request.none == null", True),
        # What is true or false whatever the rest is has no need of it.
        ('job.labels.gold == "x" && job.run == 1', False),
        ('job.labels.gold == "x" || job.run == 2', True),
        ('job.run == 2 ? job.name == "restart" : job.labels.gold == "x"', True),
    ],
)
def test_what_holds(text: str, *, held: bool) -> None:
    """An expression is asked as CEL has it."""
    assert conditions.fault(text) is None
    assert conditions.holds(text, JOB) is held


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('job.labels.gold == "x"', "there is no 'gold'"),
        ("has(job.request.a.b)", "there is no 'a'"),
        ('job.hosts[1000] == "x"', "index out of bounds"),
        ("job.request.account_alias > 5", "No such overload"),
        ("job.request.account_alias && true", "No such overload"),
        ("int(job.labels.team) == 1", "edge|int"),
        ("!!job.request.account_alias", "it yields str, not true or false"),
        ("job.name", "the whole is a text, not true or false"),
        ("job.labels.if == 'x' && if", "it names if"),
    ],
)
def test_what_cannot_be_told(text: str, message: str) -> None:
    """Whatever goes wrong is one kind of error, in a short line."""
    with pytest.raises(ConditionError, match=message) as caught:
        conditions.holds(text, JOB)

    assert len(str(caught.value)) <= 160
    assert "\n" not in str(caught.value)


def test_what_is_neither_true_nor_false() -> None:
    """What only the job can tell, and is no truth then, is an error, and not a match."""
    text = "true ? job.request.account_alias : job.request.flag"
    with pytest.raises(ConditionError, match="the whole is what only the job itself can tell"):
        conditions.holds(text, JOB)
    assert conditions.holds(f"({text}) == 'root'", JOB)


def test_a_fault_of_what_is_no_expression() -> None:
    """It has a message and a mend, also where only CEL itself refuses it."""
    ours, cels = conditions.fault("job.name"), conditions.fault("job.hosts.all(while, true)")
    assert ours is not None
    assert ours.message == "the whole is a text, not true or false"
    assert cels is not None
    assert cels.message.startswith("CEL refuses it: ")
    assert cels.mend == "write it as CEL has it"


def test_labels_that_nobody_knows() -> None:
    """Where an expression looks at them it holds, whatever it says of them."""
    unknown = replace(JOB, labels=None)

    assert conditions.holds('job.labels.team == "other"', unknown)
    assert conditions.holds('job.labels.gold == "x"', unknown)
    assert conditions.holds("!has(job.labels.team)", unknown)
    assert not conditions.holds("job.run == 1", unknown)
    assert not conditions.holds('job.labels.team == "other"', JOB)


def test_a_package_that_is_none() -> None:
    """Without the evaluator an expression is a fault, however right it is."""
    found = conditions._condition("true", "no-such-package")

    assert isinstance(found, Fault)
    assert found.mend == "install common-expression-language beside jobgate"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_who_stops_it_is_heard(stop: type[BaseException]) -> None:
    """An interruption is not taken for trouble with an expression."""

    def stopped() -> bool:
        raise stop

    with pytest.raises(stop):
        conditions._guarded(stopped)


def test_a_panic_is_an_error_as_any() -> None:
    """What panics in Rust is no Exception in Python, and denies all the same."""

    class PanicError(BaseException):
        """As pyo3 raises it."""

    def panicking() -> bool:
        raise PanicError

    with pytest.raises(ConditionError, match="PanicError"):
        conditions._guarded(panicking)


def test_without_the_evaluator_it_is_said() -> None:
    """Where the package is missing a policy with an expression is a finding, and never holds."""
    code = (
        "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]\n"
        "from runner import conditions\n"
        "from runner.subjects import Subject\n"
        "print(conditions.fault('true'))\n"
        "try: conditions.holds('true', Subject(path='a', name='b'))\n"
        "except conditions.ConditionError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    said = "nothing here can evaluate it: common-expression-language is not installed"
    assert done.stdout.splitlines() == [
        f"Fault(message='{said}', mend='install common-expression-language beside jobgate')",
        said,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "job.hosts.all(h, " + " && ".join(["h.size() > 0"] * 30) + ")",
        "job.hosts.all(h, " + "&&".join(['h!=""'] * 68) + ")",
        "job.request.execute_target.host_list.all(h, " + "&&".join(["h==h"] * 74) + ")",
        "&&".join(["job.request==job.request"] * 19),
        "job.hosts.all(h," + "&&".join(['!(h in["a","b","c","d"])'] * 18) + ")",
        "&&".join(['!("x"in job.hosts)'] * 25),
        "&&".join(["job.hosts.all(h,true)"] * 21),
    ],
)
def test_no_expression_takes_long(text: str) -> None:
    """The longest that may be written take a moment for a job on a thousand hosts."""
    assert conditions.fault(text) is None
    began = time.perf_counter()
    assert conditions.holds(text, JOB)
    assert time.perf_counter() - began < 3
