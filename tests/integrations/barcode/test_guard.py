"""The SQL guard: what passes, what does not, and what is sent in the end."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.barcode import codes
from integrations.barcode.codes import Refusal
from integrations.barcode.sql import guard, named, template
from integrations.barcode.sql.capping import capped
from integrations.barcode.sql.policy import Policy
from tests.integrations.barcode.statements import HOSTILE, LEGITIMATE

POLICY = Policy("SBODEMOCN", procedures=("TMDK",))


def test_the_lists_are_as_long_as_promised() -> None:
    assert len(HOSTILE) >= 30
    assert len(LEGITIMATE) >= 15


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_statements_are_refused(name: str) -> None:
    with pytest.raises(Refusal) as caught:
        guard.check(HOSTILE[name], POLICY)
    assert caught.value.code == codes.SQL_REFUSED


@pytest.mark.parametrize("name", LEGITIMATE)
def test_legitimate_statements_are_sent_as_they_are(name: str) -> None:
    text = LEGITIMATE[name]
    sent = guard.check(text, POLICY).text
    assert sent == text.rstrip().rstrip(";").rstrip() or sent == text


@pytest.mark.parametrize("text", ["", "  \r\n\t", ";", " ; "])
def test_no_statement(text: str) -> None:
    with pytest.raises(Refusal, match="Sql不能为空"):
        guard.check(text, POLICY)


def test_reasons_name_the_table_and_never_show_the_statement() -> None:
    with pytest.raises(Refusal) as caught:
        guard.check('select "AnyColumn" from OUSR where 1=2', POLICY)
    assert "AnyColumn" not in caught.value.message
    with pytest.raises(Refusal, match="OUSR"):
        guard.check("select 1 from OUSR", POLICY)


# -- policies


def verdict(text: str, policy: Policy = POLICY) -> str:
    """The code of the refusal, "" for none."""
    try:
        guard.check(text, policy)
    except Refusal as refusal:
        return refusal.code
    return ""


def refused(text: str, policy: Policy) -> bool:
    return bool(verdict(text, policy))


def test_allowed_tables_are_the_only_ones() -> None:
    policy = Policy("SBODEMOCN", allowed=("OITM", "obt*", "@SCAN???"))
    assert not refused("select 1 from OITM, OBTN, OBTQ", policy)
    assert not refused('select 1 from "@SCANLOG"', policy)
    assert refused("select 1 from OITW", policy)
    assert refused("select 1 from OUSR", Policy("SBODEMOCN", allowed=("*",)))


def test_denied_tables_go_before_allowed_ones() -> None:
    assert refused("select 1 from OINV", Policy("SBODEMOCN", denied=("OINV",)))
    assert refused("select 1 from INV1", Policy("SBODEMOCN", allowed=("INV1",), denied=("inv*",)))
    assert refused('select 1 from "@PAY"', Policy("SBODEMOCN", denied=("@PAY",)))


def test_views_of_ones_own_are_named() -> None:
    assert refused("select 1 from V_STOCK", POLICY)
    assert not refused("select 1 from V_STOCK, OITM", Policy("SBODEMOCN", views=("V_STOCK",)))
    assert refused("select 1 from SYS.V_STOCK", Policy("SBODEMOCN", views=("*",)))


def test_procedures_and_functions_are_named() -> None:
    policy = Policy("SBODEMOCN", procedures=("Take_Batches",), functions=("my_fn",))
    assert not refused("call TAKE_BATCHES('a')", policy)
    assert not refused("call \"Take_Batches\"('a', null, -1)", policy)
    assert refused("call TMDK('a')", policy)
    assert not refused("select MY_FN(1) from DUMMY", policy)
    assert refused("select MY_FN(1) from DUMMY", POLICY)


# -- the cap


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('select "A" from OITM', 'select "A" from OITM LIMIT 101'),
        ('select "A" from OITM order by 1;', 'select "A" from OITM order by 1 LIMIT 101'),
        ("select 1 from OITM limit 5", "select 1 from OITM limit 5"),
        ("select 1 from OITM limit 500", "select 1 from OITM limit 101"),
        ("select 1 from OITM limit 500 offset 7", "select 1 from OITM limit 101 offset 7"),
        ("select TOP 99999 1 from OITM", "select TOP 101 1 from OITM"),
        ("select top 7 1 from OITM", "select top 7 1 from OITM"),
        (
            "select 1 from (select 1 x from OITM limit 900) T",
            "select 1 from (select 1 x from OITM limit 900) T LIMIT 101",
        ),
        ("select 1 from OITM where \"A\" = 'limit 900'", "select 1 from OITM where \"A\" = 'limit 900' LIMIT 101"),
        (
            "select top 5 1 from OITM union all select 2 from OITW",
            "select top 5 1 from OITM union all select 2 from OITW LIMIT 101",
        ),
        ("call TMDK('a','b','1')", "call TMDK('a','b','1')"),
    ],
)
def test_the_database_is_asked_for_one_row_more_than_is_answered(text: str, sent: str) -> None:
    assert capped(guard.check(text, POLICY), 100) == sent


# -- values of others in a statement


def test_values_become_literals() -> None:
    text = 'select 1 from OBTN where "A" = :a and "B" > :b and "C" in (:c) and "D" = \':no\''
    sent = named.bound(text, {"a": "x' or '1'='1", "b": -2.50, "c": ["1", 2, None]})
    assert sent == (
        "select 1 from OBTN where \"A\" = 'x'' or ''1''=''1' and \"B\" > -2.5 and \"C\" in ('1', 2, NULL) "
        "and \"D\" = ':no'"
    )
    assert not refused(sent, POLICY)


@pytest.mark.parametrize("value", [True, {}, [], [[1]], float("inf"), float("nan")])
def test_odd_values_are_refused(value: object) -> None:
    with pytest.raises(Refusal) as caught:
        named.bound("select :a from DUMMY", {"a": value})
    assert caught.value.code == codes.BAD_VALUE


@pytest.mark.parametrize("values", [{}, {"a": 1, "b": 2}])
def test_missing_and_unknown_values_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(Refusal):
        named.bound("select :a from DUMMY", values)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ('SELECT "A"  from obtn where "B" = \'x\'\'y\' and "C" > -3;', True),
        ('select "A" from OBTN where "B" = \'x\' and "C" > 3 or 1=1', False),
        ('select "a" from OBTN where "B" = \'x\' and "C" > 3', False),
        ('select "A" from OBTN where "B" = (select 1 from DUMMY) and "C" > 3', False),
        ('select "A" from OBTN where "B" = \'x\' and "C" > ', False),
        ('select "A" from OBTN', False),
    ],
)
def test_a_saved_statement_is_recognised_word_for_word(text: str, same: bool) -> None:
    assert named.is_saved(text, 'select "A" from OBTN where "B" = :b and "C" > :c') is same


def test_the_guides_template() -> None:
    sent = template.filled("call TMDK('{0}','{1}','{2}')", ["O'Neil", "W05001", "2.5"])
    assert sent == "call TMDK('O''Neil','W05001','2.5')"
    assert not refused(sent, POLICY)


@pytest.mark.parametrize(
    "text", ["call TMDK({0},'{1}','{2}')", "call TMDK('{0}','{1}','{3}')", "call TMDK('{}','x')", 'select 1 from "{0}"']
)
def test_places_outside_of_quotes_or_without_a_value_are_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        template.filled(text, ["a", "b", "c"])
    assert caught.value.code == codes.BAD_BACKFLUSH


# -- anything at all

texts = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=40)
# Whatever stands in a quoted text, no look of it may change what the statement does.


@given(texts)
def test_any_text_stays_a_text(value: str) -> None:
    sent = named.bound('select "A" from OBTN where "B" = :b', {"b": value})
    checked = guard.check(sent, POLICY)
    literals = [node.this for node in checked.tree.find_all(guard.exp.Literal)]
    assert literals == [value]


@given(texts, texts)
def test_any_value_fills_the_template_as_a_text(one: str, two: str) -> None:
    checked = guard.check(template.filled("call TMDK('{0}','{1}','1')", [one, two]), POLICY)
    assert [node.this for node in checked.tree.expressions] == [one, two, "1"]


pieces = st.sampled_from(
    """select from where union all with as ( ) , ; OITM OUSR USERS SYS . "OUSR" 'x' '' -- /* */ * 1 = in exists not and
    call TMDK insert into delete update for top 5 limit "A" T0 join on order by group having case when then end || :p ?
    { } $ # @ [ ] ` \\ null over partition lateral values table exec do begin""".split()  # noqa: SIM905
)


@settings(max_examples=400)
@given(st.lists(pieces, max_size=14).map(" ".join))
def test_random_statements_pass_or_are_refused_and_users_are_never_read(text: str) -> None:
    """Nothing but Refusal comes out, and whatever passes reads no forbidden table and is one statement."""
    try:
        checked = guard.check(text, POLICY)
    except Refusal:
        return
    assert isinstance(checked.tree, guard.exp.Query) or checked.is_call
    tables = {table.name.upper() for table in checked.tree.find_all(guard.exp.Table)}
    assert not tables & {"OUSR", "USERS", "SYS"}


@settings(max_examples=300)
@given(st.text(max_size=60))
def test_any_text_is_answered_with_a_verdict(text: str) -> None:
    assert verdict(text) in ("", codes.SQL_REFUSED, codes.NO_SQL)
