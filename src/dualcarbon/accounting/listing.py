"""What factor sets there are and what stands in them."""

from __future__ import annotations

import polars as pl

from dualcarbon.core.factors import FactorSet, factor_set_names, load_factor_set


def factor_sets() -> tuple[str, ...]:
    """Names of the factor sets."""
    return factor_set_names()


def factor_table(factors: str | FactorSet) -> pl.DataFrame:
    """The fuel and heat factors of a set, one row each, with source, year and status.

    Returns
    -------
    polars.DataFrame
        `carrier`, `fuel_zh`, `fuel_en`, `tco2_per_unit`, `unit`, `scope`, `ncv_gj`, `carbon_t_per_gj`,
        `oxidation`, `year`, `status`, `source_zh`, `source_en`.
    """
    chosen = load_factor_set(factors) if isinstance(factors, str) else factors
    return pl.DataFrame(
        {
            "carrier": [f.carrier for f in chosen.factors],
            "fuel_zh": [f.fuel.zh for f in chosen.factors],
            "fuel_en": [f.fuel.en for f in chosen.factors],
            "tco2_per_unit": [f.value for f in chosen.factors],
            "unit": [f.unit for f in chosen.factors],
            "scope": [f.scope for f in chosen.factors],
            "ncv_gj": [f.ncv_gj for f in chosen.factors],
            "carbon_t_per_gj": [f.carbon_t_per_gj for f in chosen.factors],
            "oxidation": [f.oxidation for f in chosen.factors],
            "year": [f.year for f in chosen.factors],
            "status": [f.status for f in chosen.factors],
            "source_zh": [f.source.zh for f in chosen.factors],
            "source_en": [f.source.en for f in chosen.factors],
        }
    )


def grid_table(factors: str | FactorSet) -> pl.DataFrame:
    """The grid factors of a set: `area`, `year`, `tco2_per_mwh`, `status`, by area and year."""
    chosen = load_factor_set(factors) if isinstance(factors, str) else factors
    keys = sorted(chosen.grid.values)
    return pl.DataFrame(
        {
            "area": [area for area, _ in keys],
            "year": [year for _, year in keys],
            "tco2_per_mwh": [chosen.grid.values[key] for key in keys],
            "status": [chosen.grid.statuses[key] for key in keys],
        }
    )
