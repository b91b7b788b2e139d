"""Formulas: what they state, and where they cannot be read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualcarbon.core.errors import ConfigError
from dualcarbon.effects.formula import parse
from dualcarbon.effects.specification import Factor, Grouping, Specification, Term

NAMES = st.sampled_from(["y", "ln_co2", "first.treat", "x1", "数字化", "log", "_a"])


def term(*columns: str) -> Term:
    return Term(tuple(Factor(column) for column in columns))


def test_the_parts() -> None:
    found = parse("log(co2_t) ~ digital + log(size):soe + 1 | industry4^year + firm_id", cluster="firm_id", weights="w")
    assert found == Specification(
        Factor("co2_t", log=True),
        (term("digital"), Term((Factor("size", log=True), Factor("soe")))),
        (Grouping(("industry4", "year")), Grouping(("firm_id",))),
        (Grouping(("firm_id",)),),
        "w",
    )
    assert [t.name for t in found.regressors] == ["digital", "log(size):soe"]


@pytest.mark.parametrize("formula", ["y ~ x", "y~x|0", " y ~ 1 + x", "y ~ x + x", "`y` ~ `x`", "y ~ x | 0 "])
def test_no_effects(formula: str) -> None:
    assert parse(formula) == Specification(Factor("y"), (term("x"),))


def test_constant_alone() -> None:
    assert parse("y ~ 1").regressors == ()
    assert parse("y ~ 1").formula == "y ~ 1"


def test_names_of_any_script_and_in_backticks() -> None:
    found = parse("碳排放 ~ `digital (2016)` + first.treat | `行业 4`^年份")
    assert [t.name for t in found.regressors] == ["digital (2016)", "first.treat"]
    assert found.effects == (Grouping(("行业 4", "年份")),)


def test_a_column_called_log() -> None:
    assert parse("log ~ log(log) | log") == Specification(
        Factor("log"), (Term((Factor("log", log=True),)),), (Grouping(("log",)),)
    )


@pytest.mark.parametrize(
    ("formula", "position", "expected"),
    [
        ("y x", 3, "'~'"),
        ("", 1, "a column name"),
        ("y ~ ", 5, "a column name"),
        ("y ~ x +", 8, "a column name"),
        ("y ~ x | ", 9, "a column name"),
        ("y ~ x | f | g", 14, "'+', ':' or '~'"),
        ("y ~ x * z", 7, "a name or"),
        ("y ~ x^2", 6, "':', '|' or the end"),
        ("y ~ exp(x)", 8, "':', '|' or the end"),
        ("y ~ log(x", 10, "')'"),
        ("y ~ log()", 9, "a column name"),
        ("y ~ 2", 5, "a column name, log(...) or 1"),
        ("1 ~ x", 1, "a column name or log(column)"),
        ("y ~ x | f:t", 10, "'+', '^', '[', '|' or the end"),
        ("y ~ x - 1", 7, "a name or"),
        ("y ~ `x", 5, "a name or"),
    ],
)
def test_position_and_expectation(formula: str, position: int, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(formula)
    message = caught.value
    assert f"at character {position}" in message.what.en
    assert f"第 {position} 个字符" in message.what.zh
    assert expected in message.expected.en
    assert formula in message.found.en


def test_clusters_are_groupings() -> None:
    assert parse("y ~ x", cluster="a^b + c").clusters == (Grouping(("a", "b")), Grouping(("c",)))
    for wrong in ("", "a +", "a | b", "0"):
        with pytest.raises(ConfigError, match="cannot be read"):
            parse("y ~ x", cluster=wrong)


def test_dependent_variable_on_the_right() -> None:
    with pytest.raises(ConfigError, match="also a regressor"):
        parse("y ~ x + y")
    assert parse("y ~ log(y)").formula == "y ~ log(y)"


def test_effects_need_a_regressor() -> None:
    with pytest.raises(ConfigError, match="no regressor"):
        parse("y ~ 1 | firm")


@settings(max_examples=100, deadline=None)
@given(
    st.builds(Factor, NAMES, st.booleans()),
    st.lists(st.builds(Term, st.lists(st.builds(Factor, NAMES, st.booleans()), min_size=1).map(tuple)), min_size=1),
    st.lists(st.builds(Grouping, st.lists(NAMES, min_size=1, unique=True).map(tuple))),
)
def test_formula_of_a_specification_reads_back(depvar: Factor, terms: list[Term], effects: list[Grouping]) -> None:
    others = tuple(term for term in terms if term != Term((depvar,))) or (Term((Factor("other"),)),)
    stated = Specification(depvar, others, tuple(effects))
    assert parse(stated.formula) == stated
