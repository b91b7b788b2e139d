"""Panel threshold regression: brute force, redrawn panels, what must not change it, simulations, faults."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, DualcarbonError, NotIdentifiedError, SchemaError
from dualcarbon.core.exhibit import Lines
from dualcarbon.core.panel import Panel
from dualcarbon.effects import ThresholdResult, fit, threshold
from dualcarbon.report import render

Floats = NDArray[np.float64]

EQUAL = 1e-9  # lstsq on dummies itself keeps 10 to 12 digits
SAME = 1e-12  # the same sums in another order


def simulated(
    seed: int = 1,
    firms: int = 40,
    periods: int = 8,
    share: float = 1.0,
    steps: tuple[float, ...] = (0.4, 0.7),
    effect: float = 0.5,
    digits: int = 2,
) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, periods)) < share)
    n = len(f)
    q = np.round(r.random(n), digits)
    x, z = r.normal(size=n) + r.normal(size=firms)[f], r.normal(size=n)
    slope = 0.5 + effect * sum(((q > step).astype(float) for step in steps), np.zeros(n))
    y = x * slope + z + r.normal(size=firms)[f] + 0.2 * t + r.normal(size=n)
    columns = {"firm": [f"企业{k:03d}" for k in f], "year": 2008 + t, "q": q, "x": x, "z": z, "y": y}
    return Panel.from_frame(pl.DataFrame(columns), id="firm", time="year")


def found(panel: Panel, **options: object) -> ThresholdResult:
    given: dict[str, object] = {"outcome": "y", "treatment": "x", "by": "q", "controls": ["z"], "bootstrap": 0}
    return threshold(panel, **(given | options))  # type: ignore[arg-type]


def dummies(panel: Panel, times: bool) -> Floats:
    columns = [panel.codes(name) for name in ((panel.id, panel.time) if times else (panel.id,))]
    return np.column_stack([np.eye(codes.max() + 1)[codes] for codes in columns])


def least_squares(y: Floats, columns: list[Floats]) -> float:
    z = np.column_stack(columns)
    return float(np.sum((y - z @ np.linalg.lstsq(z, y, rcond=None)[0]) ** 2))


def slow_curve(
    panel: Panel, y: Floats, times: bool, others: tuple[float, ...] = (), trim: float = 0.05
) -> dict[float, float]:
    """Sum of squares at every value of q with at least the share `trim` of the rows in each regime."""
    x, z, q = panel.arrays("x", "z", "q")
    fixed = [dummies(panel, times), z, x, *(np.where(q <= g, x, 0.0) for g in others)]
    curve = {}
    for g in np.unique(q):
        counts = np.diff([0, *(np.sum(q <= cut) for cut in sorted((g, *others))), len(q)])
        if counts.min() >= math.ceil(trim * len(q)):
            curve[float(g)] = least_squares(y, [*fixed, np.where(q <= g, x, 0.0)])
    return curve


PANELS = {"balanced": simulated(), "unbalanced": simulated(2, share=0.6)}


@pytest.mark.parametrize("times", [False, True])
@pytest.mark.parametrize("name", PANELS)
def test_every_candidate_against_written_out_dummies(name: str, times: bool) -> None:
    panel = PANELS[name]
    result = found(panel, time_effects=times)
    (y,) = panel.arrays("y")
    curve = slow_curve(panel, y, times)
    best = min(curve, key=lambda g: (curve[g], g))
    assert result.gamma == best
    assert result.ssr[1] == pytest.approx(curve[best], rel=EQUAL)
    assert result.candidates == len(curve) and result.balanced == (name == "balanced")
    freedom = panel.n - np.linalg.matrix_rank(dummies(panel, times))
    x, z = panel.arrays("x", "z")
    linear = least_squares(y, [dummies(panel, times), x, z])
    assert result.f == pytest.approx(freedom * (linear - curve[best]) / curve[best], rel=1e-8)
    ratios = dict(result.lr.select("gamma", "lr").rows())
    for g, ssr in curve.items():
        assert ratios[g] == pytest.approx(freedom * (ssr - curve[best]) / curve[best], rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("name", PANELS)
def test_several_thresholds_against_written_out_dummies(name: str) -> None:
    panel = PANELS[name]
    (y,) = panel.arrays("y")
    result = found(panel, thresholds=3)
    assert isinstance(result.gamma, tuple) and list(result.gamma) == sorted(result.gamma)
    for g in result.gamma:
        others = tuple(other for other in result.gamma if other != g)
        curve = slow_curve(panel, y, False, others)
        assert min(curve, key=lambda v: (curve[v], v)) == g
        assert result.ssr[3] == pytest.approx(curve[g], rel=EQUAL)
    first = min((curve := slow_curve(panel, y, False)), key=lambda v: (curve[v], v))
    second = slow_curve(panel, y, False, (first,))
    fs = (curve[first], min(second.values()))
    freedom = panel.n - panel.codes("firm").max() - 1
    assert isinstance(result.f, tuple)
    assert result.f[1] == pytest.approx(freedom * (fs[0] - fs[1]) / fs[1], rel=1e-6)


def test_two_thresholds_are_the_best_pair() -> None:
    panel = simulated(5, effect=1.5, digits=1)
    x, z, q, y = panel.arrays("x", "z", "q", "y")
    fixed, values = [dummies(panel, False), x, z], np.unique(q)[1:-1]
    pairs = {(a, b): least_squares(y, [*fixed, np.where(q <= a, x, 0.0), np.where(q <= b, x, 0.0)])
             for a in values for b in values if a < b}  # fmt: skip
    result = found(panel, thresholds=2)
    assert result.gamma == min(pairs, key=lambda pair: pairs[pair]) == (0.4, 0.7)
    assert result.ssr[2] == pytest.approx(min(pairs.values()), rel=EQUAL)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("name", PANELS)
def test_draws_against_redrawn_panels(name: str, count: int) -> None:
    """Each draw is the regression with dummies of an outcome made under the null from the same random numbers."""
    panel = PANELS[name]
    x, z, q, y = panel.arrays("x", "z", "q", "y")
    firm, d = panel.codes("firm"), dummies(panel, False)
    result = found(panel, thresholds=count, bootstrap=4, seed=9)

    def fitted(gammas: tuple[float, ...]) -> Floats:
        columns = np.column_stack([d, x, z, *(np.where(q <= g, x, 0.0) for g in gammas)])
        return np.asarray(columns @ np.linalg.lstsq(columns, y, rcond=None)[0])

    null: tuple[float, ...] = ()
    if count == 2:
        curve = slow_curve(panel, y, False)
        null = (min(curve, key=lambda v: (curve[v], v)),)
    errors = y - fitted(tuple(one.gamma for one in result.found))
    rows = [np.flatnonzero(firm == f) for f in range(firm.max() + 1)]
    streams = np.random.SeedSequence(9).spawn(count)[-1].spawn(4)
    for stream, drawn in zip(streams, result.tests[-1].draws, strict=True):
        random, new = np.random.default_rng(stream), fitted(null)
        if name == "balanced":
            source = random.integers(0, len(rows), len(rows))
            for f, s in enumerate(source):
                new[rows[f]] += errors[rows[s]]
        else:
            for f, heads in enumerate(random.integers(0, 2, len(rows))):
                new[rows[f]] += errors[rows[f]] * (1 if heads else -1)
        chosen: tuple[float, ...] = ()
        sums = [least_squares(new, [d, x, z])]
        for _ in range(count):
            curve = slow_curve(panel, new, False, chosen)
            chosen = (*chosen, min(curve, key=lambda v: (curve[v], v)))
            sums.append(min(curve.values()))
        freedom = panel.n - len(rows)
        assert drawn == pytest.approx(freedom * (sums[-2] - sums[-1]) / sums[-1], rel=1e-7)


def test_slopes_are_those_of_the_written_out_regression() -> None:
    panel = PANELS["unbalanced"]
    result = found(panel, thresholds=2, time_effects=True, cluster="firm")
    assert isinstance(result.gamma, tuple)
    a, b = result.gamma
    inside = {"x1": pl.col("q") <= a, "x2": pl.col("q").is_between(a, b, closed="right"), "x3": pl.col("q") > b}
    split = panel.with_columns(*(pl.when(rows).then(pl.col("x")).otherwise(0.0).alias(k) for k, rows in inside.items()))
    expected = fit("y ~ x1 + x2 + x3 + z | firm + year", split, cluster="firm")
    assert np.allclose(result.estimates.coef, expected.coef, rtol=SAME)
    assert np.allclose(result.estimates.vcov, expected.vcov, rtol=1e-10)
    assert result.estimates.names == (f"x (q <= {a})", f"x ({a} < q <= {b})", f"x (q > {b})", "z")
    assert result.regimes["n"].to_list() == [panel.frame.filter(rows).height for rows in inside.values()]
    assert result.regimes["up_to"].to_list() == [a, b, None] and result.regimes["above"].to_list() == [None, a, b]
    plain = found(panel)
    assert "HC1" in plain.estimates.rule.en and plain.estimates.cluster is None


def test_the_confidence_set_inverts_the_likelihood_ratio() -> None:
    panel = simulated(3, effect=0.2, digits=3)
    result = found(panel)
    critical = -2 * math.log(1 - math.sqrt(0.95))
    assert critical == pytest.approx(7.35, abs=0.005) and result.options.critical_ratio == critical
    curve = result.lr.sort("gamma")
    assert (curve["inside"] == (curve["lr"] <= critical)).all()
    (one,) = result.found
    in_pieces = [any(low <= g < high for low, high in one.pieces) for g in curve["gamma"]]
    assert in_pieces == curve["inside"].to_list()
    assert result.interval == (one.pieces[0][0], one.pieces[-1][1]) and result.connected == (len(one.pieces) == 1)
    assert len(one.pieces) > 1
    wide, low = found(panel, level=0.99).interval, result.interval
    assert wide[0] <= low[0] and wide[1] >= low[1]  # type: ignore[operator]


def test_shapes_for_one_and_for_several() -> None:
    one = found(PANELS["balanced"], bootstrap=20)
    assert isinstance(one.gamma, float) and isinstance(one.p_value, float) and isinstance(one.f, float)
    assert len(one.interval) == 2 and len(one.critical) == 3
    draws = one.tests[0].draws
    assert one.p_value == np.mean(draws >= one.f) and one.critical == tuple(np.quantile(draws, [0.9, 0.95, 0.99]))
    with pytest.raises(ValueError, match="read-only"):
        draws[0] = 1.0
    two = found(PANELS["balanced"], thresholds=2, bootstrap=20)
    assert [len(two.gamma), len(two.interval), len(two.p_value), len(two.critical)] == [2, 2, 2, 2]  # type: ignore[arg-type]
    assert two.tests[0].draws.tolist() == draws.tolist()
    assert math.isnan(found(PANELS["balanced"]).p_value)  # type: ignore[arg-type]
    assert "threshold" in repr(one) and "2 against 1" in repr(two)


def test_a_grid_of_quantiles() -> None:
    panel = simulated(3, digits=6)
    result = found(panel, grid=50)
    q = np.sort(panel.arrays("q")[0])
    places = np.ceil(np.linspace(0.05, 0.95, 50) * len(q) - 1e-9).astype(int) - 1
    assert result.lr["gamma"].to_list() == q[places].tolist() and result.candidates == 50
    assert "50 quantiles" in result.table().notes[0].en
    full = found(panel)
    assert full.ssr[1] <= result.ssr[1] and full.candidates == 320 - 2 * 16 + 1


def test_order_of_rows_and_units() -> None:
    panel = PANELS["unbalanced"]
    mixed = Panel.from_frame(panel.frame.sample(fraction=1.0, shuffle=True, seed=4), id="firm", time="year")
    first, second = found(panel, thresholds=2, bootstrap=30), found(mixed, thresholds=2, bootstrap=30)
    assert first.ssr == second.ssr and first.f == second.f and first.interval == second.interval
    assert [t.draws.tolist() for t in first.tests] == [t.draws.tolist() for t in second.tests]
    scaled = found(
        panel.with_columns(pl.col("x") * 1e6, pl.col("y") * 1e-4, pl.col("q") * 1e3), thresholds=2, bootstrap=30
    )
    assert np.allclose(scaled.gamma, 1e3 * np.array(first.gamma), rtol=SAME)
    assert np.allclose(scaled.f, first.f, rtol=1e-9)
    assert np.allclose(scaled.tests[1].draws, first.tests[1].draws, rtol=1e-8)


def test_hash_seeds_and_threads_change_no_bit() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_thresholds import found, simulated\n"
        "r = found(simulated(2, share=0.6), thresholds=2, bootstrap=20, time_effects=True)\n"
        "print(repr((r.ssr, r.f, r.interval, r.p_value, r.estimates.vcov.tolist())))\n"
    )
    said = set()
    for seed, threads in (("0", "1"), ("1", "2"), ("77", "2")):
        settings = {"PYTHONHASHSEED": seed, "OPENBLAS_NUM_THREADS": threads, "NUMBA_NUM_THREADS": threads}
        run = subprocess.run(
            [sys.executable, "-c", code, str(Path(__file__).parent)],
            env=os.environ | settings, capture_output=True, text=True, check=True,
        )  # fmt: skip
        said.add(run.stdout)
    assert len(said) == 1


def test_rows_not_used_are_counted() -> None:
    table = PANELS["balanced"].frame.with_row_index("row")
    gaps = table.with_columns(
        q=pl.when(pl.col("row") == 3).then(None).otherwise("q"),
        x=pl.when(pl.col("row") == 9).then(float("nan")).otherwise("x"),
        y=pl.when(pl.col("row") == 20).then(float("inf")).otherwise("y"),
    ).filter(~pl.col("row").is_between(41, 47))
    result = found(Panel.from_frame(gaps, id="firm", time="year"))
    assert [(drop.reason.en, drop.rows) for drop in result.drops] == [
        ("y missing or not finite", 1),
        ("x missing or not finite", 1),
        ("q missing or not finite", 1),
        ("singletons, alone in a group of an effect", 1),
    ]
    assert result.estimates.n == 320 - 7 - 4 and result.firms == 39 and not result.balanced
    assert "4 rows not used" in result.table().notes[1].en


def test_equal_sums_take_the_smallest_threshold() -> None:
    panel = PANELS["balanced"].with_columns(
        pl.when(pl.col("q").is_between(0.4, 0.45)).then(0.0).otherwise("x").alias("x")
    )
    gamma = found(panel.with_columns(pl.col("y") + 3 * pl.col("x") * (pl.col("q") > 0.42))).gamma
    assert gamma == panel.frame.filter(pl.col("q") < 0.4)["q"].max()


def test_table_and_figure(tmp_path: Path) -> None:
    result = found(simulated(7, digits=4), thresholds=2, bootstrap=40)
    table = result.table()
    assert len(table.rows) == 2 + 4 + 2 and table.rules_after == (2, 6)
    assert [row[1].value for row in table.rows[:2]] == list(result.gamma)  # type: ignore[arg-type]
    assert table.rows[2][6].value == result.regimes["n"][0] and table.rows[5][6].value is None
    assert table.rows[6][1].stars == "***"
    figure = result.figure()
    assert isinstance(figure.drawing, Lines)
    assert [min(y for y in one.y if y == y) for one in figure.drawing.curves] == [0.0, 0.0]
    assert figure.drawing.references[0].y == (result.options.critical_ratio,) * 2
    assert all(any(math.isnan(y) for y in one.y) for one in figure.drawing.curves)
    for exhibit in (table, figure):
        assert len(render(exhibit, tmp_path, formats=("csv", "json", "html"))) > 2


def test_a_long_curve_is_thinned_and_keeps_its_ends_and_minimum() -> None:
    result = found(simulated(8, firms=400, digits=9))
    (curve,) = result.figure().drawing.curves  # type: ignore[union-attr]
    assert result.candidates > 2800 and len(curve.x) <= 1602
    assert curve.x[curve.y.index(0.0)] == result.gamma
    assert (curve.x[0], curve.x[-1]) == (result.lr["gamma"][0], result.lr["gamma"][-1])


def test_fragile_results_say_so() -> None:
    result = found(simulated(4, firms=20, digits=1))
    assert [text.en.split(":")[0] for text in result.warnings] == [
        "Only 20 firms (fewer than 30)",
        f"Only {result.candidates} candidates (fewer than 20)",
    ]
    assert found(simulated(digits=4)).warnings == ()


FAULTS: dict[str, tuple[type[DualcarbonError], str, dict[str, object], dict[str, pl.Expr]]] = {
    "no such number": (ConfigError, "thresholds=4", {"thresholds": 4}, {}),
    "draws": (ConfigError, "bootstrap=-1", {"bootstrap": -1}, {}),
    "seed": (ConfigError, "seed=0.5", {"seed": 0.5}, {}),
    "trim": (ConfigError, "trim=0.25", {"trim": 0.25, "thresholds": 2}, {}),
    "grid": (ConfigError, "grid=1", {"grid": 1}, {}),
    "level": (ConfigError, "level=95", {"level": 95}, {}),
    "treatment twice": (ConfigError, "also a control", {"controls": ["z", "x"]}, {}),
    "outcome twice": (ConfigError, "also a regressor", {"by": "y"}, {}),
    "absent": (SchemaError, "missing size", {"by": "size"}, {}),
    "text": (SchemaError, "not numeric", {"by": "firm"}, {}),
    "empty": (DataError, "no usable row", {}, {"q": pl.lit(None, pl.Float64)}),
    "constant": (DataError, "2.5 in all 320 rows", {}, {"q": pl.lit(2.5)}),
    "constant in firms": (DataError, "constant within all 40 firms", {}, {"q": pl.col("q").first().over("firm")}),
    "binary": (DataError, "1 (320 rows, 2 different values)", {}, {"q": (pl.col("q") > 0.5).cast(pl.Int8)}),
    "rare": (DataError, "0 (320 rows", {}, {"q": (pl.int_range(pl.len()) < 4) * pl.col("q")}),
    "no room": (
        DataError,
        "threshold 2",
        {"thresholds": 2, "trim": 0.2},
        {"q": (pl.col("q") > 0.45) * 1.0 + (pl.col("q") > 0.55)},
    ),
    "treatment": (NotIdentifiedError, "constant within all 40", {}, {"x": pl.col("x").first().over("firm")}),
    "by period": (NotIdentifiedError, "determine x", {"time_effects": True}, {"x": pl.col("year") ** 2}),
    "outcome": (NotIdentifiedError, "determine the outcome", {}, {"y": 2.0 * pl.col("x") - pl.col("z")}),
    "exact": (DataError, "fits exactly", {}, {"y": pl.col("x") * (pl.col("q") > 0.5)}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_are_named_in_both_languages(name: str) -> None:
    kind, words, options, columns = FAULTS[name]
    panel = PANELS["balanced"].with_columns(*(value.alias(key) for key, value in columns.items()))
    with pytest.raises(kind) as raised:
        found(panel, **options)
    assert words in raised.value.say("en")
    zh = raised.value.say("zh").splitlines()
    assert len(zh) == 4 and all(any("一" <= letter <= "鿿" for letter in line[5:]) for line in (zh[0], zh[3]))


def test_controls_that_add_nothing_are_named() -> None:
    panel = PANELS["balanced"].with_columns(
        (2 * pl.col("z")).alias("twice"), pl.col("z").first().over("firm").alias("kind")
    )
    result = found(panel, controls=["z", "twice", "kind", "q"])
    assert result.estimates.collinear == ("twice", "kind")
    assert result.ssr == pytest.approx(found(panel, controls=["z", "q"]).ssr, rel=EQUAL)


def test_a_strong_threshold_is_recovered() -> None:
    for seed in range(20):
        result = found(simulated(seed, firms=100, steps=(0.5,), effect=1.5, digits=6), bootstrap=19)
        low, high = result.interval
        assert abs(float(result.gamma) - 0.5) < 0.02 and result.p_value == 0.0  # type: ignore[arg-type]
        assert isinstance(low, float) and isinstance(high, float) and low <= 0.51 and high >= 0.49


@pytest.mark.long
@pytest.mark.parametrize("share", [1.0, 0.7])
def test_coverage_size_and_power(share: float) -> None:
    runs, draws = 300, 99
    made = [simulated(1000 + s, 100, 10, share, (0.5,), 0.2, digits=9) for s in range(runs)]
    sets = [found(panel, time_effects=True).found[0].pieces for panel in made]
    covered = np.mean([any(low <= 0.5 < high for low, high in pieces) for pieces in sets])
    assert 0.92 <= covered <= 0.99  # 95 %, two standard errors of 300 runs either side
    null = [
        found(simulated(s, 100, 10, share, (), digits=9), bootstrap=draws, seed=s, time_effects=True)
        for s in range(runs)
    ]
    assert 0.025 <= np.mean([result.p_value <= 0.05 for result in null]) <= 0.08  # type: ignore[operator]
    strong = [simulated(2000 + s, 100, 10, share, (0.5,), 0.4, digits=9) for s in range(100)]
    power = [found(panel, bootstrap=draws, time_effects=True).p_value for panel in strong]
    assert np.mean(np.array(power) <= 0.05) >= 0.95


def test_options_are_kept() -> None:
    result = found(PANELS["balanced"], thresholds=1, trim=0.1, seed=5)
    assert (result.options.trim, result.options.seed, result.options.controls) == (0.1, 5, ("z",))
    assert replace(result.options, level=0.9).critical_ratio == pytest.approx(5.94, abs=0.005)
