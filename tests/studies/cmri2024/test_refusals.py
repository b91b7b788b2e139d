"""Tables from which chapter 4 cannot be made: the message names the thing and the remedy."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, DualcarbonError, NotIdentifiedError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.engines.threads import Threads
from dualcarbon.panel import simulate_survey
from dualcarbon.studies.cmri2024 import chain
from dualcarbon.studies.config import FirmStudy, shipped

STUDY = shipped("cmri2024", FirmStudy)


@pytest.fixture(scope="module")
def firms() -> Panel:
    return simulate_survey(4_000, 5, factors=STUDY.co2.factors).panel


def changed(**technology: object) -> FirmStudy:
    return STUDY.model_copy(update={"technology": STUDY.technology.model_copy(update=technology)})


def refusal(panel: Panel) -> DualcarbonError:
    from dualcarbon.studies.progress import Silent

    ready = chain.prepared(panel, STUDY)
    priced = chain.fitted(ready, STUDY, chain.DEFAULT, Threads())
    with pytest.raises((DataError, NotIdentifiedError)) as caught:
        chain.regressed(ready, priced, STUDY, Silent())
    return caught.value


@pytest.mark.parametrize("technology", [{"group_by": ()}, {"group_by": ("province",)}, {"bad": "coal_t"}])
def test_only_co2_by_industry_is_what_the_tables_show(technology: dict[str, object], firms: Panel) -> None:
    with pytest.raises(ConfigError) as caught:
        chain.prepared(firms, changed(**technology))
    assert "group_by = ['industry2']" in caught.value.expected.en


@pytest.mark.parametrize("co2", [{"boundary": "by_fuel"}, {"narrow_boundary": "coal_oil_power"}])
def test_a_boundary_that_the_headings_do_not_name_is_refused(co2: dict[str, object], firms: Panel) -> None:
    study = STUDY.model_copy(update={"co2": STUDY.co2.model_copy(update=co2)})
    with pytest.raises(ConfigError) as caught:
        chain.prepared(firms, study)
    assert 'boundary = "coal_oil_power", narrow_boundary = "coal"' in caught.value.expected.zh
    assert next(iter(co2.values())) in caught.value.found.en


def test_a_text_column_is_no_input_and_no_treatment(firms: Panel) -> None:
    effects = STUDY.effects.model_copy(update={"treatment": "ownership"})
    for study in (changed(inputs=("province",)), STUDY.model_copy(update={"effects": effects})):
        with pytest.raises(SchemaError, match="is not numeric"):
            chain.prepared(firms, study)


def test_rows_without_an_industry_are_dropped_and_counted(firms: Panel) -> None:
    some = pl.int_range(pl.len()) < 30
    holes = firms.with_columns(pl.when(~some).then(pl.col("industry2")).alias("industry2"))
    positive = sum(d.rows for d in chain.prepared(firms, STUDY).drops)
    ready = chain.prepared(holes, STUDY)
    assert ready.n + sum(d.rows for d in ready.drops) == firms.n
    assert ready.drops[-1].reason.en == "Two-digit industry missing"
    assert sum(d.rows for d in ready.drops) - positive <= 30 < ready.drops[-1].rows + 30


def test_too_few_rows_for_any_frontier_is_said_as_such(firms: Panel) -> None:
    error = refusal(replace(firms, frame=firms.frame.head(50)))
    assert "前沿没有给出任何一行的价格" in error.what.zh
    assert "more rows" in error.remedy.en and "groups)" in error.found.en


@pytest.mark.parametrize("level", [0.0, 0.05])
def test_digital_use_that_never_varies_names_the_regression(level: float, firms: Panel) -> None:
    error = refusal(firms.with_columns(pl.lit(level).alias("digital_share")))
    assert isinstance(error, NotIdentifiedError)
    assert "mac_firm" in error.what.en and "mac_firm" in error.what.zh
    assert "ln_mac ~ digital_permille" in error.found.en and "[effects]" in error.remedy.en


def test_one_year_leaves_no_firm_effects(firms: Panel) -> None:
    largest = firms.frame["year"].mode()[0]
    one = simulate_survey(9_000, 5, factors=STUDY.co2.factors).panel.keep(
        pl.col("year") == largest, firms.provenance.name
    )
    error = refusal(one)
    assert "mac_firm" in error.what.en and "单例" in error.found.zh
