"""Rebound against the identities that define it, and its tests against their parts."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.stats import t as student

from dualcarbon.core.panel import Panel
from dualcarbon.effects import fit, split
from dualcarbon.effects.rebound import SCOPE, Rebound, rebound_of

EXACT = 1e-10  # linear combinations of the same numbers
COVERED = (0.93, 0.97)  # of 95 %, as asked of every interval

COEF = np.array([0.5, -0.9, -0.1])
ERRORS = np.array([[0.01, -0.002, 0.0], [-0.002, 0.004, 0.0005], [0.0, 0.0005, 0.002]])


def energy(coef: NDArray[np.float64] = COEF, factor: float = 1.0, df: float = 100.0) -> Rebound:
    return rebound_of((0,), (1,), coef, factor * ERRORS, df, 0.95)


def simulated(seed: int, scale: float, technique: float, firms: int = 60) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.repeat(np.arange(firms), 4), np.tile(np.arange(4), firms)
    d = r.random(len(f)) + 0.3 * r.normal(size=firms)[f]
    shared = r.normal(size=(2, firms, 1)) * np.ones((2, 1, 4)) * (t.reshape(firms, 4) - 1.5) * 0.1
    output = np.exp(scale * d + 0.3 * r.normal(size=len(f)) + shared[0].ravel())
    use = output * np.exp(technique * d + 0.3 * r.normal(size=len(f)) + shared[1].ravel())
    co2 = use * np.exp(-0.1 * d + 0.1 * r.normal(size=len(f)))
    table = {"firm_id": f, "year": t, "digital": d, "output_cny": output, "energy_tce": use, "co2_t": co2}
    return Panel.from_frame(pl.DataFrame(table), id="firm_id", time="year")


def both(panel: Panel) -> tuple[Rebound, Rebound, dict[str, float]]:
    names = {"co2": "co2_t", "output": "output_cny", "energy": "energy_tce"}
    found = split(panel, treatment="digital", cluster="firm_id", **names)
    return found.rebound, found.carbon_rebound, dict(found.table.select("channel", "coef").rows())


def test_rebound_is_one_less_the_share_of_the_saving_that_arrives() -> None:
    panel = simulated(1, 0.5, -0.9)
    of_energy, of_carbon, b = both(panel)
    use = fit("log(energy_tce) ~ digital | firm_id + year", panel).coef[0]
    assert float(of_energy) == pytest.approx(1.0 - use / b["technique"], rel=EXACT)
    assert float(of_energy) == pytest.approx(-b["scale"] / b["technique"], rel=EXACT)
    saving = b["technique"] + b["structure"]
    assert float(of_carbon) == pytest.approx(1.0 - b["total"] / saving, rel=EXACT)


def test_delta_method_error() -> None:
    steps = 1e-6 * np.eye(3)
    slope = [(float(energy(COEF + s)) - float(energy(COEF - s))) / 2e-6 for s in steps]
    assert energy().se == pytest.approx(np.sqrt(slope @ ERRORS @ np.array(slope)), rel=1e-6)


def test_jevons_is_the_larger_of_two_one_sided_tests() -> None:
    found = energy(np.array([1.2, -0.9, -0.1]))
    variance = ERRORS[0, 0] + ERRORS[1, 1] + 2 * ERRORS[0, 1]
    p_use = student.sf(0.3 / np.sqrt(variance), 100)
    p_saving = student.cdf(-0.9 / np.sqrt(ERRORS[1, 1]), 100)
    assert found.jevons and found.saves and float(found) > 1.0
    assert found.jevons_p == pytest.approx(max(p_use, p_saving), rel=EXACT)
    assert "Jevons' paradox" in found.verdict.en
    assert not energy().jevons and energy().jevons_p > 0.5
    near = energy(np.array([1.0, -0.9, -0.1]))
    assert near.jevons and near.jevons_p > 0.05 and "not established" in near.verdict.en


def test_without_a_saving_there_is_no_rebound_and_no_paradox() -> None:
    found = energy(np.array([0.9, 0.2, 0.0]))
    assert not found.saves and not found.jevons
    assert "无定义" in found.verdict.zh and "no saving" in found.verdict.en


def test_sets_that_are_no_interval_are_said_aloud() -> None:
    assert energy().interval.kind == "interval"
    complement = energy(factor=60.0)
    assert complement.interval.kind == "line" or "not significant" in complement.said.en
    line = energy(np.array([0.01, -0.01, 0.0]), factor=60.0)
    assert line.interval.kind == "line" and "no information" in line.said.en and "没有信息" in line.said.zh
    outside = energy(np.array([0.9, -0.05, 0.0]))
    assert outside.interval.kind == "complement" and "补集" in outside.said.zh


def test_scope_is_said() -> None:
    panel = simulated(1, 0.5, -0.9)
    names = {"co2": "co2_t", "output": "output_cny", "energy": "energy_tce"}
    table = split(panel, treatment="digital", cluster="firm_id", **names).rebound_exhibit()
    assert table.notes[0] == SCOPE and [row[1].value for row in table.rows] == [
        float(value) for value in both(panel)[:2]
    ]


@pytest.mark.long
@pytest.mark.parametrize(("scale", "technique"), [(0.5, -0.9), (0.5, -0.1)])
def test_fieller_covers(scale: float, technique: float) -> None:
    """Also where the saving is too weak for a bounded interval."""
    inside = [-scale / technique in both(simulated(seed, scale, technique))[0].interval for seed in range(1_000)]
    assert COVERED[0] <= float(np.mean(inside)) <= COVERED[1]
