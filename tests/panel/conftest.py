from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from dualcarbon.panel.formats import sha256_of


@pytest.fixture
def firms() -> pl.DataFrame:
    """Six firm-years in the schema's names, sorted by key, with plausible magnitudes."""
    return pl.DataFrame(
        {
            "firm_id": ["001", "001", "002", "002", "010", "010"],
            "year": [2014, 2015, 2014, 2015, 2014, 2015],
            "industry2": ["06", "06", "13", "13", "13", "13"],
            "employees_person": [120.0, 130.0, 80.0, 82.0, 1500.0, 1450.0],
            "output_cny": [6.5e7, 7.25e7, 2e7, 2.1e7, 1.234567e9, 1.3e9],
            "coal_t": [1200.5, 1100.0, 0.0, None, 30000.0, 31000.25],
        }
    )


@pytest.fixture
def unchanged() -> Iterator[Callable[[Path], Path]]:
    """Watch files: their bytes after the test must be those before."""
    watched: dict[Path, str] = {}

    def watch(path: Path) -> Path:
        watched[path] = sha256_of(path)
        return path

    yield watch
    for path, digest in watched.items():
        assert sha256_of(path) == digest, f"{path.name} was changed"
