"""What an apply is told beside the commit: only some jobs, not to wait, once more, not for real."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runner import narrow, witness
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site import Site

pytestmark = pytest.mark.stories

HELD = """\
#!/bin/sh
set -eu
while [ ! -e "$1.go" ]; do sleep 0.02; done
echo "ran $2" >> "$1"
"""
MATRIX = "matrix: {zone: [sh, gz]}\nscript:"
INVENTORY = """\
apiVersion: jobgate/v1
kind: Inventory
scopes: [{{type: biz, id: "2"}}]
hosts: [{{id: 1, ip: 127.0.0.1}}]
accounts: [{{id: 1, alias: {alias}}}]
"""
PLATFORMS = """\
  local: {type: embedded, paths: ["specs/here/**"]}
  other: {type: embedded, paths: ["specs/other/**"]}
"""
SPEC = sites.SPEC.replace("name: count", "name: {name}").replace("  run: 1", "  run: 1{more}")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a site with the jobs `first`, `second` (which needs it) and `third`, approved."""
    made = sites.make(tmp_path)
    made.edit("jobgate.yaml", "  local: {type: embedded}\n", PLATFORMS)
    made.commit("Two platforms")
    assert made.jobgate("adopt").code == 0
    write(made, "specs/here/first.yaml", "first")
    write(made, "specs/here/second.yaml", "second", "\n  needs: [first]")
    write(made, "specs/other/third.yaml", "third")
    made.commit("Jobs")
    for name in ("first", "second", "third"):
        assert made.approve(name).code == 0
    return made


def write(site: Site, path: str, name: str, more: str = "") -> None:
    """Write the spec of a job that counts its runs under its own name."""
    counter = json.dumps(str(site.counter))[1:-1]
    text = SPEC.format(counter=counter, name=name, more=more)
    site.write(path, text.replace("{{ vars.word }}", name))


def states(site: Site) -> dict[str, str]:
    """Return where the ledger says that each job stands."""
    jobs = narrow.items(site.jobgate("status", "--format", "json").tree, "jobs")
    return {narrow.text(each, "job"): narrow.text(each, "state") for each in jobs}


def entries(site: Site) -> str:
    """Return the tip of the journal."""
    return site.git("rev-parse", "jobgate-journal")


# ---------------------------------------------------------------- --only, --platform


def test_only_the_named_jobs_run(site: Site) -> None:
    """What is not named is neither run nor told of, and waits for the next apply."""
    done = site.jobgate("apply", "--only", "first")

    assert (done.code, site.runs) == (0, ["ran first"]), done.err
    assert "second" not in done.out + done.err
    both = site.jobgate("apply", "--only", "local/second", "--only", "other/third")
    assert (both.code, sorted(site.runs[1:])) == (0, ["ran second", "ran third"])


def test_a_named_job_still_waits_for_what_it_needs(site: Site) -> None:
    """It is held, with exit code 4; what it needs is not run for it."""
    held = site.jobgate("apply", "--only", "second")

    assert (held.code, site.runs) == (4, [])
    assert "local/second: held: it needs local/first" in held.out


def test_only_one_platform(site: Site) -> None:
    """Of two platforms one is left alone; with a name both have to fit."""
    assert site.jobgate("apply", "--platform", "other").code == 0
    assert site.runs == ["ran third"]

    nothing = site.jobgate("apply", "--platform", "other", "--only", "first")
    assert (nothing.code, site.runs) == (0, ["ran third"])
    assert "nothing to do" in nothing.out


def test_a_name_stands_for_all_its_cells(site: Site) -> None:
    """A cell is named in full, or all of them by the name that they share."""
    site.edit("specs/here/first.yaml", "script:", MATRIX)
    site.edit("specs/here/second.yaml", "script:", MATRIX)
    site.commit("Cells")
    for name in ("first", "second"):
        assert site.approve(name).code == 0

    assert site.jobgate("apply", "--only", "first[zone=sh]").code == 0
    assert site.runs == ["ran first"]
    assert site.jobgate("apply", "--only", "first").code == 0
    assert site.runs == ["ran first"] * 2


@pytest.mark.parametrize(
    ("words", "message", "mend"),
    [
        (("--only", "frist"), "cannot find the job frist", "did you mean first?"),
        (("--only", "first", "--only", "zz"), "cannot find the job zz", "name one of @policy, "),
        (("--platform", "locale"), "cannot find the platform locale", "did you mean local?"),
    ],
)
def test_an_unknown_name_runs_nothing(
    site: Site, words: tuple[str, ...], message: str, mend: str
) -> None:
    """It ends with 1, and the mend has the nearest name."""
    for more in ((), ("--dry-run",)):
        ended = site.jobgate("apply", *words, *more)
        assert (ended.code, ended.out, site.runs) == (1, "", [])
        assert message in ended.err
        assert f"mend: {mend}" in ended.err


def test_a_stricter_policy_is_not_got_round(site: Site) -> None:
    """An approved policy is accepted before any job, whatever was named."""
    site.edit("jobgate.yaml", "count: 1", "count: 2")
    site.commit("Two of them")
    assert site.approve("@policy").code == 0

    waits = site.jobgate("apply", "--only", "first")

    assert (waits.code, site.runs) == (4, [])
    assert "@policy: accepted" in waits.out
    assert "local/first: waiting" in waits.out


def test_a_removed_job_is_named_as_well(site: Site) -> None:
    """A tombstone is written for what is named, and for nothing else."""
    assert site.jobgate("apply").code == 0
    site.git(
        "rm", "-q", "specs/here/first.yaml", "specs/here/second.yaml", "specs/other/third.yaml"
    )
    site.commit("Remove them")

    done = site.jobgate("apply", "--only", "third")

    assert (done.code, site.symbols()) == (0, {"local/first": "-", "local/second": "-"})
    assert done.out.splitlines()[0] == "other/third: removed: nothing was run"


def test_what_another_left_half_way_is_left_where_it_is_not_named(site: Site) -> None:
    """A submission that nobody follows stays open until an apply is about it."""
    site.write("scripts/count.sh", HELD)
    site.commit("Hold it")
    for name in ("first", "third"):
        assert site.approve(name).code == 0
    assert site.jobgate("apply", "--no-wait").code == 4
    (site.root / "counter.go").touch()

    assert site.jobgate("apply", "--only", "third").code == 0
    assert states(site) == {"local/first": "started", "other/third": "ended"}


# ---------------------------------------------------------------- --no-wait


def test_no_wait_starts_and_leaves(site: Site) -> None:
    """It ends with 0 while the script runs; what needs it is held; the next apply follows it."""
    site.write("scripts/count.sh", HELD)
    site.commit("Hold it")
    for name in ("first", "second"):
        assert site.approve(name).code == 0

    left = site.jobgate("apply", "--no-wait", "--only", "first")
    assert (left.code, site.runs) == (0, []), left.err
    assert "local/first: started: not waited for; `jobgate apply` follows it" in left.out
    held = site.jobgate("apply", "--no-wait", "--only", "first", "--only", "second")
    assert held.code == 4
    assert "local/second: held: it needs local/first" in held.out

    (site.root / "counter.go").touch()
    done = site.jobgate("apply", "--only", "first", "--only", "second")
    assert (done.code, site.runs) == (0, ["ran first", "ran second"]), done.err


def test_no_wait_notes_what_has_ended(site: Site) -> None:
    """Applied again and again without waiting, a chain of jobs is carried to its end."""
    chain = ("--no-wait", "--only", "first", "--only", "second")
    for _ in range(200):
        if (code := site.jobgate("apply", *chain).code) == 0 and len(site.runs) == 2:
            break
        assert code in {0, 4}

    assert site.jobgate("apply", *chain).code == 0
    assert site.runs == ["ran first", "ran second"]


# ---------------------------------------------------------------- --again


def test_what_was_refused_is_submitted_anew_when_asked_for(site: Site) -> None:
    """With a consent of its own, since the refused submission has spent the first one."""
    state = site.root / "state/local"
    state.mkdir(parents=True)
    inventory = state / "inventory.yaml"
    inventory.write_text(INVENTORY.format(alias="nobody"))
    refused = site.jobgate("apply", "--only", "first")
    assert (refused.code, states(site)["local/first"]) == (9, "refused"), refused.out
    inventory.write_text(INVENTORY.format(alias="operator"))

    assert site.jobgate("apply", "--only", "first").code == 9
    assert "local/first" not in site.symbols()
    assert site.symbols("--again")["local/first"] == "+"
    waits = site.jobgate("apply", "--only", "first", "--again")
    assert (waits.code, site.runs) == (4, [])
    assert site.approve("first").code == 1
    key = str(site.root / sites.REVIEWER)
    assert site.jobgate("approve", "first", "--again", "--yes", "--key", key).code == 0
    assert site.jobgate("apply", "--only", "first").code == 9

    done = site.jobgate("apply", "--only", "first", "--again")
    assert (done.code, site.runs) == (0, ["ran first"]), done.err
    assert site.jobgate("apply", "--only", "first", "--again").code == 0
    assert site.runs == ["ran first"]
    assert site.jobgate("verify").code == 0


# ---------------------------------------------------------------- --dry-run


def test_a_dry_run_tells_the_calls_and_does_nothing(site: Site) -> None:
    """Create before start, what is needed first, whole requests; no state, no entry, no run."""
    before = entries(site)
    told = site.jobgate("apply", "--dry-run", "--format", "json")
    text = site.jobgate("apply", "--dry-run")

    assert (told.code, text.code, entries(site), site.runs) == (0, 0, before, [])
    assert not (site.root / "state").exists()
    calls = narrow.items(told.tree, "calls")
    assert [(narrow.text(each, "call"), narrow.text(each, "job")) for each in calls] == [
        *((deed, job) for deed in ("create", "start") for job in ("local/first", "other/third")),
        *((deed, "local/second") for deed in ("create", "start")),
    ]
    request = narrow.mapping(calls[0], "request")
    assert (request["start_task"], request["timeout"]) == (False, 60)
    assert witness.key_in(str(request["task_name"])) == narrow.text(calls[0], "key")
    assert "1. create local/first on local, key " in text.out
    assert '    | echo "ran $2" >> "$1"' in text.out
    assert text.out.endswith(": 3 would run; 6 calls would be made, nothing was sent or written.\n")


def test_the_real_calls_are_those_of_the_dry_run(site: Site) -> None:
    """The keys that were told are the keys that are submitted."""
    told = narrow.items(site.jobgate("apply", "--dry-run", "--format", "json").tree, "calls")
    done = site.jobgate("apply", "--format", "json")

    keys = {narrow.text(each, "job"): narrow.text(each, "key") for each in told}
    items = narrow.items(done.tree, "items")
    assert {narrow.text(each, "job"): narrow.text(each, "key") for each in items} == keys


def test_a_dry_run_ends_as_an_apply_would(site: Site) -> None:
    """What waits is in its exit code; a policy would be accepted, a removed job buried."""
    assert site.jobgate("apply").code == 0
    site.git("rm", "-q", "specs/here/second.yaml")
    site.edit("jobgate.yaml", "name: everything", "name: all-of-it")
    site.edit("specs/here/first.yaml", "run: 1", "run: 2")
    site.commit("Change all")
    assert site.approve("@policy").code == 0
    before = entries(site)

    told = site.jobgate("apply", "--dry-run")

    assert (told.code, entries(site), len(site.runs)) == (4, before, 3)
    assert told.out.splitlines()[:3] == [
        "@policy: would be accepted: it is in force now",
        "local/first: waiting: all-of-it asks for 1 more of reviewer",
        "local/second: would be removed: nothing was run",
    ]


def test_a_dry_run_does_not_wait_for_what_runs(site: Site) -> None:
    """A job that was left is told to be followed, and nothing is noted of it."""
    site.write("scripts/count.sh", HELD)
    site.commit("Hold it")
    assert site.approve("first").code == 0
    assert site.jobgate("apply", "--no-wait", "--only", "first").code == 0
    before = entries(site)

    told = site.jobgate("apply", "--dry-run", "--only", "first")

    assert (told.code, entries(site)) == (0, before)
    assert "local/first: would be followed: it runs already" in told.out
    (site.root / "counter.go").touch()
    assert site.jobgate("apply", "--only", "first").code == 0


@pytest.mark.parametrize("step", ["5", "9"])
def test_a_dry_run_goes_on_from_where_another_died(site: Site, step: str) -> None:
    """What is left to do of a submission is told, by its real id where it has one."""
    process = site.spawn(step, module="tests.killed")
    process.communicate(timeout=60)
    before, stood = entries(site), states(site)

    told = site.jobgate("apply", "--dry-run", "--format", "json")

    assert (told.code, entries(site), states(site)) == (0, before, stood), told.err
    calls = narrow.items(told.tree, "calls")
    done = site.jobgate("apply", "--format", "json")
    assert done.code == 0
    made = {narrow.text(each, "job"): narrow.text(each, "key") for each in calls}
    items = narrow.items(done.tree, "items")
    assert made == {
        narrow.text(each, "job"): narrow.text(each, "key")
        for each in items
        if stood.get(narrow.text(each, "job")) != "started"
    }


def test_another_plan_is_refused_in_a_dry_run_too(site: Site) -> None:
    """It raises what an apply would raise."""
    digest = "sha256:" + "0" * 64

    assert site.jobgate("apply", "--dry-run", "--plan", digest).code == 6
