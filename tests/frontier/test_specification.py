"""The specification panel: the stored provinces, every row against a fit of its own, trims, what is not supported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
import polars as pl
import pytest

from dualcarbon import frontier
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import Text
from dualcarbon.frontier.models.quadratic import RESTRICTIONS, QuadraticModel
from dualcarbon.frontier.specification import SpecificationPanel, specification_panel
from dualcarbon.kernels.screen import conditional_screen

PROVINCES = Path(__file__).resolve().parents[2] / "../shared/data/deabook/provinces_2013_2015.dta"
SAME = 1e-9
"""The same program on the same rows."""
PRINTED = {"frontier": 12_758, "outputs": 12_758, "monotone": 7_862, "null_joint": 6_794}
"""Mean MAC of the 90 provincial observations by restriction set, CNY/t; the design states 6,789-12,758."""


class Industry(Protocol):
    """What the fixture `industry` makes."""

    def technology(self, returns: str, **more: object) -> Technology: ...

    def panel(self) -> Panel: ...

    def frame(self, industry: str) -> pl.DataFrame: ...


def run(panel: Panel, technology: Technology, *models: object, **options: object) -> SpecificationPanel:
    return specification_panel(panel, technology, Direction.proportional(), models, **options)  # type: ignore[arg-type]


def provinces() -> Panel:
    if not PROVINCES.exists():
        pytest.skip("the folder of anchors and real data is not beside the checkout")
    table = pd.read_stata(PROVINCES)
    table = table.assign(output_cny=1e8 * table["Y"].astype(float))
    return Panel.from_frame(table, id="id", time="t", schema="province")


def test_ninety_provinces_print_the_stored_range() -> None:
    found = run(provinces(), Technology(["K", "L"], "output_cny", "CO2"), "quadratic")
    frame = found.frame
    assert frame.height == 16 and set(frame["status"]) == {"weakly_identified"}
    whole = frame.filter(pl.col("trim") == "none")
    assert dict(zip(whole["restrictions"], whole["mac_mean"].round(0).cast(pl.Int64), strict=True)) == PRINTED
    assert (whole["n"] == 90).all() and (whole["ok_share"] == 1.0).all()
    table = found.table(unit=Text("元/吨", "CNY/t"))
    means = [row[12] for row in table.rows if row[2].value == Text("不剔除", "none")]
    assert [format(float(str(cell.value)), cell.form) for cell in means] == ["12,758", "12,758", "7,862", "6,794"]
    low, high = frame["mac_mean"].min(), frame["mac_mean"].max()
    assert f"from {low:,.0f} to {high:,.0f}" in table.notes[0].en and "答案的一部分" in table.notes[0].zh
    assert any("83-100 %" in note.en for note in table.notes)
    reasons = {row[0].value: row[1].value.en for row in found.reasons().rows}  # type: ignore[union-attr]
    for row, why in zip(table.rows, frame["why_en"], strict=True):
        assert reasons[row[15].value] == why
    assert all(len(row) == len(table.headers) for row in table.rows) and len(table.row_keys) == 16


def test_every_row_is_a_fit_of_its_own(industry: Callable[..., Industry]) -> None:
    simulated = industry(n=450, seed=1)
    panel, technology = simulated.panel(), simulated.technology("variable")
    found = run(panel, technology, "quadratic", "translog_lp", trims=("none", 0.05)).frame
    assert found.height == 2 * (len(RESTRICTIONS) + 1)
    b, y = (panel.frame[name].to_numpy() for name in ("co2_t", "output_cny"))
    low, high = np.quantile(b / y, [0.05, 0.95])
    part = panel.keep(pl.lit(pl.Series((b / y >= low) & (b / y <= high))), Text("剔除", "trim"))
    model = QuadraticModel(RESTRICTIONS["outputs"], screen=False)
    alone = frontier.fit(part, technology, Direction.proportional(), model)
    row = found.filter(restrictions="outputs", trim="0.05").row(0, named=True)
    mac, weight = alone.table["mac"].to_numpy(), part.frame["co2_t"].to_numpy()
    ok = np.isfinite(mac)
    facts = alone.diagnostics.row(0, named=True)
    assert row["n"] == part.n and row["status"] == facts["status"] and row["why_en"] == facts["why_en"]
    assert row["mac_mean"] == pytest.approx(mac[ok].mean(), rel=SAME)
    assert row["mac_median"] == pytest.approx(np.median(mac[ok]), rel=SAME)
    assert row["mac_weighted"] == pytest.approx(mac[ok] @ weight[ok] / weight[ok].sum(), rel=SAME)
    assert row["room"] == pytest.approx(facts["aggregate_room"], rel=SAME)
    assert row["near_range"] == pytest.approx(facts["near_range"], rel=SAME)
    assert row["zero_share"] == pytest.approx(facts["zero_share"], rel=SAME)


def test_trims_act_within_groups_and_leave_rows_without_co2(industry: Callable[..., Industry]) -> None:
    frames = [industry(n=900, seed=s, noise=0.1).frame(name) for s, name in ((2, "a"), (3, "b"))]
    frame = pl.concat([frames[0], frames[1].with_columns(pl.col("co2_t") * 1e3)])
    panel = Panel.from_frame(frame, id="firm", time="year")
    technology = Technology(("x0", "x1"), "output_cny", "co2_t", returns="constant", group_by=["industry"])
    found = run(panel, technology, "translog_lp", trims=("none", "screen", 0.01)).frame
    positive = frame.filter(pl.col("co2_t") > 0.0)
    kept = 0
    for name in ("a", "b"):
        part = positive.filter(pl.col("industry") == name)
        x, y, b = part.select("x0", "x1").to_numpy(), part["output_cny"].to_numpy(), part["co2_t"].to_numpy()
        kept += int(conditional_screen(x, y, b).sum())
    assert found["n"].to_list()[:2] == [positive.height, kept]
    assert found["n"][2] == positive.height - 2 * sum(
        int(np.ceil(0.01 * (positive.filter(pl.col("industry") == name).height - 1))) for name in ("a", "b")
    )
    assert found.select("identified", "weakly_identified", "trivial", "too_few").sum_horizontal().to_list() == [2, 2, 2]
    assert found["status"][0] == "trivial" and found["trivial"].to_list()[:2] == [2, 0]
    assert "aggregate abatement room" in found["why_en"][0] and np.isnan(found["mac_median"][0])


def test_returns_a_model_does_not_take_are_replaced_and_said(industry: Callable[..., Industry]) -> None:
    simulated = industry(n=450, seed=4)
    found = run(simulated.panel(), simulated.technology("constant"), "quadratic", "translog_lp", trims=("none",))
    assert found.frame["returns"].to_list() == ["variable"] * 4 + ["constant"]
    words = [row[3].value for row in found.table().rows]
    assert words[0] == Text("可变", "variable") and words[-1] == Text("不变", "constant")


def test_what_no_returns_can_save_stands_in_the_panel_with_its_reason(industry: Callable[..., Industry]) -> None:
    simulated = industry(n=450, seed=5)
    found = specification_panel(
        simulated.panel(),
        simulated.technology("variable"),
        Direction.unit(),
        ["quadratic", "translog_lp"],
        trims=["none"],
    )
    row = found.frame.row(4, named=True)
    assert row["status"] == "unsupported" and "does not support this direction" in row["why_en"]
    assert row["mac_mean"] is None and found.table().rows[4][14].value == Text("模型不支持", "not supported")
    with pytest.raises(ConfigError, match="direction"):
        specification_panel(
            simulated.panel(), simulated.technology("variable"), Direction.bad_only(), ["quadratic"], trims=["none"]
        )


@pytest.mark.parametrize("trims", [["all"], [0.5], [0.0], []])
def test_trims_that_are_not_allowed_are_refused(industry: Callable[..., Industry], trims: list[object]) -> None:
    simulated = industry(n=180, seed=6)
    with pytest.raises(ConfigError, match="trim"):
        run(simulated.panel(), simulated.technology("variable"), "quadratic", trims=trims)


def test_the_panel_is_frozen_and_named(industry: Callable[..., Industry]) -> None:
    simulated = industry(n=450, seed=7)
    found = run(simulated.panel(), simulated.technology("variable"), QuadraticModel(near_range=False), trims=("none",))
    assert found.frame["near_range"].is_nan().all()
    assert found.source == Text("内存中的表", "table in memory") and not found.simulated
    with pytest.raises(FrozenInstanceError):
        found.source = Text("别处", "elsewhere")  # type: ignore[misc]
    assert frontier.specification_panel is specification_panel
