"""Bias, coverage and size of every policy estimator on simulated staggered policies: prints one line per estimator.

`python benchmarks/policy_coverage.py [--samples 1000] [--only WORD] [--methods WORD ...] [--workers 2]`

Sample s of design d is drawn from the seed (d, s), whatever the number of workers.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context

import numpy as np

from dualcarbon.core.errors import DualcarbonError
from dualcarbon.policy import Estimator, design, did, evaluate, registry
from dualcarbon.policy.models.twfe import two_way_weights
from dualcarbon.policy.models.two_stage import TwoStage
from registry import benchmark
from truth.staggered import DESIGNS, Staggered

NEEDS_CONTROLS = ("matched",)
LEVEL = 0.95
FIXED = "two_stage (fixed)"
METHODS: dict[str, str | Estimator] = {**{name: name for name in registry.names()}, FIXED: TwoStage(timing="fixed")}


@dataclass(frozen=True)
class Judged:
    """One estimate: its error, its standard error, whether the interval holds the truth, and the pre-test's p value."""

    error: float
    se: float
    held: bool
    pre: float


def judged(work: tuple[int, int, str]) -> Judged | None:
    """One estimator on one sample; None where it refuses."""
    number, sample, method = work
    drawn = DESIGNS[number]
    try:
        found = did(
            drawn.draw((number, sample)),
            "y",
            "first",
            method=METHODS[method],
            controls=("x",) if method in NEEDS_CONTROLS else (),
            cluster="group" if drawn.group > 1 else None,
            level=LEVEL,
        )
    except DualcarbonError:
        return None
    truth = drawn.truth(int(found.event["relative"].max()) if method == "stacked" else None)  # type: ignore[arg-type]
    low, high = found.interval
    pre = float("nan") if found.pre_test is None else found.pre_test.p
    return Judged(found.att - truth, found.se, low <= truth <= high, pre)


def two_way_bias(drawn: Staggered) -> float:
    """Closed form of the two-way bias: the effects under the regression's own weights, less their mean."""
    sample = design(replace(drawn, drawn=False).draw((0,)), "y", "first")
    found = two_way_weights(sample)
    effects = drawn.effect(sample.first[found.rows], sample.period[found.rows])
    return float(found.weight @ effects) - drawn.truth()


def line(method: str, found: Sequence[Judged | None]) -> str:
    """Bias, spread and mean standard error, coverage, size of the pre-test; refusals."""
    kept = [each for each in found if each is not None]
    refused = len(found) - len(kept)
    if not kept:
        return f"{method:<18} refuses"
    errors, ses = np.array([j.error for j in kept]), np.array([j.se for j in kept])
    pre = np.array([j.pre for j in kept])
    size = f"{100 * np.mean(pre < 0.05):>8.1f}" if np.isfinite(pre).any() else f"{'-':>8}"
    monte_carlo = errors.std(ddof=1) / np.sqrt(len(kept))
    return (
        f"{method:<18} {errors.mean():>8.4f} ({monte_carlo:.4f}) {errors.std(ddof=1):>8.4f} {ses.mean():>8.4f} "
        f"{100 * np.mean([j.held for j in kept]):>8.1f} {size}{f'  refused {refused}' if refused else ''}"
    )


def timed(method: str) -> Callable[[], object]:
    panel = DESIGNS[0].draw((0, 0))
    controls = ("x",) if method in NEEDS_CONTROLS else ()
    sample = design(panel, "y", "first", controls=controls)
    return lambda: evaluate(sample, registry.estimator(method))


for _name in registry.names():
    benchmark(f"policy: {_name}", size="200 units x 10 periods")(partial(timed, _name))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--only", default="")
    parser.add_argument("--methods", nargs="*", default=list(METHODS))
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.workers, mp_context=get_context("spawn")) as pool:
        for number, drawn in enumerate(DESIGNS):
            if asked.only not in drawn.name:
                continue
            print(f"\n{drawn.name}: truth {drawn.truth():.4f}, two-way bias by its weights {two_way_bias(drawn):.4f}")
            print(
                f"{'method':<18} {'bias':>8} {'':>8} {'spread':>8} {'mean se':>8} {'held %':>8} {'pre %':>8}",
                flush=True,
            )
            for method in asked.methods:
                work = [(number, sample, method) for sample in range(asked.samples)]
                print(line(method, list(pool.map(judged, work, chunksize=25))), flush=True)


if __name__ == "__main__":
    main()
