"""A million firm-years through the door: read text, convert Stata, check."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from registry import Timed, benchmark

ROWS = 1_000_000
YEARS = 8
SIZE = f"{ROWS:,} rows x 15 columns"


@cache
def _frame() -> pl.DataFrame:
    rng = np.random.default_rng(1)
    firm = np.repeat(np.arange(ROWS // YEARS), YEARS)
    size = np.exp(rng.normal(0, 1, ROWS // YEARS))[firm]
    levels = {
        "employees_person": 200,
        "fixed_assets_cny": 3e7,
        "output_cny": 8e7,
        "coal_t": 1e3,
        "oil_t": 20,
        "gas_m3": 1e5,
        "heat_gj": 1e4,
        "power_kwh": 3e6,
    }
    quantities = {k: np.round(v * size * np.exp(rng.normal(0, 0.3, ROWS)), 2) for k, v in levels.items()}
    return pl.DataFrame(
        {
            "firm_id": [f"{k:09d}" for k in firm],
            "year": np.tile(np.arange(2008, 2008 + YEARS, dtype=np.int16), ROWS // YEARS),
            "industry2": [f"{6 + k % 40:02d}" for k in firm],
            "industry4": [f"{600 + k % 400:04d}" for k in firm],
            "province": np.array(["北京", "上海", "广东", "江苏", "浙江"])[firm % 5],
            "ownership": np.array(["110", "150", "171"])[firm % 3],
            **quantities,
            "digital_share": np.round(rng.random(ROWS), 4),
        }
    )


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory()


def _file(name: str) -> Path:
    path = Path(_folder().name) / name
    if path.exists():
        return path
    if path.suffix == ".dta":
        import pandas as pd

        columns = {c.name: c.to_numpy() if c.dtype.is_numeric() else np.array(c.to_list(), object) for c in _frame()}
        pd.DataFrame(columns).to_stata(path, write_index=False, version=118)
    elif path.suffix == ".parquet":
        _frame().write_parquet(path)
    else:
        _frame().write_csv(path)
    return path


def _pandas_csv() -> Timed:
    import pandas as pd

    path, codes = _file("firms.csv"), ("firm_id", "industry2", "industry4", "ownership")
    return lambda: pd.read_csv(path, dtype=dict.fromkeys(codes, "str")).sort_values(["firm_id", "year"])


@benchmark("panel.read csv", size=SIZE, rival_name="pandas.read_csv, sorted", rival=_pandas_csv)
def read_csv() -> Timed:
    """Read, validate, convert and sort a text file."""
    from dualcarbon.panel import read

    path = _file("firms.csv")
    return lambda: read(path)


@benchmark("panel.read parquet", size=SIZE)
def read_parquet() -> Timed:
    """Read, validate and sort a Parquet file."""
    from dualcarbon.panel import read

    path = _file("firms.parquet")
    return lambda: read(path)


@benchmark("panel.convert dta to parquet", size=SIZE)
def convert_stata() -> Timed:
    """Read a Stata file in chunks and write Parquet."""
    from dualcarbon.panel import convert

    path = _file("firms.dta")
    return lambda: convert(path, path.with_name("out.parquet"))


@benchmark("panel.check", size=SIZE)
def check_panel() -> Timed:
    """All rules on a panel in memory."""
    from dualcarbon.panel import check, read

    panel = read(_file("firms.parquet"))
    return lambda: check(panel)
