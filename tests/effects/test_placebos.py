"""The placebo against a loop of whole regressions, over workers, and in size."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError, SchemaError
from dualcarbon.core.exhibit import Lines
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.effects import WholePaths, WithinPeriods, fit, placebo, regress
from dualcarbon.effects.formula import parse
from dualcarbon.effects.placebos import block_sizes
from dualcarbon.engines.threads import Threads
from dualcarbon.kernels.density import density

EQUAL = 1e-10  # Frisch-Waugh against the whole regression, both to 12 digits or so


def panel(seed: int = 0, firms: int = 40, years: int = 6, share: float = 1.0) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, years)) < share)
    n = len(f)
    d, x = r.normal(size=n) + 0.2 * t, r.normal(size=(n, 2))
    y = 0.3 * d + x @ [1.0, -0.5] + r.normal(size=firms)[f] + 0.1 * t + r.normal(size=n)
    table = pl.DataFrame({"f": f, "t": 2000 + t, "d": d, "a": x[:, 0], "b": x[:, 1], "y": y, "p": f % 7})
    return Panel.from_frame(table.with_columns(w=pl.Series(np.exp(r.normal(size=n)))), id="f", time="t")


def drawn(data: Panel, scheme: WholePaths | WithinPeriods, draws: int, seed: int) -> list[np.ndarray]:
    """The treatments of all draws, from the same streams."""
    plan = scheme.plan(data, np.arange(data.n), data.arrays("d")[0])
    sizes = block_sizes(draws, data.n)
    streams = np.random.SeedSequence(seed).spawn(len(sizes))
    parts = [plan.draw(np.random.default_rng(s), k) for k, s in zip(sizes, streams, strict=True)]
    return list(np.column_stack(parts).T)


OPTIONS = [
    ("y ~ d + a + b | f + t", {"cluster": "f"}),
    ("y ~ d + a + b | f + t", {"vcov": "iid"}),
    ("y ~ a + d | f + p^t", {"vcov": "hc1"}),
    ("y ~ d + a", {"cluster": "f"}),
    ("y ~ d", {"vcov": "iid"}),
    ("y ~ d + a | t", {"cluster": "p", "weights": "w"}),
    ("y ~ d + a | f + t", {"vcov": "driscoll_kraay"}),
]


@pytest.mark.parametrize("within", [None, "t"])
@pytest.mark.parametrize(("formula", "options"), OPTIONS)
def test_equals_a_loop_of_regressions(formula: str, options: dict[str, str], within: str | None) -> None:
    data = panel()
    found = placebo(formula, data, "d", draws=60, seed=3, within=within, **options)
    scheme = WholePaths() if within is None else WithinPeriods(within)
    for j, values in enumerate(drawn(data, scheme, 60, 3)):
        slow = fit(formula, data.with_columns(pl.Series("d", values)), **options)
        at = slow.names.index("d")
        assert found.coef[j] == pytest.approx(slow.coef[at], rel=EQUAL, abs=EQUAL)
        assert found.t[j] == pytest.approx(slow.t[at], rel=1e-8, abs=1e-8)


def test_two_ways_of_clusters_equal_the_loop_too() -> None:
    data = panel()
    found = placebo("y ~ d | f", data, "d", draws=20, seed=1, cluster="f + t")
    for j, values in enumerate(drawn(data, WholePaths(), 20, 1)):
        slow = fit("y ~ d | f", data.with_columns(pl.Series("d", values)), cluster="f + t")
        assert found.t[j] == pytest.approx(slow.t[0], rel=1e-8)


def test_same_bits_over_workers_and_a_prefix_of_more_draws() -> None:
    data = panel()
    one = placebo("y ~ d + a | f + t", data, "d", draws=120, cluster="f")
    two = placebo("y ~ d + a | f + t", data, "d", draws=120, cluster="f", engine=Threads(3))
    more = placebo("y ~ d + a | f + t", data, "d", draws=300, cluster="f")
    assert one.coef.tobytes() == two.coef.tobytes() and one.t.tobytes() == two.t.tobytes()
    assert np.array_equal(one.coef[:100], more.coef[:100])
    assert not one.coef.flags.writeable


def test_paths_stay_whole_and_in_their_own_periods() -> None:
    data = panel(share=0.8)
    frame = data.frame
    paths = {key[0]: tuple(part["d"]) for key, part in frame.group_by("f", maintain_order=True)}
    periods = {key[0]: tuple(part["t"]) for key, part in frame.group_by("f", maintain_order=True)}
    seen = {(periods[f], paths[f]) for f in paths}
    moved = 0
    for values in drawn(data, WholePaths(), 20, 0):
        table = frame.with_columns(new=pl.Series(values))
        new = {key[0]: tuple(part["new"]) for key, part in table.group_by("f", maintain_order=True)}
        assert all((periods[f], new[f]) in seen for f in new)
        assert sorted(new.values()) == sorted(paths.values())
        moved += sum(new[f] != paths[f] for f in new)
    assert moved > 0
    used = [p for p in periods.values() if len(p) > 1]
    found = placebo("y ~ d | f + t", data, "d", draws=20)
    assert found.alone == sum(used.count(p) == 1 for p in used) and found.items == len(used)
    if found.alone:
        assert "keep their own treatment" in " ".join(note.en for note in found.table().notes)


def test_rows_within_periods_keep_the_values_of_the_period() -> None:
    data = panel()
    for values in drawn(data, WithinPeriods("t"), 5, 0):
        table = data.frame.with_columns(new=pl.Series(values))
        for _, part in table.group_by("t"):
            assert sorted(part["new"]) == sorted(part["d"])


def test_units_coarser_than_the_id_share_one_path() -> None:
    data = panel()
    table = data.frame.with_columns(d=pl.col("d").mean().over("p", "t"))
    coarse = Panel.from_frame(table, id="f", time="t")
    found = placebo("y ~ d + a | f + t", coarse, "d", draws=30, unit="p", cluster="p")
    assert found.items == 7 and np.all(np.isfinite(found.coef))
    with pytest.raises(DataError, match="differs within a p and period"):
        placebo("y ~ d | f + t", data, "d", draws=3, unit="p")


def test_p_value_counts_draws_at_least_as_far() -> None:
    found = placebo("y ~ d | f + t", panel(), "d", draws=99, cluster="f")
    assert found.p == (1 + np.count_nonzero(np.abs(found.coef) >= abs(found.true))) / 100
    assert 0.0 < found.p_t <= 1.0


def test_size_under_no_effect() -> None:
    """400 panels without an effect: rejections at 10 % within three standard errors of 10 %."""
    rejected = 0
    for seed in range(400):
        r = np.random.default_rng(seed)
        f, t = np.repeat(np.arange(20), 4), np.tile(np.arange(4), 20)
        table = pl.DataFrame({"f": f, "t": t, "d": r.normal(size=80), "y": r.standard_t(3, size=80)})
        found = placebo("y ~ d | f + t", Panel.from_frame(table, id="f", time="t"), "d", draws=99, seed=seed)
        rejected += found.p <= 0.1
    assert abs(rejected / 400 - 0.1) < 3 * np.sqrt(0.09 / 400)


def test_table_and_figure_hold_the_numbers() -> None:
    found = placebo("y ~ d | f + t", panel(), "d", draws=100, cluster="f")
    cells = [row[1].value for row in found.table().rows]
    assert found.true in cells and found.p in cells
    drawing = found.figure().drawing
    assert isinstance(drawing, Lines)
    assert drawing.references[0].x == (found.true, found.true)
    x, y = np.array(drawing.curves[0].x), np.array(drawing.curves[0].y)
    assert np.trapezoid(y, x) == pytest.approx(1.0, abs=5e-3)


def test_density_of_equal_draws_is_narrow_and_finite() -> None:
    x, y = density(np.full(10, 2.0))
    assert np.all(np.isfinite(y)) and x[0] < 2.0 < x[-1]


def test_what_cannot_be_done_is_said() -> None:
    data = panel()
    with pytest.raises(ConfigError, match="no regressor z"):
        placebo("y ~ d | f", data, "z")
    with pytest.raises(ConfigError, match="stands in other regressors"):
        placebo("y ~ d + d:a | f", data, "d")
    with pytest.raises(ConfigError, match="no covariance hc3"):
        placebo("y ~ d | f", data, "d", vcov="hc3")
    with pytest.raises(ConfigError, match="more than one way"):
        placebo("y ~ d | f", data, "d", within="t", unit="p")
    with pytest.raises(ConfigError, match="option draws"):
        placebo("y ~ d | f", data, "d", draws=0)
    with pytest.raises(SchemaError, match="no column q"):
        placebo("y ~ d | f", data, "d", within="q")
    apart = data.keep((pl.col("f") < 5) & (pl.col("t") - 2000 <= pl.col("f") + 1), Text("略", "left out"))
    with pytest.raises(NotIdentifiedError, match="each with periods of its own"):
        placebo("y ~ d | f", apart, "d")


def test_a_collinear_treatment_is_named() -> None:
    data = panel()
    wide = data.with_columns((pl.col("f") % 3).alias("c"))
    with pytest.raises(NotIdentifiedError, match="c"):
        placebo("y ~ a + c | f + t", wide, "c", draws=5)
    assert regress(parse("y ~ a + c | f + t"), wide).estimate.collinear == ("c",)


@pytest.mark.parametrize("formula", ["y ~ d | f + t", "y ~ d + x | f + t", "y ~ d + x | f", "y ~ d + x"])
def test_draws_that_hand_everyone_his_own_treatment_count_for_p(formula: str) -> None:
    """Few treated units: many draws repeat the true assignment, but for rounding."""
    for seed in range(8):
        r = np.random.default_rng(seed)
        f, t = np.repeat(np.arange(5), 4), np.tile(np.arange(4), 5)
        d = 0.1 * ((f < 2) & (t > 1))
        table = pl.DataFrame({"f": f, "t": t, "d": d, "x": r.normal(size=20), "y": 30 * d + r.normal(size=20) + f})
        found = placebo(formula, Panel.from_frame(table, id="f", time="t"), "d", draws=200, seed=seed, cluster="f")
        for draws, true, p in ((found.coef, found.true, found.p), (found.t, found.estimate.t, found.p_t)):
            true = abs(float(np.atleast_1d(true)[found.estimate.names.index("d") if np.ndim(true) else 0]))
            known = np.abs(draws[np.isfinite(draws)])
            beyond = np.count_nonzero((known > true) | np.isclose(known, true, rtol=1e-8, atol=0.0))
            assert p == (1 + beyond) / (1 + len(known))
