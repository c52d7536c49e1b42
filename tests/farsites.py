"""A site whose jobs go to a server: `jobgate serve` over HTTP, which its policy names `far`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests import site as sites

if TYPE_CHECKING:
    from pathlib import Path

    from tests.site import Site

VARIABLE = "CI_APP_SECRET"  # where the policy says that the secret of the app `ci` is
_POLICY = """\
far:
    type: bkjob
    url: {url}/api/bk-job
    stage: prod
    tenant: default
    application: ci
    credentials: {{bk_app_secret: {{env: {variable}}}, bk_username: {user}}}"""


def adopted(root: Path, url: str, *, user: str = "alice", remote: bool = False) -> Site:
    """Make a site in a new folder, whose ledger has begun, for the server at `url`."""
    root.mkdir()
    made = sites.make(root, remote=remote)
    policy = _POLICY.format(url=url, variable=VARIABLE, user=user)
    made.edit("jobgate.yaml", "local: {type: embedded}", policy)
    publish(made, "Run it elsewhere", remote=remote)
    ended = made.jobgate("adopt", *(("--remote", "origin") if remote else ()))
    assert ended.code == 0, ended.err
    return made


def publish(site: Site, message: str = "Change", *, remote: bool = True) -> None:
    """Commit everything, and push it where there is a remote."""
    site.commit(message)
    if remote:
        site.git("push", "-q", "origin", "main")
