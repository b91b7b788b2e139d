"""Energy content of a panel's carriers."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dualcarbon.accounting.boundary import Boundary, load_boundary
from dualcarbon.accounting.checks import clean, require_energy
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.factors import FactorSet, load_factor_set
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.core.units import conversion


def energy(panel: Panel, *, boundary: str | Boundary, factors: str | FactorSet) -> Panel:
    """The panel with its energy use: `energy_gj` and `energy_tce`.

    energy = sum over carriers of quantity x net calorific value; heat counts as delivered; power at its calorific
    value, 3.6 MJ/kWh (not the coal burnt to make it); 1 tce = 29.3076 GJ.

    Parameters
    ----------
    panel, boundary, factors : as in `account`

    Returns
    -------
    Panel
        With `energy_gj` (GJ) and `energy_tce` (tce); missing where a carrier is missing.

    Raises
    ------
    SchemaError, DataError, ConfigError
        As in `account`; ConfigError also if the set gives no calorific value for a fuel.

    Examples
    --------
    >>> import polars as pl
    >>> p = Panel.from_frame(
    ...     pl.DataFrame({"firm_id": ["a"], "year": [2010], "coal_t": [10.0]}), id="firm_id", time="year")
    >>> round(energy(p, boundary="coal", factors="cn_2015").frame["energy_tce"][0], 4)
    7.134
    """
    limits = load_boundary(boundary)
    chosen = load_factor_set(factors) if isinstance(factors, str) else factors
    carriers = limits.counted(panel.frame.columns)
    require_energy(panel, carriers)
    total = pl.lit(0.0)
    for carrier in carriers:
        total = total + clean(carrier) * _gj_per_unit(chosen, carrier)
    frame = panel.frame.with_columns(total.alias("energy_gj"))
    frame = frame.with_columns((pl.col("energy_gj") / float(conversion("tce", "GJ").ratio)).alias("energy_tce"))
    note = Text(
        "能源消费按因子集 {s} 的低位发热量折算，电力按当量值 3.6 MJ/kWh；边界：{b}。",
        "Energy by the net calorific values of factor set {s}, power at 3.6 MJ/kWh; boundary: {b}.",
    ).format(s=chosen.name, b=limits.label)
    return replace(panel, frame=frame, notes=(*panel.notes, note))


def _gj_per_unit(chosen: FactorSet, carrier: str) -> float:
    if carrier == "power_kwh":
        return float(conversion("kWh", "GJ").ratio)
    if carrier == "heat_gj":
        return 1.0
    value = chosen.factor(carrier).ncv_gj
    if value is None:
        raise ConfigError(
            Text("因子集 {s} 没有 {c} 的发热量", "factor set {s} has no calorific value for {c}").format(
                s=chosen.name, c=carrier
            ),
            expected=Text("低位发热量（GJ/单位）", "a net calorific value (GJ per unit)"),
            found=both("-"),
            remedy=Text("换一个因子集", "take another set"),
        )
    return value
