"""What an apply did, for people: the table, the hosts that failed, and the chart of its batches."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from runner.outcomes import Outcome
from runner.progress import HostState, Progress
from runner.report import batchtimes, fitting, gantt, runs
from runner.report.batchtimes import Ran
from tests import runs as made
from tests import values

AT = made.BEGAN


def cells(shown: str) -> dict[str, list[str]]:
    """Return the cells of each row of the table, by the job."""
    rows = [line for line in shown.split("\n") if line.startswith("| `")]
    split = [[each.strip() for each in row.strip("|").split("|")] for row in rows]
    return {row[0].strip("`"): row[1:] for row in split}


def test_the_table() -> None:
    """Each job has what became of it, how far it came, how long it took, and what to do next."""
    found = cells(runs.outcome(made.outcome()))

    assert found["roll"] == [
        "`bk`",
        "succeeded: `3 of 3 hosts well`",
        "3 ✓ of 3",
        "2/2",
        "7.5s",
        "`jobgate records bk/roll`",
    ]
    assert found["pause[zone=sh]"][2:] == [
        "1 ✓ 1 ✗ of 3",
        "1/2",
        "2s",
        "`jobgate retry 'local/pause[zone=sh]'`",
    ]
    assert found["run"][1:] == [
        "started: ``not waited for; `jobgate apply` follows it``",
        "1 ✓ of 2",
        "2/2",
        "",
        "`jobgate apply`",
    ]
    assert found["@policy"] == ["", "accepted: `it is in force now`", "", "", "", ""]


@pytest.mark.parametrize(
    ("job", "command"),
    [
        ("ask", "`jobgate resume local/ask`"),
        ("lost", "`jobgate reconcile`"),
        ("no", "`jobgate explain local/no`"),
        ("refuse", "`jobgate apply --again`"),
        ("wait", "`jobgate explain local/wait`"),
        ("gone", ""),
    ],
)
def test_what_to_go_on_with(job: str, command: str) -> None:
    """It is a command that can be copied; where nothing is left to do, none."""
    assert cells(runs.outcome(made.outcome()))[job][-1] == command


def test_the_gravest_comes_first() -> None:
    """Rows are in the order of the exit codes; what ended well, or was only started, is last."""
    assert list(cells(runs.outcome(made.outcome()))) == [
        "lost",
        "pause[zone=sh]",
        "refuse",
        "no",
        "ask",
        "wait",
        "@policy",
        "gone",
        "roll",
        "run",
    ]


@pytest.mark.parametrize(
    ("code", "headline"),
    [
        (0, "### ✓ Applied"),
        (4, "### ○ Waiting"),
        (5, "### ✗ Denied"),
        (6, "### ✗ Superseded"),
        (7, "### ✗ Failed"),
        (8, "### ✗ Outcome unknown"),
        (9, "### ✗ Refused, or out of reach"),
        (10, "### ✗ Stopped"),
    ],
)
def test_the_headline(code: int, headline: str) -> None:
    """It is the gravest of what happened."""
    items = (made.item("a/b", "x", 0), made.item("a/c", "y", code))
    shown = runs.outcome(Outcome(head=values.HEAD, plan=values.digest(), items=items))

    assert shown.split("\n")[0] == headline
    assert shown.split("\n")[2] == "1 x, 1 y"


def test_nothing_to_do() -> None:
    """An apply without a job has no table, no chart and no fold."""
    done = Outcome(head=values.HEAD, plan=values.digest(), items=())

    assert runs.outcome(done) == (
        "### Nothing to do\n\nnothing to do\n\n"
        f"<sub>Commit `{values.HEAD}`, plan `{values.digest()}`</sub>\n"
    )


def test_the_hosts_that_failed() -> None:
    """A fold names each with its batch and why; of very many only the first."""
    failed = [replace(made.host(1, "failed", at=at * 1000), detail="") for at in range(52)]
    stands = made.progress(*failed, made.host(2))
    done = Outcome(
        head=values.HEAD,
        plan=values.digest(),
        items=(made.item("local/a", "failed", 7),),
        standing={made.item("local/a", "", 0).job: stands},
    )
    shown = runs.outcome(done)

    assert (
        "<details><summary>52 hosts failed</summary>\n\n```\nlocal/a batch 1 0:10.0.1.0: " in shown
    )
    assert "local/a batch 1 0:10.0.1.49: exit code 3\nand 2 more\n```" in shown
    assert (
        "1 host failed</summary>\n\n```\nlocal/pause[zone=sh] batch 1 0:10.0.1.1: exit code 3\n"
        in (runs.outcome(made.outcome()))
    )


def test_many_jobs_fit_a_step_summary() -> None:
    """Ten thousand jobs are cut to fit; the verdict and the first jobs are there."""
    shown = fitting.fitted(runs.outcome(made.many(10_000, 3)), fitting.MOST, "more")

    assert shown.startswith("### ✓ Applied\n\n10000 succeeded\n")
    assert len(shown.encode()) <= fitting.MOST
    assert len(cells(shown)) > 5000


# ---------------------------------------------------------------- when batches ran


@pytest.mark.parametrize(
    ("stands", "ran"),
    [
        (
            made.ROLLED,
            (
                Ran(batch=1, hosts=1, failed=0, begun=AT, ended=AT + 2000),
                Ran(batch=2, hosts=2, failed=0, begun=AT + 3000, ended=AT + 7500),
            ),
        ),
        (made.PAUSED, (Ran(batch=1, hosts=2, failed=1, begun=AT + 1000, ended=AT + 3000),)),
        (
            made.RUNNING,
            (
                Ran(batch=1, hosts=1, failed=0, begun=AT + 2000, ended=AT + 4000),
                Ran(batch=2, hosts=1, failed=0, begun=AT + 9000, ended=None),
            ),
        ),
        (made.progress(made.host(1, "waiting")), ()),
        (
            made.progress(made.host(1, took=None)),
            (Ran(batch=1, hosts=1, failed=0, begun=AT, ended=None),),
        ),
        (
            made.progress(made.host(1), made.host(1, "waiting")),
            (Ran(batch=1, hosts=2, failed=0, begun=AT, ended=None),),
        ),
    ],
)
def test_when_batches_ran(stands: Progress, ran: tuple[Ran, ...]) -> None:
    """A batch begins with its first host and ends with its last, once all of them have."""
    assert batchtimes.batches(stands) == ran


@pytest.mark.parametrize(
    ("stands", "milliseconds"),
    [
        (made.ROLLED, 7500),
        (made.PAUSED, 2000),
        (made.RUNNING, None),
        (made.progress(), None),
        (made.progress(made.host(1, took=-5)), 0),
    ],
)
def test_how_long_it_took(stands: Progress, milliseconds: int | None) -> None:
    """From the first host to the last; unknown while one runs; never less than nothing."""
    assert batchtimes.took(stands) == milliseconds


def test_when_is_no_part_of_how_a_host_stands() -> None:
    """Two looks at a host that stands alike are equal."""
    one = made.host(1)

    assert one == replace(one, begun=None, ended=None)
    assert HostState(host="", batch=1, state="waiting", exit_code=None, detail="").begun is None


# ---------------------------------------------------------------- the chart


def test_the_chart() -> None:
    """Jobs are sections and batches are tasks, with the instants at which they really ran."""
    assert gantt.chart(list(made.STANDING.items())) == (
        "```mermaid\n"
        "gantt\n"
        "    dateFormat x\n"
        "    axisFormat %H:%M:%S\n"
        "    section bk/roll\n"
        f"    batch 1 of 1 host :done, {AT}, {AT + 2000}\n"
        f"    batch 2 of 2 hosts :done, {AT + 3000}, {AT + 7500}\n"
        "    section local/pause[zone=sh]\n"
        f"    batch 1 of 2 hosts, 1 failed :crit, {AT + 1000}, {AT + 3000}\n"
        "    section local/run\n"
        f"    batch 1 of 1 host :done, {AT + 2000}, {AT + 4000}\n"
        f"    batch 2 of 1 host :active, {AT + 9000}, {AT + 9000}\n"
        "```"
    )


def test_no_chart_of_what_is_not_known() -> None:
    """Where no platform tells of times, there is nothing to draw."""
    job = made.item("local/a", "", 0).job

    assert gantt.chart([]) == ""
    assert gantt.chart([(job, made.progress(made.host(1, "waiting")))]) == ""


@pytest.mark.parametrize(
    ("jobs", "batches", "left"),
    [
        (20, 30, ""),
        (21, 30, "Not drawn: 1 job."),
        (23, 31, "Not drawn: 3 jobs and 20 batches."),
        (1, 31, "Not drawn: 1 batch."),
    ],
)
def test_a_chart_has_a_bound(jobs: int, batches: int, left: str) -> None:
    """So many jobs with so many batches are drawn, and the others counted."""
    shown = gantt.chart(list(made.many(jobs, batches).standing.items()))
    body, _, after = shown.partition("\n```")

    assert body.count("section ") == min(jobs, gantt.JOBS)
    assert body.count("    batch ") == min(jobs, gantt.JOBS) * min(batches, gantt.BATCHES)
    assert after.strip() == left
    assert len(body) < 50_000


def test_the_name_of_a_section() -> None:
    """What Mermaid could take for a mark of its own is left out, and a long name is cut."""
    job = made.item('local/x[a="%%{init: }%%;#<b>\n:y,z]' + "w" * 90, "", 0).job
    shown = gantt.chart([(job, made.ROLLED)])
    name = re.findall(r"section (.*)", shown)

    assert name == ["local/x[a=____init_ ______b__n_y,z]" + "w" * 44 + "…"]
    assert len(name[0]) == 80
