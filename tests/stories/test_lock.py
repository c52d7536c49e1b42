"""Scripts that a platform keeps: pinned, reviewed, and read again just before a job is created."""

from __future__ import annotations

import contextlib
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import narrow, published, wire
from runner.platforms.embedded import Embedded
from tests import farsites, locks, webserver

if TYPE_CHECKING:
    from pathlib import Path

    from runner.model import Json
    from tests.locks import Version
    from tests.relay import Relay
    from tests.site import Ended, Site
    from tests.webserver import Web

pytestmark = pytest.mark.stories


def jobs(site: Site) -> int:
    """Return how many jobs the embedded platform has created."""
    with contextlib.closing(Embedded(site.root / "state" / "local", None)) as platform:
        return len(platform.listed(("biz", "2"), 0))


def item(ended: Ended, job: str = "local/clean") -> tuple[str, str]:
    """Return how an apply ended for a job: state and detail."""
    for line in ended.out.splitlines():
        name, _, said = line.partition(": ")
        if name == job:
            state, _, detail = said.partition(": ")
            return state, detail
    raise AssertionError(ended.out)


# ---------------------------------------------------------------- the life of a pin


def test_a_missing_pin_is_found_and_written(tmp_path: Path) -> None:
    """`check` says what is missing, `lock` shows the script and writes the file, once."""
    site = locks.made(tmp_path)
    found = site.jobgate("check")
    assert (found.code, "[unpinned-script]" in found.out) == (1, True)
    assert "specs/clean.yaml:4:14: " in found.out

    assert site.jobgate("lock", "--check").code == 1
    assert not (site.repository / "jobgate.lock").exists()
    made = site.jobgate("lock")
    assert (made.code, made.err) == (0, "")
    assert "+ script clean on local: new, version 6 (" in made.out
    assert "    | +echo now >>" in made.out
    assert made.out.endswith("Lock: 1 new; jobgate.lock is written.\n")
    assert "version_id: 6\n" in locks.lock(site)
    assert site.jobgate("lock", "--check").code == 0
    assert "0 errors, 0 warnings" in site.jobgate("check").out


def test_a_pinned_script_runs_as_that_version(tmp_path: Path) -> None:
    """It is planned with its pin, sent by its number, and its record holds without a platform."""
    site = locks.locked(tmp_path)
    plan = site.jobgate("plan").out
    assert "    script_version_id: 6\n" in plan
    assert "version 6 of script clean is held to SHA-256 " in plan
    told = site.jobgate("apply", "--dry-run").out
    assert '"script_version_id": 6' in told
    assert '"script_id"' not in told

    done = site.jobgate("apply")
    assert (done.code, site.runs) == (0, ["now"]), done.err
    record = site.root / "record.json"
    assert site.jobgate("records", "clean", "--out", str(record)).code == 0
    locks.keep(site, ())
    verified = site.jobgate("verify", str(record))
    assert verified.code == 0, verified.out
    assert "script: kept by the platform, held to " in verified.out


def test_a_newer_version_is_told_and_moves_when_it_is_asked_for(tmp_path: Path) -> None:
    """A plain lock keeps the pin, which goes on to run; an update shows the diff."""
    site = locks.locked(tmp_path)
    locks.keep(site, locks.MOVED)
    assert site.jobgate("apply").code == 0
    assert site.runs == ["now"]

    kept = site.jobgate("lock")
    assert (kept.code, "version 7 is online now; " in kept.out) == (0, True)
    assert site.jobgate("lock", "--check").code == 0
    assert site.jobgate("lock", "--check", "--update").code == 1
    moved = site.jobgate("lock", "--update", "clean")
    assert moved.code == 0
    assert "~ script clean on local: moved, version 6 (" in moved.out
    assert "    | -echo now >>" in moved.out
    assert "    | +echo next >>" in moved.out


def test_a_moved_pin_is_a_change_of_the_policy_and_the_job_only_drifts(tmp_path: Path) -> None:
    """It runs when its own spec says so too, and both are consented to."""
    site = locks.locked(tmp_path)
    assert site.jobgate("apply").code == 0
    locks.keep(site, locks.MOVED)
    assert site.jobgate("lock", "--update").code == 0
    site.commit("Move")
    plan = site.jobgate("plan").out
    assert "≈ local/clean" in plan
    assert "script_version_id: 6 → 7" in plan
    assert "    via jobgate.lock\n" in plan
    assert site.jobgate("apply").code == 4
    assert site.approve("@policy").code == 0
    after = site.jobgate("apply")
    assert (item(after, "@policy")[0], site.runs) == ("accepted", ["now"])

    site.edit("specs/clean.yaml", "{name: clean}", "{name: clean, run: 2}")
    site.commit("Again")
    assert site.approve("clean").code == 0
    assert site.jobgate("apply").code == 0
    assert site.runs == ["now", "next"]


def test_a_job_waits_for_the_lock_that_it_was_rendered_with(tmp_path: Path) -> None:
    """Its own consent is not enough, and neither is that of whoever moved the pin."""
    site = locks.made(tmp_path)
    assert site.jobgate("lock").code == 0
    site.commit("Clean up")
    assert site.approve("clean").code == 0

    done = site.jobgate("apply")
    assert (done.code, site.runs) == (4, [])
    assert item(done)[1].startswith("@policy must be accepted first")
    site.approve("@policy", by="author")
    assert site.jobgate("apply").code == 4
    assert site.approve("@policy").code == 0
    assert site.jobgate("apply").code == 0
    assert site.runs == ["now"]


def test_a_version_may_be_named_and_is_held_to_its_content(tmp_path: Path) -> None:
    """Without a pin it is a warning, and would run; with one it is compared like any."""
    site = locks.made(tmp_path, "version_id: 5")
    site.commit("Clean up")
    found = site.jobgate("check")
    assert (found.code, "[unpinned-version]" in found.out) == (0, True)
    assert site.jobgate("plan").code == 0

    assert site.jobgate("lock").code == 0
    assert '      "5":\n        script_id: clean\n' in locks.lock(site)
    site.commit("Lock")
    locks.approve(site)
    assert site.jobgate("apply").code == 0
    assert site.runs == ["old"]


# ---------------------------------------------------------------- before a create


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ((replace(locks.NOW, word="evil"),), "its script changed on the platform: version 6 of"),
        ((replace(locks.NOW, status="disabled"),), "version 6 of clean is disabled"),
        ((replace(locks.NOW, status="draft"),), "version 6 of clean is a draft"),
        ((locks.OLD,), "its script is gone from the platform: cannot find script version 6"),
    ],
)
def test_a_script_that_changed_after_the_plan_is_not_run(
    tmp_path: Path, kept: tuple[Version, ...], said: str
) -> None:
    """Approved and planned as it was: it is withdrawn, and the platform creates nothing."""
    site = locks.locked(tmp_path)
    file = str(site.root / "plan.json")
    assert site.jobgate("plan", "--format", "json", "--out", file).code == 0
    locks.keep(site, kept)

    told = site.jobgate("apply", "--dry-run", "--plan", file)
    assert item(told)[0] == "would be withdrawn"
    done = site.jobgate("apply", "--plan", file)
    state, detail = item(done)
    assert (done.code, state, site.runs, jobs(site)) == (4, "withdrawn", [], 0)
    assert said in detail

    refused = site.jobgate("lock")
    assert refused.code == (9 if "gone" in said else 1)
    assert "! script clean on local: refused, version 6 (" in refused.out
    assert refused.out.endswith("Lock: 1 refused; jobgate.lock is left as it is.\n")


def test_a_script_that_was_put_back_runs_with_a_new_consent(tmp_path: Path) -> None:
    """The consent to what was withdrawn is spent; what stood before it still stands."""
    site = locks.locked(tmp_path)
    locks.keep(site, (replace(locks.NOW, word="evil"),))
    assert site.jobgate("apply").code == 4
    locks.keep(site)

    assert site.jobgate("apply").code == 4
    assert site.approve("clean").code == 0
    assert site.jobgate("apply").code == 0
    assert site.runs == ["now"]


def test_what_changed_under_a_pin_moves_only_when_it_is_asked_for(tmp_path: Path) -> None:
    """The old content is gone, which is said; the new one is shown in whole."""
    site = locks.locked(tmp_path)
    locks.keep(site, (replace(locks.NOW, word="other"),))
    moved = site.jobgate("lock", "--update")

    assert moved.code == 0
    assert "what was pinned is no longer what the platform has under that number" in moved.out
    assert "    | +echo other >>" in moved.out
    locks.keep(site, (locks.NEXT,))
    again = site.jobgate("lock", "--update")
    assert again.code == 0
    assert "what was pinned is gone from the platform" in again.out


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("version_id: 8", 1, "version 8 of clean is a draft, which can still change; name one"),
        ("version_id: 9", 1, "version 9 of clean is disabled; name one that is online or offline"),
        ("version_id: 99", 9, "cannot find script version 99 in biz/2"),
        ("id: none", 9, "cannot find a version online of script 'none' in biz/2"),
    ],
)
def test_what_could_not_run_is_not_pinned(
    tmp_path: Path, script: str, code: int, said: str
) -> None:
    """Nothing is written, not even what could be pinned beside it."""
    site = locks.made(tmp_path)
    locks.name(site, script, "other")
    ended = site.jobgate("lock")

    assert (ended.code, said in ended.out) == (code, True), ended.out
    assert "1 new, 1 refused; jobgate.lock is left as it is." in ended.out
    assert not (site.repository / "jobgate.lock").exists()


def test_what_no_spec_names_is_dropped(tmp_path: Path) -> None:
    """It is a warning until then, and the check of CI ends with 1."""
    site = locks.locked(tmp_path)
    locks.name(site, "version_id: 6")
    found = site.jobgate("check")
    assert found.code == 0
    assert "jobgate.lock:8:7: warning: no spec names script clean on local" in found.out

    assert site.jobgate("lock", "--check").code == 1
    done = site.jobgate("lock")
    assert "- script clean on local: dropped, version 6 (" in done.out
    assert "scripts:" not in locks.lock(site)
    (site.repository / "specs" / "clean.yaml").unlink()
    assert site.jobgate("lock").code == 0
    assert locks.lock(site).endswith("platforms: {}\n")


def test_a_tree_that_cannot_be_read_is_not_locked(tmp_path: Path) -> None:
    """Whatever is wrong is told, but for the pins that are missing; so is a name of nothing."""
    site = locks.made(tmp_path)
    assert site.jobgate("lock", "clean").code == 2
    unknown = site.jobgate("lock", "--update", "claen")
    assert unknown.code == 1
    assert "cannot update claen: no spec names such a script" in unknown.err

    site.edit("specs/clean.yaml", "timeout: 60", "timeout: 0")
    broken = site.jobgate("lock")
    assert (broken.code, "[out-of-range]" in broken.err) == (1, True)
    assert "unpinned-script" not in broken.err
    site.edit("specs/clean.yaml", "timeout: 0", "timeout: 60")
    site.write("jobgate.lock", "<<<<<<< ours\n")
    conflict = site.jobgate("lock")
    assert (conflict.code, "jobgate.lock:1:1" in conflict.err) == (1, True)
    assert "jobgate.lock:1:1" in site.jobgate("check").out


def test_a_lock_that_was_written_by_hand_is_laid_out_anew(tmp_path: Path) -> None:
    """One lock has one text: a comment more is another one."""
    site = locks.locked(tmp_path)
    text = locks.lock(site)
    site.write("jobgate.lock", text + "# by hand\n")

    assert site.jobgate("lock", "--check").code == 1
    assert site.jobgate("lock").out.endswith("Lock: 1 kept; jobgate.lock is written.\n")
    assert locks.lock(site) == text


def test_what_a_platform_says_moves_no_cursor(tmp_path: Path) -> None:
    """A script is somebody else's text: its control characters are written out."""
    site = locks.made(tmp_path)
    locks.keep(site, (replace(locks.NOW, word="\x1b[2Jgone"),))
    ended = site.jobgate("lock")

    assert ended.code == 0
    assert "\x1b" not in ended.out
    assert "\\u001b[2Jgone" in ended.out


def test_the_document_is_what_its_schema_says(tmp_path: Path) -> None:
    """One for each pin, in whatever state, with the diff of what moves."""
    site = locks.locked(tmp_path)
    schema = jsonschema_rs.validator_for(published.schema("pinning.v1"))
    seen: list[Json] = []
    for versions, words in (
        (locks.KEPT, ()),
        (locks.MOVED, ("--check",)),
        (locks.MOVED, ("--check", "--update")),
        ((locks.OLD,), ()),
    ):
        locks.keep(site, versions)
        tree = wire.loads(site.jobgate("lock", "--format", "json", *words).out)
        schema.validate(tree)
        (pin,) = narrow.items(tree, "pins")
        assert isinstance(pin, dict)
        seen.append([pin["state"], pin["newer"], pin["exit_code"]])
        assert (len(narrow.items(pin, "script_diff")) > 3) == (pin["state"] == "moved")

    assert seen == [["kept", None, 0], ["kept", 7, 0], ["moved", None, 0], ["refused", None, 9]]


# ---------------------------------------------------------------- over HTTP


def kept(web: Web, word: str) -> None:
    """Let a running server keep a script that writes a word, as version 6 of `clean`."""
    scripts = locks.inventory([replace(locks.NOW, word=word)])["scripts"]
    web.write({**webserver.inventory(), "scripts": scripts})
    before = len(web.events("reloaded"))
    web.send(signal.SIGHUP)
    web.until(lambda: len(web.events("reloaded")) > before)


def test_a_script_of_a_server_is_held_as_well(
    tmp_path: Path, web: Web, between: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pinned over HTTP, run as pinned, and withdrawn when it is another one by then."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    kept(web, "now")
    site = farsites.adopted(tmp_path / "site", between.url)
    locks.name(site, "id: clean")
    assert site.jobgate("lock").code == 0
    site.commit("Clean up")
    locks.approve(site)
    done = site.jobgate("apply")
    assert (done.code, site.runs) == (0, ["now"]), done.err

    site.edit("specs/clean.yaml", "{name: clean}", "{name: clean, run: 2}")
    site.commit("Again")
    assert site.approve("clean").code == 0
    kept(web, "evil")
    creates = between.calls.count("fast_execute_script")
    done = site.jobgate("apply")
    assert (done.code, item(done, "far/clean")[0]) == (4, "withdrawn")
    assert (site.runs, between.calls.count("fast_execute_script")) == (["now"], creates)


def test_no_credentials_are_shown_to_whom_nobody_consented_to(
    tmp_path: Path, web: Web, between: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform that the working tree defines otherwise is not asked, unless it is told to be."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    kept(web, "now")
    site = farsites.adopted(tmp_path / "site", between.url)
    locks.name(site, "id: clean")
    site.edit("jobgate.yaml", "tenant: default", "tenant: other")
    before = len(between.calls)
    ended = site.jobgate("lock")

    assert (ended.code, len(between.calls)) == (9, before)
    assert "cannot ask far: the policy in force does not define it like that" in ended.err
    assert site.jobgate("lock", "--unapproved").code == 0
    assert len(between.calls) > before
    site.git("checkout", "-q", "jobgate.yaml")
    (site.repository / "jobgate.lock").unlink()
    assert site.jobgate("lock").code == 0


def test_a_platform_out_of_reach_pins_nothing(
    tmp_path: Path, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is said, with 9, and the file stays as it is."""
    monkeypatch.setenv(farsites.VARIABLE, webserver.WORD)
    site = farsites.adopted(tmp_path / "site", web.url)
    locks.name(site, "id: clean")
    web.end()
    ended = site.jobgate("lock")

    assert (ended.code, ended.out) == (9, "")
    assert not (site.repository / "jobgate.lock").exists()
    assert "cannot ask which version of script clean is online on far: it cannot be" in ended.err
