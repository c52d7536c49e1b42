"""How a policy differs from the one in force, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runner.model import Pin, PlatformEntry, SecretSource
from runner.policydiff import shifts, telling
from runner.terms import (
    BreakGlass,
    Clause,
    Dated,
    ForgeEntry,
    Owned,
    Person,
    Signer,
    Team,
    Weekly,
    Windows,
)
from tests import values

if TYPE_CHECKING:
    from runner.model import Policy

VARIABLE = "FORGE"
KEY, OTHER_KEY = "ssh-ed25519 AAAAsomethingLong1", "ssh-ed25519 AAAAsomethingLong2"
SHORT, OTHER_SHORT = "ssh-ed25519 …methingLong1", "ssh-ed25519 …methingLong2"
PROD = Clause(name="prod", paths=("specs/prod/**",), count=2, people=("ann", "ben"), line=3)
NIGHT = Weekly(days=(0, 4), begins=22 * 60, ends=6 * 60 + 5)
NOON = Weekly(days=(6,), begins=12 * 60, ends=13 * 60)
FEAST = Dated(begins="2026-12-24T18:00", ends="2026-12-27T00:00")
FREEZE = Windows(zone="Europe/Berlin", closed=(FEAST,))
SECRET = SecretSource(
    name="db", kind="env", source=("DB",), platforms=("prod",), paths=("specs/prod/**",)
)
SIGNER = Signer(principals=("ann",), key=KEY)
FORGE = ForgeEntry(name="github", url="https://a", repository="acme/ops", token=VARIABLE)
PIN = Pin(script="12", version=4, sha256=values.sha("4"))
GLASS = BreakGlass(people=("ann",), hours=24)
FAR = PlatformEntry(name="far", type="bkjob", url="https://one", credentials=(("t", "env", "X"),))


def policy(*clauses: Clause) -> Policy:
    """Return a policy of two people."""
    return values.policy("ann", "ben", clauses=clauses)


def told(old: Policy, new: Policy) -> list[str]:
    """Return the sentences, each behind its way."""
    return [f"{each.way}: {each.text}" for each in telling.sentences(old, new)]


CLAUSES: list[tuple[Clause, Clause, list[str]]] = [
    (PROD, replace(PROD, count=1), ["looser: prod needs 1 approval instead of 2"]),
    (
        replace(PROD, people=()),
        replace(PROD, people=(), count=1),
        ["looser: prod needs 1 approval instead of 2"],
    ),
    (PROD, replace(PROD, count=3), ["tighter: prod needs 3 approvals instead of 2"]),
    (
        PROD,
        replace(PROD, people=("ben", "eve")),
        [
            "looser: eve may approve prod now",
            "tighter: ann may approve prod no longer",
        ],
    ),
    (
        PROD,
        replace(PROD, people=()),
        ["looser: everyone may approve prod now, not ann and ben alone"],
    ),
    (replace(PROD, people=()), PROD, ["tighter: only ann and ben may approve prod now"]),
    (
        PROD,
        replace(PROD, paths=("specs/prod/db/**",)),
        ["looser: prod is for the paths specs/prod/db/** instead of specs/prod/**"],
    ),
    (
        PROD,
        replace(PROD, paths=("specs/**",)),
        ["tighter: prod is for the paths specs/** instead of specs/prod/**"],
    ),
    (
        replace(PROD, count=0),
        replace(PROD, count=0, paths=("specs/**",)),
        ["unclear: prod is for the paths specs/** instead of specs/prod/**"],
    ),
    (
        PROD,
        replace(PROD, paths=("specs/lab/**", "x")),
        ["unclear: prod is for the paths specs/lab/** and x instead of specs/prod/**"],
    ),
    (
        PROD,
        replace(PROD, paths=("specs/prod/**", "specs/prod/**")),
        ["neither: prod is for the paths specs/prod/** and specs/prod/** instead of specs/prod/**"],
    ),
    (
        PROD,
        replace(PROD, platforms=("far",)),
        ["looser: prod is for the platforms far instead of all"],
    ),
    (
        replace(PROD, platforms=("far",)),
        PROD,
        ["tighter: prod is for the platforms all instead of far"],
    ),
    (
        replace(PROD, scopes=("biz/2",)),
        replace(PROD, scopes=("biz/2", "biz/3")),
        ["tighter: prod is for the scopes biz/2 and biz/3 instead of biz/2"],
    ),
    (
        PROD,
        replace(PROD, labels=(("team", "db"),)),
        ["looser: prod is for jobs with the labels team=db instead of any"],
    ),
    (
        replace(PROD, labels=(("team", "db"),)),
        PROD,
        ["tighter: prod is for jobs with the labels any instead of team=db"],
    ),
    (
        replace(PROD, labels=(("team", "db"),)),
        replace(PROD, labels=(("team", "web"),)),
        ["unclear: prod is for jobs with the labels team=web instead of team=db"],
    ),
    (
        PROD,
        replace(PROD, expression="run > 1"),
        ["looser: prod is for jobs of which it holds: run > 1 instead of all"],
    ),
    (
        replace(PROD, expression="run > 1"),
        PROD,
        ["tighter: prod is for jobs of which it holds: all instead of run > 1"],
    ),
    (
        replace(PROD, expression="run > 1", count=0),
        replace(PROD, count=0),
        ["unclear: prod is for jobs of which it holds: all instead of run > 1"],
    ),
    (replace(PROD, owners=True), PROD, ["looser: prod asks no owner any more"]),
    (PROD, replace(PROD, owners=True), ["tighter: prod asks an owner of each file, too"]),
    (
        PROD,
        replace(PROD, deny="not now"),
        ["tighter: prod denies all that it is for: not now"],
    ),
    (replace(PROD, deny="not now"), PROD, ["looser: prod denies nothing any more"]),
    (
        replace(PROD, deny="not now"),
        replace(PROD, deny="never"),
        ["neither: prod denies all that it is for: never"],
    ),
    (
        PROD,
        replace(PROD, max_hosts=5),
        ["tighter: prod allows 5 instead of any number of hosts"],
    ),
    (
        replace(PROD, max_hosts=5),
        PROD,
        ["looser: prod allows any number of hosts instead of 5"],
    ),
    (
        replace(PROD, max_hosts=5),
        replace(PROD, max_hosts=6),
        ["looser: prod allows 6 instead of 5"],
    ),
    (
        replace(PROD, fields=("ticket",), succeeded=("lab",)),
        replace(PROD, fields=("risk",), succeeded=("test",)),
        [
            "looser: prod requires ticket in `change` no longer",
            "looser: prod requires that the job succeeded on lab no longer",
            "tighter: prod requires risk in `change`",
            "tighter: prod requires that the job succeeded on test",
        ],
    ),
    (
        replace(PROD, windows=FREEZE),
        PROD,
        ["looser: prod has no windows any more: nothing is closed"],
    ),
    (
        PROD,
        replace(PROD, windows=replace(FREEZE, open=(NIGHT, NOON))),
        [
            (
                "tighter: prod has windows: open Mon, Fri 22:00-06:05, open Sun 12:00-13:00 and "
                "closed 2026-12-24T18:00 to 2026-12-27T00:00, Europe/Berlin"
            )
        ],
    ),
    (
        PROD,
        replace(PROD, windows=Windows(zone="UTC")),
        ["tighter: prod has windows: always open, UTC"],
    ),
    (
        replace(PROD, windows=FREEZE),
        replace(PROD, windows=Windows(zone="UTC", closed=(NOON,))),
        [
            "looser: prod is closed no longer 2026-12-24T18:00 to 2026-12-27T00:00",
            "unclear: prod has its windows by the clock of UTC instead of Europe/Berlin",
            "tighter: prod is closed Sun 12:00-13:00",
        ],
    ),
    (
        replace(PROD, windows=Windows(zone="UTC")),
        replace(PROD, windows=Windows(zone="UTC", open=(NOON,))),
        ["tighter: prod is open Sun 12:00-13:00 instead of always"],
    ),
    (
        replace(PROD, windows=Windows(zone="UTC", open=(NOON,))),
        replace(PROD, windows=Windows(zone="UTC")),
        ["looser: prod is open always instead of Sun 12:00-13:00"],
    ),
    (
        replace(PROD, windows=Windows(zone="UTC", open=(NOON,))),
        replace(PROD, windows=Windows(zone="UTC", open=(NOON, FEAST))),
        [
            (
                "looser: prod is open Sun 12:00-13:00 and 2026-12-24T18:00 to 2026-12-27T00:00 "
                "instead of Sun 12:00-13:00"
            )
        ],
    ),
    (
        replace(PROD, windows=Windows(zone="UTC", open=(NOON, FEAST))),
        replace(PROD, windows=Windows(zone="UTC", open=(NOON,))),
        [
            (
                "tighter: prod is open Sun 12:00-13:00 instead of Sun 12:00-13:00 and "
                "2026-12-24T18:00 to 2026-12-27T00:00"
            )
        ],
    ),
    (
        replace(PROD, windows=Windows(zone="UTC", open=(NOON,))),
        replace(PROD, windows=Windows(zone="UTC", open=(NIGHT,))),
        ["unclear: prod is open Mon, Fri 22:00-06:05 instead of Sun 12:00-13:00"],
    ),
    (
        replace(PROD, people=("ann", "ben")),
        replace(PROD, people=("ben", "ann")),
        ["unclear: clause prod says something else"],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), CLAUSES)
def test_a_clause(old: Clause, new: Clause, expected: list[str]) -> None:
    """Each thing that a clause asks otherwise is a sentence of its own."""
    assert told(policy(old), policy(new)) == expected


def test_a_clause_comes_and_goes() -> None:
    """A new clause is told whole, and so is one that is gone."""
    whole = replace(
        PROD,
        platforms=("far", "lab"),
        scopes=("biz/2",),
        labels=(("team", "db"),),
        expression="run > 1",
        owners=True,
        deny="not now",
        max_hosts=5,
        fields=("ticket",),
        succeeded=("lab",),
        windows=replace(FREEZE, open=(NOON,)),
    )
    says = (
        "2 approvals of ann or ben, one of an owner of each file, a denial (not now), at most 5 "
        "hosts, ticket in `change`, that the job succeeded on lab and windows (open Sun "
        "12:00-13:00 and closed 2026-12-24T18:00 to 2026-12-27T00:00, Europe/Berlin); for "
        "specs/prod/**, platform far or lab, scope biz/2, label team=db, jobs of which it holds: "
        "run > 1"
    )

    assert told(policy(), policy(whole)) == [f"tighter: clause prod is new: {says}"]
    assert told(policy(whole), policy()) == [f"looser: clause prod is gone: it asked {says}"]
    freeze = Clause(name="freeze", paths=("**",), count=0, people=(), windows=FREEZE)
    assert told(policy(freeze), policy()) == [
        (
            "looser: clause freeze is gone: nothing is closed any more; it asked windows (closed "
            "2026-12-24T18:00 to 2026-12-27T00:00, Europe/Berlin); for **"
        )
    ]
    assert told(policy(), policy(replace(freeze, windows=None))) == [
        "unclear: clause freeze is new: it asks nothing; for **"
    ]
    assert told(policy(), policy(replace(PROD, count=1, people=()))) == [
        "tighter: clause prod is new: 1 approval of everyone; for specs/prod/**"
    ]


def test_clauses_of_one_name() -> None:
    """The second clause of a name is held against the second."""
    other = replace(PROD, count=1)

    assert told(policy(PROD, other), policy(PROD, replace(other, count=3))) == [
        "tighter: prod needs 3 approvals instead of 1"
    ]
    assert told(policy(PROD), policy(PROD, other)) == [
        "tighter: clause prod is new: 1 approval of ann or ben; for specs/prod/**"
    ]


def test_another_order() -> None:
    """What only stands in another order says so, and asks neither more nor less."""
    other = replace(PROD, name="other")

    assert told(policy(PROD, other), policy(other, PROD)) == [
        "neither: jobgate.yaml: `clauses` stands in another order"
    ]


def test_people() -> None:
    """Who comes, goes, and is made out by something else is told one by one."""
    ann = values.person("ann")
    rich = replace(
        ann, keys=(KEY,), accounts=(("github", "ann-1"),), emails=("ann@example.org", "a@x")
    )
    old = policy()

    assert told(old, replace(old, people=(*old.people, Person(name="eve")))) == [
        "looser: eve is listed: may approve whatever asks everyone"
    ]
    assert told(old, replace(old, people=(ann,))) == [
        "tighter: ben is listed no longer: may approve nothing"
    ]
    more = replace(old, people=(rich, values.person("ben")))
    assert told(old, more) == [
        f"looser: a key of ann is added: {SHORT}",
        "looser: ann-1 on github is ann: their reviews count as theirs",
        "neither: a@x is an address of ann",
    ]
    assert told(more, old) == [
        "looser: a@x is an address of ann no longer: what was made under it counts as a stranger's",
        f"tighter: a key of ann is gone: {SHORT}",
        "tighter: ann-1 on github is ann no longer",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((), (SIGNER,), f"looser: allowed_signers: the key {SHORT} of ann counts always"),
        (
            (replace(SIGNER, authority=True),),
            (),
            f"tighter: allowed_signers: a certificate by {SHORT} of ann no longer counts",
        ),
        (
            (SIGNER,),
            (replace(SIGNER, valid_after="20260101000000"),),
            (
                f"tighter: allowed_signers: the key {SHORT} of ann counts from 20260101000000 "
                "instead of always"
            ),
        ),
        (
            (replace(SIGNER, valid_after="20260101000000", valid_before="20270101000000"),),
            (replace(SIGNER, valid_after="20250101000000", valid_before="20260601000000"),),
            (
                f"unclear: allowed_signers: the key {SHORT} of ann counts from 20250101000000 "
                "until 20260601000000 instead of from 20260101000000 until 20270101000000"
            ),
        ),
        (
            (replace(SIGNER, valid_before="20270101000000"),),
            (SIGNER,),
            (
                f"looser: allowed_signers: the key {SHORT} of ann counts always instead of until "
                "20270101000000"
            ),
        ),
    ],
)
def test_signers(old: tuple[Signer, ...], new: tuple[Signer, ...], expected: str) -> None:
    """A line of allowed_signers lets somebody sign, for longer or for less long."""
    assert told(replace(policy(), signers=old), replace(policy(), signers=new)) == [expected]
    untouched = replace(SIGNER, key=OTHER_KEY)
    kept = [replace(policy(), signers=(untouched, *each)) for each in (old, new)]
    assert told(kept[0], kept[1]) == [expected]


def test_teams() -> None:
    """Who is in a team may approve what asks it."""
    sre = Team(name="sre", members=("ann",), accounts=(("github", "acme/sre"),))
    web = Team(name="web")
    old = replace(policy(), teams=(sre,))

    assert told(policy(), old) == ["looser: team sre is new: ann and acme/sre on github"]
    assert told(policy(), replace(policy(), teams=(web,))) == ["looser: team web is new: nobody"]
    assert told(old, policy()) == ["tighter: team sre is gone"]
    assert told(old, replace(old, teams=(replace(sre, members=("ben",), accounts=()),))) == [
        "looser: ben is in team sre now",
        "tighter: ann is in team sre no longer",
        "tighter: acme/sre on github is in team sre no longer",
    ]


OWNED = (Owned(pattern="*", owners=("@one",)), Owned(pattern="/a", owners=("@one", "@two")))


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ((OWNED[0],), "unclear: the line of /a is gone, which named @one or @two"),
        ((*OWNED, Owned(pattern="/b", owners=())), "unclear: /b is owned by nobody"),
        (
            (OWNED[0], replace(OWNED[1], owners=("@two",))),
            "tighter: /a is owned by @two instead of @one or @two",
        ),
        (
            (replace(OWNED[0], owners=("@one", "@x")), OWNED[1]),
            "looser: * is owned by @one or @x instead of @one",
        ),
        (
            (replace(OWNED[0], owners=("@x",)), OWNED[1]),
            "unclear: * is owned by @x instead of @one",
        ),
        (
            (replace(OWNED[0], owners=()), OWNED[1]),
            "looser: * is owned by nobody instead of @one",
        ),
        (
            (OWNED[1], OWNED[0]),
            "unclear: the lines stand in another order, and the last that matches holds",
        ),
    ],
)
def test_owners(new: tuple[Owned, ...], expected: str) -> None:
    """Whose file it is weighs where a clause asks owners, before or after."""
    asking = replace(policy(replace(PROD, owners=True)), owned=OWNED)
    way, text = expected.split(": ", 1)

    assert told(asking, replace(asking, owned=new)) == [f"{way}: CODEOWNERS: {text}"]
    unasking = replace(asking, clauses=())
    assert told(unasking, replace(unasking, owned=new)) == [f"neither: CODEOWNERS: {text}"]


def test_an_owner_where_there_was_none() -> None:
    """A file that gets an owner needs more than before; a double line says nothing new."""
    free = replace(policy(replace(PROD, owners=True)), owned=(Owned(pattern="/a", owners=()),))
    taken = replace(free, owned=(Owned(pattern="/a", owners=("@one",)),))

    assert told(free, taken) == ["tighter: CODEOWNERS: /a is owned by @one instead of nobody"]
    assert told(free, replace(free, owned=free.owned * 2)) == [
        "unclear: CODEOWNERS: the lines stand in another order, and the last that matches holds"
    ]
    swapped = replace(taken, owned=(Owned(pattern="/a", owners=("@one", "@two")),))
    turned = replace(taken, owned=(Owned(pattern="/a", owners=("@two", "@one")),))
    assert told(swapped, turned) == ["unclear: CODEOWNERS: `owned` says something else"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, FORGE, ["looser: reviews count that github has of acme/ops"]),
        (FORGE, None, ["tighter: reviews count no longer: no forge is named"]),
        (
            FORGE,
            replace(FORGE, url="https://b"),
            ["unclear: reviews are asked for at https://b instead of https://a"],
        ),
        (
            FORGE,
            ForgeEntry(name="far", url="https://b", repository="acme/web", token="T" * 2),
            [
                "unclear: reviews are those on far instead of github",
                "unclear: reviews are those of acme/web instead of acme/ops",
                "unclear: reviews are asked for at https://b instead of https://a",
                "unclear: reviews are asked for with the token in TT instead of FORGE",
            ],
        ),
    ],
)
def test_the_forge(old: ForgeEntry | None, new: ForgeEntry | None, expected: list[str]) -> None:
    """Whose word counts for reviews is told."""
    assert told(replace(policy(), forge=old), replace(policy(), forge=new)) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, GLASS, ["looser: ann may break the glass: no approvals, no windows"]),
        (GLASS, None, ["tighter: nobody may break the glass any more"]),
        (
            GLASS,
            BreakGlass(people=("ben",), hours=12),
            [
                "looser: ben may break the glass: no approvals, no windows",
                "tighter: ann may break the glass no longer",
                "tighter: broken glass is to be followed up within hours: 12 instead of 24",
            ],
        ),
        (
            GLASS,
            replace(GLASS, hours=48),
            ["looser: broken glass is to be followed up within hours: 48 instead of 24"],
        ),
    ],
)
def test_broken_glass(old: BreakGlass | None, new: BreakGlass | None, expected: list[str]) -> None:
    """Who may do without approvals is the first thing told."""
    before, after = replace(policy(), break_glass=old), replace(policy(), break_glass=new)
    assert told(before, after) == expected


def test_days() -> None:
    """Approvals that last longer let more pass."""
    short = replace(policy(), days=7)

    assert told(policy(), short) == ["tighter: an approval lasts days: 7 instead of 30"]
    assert told(short, policy()) == ["looser: an approval lasts days: 30 instead of 7"]


def test_runners() -> None:
    """Whose keys sign the journal is told, and when nobody does any more."""
    none, one, both, other = (
        replace(policy(), runners=keys) for keys in ((), (KEY,), (KEY, OTHER_KEY), (OTHER_KEY,))
    )

    assert told(none, one) == [
        "tighter: the journal is signed from now on",
        f"neither: a runner's key is added: {SHORT}",
    ]
    assert told(one, none) == [
        "looser: the journal is signed no longer",
        f"neither: a runner's key is gone: {SHORT}",
    ]
    assert told(one, both) == [f"looser: a runner's key is added: {OTHER_SHORT}"]
    assert told(both, other) == [f"tighter: a runner's key is gone: {SHORT}"]


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (
            replace(SECRET, paths=("specs/**",)),
            "looser: secret db may go to specs/** instead of specs/prod/**",
        ),
        (
            replace(SECRET, platforms=("lab",)),
            "unclear: secret db may go to jobs on lab instead of prod",
        ),
        (
            replace(SECRET, kind="command", source=("pass", "db")),
            "unclear: secret db comes from command pass db instead of env DB",
        ),
        (None, "tighter: secret db is gone: no job may have it"),
    ],
)
def test_secrets(new: SecretSource | None, expected: str) -> None:
    """Which jobs may have a secret, and where that is found, is told."""
    old = replace(policy(), secrets=(SECRET,))

    assert told(old, replace(old, secrets=() if new is None else (new,))) == [expected]


def test_a_new_secret() -> None:
    """A new secret is told with all to whom it may go."""
    assert told(policy(), replace(policy(), secrets=(SECRET,))) == [
        "looser: secret db is new, from env DB: it may go to specs/prod/** on prod"
    ]


def test_platforms() -> None:
    """Where a platform is, and what it is asked with, is told field by field."""
    old = replace(policy(), platforms=(FAR,))
    other = replace(
        FAR,
        type="embedded",
        url="",
        stage="test",
        tenant="t",
        application="ci",
        route="system",
        paths=("specs/x/**",),
        credentials=(("u", "text", "bo"),),
    )

    assert told(old, replace(old, platforms=(other,))) == [
        "unclear: platform far goes to none instead of https://one",
        "unclear: platform far is of the type embedded instead of bkjob",
        "unclear: platform far has the stage test instead of none",
        "unclear: platform far has the tenant t instead of none",
        "unclear: platform far has the application ci instead of none",
        "unclear: platform far has the route system instead of user",
        "unclear: platform far takes the specs of specs/x/** instead of specs/**",
        "unclear: platform far takes t from nowhere instead of env X",
        "unclear: platform far takes u from text bo instead of nowhere",
    ]
    assert told(old, replace(old, platforms=())) == [
        "tighter: platform far is gone: no job goes there"
    ]
    assert told(replace(old, platforms=()), old) == [
        "unclear: platform far is new: bkjob https://one, for specs/**"
    ]
    two = replace(FAR, credentials=(*FAR.credentials, ("u", "text", "bo")))
    longer = replace(old, platforms=(two,))
    assert told(old, longer) == ["unclear: platform far takes u from text bo instead of nowhere"]


def test_pins() -> None:
    """What a stored script means is told by platform and by name."""
    old = replace(policy(), pins=(("far", "12", PIN), ("far", 9, PIN)))
    moved = replace(PIN, version=5)
    altered = replace(PIN, sha256=values.sha("5"))

    assert told(old, replace(old, pins=(("far", "12", moved), ("far", 9, altered)))) == [
        "unclear: script 12 on far means version 5 instead of 4",
        (
            f"unclear: version 9 on far, version 4, holds another text: SHA-256 "
            f"{altered.sha256[:12]}… instead of {PIN.sha256[:12]}…"
        ),
    ]
    assert told(old, replace(old, pins=(("far", 9, PIN), ("far", "12", moved)))) == [
        "unclear: script 12 on far means version 5 instead of 4"
    ]
    assert told(old, replace(old, pins=(("far", "12", PIN),))) == [
        "neither: version 9 on far is pinned no longer"
    ]
    assert told(policy(), replace(old, pins=(("far", "12", PIN),))) == [
        "neither: script 12 on far is pinned to version 4"
    ]


def test_what_asks_less_comes_first() -> None:
    """Sentences are sorted by their weight, and of one weight by what they are about."""
    old = replace(policy(PROD), days=7, pins=(("far", "12", PIN),))
    new = replace(policy(replace(PROD, count=1, max_hosts=5)), forge=FORGE)

    assert told(old, new) == [
        "looser: prod needs 1 approval instead of 2",
        "looser: reviews count that github has of acme/ops",
        "looser: an approval lasts days: 30 instead of 7",
        "tighter: prod allows 5 instead of any number of hosts",
        "neither: script 12 on far is pinned no longer",
    ]


def test_a_line_that_moved_is_no_difference() -> None:
    """Where in its file something stands is not what it says."""
    assert told(policy(PROD), policy(replace(PROD, line=9))) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (("specs/**",), ("specs/a/**",), False),
        (("specs/a/**",), ("specs/**",), True),
        (("**",), ("specs/**", "*.md"), False),
        (("specs/*/**",), ("specs/a/**",), True),
        (("specs/?/**",), ("specs/a/**",), True),
        (("specs/**",), ("specsx/**",), True),
        ((), ("specs/**",), False),
        (("specs/**",), (), True),
        (("**",), (), False),
        (("a", "b"), ("b",), False),
    ],
)
def test_wider_globs(old: tuple[str, ...], new: tuple[str, ...], expected: object) -> None:
    """Globs are wider unless it is plain that others match all that they do."""
    assert shifts.wider(old, new) == expected


@pytest.mark.parametrize(
    ("names", "expected"), [("", ""), ("a", "a"), ("ab", "a and b"), ("abc", "a, b and c")]
)
def test_lists(names: str, expected: str) -> None:
    """Names are listed as in a sentence."""
    assert shifts.listed(names) == expected
