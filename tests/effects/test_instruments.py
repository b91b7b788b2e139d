"""Diagnostics of instruments: a published example, full matrices, and their special cases.

data/mroz_working_women.csv: the 428 working women of Mroz (1987, Econometrica 55, 765-799), six columns.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import LANGUAGES
from dualcarbon.effects import fit, instruments

Floats = NDArray[np.float64]

EQUAL = 1e-8
SAME = 1e-10
THREE = 5.1e-4  # three decimals in print
FOUR = 5.1e-5

MROZ = Path(__file__).with_name("data") / "mroz_working_women.csv"


def mroz() -> Panel:
    return Panel.from_frame(pl.read_csv(MROZ).with_row_index("woman").with_columns(year=1975), id="woman", time="year")


def test_schooling_of_working_women() -> None:
    """Wooldridge (2019), Introductory Econometrics, examples 15.5 and 15.8; diagnostics as R's ivreg prints them."""
    found = instruments("lwage ~ exper + expersq | educ ~ motheduc + fatheduc", mroz())
    e = found.estimate
    assert e.n == 428
    assert e.names == ("(Intercept)", "educ", "exper", "expersq")
    assert np.allclose(e.coef, [0.0481, 0.0614, 0.0442, -0.0009], atol=FOUR)
    assert np.allclose(e.se, [0.4003, 0.0314, 0.0134, 0.0004], atol=FOUR)
    assert found.first_stages[0].f.statistic == pytest.approx(55.400, abs=THREE)
    assert found.wu_hausman.statistic == pytest.approx(2.793, abs=THREE)
    assert found.wu_hausman.p == pytest.approx(0.0954, abs=FOUR)
    assert found.overidentification is not None
    assert found.overidentification.statistic == pytest.approx(0.378, abs=THREE)
    assert found.overidentification.p == pytest.approx(0.5386, abs=FOUR)
    assert found.overidentification.df1 == 1


def simulated(seed: int = 1, strength: float = 1.0) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((50, 6)) < 0.75)
    n = len(f)
    a = r.normal(size=50)[f]
    z, u = r.normal(size=(n, 3)), r.normal(size=n)
    x = r.normal(size=n) + 0.3 * a
    d = strength * (z @ [0.6, 0.4, 0.2]) + 0.3 * x + a + u + r.normal(size=n) * (1 + np.abs(z[:, 0]))
    c = z @ [0.0, 0.5, 0.6] + 0.5 * u + r.normal(size=n)
    y = 0.5 * d - 0.3 * c + 0.2 * x + a + u + r.normal(size=n)
    columns = {
        "y": y,
        "d": d,
        "c": c,
        "x": x,
        "z1": z[:, 0],
        "z2": z[:, 1],
        "z3": z[:, 2],
        "w": np.exp(r.normal(size=n)),
    }
    return Panel.from_frame(pl.DataFrame({"firm": f, "year": t, "province": f % 8, **columns}), id="firm", time="year")


def indicators(table: pl.DataFrame, name: str) -> Floats:
    codes = np.unique(table[name].to_numpy(), return_inverse=True)[1]
    return np.eye(codes.max() + 1)[codes]


OPTIONS = [{}, {"vcov": "hc1"}, {"cluster": "firm"}, {"cluster": "firm", "weights": "w"}]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("effects", ["0", "firm + year"])
def test_first_stages_and_reduced_form_are_regressions(options: dict[str, str], effects: str) -> None:
    panel = simulated()
    found = instruments(f"y ~ x | {effects} | d ~ z1 + z2 + z3", panel, **options)  # type: ignore[arg-type]
    first = fit(f"d ~ z1 + z2 + z3 + x | {effects}", panel, **options)  # type: ignore[arg-type]
    reduced = fit(f"y ~ z1 + z2 + z3 + x | {effects}", panel, **options)  # type: ignore[arg-type]
    stage = found.first_stages[0]
    assert stage.estimate.names == first.names
    assert stage.estimate.depvar == "d"
    assert np.allclose(stage.estimate.coef, first.coef, rtol=EQUAL)
    assert np.allclose(stage.estimate.vcov, first.vcov, rtol=EQUAL)
    assert stage.estimate.r2_within == pytest.approx(first.r2_within, rel=EQUAL)
    at = [first.names.index(name) for name in ("z1", "z2", "z3")]
    for test, estimate in ((stage.f, first), (found.anderson_rubin.test, reduced)):
        f = estimate.coef[at] @ np.linalg.solve(estimate.vcov[np.ix_(at, at)], estimate.coef[at]) / 3
        assert test.statistic == pytest.approx(f, rel=EQUAL)
        assert (test.df1, test.df2) == (3, first.df)
    assert found.kleibergen_paap.statistic == pytest.approx(stage.f.statistic, rel=EQUAL)
    if not options:
        assert found.cragg_donald == pytest.approx(stage.f.statistic, rel=EQUAL)
    assert found.estimate.vcov.tolist() == fit(f"y ~ x | {effects} | d ~ z1 + z2 + z3", panel, **options).vcov.tolist()  # type: ignore[arg-type]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_anderson_rubin_set_is_where_the_shifted_regression_does_not_reject(options: dict[str, str]) -> None:
    from scipy.stats import f as fisher

    panel = simulated(strength=0.2)
    found = instruments("y ~ x | firm + year | d ~ z1 + z2", panel, **options).anderson_rubin  # type: ignore[arg-type]
    assert found.intervals is not None
    ends = [end for interval in found.intervals for end in interval if np.isfinite(end)]
    assert ends
    for end in ends:
        shifted = panel.with_columns((pl.col("y") - end * pl.col("d")).alias("y"))
        e = fit("y ~ z1 + z2 + x | firm + year", shifted, **options)  # type: ignore[arg-type]
        statistic = e.coef[:2] @ np.linalg.solve(e.vcov[:2, :2], e.coef[:2]) / 2
        assert statistic == pytest.approx(fisher.ppf(0.95, 2, e.df), rel=1e-6)


@pytest.mark.parametrize("kind", ["iid", "hc1", "cluster"])
def test_overidentification_on_full_matrices(kind: str) -> None:
    """Two-step generalised method of moments with every dummy and exogenous regressor among the instruments."""
    panel = simulated()
    options = {"cluster": "firm"} if kind == "cluster" else {"vcov": kind}
    found = instruments("y ~ x | province + year | d ~ z1 + z2 + z3", panel, **options).overidentification  # type: ignore[arg-type]
    table = panel.frame
    full = np.column_stack([indicators(table, "province"), indicators(table, "year")[:, 1:], table["x"].to_numpy()])
    z = np.column_stack([full, table.select("z1", "z2", "z3").to_numpy()])
    x = np.column_stack([full, table["d"].to_numpy()])
    y = table["y"].to_numpy()
    p = z @ np.linalg.lstsq(z, x, rcond=None)[0]
    e = y - x @ np.linalg.solve(p.T @ x, p.T @ y)
    if kind == "iid":
        s = z.T @ z * (e @ e) / len(y)
    else:
        rows = z * e[:, None]
        sums = rows if kind == "hc1" else indicators(table, "firm").T @ rows
        s = sums.T @ sums
    weight = np.linalg.inv(s)
    b = np.linalg.solve(x.T @ z @ weight @ z.T @ x, x.T @ z @ weight @ z.T @ y)
    g = z.T @ (y - x @ b)
    assert found is not None
    assert found.statistic == pytest.approx(g @ weight @ g, rel=1e-7)
    assert (found.df1, found.df2) == (2, None)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_wu_hausman_is_the_test_of_first_stage_residuals(options: dict[str, str]) -> None:
    panel = simulated()
    found = instruments("y ~ x | firm + year | d + c ~ z1 + z2 + z3", panel, **options)  # type: ignore[arg-type]
    table = panel.frame
    w = table["w"].to_numpy() if "weights" in options else np.ones(table.height)
    full = np.column_stack(
        [indicators(table, "firm"), indicators(table, "year"), table.select("x", "z1", "z2", "z3").to_numpy()]
    )
    d, root = table.select("d", "c").to_numpy(), np.sqrt(w)[:, None]
    v = d - full @ np.linalg.lstsq(full * root, d * root, rcond=1e-12)[0]
    wide = panel.with_columns(pl.Series("v1", v[:, 0]), pl.Series("v2", v[:, 1]))
    e = fit("y ~ d + c + v1 + v2 + x | firm + year", wide, **options)  # type: ignore[arg-type]
    statistic = e.coef[2:4] @ np.linalg.solve(e.vcov[2:4, 2:4], e.coef[2:4]) / 2
    assert found.wu_hausman.statistic == pytest.approx(statistic, rel=EQUAL)
    assert (found.wu_hausman.df1, found.wu_hausman.df2) == (2, e.df)


@pytest.mark.parametrize("options", OPTIONS[1:], ids=str)
def test_effective_f_of_one_instrument_is_the_robust_f(options: dict[str, str]) -> None:
    found = instruments("y ~ x | firm + year | d ~ z1", simulated(), **options)  # type: ignore[arg-type]
    assert found.effective_f is not None
    assert found.effective_f.statistic == pytest.approx(found.first_stages[0].f.statistic, rel=EQUAL)
    assert found.effective_f.critical[0.10] == pytest.approx(23.11, abs=5e-3)
    assert found.overidentification is None


def test_effective_f_by_its_formula() -> None:
    panel = simulated()
    found = instruments("y ~ 1 | d ~ z1 + z2 + z3", panel, cluster="firm")
    z = panel.frame.select("z1", "z2", "z3").to_numpy()
    z = z - z.mean(axis=0)
    first = fit("d ~ z1 + z2 + z3", panel, cluster="firm")
    pi, v = first.coef[1:], first.vcov[1:, 1:]
    assert found.effective_f is not None
    assert found.effective_f.statistic == pytest.approx(pi @ z.T @ z @ pi / np.trace(v @ z.T @ z), rel=EQUAL)


def test_two_endogenous_regressors() -> None:
    """Under equal variances the rank statistic is Cragg and Donald's; exogenous regressors and scales do not matter."""
    panel = simulated()
    formula = "y ~ x | firm + year | d + c ~ z1 + z2 + z3"
    equal, robust = instruments(formula, panel), instruments(formula, panel, cluster="firm")
    assert equal.kleibergen_paap.statistic == pytest.approx(equal.cragg_donald, rel=EQUAL)
    assert equal.effective_f is None
    assert equal.anderson_rubin.intervals is None
    assert equal.anderson_rubin.shape is None
    scaled = panel.with_columns(pl.col("z1") * 50.0 + pl.col("z2"), pl.col("d") * 10.0)
    again = instruments(formula, scaled, cluster="firm")
    assert again.cragg_donald == pytest.approx(robust.cragg_donald, rel=EQUAL)
    assert again.anderson_rubin.test.statistic == pytest.approx(robust.anderson_rubin.test.statistic, rel=EQUAL)
    assert robust.kleibergen_paap.statistic < min(s.f.statistic for s in robust.first_stages)


def test_shapes_and_words() -> None:
    weak = instruments("y ~ x | firm + year | d ~ z3", simulated(strength=0.0), cluster="firm")
    assert weak.anderson_rubin.shape in ("whole", "disjoint", "unbounded")
    assert "weak" in weak.notes[0].en
    strong = instruments("y ~ x | firm + year | d ~ z1", simulated(strength=5.0), cluster="firm")
    assert strong.anderson_rubin.shape == "interval"
    table = strong.table()
    assert table.rows[0][0].value.en == "First-stage F: d"  # type: ignore[union-attr]
    assert all(text.get(language) for text in table.notes for language in LANGUAGES)
    assert len(table.rows) == len(instruments("y ~ 1 | d ~ z1 + z2", simulated()).table().rows) - 1
    assert "Kleibergen-Paap" in repr(strong)


def test_limits() -> None:
    panel = simulated().with_columns((pl.col("z1") + pl.col("z2")).alias("same"))
    with pytest.raises(ConfigError, match="no instruments"):
        instruments("y ~ x | firm", panel)
    with pytest.raises(NotIdentifiedError, match="instruments determine"):
        instruments("y ~ x | firm | same ~ z1 + z2", panel)
    with pytest.raises(NotIdentifiedError, match="too few degrees"):
        instruments(
            "y ~ 1 | d ~ z1 + z2 + z3", panel.with_columns((pl.col("firm") % 3).alias("third")), cluster="third"
        )
    with pytest.raises(ConfigError, match="least squares only"):
        instruments("y ~ x | firm | d ~ z1", panel, vcov="hc3")


def test_driscoll_kraay_and_order_of_rows() -> None:
    panel = simulated()
    found = instruments("y ~ x | firm | d ~ z1", panel, vcov="driscoll_kraay")
    assert found.kleibergen_paap.statistic == pytest.approx(found.first_stages[0].f.statistic, rel=EQUAL)
    first = fit("d ~ z1 + x | firm", panel, vcov="driscoll_kraay")
    assert found.first_stages[0].f.statistic == pytest.approx(float(first.t[0] ** 2), rel=EQUAL)
    shuffled = Panel.from_frame(panel.frame.sample(fraction=1.0, shuffle=True, seed=4), id="firm", time="year")
    assert repr(instruments("y ~ x | firm | d ~ z1 + z2", shuffled, cluster="firm")) == repr(
        instruments("y ~ x | firm | d ~ z1 + z2", panel, cluster="firm")
    )


def test_the_units_of_the_variables_change_no_statistic() -> None:
    """Instruments of very different size, an outcome in other units: once an eigenvalue failed, or J was far off."""
    plain = simulated()
    scale = {"y": 1e-7, "d": 1e8, "c": 1e-3, "z1": 1e9, "z2": 1e-9, "z3": 1.0}
    other = plain.with_columns(*(pl.col(name) * by for name, by in scale.items()))
    for formula in ("y ~ x | firm | d ~ z1 + z2 + z3", "y ~ x | firm | d + c ~ z1 + z2 + z3"):
        a, b = (instruments(formula, panel, cluster="firm") for panel in (plain, other))
        assert a.cragg_donald == pytest.approx(b.cragg_donald, rel=EQUAL)
        assert a.overidentification is not None
        assert b.overidentification is not None
        for one, two in (
            (a.kleibergen_paap, b.kleibergen_paap),
            (a.anderson_rubin.test, b.anderson_rubin.test),
            (a.wu_hausman, b.wu_hausman),
            (a.overidentification, b.overidentification),
        ):
            assert one.statistic == pytest.approx(two.statistic, rel=EQUAL)
        if a.effective_f is not None:
            assert b.effective_f is not None
            assert a.effective_f.statistic == pytest.approx(b.effective_f.statistic, rel=EQUAL)
            assert a.effective_f.critical == pytest.approx(dict(b.effective_f.critical), rel=EQUAL)
            ends = np.ravel(a.anderson_rubin.intervals), np.ravel(b.anderson_rubin.intervals)
            assert np.allclose(ends[0] * scale["y"] / scale["d"], ends[1], rtol=EQUAL)


def test_an_exogenous_combination_of_endogenous_regressors_is_said() -> None:
    panel = simulated().with_columns((pl.col("d") + pl.col("z1")).alias("c"))
    with pytest.raises(NotIdentifiedError, match="or a combination"):
        instruments("y ~ x | firm | d + c ~ z1 + z2 + z3", panel, vcov="hc1")


def test_a_level_must_be_one() -> None:
    with pytest.raises(ConfigError, match="level of confidence"):
        instruments("y ~ x | firm | d ~ z1", simulated(), level=95)
