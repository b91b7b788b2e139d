"""The models of slacks and of structure on one reference set: every firm scored, with the interval of its price."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dualcarbon.core.technology import Direction, Technology
from dualcarbon.frontier.model import GroupData, Model
from dualcarbon.frontier.models._slack_scores import columns
from dualcarbon.frontier.models.by_production import ByProductionModel
from dualcarbon.frontier.models.materials_balance import MaterialsBalanceModel
from dualcarbon.frontier.models.nonradial import NonradialModel
from dualcarbon.frontier.models.sbm import SlacksBasedModel
from registry import benchmark

ROWS, SAMPLE = 3_000, 100
SIZE = f"{ROWS:,} firms, one reference set, 2 inputs"


def firms(n: int = ROWS, seed: int = 0) -> GroupData:
    """By-product technology, sizes over four orders of magnitude, 10 % noise."""
    draw = np.random.default_rng(seed)
    ln_x = draw.standard_normal((n, 1)) + 0.4 * draw.standard_normal((n, 2))
    size, r = ln_x @ [0.6, 0.4], 0.8 * draw.standard_normal(n)
    u = 0.25 * np.abs(draw.standard_normal(n))
    ln_y = size + np.log(0.1 * np.exp(-0.4 * r) + 0.9) / -0.4 - u + 0.1 * draw.standard_normal(n)
    ln_b = size + r + u + 0.1 * draw.standard_normal(n)
    unit = np.arange(n, dtype=np.int64)
    return GroupData(np.exp(ln_x) * [50.0, 9e5], np.exp(ln_y) * 3e6, np.exp(ln_b) * 50.0, unit // 9, unit % 9)


def _technology() -> Technology:
    return Technology(("labour", "coal"), "output", "co2", polluting={"coal": 1e-4})


def _prepared(model: Model, direction: Direction) -> Callable[[], object]:
    data = firms()
    model.solve(firms(200), _technology(), direction)
    return lambda: model.solve(data, _technology(), direction)


def _one_program_per_firm() -> Callable[[], object]:
    """Non-radial scores of a sample of firms, each a new program in HiGHS (scipy), without prices."""
    from scipy.optimize import linprog

    from dualcarbon.frontier.models._nonparametric import signs
    from dualcarbon.frontier.models._slack import job

    data, technology = firms(), _technology()
    sign = signs(technology)
    work = job(data, True, ROWS, NonradialModel().label)
    reference = columns(work.reference, technology)
    points = (np.column_stack(work.units) * sign)[:SAMPLE]
    one = np.concatenate([np.ones(len(reference)), np.zeros(2)])[None]

    def run() -> None:
        for o in points:
            rows = np.hstack([reference.T, np.array([[0, 0], [0, 0], [-o[2], 0], [0, o[3]]])]) / np.abs(o)[:, None]
            cost = np.concatenate([np.zeros(len(reference)), [-0.5, -0.5]])
            linprog(cost, rows[:3], np.sign(o[:3]), np.vstack([rows[3:], one]), [1.0, 1.0], method="highs-ds")

    return run


@benchmark(
    "non-radial: scores and price intervals",
    size=SIZE,
    rival_name=f"one new HiGHS program per firm (scipy), no prices, {SAMPLE} firms: multiply by {ROWS // SAMPLE}",
    rival=_one_program_per_firm,
)
def nonradial() -> Callable[[], object]:
    """Three programs per firm."""
    return _prepared(NonradialModel(), Direction.proportional())


@benchmark("SBM: scores and price intervals", size=SIZE)
def sbm() -> Callable[[], object]:
    """Three programs per firm."""
    return _prepared(SlacksBasedModel(), Direction.all_proportional())


@benchmark("by-production: scores and price intervals", size=SIZE)
def by_production() -> Callable[[], object]:
    """Six programs per firm."""
    return _prepared(ByProductionModel(), Direction.proportional())


@benchmark("materials balance: efficiencies and marginal contents", size=SIZE)
def materials_balance() -> Callable[[], object]:
    """Four programs per firm."""
    return _prepared(MaterialsBalanceModel(), Direction.bad_only())
