"""Convert the two tables of deabook 0.0.10 (MIT) that the package ships into canonical units and column names.

Usage: python tools/convert_deabook.py FOLDER_OF_THE_XLSX_FILES
"""

from __future__ import annotations

import sys
from pathlib import Path

from dualcarbon.panel import read

OUT = Path(__file__).resolve().parents[1] / "src/dualcarbon/panel/data"

PROVINCES = {
    "columns": {
        "province": "省份",
        "year": "year",
        "region": "group",
        "capital_cny": "K",
        "labour_person": "L",
        "energy_tce": "E",
        "output_cny": "Y",
        "co2_t": "CO2",
    },
    "units": {
        "capital_cny": "1e6_cny",
        "labour_person": "1e4_person",
        "energy_tce": "1e4_tce",
        "output_cny": "1e9_cny",
        "co2_t": "Mt",
    },
}
THERMAL_POWER = {
    "columns": {
        "plant_id": "province",
        "year": "year",
        "capacity_kw": "Capacity/104 kW",
        "labour_person": "Labor/104 employees",
        "energy_tce": "Energy/104 tce",
        "power_kwh": "Electricity generation/107 kWh",
        "co2_t": "CO2 emissions/104 tonnes",
    },
    # The header says 107 kWh; the totals (2,760 TWh in 2007, 4,662 TWh in 2017), full-load hours and fuel per kWh
    # are those of 1e8 kWh.
    "units": {
        "capacity_kw": "1e4_kW",
        "labour_person": "1e4_person",
        "energy_tce": "1e4_tce",
        "power_kwh": "1e8_kWh",
        "co2_t": "1e4_t",
    },
}


def main(folder: Path) -> None:
    """Write both files."""
    OUT.mkdir(exist_ok=True)
    provinces = read(folder / "china_provinces_2003_2019.xlsx", "province", PROVINCES["columns"], PROVINCES["units"])
    provinces.frame.write_csv(OUT / "china_provinces_2003_2019.csv")
    power = read(
        folder / "china_thermal_power_2007_2017.xlsx", "plant", THERMAL_POWER["columns"], THERMAL_POWER["units"]
    )
    power.frame.rename({"省份": "province"}).write_csv(OUT / "china_thermal_power_2007_2017.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
