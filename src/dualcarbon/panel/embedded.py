"""Real panels: two that are shipped, and one that the user brings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.panel.reading import read


@dataclass(frozen=True, slots=True)
class Shipped:
    """A shipped panel: its file, the schema it follows, its source and what its reader must know."""

    file: str
    schema: str
    source: Text
    caveat: Text


_SHIPPED = {
    "china_provinces": Shipped(
        "china_provinces_2003_2019.csv",
        "province",
        Text(
            "中国 30 省份 2003–2019 年（deabook 0.0.10，MIT）", "30 provinces of China, 2003-2019 (deabook 0.0.10, MIT)"
        ),
        Text(
            "产出列的价格基期不明：2003 年合计等于现价，此后既非现价也非不变价，不可据以报告元/吨",
            "the price base of output is unclear: the 2003 total is at current prices, later years are neither current "
            "nor constant prices; no CNY per tonne should be reported from it",
        ),
    ),
    "china_thermal_power": Shipped(
        "china_thermal_power_2007_2017.csv",
        "plant",
        Text(
            "中国 30 省份火电 2007–2017 年（deabook 0.0.10，MIT）",
            "thermal power of 30 provinces of China, 2007-2017 (deabook 0.0.10, MIT)",
        ),
        Text(
            "发电量原表头写作 1e7 千瓦时，实为亿千瓦时，已据此换算；广东 2007 年装机漏一位数字，保留原值",
            "the header of generation says 1e7 kWh where the values are 1e8 kWh, converted accordingly; the capacity "
            "of Guangdong 2007 lacks a digit and is left as it is",
        ),
    ),
}

US_POWER_COLUMNS = {
    "plant_id": "plant_id",
    "year": "year",
    "region": "state",
    "capacity_kw": "capacity_mw",
    "energy_tce": "fuel_mmbtu",
    "power_kwh": "generation_mwh",
    "co2_t": "co2_t",
}
US_POWER_UNITS = {"capacity_kw": "MW", "energy_tce": "MMBtu", "power_kwh": "MWh"}


def panel_names() -> tuple[str, ...]:
    """Names of the panels that are shipped."""
    return tuple(_SHIPPED)


def load_panel(name: str) -> Panel:
    """A shipped panel, in canonical units.

    "china_provinces": capital, employment, energy, output and CO2 of 30 provinces, 2003-2019, 510 rows.
    "china_thermal_power": capacity, employment, energy, generation and CO2 of the thermal power of 30 provinces,
    2007-2017, 330 rows. The provenance names the source and what must be known of it.

    Raises
    ------
    ConfigError
        If there is no panel of that name; the message lists those there are.

    Examples
    --------
    >>> load_panel("china_thermal_power").n
    330
    """
    if name not in _SHIPPED:
        raise ConfigError(
            Text("没有内置面板 {n}", "no panel {n} is shipped").format(n=repr(name)),
            expected=both(" | ".join(_SHIPPED)),
            found=both(repr(name)),
            remedy=Text("改用上列名称之一，或用 read 读入文件", "use one of the names above, or read a file"),
        )
    shipped = _SHIPPED[name]
    with as_file(files("dualcarbon.panel") / "data" / shipped.file) as path:
        panel = read(path, shipped.schema)
    title = Text("{s}；{c}", "{s}; {c}").format(s=shipped.source, c=shipped.caveat)
    return replace(panel, provenance=replace(panel.provenance, name=title))


def load_us_power(path: str | Path) -> Panel:
    """US fossil power plants 2016-2019 from the file the user has: MWh, MMBtu and MW become kWh, tce and kW.

    The energy is the plant's total fuel, which is what its CO2 belongs to; a plant that also sells heat therefore
    uses more fuel per kWh than it burns for electricity. Rows without positive generation, fuel, CO2 and capacity
    come in too: `check` reports them and `drop_invalid` drops them. Columns that the schema does not know
    (fuel by kind, sector, year of commissioning) stay under their own names.

    Raises
    ------
    InputError, SchemaError
        As `read`.
    """
    panel = read(path, "plant", US_POWER_COLUMNS, US_POWER_UNITS)
    title = Text(
        "美国火电厂 2016–2019 年（美国能源信息署，公有领域；装机 WRI，CC BY 4.0）",
        "US fossil power plants, 2016-2019 (US EIA, public domain; capacity WRI, CC BY 4.0)",
    )
    return replace(panel, provenance=replace(panel.provenance, name=title))
