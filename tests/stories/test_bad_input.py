"""Bad input and hostile acts: each ends in a finding or an error, and nothing is submitted."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.stories

BOMB = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
)

# What is done to a good spec (old, new), and the rule that must be found, with its place.
SPECS = {
    "undefined name": ("vars.word }}", "vars.wrod }}", "undefined-name", "specs/count.yaml:9:"),
    "hangs while compiling": (
        "timeout: 60",
        'timeout: "{{ 9**(9**9) }}"',
        "template-",
        "specs/count.yaml:14:",
    ),
    "path that escapes": ("scripts/count.sh", "../count.sh", "path-escape", "specs/count.yaml:8:"),
    "script that is missing": (
        "scripts/count.sh",
        "scripts/cuont.sh",
        "missing-file",
        "specs/count.yaml:8:",
    ),
    "duplicate key": (
        "  run: 1",
        "  run: 1\n  run: 2",
        "duplicate-key",
        "specs/count.yaml:7:",
    ),
    "mistyped key": ("account_alias", "acount_alias", "unknown-key", "specs/count.yaml:13:"),
}


@pytest.fixture
def site(tmp_path: Path) -> sites.Site:
    """Return a site with an adopted ledger and one good spec that waits."""
    return sites.adopted(tmp_path)


@pytest.mark.parametrize("name", SPECS)
def test_a_bad_spec_is_found_at_its_line(site: sites.Site, name: str) -> None:
    """`check` and `plan` end with 1; the finding has its place, its rule and its mend."""
    old, new, rule, place = SPECS[name]
    site.edit("specs/count.yaml", old, new)
    site.commit(name)

    checked = site.jobgate("check")

    assert checked.code == 1
    found = [line for line in checked.out.splitlines() if rule in line]
    assert found, checked.out
    assert any(line.startswith(place) for line in found), checked.out
    assert "\nmend: " in checked.out
    for command in (("plan",), ("apply",)):
        ended = site.jobgate(*command)
        assert ended.code == 1
        assert rule in ended.err
    assert site.runs == []


def test_a_bomb_is_refused_quickly(site: sites.Site) -> None:
    """A YAML bomb is a finding, not a full memory."""
    site.write("specs/bomb.yaml", BOMB)

    ended = site.jobgate("check")

    assert ended.code == 1
    assert "specs/bomb.yaml:" in ended.out


def test_a_symlinked_script_is_refused(site: sites.Site) -> None:
    """A script that is a symbolic link is a finding, in the working tree and at a commit."""
    (site.repository / "scripts/count.sh").rename(site.root / "elsewhere.sh")
    (site.repository / "scripts/count.sh").symlink_to(site.root / "elsewhere.sh")
    site.commit("Link it")

    for words in (("check",), ("check", "--rev", "HEAD")):
        ended = site.jobgate(*words)
        assert ended.code == 1
        assert "[symlink]" in ended.out


def test_before_a_genesis_nothing_goes(tmp_path: Path) -> None:
    """Plan, approve and apply without a ledger stop with 10 and say what to run."""
    site = sites.make(tmp_path)

    for words in (("plan",), ("apply",), ("status",), ("approve", "count", "--yes")):
        ended = site.jobgate(*words, *(("--key", str(site.root / "author")) * (len(words) > 2)))
        assert ended.code == 10, ended.err
        assert "mend: run `jobgate adopt`" in ended.err


def test_adopting_twice_is_refused(site: sites.Site) -> None:
    """There is one genesis."""
    assert site.jobgate("adopt").code == 10


def test_an_author_cannot_approve_their_own(site: sites.Site) -> None:
    """Whoever made the commits is excluded: the command says so, and nothing runs."""
    ended = site.approve(by=sites.AUTHOR)

    assert ended.code == 1
    assert "author made commits" in ended.err
    assert site.jobgate("apply").code == 4


def test_a_key_of_nobody_does_not_count(site: sites.Site) -> None:
    """A key that the policy does not list cannot approve."""
    ended = site.approve(by=sites.OTHER)

    assert ended.code == 1
    assert "belongs to nobody" in ended.err


def test_a_key_of_two_people_is_a_finding(site: sites.Site) -> None:
    """One key cannot stand for two people."""
    policy = (site.repository / "jobgate.yaml").read_text()
    key = policy.split('reviewer: {emails: [reviewer@example.org], keys: ["')[1].split('"')[0]
    site.edit("jobgate.yaml", "clauses:", f'  twin: {{keys: ["{key}"]}}\nclauses:')

    ended = site.jobgate("check")

    assert ended.code == 1
    assert "[shared-identity]" in ended.out


def forged(
    site: sites.Site,
    change: dict[str, object],
    by: str = sites.REVIEWER,
    job: str = "",
) -> None:
    """Put an approval on its ref as `by` would have signed it, with something of it changed."""
    plan = site.plan()
    changes = plan["changes"]
    assert isinstance(changes, list)
    first = next(each for each in changes if isinstance(each, dict) and job in str(each["job"]))
    assert isinstance(first, dict)
    statement = {
        "after": first["after"],
        "at": "2026-11-24T00:00:00Z",
        "by": sites.REVIEWER,
        "digest": first["digest"],
        "job": first["job"],
        "kind": "approval",
        "ledger": plan["ledger"],
        "v": 1,
    } | change
    text = json.dumps(statement, separators=(",", ":"), sort_keys=True)
    signature = subprocess.run(
        ("ssh-keygen", "-q", "-Y", "sign", "-n", "jobgate", "-f", str(site.root / by)),
        input=text.encode(),
        capture_output=True,
        check=True,
    ).stdout.decode()
    script = (
        "import sys, json; from runner import approvals; from runner.model import Signed\n"
        "from runner.git import repository\n"
        "job, text, signature = json.loads(sys.stdin.read())\n"
        "with repository.Git.open(__import__('pathlib').Path()) as opened:\n"
        "    kept = Signed(statement=text.encode(), signature=signature)\n"
        "    approvals.GitApprovals(opened, None).add(job, kept)\n"
    )
    subprocess.run(
        (__import__("sys").executable, "-c", script),
        input=json.dumps([first["job"], text, signature]).encode(),
        cwd=site.repository,
        env=site.environment(),
        check=True,
    )


def test_an_approval_to_the_letter_counts(site: sites.Site) -> None:
    """The forgeries below differ from this one in one thing each."""
    forged(site, {})

    assert site.jobgate("apply").code == 0
    assert site.runs == ["ran hello"]


@pytest.mark.parametrize(
    "change",
    [
        {"digest": "sha256:" + "0" * 64},
        {"ledger": "0" * 32},
        {"after": "0" * 64},
        {"job": "local/another"},
        {"by": sites.AUTHOR},
        {"v": 2},
        {"more": "words"},
    ],
    ids=str,
)
def test_an_approval_of_anything_else_does_not_count(
    site: sites.Site, change: dict[str, object]
) -> None:
    """Another digest, ledger, earlier submission, job, person or form is no consent."""
    forged(site, change)

    assert site.jobgate("apply").code == 4
    assert site.runs == []


def test_a_signature_by_another_key_does_not_count(site: sites.Site) -> None:
    """A statement that names the reviewer, signed with somebody else's key, is no consent."""
    forged(site, {}, by=sites.OTHER)

    assert site.jobgate("apply").code == 4
    assert site.runs == []


def add_other(site: sites.Site) -> None:
    """Commit a policy that lists one person more, who may approve."""
    key = (site.root / "other.pub").read_text().strip()
    site.edit("jobgate.yaml", "clauses:", f'  other: {{keys: ["{key}"]}}\nclauses:')
    site.edit("jobgate.yaml", "from: [author, reviewer]", "from: [author, reviewer, other]")
    site.commit("Let another person approve")


def test_a_policy_does_not_approve_its_own_change(site: sites.Site) -> None:
    """A person whom only the new policy lists can approve neither it nor a job."""
    add_other(site)
    forged(site, {"by": sites.OTHER}, by=sites.OTHER)

    ended = site.jobgate("apply")

    assert (ended.code, site.runs) == (4, [])
    assert "@policy: waiting" in ended.out
    assert "local/count: waiting" in ended.out
    for name in ("@policy", "count"):
        assert site.approve(name, by=sites.OTHER).code == 1


def test_an_approved_policy_is_in_force_for_the_jobs_of_the_same_apply(site: sites.Site) -> None:
    """`@policy` is accepted before any job, and the jobs are judged by it then."""
    add_other(site)
    forged(site, {"by": sites.OTHER}, by=sites.OTHER, job="local/count")
    assert site.approve("@policy").code == 0

    ended = site.jobgate("apply")

    assert ended.code == 0, ended.err
    assert "@policy: accepted" in ended.out
    assert site.runs == ["ran hello"]
    assert site.jobgate("verify").code == 0


def test_a_job_that_fails_says_so_and_is_not_run_again(site: sites.Site) -> None:
    """A failed job ends with 7, and so does the next apply of the same head, without a run."""
    site.write("scripts/count.sh", sites.SCRIPT + "exit 3\n")
    site.commit("Fail")
    site.approve()

    first = site.jobgate("apply")
    second = site.jobgate("apply")

    assert (first.code, second.code, len(site.runs)) == (7, 7, 1)
    assert "exit code 3" in site.jobgate("status", "count").out


def test_what_the_platform_refuses_is_refused_for_good(site: sites.Site) -> None:
    """An unknown account ends with 9, in this apply and in the next."""
    site.edit("specs/count.yaml", "account_alias: operator", "account_alias: nobody")
    site.commit("Nobody")
    site.approve()

    ended = site.jobgate("apply")

    assert (ended.code, site.runs) == (9, [])
    assert "local/count: refused" in ended.out
    assert site.jobgate("apply").code == 9


def test_another_instance_of_the_platform_is_not_taken_for_the_first(site: sites.Site) -> None:
    """A submission that lives on another machine's state is said to be unknown, not run again."""
    site.approve()
    process = site.spawn("8", module="tests.killed")
    process.communicate(timeout=60)
    (site.root / "state").rename(site.root / "lost")

    ended = site.jobgate("apply")

    assert ended.code == 8, ended.out
    assert "lives on instance" in ended.out


def test_a_broken_journal_is_refused(site: sites.Site) -> None:
    """A flipped byte in the journal's own objects ends with 10, and nothing is submitted."""
    site.approve()
    oid = site.git("rev-parse", "refs/heads/jobgate-journal:entries.jsonl")
    stored = site.repository / ".git/objects" / oid[:2] / oid[2:]
    content = bytearray(stored.read_bytes())
    content[len(content) // 2] ^= 1
    stored.chmod(0o644)
    stored.write_bytes(bytes(content))

    ended = site.jobgate("apply")

    assert (ended.code, site.runs) == (10, [])


def test_a_clone_of_a_local_ledger_is_refused(site: sites.Site, tmp_path: Path) -> None:
    """A ledger that lives in one repository cannot be acted on from a clone of it."""
    site.approve()
    subprocess.run(
        ("git", "clone", "-q", str(site.repository), str(tmp_path / "clone")),
        env=site.environment(),
        check=True,
    )
    clone = sites.Site(tmp_path, name="clone")
    clone.git("fetch", "-q", "origin", "jobgate-journal:jobgate-journal")

    ended = clone.jobgate("apply")

    assert (ended.code, site.runs) == (10, [])
