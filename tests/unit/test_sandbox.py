"""The sandbox: what templates may say and do, and how all else ends."""

from __future__ import annotations

import inspect
import re
import sys
import time
from typing import TYPE_CHECKING

import jinja2
import pytest

from runner.model import Secret
from runner.template import guarded, sandbox
from runner.template.bounds import Meter
from runner.template.faults import FaultError
from runner.template.sandbox import Sandbox

if TYPE_CHECKING:
    from runner.model import Json, Parts

VARS: dict[str, Json] = {
    "service": "nginx",
    "port": 8080,
    "on": True,
    "off": False,
    "nothing": None,
    "items": ["b", "a"],
    "hosts": {"sh": [{"ip": "10.0.0.1", "id": 2}, {"ip": "10.0.0.2"}], "gz": []},
    "words": ["b", "A", "a", "B"],
    "numbers": [3, 1, 2],
    "pairs": {"b": 1, "a": 2},
    "quote": "it's {{ here }}",
}
CONTEXT: dict[str, Json] = {
    "matrix": {"zone": "sh"},
    "metadata": {"name": "web", "labels": {}},
    "vars": VARS,
}
MACROS = {
    "names.j2": "{% set version = 3 %}{% macro host(zone, n=1) %}{{ zone }}-{{ n }}{% endmacro %}",
    "counter.j2": (
        "{% set ns = namespace(n=0) %}"
        "{% macro next() %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{% endmacro %}"
    ),
    "wrap.j2": "{% macro wrap() %}<{{ caller() }}>{% endmacro %}",
    "zone.j2": "zone {{ matrix.zone }}",
    "outer.j2": "{% include 'zone.j2' %}!",
    "broken.j2": "first\n{{ 1 + }}\n",
    "failing.j2": "{% macro fail(x) %}\n{{ x.name }}\n{% endmacro %}",
    "ring-a.j2": "{% include 'ring-b.j2' %}",
    "ring-b.j2": "{% include 'ring-a.j2' %}",
    "lost.j2": "\n\n{% include 'nowhere.j2' %}",
    **{f"many-{n}.j2": f"{{% include 'many-{n + 1}.j2' %}}" for n in range(40)},
}


def value(text: str) -> Json:
    """Evaluate a text in a sandbox of its own."""
    made = Sandbox(MACROS.get).evaluate(text, CONTEXT)
    assert not isinstance(made, tuple)
    return made


def fault(text: str) -> FaultError:
    """Return the fault that a text ends in."""
    with pytest.raises(FaultError) as caught:
        value(text)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("50% {of} #it", "50% {of} #it"),
        ("{{ vars.items }}", ["b", "a"]),
        ("{{ vars['items'] }}", ["b", "a"]),
        ("{{- vars.port -}}", 8080),
        (" {{ vars.port }}", " 8080"),
        ("{{ vars.port }}\n", "8080\n"),
        ("{{ vars.port }}{{ vars.port }}", "80808080"),
        ("{{ vars.on }}", True),
        ("{{ vars.nothing }}", None),
        ("is {{ vars.on }}", "is true"),
        ("{{ vars.quote }}", "it's {{ here }}"),
        ("<{{ vars.quote }}>", "<it's {{ here }}>"),
        ("{# all of it #}", ""),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{{ vars.hosts[matrix.zone] | map(attribute='ip') | join(' ') }}", "10.0.0.1 10.0.0.2"),
        ("{{ (1, 'a', none, {'k': [true]}) }}", [1, "a", None, {"k": [True]}]),
        ("{{ metadata.name ~ '-' ~ 1 }}", "web-1"),
        ("{{ vars.items[0] ~ vars.items[-1] }}", "ba"),
        ("{{ vars.service[1:3] }}", "gi"),
        ("{{ vars.items[::-1] }}", ["a", "b"]),
        ("{{ vars.service[0] }}", "n"),
    ],
)
def test_value(text: str, expected: Json) -> None:
    """A whole expression is its value, any other template its text, and other text itself."""
    assert value(text) == expected
    assert type(value(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 7 + 2 * 3 - 1 }}", 12),
        ("{{ -7 // 2 }}", -4),
        ("{{ +7 % 4 }}", 3),
        ("{{ 2 ** 10 }}", 1024),
        ("{{ 'a' + 'b' }}", "ab"),
        ("{{ [1] + [2] }}", [1, 2]),
        ("{{ 'ab' * 2 }}", "abab"),
        ("{{ [0] * 3 }}", [0, 0, 0]),
        ("{{ 1 == 1 and 1 != 2 and 1 < 2 and 2 <= 2 and 3 > 2 and 3 >= 3 }}", True),
        ("{{ 'a' < 'b' and not 'b' <= 'a' }}", True),
        ("{{ 'a' in 'cat' and 'x' not in 'cat' }}", True),
        ("{{ 'b' in vars.items and 'a' in vars.pairs }}", True),
        ("{{ 'yes' if vars.on else 'no' }}", "yes"),
        ("{{ vars.off or 'other' }}", "other"),
        ("{{ range(3) }}", [0, 1, 2]),
        ("{{ range(4, 0, -2) }}", [4, 2]),
        ("{{ range(1, stop=3) }}", [1, 2]),
    ],
)
def test_operators(text: str, expected: Json) -> None:
    """Operators work on whole numbers, text and lists as they do in Jinja."""
    assert value(text) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'aB c'|upper", "AB C"),
        ("'aB c'|lower", "ab c"),
        ("'aB c-d'|title", "Ab C-D"),
        ("'aB c'|capitalize", "Ab c"),
        ("' a '|trim", "a"),
        ("'xax'|trim('x')", "a"),
        ("5|string", "5"),
        ("'aaa'|replace('a', 'b')", "bbb"),
        ("'aaa'|replace('a', 'b', 2)", "bba"),
        ("'aaa'|replace('a', 'b', count=-1)", "aaa"),
        ("'a  b'|split", ["a", "b"]),
        ("'a,b'|split(',')", ["a", "b"]),
        ("'x'|center(3)", " x "),
        ("'a\\n\\nb'|indent(2)", "a\n\n  b"),
        ("'a\\n\\nb'|indent('> ', true, true)", "> a\n> \n> b"),
        ("'%03d %s %.2s %% %X'|format(7, true, 'abc', 255)", "007 true ab % FF"),
        ("' -12 '|int", -12),
        ("true|int", 1),
        ("'x'|int(5)", 5),
        ("'a b'|quote", "'a b'"),
        ("['a b', 1]|shquote", "'a b' 1"),
        ("(-3)|abs", 3),
        ("vars.words|sort", ["A", "a", "b", "B"]),
        ("vars.words|sort(case_sensitive=true)", ["A", "B", "a", "b"]),
        ("vars.numbers|sort(reverse=true)", [3, 2, 1]),
        ("vars.words|unique", ["b", "A"]),
        ("vars.words|unique(true)", ["b", "A", "a", "B"]),
        ("vars.numbers|min", 1),
        ("vars.numbers|max", 3),
        ("vars.words|max", "b"),
        ("vars.numbers|sum", 6),
        ("[{'n': 1}, {'n': 2}]|sum(attribute='n', start=10)", 13),
        ("vars.items|first ~ vars.items|last", "ba"),
        ("'xyz'|first ~ 'xyz'|last", "xz"),
        ("vars.items|length + 'abc'|count", 5),
        ("vars.pairs|list", ["a", "b"]),
        ("'ab'|list", ["a", "b"]),
        ("vars.items|reverse", ["a", "b"]),
        ("'ab'|reverse", "ba"),
        ("vars.pairs|items", [["a", 2], ["b", 1]]),
        ("vars.pairs|dictsort(by='value')", [["b", 1], ["a", 2]]),
        ("vars.pairs|dictsort(reverse=true)", [["b", 1], ["a", 2]]),
        ("vars.pairs|join('+')", "a+b"),
        ("[[[1], 2]]|join('', attribute='0.0')", "1"),
        ("{'b': [1, none], 'a': 'é'}|tojson", '{"a":"é","b":[1,null]}'),
        ("vars.none_such|default('x')", "x"),
        ("vars.none_such|d", ""),
        ("vars.service|default('x')", "nginx"),
        ("''|default('x', true)", "x"),
        ("vars.items|map('upper')", ["B", "A"]),
        ("vars.items|map('center', width=3)", [" b ", " a "]),
        ("vars.hosts.sh|map(attribute='id', default=0)", [2, 0]),
        ("vars.numbers|select('odd')", [3, 1]),
        ("vars.numbers|reject('gt', 1)", [1]),
        ("[0, 1, '']|select", [1]),
        ("vars.hosts.sh|selectattr('id', 'defined')|map(attribute='ip')", ["10.0.0.1"]),
        ("vars.hosts.sh|rejectattr('id', 'defined')|map(attribute='ip')", ["10.0.0.2"]),
        ("[{'a': 1}, {'a': 0}]|selectattr('a')", [{"a": 1}]),
    ],
)
def test_filters(expression: str, expected: Json) -> None:
    """Each filter of the allow-list gives text, numbers or trees of them, in a fixed order."""
    assert value("{{ " + expression + " }}") == expected


@pytest.mark.parametrize(
    "expression",
    [
        "vars.on is boolean",
        "4 is even",
        "3 is odd",
        "vars.off is false",
        "vars.on is true",
        "3 is integer",
        "3 is number",
        "vars.on is not number",
        "'a' is iterable",
        "vars.pairs is mapping",
        "vars.items is sequence",
        "vars.nothing is none",
        "'a' is string",
        "'a' is truthy",
        "9 is divisibleby 3",
        "1 is eq 1",
        "1 is equalto 1",
        "2 is ge 1",
        "2 is greaterthan 1",
        "2 is gt 1",
        "1 is in [1]",
        "1 is le 1",
        "1 is lessthan 2",
        "1 is lt 2",
        "1 is ne 2",
        "vars.service is defined",
        "vars.none_such is undefined",
        "none_such is not defined",
        "vars is not undefined",
    ],
)
def test_questions(expression: str) -> None:
    """Each test of the allow-list holds where it should."""
    assert value("{{ " + expression + " }}") is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% for x in vars.items %}{{ loop.index }}{{ x }}{% endfor %}", "1b2a"),
        ("{% for x in vars.pairs %}{{ x }}{% endfor %}", "ab"),
        ("{% for k, v in vars.pairs|items %}{{ k }}={{ v }} {% endfor %}", "a=2 b=1 "),
        ("{% for x in [1, 2, 3] if x is odd %}{{ x }}{{ loop.last }}{% endfor %}", "1false3true"),
        ("{% for x in [] %}x{% else %}none{% endfor %}", "none"),
        ("{% set a = 1 %}{% set b, c = [2, 3] %}{{ a }}{{ b }}{{ c }}", "123"),
        ("{% set a %}x{{ 1 }}{% endset %}{{ a }}", "x1"),
        ("{% set a|upper %}x{% endset %}{{ a }}", "X"),
        ("{% filter upper %}a{% endfilter %}", "A"),
        ("{% with a = 1 %}{{ a }}{% endwith %}", "1"),
        ("{% if vars.off %}a{% elif vars.on %}b{% else %}c{% endif %}", "b"),
        ("{% set n = namespace(i=0) %}{% set n.i = n.i + 2 %}{{ n.i }}{{ n['i'] }}", "22"),
        ("{% macro m(a, b=2) %}{{ a }}{{ b }}{{ varargs|length }}{% endmacro %}{{ m(1) }}", "120"),
        ("{% macro m() %}{{ varargs[0] }}{{ kwargs.x }}{% endmacro %}{{ m(1, x=2) }}", "12"),
        ("{% macro m() %}{{ varargs|join }}{% endmacro %}{% if 1 %}{{ m(1, 2) }}{% endif %}", "12"),
        ("{% set m = namespace(r=range) %}{% for x in m.r(2) %}{{ x }}{% endfor %}", "01"),
        ("{% for x in [1] %}{% for y in range(x) %}{{ y }}{% endfor %}{% endfor %}", "0"),
        ("{% import 'names.j2' as n %}{{ n.host('sh') }} {{ n.version }}", "sh-1 3"),
        ("{% from 'names.j2' import host, version as v %}{{ host('gz', n=v) }}", "gz-3"),
        ("{% import 'wrap.j2' as w %}{% call w.wrap() %}in{% endcall %}", "<in>"),
        ("{% include 'outer.j2' %}", "zone sh!"),
        ("{% include 'zone.j2' %}, {% include 'outer.j2' %}", "zone sh, zone sh!"),
        ("{% for x in [1, 2] %}{% include 'zone.j2' %};{% endfor %}", "zone sh;zone sh;"),
    ],
)
def test_statements(text: str, expected: str) -> None:
    """Loops, names, macros, imports and includes work as they do in Jinja; mappings go by key."""
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "mend"),
    [
        ("{{ vars.servce }}", "cannot use `servce`: the mapping has no such key", "`service`"),
        ("{{ vras.service }}", "cannot use `vras`: it is not defined here", "`vars`"),
        ("{% set host = 1 %}{{ hots }}", "cannot use `hots`: it is not defined here", "`host`"),
        ("{{ vars.items[7] }}", "cannot use `7`: the list has no such key", "|default"),
        ("{{ [vars.nope] }}", "cannot use `nope`: the mapping has no such key", "|default"),
        ("{{ {'a': (1, vars.nope)} }}", "cannot use `nope`: the mapping has no such key", ""),
        ("{{ vars.nope ~ '' }}", "cannot use `nope`: the mapping has no such key", ""),
        ("{{ vars.nope|string }}", "cannot use `nope`: the mapping has no such key", ""),
        ("{{ vars.nope.deeper }}", "cannot use `nope`: the mapping has no such key", ""),
        ("{{ vars.nope() }}", "cannot use `nope`: the mapping has no such key", ""),
        ("{% if vars.nope %}{% endif %}", "cannot use `nope`: the mapping has no such key", ""),
        ("{% for x in nope %}{% endfor %}", "cannot use `nope`: it is not defined here", ""),
        ("{{ vars.hosts.sh|map(attribute='id') }}", "cannot use `id`: the mapping", ""),
        ("{{ [1]|map(attribute='id') }}", "cannot use `id`: the whole number has no such", ""),
        ("{{ vars.hosts.sh|map(attribute='i.' ~ 'p') }}", "cannot use `i", ""),
        ("{{ vars.hosts|join('', attribute='ip') }}", "cannot use `ip`: the text has no such", ""),
        ("{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}", "parameter 'a' was not provided", ""),
        ("{% for x in [1] %}{{ loop.previtem }}{% endfor %}", "there is no previous item", ""),
        ("{% set n = namespace(a=1) %}{{ n.b }}", "cannot use `b`: the namespace has no", ""),
        ("{% import 'names.j2' as n %}{{ n.hots(1) }}", "cannot use `hots`: the function or", ""),
        ("{{ lipsum() }}", "cannot use `lipsum`: it is not defined here", ""),
        ("{{ cycler }}", "cannot use `cycler`: it is not defined here", ""),
        ("{{ " + "x" * 90 + " }}", "cannot use `" + "x" * 59 + "…`", ""),
    ],
)
def test_undefined(text: str, message: str, mend: str) -> None:
    """A name that does not exist is a fault wherever it is used, with the nearest one that does."""
    found = fault(text)
    assert found.rule == "undefined-name"
    assert message in found.message
    assert mend in found.mend


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a{{ vars.items }}", "cannot put a list into text"),
        ("a{{ vars.pairs }}", "cannot put a mapping into text"),
        ("a{{ vars.nothing }}", "cannot put a null into text"),
        ("a{{ range }}", "cannot put a function or module into text"),
        ("{{ 'a' ~ range }}", "cannot put a function or module into text"),
        ("{{ range|string }}", "cannot use a function or module as a value"),
        ("{{ range }}", "cannot use a function or module as a value"),
        ("{{ self }}", "cannot use a function or module as a value"),
        ("{{ [range] }}", "cannot use a function or module as a value"),
        ("{{ {'a': range} }}", "cannot use a function or module as a value"),
        ("{{ vars|map(range) }}", "cannot use a function or module as a value"),
        ("{{ range|default(1) ~ '' }}", "cannot put a function or module into text"),
        ("{{ namespace(a=1) }}", "cannot use a namespace as a value"),
        ("{% macro m() %}{% endmacro %}a{{ m }}", "cannot put a macro into text"),
        ("{% macro m() %}{{ [m, varargs] }}{% endmacro %}{{ m() }}", "cannot use a macro as a"),
        ("{% macro m() %}{{ varargs|join }}{% endmacro %}{{ m(m) }}", "cannot use a macro as a"),
        ("{% for x in [1] %}{{ loop }}{% endfor %}", "cannot put a loop into text"),
        ("{% import 'names.j2' as n %}{{ n }}", "cannot put a function or module into text"),
        ("{{ ['a', ['b']]|join }}", "cannot put a list into text"),
    ],
)
def test_not_text(text: str, message: str) -> None:
    """What is no scalar has no text, by whichever road it comes, and no address is ever shown."""
    found = fault(text)
    assert found.rule in {"not-text", "not-data"}
    assert found.message.startswith(message)
    assert not re.search("0x[0-9a-f]{6,}", found.message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ vars.service.upper() }}", "cannot take `.upper` of a text"),
        ("{{ vars.service.__class__ }}", "cannot take `.__class__` of a text"),
        ("{{ vars.service['upper'] }}", "cannot count with a text"),
        ("{{ vars.items.append(1) }}", "cannot take `.append` of a list"),
        ("{{ vars.nothing.x }}", "cannot take `.x` of a null"),
        ("{{ range.__globals__ }}", "cannot take `.__globals__` of a function or module"),
        ("{{ namespace.__init__ }}", "cannot take `.__init__` of a function or module"),
        ("{% macro m() %}{% endmacro %}{{ m._func }}", "cannot take `._func` of a macro"),
        (
            "{% for x in [1] %}{{ loop._iterator }}{% endfor %}",
            "cannot take `._iterator` of a loop",
        ),
        ("{% for x in [1] %}{{ loop(1) }}{% endfor %}", "cannot call a loop"),
        ("{% set n = namespace(a=1) %}{{ n._Namespace__attrs }}", "cannot take `._Namespace__"),
        ("{% import 'names.j2' as n %}{{ n._body_stream }}", "cannot take `._body_stream` of a"),
        ("{{ vars[1] }}", "cannot use a whole number as a key of a mapping"),
        ("{{ vars.items[vars.on] }}", "cannot count with a boolean"),
        ("{{ vars.port[0] }}", "cannot use a whole number as a key of a whole number"),
        ("{{ {1: 2} }}", "cannot use a whole number as a key"),
        ("{{ vars.service() }}", "cannot call a text"),
        ("{{ namespace([1]) }}", "cannot make a namespace of that"),
        ("{{ 'a' + 1 }}", "cannot put + between a text and a whole number"),
        ("{{ 1 + [1] }}", "cannot put + between a whole number and a list"),
        ("{{ '%d' % 1 }}", "cannot put % between a text and a whole number"),
        ("{{ true + 1 }}", "cannot count with a boolean"),
        ("{{ -'a' }}", "cannot count with a text"),
        ("{{ 'a' * 'b' }}", "cannot count with a text"),
        ("{{ 1 // 0 }}", "cannot divide by zero"),
        ("{{ 1 % 0 }}", "cannot divide by zero"),
        ("{{ 1 is divisibleby 0 }}", "cannot divide by zero"),
        ("{{ 2 ** -1 }}", "cannot raise a number to a negative power"),
        ("{{ 1 < 'a' }}", "cannot count with a text"),
        ("{{ 1 in 2 }}", "cannot look for a whole number in a whole number"),
        ("{{ 1[0:1] }}", "cannot take a slice of a whole number"),
        ("{{ 'a'[::0] }}", "cannot take a slice in steps of zero"),
        ("{{ 'a'['x':] }}", "cannot count with a text"),
        ("{% for x in 'abc' %}{% endfor %}", "cannot go through a text"),
        ("{% for a, b in [[1]] %}{% endfor %}", "cannot unpack a list into 2 names"),
        ("{% set a, b = vars.pairs %}", "cannot unpack a mapping into 2 names"),
        ("{{ vars.items|join(1, 2, 3) }}", "cannot use |join with these arguments"),
        ("{{ vars.items|join(sep=1) }}", "cannot use |join with these arguments"),
        ("{{ vars.items|join('', d='') }}", "cannot use |join with these arguments"),
        ("{{ 'a'|upper(1) }}", "cannot use |upper with these arguments"),
        ("{{ 'a'|replace('b') }}", "cannot use |replace with these arguments"),
        ("{{ 1 is divisibleby }}", "cannot use the test `divisibleby` with these arguments"),
        ("{{ vars.items|map }}", "cannot use |map without a filter"),
        ("{{ vars.items|select('odd', x=1) }}", "cannot use |select with these arguments"),
        ("{{ vars.items|selectattr }}", "cannot use |selectattr with these arguments"),
        ("{{ vars.items|map('uper') }}", "cannot read the template: there is no filter `uper`"),
        ("{{ vars.items|map(1) }}", "cannot read the template: there is no filter `1`"),
        ("{{ vars.items|select('od') }}", "cannot read the template: there is no test `od`"),
        ("{{ vars.port|join }}", "cannot go through a whole number"),
        ("{{ vars.items|items }}", "cannot go through a list"),
        ("{{ []|first }}", "cannot take an item of nothing"),
        ("{{ []|max }}", "cannot take an item of nothing"),
        ("{{ [1, 'a']|sort }}", "cannot count with a text"),
        ("{{ vars.pairs|dictsort(by='x') }}", "cannot sort a mapping by that"),
        ("{{ 'a'|split('') }}", "cannot split at an empty text"),
        ("{{ 'x'|int }}", "cannot make a whole number of this text"),
        ("{{ [1]|int }}", "cannot make a whole number of this list"),
        ("{{ '%q'|format(1) }}", "cannot format: only %s, %d, %x and %X are known"),
        ("{{ '%d'|format }}", "cannot format: there are more places than values"),
        ("{{ 'd'|format(1) }}", "cannot format: there are more values than places"),
        ("{% macro m() %}{% endmacro %}{{ m(a=1) }}", "cannot call a macro: macro 'm' takes no"),
        ("{{ range('a') }}", "cannot count with a text"),
        ("{{ range(1, 2, 0) }}", "cannot run the template: ValueError"),
        ("{% include 'ring-a.j2' %}", "cannot load the macro files: `ring-a.j2` → `ring-b.j2` →"),
        ("{% set x = 1 %}{% set x.y = 2 %}", "cannot run the template: TemplateRuntimeError"),
    ],
)
def test_refused_at_run_time(text: str, message: str) -> None:
    """Values have no methods, none is turned into another, and wrong arguments are told."""
    found = fault(text)
    assert found.rule in {"template-error", "template-syntax"}
    assert found.message.startswith(message)
    assert found.mend


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ }}", "expected an expression, got 'end of print statement'"),
        ("{{ 1", "unexpected end of template"),
        ("{{ 1.5 }}", "1.5 is a fraction"),
        ("{{ 1e3 }}", "1e3 is a fraction"),
        ("{{ 3 / 2 }}", "/ makes fractions"),
        ("{{ 1 << 2 }}", "unexpected '<'"),
        ("{{ 1 < 2 < 3 }}", "comparisons are chained"),
        ("{{ 1 if 2 }}", "an inline if has no else"),
        ("{{ '\\d' }}", "an escape in a text is unknown"),
        ("{{ '\\ud800' }}", "an escape in a text is unknown"),
        ("{{ '\\U00110000' }}", "an escape in a text is unknown"),
        ("{{ '\\N{BULLET}' }}", "an escape in a text is unknown"),
        ("{{ '\\101' }}", "an escape in a text is unknown"),
        ("{{ 1|uper }}", "there is no filter `uper`"),
        ("{{ 1|random }}", "there is no filter `random`"),
        ("{{ 1|xmlattr }}", "there is no filter `xmlattr`"),
        ("{{ 1 is callable }}", "there is no test `callable`"),
        ("{{ 1|join(*[1]) }}", "* and ** spread arguments"),
        ("{{ range(**{}) }}", "* and ** spread arguments"),
        ("{% for x in [1] recursive %}{% endfor %}", "a loop is recursive"),
        ("{% for a, (b, c) in [1] %}{% endfor %}", "names are nested in parentheses"),
        ("{% set a, b %}{% endset %}", "a set block has several names"),
        ("{% with a, b = [1, 2] %}{% endwith %}", "{% with %} unpacks a list"),
        ("{% block x %}{% endblock %}", "{% block %} is not available"),
        ("{% extends 'zone.j2' %}", "{% extends %} is not available"),
        ("{% autoescape true %}{% endautoescape %}", "{% autoescape %} is not available"),
        ("{% do 1 %}", "encountered unknown tag 'do'"),
        ("{% include vars.name %}", "a macro file is not named literally"),
        ("{% include ['zone.j2'] %}", "a macro file is not named literally"),
        ("{% import '../x.j2' as x %}", "a macro file is not named literally"),
        ("{% import '/etc/passwd' as x %}", "a macro file is not named literally"),
        ("{% include 'zone.j2' ignore missing %}", "an include ignores what is missing"),
        (
            "{% from 'names.j2' import _body_stream %}",
            "names starting with an underline can not be imported",
        ),
        ("{% macro m(a, a) %}{% endmacro %}", "a parameter or an argument is named twice"),
        ("{{ range(" + "9" * 1001 + ") }}", "a number is too long"),
        ("a\r\n{{ 1 }}", "it has a carriage return"),
    ],
)
def test_refused_syntax(text: str, message: str) -> None:
    """What is not on the allow-list of syntax is refused before anything runs."""
    found = fault(text)
    assert found.rule == "template-syntax"
    assert found.message.startswith(f"cannot read the template: {message}")
    assert found.mend


BOMBS = {
    "power": "{{ 9**(9**9) }}",
    "power of a power": "{{ 2**4000**2 }}",
    "negative power of one": "{{ (-1)**(10**9) }}",
    "wide trim": "{{ ('a' * 100000)|trim('b' * 100000) }}",
    "long text": '{{ "a"*10**10 }}',
    "long list": "{{ [0]*10**9 }}",
    "long range": "{% for a in range(10**9) %}{% endfor %}",
    "nested loops": "{% for a in range(9999) %}" * 3 + "x" + "{% endfor %}" * 3,
    "busy loop": "{% for a in range(99999) %}{% set x = 'a' * 1000000 %}{% endfor %}",
    "deep recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "wide recursion": (
        "{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(23) }}"
    ),
    "format": "{{ '%1000000000d'|format(1) }}",
    "format precision": "{{ '%.99999s'|format(1) }}",
    "center": '{{ "x"|center(10**9) }}',
    "indent": '{{ "x"|indent(10**9) }}',
    "indent of many lines": '{{ ("x\\n"*9999)|indent(999) }}',
    "replace": "{{ ('a'*9999)|replace('', 'b'*9999) }}",
    "join": "{{ ([1]*9999)|join('x'*9999) }}",
    "concat": '{% set a = "xx" %}' + "{% set a = a ~ a %}" * 60 + "{{ a }}",
    "add": '{% set a = "xx" %}' + "{% set a = a + a %}" * 60 + "{{ a }}",
    "lists in lists": "{% set a = [1] %}" + "{% set a = [a, a] %}" * 60 + "{{ a == a }}",
    "deep lists": "{% set a = [1] %}" + "{% set a = [a] %}" * 99 + "{{ a }}",
    "product": "{% set a = 9 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
    "parentheses": "{{ " + "(" * 999 + "1" + ")" * 999 + " }}",
    "not not": "{{ " + "not " * 999 + "1 }}",
    "minus minus": "{{ " + "-" * 9999 + "1 }}",
    "sum": "{{ " + "1+" * 999 + "1 }}",
    "if in if": "{% if 1 %}" * 999 + "{% endif %}" * 999,
    "for in for": "{% for x in [1] %}" * 25 + "{% endfor %}" * 25,
    "many tags": "{{ 1 }}" * 9999,
    "long template": "{{ 1 }}" + "x" * 1_100_000,
    "long output": "{% for x in range(9999) %}" + "x" * 999 + "{% endfor %}",
    "macro output": "{% set a %}{% for x in range(2000) %}"
    + "x" * 999
    + "{% endfor %}{% endset %}",
    "many files": "{% include 'many-0.j2' %}",
    "huge number": "{{ " + "9" * 999 + " * " + "9" * 999 + " }}",
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs(name: str) -> None:
    """What would take long or much, while it compiles or while it runs, ends in a finding soon."""
    # A machine that others use has bad moments: three of them in a row are a fault.
    assert any(soon(BOMBS[name]) for _ in range(3))


def soon(bomb: str) -> bool:
    """Tell whether a bomb ends within its time, always in a finding."""
    begun = time.process_time()
    Meter(()).data([1] * 20_000)
    yard = time.process_time() - begun  # longer on a slow machine, or while coverage is measured
    found = fault(bomb)
    taken = time.process_time() - begun - yard
    assert found.rule == "template-bound"
    assert found.message.startswith("cannot render the template: ")
    return taken < max(1, 100 * yard)


def test_depth_of_the_caller() -> None:
    """How deep the caller stands changes nothing."""
    text = "{{ " + "(not -" * 12 + "1" + ")" * 12 + "|upper" * 40 + " }}"

    def from_below(frames: int) -> str:
        return from_below(frames - 1) if frames else fault(text).message

    shallow = from_below(0)
    sandbox._compiled.cache_clear()
    assert from_below(400) == shallow


def test_no_room() -> None:
    """Even when the caller leaves next to no room on the stack, the end is a fault."""
    text = "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{% endif %}{% endmacro %}x{{ m(23) }}"
    assert value(text) == "x"

    def from_below(frames: int) -> str:
        return from_below(frames - 1) if frames else fault(text).message

    room = sys.getrecursionlimit() - len(inspect.stack()) - 70
    assert from_below(room) == "cannot render the template: it is nested too deeply"


@pytest.mark.parametrize(
    ("text", "name", "line"),
    [
        ("a\nb {{ nope }}", None, 2),
        ("\n\n{{ 1 + }}", None, 3),
        ("\n{{ 1|uper }}", None, 2),
        ("\n{% include 'broken.j2' %}", "broken.j2", 2),
        ("\n{% include 'lost.j2' %}", "lost.j2", 3),
        ("\n\n{% include 'nowhere.j2' %}", None, 3),
        ("{% import 'failing.j2' as f %}\n{{ f.fail({}) }}", "failing.j2", 2),
        ("{% import 'failing.j2' as f %}\n{{ f.fail(1, 2) }}", None, 2),
        ("{% include 'ring-a.j2' %}", "ring-b.j2", 1),
    ],
)
def test_where(text: str, name: str | None, line: int) -> None:
    """A fault names the macro file, if it is in one, and the line."""
    found = fault(text)
    assert (found.name, found.line) == (name, line)


def test_macro_missing() -> None:
    """A macro file that does not exist is a fault of its own kind."""
    found = fault("{% import 'nowhere.j2' as n %}")
    assert found.rule == "macro-missing"
    assert found.message == "cannot load the macro file `nowhere.j2`: there is none"


def test_used() -> None:
    """The sandbox knows every macro file that was gone through, also by way of another."""
    box = Sandbox(MACROS.get)
    assert box.used == frozenset()
    box.evaluate("{% include 'outer.j2' %}", CONTEXT)
    box.evaluate("{% import 'names.j2' as n %}", CONTEXT)
    assert box.used == {"outer.j2", "zone.j2", "names.j2"}


def test_no_memory() -> None:
    """A macro file that counts begins anew in each evaluation."""
    box = Sandbox(MACROS.get)
    text = "{% import 'counter.j2' as c %}{{ c.next() }}{{ c.next() }}"
    assert box.evaluate(text, CONTEXT) == "12"
    assert box.evaluate(text, CONTEXT) == "12"


def test_macro_files_of_another_sandbox() -> None:
    """Two sandboxes with other files under one name do not mix them up."""
    text = "{% include 'a.j2' %}"
    assert Sandbox({"a.j2": "one"}.get).evaluate(text, {}) == "one"
    assert Sandbox({"a.j2": "two"}.get).evaluate(text, {}) == "two"


def test_script() -> None:
    """A script keeps every character outside its tags, and is text even if it is one expression."""
    box = Sandbox(MACROS.get)
    assert box.script("#!/bin/sh\n\n{{ 'a b'|shquote }}\n\n", {}) == "#!/bin/sh\n\n'a b'\n\n"
    assert box.script("{{ 5 }}", {}) == "5"
    assert box.script("no template\r\n", {}) == "no template\r\n"
    long = "{% for x in range(2000) %}" + "x" * 999 + "{% endfor %}"
    assert len(box.script(long, {})) == 2000 * 999


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ secret('ab') }}", (Secret("ab"),)),
        ("{{- secret('ab') -}}", (Secret("ab"),)),
        ("{{ secret('a' 'b') }}", (Secret("ab"),)),
        ("a{{ secret('b') }}c{{ secret('b') }}", ("a", Secret("b"), "c", Secret("b"))),
        ("{{ vars.port }}{{ 'x' }}{{ secret('b') }}", ("8080x", Secret("b"))),
        ("{{ vars.secret }}{{ secret('b') }}", ("it", Secret("b"))),
        ("{% if vars.on %}{{ secret('b') }}{% endif %}", (Secret("b"),)),
        ("{% if vars.off %}{% elif 1 %}{{ secret('b') }}{% endif %}", (Secret("b"),)),
        ("{% if vars.off %}{% else %}{{ secret('b') }}{% endif %}", (Secret("b"),)),
        ("{% if vars.off %}{{ secret('b') }}{% endif %}c", "c"),
        ("{% for x in [1, 2] %}{{ secret('b') }}{{ x }}{% endfor %}", ()),
        ("{% for x in [] %}{% else %}{{ secret('b') }}{% endfor %}", (Secret("b"),)),
        ("{% with x = 1 %}{{ secret('b') }}{{ x }}{% endwith %}", (Secret("b"), "1")),
        ("{% include 'zone.j2' %}:{{ secret('b') }}", ("zone sh:", Secret("b"))),
    ],
)
def test_secrets(text: str, expected: str | Parts) -> None:
    """A leaf that prints secrets is parts, each secret apart from every text."""
    made = Sandbox(MACROS.get).evaluate(text, {**CONTEXT, "vars": {**VARS, "secret": "it"}})
    assert made == (expected or (Secret("b"), "1", Secret("b"), "2"))
    assert not isinstance(made, tuple) or {type(each) for each in made} <= {str, Secret}


@pytest.mark.parametrize(
    "text",
    [
        "{{ secret }}",
        "{{ secret is defined }}",
        "{{ secret('a')|default('x') }}",
        "{{ secret('a') is defined }}",
        "{{ secret('a') or 1 }}",
        "{{ secret('a') ~ '' }}",
        "{{ secret('a') if vars.on else 1 }}",
        "{{ [secret('a')] }}",
        "{% set x = secret('a') %}",
        "{% set x %}{{ secret('a') }}{% endset %}",
        "{% macro m() %}{{ secret('a') }}{% endmacro %}",
        "{% filter upper %}{{ secret('a') }}{% endfilter %}",
        "{% from 'wrap.j2' import wrap %}{% call wrap() %}{{ secret('a') }}{% endcall %}",
        "{% with x = secret('a') %}{% endwith %}",
        "{% set secret = 1 %}",
        "{% for secret in [1] %}{% endfor %}",
        "{% macro secret() %}{% endmacro %}",
        "{% macro m(secret) %}{% endmacro %}",
        "{% import 'names.j2' as secret %}",
        "{% from 'names.j2' import host as secret %}",
        "{% from 'names.j2' import secret %}",
    ],
)
def test_secret_misplaced(text: str) -> None:
    """Nothing can be done with a secret but print it, and nothing else can have its name."""
    found = fault(text)
    assert found.rule == "secret-misplaced"
    assert found.message.startswith("cannot use a secret here: nothing can be done with it")
    assert "{{ secret('db_password') }}" in found.mend
    assert found.line == 1


@pytest.mark.parametrize(
    "given",
    ["", "vars.port", "'A'", "'1a'", "'a-b'", "'a\n'", "'a', 'b'", "name='a'", "1", "'a' ~ 'b'"],
)
def test_secret_of_no_name(given: str) -> None:
    """A secret is named by one text that is written out."""
    found = fault(f"x\n{{{{ secret({given}) }}}}")
    assert found.rule == "secret-misplaced"
    assert found.message.startswith("cannot tell which secret is meant")
    assert found.line == 2


@pytest.mark.parametrize(("length", "named"), [(64, True), (65, False)])
def test_secret_of_a_long_name(length: int, named: object) -> None:
    """A name has at most 64 characters."""
    text = f"{{{{ secret('{'a' * length}') }}}}"
    if named:
        assert Sandbox(MACROS.get).evaluate(text, {}) == (Secret("a" * length),)
    else:
        assert fault(text).rule == "secret-misplaced"


def test_secret_elsewhere() -> None:
    """Scripts and macro files print no secrets."""
    box = Sandbox({"a.j2": "x\n{{ secret('a') }}"}.get)
    with pytest.raises(FaultError) as scripted:
        box.script("{{ secret('a') }}", {})
    with pytest.raises(FaultError) as included:
        box.evaluate("{% include 'a.j2' %}", {})
    assert scripted.value.rule == included.value.rule == "secret-misplaced"
    assert (included.value.name, included.value.line) == ("a.j2", 2)
    assert fault("{{ secrets('a') }}").mend.startswith("did you mean `secret`?")


def test_guard_elsewhere() -> None:
    """A guard refuses to work in an environment that has no meter."""
    stranger = jinja2.Environment(finalize=guarded._printed, autoescape=True)
    with pytest.raises(TypeError, match="its own environment"):
        stranger.from_string("{{ 1 }}").render()
