"""Exhibits of the market against sums over firms: curves cross at the price, flows add up, savings and steps agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.exhibit import DotPlot, Lines, Table, Waterfall
from dualcarbon.core.text import LANGUAGES, Text
from dualcarbon.market import Market, Quadratic, clear, compare, size_classes
from dualcarbon.market.exhibit_words import Frame
from dualcarbon.market.exhibits import (
    flow_table,
    flows,
    permit_curves,
    supply_demand_figure,
    trade_figure,
    trade_table,
)
from dualcarbon.market.exhibits_policies import policy_figure, policy_firms_table, policy_groups_table, policy_table
from dualcarbon.market.exhibits_savings import savings, savings_figure, savings_table
from dualcarbon.market.exhibits_summary import summary_table
from dualcarbon.report.printed import print_table

CLEARED = 1e-9  # the market clears to 1e-10 of its size
EXACT = 1e-12  # the same sums in another order
CEILING = 1.3


@pytest.fixture(scope="module")
def firms(draw_market: object) -> pl.DataFrame:
    found = pl.concat([draw_market(np.random.default_rng(k), 50)[0] for k in range(8)])  # type: ignore[operator]
    return found.with_columns(firm=pl.int_range(pl.len())).with_columns(size_classes(found))


@pytest.fixture(scope="module")
def trade(firms: pl.DataFrame) -> Market:
    return clear(firms, cap=0.9 * firms["co2"].sum(), ceiling=CEILING)


@pytest.fixture(scope="module")
def cut(firms: pl.DataFrame) -> Market:
    return clear(firms, cap=0.9 * firms["co2"].sum(), scheme="uniform", ceiling=CEILING)


@pytest.mark.parametrize("scheme", ["cap_and_trade", "performance_standard"])
@pytest.mark.parametrize("response", ["quadratic", "isoelastic"])
def test_supply_and_demand_cross_at_the_price(firms: pl.DataFrame, scheme: str, response: str) -> None:
    said = {"response": response, "elasticity": 0.4, "ceiling": CEILING}
    market = clear(firms, cap=0.9 * firms["co2"].sum(), scheme=scheme, **said)  # type: ignore[arg-type]
    found = permit_curves(market, **{**said, "response": None})  # type: ignore[arg-type]
    middle = found.row(40, named=True)
    assert middle["price"] == pytest.approx(market.price, rel=EXACT)
    assert middle["demand"] == pytest.approx(middle["supply"], rel=CLEARED)
    assert middle["demand"] == pytest.approx(market.summary["volume"][0], rel=CLEARED)
    if scheme == "cap_and_trade":
        assert np.all(np.diff(found["supply"]) >= -EXACT) and np.all(np.diff(found["demand"]) <= EXACT)


def test_firms_left_out_are_in_the_curves(firms: pl.DataFrame) -> None:
    some = firms.with_columns(
        mac=pl.when(pl.col("firm") % 9 == 0).then(0.0).otherwise("mac"),
        mu=pl.when(pl.col("firm") % 11 == 0).then(None).otherwise("mu"),
    )
    response = Quadratic(missing="exclude")
    for place in ("inside", "outside"):
        market = clear(some, cap=0.8 * some["co2"].sum(), response=response, ceiling=CEILING, excluded=place)
        if market.price > 0.0:
            middle = permit_curves(market, response=response, ceiling=CEILING).row(40, named=True)
            assert middle["demand"] == pytest.approx(middle["supply"], rel=CLEARED)
            assert middle["demand"] == pytest.approx(market.summary["volume"][0], rel=CLEARED)


def test_what_the_government_sells_or_takes_is_in_the_curves(firms: pl.DataFrame) -> None:
    cap = 0.9 * firms["co2"].sum()
    free = clear(firms, cap=cap, ceiling=CEILING).price
    for options in (
        {"allocation": "auction"},
        {"price_ceiling": 0.7 * free},
        {"price_ceiling": 0.7 * free, "allocation": "auction"},
        {"price_floor": 1.3 * free},
    ):
        market = clear(firms, cap=cap, ceiling=CEILING, **options)  # type: ignore[arg-type]
        middle = permit_curves(market, ceiling=CEILING).row(40, named=True)
        assert middle["demand"] == pytest.approx(middle["supply"], rel=CLEARED)
        found, groups = flows(market, "industry"), market.by("industry")
        for side, column in (("seller", "sold"), ("buyer", "bought")):
            sums = found.group_by(side).agg(pl.col("permits").sum()).sort(side)["permits"].to_numpy()
            assert np.all(sums <= groups[column].to_numpy() * (1.0 + CLEARED))
        notes = " ".join(note.en for note in trade_table(market, "industry").notes)
        assert "the government" in notes


def test_firms_without_a_group_are_not_the_others(firms: pl.DataFrame) -> None:
    some = firms.with_columns(pl.when(pl.col("industry") == 0).then(None).otherwise("industry").alias("industry"))
    market = clear(some, cap=0.9 * some["co2"].sum(), ceiling=CEILING)
    count = market.by("industry").height
    table = flow_table(market, "industry", most=count)
    labels = [row[0].value for row in table.rows]
    assert Text("未分组", "none") in labels and Text("其余", "Others") not in labels and len(labels) == count
    sold = market.by("industry").filter(pl.col("industry").is_null())["sold"].item()
    row = table.rows[labels.index(Text("未分组", "none"))]
    assert row[-1].value == pytest.approx(sold, rel=CLEARED)


def test_no_curves_without_permits(cut: Market, firms: pl.DataFrame) -> None:
    slack = clear(firms, cap=2.0 * firms["co2"].sum())
    for market in (cut, slack):
        with pytest.raises(ConfigError):
            permit_curves(market)


def test_flows_add_up(trade: Market) -> None:
    found, groups = flows(trade, "industry"), trade.by("industry")
    for side, column in (("seller", "sold"), ("buyer", "bought")):
        sums = found.group_by(side).agg(pl.col("permits").sum()).sort(side)
        assert sums["permits"].to_numpy() == pytest.approx(groups[column].to_numpy(), rel=CLEARED, abs=EXACT)
    table = flow_table(trade, "industry", most=2)
    total = [row[-1].value for row in table.rows]
    assert sum(total) == pytest.approx(trade.summary["volume"][0], rel=CLEARED)  # type: ignore[arg-type]
    assert [row[0].value for row in table.rows][-1] == Text("其余", "Others")
    for row in table.rows:
        assert sum(cell.value for cell in row[1:-1]) == pytest.approx(row[-1].value, rel=CLEARED)  # type: ignore[misc]


def test_trade_table_and_figure(trade: Market) -> None:
    table = trade_table(trade, "industry", frame=Frame(mass_scale=10.0, currency_scale=10.0))
    keys = [header.key for header in table.headers]
    rows = [dict(zip(keys, (cell.value for cell in row), strict=True)) for row in table.rows]
    assert sum(r["firms"] for r in rows[:-1]) == rows[-1]["firms"] == trade.table.height  # type: ignore[misc]
    assert 10.0 * rows[-1]["bought"] == pytest.approx(trade.summary["volume"][0], rel=EXACT)  # type: ignore[operator]
    assert rows[-1]["net"] == rows[-1]["payment"] == 0.0
    assert [r["net"] for r in rows[:-1]] == sorted((r["net"] for r in rows[:-1]), reverse=True)  # type: ignore[type-var]
    drawing = trade_figure(trade, "industry").drawing
    assert isinstance(drawing, DotPlot)
    net, bought, sold = (np.array(series.x) for series in drawing.series)
    assert net == pytest.approx(bought + sold, abs=EXACT * bought.max())


def test_savings_by_hand(trade: Market, cut: Market) -> None:
    found = savings(trade, cut, "industry")
    lost = -cut.table["output_change"].to_numpy(), -trade.table["output_change"].to_numpy()
    for row in found.to_dicts():
        rows = trade.table["industry"].to_numpy() == row["industry"]
        assert row["cut_cost"] == pytest.approx(lost[0][rows].sum(), rel=EXACT)
        assert row["saving"] == pytest.approx((lost[0] - lost[1])[rows].sum(), rel=CLEARED)
    assert found["gain"].sum() == pytest.approx(found["saving"].sum(), rel=CLEARED)
    assert found["saving"].sum() > 0.0
    drawing = savings_figure(trade, cut, "industry").drawing
    assert isinstance(drawing, Waterfall)
    assert drawing.levels[0] == pytest.approx(lost[0].sum(), rel=EXACT)
    assert drawing.levels[-1] == pytest.approx(lost[1].sum(), rel=CLEARED)
    with pytest.raises(ConfigError):
        savings(trade, trade, "industry")


def test_a_cut_that_some_cannot_make_is_said(trade: Market, cut: Market) -> None:
    assert cut.summary["share_infeasible"][0] > 0.0
    notes = " ".join(note.en for note in savings_table(trade, cut, "industry").notes)
    assert "cannot make the uniform cut" in notes and "understated" in notes


def test_a_column_of_firms_that_cannot_cut_is_there_where_there_are_any(
    trade: Market, cut: Market, firms: pl.DataFrame
) -> None:
    assert savings_table(trade, cut, "industry").headers[-1].key == "infeasible"
    whole = clear(firms, cap=0.9 * firms["co2"].sum(), scheme="uniform", floor=0.0, response="step")
    assert whole.summary["share_infeasible"][0] == 0.0
    table = savings_table(clear(firms, cap=0.9 * firms["co2"].sum(), floor=0.0, response="step"), whole, "industry")
    assert table.headers[-1].key == "gain" and all(len(row) == len(table.headers) for row in table.rows)
    assert "Every firm can make the uniform cut." in [note.en for note in table.notes]


def test_policies_side_by_side(firms: pl.DataFrame) -> None:
    found = compare(firms, cap=0.9 * firms["co2"].sum(), by=["size"], ceiling=CEILING)
    table = policy_table(found)
    assert table.row_keys == ("no_policy", "uniform", "performance_standard", "cap_and_trade", "tax")
    keys = [header.key for header in table.headers]
    change = [row[keys.index("output_change")].value for row in table.rows]
    assert change == pytest.approx(found.table["output_change"].to_list())
    assert policy_firms_table(found).row_keys == table.row_keys[1:]
    groups = policy_groups_table(found, "size", "abatement")
    part = found.groups.filter(pl.col("policy") == "uniform").sort("group")
    assert [row[2].value for row in groups.rows] == pytest.approx((100.0 * part["abatement"] / part["co2"]).to_list())
    words = {name: Text(name, name) for name in ("small", "medium", "large")}
    ordered = policy_groups_table(found, "size", frame=Frame(groups=words))
    assert [row[0].value for row in ordered.rows] == list(words.values())
    assert isinstance(policy_figure(found).drawing, DotPlot)


def test_every_exhibit_reads_in_both_languages(trade: Market, cut: Market, firms: pl.DataFrame, tmp_path: Path) -> None:
    found = compare(firms, cap=0.9 * firms["co2"].sum(), by=["size"], ceiling=CEILING)
    tables: list[Table] = [
        summary_table(trade), summary_table(cut), trade_table(trade, "industry"), flow_table(trade, "industry"),
        savings_table(trade, cut, "industry"), policy_table(found), policy_firms_table(found),
        policy_groups_table(found, "size"),
    ]  # fmt: skip
    for table in tables:
        for language in LANGUAGES:
            printed = print_table(table, language)
            assert "nan" not in str(printed).lower().replace("finance", "")
    digits = {row[2].form for row in savings_table(trade, cut, "industry").rows}
    assert len(digits) == 1
    assert isinstance(supply_demand_figure(trade, ceiling=CEILING).drawing, Lines)


def test_the_summary_leaves_out_what_is_nothing(trade: Market, cut: Market) -> None:
    assert not {"revenue", "withheld", "released"} & set(summary_table(trade).row_keys)
    taxed = clear(trade.table, tax_rate=trade.price, scheme="tax", ceiling=CEILING)
    assert "revenue" in summary_table(taxed).row_keys
    price = dict(zip(summary_table(cut).row_keys, summary_table(cut).rows, strict=True))["price"]
    assert price[1].value is None
