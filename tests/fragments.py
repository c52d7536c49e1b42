"""The examples of `docs/reference/rules.md`: put into a whole spec or request, and judged.

A block's first line is ```LANGUAGE WORD [PATH]: a `yaml` one replaces parts of a spec (or of the
file at PATH, which may be an inventory) by their names, a `json` one members of a request; `text`
with a PATH is a whole file, and without one it is only to be read.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runner import rulepages
from runner.canon import sha256
from runner.errors import FindingsError
from runner.git import gitpaths
from runner.model import Blob, Oid, Unreadable
from runner.pipeline import raw, wanted
from runner.server import inventoryfile
from runner.server.inventory import User

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.model import Finding, Json

SPEC = "specs/web/restart.yaml"
FILES: Mapping[str, str] = {
    "jobgate.yaml": """\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local: {type: embedded}
people:
  ann:
    emails: [ann@example.org]
    keys: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f]
""",
    "scripts/restart.sh": "#!/bin/sh\necho restarted\n",
    "specs/vars.yaml": "service: nginx\n",
    SPEC: """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata:
  name: restart
script:
  file: scripts/restart.sh
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: root
  execute_target:
    host_list: [{bk_cloud_id: 0, ip: 10.0.0.1}]
""",
}
INVENTORY = "inventory.yaml"
SITE = """\
apiVersion: jobgate/v1
kind: Inventory
scopes: [{type: biz, id: "2"}]
hosts: [{id: 1, ip: 10.0.0.1}]
accounts: [{id: 1, alias: operator}]
"""
REQUEST: Mapping[str, Json] = {
    "bk_scope_type": "biz",
    "bk_scope_id": "2",
    "script_content": "ZWNobyAkMQ==",
    "script_language": 1,
    "account_alias": "root",
    "execute_target": {"host_list": [{"bk_cloud_id": 0, "ip": "10.0.0.1"}]},
}
_BLOCK = re.compile(
    r"^```(?P<language>\w+) (?P<word>before|after)(?: (?P<path>\S+))?\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_PART = re.compile(r"^(?=[\"\w])", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One example, or a part of one."""

    language: str
    path: str | None
    text: str

    @property
    def runs(self) -> bool:
        """Tell whether there is something to judge."""
        return self.language != "text" or self.path is not None


def blocks(slug: str, word: str) -> list[Block]:
    """Return the blocks of a rule that stand under `before` or `after`."""
    return [
        Block(language=found["language"], path=found["path"], text=found["text"])
        for found in _BLOCK.finditer(rulepages.page(slug).text)
        if found["word"] == word
    ]


def findings(shown: list[Block]) -> tuple[Finding, ...]:
    """Return what is wrong with the specs, or the request, that some blocks make."""
    bodies = [block for block in shown if block.language == "json"]
    if bodies:
        body = dict(REQUEST)
        for block in bodies:
            body |= json.loads(block.text)
        return raw.findings("body.json", json.dumps(body).encode())
    sites = [block.text for block in shown if block.path == INVENTORY]
    if sites:
        return _of_inventory(sites)
    files = dict(FILES)
    for block in shown:
        path = block.path or SPEC
        merges = block.language == "yaml" and path in FILES
        files[path] = _merged(files[path], block.text) if merges else block.text
    return wanted.wanted(Files(files)).findings


def _of_inventory(parts: list[str]) -> tuple[Finding, ...]:
    whole = SITE
    for part in parts:
        whole = _merged(whole, part)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, INVENTORY)
        file.write_text(whole)
        try:
            inventoryfile.load(file, User(name="ops", home="/home/ops"))
        except FindingsError as error:
            return error.findings
    return ()


def _merged(whole: str, parts: str) -> str:
    """Return a YAML text with its top-level parts replaced by those of the same names."""
    made = {part.split(":", 1)[0]: part for part in _PART.split(whole) if part}
    made |= {part.split(":", 1)[0]: part for part in _PART.split(parts) if part}
    return "".join(made.values())


class Files:
    """A tree of texts, with the real rules about paths."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """Hold the texts by their paths."""
        self._files = files

    def paths(self, under: str) -> tuple[str, ...]:
        """Return every path below `under`, sorted."""
        return tuple(sorted(gitpaths.below(under, self._folder)))

    def read(self, path: str) -> Blob | Unreadable:
        """Return the file at `path`, or why there is none."""
        refused = gitpaths.refusal(path, self._folder)
        if refused is not None:
            return refused
        content = self._files[path].encode()
        return Blob(path=path, oid=Oid("0" * 40), sha256=sha256(content), content=content)

    def _folder(self, path: str) -> gitpaths.Folder:
        prefix = f"{path}/" if path else ""
        below = [each.removeprefix(prefix) for each in self._files if each.startswith(prefix)]
        return gitpaths.folder(
            {
                name: gitpaths.Kind.FOLDER if rest else gitpaths.Kind.FILE
                for name, _, rest in (each.partition("/") for each in below)
            }
        )
