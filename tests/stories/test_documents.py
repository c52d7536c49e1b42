"""Every JSON document of real runs is what its published schema says, canonical, and one line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest

from runner import canon, narrow, published, wire
from runner.model import Kind
from tests import site as sites

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runner.model import Json

pytestmark = pytest.mark.stories

JOURNAL = "urn:jobgate:journal-entry:1"
# What jobgate reads, or sends; everything else that is published it writes.
READ = frozenset(
    {
        "fast_execute_script.v4",
        "file-source.v1",
        "inventory.v1",
        "job-spec.v1",
        "lock.v1",
        "policy.v1",
        "vars.v1",
    }
)

SPEC = """\
apiVersion: jobgate/v1
kind: ScriptJob
metadata:
  name: {name}
  description: {name} — as it is
  labels: {{team: edge}}
  run: {run}
{metadata}
change:
  reason: Because
  ticket: CHG1
  risk: low
  backout: None is needed
{more}
script:
  content: |
    echo {name}
    exit {code}
  language: shell
request:
  bk_scope_type: biz
  bk_scope_id: "2"
  account_alias: {account}
  timeout: 60
  execute_target:
    host_list:
      - {{bk_cloud_id: 0, ip: 127.0.0.1}}
      - {{bk_cloud_id: 0, ip: 127.0.0.2}}
{request}
"""

REQUEST = """\
{"bk_biz_id": 2, "account": "operator", "script_type": 1, "script_content": "ZWNobyBoaQo=",
 "script_timeout": 60, "ip_list": [{"bk_cloud_id": 0, "ip": "127.0.0.1"}]}
"""


@dataclass(frozen=True, slots=True)
class Document:
    """One document: the command that wrote it, how that ended, and the text."""

    words: tuple[str, ...]
    code: int
    text: str

    @property
    def tree(self) -> dict[str, Json]:
        """Return what it says."""
        return narrow.mapping(wire.loads(self.text))

    @property
    def schema(self) -> str:
        """Return the URN of the schema that it names."""
        return narrow.text(self.tree, "schema")


@dataclass(frozen=True, slots=True)
class Told:
    """A story on one site, and the documents that came of it."""

    site: sites.Site
    documents: list[Document] = field(default_factory=list)

    def run(self, code: int, *words: str) -> Document:
        """Run a command that writes JSON and ends with `code`."""
        ended = self.site.jobgate(*words, "--format", "json")
        assert ended.code == code, (words, ended.code, ended.out, ended.err)
        self.documents.append(Document(words=words, code=ended.code, text=ended.out))
        return self.documents[-1]

    def apart(self, code: int, *words: str) -> None:
        """Run a command that needs no repository, as a process of its own."""
        process = self.site.spawn(*words, "--format", "json")
        out, err = process.communicate(timeout=60)
        assert process.returncode == code, (words, out, err)
        self.documents.append(Document(words=words, code=code, text=out))

    def watch(self, name: str) -> None:
        """Watch a job that is at rest, which writes one line of a stream."""
        ended = self.site.jobgate("watch", name, "--format", "jsonl")
        self.documents.append(Document(words=("watch", name), code=ended.code, text=ended.out))

    def approve(self, name: str) -> None:
        """Approve a change as the reviewer."""
        key = str(self.site.root / sites.REVIEWER)
        self.run(0, "approve", name, "--yes", "--key", key)

    def spec(self, name: str, **parts: str) -> None:
        """Write a spec that differs from the others in some parts."""
        given = {"run": "1", "metadata": "", "more": "", "code": "0", "account": "operator"}
        text = SPEC.format_map(given | {"request": ""} | parts | {"name": name})
        self.site.write(f"specs/{name}.yaml", text)

    def of(self, name: str) -> list[Document]:
        """Return the documents of one schema."""
        return [each for each in self.documents if each.schema == f"urn:jobgate:{name}:1"]

    def lines(self) -> Iterator[str]:
        """Yield every line of the journal, oldest first."""
        for commit in self.site.git("rev-list", "--reverse", "jobgate-journal").split():
            yield from self.site.git("cat-file", "blob", f"{commit}:entries.jsonl").split("\n")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Return the story of a ledger from its beginning, through all that can become of a job."""
    story = Told(sites.make(tmp_path_factory.mktemp("site")))
    _begin(story)
    _first_apply(story)
    _second_apply(story)
    _audit(story)
    return story


def _begin(story: Told) -> None:
    story.spec("kept")
    story.site.commit("Keep it")
    story.run(0, "check")
    story.run(0, "lock")
    story.run(0, "adopt")
    story.run(0, "plan")
    story.apart(0, "batches", "1 2", "--hosts", "5")
    story.apart(1, "batches", "1 x", "--hosts", "5")
    sources = story.site.root / "sources.json"
    sources.write_text('[{"hosts": [1, 2], "files": ["a", "b"]}]')
    story.apart(0, "batches", "--file-source", str(sources), "--max-objects", "1")
    story.site.write("specs/bad.yaml", "apiVersion: jobgate/v1\nkind: Job\n")
    story.run(1, "check")
    (story.site.repository / "specs/bad.yaml").unlink()


def _first_apply(story: Told) -> None:
    site = story.site
    site.write("specs/count.yaml", sites.SPEC.format(counter=site.counter))
    story.spec("expired", metadata='  expires: "2026-01-31"')
    story.spec("fails", code="3")
    story.spec("nobody", account="nobody")
    story.spec("by-hand", request='  rolling_config: {expression: "1", mode: manual}')
    story.spec("zones", metadata="  needs: [fails]", more="matrix: {zone: [sh, 2, true]}")
    site.edit("jobgate.yaml", "name: everything", "name: all-of-it")
    site.commit("Jobs of every kind")
    story.run(0, "render")
    story.run(0, "plan")
    for name in ("@policy", "expired", "zones"):
        story.run(0, "explain", name)
    for name in ("@policy", "fails", "nobody", "by-hand", "zones"):
        story.approve(name)
    story.run(0, "plan")
    story.run(5, "apply", "--dry-run")
    story.run(7, "apply")
    story.run(0, "status", "by-hand")
    story.run(0, "status")
    assert site.jobgate("resume", "by-hand").code == 0
    story.approve("count")
    story.run(7, "apply")


def _second_apply(story: Told) -> None:
    site = story.site
    site.edit("specs/vars.yaml", "word: hello", "word: goodbye")
    story.spec("fails", run="2")
    (site.repository / "specs/kept.yaml").unlink()
    site.commit("Change, drift and remove")
    story.run(0, "plan")
    story.approve("fails")
    story.run(9, "apply")
    story.spec("fails", run="1")
    site.commit("Take run back")
    story.run(0, "plan")
    story.run(0, "status")


def _audit(story: Told) -> None:
    request = story.site.root / "request.json"
    request.write_text(REQUEST)
    story.run(0, "import", str(request), "--name", "brought")
    story.run(0, "doctor")
    story.run(0, "reconcile")
    story.run(0, "logs", "count")
    story.run(0, "logs", "fails")
    story.watch("count")
    story.watch("fails")
    story.run(0, "records")
    story.run(0, "records", "--open")
    for name in ("count", "nobody", "@policy"):
        story.run(0, "records", name)
    story.run(0, "verify")
    broken = story.site.root / "record.json"
    broken.write_text(story.of("record")[0].text.replace('"failed":0', '"failed":1'))
    story.run(1, "verify", str(broken))
    broken.write_text("not a record")
    story.run(1, "verify", str(broken))


def _named(urn: str) -> jsonschema_rs.Draft202012Validator:
    name = urn.removeprefix("urn:jobgate:").replace(":", ".v")
    return jsonschema_rs.Draft202012Validator(published.schema(name))


def test_every_document_has_its_schema(told: Told) -> None:
    """Each document is valid against the published schema that it names."""
    for each in told.documents:
        wrong = [
            f"{error.instance_path}: {error}"
            for error in _named(each.schema).iter_errors(each.tree)
        ]
        assert not wrong, (each.words, wrong)


def test_every_document_is_canonical(told: Told) -> None:
    """Each document is the canonical form of what it says, and one line end."""
    for each in told.documents:
        assert each.text.encode() == canon.encode(each.tree) + b"\n", each.words


def test_every_schema_is_exercised(told: Told) -> None:
    """What is published and not read by jobgate was written in this story."""
    names = {
        "urn:jobgate:" + name.replace(".v", ":") for name in published.names() if name not in READ
    }

    assert {each.schema for each in told.documents} | {JOURNAL} == names


def test_every_document_is_closed(told: Told) -> None:
    """One key more, or any one less, is refused."""
    for each in told.documents:
        valid = _named(each.schema).is_valid
        assert not valid({**each.tree, "more": None}), each.words
        for key in each.tree:
            assert not valid({name: each.tree[name] for name in each.tree if name != key}), (
                each.words
            )


def test_the_story_holds_every_symbol_and_verdict(told: Told) -> None:
    """New, altered, drifted and removed jobs; approved, waiting and denied ones; and a policy."""
    changes = [change for each in told.of("plan") for change in narrow.items(each.tree, "changes")]

    assert {narrow.text(each, "symbol") for each in changes} == {"+", "~", "≈", "-"}
    states = {narrow.text(each, "verdict", "state") for each in changes}
    assert states == {"approved", "waiting", "denied"}
    assert {narrow.text(each, "verdict", "by") for each in changes} == {"", "expires", "run"}
    assert "@policy" in {narrow.text(each, "job") for each in changes}


def test_the_story_holds_the_ends_of_jobs(told: Told) -> None:
    """An apply tells of everything that can become of a job while nobody kills it."""
    items = [item for each in told.of("outcome") for item in narrow.items(each.tree, "items")]

    assert {narrow.text(each, "state") for each in items} == {
        "accepted",
        "denied",
        "failed",
        "held",
        "refused",
        "removed",
        "succeeded",
        "waiting",
        "waits for a person",
    }


def test_every_request_is_one_that_the_platform_takes(told: Told) -> None:
    """The requests that `render` shows are valid against the schema of the platform's API."""
    valid = _named("urn:jobgate:fast_execute_script:4")
    jobs = [job for each in told.of("jobs") for job in narrow.items(each.tree, "jobs")]

    assert len(jobs) == 9
    for job in jobs:
        valid.validate(narrow.mapping(job, "request"))


def test_every_line_of_the_journal_has_its_schema(told: Told) -> None:
    """Each line is canonical and valid; all kinds occur but those that no calm run brings."""
    validator, kinds = _named(JOURNAL), set()
    for line in told.lines():
        tree = wire.loads(line)
        validator.validate(tree)
        assert line.encode() == canon.encode(tree)
        assert not validator.is_valid({**narrow.mapping(tree), "more": 1})
        kinds.add(Kind(narrow.text(tree, "kind")))

    assert kinds == set(Kind) - {Kind.UNKNOWN, Kind.SETTLED}
