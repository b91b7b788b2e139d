"""Digital use of firms, and the samples and controls of the report's nine regressions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.panel.survey_firms import Firms, Inputs, bounded_normal
from dualcarbon.panel.survey_technology import Floats
from dualcarbon.panel.survey_within import Within, dot

Mask = NDArray[np.bool_]

PARTS = ("assets", "small", "large", "within")
"""The parts of digital use: ln fixed assets, the firm trait among small and among large rows, the yearly part."""


@dataclass(frozen=True, slots=True)
class Design:
    """Constants of the digital design, in units of digital_share; assumed, none is printed in the report.

    d = mean + per_log_asset (ln A - its mean) + s_g v + w + trend (year - 2012), with v a firm trait of unit
    variance (within +-2.5), w a yearly part (sd `yearly`, within +-3 sd) and s_g differing between small and large
    rows with quadratic mean `trait`. `firm_spread`, `row_spread`: standard deviations of the firm and the yearly
    part of ln carbon intensity. `coal_small`, `coal_large`: share of rows that burn coal at a tilt of one.
    """

    mean: float = 0.05
    per_log_asset: float = 0.001
    trait: float = 0.0042
    yearly: float = 0.0011
    trend: float = 0.0008
    firm_spread: float = 0.70
    row_spread: float = 0.50
    coal_small: float = 0.06
    coal_large: float = 0.36

    @property
    def spread(self) -> float:
        """Standard deviation of ln carbon intensity apart from digital use and size."""
        return float(np.hypot(self.firm_spread, self.row_spread))


DESIGN = Design()
_TRAIT_LIMIT = 2.5
_YEARLY_LIMIT = 3.0


@dataclass(frozen=True, slots=True)
class Traits:
    """What digital use is made of, each (n,): the four `PARTS`, and the split at median fixed assets."""

    assets: Floats
    small: Floats
    large: Floats
    within: Floats
    is_large: Mask

    @property
    def parts(self) -> tuple[Floats, Floats, Floats, Floats]:
        """The four parts in the order of `PARTS`."""
        return self.assets, self.small, self.large, self.within


def draw_traits(rng: np.random.Generator, firms: Firms, inputs: Inputs) -> Traits:
    """The parts of digital use; v and w are drawn without regard to inputs."""
    trait = bounded_normal(rng, firms.count, _TRAIT_LIMIT)
    trait = ((trait - trait.mean()) / trait.std())[firms.firm]
    logs = np.log(inputs.assets)
    large = inputs.assets >= np.median(inputs.assets)
    return Traits(
        assets=logs - logs.mean(),
        small=np.where(large, 0.0, trait),
        large=np.where(large, trait, 0.0),
        within=DESIGN.yearly * bounded_normal(rng, firms.n, _YEARLY_LIMIT),
        is_large=large,
    )


def digital_share(traits: Traits, year: NDArray[np.int64], loadings: Sequence[float]) -> Floats:
    """Digital use (n,), between 0 and 1, from its parts and their loadings."""
    share = DESIGN.mean + DESIGN.trend * (year - 2012)
    for part, loading in zip(traits.parts, loadings, strict=True):
        share = share + loading * part
    return np.asarray(share)


@dataclass(frozen=True, slots=True)
class Specification:
    """One regression: its sample and the parts of digital use as residuals on its effects and controls.

    Attributes
    ----------
    within : Within
    parts : tuple of (m,) or None
        Residuals in the order of `PARTS`; None where a part vanishes.
    gram : (4, 4)
        Inner products of the residuals.
    composite : (4,)
        Inner products of the residuals with ln F.
    """

    within: Within
    parts: tuple[Floats | None, ...]
    gram: Floats
    composite: Floats

    @property
    def freedom(self) -> int:
        """Rows less cells and controls."""
        return len(self.within.rows) - int((self.within.inverse > 0.0).sum()) - len(self.within.basis)

    def residual(self, loadings: Sequence[float]) -> Floats:
        """Residual of digital use, (m,)."""
        total: Floats = np.zeros(len(self.within.rows))
        for part, loading in zip(self.parts, loadings, strict=True):
            if part is not None:
                total += loading * part
        return total


def specify(
    traits: Traits, composite: Floats, within: Within, used: Sequence[str], need_composite: bool
) -> Specification:
    """Residuals and moments of a specification in which the parts `used` do not vanish."""
    parts = tuple(within(part) if name in used else None for name, part in zip(PARTS, traits.parts, strict=True))
    gram = np.zeros((4, 4))
    with_composite = np.zeros(4)
    raw = composite[within.rows] if need_composite else None
    for i, a in enumerate(parts):
        if a is None:
            continue
        for j, b in enumerate(parts[: i + 1]):
            if b is not None:
                gram[i, j] = gram[j, i] = dot(a, b)
        if raw is not None:
            with_composite[i] = dot(a, raw)
    return Specification(within, parts, gram, with_composite)


def specifications(
    firms: Firms, inputs: Inputs, traits: Traits, composite: Floats, emits: Mask, coal: Mask, need_composite: bool
) -> Mapping[str, Specification]:
    """The report's nine columns by name; rows without CO2 are in none, rows without coal not in the coal columns."""
    controls = (traits.assets, np.log(inputs.assets / inputs.employees))
    years = [(firms.year == y).astype(np.float64) for y in np.unique(firms.year)[1:]]
    size = {"": np.ones(firms.n, dtype=np.bool_), "_small": ~traits.is_large, "_large": traits.is_large}
    all_parts = {"": ("small", "large", "within"), "_small": ("small", "within"), "_large": ("large", "within")}
    found: dict[str, Specification] = {}

    def add(name: str, sample: Mask, cells: NDArray[np.int64], given: Sequence[Floats], used: Sequence[str]) -> None:
        within = Within.fit(np.flatnonzero(sample), cells, given)
        found[name] = specify(traits, composite, within, used, need_composite)

    add("mac_firm", emits, firms.firm, years, PARTS)
    add("mac_industry", emits, firms.cell, (), PARTS)
    for outcome, sample in (("co2", emits), ("coal", emits & coal)):
        for group, mask in size.items():
            add(outcome + group, sample & mask, firms.cell, controls, all_parts[group])
    found["mac_controls"] = found["co2"]
    return found
