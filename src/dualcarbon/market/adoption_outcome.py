"""One design at the central estimates and in every draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dualcarbon.market.adoption import SizeEffects
from dualcarbon.market.adoption_designs import Offer
from dualcarbon.market.adoption_firms import SizedFirms

Floats = NDArray[np.float64]

_ONES, _CO2, _OUTPUT, _COST = range(4)


@dataclass(frozen=True, slots=True)
class Today:
    """Firms and mean adoption by class, (g,)."""

    firms: Floats
    adoption: Floats

    @classmethod
    def of(cls, firms: SizedFirms, effects: SizeEffects) -> Today:
        """Counted before any policy."""
        from dualcarbon.kernels.adoption import tallies

        ones = np.ascontiguousarray(firms.weights[:, :1])
        total = tallies(firms.log_odds, ones, firms.code, np.zeros((effects.classes, 1)))[:, 0, 0]
        counts = np.bincount(firms.code, minlength=effects.classes).astype(np.float64)
        return cls(counts, total / counts)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A design at the central estimates (place 0) and in d draws.

    Attributes
    ----------
    offer : Offer
    spent : (d + 1,)
        Outlay.
    windfall, spent_small : float
        What of it goes to firms that adopt without it, and to firms of the smallest class, at the central estimates;
        NaN where nobody is paid.
    offered : (g,)
        Firms with an offer, by class.
    rates : (g,)
        Mean share offered over all firms of a class.
    adopters, abated, output : (g, d + 1)
    adoption : (g, d + 1)
        Mean probability after.
    """

    offer: Offer
    spent: Floats
    windfall: float
    spent_small: float
    offered: Floats
    rates: Floats
    adopters: Floats
    abated: Floats
    output: Floats
    adoption: Floats

    @classmethod
    def of(
        cls, firms: SizedFirms, effects: SizeEffects, offer: Offer, drawn: Floats, today: Today, rise: float
    ) -> Outcome:
        """From draws of (co2, output, slope), (d + 1, 3g)."""
        from dualcarbon.kernels.adoption import gains, tallies

        g, classes = effects.classes, offer.classes
        slope = drawn[:, 2 * g :].T[classes]
        shifts = np.ascontiguousarray(offer.rates[:, None] * slope)
        gained = gains(firms.log_odds, firms.weights, offer.code, shifts)
        cost = np.ascontiguousarray(firms.weights[:, _COST:])
        before = tallies(firms.log_odds, cost, offer.code, np.zeros((classes.size, 1)))[:, 0]
        into = np.equal(classes[None, :], np.arange(g)[:, None]).astype(np.float64)
        adopters = into @ gained[:, _ONES]
        outlay = offer.rates[:, None] * (before + gained[:, _COST]) if offer.paid else np.zeros_like(shifts)
        counts = np.bincount(offer.code[offer.code >= 0], minlength=classes.size).astype(np.float64)
        return cls(
            offer,
            offer.fixed_cny + outlay.sum(axis=0),
            float((offer.rates * before[:, 0]).sum()) if offer.paid else float("nan"),
            float(outlay[classes == 0, 0].sum()) if offer.paid else float("nan"),
            into @ counts,
            into @ (counts * offer.rates) / today.firms,
            adopters,
            -np.expm1(rise * drawn[:, :g].T) * (into @ gained[:, _CO2]),
            np.expm1(rise * drawn[:, g : 2 * g].T) * (into @ gained[:, _OUTPUT]),
            today.adoption[:, None] + adopters / today.firms[:, None],
        )

    @property
    def gap(self) -> Floats:
        """1 - adoption of the smallest class / that of the largest, (d + 1,)."""
        return np.asarray(1.0 - self.adoption[0] / self.adoption[-1], dtype=np.float64)

    @property
    def cny_per_t(self) -> Floats:
        """Outlay per tonne abated, (d + 1,); infinite where CO2 does not fall, NaN where nobody is offered anything."""
        if not self.offered.any():
            return np.full_like(self.spent, np.nan)
        total = self.abated.sum(axis=0)
        return np.where(total > 0.0, self.spent / np.where(total > 0.0, total, 1.0), np.inf)
