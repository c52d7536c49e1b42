"""Laws of the comment on a pull request: it fits, and no text in it is more than text."""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runner import canon
from runner.explanations import Explanation, Given, Said
from runner.report import inert
from runner.report.comment import comment, judged
from runner.terms import Clause
from runner.verdicts import Approved, Demand, Denied, Waiting
from runner.views import Viewed
from tests import attacks, comments, plans, rendered, values

if TYPE_CHECKING:
    from runner.comments import Comment
    from runner.model import Planned
    from runner.verdicts import Verdict

pytestmark = pytest.mark.laws

Skeleton: TypeAlias = tuple[object, ...]

# All that a comment is made of: nothing else may come of any text.
ELEMENTS = {
    ("a", (("href", comments.LINK),)),
    ("b", ()),
    ("br", ()),
    ("code", ()),
    ("code", (("class", "language-diff"),)),
    ("code", (("class", "language-sh"),)),
    ("details", ()),
    ("details", (("open", None),)),
    ("details", (("open", ""),)),
    *((name, ()) for name in ("h3", "li", "p", "pre", "strong", "sub", "summary", "ul")),
    *((name, ()) for name in ("table", "tbody", "td", "th", "thead", "tr")),
    *((name, (("align", "right"),)) for name in ("td", "th")),
}
LIMITS = st.integers(4096, comment.LIMIT)


def hostile(said: str) -> Comment:
    """Return the comment on a plan in which a text stands everywhere."""
    planned = plans.hostile(said)
    (waits, denies) = (
        Waiting(demands=(Demand(clause=said, count=2, given=(said,), missing=1, could=(said,)),)),
        Denied(by=said, reason=said, mend=said, lifts=True, demands=()),
    )
    owner = Demand(
        clause="o", count=1, given=(), missing=2, could=(said,), path=said, owners=(said,)
    )
    clause = Clause(name=said, paths=(said,), count=1, people=(said,), line=7)
    idle = Given(by=said, how="review", at=said, where=said, reason=said, against=said)
    explanation = Explanation(
        verdict=waits,
        said=(Said(clause=clause, sides=(), demands=(*waits.demands, owner), denials=(denies,)),),
        before=(denies,),
        given=(idle,),
    )
    explained = {each.job: explanation for each in planned.plan.changes}
    broken = Approved(demands=(), broken=(said, said))
    explained[planned.plan.changes[-1].job] = Explanation(verdict=broken, given=(idle,))
    return comment.made(
        Viewed(planned=planned, others=2), explained=explained, link=comments.LINK, limit=10**7
    )


def rules(said: str) -> Comment:
    """Return the comment on a policy in which a text stands everywhere."""
    clause = Clause(name=said, paths=(said,), count=1, people=(said,), max_hosts=7)
    files = values.policy_files(values.policy("ann", said, clauses=(clause,)), said)
    verdict = Denied(by=said, reason=said, mend=said)
    planned = plans.planned((), (), {"@policy": verdict}, policy=files)
    return comment.made(Viewed(planned=planned), limit=10**7)


def findings(said: str) -> Comment:
    """Return the comment on findings in which a text stands everywhere."""
    return comment.mistaken(plans.findings(said), head=values.HEAD, limit=10**7)


@functools.cache
def skeleton(made: Comment) -> Skeleton:
    """Return what is left of a comment without its code, and without numbers."""
    found = rendered.parsed(made.body)
    assert set(found.elements) <= ELEMENTS
    assert found.comments == ["jobgate:plan"]
    return (*found.elements, re.sub(r"[0-9]+", "N", "".join(found.outside)))


@settings(max_examples=25)
@given(attacks.TEXTS.filter(bool))
@example(plans.ATTACK)
@example("|    ")
def test_no_text_is_more_than_text(said: str) -> None:
    """Whatever stands in a plan, the HTML of its comment is the same but for what is in code.

    In code nobody is mentioned, and nothing is a link: a forge leaves that to text.
    """
    for place in (hostile, rules, findings):
        made = place(said)

        assert skeleton(made) == skeleton(place("word"))
        assert all(line.replace("\t", "").isprintable() for line in made.body.split("\n"))
        assert not re.search(r"^\s*::|##(?:vso)?\[", made.body, re.MULTILINE)


# ---------------------------------------------------------------- it fits

VERDICTS: tuple[Verdict, ...] = (plans.APPROVED, plans.WAITING, plans.DENIED, comments.SHUT)
MANY = st.lists(
    st.tuples(st.sampled_from(VERDICTS), st.sampled_from((1, 20, 400)), attacks.TEXTS),
    max_size=25,
)


def of(changes: list[tuple[Verdict, int, str]]) -> Planned:
    """Return a plan with a new job a change, of a script of so many lines."""
    jobs = [
        replace(
            plans.named(f"job{number:03}"),
            script=b"echo \xe4\xb8\xad\n" * lines,
            description=said * lines,
        )
        for number, (_, lines, said) in enumerate(changes)
    ]
    verdicts: dict[str, Verdict] = {
        job.id: said for job, (said, _, _) in zip(jobs, changes, strict=True)
    }
    return plans.planned((), tuple(jobs), verdicts)


def fits(made: Comment, limit: int) -> None:
    """Hold that a comment fits, is sound, and names its rest where it has one."""
    assert len(made.body.encode()) <= limit
    assert set(rendered.parsed(made.body).elements) <= ELEMENTS
    assert made.body.startswith(f"{comment.MARKER}\n### ")
    assert bool(made.rest) == bool(made.sha256) == ("**Not all of " in made.body)
    if made.rest:
        assert made.sha256 == canon.sha256(made.rest.encode())
        assert made.sha256 in made.body
        assert len(made.rest.encode()) > limit - len(comment.MARKER) - 1


@settings(max_examples=15)
@given(MANY, LIMITS)
@example([(plans.WAITING, 2000, "中")], 4096)
@example([(plans.WAITING, 1, "中" * 400)] * 40, 65_536)
def test_it_always_fits(changes: list[tuple[Verdict, int, str]], limit: int) -> None:
    """A comment never has more bytes than it may; every row and fold of it is whole and in turn."""
    planned = of(changes)
    viewed = Viewed(planned=planned)

    made = comment.made(viewed, link=comments.LINK, limit=limit)
    whole = comment.whole(viewed)
    fits(made, limit)
    assert made.rest in {"", whole}
    assert made.rest or made.body == f"{comment.MARKER}\n{whole}"
    jobs = [each.job for each in judged.ordered(planned)]
    found = re.findall(r"<summary><code>(local/job[0-9]+)</code>", made.body)
    listed = re.findall(r"^\| `\+`&nbsp;new \| `(job[0-9]+)` \|", made.body, re.MULTILINE)
    assert found == jobs[: len(found)]
    assert [f"local/{each}" for each in listed] == jobs[: len(listed)]
    assert made.rest or (len(found), len(listed)) == (len(jobs), len(jobs))


@settings(max_examples=15)
@given(st.lists(attacks.TEXTS, max_size=12), LIMITS, st.integers(1, 200))
def test_findings_always_fit(said: list[str], limit: int, times: int) -> None:
    """So is it with findings: whole ones, the errors first."""
    found = tuple(finding for each in said for finding in plans.findings(each * times))

    made = comment.mistaken(found, head=values.HEAD, link=comments.LINK, limit=limit)
    fits(made, limit)
    signs = re.findall(r"^\* (✗ error|△ warning) ", made.body, re.MULTILINE)
    assert signs == sorted(signs, reverse=True)


@settings(max_examples=10)
@given(MANY)
def test_the_order_of_a_plan_changes_nothing(changes: list[tuple[Verdict, int, str]]) -> None:
    """The same changes make the same comment, byte for byte, in whatever order they come."""
    planned = of(changes)
    turned = replace(planned, plan=replace(planned.plan, changes=planned.plan.changes[::-1]))

    one, other = (comment.made(Viewed(planned=each), limit=8192) for each in (planned, turned))
    assert one == other


@given(st.sampled_from("ab中é😀`<&"), st.integers(0, 60), st.integers(3, 50))
def test_bytes_are_the_strictest_count(each: str, times: int, most: int) -> None:
    """What has so many bytes has no more code points, and no more UTF-16 units."""
    text = inert.clipped(each * times, most)

    assert len(text) <= len(text.encode("utf-16-le")) // 2 <= inert.size(text) <= most
