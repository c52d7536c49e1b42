"""A site whose jobs run scripts that their platform keeps, and an inventory that keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from runner.server import inventory as inventories
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from runner.model import Json
    from tests.site import Site

SPEC = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata: {{name: {name}}}
script: {{{script}, args: [{counter}]}}
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: operator
  timeout: 60
  execute_target: {{host_list: [{{bk_cloud_id: 0, ip: 127.0.0.1}}]}}
"""


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the script `clean`: it writes a word into the site's counter."""

    number: int
    status: str
    word: str

    @property
    def content(self) -> str:
        """Return what runs."""
        return f'#!/bin/sh\necho {self.word} >> "$1"\n'

    @property
    def tree(self) -> Json:
        """Return it as the inventory has it."""
        return {
            "id": self.number,
            "version": f"{self.number}.0",
            "status": self.status,
            "content": self.content,
        }


OLD = Version(5, "offline", "old")
NOW = Version(6, "online", "now")
NEXT = Version(7, "online", "next")
DRAFT = Version(8, "draft", "draft")
DISABLED = Version(9, "disabled", "disabled")
KEPT = (OLD, NOW, DRAFT, DISABLED)
MOVED = (OLD, replace(NOW, status="offline"), NEXT, DRAFT, DISABLED)


def inventory(versions: Sequence[Version]) -> dict[str, Json]:
    """Return an inventory of one host, one account and the script `clean`."""
    script: Json = {
        "id": "clean",
        "name": "Clean up",
        "scope": "biz/2",
        "language": "shell",
        "versions": [each.tree for each in versions],
    }
    return {
        "apiVersion": "jobgate/v1",
        "kind": "Inventory",
        "scopes": [{"type": "biz", "id": "2"}],
        "hosts": [{"id": 1, "ip": "127.0.0.1"}],
        "accounts": [{"id": 1, "alias": "operator", "user": inventories.own_user().name}],
        "scripts": [script],
    }


def keep(site: Site, versions: Sequence[Version] = KEPT) -> None:
    """Let the platform `local` keep these versions from now on."""
    folder = site.root / "state" / "local"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inventory.yaml").write_text(json.dumps(inventory(versions)))


def made(root: Path, script: str = "id: clean") -> Site:
    """Make a site with a spec of such a script, not committed, and a ledger that has begun."""
    site = sites.make(root)
    assert site.jobgate("adopt").code == 0
    keep(site)
    name(site, script)
    return site


def name(site: Site, script: str, spec: str = "clean") -> None:
    """Write a spec that names a script, such as `id: clean`."""
    text = SPEC.format(name=spec, script=script, counter=json.dumps(str(site.counter)))
    site.write(f"specs/{spec}.yaml", text)


def locked(root: Path, script: str = "id: clean") -> Site:
    """Make a site whose lock and spec are committed and approved, and the lock in force."""
    site = made(root, script)
    assert site.jobgate("lock").code == 0
    site.commit("Clean up")
    approve(site)
    return site


def approve(site: Site) -> None:
    """Approve the policy and the job."""
    for each in ("@policy", "clean"):
        ended = site.approve(each)
        assert ended.code == 0, (each, ended.err)


def lock(site: Site) -> str:
    """Return the text of the lock."""
    return (site.repository / "jobgate.lock").read_text(encoding="utf-8")
