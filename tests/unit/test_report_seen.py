"""What a reviewer sees of a change: nothing that differs is left out."""

from __future__ import annotations

import base64
import json
import shlex
from dataclasses import replace

import pytest

from runner import secretparts
from runner.model import Change, Job, JobId, Json, Secret, SecretSource, Symbol, Targets
from runner.report import documents, seen, text
from runner.report.comment import comment
from runner.scatter import Window
from runner.terms import Clause
from runner.views import Viewed
from tests import plans, values


def altered(before: Job, after: Job) -> Change:
    """Return the one change of a plan."""
    (change,) = plans.planned((before,), (after,)).plan.changes
    return change


def diff_of(before: bytes | None, after: bytes | None) -> tuple[str, ...]:
    """Return the script diff between two submissions of a job."""
    planned = plans.rescripted(before, after)
    return seen.script(planned, planned.plan.changes[0])


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ({"timeout": 1}, {"timeout": 2}, ["timeout: 1 → 2"]),
        ({"a": 0, "b": 1}, {"a": 0}, ["b: 1 → absent"]),
        ({"a": 0}, {"a": 0, "b": 1}, ["b: absent → 1"]),
        ({"timeout": 1}, {"timeout": "1"}, ['timeout: 1 → "1"']),
        ({"a": {}}, {"a": []}, ["a: {} → []"]),
        ({"a": [1, 2]}, {"a": [2]}, ["a.0: 1 → 2", "a.1: 2 → absent"]),
        (
            {"script_language": 1},
            {"script_language": 4},
            ["script_language: 1 (shell) → 4 (python)"],
        ),
        ({"script_language": 1}, {"script_language": 99}, ["script_language: 1 (shell) → 99 (99)"]),
        ({"script_param": "YQ=="}, {"script_param": "Yg=="}, ["script_param: a → b"]),
        ({"script_param": "YQ=="}, {"script_param": "?"}, ['script_param: a → "?"']),
        ({"script_param": "YQ=="}, {"script_param": "/w=="}, ["script_param: a → \\xff"]),
    ],
)
def test_fields(before: dict[str, Json], after: dict[str, Json], shown: list[str]) -> None:
    """Each leaf that differs is told, from and to, as a person reads it."""
    wish = replace(plans.WISH, script=None)
    change = altered(plans.job(replace(wish, body=before)), plans.job(replace(wish, body=after)))

    assert [seen.field(change, each) for each in seen.fields(change)] == shown


def test_fields_of_a_run() -> None:
    """A raised `run` is a field like any other."""
    change = altered(plans.named("tidy"), plans.job(replace(plans.WISH, run=2)))

    assert [seen.field(change, each) for each in seen.fields(change)] == ["run: 1 → 2"]


def test_hosts_of_an_altered_job_are_fields() -> None:
    """Another host is told, though a new job leaves its hosts to the batches."""
    hosts: Json = {"host_list": [{"bk_cloud_id": 0, "ip": "10.0.0.9"}]}
    change = altered(
        plans.job(replace(plans.WISH, body=plans.body())),
        plans.job(replace(plans.WISH, body=plans.body(execute_target=hosts))),
    )

    told = [seen.field(change, each) for each in seen.fields(change)]
    assert 'execute_target.host_list.0.ip: "10.0.0.1" → "10.0.0.9"' in told


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (b"a\n", b"b\n", ("@@ -1 +1 @@", "-a", "+b")),
        (b"a\n", b"a", ("@@ -1 +1,2 @@", " a", "+\\ no line end at the end")),
        (b"a\n", b"a\r\n", ("@@ -1 +1 @@", "-a", "+a\r")),
        (b"a\nb\n", b"a\x0bb\n", ("@@ -1,2 +1 @@", "-a", "-b", "+a\x0bb")),
        (b"a\x0cb\n", b"a\nb\n", ("@@ -1 +1,2 @@", "-a\x0cb", "+a", "+b")),
        (b"\xff\n", b"\\xff\n", ("@@ -1 +1 @@", "-\\xff", "+\\xff")),
        (b"a\n", b"", ("@@ -1 +0,0 @@", "-a")),
    ],
)
def test_script(before: bytes, after: bytes, shown: tuple[str, ...]) -> None:
    """A script that differs in any byte has a diff: also in line ends and in what is not UTF-8."""
    assert diff_of(before, after) == ("--- submitted last", "+++ wanted now", *shown)


def test_script_without_a_diff() -> None:
    """The same bytes have no diff, nor has a script that the platform keeps; a first one is all."""
    assert diff_of(b"a", None) == ()
    assert diff_of(None, b"a\nb\n") == ("+a", "+b")
    planned = plans.planned((plans.named("tidy"),), (plans.job(replace(plans.WISH, run=2)),))
    assert seen.script(planned, planned.plan.changes[0]) == ()


def test_what_is_no_job_has_nothing_of_a_job() -> None:
    """A policy and a removed job have no fields and no reasons; of a policy its files differ."""
    planned = plans.every_kind()
    gone = next(each for each in planned.plan.changes if each.symbol is Symbol.REMOVED)
    policy = planned.plan.changes[0]

    for change in (gone, policy):
        assert seen.fields(change) == ()
        assert seen.why(change) == ()
    assert seen.script(planned, gone) == ()
    assert "+another" in seen.script(planned, policy)


def test_counts() -> None:
    """Each change is counted once, hosts and batches of those that may run."""
    assert seen.counts(plans.every_kind()) == seen.Counts(
        to_run=3, waiting=2, denied=1, drifted=1, removed=1, unchanged=1, hosts=20, batches=5
    )


def test_a_drifted_job_that_runs_is_not_counted_as_drifted() -> None:
    """With `rerun: on-change` a drifted job is one to run."""
    wish = replace(plans.WISH, metadata={"rerun": "on-change"}, via=(("specs/vars.yaml", "1"),))
    after = replace(wish, body=plans.body(timeout=1), via=(("specs/vars.yaml", "2"),))
    planned = plans.planned((plans.job(wish),), (plans.job(after),))

    (change,) = planned.plan.changes
    assert change.symbol is Symbol.DRIFTED
    assert seen.held(change) is None
    count = seen.counts(planned)
    assert (count.to_run, count.drifted) == (1, 0)


@pytest.mark.parametrize(
    ("sizes", "hosts", "batches"),
    [
        ((1, 2), plans.HOSTS, (plans.HOSTS[:1], plans.HOSTS[1:])),
        ((), plans.HOSTS, (plans.HOSTS,)),
        ((), (), ()),
    ],
)
def test_hosts(
    sizes: tuple[int, ...], hosts: tuple[str, ...], batches: tuple[tuple[str, ...], ...]
) -> None:
    """Hosts stand by batch; in one of all where the sizes are not known."""
    job = replace(plans.named("tidy"), targets=Targets(hosts=hosts), batches=sizes)

    assert seen.hosts(job) == batches


def scattered(sizes: tuple[int, ...], targets: Targets, most: int = 500) -> Job:
    """Return a scatter job."""
    rolls: Json = {
        "expression": "1",
        "execution_mode": 2,
        "batch_start_wait_fixed_ms": 1000,
        "batch_start_wait_random_min_ms": 0,
        "batch_start_wait_random_max_ms": most,
    }
    made = plans.job(replace(plans.WISH, body=plans.body(rolling_config=rolls)))
    return replace(made, targets=targets, batches=sizes)


def test_batches_of_a_scatter_job_say_when_they_start() -> None:
    """The timetable stands with the hosts: at once, and then from the earliest to the latest."""
    job = scattered((1, 1, 1), Targets(hosts=plans.HOSTS))

    assert seen.windows(job)[1:] == (
        Window(earliest=1000, latest=1500),
        Window(earliest=2000, latest=3000),
    )
    assert seen.batches(job) == (
        ("batch 1, at once", plans.HOSTS[:1]),
        ("batch 2, 1s to 1.5s after the first", plans.HOSTS[1:2]),
        ("batch 3, 2s to 3s after the first", plans.HOSTS[2:]),
    )
    sure = scattered((1, 2), Targets(hosts=plans.HOSTS), most=0)
    assert [label for label, _ in seen.batches(sure)] == [
        "batch 1, at once",
        "batch 2, 1s after the first",
    ]
    serial = replace(plans.named("tidy"), batches=(1, 2))
    assert seen.windows(serial) == ()
    assert [label for label, _ in seen.batches(serial)] == ["batch 1", "batch 2"]


def test_notes_say_what_is_settled_at_dispatch() -> None:
    """Open targets, their timetable, and macros for dates are not settled before."""
    job = scattered((), Targets(hosts=plans.HOSTS[:1], open=("group:7",)))
    param = base64.b64encode(b"[DATEFMT:%F] [DATEFMT:%H]").decode()
    job = replace(job, body=job.body | {"script_param": param})

    assert seen.batches(job) == (("batch 1", plans.HOSTS[:1]),)
    assert seen.notes(job) == (
        "only the platform can expand group:7",
        "each batch starts 1s to 1.5s after the one before it",
        "[DATEFMT:%F] in script_param becomes a date at dispatch",
        "[DATEFMT:%H] in script_param becomes a date at dispatch",
    )
    assert seen.notes(plans.named("tidy")) == ()


def test_a_plan_shows_the_timetable_and_the_macros_in_every_form() -> None:
    """Text, Markdown and JSON tell when each batch starts, and what becomes a date."""
    job = scattered((1, 2), Targets(hosts=plans.HOSTS))
    param = base64.b64encode(b"[DATEFMT:%F]").decode()
    job = replace(job, body=job.body | {"script_param": param})
    planned = plans.planned((), (job,))

    lines = text.plan(planned).split("\n")
    assert "    batch 2, 1s to 1.5s after the first: 0:10.0.0.2, 0:10.0.0.3" in lines
    assert "    [DATEFMT:%F] in script_param becomes a date at dispatch" in lines
    lines = comment.whole(Viewed(planned=planned)).split("\n")
    second = "batch 2, 1s to 1.5s after the first  ██  2 hosts  0:10.0.0.2, 0:10.0.0.3"
    assert second in lines
    assert "* `[DATEFMT:%F] in script_param becomes a date at dispatch`" in lines
    tree = json.loads(documents.plan(planned))
    assert tree["changes"][-1]["timetable"] == [
        {"earliest_ms": 0, "latest_ms": 0},
        {"earliest_ms": 1000, "latest_ms": 1500},
    ]
    assert tree["changes"][-1]["date_macros"] == ["[DATEFMT:%F]"]
    assert tree["changes"][-1]["longest_run"] == 62


def test_a_plan_shows_the_hosts_that_a_group_must_come_to() -> None:
    """In every form, and they are counted as hosts are."""
    group = replace(
        plans.named("tidy"),
        targets=Targets(hosts=(), open=("group:7",)),
        batches=(),
        expect_hosts=plans.HOSTS,
    )
    planned = plans.planned((), (group,))

    assert seen.batches(group) == (("expected in all", plans.HOSTS),)
    named = replace(group, targets=Targets(hosts=plans.HOSTS))
    assert seen.batches(named) == (("batch 1", plans.HOSTS),)
    assert "    3 hosts, at most " in text.plan(planned)
    assert f"    expected in all: {', '.join(plans.HOSTS)}\n" in text.plan(planned)
    shown = comment.whole(Viewed(planned=planned))
    assert "| 3 expected |  |" in shown
    assert f"\nexpected in all  3 hosts  {', '.join(plans.HOSTS)}\n" in shown
    change = json.loads(documents.plan(planned))["changes"][-1]
    assert (change["expect_hosts"], change["hosts"]) == (list(plans.HOSTS), 0)
    assert seen.counts(planned).hosts == 3
    before = json.loads(documents.plan(plans.planned((), (plans.named("tidy"),))))
    assert before["changes"][-1]["expect_hosts"] is None


def test_policy_diff() -> None:
    """How a policy differs from the one in force stands in every report, first what asks less."""
    clauses = (Clause(name="prod", paths=("a", "b/**"), count=1, people=("ann",)),)
    rules = values.policy_files(values.policy("ann", clauses=clauses), "another")
    told = replace(
        plans.planned((), (), policy=rules),
        in_force=values.policy("ann", clauses=(replace(clauses[0], count=2, max_hosts=9),)),
    )
    (change,) = told.plan.changes

    assert seen.policy_diff(told, change) == (
        "LOOSER: prod needs 1 approval instead of 2",
        "LOOSER: prod allows any number of hosts instead of 9",
    )
    for report in (text.plan(told), comment.whole(Viewed(planned=told))):
        assert "LOOSER: prod needs 1 approval instead of 2\n" in report
    (shown,) = json.loads(documents.plan(told))["changes"]
    assert shown["policy_shifts"][0] == {
        "text": "prod needs 1 approval instead of 2",
        "way": "looser",
    }
    same = replace(told, in_force=rules.policy)
    assert seen.policy_diff(same, change) == ("it asks what the policy in force asks",)
    (job,) = json.loads(documents.plan(plans.planned((), (plans.named("tidy"),))))["changes"]
    assert "policy_shifts" not in job


def test_policy_lines() -> None:
    """A policy is a line a clause: how many, of whom, for which paths."""
    prod = Clause(name="prod", paths=("a", "b/**"), count=2, people=("ann", "ben"))
    clauses = (prod, Clause(name="all", paths=("**",), count=1, people=(), max_hosts=20))

    assert seen.policy_lines(values.policy_files(values.policy("ann", clauses=clauses))) == (
        "prod: 2 of ann, ben for a, b/**",
        "all: 1 of everyone listed for **, on at most 20 hosts",
    )


@pytest.mark.parametrize(
    ("job", "label"),
    [
        ("local/tidy", "local/tidy"),
        ("@policy", "@policy"),
        ("local/tidy[zone=sh]", "'local/tidy[zone=sh]'"),
        ("local/tidy[zone=$(id)]", "'local/tidy[zone=$(id)]'"),
        ("local/tidy[zone=';id;']", """'local/tidy[zone='"'"';id;'"'"']'"""),
    ],
)
def test_label(job: str, label: str) -> None:
    """A shell takes the label as one word, whatever a cell of the matrix holds."""
    assert seen.label(JobId(job)) == label
    assert shlex.split(label) == [job]


def test_a_plan_shows_secrets_by_name() -> None:
    """In every form, with where each is found; what an argument says of itself is in quotes."""
    secret = SecretSource(
        name="db", kind="env", source=("DB_PASSWORD",), platforms=("*",), paths=("**",)
    )
    args = secretparts.arguments([("-p", Secret("db")), ("secret(db)",), ("[DATEFMT:%F]",)])
    url = secretparts.url(("https://a.example/?t=", Secret("db")))
    password: Json = [
        {"host_id": 1, "encrypted_password": secretparts.password((Secret("db"),))},
    ]
    plain = plans.named("tidy")
    body = {"script_param": args, "callback_url": url, "host_password_list": password}
    job = replace(plain, body={**plain.body, **body}, secrets=(secret,))
    planned = plans.planned((), (job,))

    told = {each.pointer: each.after for each in seen.fields(planned.plan.changes[0])}
    assert told["/script_param"] == "-psecret(db) 'secret(db)' '[DATEFMT:%F]'"
    assert told["/callback_url"] == '"https://a.example/?t=secret(db)"'
    assert '"secret(db)"' in told.values()
    assert seen.notes(job) == (
        "[DATEFMT:%F] in script_param becomes a date at dispatch",
        "secret(db) comes from the variable DB_PASSWORD",
    )
    for shown, line in (
        (text.plan(planned), "    secret(db) comes from the variable DB_PASSWORD"),
        (
            comment.whole(Viewed(planned=planned)),
            "* `secret(db) comes from the variable DB_PASSWORD`",
        ),
    ):
        assert line in shown.split("\n")
        assert secretparts.STAND_IN not in shown
    tree = json.loads(documents.plan(planned))
    assert tree["changes"][-1]["secrets"] == {"db": {"env": "DB_PASSWORD"}}
    assert tree["changes"][-1]["date_macros"] == ["[DATEFMT:%F]"]
    (shown_job,) = json.loads(documents.jobs((job,)))["jobs"]
    assert shown_job["request"]["callback_url"] == url
    assert shown_job["secrets"] == {"db": {"env": "DB_PASSWORD"}}
