"""Lags and leads by key: gaps, counts, and the joint test against statsmodels."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm

from dualcarbon.core.errors import ConfigError, NotIdentifiedError, SchemaError
from dualcarbon.core.exhibit import DotPlot
from dualcarbon.core.panel import Panel
from dualcarbon.effects import dynamics, fit, shifted

EQUAL = 1e-9  # lstsq on dummies keeps 10 to 12 digits


def panel(seed: int = 0, share: float = 0.9) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((50, 12)) < share)
    n = len(f)
    table = pl.DataFrame({"f": f, "t": 2000 + t, "d": r.normal(size=n), "x": r.normal(size=n), "y": r.normal(size=n)})
    return Panel.from_frame(table.with_columns(y=pl.col("y") + 0.5 * pl.col("d")), id="f", time="t")


@pytest.mark.parametrize("step", [1, 2])
def test_shifts_equal_a_dictionary_of_keys(step: int) -> None:
    data = panel()
    found = shifted(data, "d", lags=3, leads=2, step=step)
    held = {(f, t): d for f, t, d in data.frame.select("f", "t", "d").rows()}
    assert found.names == ("d_lead2", "d_lead1", "d_lag1", "d_lag2", "d_lag3")
    for name, k in zip(found.names, (-2, -1, 1, 2, 3), strict=True):
        slow = [held.get((f, t - k * step)) for f, t in data.frame.select("f", "t").rows()]
        assert found.panel.frame[name].to_list() == slow
        assert found.missing[name] == slow.count(None)


def test_a_missing_value_is_not_counted_as_lost_by_the_shift() -> None:
    table = pl.DataFrame({"f": [1] * 4, "t": [1, 2, 3, 5], "d": [1.0, None, 3.0, 5.0]})
    found = shifted(Panel.from_frame(table, id="f", time="t"), "d", lags=1)
    assert found.panel.frame["d_lag1"].to_list() == [None, 1.0, None, None]
    assert found.missing == {"d_lag1": 3}


def test_estimate_is_that_of_the_columns_written_out() -> None:
    data = panel()
    found = dynamics("y ~ d + x | f + t", data, "d", lags=2, leads=1, cluster="f")
    wide = shifted(data, "d", lags=2, leads=1).panel
    slow = fit("y ~ d + x + d_lead1 + d_lag1 + d_lag2 | f + t", wide, cluster="f")
    assert found.estimate.names == slow.names and np.array_equal(found.estimate.coef, slow.coef)
    assert [k for k, _ in found.terms] == [-1, 0, 1, 2]
    at = [slow.names.index(name) for name in ("d", "d_lag1", "d_lag2")]
    assert found.total == pytest.approx(slow.coef[at].sum(), rel=1e-12)
    assert found.total_se**2 == pytest.approx(slow.vcov[np.ix_(at, at)].sum(), rel=1e-12)


def test_joint_test_of_leads_equals_statsmodels() -> None:
    data = panel(1)
    found = dynamics("y ~ d + x", data, "d", lags=1, leads=2, vcov="hc1")
    wide = shifted(data, "d", lags=1, leads=2).panel.frame.drop_nulls()
    names = ["d", "x", "d_lead2", "d_lead1", "d_lag1"]
    z = np.column_stack([np.ones(wide.height), wide.select(names).to_numpy()])
    rival = sm.OLS(wide["y"].to_numpy(), z).fit(cov_type="HC1", use_t=True)
    test = rival.f_test(np.eye(6)[[3, 4]])
    assert found.leads is not None
    assert found.leads.f == pytest.approx(float(test.fvalue), rel=EQUAL)
    assert found.leads.p == pytest.approx(float(test.pvalue), rel=EQUAL)
    assert (found.leads.df1, found.leads.df2) == (2, wide.height - 6)


def test_without_leads_there_is_no_test() -> None:
    found = dynamics("y ~ d | f", panel(), "d", lags=1, leads=0)
    assert found.leads is None and len(found.table().rows) == 3


def test_table_and_figure_go_in_order_of_time() -> None:
    found = dynamics("y ~ d | f + t", panel(), "d", lags=2, leads=2, cluster="f")
    labels = [row[0].value.en for row in found.table().rows]  # type: ignore[union-attr]
    assert labels[:5] == ["Lead 2", "Lead 1", "Current", "Lag 1", "Lag 2"]
    assert found.table().rows[1][4].value == found.missing["d_lead1"]
    drawing = found.figure().drawing
    assert isinstance(drawing, DotPlot) and [item.en for item in drawing.items] == labels[:5]
    at = [found.estimate.names.index(name) for _, name in found.terms]
    assert drawing.series[0].x == tuple(found.estimate.coef[at])
    assert drawing.series[0].low == tuple(found.estimate.interval()[at, 0])


def test_what_cannot_be_shifted_is_said() -> None:
    data = panel()
    with pytest.raises(ConfigError, match="lags or leads are wrong"):
        shifted(data, "d", lags=-1)
    with pytest.raises(SchemaError, match="exists already"):
        shifted(data.with_columns(pl.lit(0).alias("d_lag1")), "d", lags=1)
    with pytest.raises(ConfigError, match="column by itself"):
        dynamics("y ~ d:x", data, "d:x")
    dated = data.frame.with_columns(t=pl.date(pl.col("t"), 1, 1))
    with pytest.raises(SchemaError, match="does not hold integers"):
        shifted(Panel.from_frame(dated, id="f", time="t"), "d", lags=1)


def test_a_collinear_lag_is_not_left_out_of_the_sum_in_silence() -> None:
    data = panel().with_columns(pl.col("t").cast(pl.Float64).alias("trend"))
    with pytest.raises(NotIdentifiedError, match="trend_lead1"):
        dynamics("y ~ trend | f", data, "trend", lags=1, leads=1)


def test_what_is_not_a_number_counts_as_missing() -> None:
    table = pl.DataFrame({"f": [1] * 4, "t": [1, 2, 3, 4], "d": [1.0, float("nan"), 3.0, 4.0]})
    found = shifted(Panel.from_frame(table, id="f", time="t"), "d", lags=1)
    assert found.missing == {"d_lag1": 2}
