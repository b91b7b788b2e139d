"""Effects by period and level against written-out regressions; the U test against its definition and stored output."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import f as fisher
from scipy.stats import norm
from scipy.stats import t as student

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import Fading, fading, fit, inverted_u, lind_mehlum

SAME = 1e-9  # the same regression, its columns made by hand
PRINTED = 2e-4  # digits of the stored output


def simulated(seed: int = 1, firms: int = 120) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, 5)) < 0.9)
    n = len(f)
    a, x = r.normal(size=firms)[f], r.normal(size=n)
    d = 2.0 * r.random(n) * (r.random(n) < 0.8)
    y = 1.5 * d - 0.6 * d**2 - 0.1 * t * d + 0.2 * x + a + 0.3 * r.normal(size=n)
    table = {"firm_id": f, "year": 2008 + t, "y": y, "output_cny": np.exp(y), "digital": d, "x": x}
    return Panel.from_frame(pl.DataFrame(table), id="firm_id", time="year")


def both(panel: Panel, bins: int = 4) -> Fading:
    return fading(panel, outcome="log(output_cny)", treatment="digital", controls=["x"], cluster="firm_id", bins=bins)


def test_by_period_is_the_interacted_regression() -> None:
    panel = simulated()
    found = both(panel).by_period
    years = list(range(2008, 2013))
    wide = panel.with_columns(
        *(pl.when(pl.col("year") == y).then("digital").otherwise(0.0).alias(f"d{y}") for y in years)
    )
    own = fit(f"y ~ {' + '.join(f'd{y}' for y in years)} + x | firm_id + year", wide, cluster="firm_id")
    np.testing.assert_allclose(found.table["coef"], own.coef[:5], rtol=SAME)
    np.testing.assert_allclose(found.table["se"], own.se[:5], rtol=SAME)
    assert found.table["period"].to_list() == years
    r = np.eye(5)[1:] - np.eye(5)[0]
    b, v = own.coef[:5], own.vcov[:5, :5]
    wald = (r @ b) @ np.linalg.inv(r @ v @ r.T) @ (r @ b) / 4
    assert found.equal_p == pytest.approx(fisher.sf(wald, 4, own.df), rel=1e-7)
    assert found.change == pytest.approx(b[4] - b[0], rel=SAME)
    assert found.change_se == pytest.approx(np.sqrt(v[4, 4] + v[0, 0] - 2 * v[0, 4]), rel=SAME)
    assert found.trend == pytest.approx(np.polyfit(np.arange(5), b, 1)[0], rel=SAME)
    assert found.trend_p < 0.05 and found.trend < 0


def test_by_level_is_a_linear_spline() -> None:
    panel = simulated()
    found = both(panel).by_level
    d = panel.frame["digital"].to_numpy()
    knots = np.unique(np.quantile(d, [0, 0.25, 0.5, 0.75, 1]))
    names, columns = [], []
    for i in range(len(knots) - 1):
        names.append(f"s{i}")
        columns.append(pl.Series(f"s{i}", [min(max(v, knots[i]), knots[i + 1]) - knots[i] for v in d]))
    own = fit(f"y ~ {' + '.join(names)} + x | firm_id + year", panel.with_columns(*columns), cluster="firm_id")
    np.testing.assert_allclose(found.table["coef"], own.coef[: len(names)], rtol=SAME)
    np.testing.assert_allclose(found.table["se"], own.se[: len(names)], rtol=SAME)
    assert found.table["rows"].sum() == panel.n
    assert found.change < 0 and found.change_p < 0.01


def test_quadratic_and_its_range() -> None:
    panel = simulated()
    found = inverted_u(panel, outcome="y", treatment="digital", controls=["x"], cluster="firm_id")
    own = fit(
        "y ~ digital + d2 + x | firm_id + year",
        panel.with_columns((pl.col("digital") ** 2).alias("d2")),
        cluster="firm_id",
    )
    np.testing.assert_allclose(found.estimate.coef, own.coef, rtol=SAME)
    b, v = own.coef[:2], own.vcov[:2, :2]
    low, high = float(panel.frame["digital"].min()), float(panel.frame["digital"].max())  # type: ignore[arg-type]
    shape = found.shape
    assert (shape.low, shape.high, shape.inverted, shape.inside) == (low, high, True, True)
    ps = []
    for end, sign in ((low, 1.0), (high, -1.0)):
        slope = b[0] + 2.0 * b[1] * end
        error = np.sqrt(v[0, 0] + 4.0 * end * v[0, 1] + 4.0 * end**2 * v[1, 1])
        ps.append(student.sf(sign * slope / error, own.df))
    np.testing.assert_allclose([shape.p_low, shape.p_high, shape.p], [*ps, max(ps)], rtol=1e-7)
    assert shape.turning_point == pytest.approx(-b[0] / (2 * b[1]), rel=SAME)


def test_turning_point_set_is_the_inverted_t_test() -> None:
    coef, v = np.array([1.2, -0.5]), np.array([[0.04, -0.015], [-0.015, 0.01]])
    shape = lind_mehlum(coef, v, 0.0, 3.0, df=50.0)
    critical = student.ppf(0.975, 50)
    for x in np.linspace(-5, 10, 3_001):
        t = (coef[0] + 2 * coef[1] * x) / np.sqrt(v[0, 0] + 4 * x * v[0, 1] + 4 * x**2 * v[1, 1])
        if abs(abs(t) - critical) > 1e-6:
            assert (x in shape.interval) == (abs(t) < critical)


def test_stored_output_of_utest() -> None:
    """Slopes -13.54852 and 44.90505 at -156.6146 and 519.1631 with t -1.0813 and 1.081918: p .1397904 and .1396531,
    printed in a public thread on the Stata command by Lind & Mehlum."""
    low, high = -156.6146, 519.1631
    square = (44.90505 + 13.54852) / (2.0 * (high - low))
    linear = -13.54852 - 2.0 * square * low
    errors = np.array([13.54852 / 1.0813, 44.90505 / 1.081918])
    rows = np.array([[1.0, 2.0 * low], [1.0, 2.0 * high]])
    slopes = np.outer(errors, errors) * np.array([[1.0, -0.9999], [-0.9999, 1.0]])
    v = np.linalg.inv(rows) @ slopes @ np.linalg.inv(rows).T
    shape = lind_mehlum([linear, square], v, low, high, df=np.inf)
    assert not shape.inverted and shape.inside
    assert [shape.p_low, shape.p_high, shape.p] == pytest.approx([0.1397904, 0.1396531, 0.1397904], rel=PRINTED)


def test_turning_point_outside_the_range_is_no_shape() -> None:
    shape = lind_mehlum([4.0, -0.5], np.diag([0.01, 0.001]), 0.0, 3.0, df=np.inf)
    assert not shape.inside and shape.p > 0.5 and shape.p_low == pytest.approx(norm.sf(40.0))
    assert "outside" in shape.verdict.en and "范围之外" in shape.verdict.zh


def test_too_little_variation_is_named() -> None:
    panel = simulated().with_columns((pl.col("digital") > 0.5).cast(pl.Float64).alias("digital"))
    with pytest.raises(NotIdentifiedError, match="cannot be told apart"):
        both(panel)
    rare = simulated().with_columns(pl.when(pl.col("digital") > 1.9).then("digital").otherwise(0.0).alias("digital"))
    with pytest.raises(NotIdentifiedError, match="quantiles"):
        both(rare)
    with pytest.raises(ConfigError, match="bins"):
        both(simulated(), bins=1)


def test_exhibits_carry_the_tests() -> None:
    found = both(simulated())
    period, level = found.exhibit()
    assert len(period.drawing.items) == 5  # type: ignore[union-attr]
    assert f"{found.by_level.equal_p:.4f}" in level.notes[0].zh
    assert "inverted U" in period.notes[1].en


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0])
def test_a_level_outside_0_and_1_is_said(level: float) -> None:
    panel = simulated(firms=30)
    with pytest.raises(ConfigError, match="level of confidence"):
        inverted_u(panel, outcome="y", treatment="digital", level=level)
    with pytest.raises(ConfigError, match="level of confidence"):
        fading(panel, outcome="y", treatment="digital", level=level)


def test_periods_without_the_treatment_are_named_as_the_table_names_them() -> None:
    panel = simulated().with_columns(pl.when(pl.col("year") > 2009).then("digital").otherwise(0.0).alias("数字 化"))
    found = fading(panel, outcome="y", treatment="`数字 化`", cluster="firm_id")
    figure = found.exhibit()[0]
    assert found.by_period.table["period"].to_list() == [2010, 2011, 2012] and found.treatment == "数字 化"
    notes = " ".join(note.zh for note in figure.notes)
    assert "数字 化, 2008 未进入" in notes and "\x1f" not in notes and "未缩放" in notes
