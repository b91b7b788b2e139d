"""Regressions on transformations of the treatment, made from it row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text
from dualcarbon.effects.covariance import Vcov
from dualcarbon.effects.formula import parse
from dualcarbon.effects.joint import term_values
from dualcarbon.effects.regression import regress
from dualcarbon.effects.sample import take_sample
from dualcarbon.effects.specification import Factor, Specification, Term

Floats = NDArray[np.float64]
Options = tuple[str, str, Sequence[str], str | None, str | None, str | None]
"""Outcome, treatment, controls, effects, clusters, weights."""


def specified(options: Options) -> Specification:
    """The regression of the outcome on the treatment as it is."""
    outcome, treatment, controls, absorb, cluster, weights = options
    right = " + ".join([treatment, *controls])
    return parse(f"{outcome} ~ {right}" + (f" | {absorb}" if absorb else ""), cluster=cluster, weights=weights)


def treatment_of(options: Options) -> str:
    """The name of the treatment as a regression reports it."""
    return specified(options).regressors[0].name


def used(panel: Panel, options: Options, sample: pl.Expr | None) -> tuple[Floats, NDArray[np.int64]]:
    """The treatment at every row of the panel, (n,), and the rows that its regression uses."""
    specification = specified(options)
    rows = take_sample(specification, panel, sample).rows
    return term_values(panel, specification.regressors[0]), rows


def regress_with(
    panel: Panel, options: Options, columns: Sequence[pl.Series], vcov: str | Vcov | None, sample: pl.Expr | None
) -> Estimate:
    """The regression with the columns, one per row of the panel, in the place of the treatment."""
    base = specified(options)
    hidden = [column.alias(f"{_MARK}{column.name}") for column in columns]
    terms = tuple(Term((Factor(column.name),)) for column in hidden)
    specification = replace(base, regressors=(*terms, *base.regressors[1:]))
    estimate = regress(specification, panel.with_columns(*hidden), covariance=vcov, sample=sample).estimate
    return replace(
        estimate,
        names=tuple(name.removeprefix(_MARK) for name in estimate.names),
        collinear=tuple(name.removeprefix(_MARK) for name in estimate.collinear),
        notes=tuple(Text(note.zh.replace(_MARK, ""), note.en.replace(_MARK, "")) for note in estimate.notes),
    )


_MARK = "\x1f"
"""Keeps the columns made here apart from those of the table."""
