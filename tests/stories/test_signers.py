"""Approvals by keys that end and by certificates, as `allowed_signers` lists them."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from runner import statements
from runner.cli import compose
from runner.model import Signed
from runner.pipeline import approving, planning
from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site import Ended, Site

pytestmark = pytest.mark.stories

WHO = "reviewer@example.org"


def keygen(*words: str) -> None:
    """Run ssh-keygen; it must succeed."""
    subprocess.run(("ssh-keygen", "-q", *words), check=True, stdin=subprocess.DEVNULL)


def public(site: Site, name: str) -> str:
    """Return the public half of a key, without its comment."""
    return " ".join((site.root / f"{name}.pub").read_text().split()[:2])


def with_signers(tmp_path: Path, line: str) -> Site:
    """Return an adopted site whose reviewer has no key but by a line of `allowed_signers`.

    `{other}` in it is the key of another pair, `{ca}` that of an authority.
    """
    site = sites.make(tmp_path)
    keygen("-N", "", "-t", "ed25519", "-f", str(tmp_path / "ca"))
    policy = (site.repository / "jobgate.yaml").read_text()
    keys = next(each for each in policy.splitlines() if each.startswith("  reviewer:"))
    site.edit("jobgate.yaml", keys, f"  reviewer: {{emails: [{WHO}]}}")
    signers = line.format(other=public(site, "other"), ca=public(site, "ca"))
    site.write("allowed_signers", f"# who signs\n{signers}\n")
    site.commit("Name the signers")
    assert site.jobgate("adopt").code == 0
    sites.count(site)
    site.commit("Count")
    return site


def certified(site: Site, *words: str) -> str:
    """Make a certificate of the other key, and return its name."""
    keygen("-s", str(site.root / "ca"), "-I", "id", *words, str(site.root / "other.pub"))
    return "other-cert.pub"


def applied(site: Site) -> Ended:
    """Apply, and hold that it ran only if it says so."""
    ended = site.jobgate("apply")
    assert (ended.code, len(site.runs)) in {(0, 1), (4, 0)}, ended.err
    return ended


def slipped_in(site: Site, key: str) -> None:
    """Sign consent to the plan as the reviewer with a key, and push it past `jobgate approve`."""
    with sites._environment(site.environment()), compose.world(site.repository) as world:
        planned = planning.planned(world, world.repository.commit("HEAD"))
        lasts = approving.term(world, planned.in_force, None)
        for change in planned.plan.changes:
            said = approving.approval(world, planned, change, "reviewer", lasts)
            content = statements.written(said)
            signature = world.signer.sign(content, str(site.root / key))
            world.approvals.add(change.job, Signed(statement=content, signature=signature))


def test_a_key_that_is_valid(tmp_path: Path) -> None:
    """It approves as its person; its record proves that, later too."""
    line = f'{WHO} valid-after="20200101",valid-before="20990101" {{other}}'
    site = with_signers(tmp_path, line)
    approved = site.approve(by=sites.OTHER)

    assert approved.code == 0, approved.err
    assert approved.out.startswith("reviewer approved local/count")
    assert site.approve(by=sites.REVIEWER).code == 1
    assert applied(site).code == 0
    verified = site.jobgate("verify")
    assert (verified.code, "given by reviewer" in verified.out) == (0, True), verified.out


@pytest.mark.parametrize(
    "dates", ['valid-before="20200101"', 'valid-after="20990101"', 'valid-before="20260101Z"']
)
def test_a_key_that_is_not(tmp_path: Path, dates: str) -> None:
    """It signs nothing, and what it signed does not count, whatever instant that claims."""
    site = with_signers(tmp_path, f"{WHO} {dates} {{other}}")
    ended = site.approve(by=sites.OTHER)
    assert (ended.code, "no signature of reviewer by this key counts now" in ended.err) == (1, True)

    slipped_in(site, sites.OTHER)
    assert applied(site).code == 4
    assert "waiting" in site.jobgate("plan").out


def test_a_certificate(tmp_path: Path) -> None:
    """It approves for the person whom it names, by an authority that may say so."""
    site = with_signers(tmp_path, f"{WHO} cert-authority {{ca}}")
    assert site.approve(by=sites.OTHER).code == 1
    assert site.approve(by=certified(site, "-n", "somebody")).code == 1
    ended = site.approve(by=certified(site, "-n", f"somebody,{WHO}", "-V", "-1d:+1d"))

    assert ended.code == 0, ended.err
    assert applied(site).code == 0
    assert site.jobgate("verify").code == 0


def test_a_certificate_that_has_expired(tmp_path: Path) -> None:
    """It signs nothing, and what it signed does not count; nor by one of another authority."""
    site = with_signers(tmp_path, f"{WHO} cert-authority {{ca}}")
    key = certified(site, "-n", WHO, "-V", "20200101:20200102")
    assert site.approve(by=key).code == 1
    slipped_in(site, key)
    assert applied(site).code == 4
    keygen("-s", str(site.root / "author"), "-I", "id", "-n", WHO, str(site.root / "other.pub"))
    other = site.approve(by="other-cert.pub")
    assert (other.code, "belongs to nobody" in other.err) == (1, True)


def test_a_key_is_taken_out(tmp_path: Path) -> None:
    """With its line gone from the policy in force, what it signed no longer counts."""
    site = with_signers(tmp_path, f"{WHO} {{other}}")
    assert site.approve(by=sites.OTHER).code == 0
    (site.repository / "allowed_signers").unlink()
    site.edit("jobgate.yaml", f"[{WHO}]", f'[{WHO}], keys: ["{public(site, sites.REVIEWER)}"]')
    site.commit("Take the key out", by=sites.AUTHOR)
    assert site.approve("@policy", by=sites.OTHER).code == 0
    ended = site.jobgate("apply")

    assert (ended.code, site.runs) == (4, []), ended.out
    assert site.approve(by=sites.OTHER).code == 1
    assert site.approve().code == 0
    assert applied(site).code == 0


def test_what_is_wrong_is_found_at_its_line(tmp_path: Path) -> None:
    """`check` and `plan` show it, and an accepted file with such a line names nobody."""
    site = sites.adopted(tmp_path)
    site.write("allowed_signers", f"\n*@example.org {public(site, sites.OTHER)}\n")
    site.commit("Let everybody sign")
    checked = site.jobgate("check")

    assert checked.code == 1
    assert "allowed_signers:2:1:" in checked.err + checked.out
    assert "[wildcard-principal]" in checked.err + checked.out
    assert site.jobgate("plan").code == 1
