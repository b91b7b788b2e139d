"""Which frontier model recovers a known marginal abatement cost: prints the table of the race, or of the flags.

`python benchmarks/frontier_truth.py [--models a,b] [--designs a,b] [--seeds 6] [--first 0] [--rows 3000] [--workers 1]`
`python benchmarks/frontier_truth.py --flags [--models a,b] [--designs a,b] [--seeds 20] [--first 1000]`

The designs are those of `truth/designs.py`, the scores those of `truth/scoring.py`; every registered model takes part.
A figure is the median over seeds. Models that solve a program per firm or one of quadratic size get `--small` rows
(900). With `--flags` it counts how often a fit that is not called identified is wrong or right: over the designs, and
over as many industries again with every trouble at random (`truth/troubles.py`).
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from dualcarbon.frontier import registry
from registry import benchmark
from truth import troubles
from truth.designs import DESIGNS
from truth.running import Job, Judged, judge, run
from truth.scoring import Score, flags, middle

_SMALL = ("envelopment", "nonradial", "sbm", "by_production", "materials", "metafrontier", "cnls", "convex")
_HEADS = ("usable", "firm", "rank", "median", "mean", "share", "room", "seconds")
_MANY = "m39"


def race(asked: argparse.Namespace, spread: Callable[..., Iterable[Score | None]]) -> Iterator[str]:
    """A heading, then one line per model and design."""
    yield f"{'model':<18} {'':<4} " + " ".join(f"{head:>8}" for head in _HEADS) + "  verdicts"
    for name in asked.models:
        for design in asked.designs:
            work = [Job(name, design, seed, _rows(name, asked)) for seed in _seeds(asked)]
            scores = [one for one in spread(run, work) if one is not None]
            yield f"{name:<18} {design:<4} " + (_cells(scores) if scores else "no setting, or too few rows")


def _cells(scores: Sequence[Score]) -> str:
    figures = middle(scores)
    words = Counter(word for one in scores for word in one.verdicts)
    verdicts = ", ".join(f"{word} {count / words.total():.0%}" for word, count in sorted(words.items()))
    return " ".join(f"{figures[head]:8.3f}" for head in _HEADS) + f"  {verdicts}"


def characteristics(asked: argparse.Namespace, spread: Callable[..., Iterable[list[Judged]]]) -> Iterator[str]:
    """A heading, then three lines per model: the designs, industries with troubles at random, both."""
    yield f"{'model':<18} {'over':<7} {'fits':>5} {'wrong':>5} {'right':>5} {'found':>6} {'between':>7} {'false':>6}"
    designs = [design for design in asked.designs if design != _MANY]
    for name in asked.models:
        rows = _rows(name, asked)
        named = [Job(name, design, seed, rows) for seed in _seeds(asked) for design in designs]
        mixed = [Job(name, troubles.NAME, asked.first * 100 + k, rows) for k in range(len(named))]
        first, second = ([one for batch in spread(judge, work) for one in batch] for work in (named, mixed))
        for label, found in (("designs", first), ("random", second), ("both", first + second)):
            yield f"{name:<18} {label:<7} " + _shares(found)
        switched = [one for one in first + second if one.level == "within"]
        if switched:
            yield f"{name:<18} {'within':<7} " + _shares(switched)


def _shares(found: Sequence[Judged]) -> str:
    errors, raised = np.array([one.error for one in found]), np.array([one.verdict != "identified" for one in found])
    out = flags(errors, raised)
    return f"{out.fits:5d} {out.wrong:5d} {out.right:5d} {out.detected:6.2f} {out.between:7.2f} {out.false:6.2f}"


def _rows(model: str, asked: argparse.Namespace) -> int:
    return int(asked.small if any(word in model for word in _SMALL) else asked.rows)


def _seeds(asked: argparse.Namespace) -> range:
    return range(asked.first, asked.first + asked.seeds)


def _arguments() -> argparse.Namespace:
    def words(text: str) -> list[str]:
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=words, default=list(registry.names()))
    parser.add_argument("--designs", type=words, default=list(DESIGNS))
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--small", type=int, default=900)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--flags", action="store_true")
    return parser.parse_args()


@benchmark("frontier: race of the default, clean and noisy", size="4 designs of 3,000 rows")
def default() -> Callable[[], dict[str, float]]:
    """translog_ml on a clean, a noisy, a hidden-intensity and a provincial design: seconds of each."""
    jobs = [Job("translog_ml", design, 0, 3_000) for design in ("bC", "c10", "d", "p5")]
    return lambda: {job.design: one.seconds for job in jobs if (one := run(job)) is not None}


def main() -> None:
    """Print the table."""
    asked = _arguments()
    table = characteristics if asked.flags else race
    if asked.workers == 1:
        lines = table(asked, map)
    else:
        pool = ProcessPoolExecutor(asked.workers)
        lines = table(asked, pool.map)
    for line in lines:
        print(line, flush=True)


if __name__ == "__main__":
    main()
