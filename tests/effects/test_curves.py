"""The specification curve: every combination once, each as fit gives it, and its joint inference."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, NotIdentifiedError, SchemaError
from dualcarbon.core.exhibit import Lines
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.effects import fit, placebo, specification_curve, winsorise
from dualcarbon.effects.curve_result import JointInference
from dualcarbon.engines.threads import Threads


def panel(effect: float = 0.5, seed: int = 0) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.repeat(np.arange(40), 5), np.tile(np.arange(5), 40)
    x = r.standard_t(4, size=(200, 4))
    table = pl.DataFrame({"f": f, "t": t, "d": x[:, 0], "a": x[:, 1], "b": x[:, 2], "c": x[:, 3]})
    y = effect * x[:, 0] + x[:, 1] + r.normal(size=40)[f] + r.normal(size=200)
    return Panel.from_frame(table.with_columns(y=pl.Series(y)), id="f", time="t")


CHOICES = {
    "controls": ["a", "b + c"],
    "effects": ["f + t", "t", "0"],
    "samples": {"late": pl.col("t") > 0},
    "winsor": [None, (0.05, 0.95)],
    "cluster": "f",
}


def test_every_combination_stands_once_and_equals_fit() -> None:
    data = panel()
    found = specification_curve("y ~ d", data, "d", **CHOICES)  # type: ignore[arg-type]
    table = found.table_of_specifications
    assert table.height == 4 * 3 * 2 * 2 == table.select("controls", "effects", "sample", "winsor").n_unique()
    assert table["coef"].is_sorted()
    pulled = winsorise(data, ["y", "d", "a", "b", "c"], (0.05, 0.95)).panel
    for row in table.rows(named=True):
        controls = "" if row["controls"] == "-" else f" + {row['controls']}"
        slow = fit(
            f"y ~ d{controls} | {row['effects']}",
            data if row["winsor"] == "-" else pulled,
            cluster="f",
            sample=pl.col("t") > 0 if row["sample"] == "late" else None,
        )
        at = slow.names.index("d")
        assert (row["coef"], row["se"], row["n"]) == (slow.coef[at], slow.se[at], slow.n)
    assert found.positive == found.significant == 48


def test_joint_draws_of_one_specification_are_the_placebo() -> None:
    data = panel()
    alone = placebo("y ~ d + a | f + t", data, "d", draws=60, seed=2)
    joint = specification_curve("y ~ d + a | f + t", data, "d", draws=60, seed=2).joint
    assert joint is not None
    assert np.array_equal(joint.medians, alone.coef) and joint.p_median == alone.p


def test_joint_draws_share_the_reassignment_and_not_the_workers() -> None:
    data = panel()
    options = {"controls": ["a"], "effects": ["t", "f + t"], "draws": 60, "seed": 1}
    one = specification_curve("y ~ d", data, "d", **options)  # type: ignore[arg-type]
    two = specification_curve("y ~ d", data, "d", engine=Threads(2), **options)  # type: ignore[arg-type]
    assert one.joint is not None and two.joint is not None
    assert one.joint.medians.tobytes() == two.joint.medians.tobytes()
    each = [
        placebo(f"y ~ d{c} | {e}", data, "d", draws=60, seed=1).coef for c in ("", " + a") for e in ("t", "f + t")
    ]  # fmt: skip
    assert np.allclose(one.joint.medians, np.median(each, axis=0), rtol=1e-12)
    assert one.joint.p_median == 1 / 61


def test_no_effect_is_not_found_jointly() -> None:
    joint = specification_curve("y ~ d", panel(0.0, 3), "d", controls=["a", "b"], effects=["f + t"], draws=99).joint
    assert joint is not None and joint.p_median > 0.05


def test_what_cannot_be_estimated_is_kept_and_said() -> None:
    data = panel().with_columns((pl.col("f") % 2).alias("h"))
    found = specification_curve("y ~ h", data, "h", effects=["t", "f"])
    assert found.estimated.height == 1
    assert found.table_of_specifications["why"].null_count() == 1
    assert "could not be estimated" in found.table().notes[0].en
    with pytest.raises(NotIdentifiedError):
        specification_curve("y ~ h", data, "h", effects=["f"])
    with pytest.raises(ConfigError, match="too many specifications"):
        specification_curve("y ~ d", panel(), "d", controls=[f"x{k}" for k in range(20)])


def test_table_counts_by_choice_and_figure_is_in_order() -> None:
    found = specification_curve("y ~ d", panel(), "d", **CHOICES)  # type: ignore[arg-type]
    counts = {row[0].value.en: row[1].value for row in found.table().rows}  # type: ignore[union-attr]
    assert counts["All specifications"] == 48 and counts["Effects: t"] == 16 and counts["With a"] == 24
    assert counts["Effects: none"] == 16 and counts["Sample: late"] == 24
    drawing = found.figure().drawing
    assert isinstance(drawing, Lines) and list(drawing.curves[0].y) == sorted(drawing.curves[0].y)


def test_a_name_that_is_not_in_the_table_is_no_specification() -> None:
    with pytest.raises(SchemaError, match="not in the table"):
        specification_curve("y ~ d", panel(), "d", controls=["a", "bb"])
    with pytest.raises(SchemaError, match="not in the table"):
        specification_curve("y ~ d", panel(), "d", effects=["f", "g"])


def test_all_rows_keep_their_name() -> None:
    with pytest.raises(ConfigError, match="stands for all rows"):
        specification_curve("y ~ d", panel(), "d", samples={"all": pl.col("t") > 1})


def test_options_are_read_or_refused() -> None:
    data = panel()
    cuts = specification_curve("y ~ d", data, "d", winsor=[[0.05, 0.95], None])  # type: ignore[list-item]
    assert cuts.table_of_specifications.height == 2
    assert specification_curve("y ~ d", data, "d", winsor=[]).table_of_specifications.height == 1
    for wrong in ({"winsor": [0.05]}, {"draws": -1}, {"draws": 3, "seed": -1}):
        with pytest.raises(ConfigError):
            specification_curve("y ~ d", data, "d", **wrong)  # type: ignore[arg-type]


def test_draws_that_no_specification_identifies_are_left_out() -> None:
    true, coef = np.array([1.0, 2.0]), np.array([[0.1, np.nan, 1.5, -3.0], [0.3, np.nan, 1.5, -3.0]])
    found = JointInference.of(true, coef, 0, Text("甲", "a"))
    assert found.p_median == 3 / 4 and found.p_sign == 1.0 and np.isnan(found.medians[1])


def test_notes_say_the_unit_and_the_covariance() -> None:
    notes = [note.en for note in specification_curve("y ~ d", panel(), "d", cluster="f").table().notes]
    assert any("not scaled" in note for note in notes) and any("clustered by f" in note for note in notes)
