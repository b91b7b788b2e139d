"""Bad input is refused with counts, first keys and a remedy in both languages."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, SchemaError
from dualcarbon.market import clear


def test_infeasible_cap_names_the_lowest(three: pl.DataFrame) -> None:
    with pytest.raises(DataError) as caught:
        clear(three, cap=14.0)
    lowest = 8.75 + (10.0 - 5.0 * (2.0 / 3.0) ** 2) + (10.0 - 5.0 * 0.64)
    assert f"{lowest:.10g}" in caught.value.say("en") and f"{lowest:.10g}" in caught.value.say("zh")
    assert clear(three, cap=lowest * (1.0 + 1e-6)).price > 0.0
    with pytest.raises(DataError, match="15"):
        clear(three.with_columns(mu=pl.lit(-0.01)), cap=14.0)


def test_benchmarks_too_tight_name_the_factor(three: pl.DataFrame) -> None:
    with pytest.raises(DataError, match="multiply them by") as caught:
        clear(three, scheme="performance_standard", benchmark=0.1)
    factor = float(caught.value.say("en").split("multiply them by ")[1].split(" ")[0])
    assert clear(three, scheme="performance_standard", benchmark=0.1 * factor * 1.001).price > 0.0
    with pytest.raises(DataError):
        clear(three, scheme="performance_standard", benchmark=0.1 * factor * 0.999)


@pytest.mark.parametrize("column", ["co2", "output", "mac"])
def test_absent_columns(three: pl.DataFrame, column: str) -> None:
    with pytest.raises(SchemaError, match=column):
        clear(three.drop(column), cap=27.0)
    with pytest.raises(SchemaError, match=column):
        clear(three.with_columns(pl.col(column).cast(pl.String)), cap=27.0)


@pytest.mark.parametrize("column", ["mu", "scale"])
def test_quadratic_needs_its_columns(three: pl.DataFrame, column: str) -> None:
    with pytest.raises(SchemaError, match="isoelastic"):
        clear(three.drop(column), cap=27.0)


@pytest.mark.parametrize(
    ("column", "value"),
    [("co2", -1.0), ("co2", None), ("output", float("nan")), ("mu", 0.1), ("mu", None), ("scale", 0.0)],
)
def test_unusable_values_are_counted(three: pl.DataFrame, column: str, value: float | None) -> None:
    firms = three.with_columns(pl.Series(column, [three[column][0], value, three[column][2]]))
    with pytest.raises(DataError, match="1 of 3 rows, first firm=b"):
        clear(firms, cap=27.0)


@pytest.mark.parametrize(
    "options",
    [
        {"cap": None},
        {"cap": -1.0},
        {"cap": float("nan")},
        {"cap": 27.0, "scheme": "trade"},
        {"cap": 27.0, "response": "cubic"},
        {"cap": 27.0, "response": "isoelastic"},
        {"cap": 27.0, "floor": 1.2},
        {"cap": 27.0, "floor": -0.1},
        {"cap": 27.0, "ceiling": 0.9},
        {"cap": 27.0, "ceiling": float("inf")},
        {"cap": 27.0, "allocation": "lottery"},
        {"cap": 27.0, "excluded": "beside"},
        {"cap": 27.0, "price_floor": 2.0, "price_ceiling": 1.0},
        {"cap": 27.0, "reserve": 1.0},
        {"scheme": "tax"},
        {"scheme": "tax", "tax_rate": -1.0},
        {"scheme": "performance_standard"},
        {"scheme": "performance_standard", "benchmark": {"x": 0.4}},
        {"scheme": "performance_standard", "benchmark": {"x": 0.4}, "benchmark_by": "industry"},
        {"scheme": "performance_standard", "benchmark": -0.4},
        {"cap": 27.0, "revenue": "burnt"},
        {"cap": "27"},
        {"cap": 27.0, "response": 5},
        {"cap": 27.0, "allocation": 5},
        {"cap": 27.0, "tax_rate": 3.0},
        {"cap": 27.0, "auctioned": 0.2},
        {"cap": 27.0, "scheme": "tax", "price_ceiling": 0.5},
        {"cap": 27.0, "scheme": "uniform", "price_floor": 0.5},
        {"cap": 27.0, "price_ceiling": float("inf")},
        {"cap": 27.0, "scope": "industry == 'x'"},
        {"cap": 27.0, "scope": pl.col("county") == "x"},
        {"cap": 27.0, "scope": pl.col("co2")},
        {"cap": 27.0, "ceiling": None},
    ],
)
def test_options(three: pl.DataFrame, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        clear(three, **options)


def test_no_firm_can_trade(three: pl.DataFrame) -> None:
    with pytest.raises(DataError, match="no firm"):
        clear(three.with_columns(mac=pl.lit(0.0)), cap=27.0)
    with pytest.raises(DataError, match="empty"):
        clear(three.clear(), cap=27.0)
