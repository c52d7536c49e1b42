"""What a reconciliation and a rehearsal read like, whatever text from elsewhere says."""

from __future__ import annotations

import base64
from typing import Literal

import jsonschema_rs

from runner import canon, narrow, published, wire, witness
from runner.model import JobId, Json, Key, Result
from runner.outcomes import Call, Item, Rehearsal
from runner.progress import Status
from runner.report import reconciliations, rehearsals
from runner.witness import Reconciliation, Remark, Settlement, Sighting
from tests import plans, values

TIDY, KEY = JobId("far/tidy"), Key("a" * 64)
WELL = Result(outcome="succeeded", detail="1 of 1 hosts well", hosts=1)


def reconciled(said: str = "so") -> Reconciliation:
    """Return a reconciliation with something of each kind, with a text wherever one can stand."""
    seen = Sighting(job=9, name=said, status=Status.SUCCEEDED, at=1_795_497_821_000, by=said)
    return Reconciliation(
        ledger=values.LEDGER,
        since="2026-10-25T05:23:41Z",
        settled=(
            Settlement(job=TIDY, key=KEY, result=WELL, reason="its platform says so", by=""),
            Settlement(job=TIDY, key=KEY, result=WELL, reason=said, by=said),
        ),
        remarks=(
            Remark(concern="unknown", platform="far", detail=said, job=TIDY, key=KEY),
            Remark(concern="outside", platform="far", detail=said, platform_job=9, seen=seen),
            Remark(concern="outside", platform="far", detail=said, platform_job=9, seen=seen),
            Remark(concern="unreachable", platform="far", detail=said),
        ),
    )


def _call(
    deed: Literal["create", "start"], request: dict[str, Json] | None, job: int | None
) -> Call:
    return Call(deed=deed, job=TIDY, key=KEY, platform="far", request=request, platform_job=job)


def rehearsed(said: str = "so") -> Rehearsal:
    """Return a rehearsal of a create and two starts, with a text wherever one can stand."""
    script = base64.b64encode(said.encode()).decode()
    request: dict[str, Json] = {"start_task": False, "script_content": script, "note": said}
    stored: dict[str, Json] = {"script_version_id": 7}
    return Rehearsal(
        head=values.HEAD,
        plan=values.digest(),
        calls=(
            _call("create", request, None),
            _call("create", stored, None),
            _call("start", None, None),
            _call("start", None, 17),
        ),
        items=(
            Item(job=TIDY, state="would run", detail="", code=0, key=KEY),
            Item(job=JobId("far/wipe"), state="waiting", detail=said, code=4),
        ),
    )


def held(text: str) -> dict[str, Json]:
    """Return a document that is canonical, and valid against the schema that it names."""
    tree = narrow.mapping(wire.loads(text))
    name = narrow.text(tree, "schema").removeprefix("urn:jobgate:").replace(":", ".v")
    jsonschema_rs.Draft202012Validator(published.schema(name)).validate(tree)
    assert text.encode() == canon.encode(tree) + b"\n"
    return tree


def test_a_reconciliation() -> None:
    """A line for each thing, with who said so, and counts in the order of gravity."""
    assert reconciliations.text(reconciled()).splitlines() == [
        "settled far/tidy: succeeded: 1 of 1 hosts well (its platform says so)",
        "settled far/tidy: succeeded: 1 of 1 hosts well (by so: so)",
        "unknown far/tidy: so",
        "outside far, job 9 there, so (2026-11-24T05:23:41Z, by so): so",
        "outside far, job 9 there, so (2026-11-24T05:23:41Z, by so): so",
        "unreachable far: so",
        "Reconcile since 2026-10-25T05:23:41Z: 2 settled, 1 unknown, 1 unreachable, 2 outside.",
    ]


def test_a_rehearsal() -> None:
    """Each call with its request and its script, and how it would end."""
    size = "4 calls would be made, nothing was sent or written"

    assert rehearsals.text(rehearsed()).splitlines() == [
        f"1. create far/tidy on far, key {KEY}",
        "    {",
        '      "note": "so",',
        '      "start_task": false',
        "    }",
        "    | so",
        f"2. create far/tidy on far, key {KEY}",
        "    {",
        '      "script_version_id": 7',
        "    }",
        f"3. start far/tidy on far, key {KEY}",
        f"4. start far/tidy on far, its job 17, key {KEY}",
        "far/tidy: would run",
        "far/wipe: waiting: so",
        f"Dry run of cccccccccccc: 1 would run, 1 waiting; {size}.",
    ]


def test_documents() -> None:
    """Both are what their schemas say; every concern is one that the schema knows."""
    tree = held(reconciliations.document(reconciled()))
    assert [narrow.at(each, "by") for each in narrow.items(tree, "settled")] == [None, "so"]
    codes = [narrow.at(each, "exit_code") for each in narrow.items(tree, "remarks")]
    assert codes == [8, 1, 1, 9]
    calls = narrow.items(held(rehearsals.document(rehearsed())), "calls")
    assert [narrow.at(each, "platform_job") for each in calls] == [None, None, None, 17]
    schema = published.schema("reconciliation.v1")
    known = narrow.texts(schema, "$defs", "remark", "properties", "concern", "enum")
    assert list(known) == list(witness.CODES)
    states = narrow.texts(schema, "$defs", "sighting", "properties", "status", "enum")
    assert set(states) == {status.name.lower() for status in Status}


def test_hostile_text() -> None:
    """It adds no line that begins as one of ours, and moves no cursor."""
    for shown in (
        reconciliations.text(reconciled(plans.ATTACK)),
        rehearsals.text(rehearsed(plans.ATTACK)),
    ):
        assert all(line.isprintable() for line in shown.split("\n"))
        begun = [line.split()[0] for line in shown.splitlines() if not line.startswith("    ")]
        ours = {"settled", "unknown", "outside", "unreachable", "Reconcile", "Dry"}
        assert set(begun) <= ours | {"1.", "2.", "3.", "4.", "far/tidy:", "far/wipe:"}
