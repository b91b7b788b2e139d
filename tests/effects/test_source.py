"""Which tables are found, how they are held, and what is said of those that cannot be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, InputError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import DriscollKraay, Memory, beyond, fit, streaming
from dualcarbon.effects.source import Mode


def frame() -> pl.DataFrame:
    r = np.random.default_rng(3)
    firm, year = np.divmod(np.arange(200), 5)
    return pl.DataFrame(
        {"firm": firm, "year": year, "y": r.normal(size=200), "d": r.normal(size=200), "lat": 30.0 + firm}
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    frame().write_parquet(tmp_path / "one.parquet")
    return tmp_path / "one.parquet"


def test_every_source_gives_the_same(path: Path) -> None:
    wanted = fit("y ~ d | firm + year", Panel.from_frame(frame(), id="firm", time="year"), cluster="firm")
    nested = path.parent / "deep" / "er"
    nested.mkdir(parents=True)
    frame().write_parquet(nested / "two.parquet")
    for source in (path, str(path), path.parent / "deep", path.parent / "o*.parquet", frame(), frame().lazy()):
        for mode in ("auto", "load", "stream"):
            found = fit("y ~ d | firm + year", source, cluster="firm", memory=mode)  # type: ignore[arg-type]
            assert repr(found) == repr(wanted)
    doubled = fit("y ~ d | firm + year", path.parent / "**/*.parquet", cluster="firm")
    assert doubled.n == 2 * wanted.n


@pytest.mark.parametrize(("limit", "streams"), [(0.013, True), (0.05, False), (1024.0, False)])
def test_size_decides(limit: float, streams: bool, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """200 rows x 8 bytes x (4 columns + 5 x 2 variables + 2 x 3 groupings) are 0.0305 MiB."""
    called: list[str] = []
    monkeypatch.setattr(streaming, "regress_in_passes", lambda *rest: called.append("stream"))
    fit("y ~ d | firm + year", path, cluster="firm", memory=Memory(limit))
    assert bool(called) == streams


def test_a_panel_stays_in_memory_unless_asked() -> None:
    panel = Panel.from_frame(frame(), id="firm", time="year")
    held = fit("y ~ d | firm", panel, vcov="hc3", memory=Memory(1e-6))
    assert "HC3" in held.rule.en
    with pytest.raises(ConfigError, match="hc3"):
        fit("y ~ d | firm", panel, vcov="hc3", memory="stream")


def test_loaded_files_take_every_covariance(path: Path) -> None:
    panel = Panel.from_frame(frame(), id="firm", time="year")
    rule = DriscollKraay(time="year", lag=1)
    assert repr(fit("y ~ d | firm", path, vcov=rule)) == repr(fit("y ~ d | firm", panel, vcov=rule))
    assert repr(fit("y ~ d | firm", path, vcov="hc2")) == repr(fit("y ~ d | firm", panel, vcov="hc2"))
    with pytest.raises(ConfigError, match="no time key"):
        fit("y ~ d | firm", path, vcov="driscoll_kraay")


def test_absent_files_and_columns(path: Path) -> None:
    for wrong in (path.parent / "none.parquet", path.parent / "*.nothing", path.parent / "empty" / "*.parquet"):
        with pytest.raises(InputError, match="there is no file"):
            fit("y ~ d", wrong)
    (path.parent / "hollow").mkdir()
    with pytest.raises(InputError, match="there is no file"):
        fit("y ~ d", path.parent / "hollow")
    for mode in ("load", "stream"):
        with pytest.raises(SchemaError, match="missing nope, other") as error:
            fit("y ~ nope | firm", path, cluster="other", memory=mode)  # type: ignore[arg-type]
        assert "公式中的列不在表中" in error.value.say("zh")
        with pytest.raises(SchemaError, match="not numeric"):
            fit("y ~ d", frame().with_columns(d=pl.lit("a")), memory=mode)  # type: ignore[arg-type]


def test_broken_and_unlike_files(path: Path) -> None:
    (path.parent / "broken.parquet").write_bytes(b"not a table")
    with pytest.raises(InputError, match="cannot be read"):
        fit("y ~ d", path.parent / "broken.parquet")
    frame().with_columns(pl.col("d").cast(pl.String)).write_parquet(path.parent / "other.parquet")
    with pytest.raises(InputError, match="cannot be read") as error:
        fit("y ~ d", path.parent / "o*.parquet", memory="stream")
    assert "无法读取" in error.value.say("zh")


@pytest.mark.parametrize("memory", ["load", "stream"])
def test_a_condition_that_cannot_be_computed_is_said(path: Path, memory: Mode) -> None:
    with pytest.raises(SchemaError, match="sample condition"):
        fit("y ~ d", path, sample=pl.col("d") > "much", memory=memory)


def test_options_are_checked(path: Path) -> None:
    for wrong in ({"limit_mib": 0.0}, {"limit_mib": float("nan")}, {"mode": "sometimes"}):
        with pytest.raises(ConfigError, match="memory option"):
            Memory(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="memory option"):
        fit("y ~ d", path, memory="disk")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="unknown kind of source"):
        fit("y ~ d", [1, 2])  # type: ignore[arg-type]


def test_estimate_of_memory_grows_with_rows() -> None:
    from dualcarbon.effects.formula import parse
    from dualcarbon.effects.source import open_source

    specification = parse("y ~ d | firm + year", cluster="firm")
    assert beyond._bytes(specification, open_source(frame())) == 200 * 8 * (4 + 5 * 2 + 2 * 3)
