"""Monte Carlo over uncertain inputs: percentiles of the outcome and each input's share of its variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.engine import Engine, InOrder
from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.exhibit import Figure, Table
from dualcarbon.core.text import Text, both
from dualcarbon.footprint import faults
from dualcarbon.footprint.laws import Law

if TYPE_CHECKING:
    from dualcarbon.kernels.sobol import VarianceShares

Floats = NDArray[np.float64]
Model = Callable[[Mapping[str, Floats]], Floats]

BLOCK = 4096
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class Simulation:
    """What comes of uncertain inputs.

    Attributes
    ----------
    percentiles : polars.DataFrame
        outcome, level, value.
    moments : polars.DataFrame
        outcome, mean, sd, mean_se.
    shares : polars.DataFrame
        outcome, input, first, first_se, total, total_se: shares of the outcome's variance, NaN where it has none.
        Up to sampling error the first-order shares of an outcome sum to at most 1 (to 1 if inputs add), the total ones
        to at least 1.
    values : (2 draws, m) float64
        Outcomes of both samples.
    inputs : mapping of str to Law
    outcomes : tuple of str
    label, unit : Text
    draws, seed : int
    """

    percentiles: pl.DataFrame
    moments: pl.DataFrame
    shares: pl.DataFrame
    values: Floats
    inputs: Mapping[str, Law]
    outcomes: tuple[str, ...]
    label: Text
    unit: Text
    draws: int
    seed: int

    @property
    def sums(self) -> pl.DataFrame:
        """Sums of the shares by outcome: outcome, first, total; 1 - first is what interactions account for."""
        return self.shares.group_by("outcome", maintain_order=True).agg(pl.col("first", "total").sum())

    def table(self) -> Table:
        """Mean, standard deviation and percentiles of each outcome."""
        from dualcarbon.footprint import simulation_exhibits

        return simulation_exhibits.table(self)

    def share_table(self, outcome: str | None = None) -> Table:
        """Shares of variance of one outcome, by default the last."""
        from dualcarbon.footprint import simulation_exhibits

        return simulation_exhibits.share_table(self, outcome)

    def figure(self) -> Figure:
        """Percentiles over the outcomes where these are years, else their distributions."""
        from dualcarbon.footprint import simulation_exhibits

        return simulation_exhibits.figure(self)


def monte_carlo(
    model: Model,
    inputs: Mapping[str, Law],
    *,
    outcomes: Sequence[str | int] = ("outcome",),
    draws: int = 16_384,
    seed: int = 0,
    levels: Sequence[float] = LEVELS,
    label: Text | None = None,
    unit: Text | None = None,
    engine: Engine | None = None,
) -> Simulation:
    """Percentiles and variance shares of a model's outcomes under independent uncertain inputs.

    Two samples A and B of all k inputs and k crossings (A with input i from B): draws x (k + 2) evaluations. Shares by
    `kernels.sobol.variance_shares` (Saltelli et al. 2010, Jansen 1999), percentiles over A and B together. Draws come
    in blocks of 4,096, each with its own stream spawned from the seed: the number of workers changes no bit.

    Parameters
    ----------
    model : callable
        Takes a mapping of input name to (n,) values, gives (n,) or (n, m) outcomes; each row from its own inputs only.
    inputs : mapping of str to Law
        `Uniform`, `Triangular`, `Lognormal`, or any object with `quantile`.
    outcomes : sequence of str or int
        Names of the m outcomes, such as years.
    draws : int
        Per sample, at least 2.
    levels : sequence of float
        Of the percentiles, in (0, 1).
    engine : Engine, optional
        Runs the blocks.

    Raises
    ------
    ConfigError
        No input or one that is no law, too few draws, a seed that is no whole number, a level out of bounds, two
        outcomes of one name, or a model that gives no numbers or another shape than declared.
    DataError
        If outcomes are not finite.
    NotIdentifiedError
        If no outcome varies.

    Examples
    --------
    >>> from dualcarbon.footprint.laws import Uniform
    >>> unit = {name: Uniform(both(name), -1.0, 1.0) for name in ("x", "y")}
    >>> found = monte_carlo(lambda v: 2.0 * v["x"] + v["y"], unit, draws=4096)
    >>> found.shares["total"].round(1).to_list()
    [0.8, 0.2]
    """
    from dualcarbon.kernels.sobol import variance_shares

    names = tuple(str(o) for o in outcomes)
    _require_settings(inputs, draws, seed, levels, names)
    blocks = [min(BLOCK, draws - start) for start in range(0, draws, BLOCK)]
    streams = np.random.SeedSequence(seed).spawn(len(blocks))
    one = partial(_block, model, dict(inputs), len(names))
    parts = (engine or InOrder()).map(one, list(zip(blocks, streams, strict=True)))
    a, b, crossed = (np.concatenate([p[i] for p in parts], axis=-2) for i in range(3))
    found = variance_shares(a, b, crossed)
    if np.isnan(found.total).all():
        raise _nothing_varies(inputs)
    return Simulation(
        _percentiles(np.concatenate([a, b]), names, sorted(set(levels))),
        _moments(found, names, 2 * draws),
        _shares(found, names, tuple(inputs)),
        np.concatenate([a, b]),
        dict(inputs),
        names,
        label or Text("结果", "outcome"),
        unit or both("1"),
        draws,
        seed,
    )


def _block(
    model: Model, inputs: dict[str, Law], outcomes: int, task: tuple[int, np.random.SeedSequence]
) -> tuple[Floats, Floats, Floats]:
    rows, stream = task
    uniform = np.random.default_rng(stream).random((2, len(inputs), rows))
    first, second = ({name: law.quantile(side[i]) for i, (name, law) in enumerate(inputs.items())} for side in uniform)
    a, b = (_outcomes(model, sample, rows, outcomes) for sample in (first, second))
    crossed = np.stack([_outcomes(model, {**first, name: second[name]}, rows, outcomes) for name in inputs])
    return a, b, crossed


def _outcomes(model: Model, sample: Mapping[str, Floats], rows: int, outcomes: int) -> Floats:
    with np.errstate(all="ignore"):
        made = model(sample)
    try:
        given = np.asarray(made, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            Text("模型给出的不是数", "what the model gives is no number"),
            expected=both(f"({rows}, {outcomes})"),
            found=both(str(error)),
            remedy=Text("每次抽样给出一个数", "give a number for every draw"),
        ) from error
    values = given[:, None] if given.ndim == 1 else given
    if values.shape != (rows, outcomes):
        raise ConfigError(
            Text("模型给出的形状与声明的结果不符", "the model gives another shape than the outcomes declared"),
            expected=both(f"({rows}, {outcomes})"),
            found=both(f"{given.shape}"),
            remedy=Text("用 outcomes= 为每一列命名", "name each column by outcomes="),
        )
    bad = ~np.isfinite(values).all(axis=1)
    if bad.any():
        at = int(np.argmax(bad))
        raise DataError(
            Text("模型的结果不是有限的数", "the model's outcomes are not finite"),
            expected=Text("每次抽样都得到有限的数", "a finite number from every draw"),
            found=Text(
                "一块 {n} 次中有 {k} 次，第一次的输入 {f}", "{k} of a block of {n}, inputs of the first {f}"
            ).format(n=rows, k=int(bad.sum()), f=", ".join(f"{name}={float(v[at]):.4g}" for name, v in sample.items())),
            remedy=Text("缩小输入的范围，或改正模型", "narrow the inputs or correct the model"),
        )
    return values


def _percentiles(values: Floats, names: tuple[str, ...], levels: Sequence[float]) -> pl.DataFrame:
    found = np.quantile(values, list(levels), axis=0)
    rows = [(n, float(p), float(found[i, j])) for j, n in enumerate(names) for i, p in enumerate(levels)]
    return pl.DataFrame(rows, schema={"outcome": pl.String, "level": pl.Float64, "value": pl.Float64}, orient="row")


def _moments(found: VarianceShares, names: tuple[str, ...], n: int) -> pl.DataFrame:
    sd = np.sqrt(found.variance)
    return pl.DataFrame({"outcome": names, "mean": found.mean, "sd": sd, "mean_se": sd / np.sqrt(n)})


def _shares(found: VarianceShares, names: tuple[str, ...], inputs: tuple[str, ...]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "outcome": np.repeat(names, len(inputs)),
            "input": inputs * len(names),
            **{c: getattr(found, c).T.ravel() for c in ("first", "first_se", "total", "total_se")},
        }
    )


def _require_settings(
    inputs: Mapping[str, Law], draws: int, seed: int, levels: Sequence[float], names: tuple[str, ...]
) -> None:
    whole = isinstance(draws, Integral) and isinstance(seed, Integral) and draws >= 2 and seed >= 0
    laws = bool(inputs) and all(hasattr(law, "quantile") for law in inputs.values())
    if laws and whole and levels and all(0.0 < p < 1.0 for p in levels) and len(set(names)) == len(names):
        return
    raise ConfigError(
        Text("模拟的设置不对", "the simulation's settings are wrong"),
        expected=Text(
            "至少一个输入且各为分布，两次抽样，种子为非负整数，分位点在 0 与 1 之间，结果各有其名",
            "an input at least, each a law, two draws, a seed that is a whole number from 0 on, levels between 0 and "
            "1, a name of its own for each outcome",
        ),
        found=Text(
            "输入 {k} 个，抽样 {n} 次，种子 {s}，分位点 {p}，结果 {o}",
            "{k} inputs, {n} draws, seed {s}, levels {p}, outcomes {o}",
        ).format(k=len(inputs), n=draws, s=seed, p=list(levels), o=", ".join(names[: faults.SHOWN])),
        remedy=Text("例如 draws=16384, levels=(0.05, 0.5, 0.95)", "for example draws=16384, levels=(0.05, 0.5, 0.95)"),
    )


def _nothing_varies(inputs: Mapping[str, Law]) -> NotIdentifiedError:
    return NotIdentifiedError(
        Text(
            "结果不随任何输入变动，方差份额无从谈起",
            "no outcome varies with the inputs, so there is no variance to share",
        ),
        expected=Text("至少一个结果随输入变动", "an outcome that varies with an input"),
        found=faults.counted(list(inputs)),
        remedy=Text("检查模型是否用到这些输入", "check that the model uses these inputs"),
    )
