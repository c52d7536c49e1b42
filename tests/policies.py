"""Policies as text for tests, read as the program reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner import canon, clauses, parse, validate
from runner.model import Blob, Oid

if TYPE_CHECKING:
    from runner.model import Checked, Document, Finding, Policy

# A sound policy but for its clauses; whoever wants other parts replaces these.
HEAD = """\
apiVersion: jobgate/v1
kind: Policy
platforms:
  local: {type: embedded, paths: ["specs/lab/**"]}
  prod: {type: embedded, paths: ["specs/prod/**"]}
"""
PEOPLE = """\
people:
  ann: {emails: [ann@example.org], accounts: {github: ann}}
  ben: {emails: [ben@example.org], accounts: {github: ben}}
  cam: {emails: [cam@example.org], accounts: {github: cam}}
"""


def document(text: str) -> Document:
    """Return the document of a policy's text."""
    content = text.encode()
    found = parse.policy_document(
        Blob(path="jobgate.yaml", oid=Oid("0" * 40), sha256=canon.sha256(content), content=content)
    )
    assert found.value is not None
    return found.value


def whole(text: str) -> Policy:
    """Return a whole policy with which nothing is wrong."""
    made = document(text)
    assert validate.document(made, "policy.v1") == ()
    found = clauses.policy(made)
    assert found.findings == ()
    assert found.value is not None
    return found.value


def read(parts: str, people: str = PEOPLE) -> Checked[Policy]:
    """Return what is made of a policy with some parts more, whose shape is right."""
    made = document(HEAD + people + parts)
    assert validate.document(made, "policy.v1") == ()
    return clauses.policy(made)


def sound(parts: str, people: str = PEOPLE) -> Policy:
    """Return a policy with which nothing is wrong."""
    return whole(HEAD + people + parts)


def only(parts: str, people: str = PEOPLE) -> Finding:
    """Return the one finding about a policy."""
    (finding,) = read(parts, people).findings
    return finding
