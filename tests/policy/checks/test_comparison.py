"""Side by side: every row is the estimate alone, refusals stand with their reason in both languages."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, SchemaError
from dualcarbon.core.exhibit import DotPlot
from dualcarbon.core.panel import Panel, Provenance
from dualcarbon.core.text import Text
from dualcarbon.policy import did, registry
from dualcarbon.policy.checks.comparison import compare_estimators, concurrent
from dualcarbon.policy.design import design
from dualcarbon.policy.matching import Weighting
from dualcarbon.policy.models.matched import Matched

METHODS = ("callaway_santanna", "imputation", "matched", "twfe")


def panel(seed: int = 0, units: int = 80, periods: int = 7) -> Panel:
    r = np.random.default_rng(seed)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    first = r.choice([0, 3, 5], p=[0.5, 0.25, 0.25], size=units)
    a, b = (np.where(r.random(units) < 0.3, r.integers(2, 9, units), 0) for _ in range(2))
    y = r.normal(size=units)[unit] + ((first > 0)[unit] & (time >= first[unit]))
    y += 0.7 * ((a > 0)[unit] & (time >= a[unit])) + 0.3 * r.normal(size=len(unit))
    known = {"x": r.normal(size=units)[unit], "a": a[unit], "b": b[unit]}
    table = pl.DataFrame({"i": unit, "t": time, "g": first[unit], "y": y} | known)
    source = Provenance(Text("模拟城市", "simulated cities"), simulated=True)
    return Panel.from_frame(table, id="i", time="t", provenance=source)


def test_every_row_is_the_estimate_alone() -> None:
    found = compare_estimators(panel(), "y", "g", controls=["x"], methods=METHODS)
    assert [a.key for a in found.attempts] == list(METHODS) and not found.refused
    for a in found.attempts:
        alone = did(panel(), "y", "g", controls=["x"], method=a.key)
        assert a.effect is not None and (a.effect.att, a.effect.se) == (alone.att, alone.se)
    row = found.frame.row(0, named=True)
    first = found.attempts[0].effect
    assert first is not None and first.pre_test is not None
    low, high = first.interval
    assert (row["low"], row["high"], row["p"], row["pre_test_p"]) == (low, high, first.p, first.pre_test.p)
    assert (row["n"], row["units"], row["comparison_en"]) == (560, 80, "never treated")


def test_all_estimators_are_there_and_refusals_have_reasons() -> None:
    found = compare_estimators(design(panel(), "y", "g"))
    assert tuple(a.key for a in found.attempts) == registry.names()
    refused = {a.key: a.refused for a in found.refused}
    assert refused["matched"] is not None and refused["matched"].en.startswith("matching needs controls")
    table, figure = found.table(), found.figure()
    at = table.row_keys.index("matched")
    assert [c.value for c in table.rows[at][1:8]] == [None] * 7
    notes = [n for n in table.notes if "matching needs controls" in n.en]
    assert len(notes) == 1 and "匹配需要控制变量" in notes[0].zh and notes[0] in figure.notes
    plot = figure.drawing
    assert isinstance(plot, DotPlot) and len(plot.items) == len(found.done) == len(plot.series[0].x)
    assert plot.references == (0.0,) and table.simulated and figure.simulated
    assert "simulated cities" in table.source.en and "refused, matching" in repr(found)


def test_two_objects_of_one_estimator_stand_side_by_side() -> None:
    found = compare_estimators(panel(), "y", "g", controls=["x"], methods=[Matched(), Matched(Weighting())])
    assert [a.key for a in found.attempts] == ["matched", "matched_2"]
    assert found.frame["estimate"].n_unique() == 2


def test_a_fixed_comparison_group_is_said() -> None:
    found = compare_estimators(panel(), "y", "g", methods=["twfe", "callaway_santanna"])
    assert found.frame["comparison_en"].to_list() == ["never or not yet treated (fixed)", "never treated"]


def test_an_unknown_method_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no such estimator"):
        compare_estimators(panel(), "y", "g", methods=["magic"])


def test_a_library_that_fails_is_a_row() -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            return getattr(registry.estimator("twfe"), name)

        def estimate(self, sample: object) -> object:
            raise ValueError("no luck")

    found = compare_estimators(panel(), "y", "g", methods=[Broken(), "twfe"])  # type: ignore[list-item]
    assert found.attempts[0].refused is not None and "ValueError: no luck" in found.attempts[0].refused.zh
    assert found.attempts[1].effect is not None


def test_concurrent_policies_controlled_and_dropped() -> None:
    data = panel(1)
    found = concurrent(data, "y", "g", policies={"a": Text("甲政策", "policy A"), "b": "B"})
    keys = ["base", "controlled.a", "controlled.b", "controlled.all", "dropped.a", "dropped.b", "dropped.all"]
    assert [a.key for a in found.attempts] == keys
    after = [((pl.col(c) > 0) & (pl.col("t") >= pl.col(c))).cast(pl.Float64).alias(f"{c}_on") for c in "ab"]
    more = data.with_columns(*after)
    hit = {c: (pl.col(c) > 0) & (pl.col(c) <= 6) for c in "ab"}
    gone = Text("去", "gone")
    expected = [
        did(data, "y", "g", method="twfe"),
        did(more, "y", "g", method="twfe", controls=["a_on"]),
        did(more, "y", "g", method="twfe", controls=["b_on"]),
        did(more, "y", "g", method="twfe", controls=["a_on", "b_on"]),
        did(data.keep(~hit["a"], gone), "y", "g", method="twfe"),
        did(data.keep(~hit["b"], gone), "y", "g", method="twfe"),
        did(data.keep(~hit["a"] & ~hit["b"], gone), "y", "g", method="twfe"),
    ]
    np.testing.assert_allclose(found.frame["estimate"], [e.att for e in expected], rtol=1e-10)
    np.testing.assert_allclose(found.frame["se"], [e.se for e in expected], rtol=1e-10)
    treated = data.frame.unique("i").select(hit["a"].sum().alias("k"), (hit["a"] & (pl.col("g") > 0)).sum().alias("b"))
    k, b = treated.row(0)
    assert f"policy A treats {k} units, {b} of them treated here too." in [n.en for n in found.notes]
    assert found.attempts[3].label.en == "Controlling for all of these"
    assert found.attempts[6].label.zh == "剔除受以上任一政策处理的单位"


def test_concurrent_with_an_estimator_that_takes_no_controls_says_so() -> None:
    data = panel(2).with_columns(pl.lit(1).alias("after_a"))
    found = concurrent(data, "y", "g", policies=["a"], method="stacked")
    base, controlled, dropped = found.attempts
    assert base.effect is not None and dropped.effect is not None
    assert controlled.refused is not None and "takes no controls" in controlled.refused.en


def test_the_policy_itself_as_a_control_is_refused_or_collinear() -> None:
    found = concurrent(panel(), "y", "g", policies=["g"])
    _, controlled, dropped = found.attempts
    assert dropped.refused is not None and "no unit is treated" in dropped.refused.en
    same = controlled.effect
    assert same is not None and any("collinear" in n.en for n in same.notes)


def test_bad_policies_are_errors() -> None:
    with pytest.raises(ConfigError, match="policies"):
        concurrent(panel(), "y", "g", policies=[])
    with pytest.raises(SchemaError):
        concurrent(panel(), "y", "g", policies=["nowhere"])
