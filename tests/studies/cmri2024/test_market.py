"""The market and the adoption policies of the report on a small simulated survey: numbers, words, and refusals."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.exhibit import Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.text import LANGUAGES, Text
from dualcarbon.engines.threads import Threads
from dualcarbon.panel import simulate_survey
from dualcarbon.report.printed import print_table
from dualcarbon.studies.cmri2024 import adoption, chain, industries, market, table_market_policies, table_market_sizes
from dualcarbon.studies.cmri2024.document import build_exhibits
from dualcarbon.studies.cmri2024.market_chapter import EXHIBITS, chapter
from dualcarbon.studies.cmri2024.results import Refused, Regressions, Results
from dualcarbon.studies.config import FirmStudy, shipped

CAP = 1e-10  # the market clears to this, relative
CONFIG = shipped("cmri2024", FirmStudy)


@pytest.fixture(scope="module")
def panel() -> Panel:
    return chain.prepared(simulate_survey(8_000, 11, factors=CONFIG.co2.factors).panel, CONFIG)


@pytest.fixture(scope="module")
def results() -> Results:
    return chain.estimate(simulate_survey(8_000, 11, factors=CONFIG.co2.factors), CONFIG, Threads())


@pytest.fixture(scope="module")
def trade(results: Results) -> market.MarketResults:
    assert isinstance(results.market, market.MarketResults)
    return results.market


@pytest.fixture(scope="module")
def policies(results: Results) -> adoption.AdoptionResults:
    assert isinstance(results.adoption, adoption.AdoptionResults)
    return results.adoption


def unpriced(found: FrontierResult) -> FrontierResult:
    none = found.table.with_columns(pl.lit("missing").alias("status"), pl.lit(None, pl.Float64).alias("mac"))
    return replace(found, table=none)


def test_the_market_clears(trade: market.MarketResults) -> None:
    assert trade.year == 2016
    cleared = trade.comparison.markets["cap_and_trade"]
    today = cleared.table["co2"].sum()
    assert cleared.price > 0.0
    assert cleared.summary["emissions"][0] == pytest.approx(trade.comparison.cap, rel=CAP)
    assert trade.comparison.cap == pytest.approx(CONFIG.market.cap_share * today, rel=CAP)
    assert trade.uncut.summary["emissions"][0] == pytest.approx(today, rel=CAP)
    output = dict(trade.comparison.table.select("policy", "output_change").iter_rows())
    assert trade.uncut.summary["output_change"][0] > output["cap_and_trade"] > output["uniform"]


def test_the_price_is_drawn_from_every_industrys_own_bracket(
    panel: Panel, results: Results, trade: market.MarketResults
) -> None:
    assert trade.draws is not None
    interval = trade.draws.interval
    assert interval.low < interval.price < interval.high
    assert interval.table.height == CONFIG.market.draws and interval.failed == 0
    shut = results.industries.with_columns(mac_high=pl.col("mac_low"))
    args = (results.default, results.quadratic)
    none = market.traded(panel, *args, shut, 1e7, CONFIG, Threads())
    assert none.draws is None
    bare = replace(results, market=none)
    assert "(no interval)" in chapter(bare, {}).paragraphs[0].en
    notes = [note.en for note in table_market_policies.build(bare).notes]  # type: ignore[union-attr]
    assert any("the price has no interval" in note for note in notes)
    one = shut.with_columns(
        mac_high=pl.when(pl.int_range(pl.len()) == 0).then(2.0 * pl.col("mac_low")).otherwise("mac_high")
    )
    few = market.traded(panel, *args, one, 1e7, CONFIG, Threads()).draws
    assert few is not None and few.without_bracket == few.industries - 1


def test_adoption_rests_on_the_two_columns_of_table_4_4(results: Results, policies: adoption.AdoptionResults) -> None:
    small, large = (results.regressions[name] for name in ("co2_small", "co2_large"))
    effects = policies.policy.effects
    assert effects.co2.tolist() == [small.coef[0], large.coef[0]]
    assert np.allclose(np.diag(effects.vcov)[:2], [small.vcov[0, 0], large.vcov[0, 0]], rtol=1e-12)
    assert effects.vcov[0, 1] == results.regressions.sizes["co2"].vcov[0, 1] != 0.0
    only = policies.policy.table.filter(pl.col("design") == "small_only").row(0, named=True)
    assert only["abated_t_low"] < only["abated_t"] < only["abated_t_high"]
    assert 0.0 < only["wrong_sign"] < 1.0
    assert policies.firms + policies.left_out == results.default.table.filter(pl.col("year") == 2016).height


@pytest.mark.parametrize(("column", "kept"), [("use", [False, True]), ("rare", [False, False, True])])
def test_adopters_are_those_above_the_quantile_or_above_none(column: str, kept: list[bool]) -> None:
    table = pl.DataFrame({"use": [0.0, 1.0] * 20, "rare": [0.0] * 36 + [0.3] * 4})
    adopts = table.select(adoption._adopts(table, column, 0.75).alias("a"))["a"]
    assert adopts.to_list() == (table[column] > 0.0).to_list()
    assert sorted(set(adopts.to_list())) == sorted(set(kept))


def test_the_chapter_shows_every_exhibit_in_both_languages(
    results: Results, policies: adoption.AdoptionResults
) -> None:
    made = chapter(results, build_exhibits(results))
    assert [e.key for e in made.exhibits] == list(EXHIBITS)
    numbers = [e.number.en for e in made.exhibits]
    assert len(set(numbers)) == len(numbers)
    for exhibit in made.exhibits:
        assert exhibit.simulated
        for language in LANGUAGES:
            if isinstance(exhibit, Table):
                assert not re.search(r"\bnan\b", str(print_table(exhibit, language)).lower())
    only = policies.policy.table.filter(pl.col("design") == "small_only")
    low = format(only["abated_t_low"][0], ",.0f").replace("-", "−")
    assert low in made.paragraphs[-1].en and low in made.paragraphs[-1].zh


def test_what_cannot_be_computed_is_said_and_stops_nothing(panel: Panel, results: Results) -> None:
    idle = panel.with_columns(pl.lit(0.2).alias("digital_share"))
    trade = chain.traded(panel, (results.default, unpriced(results.quadratic)), results.regressions, CONFIG, Threads())
    policies = chain.adopted(idle, results.regressions, CONFIG)
    assert isinstance(trade, Refused) and isinstance(policies, Refused)
    bare = replace(results, market=trade, adoption=policies)
    made = chapter(bare, build_exhibits(bare))
    assert made.exhibits == ()
    for language in LANGUAGES:
        said = [paragraph.get(language) for paragraph in made.paragraphs]
        assert trade.reason.get(language) in said[0] and policies.reason.get(language) in said[1]
    assert "digital use is the same in all firms" in policies.reason.en


def test_a_cap_out_of_reach_is_said_with_the_lowest(panel: Panel, results: Results) -> None:
    asked = CONFIG.model_copy(update={"market": CONFIG.market.model_copy(update={"cap_share": 0.3})})
    trade = chain.traded(panel, (results.default, results.quadratic), results.regressions, asked, Threads())
    assert isinstance(trade, Refused)
    assert trade.reason.en.startswith("the cap is below the lowest emissions")


def test_sizes_are_read_by_name(results: Results) -> None:
    found: Regressions = results.regressions
    assert found["coal_large"] is found.sizes["coal"].estimates[1]
    assert found["mac_firm"] is found.estimates["mac_firm"]
    with pytest.raises(KeyError):
        found["co2_middle"]
    assert isinstance(found.sizes["co2"].rule, Text)
    assert industries.GROUP in results.industries.columns


def test_a_firm_without_a_size_is_in_neither_class(panel: Panel, results: Results) -> None:
    gone = pl.col("firm_id") == panel.frame.filter(pl.col("year") == 2016)["firm_id"][0]
    holes = panel.with_columns(pl.when(~gone).then("fixed_assets_cny").alias("fixed_assets_cny"))
    found = market.traded(
        holes, results.default, results.quadratic, results.industries, results.regressions.median_assets_cny, CONFIG,
        Threads(),
    )  # fmt: skip
    sizes = found.comparison.groups.filter(pl.col("by") == market.SIZE, pl.col("policy") == "tax")
    counts = dict(sizes.select("group", "firms").iter_rows())
    assert counts[None] == 1 and set(counts) == {None, "small", "large"}
    assert table_market_sizes.build(replace(results, market=found)) is not None
