"""The market of the report on a small simulated survey: built only when computed, and what its words say."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import LANGUAGES
from dualcarbon.engines.threads import Threads
from dualcarbon.panel import simulate_survey
from dualcarbon.report.printed import print_table
from dualcarbon.studies.cmri2024 import chain, market
from dualcarbon.studies.cmri2024.document import build_exhibits
from dualcarbon.studies.cmri2024.market_chapter import EXHIBITS, chapter
from dualcarbon.studies.cmri2024.results import Results
from dualcarbon.studies.config import FirmStudy, shipped
from dualcarbon.studies.progress import Silent

CAP = 1e-10  # the market clears to this, relative


@pytest.fixture(scope="module")
def results() -> Results:
    config = shipped("cmri2024", FirmStudy)
    survey = simulate_survey(8_000, 11, factors=config.co2.factors)
    panel = chain.prepared(survey.panel, config)
    default = chain.fitted(panel, config, chain.DEFAULT, Threads())
    quadratic = chain.fitted(panel, config, chain.REPLICATION, Threads())
    regressions = chain.regressed(panel, default, config, Silent())
    found = chain.assembled(config, panel, default, quadratic, regressions, chain.known_truth(survey))
    return replace(
        found, market=market.market_results(panel, default, quadratic, found.industries, regressions, config)
    )


def test_the_market_clears(results: Results) -> None:
    found = results.market
    assert found is not None and found.year == 2016
    trade = found.comparison.markets["cap_and_trade"]
    assert trade.price > 0.0
    assert trade.summary["emissions"][0] == pytest.approx(found.comparison.cap, rel=CAP)
    assert found.comparison.cap == pytest.approx(market.CAP_SHARE * trade.table["co2"].sum(), rel=CAP)
    assert found.interval.low <= found.interval.price <= found.interval.high
    output = dict(found.comparison.table.select("policy", "output_change").iter_rows())
    assert output["cap_and_trade"] > output["uniform"]


def test_adoption_rests_on_the_two_columns_of_table_4_4(results: Results) -> None:
    found = results.market
    assert found is not None
    small, large = (results.regressions[name] for name in ("co2_small", "co2_large"))
    assert found.adoption.effects.co2.tolist() == [small.coef[0], large.coef[0]]
    assert found.adoption.effects.vcov[0, 0] == small.vcov[0, 0]
    only = found.adoption.table.filter(pl.col("design") == "small_only").row(0, named=True)
    assert only["abated_t_low"] < only["abated_t"] < only["abated_t_high"]
    assert 0.0 < only["wrong_sign"] < 1.0


def test_the_chapter_shows_every_exhibit_in_both_languages(results: Results) -> None:
    built = build_exhibits(results)
    made = chapter(results, built)
    assert made is not None and [e.key for e in made.exhibits] == list(EXHIBITS)
    numbers = [e.number.en for e in made.exhibits]
    assert len(set(numbers)) == len(numbers)
    for exhibit in made.exhibits:
        assert exhibit.simulated
        for language in LANGUAGES:
            if isinstance(exhibit, Table):
                assert "nan" not in str(print_table(exhibit, language)).lower().replace("finance", "")
    only = results.market.adoption.table.filter(pl.col("design") == "small_only")  # type: ignore[union-attr]
    low = format(only["abated_t_low"][0], ",.0f").replace("-", "−")
    assert low in made.paragraphs[-1].en and low in made.paragraphs[-1].zh


def test_nothing_is_built_without_a_market(results: Results) -> None:
    bare = replace(results, market=None)
    assert chapter(bare, {}) is None
    assert not set(EXHIBITS) & set(build_exhibits(bare))
