"""`expressions`: what a clause may say of a job, and what is wrong with what it may not."""

from __future__ import annotations

import pytest

from runner.expressions import reading
from runner.expressions.kinds import Fault

SOUND = [
    ("true", set()),
    ("!false", set()),
    ("!!true && (false || true)", set()),
    ('job.name == "restart"', {"name"}),
    ("job.name != 'it\\'s \\\\'", {"name"}),
    ('job.path.startsWith("specs/") || job.path.endsWith(".yaml")', {"path"}),
    ('job.scope.contains("biz/") && job.platform in ["prod", "stage"]', {"scope", "platform"}),
    ("size(job.hosts) > 20", {"hosts"}),
    ("job.hosts.size() >= 20", {"hosts"}),
    ('"0:10.0.0.1" in job.hosts', {"hosts"}),
    ('job.hosts[0] == "0:10.0.0.1"', {"hosts"}),
    ('job.hosts == ["0:10.0.0.1"]', {"hosts"}),
    ("job.hosts == []", {"hosts"}),
    ('job.hosts.all(each, each.startsWith("0:"))', {"hosts"}),
    ("job.hosts.exists(each, each == job.labels.host)", {"hosts", "labels"}),
    ('job.hosts.exists_one(h, h == "a") && job.hosts.all(h, h != "b")', {"hosts"}),
    ('job.labels.team == "edge"', {"labels"}),
    ('job.labels["team"] == "edge"', {"labels"}),
    ('"team" in job.labels && size(job.labels) < 3', {"labels"}),
    ('job.labels.all(name, name != "x")', {"labels"}),
    ("has(job.labels.team)", {"labels"}),
    ("has(job.request.rolling_config.mode)", {"request"}),
    ("job.request.timeout < 60", {"request"}),
    ('job.request["timeout"] < 60', {"request"}),
    ("job.request.timeout == job.run", {"request", "run"}),
    ("job.request.steps[0].flag && !job.request.flag", {"request"}),
    ('job.request.account_alias.startsWith("ro")', {"request"}),
    ("job.request.timeout == null", {"request"}),
    ('job.request.execute_target.host_list.exists(h, h.ip == "10.0.0.1")', {"request"}),
    ('"a" in job.request.names && job.request.x in [1, 2]', {"request"}),
    ('job.run == 1 ? job.name == "a" : job.name == "b"', {"run", "name"}),
    ('(job.run == 1 ? "a" : "b") == job.name', {"run", "name"}),
    ('(job.run == 1 ? "a" : 2) == job.name', {"run", "name"}),
    ("int(job.labels.tier) > 2 && string(job.run) == '1'", {"labels", "run"}),
    ("int(job.request.a) > 1 || string(job.request.a) == '1'", {"request"}),
    ("[1, 2] == [1] || [true] == [] || 3 in [1, 2]", set()),
    ("[1, 'a'] != [2] && 1 in [1, 'a']", set()),
    ("size('abc') == 3 && 'a' < 'b'", set()),
    (" \t\r\n true \n", set()),
    ("(" * 19 + "true" + ")" * 19, set()),
    ("job.name == '" + "x" * 485 + "'", {"name"}),
]
FAULTS = [
    ("", "`its end` is no value"),
    ("job.name", "the whole is a text, not true or false"),
    ("job.run", "the whole is a number"),
    ("[true]", "the whole is a list, not"),
    ("job.labels", "the whole is the labels"),
    ("job.hosts", "the whole is a list of texts"),
    ("[1]", "the whole is a list of numbers"),
    ("job.request.flag", "the whole is what only the job itself can tell"),
    ("null", "the whole is what only the job itself can tell"),
    ("job", "it ends where `.` should"),
    ('job["name"] == "a"', "`[` stands where `.` should"),
    ("job. == 1", "`==` stands where `name` should"),
    ("job.nope == 1", "a job has no field nope"),
    ("jobs.name == 'a'", "it names jobs, and knows nothing but `job`"),
    ("now == 1", "it names now,"),
    ("now() == 1", "there is no function now"),
    ("timestamp('2026-01-01T00:00:00Z') == 1", "there is no function timestamp"),
    ("job.name == 5", "`==` stands between a text and a number"),
    ("job.hosts > 5", "`>` stands between a list of texts and a number"),
    ("true < false", "`<` stands between true or false and true or false"),
    ("job.hosts == [1]", "`==` stands between a list of texts and a list of numbers"),
    ("1 in job.hosts", "`in` stands between a number and a list of texts"),
    ("'a' in 'abc'", "`in` stands between a text and a text"),
    ("1 in job.labels", "`in` stands between a number and the labels"),
    ("1 == 1 == true", "`==` stands where `end` should"),
    ("1 && true", "what stands before `&&` is a number, not true or false"),
    ("true && 'a'", "what stands behind `&&` is a text"),
    ("'a' || true", "what stands before `||` is a text"),
    ("true || 1", "what stands behind `||` is a number"),
    ("!1", "what stands behind `!` is a number"),
    ("1 ? true : false", "what stands before `?` is a number"),
    ("true ? true", "it ends where `:` should"),
    ("true ? 'a' : 'b'", "the whole is a text"),
    ("1 + 1 == 2", "cannot read it from `+ 1 == 2` on"),
    ("job.run == -1", "cannot read it from `-1` on"),
    ("job.run == 1u", "cannot read it from `1u` on"),
    ("job.run == 1.5", "cannot read it from `1.5` on"),
    ("job.run == 0x1", "cannot read it from `0x1` on"),
    ("job.run == 01", "cannot read it from `01` on"),
    ("job.run == " + "9" * 19, "cannot read it from"),
    ("job.name == r'a'", "cannot read it from `r'a'` on"),
    ("job.name == rb'a'", "cannot read it from `rb'a'` on"),
    ("job.name == 'a\\n'", "cannot read it from"),
    ("job.name == 'a\n'", "cannot read it from"),
    ("job.name == 'a", "cannot read it from `'a` on"),
    ("job.name == '''a'''", "stands where `end` should"),
    ("true // yes", "cannot read it from `// yes` on"),
    ("{'a': 1}.a == 1", "cannot read it from"),
    ("job.labels.`x` == 'a'", "cannot read it from"),
    ("é == 1", "cannot read it from `é == 1` on"),
    ("true true", "`true` stands where `end` should"),
    ("(true", "it ends where `)` should"),
    ("[1 2] == []", "`2` stands where `,` should"),
    (") == 1", "`)` is no value"),
    ("job.name.x == 'a'", "a text has no field x"),
    ("job.hosts.x == 'a'", "a list of texts has no field x"),
    ("job.labels.in == 'a'", "the labels has no field in"),
    ("job.name[0] == 'a'", "a text has no items"),
    ("job.hosts['a'] == 'a'", "what stands in brackets is a text, not a number"),
    ("job.hosts[0) == 'a'", "`)` stands where `]` should"),
    ("size(job.hosts] > 1", "`]` stands where `)` should"),
    ("job.name.startsWith('a']", "`]` stands where `)` should"),
    ("(true]", "`]` stands where `)` should"),
    ("[1, 2) == []", "`)` stands where `,` should"),
    ("job.labels[1] == 'a'", "what stands in brackets is a number, not a text"),
    ("[job.hosts] == []", "a list that is written out holds a list of texts"),
    ("[job.request.a] == []", "a list that is written out holds what only"),
    ("has(job.name)", "`has` is not of a field"),
    ("has(job.labels)", "`has` is not of a field"),
    ("has((job.labels.a))", "`has` is not of a field"),
    ("has(job.labels['a'])", "`has` is not of a field"),
    ("has('a' == job.labels.a)", "`has` is not of a field"),
    ("has(true && job.request.a)", "`has` is not of a field"),
    ("has(!job.request.a)", "`has` is not of a field"),
    ("has(true ? job.request.a : job.request.b)", "`has` is not of a field"),
    ("has(size(job.request.a))", "`has` is not of a field"),
    ("has(job.request.a.startsWith('b'))", "`has` is not of a field"),
    ("has([job.labels.a])", "`has` is not of a field"),
    ("size(1) == 1", "a number has no size"),
    ("job.run.size() == 1", "a number has no size"),
    ("true.size() == 1", "true or false has no size"),
    ("int(job.hosts) == 1", "there is no int of a list of texts"),
    ("string(true) == 'a'", "there is no string of true or false"),
    ("job.name.matches('a')", "there is no matches of a text"),
    ("job.hosts.map(h, h) == []", "there is no map of a list of texts"),
    ("job.hosts.filter(h, true) == []", "there is no filter of"),
    ("job.run.startsWith('1')", "what stands before `startsWith` is a number, not a text"),
    ("job.name.startsWith(1)", "what `startsWith` looks for is a number, not a text"),
    ("job.name.all(h, true)", "a text has no items"),
    ("job.hosts.all(h, h)", "what `all` says of each is a text, not true or false"),
    ("job.hosts.all(job, true)", "a variable is named job"),
    ("job.hosts.all(1, true)", "`1` stands where `name` should"),
    ("job.hosts.all(h true)", "`true` stands where `,` should"),
    ("job.hosts.all(h, h == 'a') && h == 'b'", "it names h,"),
    ("job.hosts.all(h, job.hosts.exists(x, x == h))", "job.hosts stands within"),
    ("job.hosts.all(h, h in job.hosts)", "job.hosts stands within `all` or `exists`"),
    ("job.hosts.all(h, job.request.a == 1)", "job.request stands within"),
    ("job.hosts.all(h, ['a'].exists(x, x == h))", "`exists` stands within another one"),
    ("(" * 20 + "true" + ")" * 20, "it is nested deeper than 20"),
    ("job.name == '" + "x" * 487 + "'", "it has 501 characters, and may have 500"),
]


@pytest.mark.parametrize(("text", "fields"), SOUND)
def test_what_may_be_said(text: str, fields: set[str]) -> None:
    """Comparisons of what is known of a job are read, and tell which fields they look at."""
    assert reading.fields(text) == frozenset(fields)


@pytest.mark.parametrize(("text", "message"), FAULTS)
def test_what_may_not_be_said(text: str, message: str) -> None:
    """Whatever else there is in CEL, or is of the wrong kind, is a fault with a mend."""
    found = reading.fields(text)

    assert isinstance(found, Fault)
    assert message in found.message
    assert found.mend
    assert "\n" not in found.message


def test_the_mends_say_what_to_write() -> None:
    """Each kind of fault has its own mend."""
    mends = {
        text: found.mend
        for text, _ in FAULTS
        for found in [reading.fields(text)]
        if isinstance(found, Fault)
    }

    assert mends["job.name"] == 'compare it with something, as in `job.platform == "prod"`'
    assert mends["job.nope == 1"].startswith("name one of hosts, labels, name, path, platform, ")
    assert mends["size(1) == 1"].startswith("write what the reference of the policy says")
    assert mends["1 + 1 == 2"] == "write texts in quotes, whole numbers, names, and no arithmetic"
    assert mends["job.hosts['a'] == 'a'"].startswith("compare it with a number")
    assert mends["has(job.name)"] == "write `has(job.labels.team)` or of the request"
    assert mends["job.hosts.all(h, h in job.hosts)"] == "look at the variable alone there"
    assert mends["job.hosts.all(job, true)"] == "give it a name of its own"
    assert mends["(" * 20 + "true" + ")" * 20] == "make two clauses of it"
