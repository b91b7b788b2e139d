"""Oster's bounds against regressions written out, and the options that change what counts as observed."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import oster
from dualcarbon.kernels.selection import Moments, betas, delta_for

Floats = NDArray[np.float64]
EQUAL = 1e-8  # least squares on dummies, then a root


def panel(seed: int = 0) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.repeat(np.arange(30), 8), np.tile(np.arange(8), 30)
    u, v = r.normal(size=(2, 240))
    d = 0.4 * u + 0.2 * v + r.normal(size=240) + r.normal(size=30)[f]
    y = 0.5 * d + 0.6 * u + 0.3 * v + r.normal(size=240) + 0.8 * r.normal(size=30)[f]
    table = pl.DataFrame({"f": f, "t": t, "d": d, "u": u, "v": v, "y": y, "w": np.exp(r.normal(size=240))})
    return Panel.from_frame(table, id="f", time="t")


def left(y: Floats, z: Floats, w: Floats) -> tuple[Floats, Floats]:
    root = np.sqrt(w)
    b = np.linalg.lstsq(z * root[:, None], y * root, rcond=None)[0]
    return b, y - z @ b


def written_out(data: Panel, both: list[str], controls: list[str], effects: bool, w: Floats) -> tuple[Moments, float]:
    """Moments from dummies, R2 max 1.3 times the R2 within what stands in both regressions besides `both`."""
    y, d = data.arrays("y", "d")
    base = [np.ones((data.n, 1))]
    if effects:
        base = [(data.frame[name].to_numpy()[:, None] == np.arange(30)).astype(float) for name in ("f", "t")]
    always = np.column_stack([*base, *data.arrays(*both)]) if both else np.column_stack(base)
    outer = np.column_stack(base)
    extra = np.column_stack(data.arrays(*controls))
    short, e_short = left(y, np.column_stack([d, always]), w)
    long, e_long = left(y, np.column_stack([d, extra, always]), w)
    total = w @ left(y, outer, w)[1] ** 2
    r2 = 1 - w @ e_long**2 / total
    maximum = min(1.3 * r2, 1.0)
    moments = Moments(
        float(short[0]), float(long[0]), float(w @ e_short**2 - w @ e_long**2), float((maximum - r2) * total),
        float(w @ left(d, always, w)[1] ** 2), float(w @ left(d, np.column_stack([extra, always]), w)[1] ** 2),
    )  # fmt: skip
    return moments, float(r2)


CASES = [
    ("y ~ d + u + v", [], ["u", "v"], False),
    ("y ~ d + u + v | f + t", [], ["u", "v"], True),
    ("y ~ d + u + v | f + t", ["v"], ["u"], True),
    ("y ~ v + u + d", ["v"], ["u"], False),
]


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize(("formula", "always", "controls", "effects"), CASES)
def test_equals_regressions_written_out(
    formula: str, always: list[str], controls: list[str], effects: bool, weights: str | None
) -> None:
    data = panel()
    w = np.ones(data.n) if weights is None else data.arrays(weights)[0]
    m, r2 = written_out(data, always, controls, effects, w)
    found = oster(formula, data, "d", always=always, weights=weights)
    assert (found.short, found.long, found.r2_long) == pytest.approx((m.short, m.long, r2), rel=EQUAL)
    assert found.delta == pytest.approx(delta_for(m, 0.0), rel=EQUAL)
    assert found.beta in found.roots
    assert np.allclose(found.roots, betas(m, 1.0), rtol=EQUAL)
    assert found.r2_max == pytest.approx(min(1.3 * r2, 1.0), rel=EQUAL)


def test_effects_may_count_as_observed_controls() -> None:
    data = panel()
    y, d = data.arrays("y", "d")
    found = oster("y ~ d + u | f", data, "d", observed="controls and effects")
    centred = d - d.mean()
    assert found.short == pytest.approx(centred @ y / (centred @ centred), rel=EQUAL)
    assert found.r2_short == pytest.approx(np.corrcoef(y, d)[0, 1] ** 2, rel=EQUAL)
    assert found.r2_long == pytest.approx(found.estimate.r2, rel=EQUAL)
    assert oster("y ~ d | f", data, "d", observed="controls and effects").observed.en == "f"


def test_the_chosen_root_goes_on_where_the_controls_went() -> None:
    for seed in range(20):
        found = oster("y ~ d + u + v | f", panel(seed), "d", delta=0.7)
        if found.consistent:
            assert np.sign(found.beta - found.long) == np.sign(found.long - found.short)
        assert found.bounds == (min(found.long, found.beta), max(found.long, found.beta))
        at_target = oster("y ~ d + u + v | f", panel(seed), "d", delta=found.delta)
        assert np.min(np.abs(np.array(at_target.roots))) < 1e-7


def test_without_selection_or_room_the_coefficient_stays() -> None:
    data = panel()
    long = oster("y ~ d + u", data, "d").long
    none = oster("y ~ d + u", data, "d", delta=0.0)
    assert none.beta == pytest.approx(long, rel=1e-12)
    exact = oster("y ~ d + u", data, "d", r2_max=oster("y ~ d + u", data, "d").r2_long)
    assert exact.beta == pytest.approx(long, rel=1e-12)


def test_the_truth_lies_in_the_bounds_when_selection_is_equal() -> None:
    """u observed and v not, equally selected per unit of variance: beta* meets the truth in a large sample."""
    r = np.random.default_rng(0)
    u, v, noise = r.normal(size=(3, 200_000))
    d = 0.5 * u + 0.5 * v + noise
    table = pl.DataFrame({"f": range(200_000), "t": 0, "d": d, "u": u, "y": 1.0 * d + u + v})
    found = oster("y ~ d + u", Panel.from_frame(table, id="f", time="t"), "d", r2_max=1.0)
    assert min(abs(root - 1.0) for root in found.roots) < 0.02


def test_table_holds_delta_and_bounds() -> None:
    found = oster("y ~ d + u + v | f + t", panel(), "d")
    values = [row[1].value for row in found.table().rows]
    assert found.delta in values and found.bounds[0] in values and found.bounds[1] in values
    assert "delta for beta = 0" in repr(found)


def test_what_cannot_be_asked_is_said() -> None:
    data = panel()
    with pytest.raises(NotIdentifiedError, match="no observed control"):
        oster("y ~ d | f", data, "d")
    with pytest.raises(ConfigError, match="R² max is wrong"):
        oster("y ~ d + u | f", data, "d", r2_max=0.01)
    with pytest.raises(ConfigError, match="always= is wrong"):
        oster("y ~ d + u | f", data, "d", always=["q"])
    with pytest.raises(ConfigError, match="no regressor q"):
        oster("y ~ d + u | f", data, "q")


@pytest.mark.parametrize("weights", [None, "w"])
def test_what_stands_in_both_regressions_does_so_where_effects_are_controls(weights: str | None) -> None:
    data = panel()
    w = np.ones(data.n) if weights is None else data.arrays(weights)[0]
    y, d, v = data.arrays("y", "d", "v")
    one = np.ones(data.n)
    b, e = left(y, np.column_stack([d, v, one]), w)
    found = oster("y ~ d + u + v | f + t", data, "d", always=["v"], observed="controls and effects", weights=weights)
    total = float(w @ left(y, one[:, None], w)[1] ** 2)
    assert found.short == pytest.approx(float(b[0]), rel=EQUAL)
    assert found.r2_short == pytest.approx(1.0 - float(w @ e**2) / total, rel=EQUAL)


def test_what_the_effects_determine_may_stand_in_both_regressions() -> None:
    data = panel().with_columns((pl.col("f") % 4).alias("region"))
    y, d, region = data.arrays("y", "d", "region")
    found = oster("y ~ d + u + region | f", data, "d", always=["region"], observed="controls and effects")
    b, _ = left(y, np.column_stack([d, region, np.ones(data.n)]), np.ones(data.n))
    assert found.short == pytest.approx(float(b[0]), rel=EQUAL) and found.estimate.collinear == ("region",)


def test_selection_that_is_no_number_is_said() -> None:
    with pytest.raises(ConfigError, match="not finite"):
        oster("y ~ d + u", panel(), "d", delta=float("nan"))
