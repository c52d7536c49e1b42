"""The comment on a pull request: whole ones, byte for byte, and each of the things that it says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner import canon
from runner.model import POLICY, JobId, Symbol, Targets
from runner.report import inert
from runner.report.comment import amounts, bottoms, comment, filling, judged
from runner.terms import Clause
from runner.verdicts import Approved, Demand, Denied, Waiting
from runner.views import Viewed
from tests import comments, plans, rendered, values

if TYPE_CHECKING:
    from runner.model import Planned
    from runner.verdicts import Verdict

WIDE = amounts.Amount(lines=None, listed=None, names=3, text=None)


def demand(
    missing: int = 1,
    could: tuple[str, ...] = ("dan", "eve"),
    *,
    clause: str = "all",
    path: str = "",
) -> Demand:
    """Return a demand that lacks something."""
    return Demand(clause=clause, count=3, given=(), missing=missing, could=could, path=path)


def of(*verdicts: Verdict) -> Planned:
    """Return a plan with a new job for each verdict."""
    jobs = tuple(plans.named(f"job{number}") for number in range(len(verdicts)))
    return plans.planned(
        (), jobs, {job.id: verdict for job, verdict in zip(jobs, verdicts, strict=True)}
    )


def shown(planned: Planned) -> list[str]:
    """Return the lines of a plan."""
    return comment.whole(Viewed(planned=planned)).split("\n")


# ---------------------------------------------------------------- whole comments


@pytest.mark.parametrize("name", comments.COMMENTS)
def test_comment(name: str) -> None:
    """The comment is the file, byte for byte (`python -m tests.comments` writes it once more)."""
    assert comments.COMMENTS[name]().body.encode() == (comments.CASES / name).read_bytes()


def test_every_case_is_a_comment() -> None:
    """No file lies there that nothing is held against."""
    assert {path.name for path in comments.CASES.iterdir()} == set(comments.COMMENTS)


def test_a_plan_of_500_changed_jobs() -> None:
    """It gives one valid comment: verdict, counts, the first jobs, and where the rest is."""
    made = comments.large()
    found = rendered.parsed(made.body)
    tags = [tag for tag, _ in found.elements]

    assert comment.LIMIT - 1000 < len(made.body.encode()) <= comment.LIMIT
    assert made.body.startswith(f"{comment.MARKER}\n### ✗ Denied: 1 of 500 changes\n")
    assert "**1 denied** · **72 waiting** · **427 approved**" in made.body
    assert f"in the table {tags.count('tr') - 1} of 500 changes" in made.body
    assert f"below it {tags.count('details')}" in made.body
    assert tags.count("tr") > 200
    assert tags.count("details") > 30
    assert "<code>local/clean-499</code> new, ✗ denied" in made.body
    assert made.sha256 == canon.sha256(made.rest.encode())
    assert f"of [this run]({comments.LINK}): a file with the SHA-256 `{made.sha256}`" in made.body
    assert [tag for tag, _ in rendered.parsed(made.rest).elements].count("details") == 500


def test_what_fits_has_no_rest() -> None:
    """To the very byte: with one less, something is left out, and said to be."""
    whole = comments.waiting()
    viewed, size = Viewed(planned=of(plans.WAITING)), len(whole.body.encode())

    assert (whole.rest, whole.sha256) == ("", "")
    made = comment.made(viewed)
    size = len(made.body.encode())
    assert comment.made(viewed, limit=size) == made
    less = comment.made(viewed, limit=size - 1)
    assert less.rest == comment.whole(viewed) == made.body.removeprefix(f"{comment.MARKER}\n")


def test_the_least_room_is_enough() -> None:
    """Verdict, counts and where the rest is have room in 4,096 bytes, whatever is asked of whom."""
    names = tuple("`中" * 99 + str(number) for number in range(7))
    asks = [demand(2, names, clause=name, path=name) for name in names]
    for verdicts in ((Waiting(demands=tuple(asks)),), (Waiting(demands=tuple(asks)),) * 5):
        made = comment.made(
            Viewed(planned=of(*verdicts), others=10**9),
            link="https://x.example/" + "a" * 480,
            limit=4096,
        )
        assert len(made.body.encode()) <= 4096
        assert made.sha256 in made.body


def test_findings_fit() -> None:
    """Too many findings are cut after a whole one, errors first; to the very byte."""
    found = plans.findings() * 300
    made = comment.mistaken(found, head=values.HEAD, link=comments.LINK)

    assert made.body.startswith(f"{comment.MARKER}\n### ✗ No plan: 300 errors, 300 warnings\n")
    listed = made.body.count("\n* ")
    assert made.body.count("\n* ✗ error") == 300 < listed < 600
    assert f"listed {listed} of 600 findings." in made.body
    assert made.rest.count("\n* ") == 600
    assert made.sha256 == canon.sha256(made.rest.encode())
    one = comment.mistaken(found[:1], head=values.HEAD)
    assert "### ✗ No plan: 1 error\n" in one.body
    size = len(one.body.encode())
    assert comment.mistaken(found[:1], head=values.HEAD, limit=size) == one
    assert (
        "listed 0 of 1 finding."
        in comment.mistaken(found[:1], head=values.HEAD, limit=size - 1).body
    )


# ---------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("verdicts", "headline"),
    [
        ((), "Nothing to run"),
        ((plans.APPROVED,), "✓ Approved by `ben`"),
        ((Approved(demands=()),), "✓ Approved"),
        ((Waiting(demands=(demand(),)),), "○ Waiting for approval by `dan` or `eve`"),
        ((plans.DENIED,), "✗ Denied by `expires`: `it expired on 2026-01-01`"),
        ((plans.APPROVED, plans.APPROVED), "✓ Approved: 2 changes"),
        ((plans.APPROVED, plans.WAITING), "○ Waiting for approval: 1 of 2 changes"),
        ((plans.WAITING, plans.DENIED, plans.APPROVED), "✗ Denied: 1 of 3 changes"),
    ],
)
def test_headline(verdicts: tuple[Verdict, ...], headline: str) -> None:
    """The headline is the worst of the verdicts; of the only one it says why."""
    assert shown(of(*verdicts))[0] == f"### {headline}"


def test_what_does_not_run_has_no_say() -> None:
    """A removed job alone is nothing to run, and drifted and removed ones come last."""
    lines = shown(plans.planned((plans.named("gone"),), ()))
    assert lines[0] == "### Nothing to run"
    assert "| `-`&nbsp;removed | `gone` | `local` |  |  | -&nbsp;nothing runs |" in lines
    every = judged.ordered(plans.every_kind())
    assert [each.job.removeprefix("local/") for each in every] == [
        *("late", "fresh", "open", POLICY, "again", "tidied", "drifting", "gone")
    ]
    assert [each.symbol for each in every][-2:] == [Symbol.DRIFTED, Symbol.REMOVED]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (demand(), "approval by `dan` or `eve`"),
        (demand(2), "approval by `dan` and `eve`"),
        (demand(1, ("dan",)), "approval by `dan`"),
        (demand(1, ("a", "b", "c")), "approval by `a`, `b` or `c`"),
        (demand(2, ("a", "b", "c")), "approval by 2 of `a`, `b`, `c`"),
        (demand(1, ("a", "b", "c", "d", "e")), "approval by `a`, `b`, `c` and 2 more"),
        (demand(3), "3 approvals, of which only `dan` and `eve` could give any"),
        (demand(1, ()), "1 approval that nobody whom the policy lists can give"),
        (demand(path="scripts/x"), "approval by `dan` or `eve`, for `scripts/x`"),
        (demand(1, (), clause=POLICY), "`@policy` to be accepted first"),
    ],
)
def test_need(asked: Demand, words: str) -> None:
    """Who is missing stands in words that need no counting."""
    assert judged.need(asked, WIDE) == words
    assert judged.needs(Waiting(demands=(asked, asked)), WIDE) == words


def test_who_could_approve() -> None:
    """With several changes those are named first who could help most; nobody where nobody can."""
    lines = shown(
        of(Waiting(demands=(demand(1, ("zoe",)),)), Waiting(demands=(demand(1, ("ann", "zoe")),)))
    )
    assert "Could approve: `zoe` (2 changes), `ann` (1 change)" in lines
    many = Waiting(demands=(demand(1, tuple("abcdefgh")),))
    (line,) = [each for each in shown(of(many, plans.APPROVED)) if each.startswith("Could approve")]
    assert line.endswith("`f` (1 change) and 2 more")
    nobody = Waiting(demands=(demand(1, ()),))
    for planned in (of(nobody, nobody), of(plans.APPROVED, plans.DENIED), of(many)):
        assert "Could approve" not in "\n".join(shown(planned))


# ---------------------------------------------------------------- consent


def test_the_command_to_approve() -> None:
    """It is there where somebody could give what is missing: in a shell's words, at that commit."""
    name = "jobgate approve local/job0 --head " + values.HEAD
    for verdict in (Waiting(demands=(demand(),)), replace(comments.SHUT, demands=(demand(),))):
        lines = shown(of(verdict))
        at = lines.index("**To approve**, as `dan` or `eve`")
        assert lines[at + 1 : at + 4] == ["```sh", name, "```"]
        assert (
            f"<sub>Fetch the commit before you sign: `git fetch origin {values.HEAD}`.</sub>"
            in lines
        )
    first = Waiting(demands=(demand(1, (), clause=POLICY),))
    for vain in (plans.APPROVED, plans.DENIED, Waiting(demands=(demand(1, ()),)), first):
        text = "\n".join(shown(of(vain)))
        assert "jobgate approve" not in text
        assert "git fetch" not in text


@pytest.mark.parametrize(
    ("job", "named"),
    [
        ("local/tidy[zone=sh]", "'local/tidy[zone=sh]'"),
        ("local/tidy[zone=';id;']", """'local/tidy[zone='"'"';id;'"'"']'"""),
        ("local/tidy[zone=\u202e]", ""),
    ],
)
def test_a_name_that_cannot_be_shown_is_a_digest(job: str, named: str) -> None:
    """What is not to be read as it is cannot be copied: then the job is called by its digest."""
    tidy = replace(plans.named("tidy"), id=JobId(job))
    text = "\n".join(shown(plans.planned((), (tidy,), {job: Waiting(demands=(demand(),))})))

    assert f"\njobgate approve {named or tidy.digest} --head {values.HEAD}\n" in text


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("", ""),
        ("https://a.example:8/x/y?z=1&b=%20", " of [this run](https://a.example:8/x/y?z=1&b=%20)"),
        ("http://a.example", " of [this run](http://a.example)"),
        ("https://a.example/x)y", " of `https://a.example/x)y`"),
        ("https://a.example/x y", " of `https://a.example/x y`"),
        ("javascript:alert(1)", " of `javascript:alert(1)`"),
        ("https://a.example/x\n", " of `https://a.example/x\\n`"),
        (f"https://a.example/{'x' * 600}", f" of `https://a.example/{'x' * 479}…`"),
    ],
)
def test_a_link_is_one_or_code(link: str, said: str) -> None:
    """An address that could be more than that stands in code."""
    digest = canon.sha256(b"")
    words = (
        f"All of it is in the artefact `jobgate-plan`{said}: a file with the SHA-256 `{digest}`."
    )

    assert bottoms.rest(digest, link) == words
    hrefs = [dict(attrs)["href"] for tag, attrs in rendered.parsed(words).elements if tag == "a"]
    assert hrefs == ([link] if "](" in said else [])


# ---------------------------------------------------------------- what it shows of a job


@pytest.mark.parametrize(
    ("targets", "batches", "cells", "words"),
    [
        (Targets(hosts=plans.HOSTS), (1, 2), "| 3 | 2 |", "3 hosts in 2 batches"),
        (Targets(hosts=plans.HOSTS), (), "| 3 |  |", "3 hosts"),
        (Targets(hosts=plans.HOSTS[:1]), (1,), "| 1 | 1 |", "1 host in 1 batch"),
        (Targets(hosts=(), open=("group:1", "x")), (), "| 0 + 2 open |  |", "0 + 2 open hosts"),
    ],
)
def test_size(targets: Targets, batches: tuple[int, ...], cells: str, words: str) -> None:
    """The table and the fold say how many hosts and batches there are, as far as it is known."""
    job = replace(plans.named("tidy"), targets=targets, batches=batches)
    text = "\n".join(shown(plans.planned((), (job,))))

    assert cells in text
    assert f" · {words}</summary>" in text
    assert f"\n**Where** {words} on `local` (embedded), for at most " in text


@pytest.mark.parametrize(
    ("sizes", "bars"),
    [((1, 20), (1, 20)), ((1, 21), (1, 20)), ((5, 40), (3, 20)), ((21,), ())],
)
def test_bars(sizes: tuple[int, ...], bars: tuple[int, ...]) -> None:
    """A bar has a block a host, or is to scale where the largest would be too long; a lone none."""
    hosts = tuple(f"0:10.0.0.{number}" for number in range(sum(sizes)))
    job = replace(plans.named("tidy"), targets=Targets(hosts=hosts), batches=sizes)

    lines = [each for each in shown(plans.planned((), (job,))) if each.startswith("batch ")]
    assert tuple(each.count("█") for each in lines if "█" in each) == bars
    assert len(lines) == len(sizes)
    assert len({each.index("0:10") for each in lines}) == 1


def test_fields() -> None:
    """A field that is gone, one that is another and one that is new stand with their signs."""
    before = replace(plans.WISH, body=plans.body(notify="x"))
    after = replace(before, body=plans.body(timeout=61, task_name="y"), spec="another")
    text = "\n".join(shown(plans.planned((plans.job(before),), (plans.job(after),))))

    lines = ('- notify: "x"', '+ task_name: "y"', "- timeout: 60", "+ timeout: 61")
    assert "**What changes**\n```diff\n" + "\n".join(lines) + "\n```" in text
    assert " · 3 fields · 3 hosts" in text


def test_a_long_script_has_a_fold_of_its_own() -> None:
    """From 31 lines on a script is opened by who wants to see it."""
    for lines, folded in ((30, False), (31, True)):
        job = replace(plans.named("tidy"), script=b"true\n" * lines)
        text = "\n".join(shown(plans.planned((), (job,))))
        assert ("**Script**\n```diff\n+true\n" in text) != folded
        assert (f"<details><summary><b>Script</b>: {lines} lines</summary>" in text) == folded
        assert f"script +{lines} -0" in text


def test_a_first_script_line_that_looks_like_a_diff() -> None:
    """Only the two lines that name the sides of a diff are left out, and they are not counted."""
    planned = plans.rescripted(b"-- a\n+ b\n", b"++ c\n")
    text = "\n".join(shown(planned))

    assert "**Script**\n```diff\n@@ -1,2 +1 @@\n--- a\n-+ b\n+++ c\n```" in text
    assert "script +1 -2" in text
    new = "\n".join(shown(plans.planned((), (replace(plans.named("x"), script=b"--- x\n"),))))
    assert "```diff\n+--- x\n```" in new


def test_what_is_changed_via_others() -> None:
    """A fold says what the change came by, and what keeps a drifted job from running."""
    text = "\n".join(shown(plans.every_kind()))

    assert "in `specs/drifting.yaml` · changed via `specs/v`\n" in text
    assert "**Not run** until `metadata.run` in its spec is raised\n" in text
    assert "nothing looser · files +1 -1" in text
    paths = tuple((f"specs/v{number}", "1") for number in range(8))
    later = tuple((path, "2") for path, _ in paths)
    wish = replace(plans.WISH, via=paths)
    after = plans.job(replace(wish, body=plans.body(timeout=1), via=later))
    many = replace(after, script=b"x" * 390 + b"\n" + b"true\n" * 900)
    cut = comment.made(Viewed(planned=plans.planned((plans.job(wish),), (many,))), limit=4096)
    assert "`specs/v3` and 4 more" in cut.body


CLAUSE = Clause(name="all", paths=("**",), count=1, people=())
TWO = replace(CLAUSE, count=2)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (TWO, replace(CLAUSE, max_hosts=9), "looser in 1 way"),
        (replace(CLAUSE, expression="x"), replace(CLAUSE, expression="y"), "looser in 1 way"),
        (CLAUSE, TWO, "nothing looser"),
    ],
)
def test_a_looser_policy(before: Clause, after: Clause, words: str) -> None:
    """The fold of a policy says in how many ways it asks less, or may ask less."""
    strict, loose = (values.policy("ann", "ben", clauses=(each,)) for each in (before, after))
    files = values.policy_files(loose, "another")
    told = replace(plans.planned((), (), policy=files), in_force=strict)

    text = "\n".join(shown(told))
    assert f"<code>@policy</code> altered, ✓ approved · {words} · files +1 -1</summary>" in text


# ---------------------------------------------------------------- what has room


def test_pieces_come_in_turn() -> None:
    """A large piece is shortened before a later one is left out, and longer where there is room."""
    large, small = ("x" * 400, "x" * 300, "x" * 10), ("y" * 50,) * 3

    assert filling.pieces([large, small], 800).texts == (large[0], small[0])
    assert filling.pieces([large, small], 400) == filling.Filled(
        texts=(large[1], small[0]), shortened=1
    )
    assert filling.pieces([large, small], 454).texts == (large[0], small[0])
    assert filling.pieces([large, small], 453).texts == (large[1], small[0])
    assert filling.pieces([large, large], 500).texts == (large[0], large[2])
    assert filling.pieces([large, large, large], 800) == filling.Filled(texts=large, shortened=2)
    assert filling.pieces([large, small], 64).texts == (large[2], small[0])
    assert filling.pieces([large, small], 63).texts == (large[2],)
    assert filling.pieces([large, small], 11).texts == ()
    assert filling.pieces([small, small, small], 52 * 3).shortened == 0


def test_lines_come_in_turn() -> None:
    """A line that has no room ends them, also where a later one would have some."""
    assert filling.lines(["aa", "bbbb", "c"], 5) == ("aa",)
    assert filling.lines(["aa", "bb"], 6) == ("aa", "bb")
    assert filling.lines(["中"], 3) == ()
    assert filling.size(["aa", "中"]) == 7


@pytest.mark.parametrize(
    ("most", "found"),
    [(None, ("abc", "")), (3, ("abc", "")), (2, ("ab", "and 1 more")), (0, ("", "and 3 more"))],
)
def test_first(most: int | None, found: tuple[str, str]) -> None:
    """What is left out is counted."""
    assert amounts.first("abc", most) == found


def test_lists_are_cut_where_a_fold_is_short() -> None:
    """Fields, notes, clauses and batches beyond the first eight are counted, hosts beyond four."""
    hosts = tuple(f"0:10.0.{number}.1" for number in range(90))
    asks = tuple(demand(1, ("dan",), clause=f"c{number}") for number in range(11))
    job = replace(
        plans.named("tidy"),
        targets=Targets(hosts=hosts, open=tuple(f"group:{number}" for number in range(12))),
        batches=(9,) * 10,
        script=b"true\n" * 20,
    )
    verdict: Verdict = Waiting(demands=asks)
    planned = plans.planned((), (job,), {job.id: verdict})
    viewed = Viewed(planned=planned)
    limit = inert.size(comment.whole(viewed))
    body = comment.made(viewed, limit=limit).body

    assert body.count("\nand ") == 2
    assert "+true\nand 8 more\n" in body
    assert "0:10.0.3.1 and 5 more\n" in body
    assert "batch 8  " in body
    assert "batch 9  " not in body
    assert "* `only the platform can expand group:7`\n* and 4 more\n" in body
    assert "* ○ `c7`: waits for approval by `dan`\n* and 3 more\n" in body
    assert inert.size(body) <= limit


def test_a_denial_of_a_policy() -> None:
    """Nobody is asked for what is denied, and a policy has no platform."""
    files = values.policy_files(values.policy("ann"), "another")
    no = Denied(by="x", reason="y", mend="z")
    lines = shown(plans.planned((), (), {POLICY: no}, policy=files))

    assert "| `~`&nbsp;altered | `@policy` |  |  |  | ✗&nbsp;denied by `x`: `y` |" in lines
    assert "* ✗ denied by `x`: `y`; mend: `z`" in lines
