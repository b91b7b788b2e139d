"""Placebos: all draws at once against refitting, samples by hand, and size under no effect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, NotIdentifiedError, SchemaError
from dualcarbon.core.exhibit import DotPlot, Lines
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.engines.threads import Threads
from dualcarbon.policy import did
from dualcarbon.policy.checks import placebo as module
from dualcarbon.policy.checks.placebo import leave_out, placebo_in_time, placebo_in_units
from dualcarbon.policy.design import Design, design
from dualcarbon.policy.registry import estimator

EXACT = 1e-9  # absorbed effects and normal equations in another order
_NONE = Text("无", "none")


def panel(seed: int = 0, units: int = 60, periods: int = 8, effect: float = 0.3) -> Panel:
    r = np.random.default_rng(seed)
    unit, time = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    first = r.choice([0, 4, 6], p=[0.5, 0.25, 0.25], size=units)
    y = r.normal(size=units)[unit] + 0.1 * time + effect * ((first > 0)[unit] & (time >= first[unit]))
    y += r.normal(size=len(unit))
    table = pl.DataFrame(
        {"i": unit, "t": time, "g": first[unit], "y": y, "x": r.normal(size=len(unit)), "c": unit // 2}
    )
    return Panel.from_frame(table, id="i", time="t")


def holed() -> Panel:
    seen = ~(((pl.col("i") % 3) == 1) & (pl.col("t") == 2)) & ~((pl.col("i") == 7) & (pl.col("t") == 5))
    return panel(3).keep(seen, Text("缺", "gone"))


def samples() -> dict[str, Design]:
    return {
        "bare": design(panel(), "y", "g"),
        "controls and clusters": design(panel(1), "y", "g", controls=["x"], cluster="c"),
        "gaps": design(holed(), "y", "g", controls=["x"], gaps="keep"),
    }


@pytest.mark.parametrize("name", samples())
def test_all_draws_at_once_are_the_refitted_ones(name: str) -> None:
    sample = samples()[name]
    found = placebo_in_units(sample, draws=30, seed=4)
    assert not found.refitted
    dealt = module._Dealt.of(sample)
    sizes = module.block_sizes(30, sample.n)
    streams = np.random.SeedSequence(4).spawn(len(sizes))
    twfe = estimator("twfe")
    first = np.column_stack([dealt.draw(s, k) for s, k in zip(streams, sizes, strict=True)])
    fits = [twfe.estimate(replace(sample, first=first[sample.unit, j])) for j in range(30)]
    np.testing.assert_allclose(found.coef, [f.att for f in fits], rtol=EXACT, atol=EXACT)
    np.testing.assert_allclose(found.t, [f.att / f.se for f in fits], rtol=EXACT, atol=EXACT)
    for j in range(30):
        np.testing.assert_array_equal(np.sort(first[:, j]), np.sort(sample.unit_first))
    assert found.p == (1 + np.count_nonzero(np.abs(found.coef) >= abs(found.effect.att))) / 31
    assert found.p_t == (1 + np.count_nonzero(np.abs(found.t) >= abs(found.effect.t))) / 31


def test_units_exchange_only_with_units_seen_in_the_same_periods() -> None:
    sample = samples()["gaps"]
    dealt = module._Dealt.of(sample)
    drawn = dealt.draw(np.random.SeedSequence(0), 20)
    odd = np.flatnonzero(np.array(sample.unit_names) == 7)[0]
    assert dealt.alone == 1 and (drawn[odd] == sample.unit_first[odd]).all()
    holes = np.bincount(sample.unit) == 7
    holes[odd] = False
    for j in range(20):
        np.testing.assert_array_equal(np.sort(drawn[holes, j]), np.sort(sample.unit_first[holes]))
    assert "1 units" in placebo_in_units(sample, draws=3).table().notes[1].en


def test_workers_and_more_draws_change_nothing() -> None:
    sample = samples()["controls and clusters"]
    one, many = (placebo_in_units(sample, draws=60, engine=e) for e in (None, Threads(3)))
    assert one.coef.tobytes() == many.coef.tobytes() and one.t.tobytes() == many.t.tobytes()
    assert placebo_in_units(sample, draws=100).coef[:50].tobytes() == one.coef[:50].tobytes()


@pytest.mark.parametrize("method", ["callaway_santanna", "imputation"])
def test_other_estimators_are_refitted_on_the_same_deals(method: str) -> None:
    sample = samples()["bare"]
    found = placebo_in_units(sample, method=method, draws=4, seed=1)
    first = module._Dealt.of(sample).draw(np.random.SeedSequence(1).spawn(1)[0], 4)
    fits = [estimator(method).estimate(replace(sample, first=first[sample.unit, j])) for j in range(4)]
    assert found.refitted and found.coef.tolist() == [f.att for f in fits]


def test_anticipation_is_refitted() -> None:
    found = placebo_in_units(panel(), "y", "g", draws=3, anticipation=1)
    assert found.refitted and np.isfinite(found.coef).all()


def test_draws_without_an_estimate_are_counted() -> None:
    class Moody:
        def __init__(self) -> None:
            self.calls = -2

        def __getattr__(self, name: str) -> object:
            return getattr(estimator("twfe"), name)

        def estimate(self, sample: Design) -> object:
            self.calls += 1
            if self.calls % 2:
                return estimator("twfe").estimate(sample)
            raise NotIdentifiedError(_NONE, expected=_NONE, found=_NONE, remedy=_NONE)

    found = placebo_in_units(panel(), "y", "g", method=Moody(), draws=10)  # type: ignore[arg-type]
    assert len(found.known) == 5 and found.frame["estimate"].null_count() == 5
    assert found.table().notes[-1].en == "5 draws gave no estimate and do not count."
    assert found.p == (1 + np.count_nonzero(np.abs(found.known) >= abs(found.effect.att))) / 6


@pytest.mark.long
def test_p_values_are_uniform_without_an_effect() -> None:
    p = [placebo_in_units(panel(s, effect=0.0), "y", "g", draws=99, seed=s).p for s in range(400)]
    for level in (0.05, 0.25, 0.5):
        share = np.mean(np.array(p) <= level)
        assert abs(share - level) < 4 * np.sqrt(level * (1 - level) / 400)


def test_an_effect_is_found_and_shown() -> None:
    found = placebo_in_units(panel(effect=2.0), "y", "g", draws=99)
    assert found.p == found.p_t == 0.01
    table, figure = found.table(), found.figure()
    values = dict(zip(table.row_keys, [row[1].value for row in table.rows], strict=True))
    assert values["effect"] == found.effect.att and values["draws"] == 99
    assert values["mean"] == pytest.approx(float(found.coef.mean()))
    plot = figure.drawing
    assert isinstance(plot, Lines) and plot.references[0].x == (found.effect.att,) * 2
    assert "p = 0.010" in plot.references[0].label.en
    assert not found.coef.flags.writeable


def test_bad_options_are_refused() -> None:
    sample = samples()["bare"]
    with pytest.raises(ConfigError, match="draws"):
        placebo_in_units(sample, draws=0)
    with pytest.raises(ConfigError, match="a design already has its options"):
        placebo_in_units(sample, "y", draws=1)
    with pytest.raises(ConfigError, match="outcome"):
        placebo_in_units(panel(), draws=1)
    with pytest.raises(ConfigError, match="shifts"):
        placebo_in_time(sample, shifts=(0,))
    with pytest.raises(ConfigError, match="shifts"):
        placebo_in_time(panel(), "y", "g", shifts=(1,), anticipation=1)
    with pytest.raises(ConfigError, match="by"):
        leave_out(sample, by="c")
    with pytest.raises(SchemaError):
        leave_out(sample, by=[1, 2, 3])


def test_units_that_share_no_periods_cannot_exchange() -> None:
    rows = [(1, t, 3) for t in (1, 2, 3, 4)] + [(2, t, 0) for t in (1, 2, 3)] + [(3, t, 0) for t in (2, 3, 4)]
    table = pl.DataFrame(rows, schema=["i", "t", "g"], orient="row").with_columns(y=pl.int_range(pl.len()) ** 2 * 1.0)
    with pytest.raises(NotIdentifiedError, match="no units can exchange"):
        placebo_in_units(Panel.from_frame(table, id="i", time="t"), "y", "g", gaps="keep")


@pytest.mark.parametrize("k", [1, 3])
def test_earlier_treatment_on_each_units_own_untreated_rows(k: int) -> None:
    data = panel(2)
    found = placebo_in_time(data, "y", "g", shifts=(k,), controls=["x"])
    by_hand = data.keep((pl.col("g") == 0) | (pl.col("t") < pl.col("g")), Text("处理", "treated"))
    by_hand = by_hand.with_columns(pl.when(pl.col("g") > 0).then(pl.col("g") - k).otherwise(0).alias("g"))
    expected = did(by_hand, "y", "g", method="twfe", controls=["x"], gaps="keep")
    true, moved = found.attempts
    assert true.effect is not None and true.effect.att == did(data, "y", "g", method="twfe", controls=["x"]).att
    assert moved.effect is not None
    assert (moved.effect.att, moved.effect.se) == (pytest.approx(expected.att), pytest.approx(expected.se))


def test_earlier_treatment_on_common_rows_for_estimators_that_need_balance() -> None:
    data = panel(2)
    found = placebo_in_time(data, "y", "g", method="callaway_santanna", shifts=(2, 4))
    by_hand = data.keep(pl.col("t") < 4, Text("后", "after"))
    by_hand = by_hand.with_columns(pl.when(pl.col("g") == 4).then(2).otherwise(0).alias("g"))
    expected = did(by_hand, "y", "g", method="callaway_santanna")
    _, two, four = found.attempts
    assert two.effect is not None and two.effect.att == pytest.approx(expected.att, rel=EXACT)
    assert four.effect is not None
    by_hand = data.keep((pl.col("t") < 6) & (pl.col("g") != 4), Text("后", "after"))
    by_hand = by_hand.with_columns(pl.when(pl.col("g") == 6).then(2).otherwise(0).alias("g"))
    assert four.effect.att == pytest.approx(did(by_hand, "y", "g", method="callaway_santanna").att, rel=EXACT)


def test_a_shift_that_leaves_no_period_is_a_row_with_its_reason() -> None:
    found = placebo_in_time(panel(), "y", "g", shifts=(1, 7))
    refused = found.attempts[-1].refused
    assert refused is not None and refused.en.startswith("no unit is treated")
    assert found.table().rows[-1][1].value is None
    assert any("7 earlier" in note.en and "no unit is treated" in note.en for note in found.table().notes)


def test_leaving_cohorts_and_groups_out_is_leaving_their_rows_out() -> None:
    data = panel(6)
    found = leave_out(data, "y", "g")
    assert [a.key for a in found.attempts] == ["base", "without_4", "without_6"]
    for a, gone in zip(found.attempts[1:], (4, 6), strict=True):
        expected = did(data.keep(pl.col("g") != gone, Text("去", "gone")), "y", "g", method="twfe")
        assert a.effect is not None and a.effect.att == pytest.approx(expected.att, rel=EXACT)
    groups = leave_out(data, "y", "g", by="c")
    listed = leave_out(design(data, "y", "g"), by=data.frame["c"].to_list())
    assert [a.key for a in groups.attempts] == ["base", *(f"without_{c}" for c in range(30))]
    assert groups.frame["estimate"].to_list() == listed.frame["estimate"].to_list()
    plot = found.figure().drawing
    assert isinstance(plot, DotPlot) and found.baseline is not None
    assert plot.references == (0.0, found.baseline.att)


def test_without_the_only_cohort_there_is_nothing_to_say() -> None:
    data = panel().keep(pl.col("g") != 6, Text("去", "gone"))
    (_, last) = leave_out(data, "y", "g").attempts
    assert last.refused is not None and "no unit is treated" in last.refused.en


def test_the_placebo_effects_have_the_digits_of_their_spread() -> None:
    found = placebo_in_units(panel(), "y", "g", draws=39)
    forms = {key: row[1].form for key, row in zip(found.table().row_keys, found.table().rows, strict=True)}
    assert {forms[key] for key in ("mean", "sd", "low", "median", "high")} == {".4f"}
