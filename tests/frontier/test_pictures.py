"""Pictures of a frontier: every number against a slow twin, every row counted, what a log scale cannot show is said."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dualcarbon.core.errors import DataError, NotIdentifiedError
from dualcarbon.core.exhibit import Distributions, Scatter, Steps
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.results import FrontierResult
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text, both
from dualcarbon.frontier import pictures as module
from dualcarbon.frontier._binning import class_medians, honeycomb, merged_steps
from dualcarbon.frontier.grouping import groups
from dualcarbon.frontier.pictures import abatement_cost_curve, mac_against_intensity, mac_by_group, pictures

SUMS = 1e-12  # relative, sums of floats in another order


def case(
    n: int, industries: int = 3, seed: int = 0, schema: str = "firm", **columns: object
) -> tuple[Panel, FrontierResult]:
    rng = np.random.default_rng(seed)
    good, group = ("output_cny", "industry2") if schema == "firm" else ("power_kwh", "region")
    unit = "firm_id" if schema == "firm" else "plant_id"
    b, y = np.exp(rng.normal(8, 2, n)), np.exp(rng.normal(14, 1, n))
    frame = pl.DataFrame(
        {
            unit: [f"u{i:06d}" for i in range(n)],
            "year": [2010] * n,
            group: [f"{13 + i % industries}" for i in range(n)],
            good: y,
            "co2_t": b,
        }
    )
    table = {
        unit: frame[unit],
        "year": frame["year"],
        "inefficiency": rng.uniform(0, 0.3, n),
        "abatement_room": rng.uniform(0.01, 0.3, n),
        "mac": np.exp(rng.normal(6, 1.5, n)),
        "status": ["ok"] * n,
    }
    simulated = Provenance(Text("模拟", "simulated"), simulated=True)
    panel = Panel.from_frame(frame, id=unit, time="year", schema=schema, provenance=simulated)
    technology = Technology(["x"], good, "co2_t", group_by=[group])
    diagnostics = pl.DataFrame({"status": ["identified"], "why_zh": ["无"], "why_en": ["none"]})
    result = FrontierResult(
        pl.DataFrame(table | columns), diagnostics, "m", technology, Direction.proportional(), both("u")
    )
    return panel, result


def test_total_room_and_total_cost_of_the_curve_are_those_of_the_rows() -> None:
    panel, result = case(30_000)
    curve = abatement_cost_curve(panel, result).drawing
    assert isinstance(curve, Steps)
    tonnes = result.table["abatement_room"].to_numpy() * panel.arrays("co2_t")[0]
    assert curve.start == 0.0 and len(curve.widths) <= module.STEPS
    assert math.fsum(curve.widths) == pytest.approx(math.fsum(tonnes), rel=SUMS)
    cost = math.fsum(w * h for w, h in zip(curve.widths, curve.heights, strict=True))
    assert cost == pytest.approx(math.fsum(tonnes * result.table["mac"].to_numpy()), rel=SUMS)
    assert sum(curve.rows) == panel.n and all(a <= b for a, b in pairwise(curve.heights))


def test_a_small_curve_is_the_rows_themselves() -> None:
    panel, result = case(50)
    curve = abatement_cost_curve(panel, result).drawing
    assert isinstance(curve, Steps)
    tonnes = result.table["abatement_room"].to_numpy() * panel.arrays("co2_t")[0]
    pairs = sorted(zip(result.table["mac"].to_list(), tonnes.tolist(), strict=True))
    assert list(zip(curve.heights, curve.widths, strict=True)) == pairs


@given(st.lists(st.tuples(st.floats(1e-3, 1e6), st.floats(1e-6, 1e6)), min_size=1, max_size=60), st.integers(1, 20))
@settings(max_examples=100, deadline=None)
def test_merging_keeps_width_area_and_order(rows: list[tuple[float, float]], most: int) -> None:
    height, width, parts = merged_steps(np.array([h for h, _ in rows]), np.array([w for _, w in rows]), most)
    assert len(height) <= max(most, 1) or len(rows) <= most
    assert width.sum() == pytest.approx(math.fsum(w for _, w in rows), rel=SUMS)
    assert height @ width == pytest.approx(math.fsum(h * w for h, w in rows), rel=1e-9)  # heights never fall by an ulp
    assert parts.sum() == len(rows) and (np.diff(height) >= 0.0).all()


def test_room_without_a_positive_price_lies_before_the_curve_or_in_the_note() -> None:
    status = ["zero", "negative", "infinite", "refused", "outlier"] + ["ok"] * 95
    mac = [0.0, -5.0, math.nan, math.nan, math.nan] + [float(i + 1) for i in range(95)]
    panel, result = case(100, mac=mac, status=status)
    figure = abatement_cost_curve(panel, result)
    curve = figure.drawing
    assert isinstance(curve, Steps)
    tonnes = result.table["abatement_room"].to_numpy() * panel.arrays("co2_t")[0]
    assert curve.start == pytest.approx(tonnes[:2].sum(), rel=SUMS)
    assert math.fsum(curve.widths) == pytest.approx(tonnes[5:].sum(), rel=SUMS)
    assert list(accumulate(curve.widths, initial=curve.start))[-1] == pytest.approx(
        tonnes[:2].sum() + tonnes[5:].sum(), rel=SUMS
    )
    said = " ".join(note.en for note in figure.notes)
    assert "price zero 1" in said and "price negative 1" in said and "price infinite 1" in said
    assert "price of zero or below" in said and "(2 rows)" in said and "(3 rows)" in said
    assert "95 of 100 rows" in said
    zh = "".join(note.zh for note in figure.notes)
    assert "价格为负 1" in zh and "异常值 1" in zh and "所用 95 行" in zh


def test_quantiles_and_means_by_group() -> None:
    panel, result = case(3_000, industries=8)
    plot = mac_by_group(panel, result).drawing
    assert isinstance(plot, Distributions)
    frame = panel.frame.with_columns(result.table["mac"])
    medians = [values[2] for values in plot.quantiles]
    assert medians == sorted(medians, reverse=True) and sum(plot.rows) == 3_000 and plot.edges == ()
    by_median = {v[2]: (v, m) for v, m in zip(plot.quantiles, plot.means, strict=True)}
    for _, part in frame.group_by("industry2"):
        mac, b = part["mac"].to_numpy(), part["co2_t"].to_numpy()
        values, mean = by_median[float(np.quantile(mac, 0.5))]
        assert values == pytest.approx([np.quantile(mac, q) for q in plot.levels], rel=SUMS)
        assert mean == pytest.approx(math.fsum(mac * b) / math.fsum(b), rel=SUMS)


def test_few_groups_have_ridges_and_many_are_pooled() -> None:
    few = mac_by_group(*case(5_000, industries=3)).drawing
    assert isinstance(few, Distributions) and len(few.bins) == 3
    assert 0.998 * 5_000 <= sum(map(sum, few.bins)) <= 5_000
    panel, result = case(5_000, industries=70, schema="plant")
    many = mac_by_group(panel, result).drawing
    assert isinstance(many, Distributions) and len(many.items) == 40 and sum(many.rows) == 5_000
    assert many.items[-1] == Text("其余 31 组", "31 other groups")


def test_points_for_few_rows_and_a_honeycomb_for_many() -> None:
    panel, result = case(900)
    plot = mac_against_intensity(panel, result).drawing
    assert isinstance(plot, Scatter) and plot.cells is None and len(plot.points) == 3
    assert sum(len(one.x) for one in plot.points) == 900 and plot.lines == ()
    panel, result = case(40_000, industries=20)
    figure = mac_against_intensity(panel, result)
    plot = figure.drawing
    assert isinstance(plot, Scatter) and plot.cells is not None and plot.points == ()
    beyond = 40_000 - sum(plot.cells.count)
    assert 0 < beyond < 200 and any(f"{beyond:,} rows outside" in note.en for note in figure.notes)
    assert len(plot.cells.count) < 3_500 and [line.label.en for line in plot.lines] == ["Median"]
    lines = mac_against_intensity(*case(40_000, industries=2)).drawing
    assert isinstance(lines, Scatter) and len(lines.lines) == 2


def test_intensity_is_in_the_units_of_its_label() -> None:
    panel, result = case(10)
    figure = mac_against_intensity(panel, result)
    plot = figure.drawing
    assert isinstance(plot, Scatter)
    assert "吨/万元" in plot.x_label.zh and "t/10⁴ CNY" in plot.x_label.en and "元/吨" in plot.y_label.zh
    y, b = panel.arrays("output_cny", "co2_t")
    assert sorted(v for one in plot.points for v in one.x) == pytest.approx(sorted(1e4 * b / y), rel=SUMS)
    plants = mac_against_intensity(*case(10, schema="plant")).drawing
    assert isinstance(plants, Scatter)
    assert "t/MWh" in plants.x_label.en and "kWh/t" in plants.y_label.en and "千瓦时/吨" in plants.y_label.zh


def test_every_point_lies_in_its_nearest_cell() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=3_000), rng.normal(size=3_000)
    at_x, at_y, count, size = honeycomb(x, y, 12, 10)
    wide, tall = size
    rows = np.arange(0, 12)
    lattice = [(x.min() + wide * (c + 0.5 * (r % 2)), y.min() + tall * r) for r in rows for c in np.arange(-1.0, 14.0)]
    away = [((x - cx) / wide) ** 2 + 0.75 * ((y - cy) / tall) ** 2 for cx, cy in lattice]
    nearest = np.bincount(np.argmin(away, axis=0), minlength=len(lattice))
    expected = sorted(
        (round(cx, 9), round(cy, 9), k) for (cx, cy), k in zip(lattice, nearest.tolist(), strict=True) if k
    )
    found = sorted((round(a, 9), round(b, 9), k) for a, b, k in zip(at_x, at_y, count.tolist(), strict=True))
    assert found == expected


def test_classes_are_equally_large() -> None:
    x = np.arange(100.0)[::-1].copy()
    at_x, at_y = class_medians(x, 2.0 * x, 4)
    assert at_x.tolist() == [12.0, 37.0, 62.0, 87.0] and at_y.tolist() == [24.0, 74.0, 124.0, 174.0]


def test_without_a_price_there_is_no_picture_and_the_reason_is_said() -> None:
    panel, result = case(20, status=["refused"] * 20, mac=[math.nan] * 20)
    assert pictures(panel, result) == ()
    with pytest.raises(NotIdentifiedError) as caught:
        mac_by_group(panel, result)
    assert "refused 20" in caught.value.found.en and "没有一行有正的价格" in caught.value.what.zh
    panel, result = case(20, abatement_room=[0.0] * 20)
    assert [figure.key for figure in pictures(panel, result)] == ["figure_mac_by_group", "figure_mac_against_intensity"]


def test_a_result_of_another_panel_is_refused() -> None:
    panel, _ = case(20)
    _, result = case(21)
    with pytest.raises(DataError, match="not of this panel"):
        mac_by_group(panel, result)


def test_an_own_column_lends_its_name_to_the_unit() -> None:
    panel, result = case(30)
    panel = panel.with_columns(panel.frame["output_cny"].alias("value"), panel.frame["co2_t"].alias("so2"))
    result = FrontierResult(
        result.table, result.diagnostics, "m", Technology(["x"], "value", "so2"), result.direction, result.measure
    )
    for figure in pictures(panel, result):
        assert figure.simulated and "dualcarbon" in figure.source.zh
    curve = abatement_cost_curve(panel, result).drawing
    assert isinstance(curve, Steps) and curve.x_unit == 1.0
    assert "value/so2" in curve.y_label.en and "so2" in curve.x_label.zh


def test_names_of_groups_are_in_both_languages() -> None:
    frame = pl.DataFrame({"firm_id": [1, 2], "year": [2010] * 2, "industry2": ["16", "99"], "province": ["广东", "X"]})
    found = groups(Panel.from_frame(frame, id="firm_id", time="year"), ["industry2", "province"])
    assert [label.en for label in found.labels] == ["Tobacco · Guangdong", "99 · X"]
    assert found.labels[0].zh == "烟草制品业 · 广东"
