"""The channel split against its own regressions, stacked least squares on dummies, and loops over rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.effects import Split, fit, split
from dualcarbon.effects.levels import level_split

Floats = NDArray[np.float64]

SUM = 1e-12  # coefficients are linear in the outcome
LEVEL_SUM = 1e-9  # asked for; sums of n logarithmic means
OWN = 1e-10  # the same regression by another road
STACKED = 1e-9  # lstsq on dummies itself keeps 10 to 12 digits
SLOPE = 1e-6  # differences of the levels


def simulated(seed: int = 1, firms: int = 80, years: int = 5, zeros: float = 0.0) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, years)) < 0.8)
    n = len(f)
    a = r.normal(size=firms)[f]
    d, x = r.random(n) + 0.2 * a, r.normal(size=n)
    workers = np.exp(3.0 + 0.1 * d + 0.3 * r.normal(size=n))
    output = np.exp(2.0 + 0.5 * d + a + 0.2 * x + 0.3 * r.normal(size=n))
    energy = output * np.exp(-0.9 * d + 0.2 * r.normal(size=n) * (1.0 + np.abs(x)))
    co2 = energy * np.exp(0.8 - 0.15 * d + 0.1 * r.normal(size=n)) * (r.random(n) >= zeros)
    table = {
        "firm_id": f,
        "year": 2008 + t,
        "province": f % 9,
        "digital": d,
        "x": x,
        "w": np.exp(r.normal(size=n)),
        "workers": workers,
        "output_cny": output,
        "energy_tce": energy,
        "co2_t": co2,
    }
    return Panel.from_frame(pl.DataFrame(table), id="firm_id", time="year")


def found(panel: Panel, **options: object) -> Split:
    settings = {"treatment": "digital", "controls": ["x"], "cluster": "firm_id", **options}
    return split(panel, co2="co2_t", output="output_cny", energy="energy_tce", **settings)  # type: ignore[arg-type]


def coefficients(result: Split) -> Floats:
    return result.table["coef"].to_numpy()


OPTIONS: list[dict[str, object]] = [
    {},
    {"weights": "w"},
    {"cluster": "firm_id + year"},
    {"cluster": None, "vcov": "hc1"},
    {"cluster": None},
    {"cluster": None, "vcov": "hc3"},
    {"cluster": None, "vcov": "driscoll_kraay"},
    {"absorb": None},
    {"absorb": "firm_id + province^year", "weights": "w"},
    {"labour": "workers", "absorb": "province^year"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_channels_sum_to_the_total(options: dict[str, object]) -> None:
    result = found(simulated(), **options)
    b = coefficients(result)
    assert abs(b[0] - b[1:].sum()) <= SUM
    assert abs(result.table["share"][1:].sum() - 1.0) <= SUM
    row = np.append(-1.0, np.ones(len(b) - 1))
    assert abs(row @ result.vcov @ row) <= SUM * np.trace(result.vcov)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_each_channel_is_its_own_regression(options: dict[str, object]) -> None:
    panel = simulated(zeros=0.1)
    result = found(panel, **options)
    ratio = {
        "total": pl.col("co2_t"),
        "scale": pl.col("output_cny"),
        "labour": pl.col("workers"),
        "productivity": pl.col("output_cny") / pl.col("workers"),
        "technique": pl.col("energy_tce") / pl.col("output_cny"),
        "structure": pl.col("co2_t") / pl.col("energy_tce"),
    }
    absorb = options.get("absorb", "firm_id + year")
    bar = f" | {absorb}" if absorb else ""
    for i, row in enumerate(result.table.iter_rows(named=True)):
        own = fit(
            f"log(v) ~ digital + x{bar}",
            panel.with_columns(ratio[row["channel"]].alias("v")),
            cluster=options.get("cluster", "firm_id"),  # type: ignore[arg-type]
            weights=options.get("weights"),  # type: ignore[arg-type]
            vcov=options.get("vcov"),  # type: ignore[arg-type]
            sample=pl.col("co2_t") > 0,
        )
        at = own.names.index("digital")
        low, high = own.interval()[at]
        expected = [own.coef[at], own.se[at], low, high, own.p[at]]
        np.testing.assert_allclose(
            [row[name] for name in ("coef", "se", "low", "high", "p")], expected, rtol=OWN, atol=1e-14
        )
        np.testing.assert_allclose(np.sqrt(result.vcov[i, i]), own.se[at], rtol=OWN)
        mine = result.estimates[i]
        np.testing.assert_allclose([mine.r2, mine.r2_within], [own.r2, own.r2_within], rtol=OWN)
        assert (mine.n, mine.df, mine.rule, mine.clusters) == (own.n, own.df, own.rule, own.clusters)


def dummies(codes: NDArray[np.int64]) -> Floats:
    return np.eye(codes.max() + 1)[codes]


@pytest.mark.parametrize("kind", ["iid", "hc1", "cluster", "two ways"])
def test_joint_covariance_is_that_of_stacked_equations(kind: str) -> None:
    panel = simulated(firms=40)
    options = {
        "iid": {"cluster": None},
        "hc1": {"cluster": None, "vcov": "hc1"},
        "cluster": {"cluster": "firm_id"},
        "two ways": {"cluster": "firm_id + year"},
    }[kind]
    result = found(panel, weights="w", **options)
    table = panel.frame[result.rows.tolist()]
    firm = np.unique(table["firm_id"], return_inverse=True)[1]
    year = np.unique(table["year"], return_inverse=True)[1]
    z = np.column_stack([table["digital"], table["x"], dummies(firm), dummies(year)[:, 1:]])
    w = table["w"].to_numpy()
    y, e, c = (np.log(table[name].to_numpy()) for name in ("output_cny", "energy_tce", "co2_t"))
    big, outcome = np.kron(np.eye(3), z), np.concatenate([y, e - y, c - e])
    ww = np.tile(w, 3)
    coef = np.linalg.lstsq(big * np.sqrt(ww)[:, None], outcome * np.sqrt(ww), rcond=None)[0]
    rest = outcome - big @ coef
    bread = np.linalg.inv((big * ww[:, None]).T @ big)
    scores = big * (ww * rest)[:, None]
    n, k = z.shape
    if kind == "iid":
        cross = rest.reshape(3, n) @ (w[:, None] * rest.reshape(3, n).T) / (n - k)
        v = np.kron(cross, np.linalg.inv((z * w[:, None]).T @ z))
    else:
        ways = {"hc1": [np.arange(n)], "cluster": [firm], "two ways": [firm, year]}[kind]
        parts = [*((1.0, way) for way in ways), *([(-1.0, np.arange(n))] if kind == "two ways" else [])]
        meat = np.zeros_like(bread)
        for sign, way in parts:
            for g in np.unique(way):
                s = scores[np.tile(way == g, 3)].sum(axis=0)
                meat += sign * np.outer(s, s)
        g = min(way.max() + 1 for way in ways)
        free = {"hc1": k, "cluster": 2 + year.max() + 1, "two ways": 3}[kind]
        factor = n / (n - k) if kind == "hc1" else (n - 1) / (n - free) * g / (g - 1)
        v = factor * bread @ meat @ bread
    at = np.arange(3) * k
    np.testing.assert_allclose(coefficients(result)[1:], coef[at], rtol=STACKED)
    np.testing.assert_allclose(result.vcov[1:, 1:], v[np.ix_(at, at)], rtol=STACKED, atol=STACKED * result.vcov.max())


def test_levels_are_the_loop_over_rows() -> None:
    panel = simulated()
    result = found(panel, baseline=0.25)
    table = panel.frame[result.rows.tolist()]
    b, v = coefficients(result)[1:], result.vcov[1:, 1:]
    effects, gap = np.zeros(3), 0.0
    for c, d in table.select("co2_t", "digital").rows():
        without = c * np.exp(-b.sum() * (d - 0.25))
        mean = (c - without) / np.log(c / without)
        effects += mean * b * (d - 0.25)
        gap += c - without
    np.testing.assert_allclose(result.levels.table["effect_t"], [gap, *effects], rtol=LEVEL_SUM)
    np.testing.assert_allclose(result.levels.gap_t, gap, rtol=LEVEL_SUM)
    np.testing.assert_allclose(result.levels.actual_t - result.levels.counterfactual_t, gap, rtol=LEVEL_SUM)
    c, d = table["co2_t"].to_numpy(), table["digital"].to_numpy() - 0.25
    moved = []
    for step in np.eye(3) * 1e-6:
        ends = [level_split(("a", "b", "c"), c, d, b + s, v).table["effect_t"].to_numpy() for s in (step, -step)]
        moved.append((ends[0] - ends[1]) / 2e-6)
    slope = np.array(moved).T
    np.testing.assert_allclose(result.levels.table["se"], np.sqrt(np.diag(slope @ v @ slope.T)), rtol=SLOPE)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(1e-3, 1e9), st.floats(-5.0, 5.0)), min_size=1, max_size=20),
    st.lists(st.floats(-2.0, 2.0), min_size=3, max_size=3),
)
def test_levels_sum_whatever_the_numbers(rows: list[tuple[float, float]], b: list[float]) -> None:
    c, d = (np.array(column) for column in zip(*rows, strict=True))
    levels = level_split(("a", "b", "c"), c, d, np.array(b), np.zeros((3, 3)))
    scale = float(np.sum(c * np.maximum(1.0, np.exp(-sum(b) * d))) * max(1.0, np.abs(b).max() * np.abs(d).max()))
    assert abs(levels.table["effect_t"][1:].sum() - levels.gap_t) <= LEVEL_SUM * scale


def test_no_treatment_no_effect_in_levels() -> None:
    levels = level_split(("a",), np.array([3.0, 5.0]), np.zeros(2), np.array([-0.3]), np.eye(1))
    assert levels.table["effect_t"].to_list() == [0.0, 0.0]
    assert levels.actual_t == levels.counterfactual_t == 8.0


def test_zeros_leave_all_channels_and_are_counted() -> None:
    panel = simulated(zeros=0.2)
    result = found(panel)
    gone = int((panel.frame["co2_t"] == 0.0).sum())
    assert {d.reason.en: d.rows for d in result.drops}["co2_t not positive, no logarithm"] == gone
    assert {estimate.n for estimate in result.estimates} == {len(result.rows)}
    table, figure = result.exhibit()
    assert any(f"{gone} rows not used" in note.en for note in (*table.notes, *figure.notes))


def test_a_fixed_ratio_is_a_channel_of_zero() -> None:
    result = found(simulated().with_columns((2.5 * pl.col("energy_tce")).alias("co2_t")))
    row = result.table.row(3, named=True)
    assert (row["channel"], row["coef"], row["se"]) == ("structure", 0.0, 0.0) and np.isnan(row["p"])
    assert float(result.rebound) == pytest.approx(float(result.carbon_rebound), rel=OWN)
    assert any("fixed ratio" in note.en for note in result.exhibit()[0].notes)


def test_labour_divides_scale_and_leaves_the_rebound() -> None:
    panel = simulated()
    plain, divided = found(panel), found(panel, labour="workers")
    assert divided.channels == ("labour", "productivity", "technique", "structure")
    np.testing.assert_allclose(coefficients(divided)[1:3].sum(), coefficients(plain)[1], rtol=OWN)
    np.testing.assert_allclose(
        [float(divided.rebound), divided.rebound.se, divided.rebound.interval.low],
        [float(plain.rebound), plain.rebound.se, plain.rebound.interval.low],
        rtol=1e-8,
    )


def test_row_order_and_units_change_nothing() -> None:
    panel = simulated()
    shuffled = panel.frame.sample(fraction=1.0, shuffle=True, seed=3).with_columns(pl.col("energy_tce") * 29.3)
    again = found(Panel.from_frame(shuffled, id="firm_id", time="year"))
    np.testing.assert_allclose(coefficients(again), coefficients(found(panel)), rtol=OWN)
    np.testing.assert_allclose(again.vcov, found(panel).vcov, rtol=1e-8, atol=1e-14)


def test_what_cannot_be_split_is_named() -> None:
    panel = simulated()
    with pytest.raises(ConfigError, match=r"log\(output_cny\)"):
        found(panel, controls=["log(output_cny)"])
    with pytest.raises(NotIdentifiedError, match="province"):
        found(panel, treatment="province")
    with pytest.raises(NotIdentifiedError, match=r"log\(energy_tce\)"):
        found(panel.with_columns((3.0 * pl.col("output_cny")).alias("energy_tce")))
    with pytest.raises(ConfigError, match=r"0\.95"):
        found(panel, level=95.0)
    with pytest.raises(ConfigError, match="wild"):
        found(panel, vcov="wild")


def test_exhibits_speak_both_languages() -> None:
    result = found(simulated())
    table, figure = result.exhibit(Text("表 9", "Table 9"))
    assert table.number.zh == "表 9" and table.row_keys == ("total", "scale", "technique", "structure")
    assert [row[1].value for row in table.rows] == coefficients(result).tolist()
    assert figure.drawing.series[0].low == tuple(result.table["low"])  # type: ignore[union-attr]
    assert "firm only" in result.rebound_exhibit().notes[0].en
    assert not result.vcov.flags.writeable


@pytest.mark.parametrize("absorb", ["firm_id + year", "firm_id"])
def test_a_channel_that_the_effects_determine_is_zero_at_any_scale(absorb: str) -> None:
    """CO2 per energy fixed for each firm, little variation, numbers of 1e9: only rounding is left."""
    r = np.random.default_rng(5)
    f, t = np.repeat(np.arange(200), 6), np.tile(np.arange(6), 200)
    d = 0.02 * r.random(1200)
    output = 1e9 * np.exp(0.4 * d + 3.0 * r.normal(size=200)[f] + 0.003 * r.normal(size=1200))
    energy = output * np.exp(-0.9 * d + 0.003 * r.normal(size=1200))
    table = pl.DataFrame({"firm_id": f, "year": t, "d": d, "y": output, "e": energy})
    panel = Panel.from_frame(table.with_columns(c=energy * np.exp(r.normal(size=200))[f]), id="firm_id", time="year")
    result = split(panel, co2="c", output="y", energy="e", treatment="d", absorb=absorb, cluster="firm_id")
    last = result.table.rows(named=True)[-1]
    assert last["coef"] == 0.0 and last["se"] == 0.0 and np.isnan(last["p"])


def test_co2_in_proportion_to_output_has_no_carbon_rebound() -> None:
    panel = simulated()
    for factor in (pl.lit(2.66), 1.0 + pl.col("firm_id") % 7):
        with pytest.raises(NotIdentifiedError, match="carbon intensity C/Y"):
            found(panel.with_columns((factor * pl.col("output_cny")).alias("co2_t")))


def test_fragile_errors_are_said_below_every_exhibit() -> None:
    result = found(simulated(firms=20))
    for exhibit in (*result.exhibit(), result.rebound_exhibit()):
        assert any("fewer than 30" in note.en for note in exhibit.notes)


def test_a_covariance_that_was_cut_has_no_form_across_outcomes() -> None:
    """Two ways whose difference has a negative eigenvalue: what is left is no quadratic form in the residuals."""
    panel = simulated(3, firms=8, years=4)
    with pytest.raises(ConfigError, match="negative eigenvalues set to zero: clustered by firm_id"):
        found(panel, controls=["x", "w", "workers"], cluster="firm_id + year", absorb="firm_id")
