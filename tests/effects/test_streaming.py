"""A regression in passes is the regression in memory, however the rows lie in files and blocks."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.engine import InOrder
from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError, SchemaError, StorageError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.effects import Cluster, Memory, Poisson, fit, streaming
from dualcarbon.engines.threads import Threads
from dualcarbon.kernels import absorb

SAME = 1e-12  # the same sums in another order
ITERATED = 1e-9  # both sides absorb to a relative error of 1e-10
BLOCKS = 0.15  # MiB: some fifty rows in a block

T = TypeVar("T")
R = TypeVar("R")

FORMULA = "y ~ d + log(size) + d:x2 + x1 | "


def table(seed: int = 1, firms: int = 90) -> pl.DataFrame:
    """Firms' rows in any order, with missing values, zero weights, logs of negative numbers and lone rows."""
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, 7)) < 0.6)
    order = r.permutation(len(f))
    f, t = f[order], t[order]
    n = len(f)
    industry = np.where(r.random(n) < 0.15, r.integers(0, 5, n), f % 5)
    a, g = r.normal(size=firms)[f], r.normal(size=(5, 7))[industry, t]
    x = r.normal(size=(n, 3)) + 0.5 * a[:, None] + 0.3 * g[:, None]
    size = np.exp(r.normal(size=n) + 8.0)
    y = 2.0 + x @ [0.3, -0.2, 0.1] + 0.2 * np.log(size) + a + g + r.normal(size=n) * (1 + 0.4 * np.abs(x[:, 0]))
    y[r.random(n) < 0.03] = np.nan
    size[r.random(n) < 0.03] *= -1
    return pl.DataFrame(
        {
            "firm": [f"企业{k:03d}" for k in f],
            "number": f.astype(np.int32) * 3 + 100,
            "year": 2008 + t,
            "industry": pl.Series(industry).cast(pl.Int16),
            "province": [None if r.random() < 0.02 else f"p{k % 7}" for k in f],
            "y": y,
            "d": x[:, 0],
            "x1": x[:, 1],
            "x2": pl.Series(x[:, 2], dtype=pl.Float32),
            "size": size,
            "w": np.where(r.random(n) < 0.03, 0.0, np.exp(r.normal(size=n))),
            "firm_x": r.normal(size=firms)[f],
        }
    )


def panel(frame: pl.DataFrame) -> Panel:
    return Panel.from_frame(frame, id="firm", time="year")


def written(frame: pl.DataFrame, folder: Path, files: int = 3) -> str:
    for j in range(files):
        frame[j * frame.height // files : (j + 1) * frame.height // files].write_parquet(folder / f"part-{j}.parquet")
    return str(folder / "part-*.parquet")


def assert_same(found: Estimate, wanted: Estimate, tolerance: float = SAME) -> None:
    assert repr(found) == repr(wanted)
    scale = np.maximum(np.abs(wanted.coef), wanted.se)
    assert np.all(np.abs(found.coef - wanted.coef) <= tolerance * scale)
    assert np.allclose(found.vcov, wanted.vcov, rtol=tolerance, atol=tolerance * np.max(np.abs(wanted.vcov)))
    assert np.isclose(found.r2, wanted.r2, rtol=tolerance) and np.isclose(
        found.r2_within, wanted.r2_within, rtol=tolerance
    )
    plain = {"coef": wanted.coef, "vcov": wanted.vcov, "r2": wanted.r2, "r2_within": wanted.r2_within}
    for name in ("names", "n", "depvar", "effects", "cluster", "clusters", "df", "rule", "drops", "collinear", "notes"):
        assert getattr(replace(found, **plain), name) == getattr(wanted, name), name


EFFECTS = [
    "0",
    "firm",
    "firm + year",
    "number^year",
    "industry + year",
    "industry^year",
    "firm + industry^year",
    "number + industry + year",
    "firm + year + province",
    "industry^year + province^year",
]
COVARIANCES = [
    {"vcov": "iid"},
    {"vcov": "hc1"},
    {"cluster": "firm"},
    {"cluster": "province"},
    {"cluster": "number + year"},
    {"cluster": "industry + year + firm"},
    {"cluster": "industry^year"},
]


@pytest.mark.parametrize("effects", EFFECTS)
@pytest.mark.parametrize("few", [0, 512], ids=["by means", "factorised"])
def test_equals_memory(effects: str, few: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streaming, "FEW_LEVELS", few)
    frame = table()
    path, inside = written(frame, tmp_path), panel(frame)
    for i, options in enumerate(COVARIANCES):
        weights = "w" if (i + few) % 2 else None
        if effects == "number^year":
            with pytest.raises(DataError, match="alone in a group"):
                fit(FORMULA + effects, path, weights=weights, memory=Memory(BLOCKS, "stream"), **options)
            continue
        found = fit(FORMULA + effects, path, weights=weights, memory=Memory(BLOCKS, "stream"), **options)
        assert_same(found, fit(FORMULA + effects, inside, weights=weights, **options))
        assert found.drops and found.n < frame.height


@pytest.mark.parametrize("options", [{"cluster": "firm"}, {"cluster": "province + industry", "weights": "w"}])
def test_iterated_equals_memory(options: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absorb, "DENSE_LEVELS", 4)
    monkeypatch.setattr(streaming, "FEW_LEVELS", 4)
    frame = table(2)
    path = written(frame, tmp_path)
    for effects in ("firm + industry^year", "firm + industry^year + province^year"):
        found = fit(FORMULA + effects, path, memory=Memory(BLOCKS, "stream"), **options)
        assert_same(found, fit(FORMULA + effects, panel(frame), **options), ITERATED)


def test_badly_scaled(tmp_path: Path) -> None:
    frame = table(3).with_columns(
        y=pl.col("y") * 1e-9 + 1e-3, d=pl.col("d") * 1e7 + 3e12, x1=pl.col("x1") * 1e-8 - 1e-3, x2=pl.col("d") * 1e-3
    )
    path = written(frame, tmp_path)
    for effects in ("0", "firm", "firm + year", "industry + year"):
        formula = f"y ~ d + x1 + x2 | {effects}"
        found = fit(formula, path, cluster="number", memory=Memory(BLOCKS, "stream"))
        assert_same(found, fit(formula, panel(frame), cluster="number"), 1e-10)  # 3e12 keeps 11 digits of d


def test_files_blocks_and_order_do_not_matter(tmp_path: Path) -> None:
    frame = table(4)
    formula, options = FORMULA + "firm + year", {"cluster": "province + year", "weights": "w"}
    wanted = fit(formula, panel(frame), **options)
    bits = []
    for files, limit, rows in (
        (1, 100.0, frame),
        (5, BLOCKS, frame),
        (40, 0.02, frame.sample(fraction=1, shuffle=True, seed=5)),
    ):
        folder = tmp_path / str(files)
        folder.mkdir()
        path = written(rows, folder, files)
        assert_same(fit(formula, path, memory=Memory(limit, "stream"), **options), wanted)
        bits.append(fit(formula, str(folder), memory=Memory(BLOCKS, "stream"), **options))
    assert np.array_equal(bits[0].vcov, bits[1].vcov) and np.array_equal(bits[0].coef, bits[1].coef)


@pytest.mark.parametrize("effects", ["firm + industry^year", "industry + year", "0"])
def test_threads_change_no_bit(effects: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absorb, "DENSE_LEVELS", 30)
    path = written(table(5), tmp_path)
    one, two = (
        fit(FORMULA + effects, path, cluster="firm + year", memory=Memory(BLOCKS, "stream"), engine=engine)
        for engine in (None, Threads(2))
    )
    assert np.array_equal(one.coef, two.coef) and np.array_equal(one.vcov, two.vcov)


class Posted(InOrder):
    """An engine whose functions, blocks and answers travel as bytes, as between machines."""

    def map(self, function: Callable[[T], R], blocks: Iterable[T]) -> list[R]:
        sent = [pickle.dumps((function, block)) for block in blocks]
        answers = []
        for letter in sent:
            work, block = pickle.loads(letter)
            answers.append(pickle.loads(pickle.dumps(work(block))))
        return answers


def test_blocks_can_travel(tmp_path: Path) -> None:
    path = written(table(5), tmp_path)
    here, away = (
        fit(FORMULA + "firm + year", path, cluster="firm + province", memory=Memory(BLOCKS, "stream"), engine=engine)
        for engine in (None, Posted())
    )
    assert np.array_equal(here.coef, away.coef) and np.array_equal(here.vcov, away.vcov)


def test_chains_of_singletons(tmp_path: Path) -> None:
    links = 200
    chain = pl.DataFrame({"a": [f"c{i}" for i in range(links)], "b": [f"c{i + 1}" for i in range(links)]})
    loop = pl.DataFrame({"a": ["u", "u", "v", "v"] * 6, "b": ["p", "q", "p", "q"] * 6})
    r = np.random.default_rng(6)
    frame = pl.concat([chain, loop]).sample(fraction=1, shuffle=True, seed=7)
    frame = frame.with_columns(y=pl.Series(r.normal(size=frame.height)), x=pl.Series(r.normal(size=frame.height)))
    frame = pl.concat([frame, pl.DataFrame({"a": ["u"], "b": ["c0"], "y": [1.0], "x": [2.0]})]).with_row_index("row")
    found = fit("y ~ x | a + b", written(frame, tmp_path), memory=Memory(0.02, "stream"))
    wanted = fit("y ~ x | a + b", Panel.from_frame(frame.with_columns(t=1), id="row", time="t"))
    assert_same(found, wanted)
    assert found.n == 24 and found.drops[0].rows == links + 1


def test_collinear_regressors_are_named_alike(tmp_path: Path) -> None:
    frame = table(8).with_columns(d2=2 * pl.col("d") - pl.col("x1"), one=pl.lit(3.0), late=(pl.col("year") > 2011))
    path = written(frame, tmp_path)
    for effects in ("firm + year", "firm", "year", "0"):
        formula = f"y ~ firm_x + d + x1 + d2 + one + late | {effects}"
        found = fit(formula, path, cluster="firm", memory=Memory(BLOCKS, "stream"))
        assert_same(found, fit(formula, panel(frame), cluster="firm"))
        assert "d2" in found.collinear and found.notes
    for formula in ("y ~ firm_x + one | firm", "firm_x ~ d | firm"):
        with pytest.raises(NotIdentifiedError) as streamed:
            fit(formula, path, memory=Memory(BLOCKS, "stream"))
        with pytest.raises(NotIdentifiedError) as held:
            fit(formula, panel(frame))
        assert str(streamed.value) == str(held.value)


def test_sample_conditions_see_the_whole_table(tmp_path: Path) -> None:
    frame = table(9)
    path = written(frame, tmp_path)
    conditions = (pl.col("size") > pl.col("size").median(), pl.col("d").mean().over("firm") > 0, pl.lit(True))
    for sample in conditions:
        for rows in (path, pl.scan_parquet(path), panel(frame)):
            found = fit("y ~ d | firm + year", rows, cluster="firm", sample=sample, memory=Memory(BLOCKS, "stream"))
            assert_same(found, fit("y ~ d | firm + year", panel(frame), cluster="firm", sample=sample))
    for sample in (pl.col("nowhere") > 1, pl.col("d") + 1):
        with pytest.raises(SchemaError, match="sample condition"):
            fit("y ~ d", path, sample=sample, memory="stream")


def test_kinds_of_keys(tmp_path: Path) -> None:
    """Dates, categories, floats with both zeros, truth values and large numbers group rows as in memory."""
    frame = table(10).with_columns(
        day=pl.date(pl.col("year"), 1, 1),
        kind=pl.col("firm").cast(pl.Categorical),
        real=pl.when(pl.col("industry") == 0).then(pl.when(pl.col("d") > 0).then(0.0).otherwise(-0.0)).otherwise(1.5),
        big=pl.col("number").cast(pl.UInt64) + 2**63,
        truth=pl.col("industry") > 2,
    )
    path = written(frame, tmp_path)
    inside = Panel.from_frame(frame.with_row_index("row"), id="row", time="year")
    for effects, cluster in (
        ("kind + day", "big"),
        ("big^truth + real + day", "truth^day"),
        ("truth + real", "kind"),
        ("day", "real + big"),
    ):
        found = fit(f"y ~ d + x1 | {effects}", path, cluster=cluster, memory=Memory(BLOCKS, "stream"))
        assert_same(found, fit(f"y ~ d + x1 | {effects}", inside, cluster=cluster))


def test_named_clusters_are_not_dropped(tmp_path: Path) -> None:
    frame = table(11)
    path, formula = written(frame, tmp_path), "y ~ d | firm + year"
    there = pl.col("province").is_not_null()
    for by in ("province + year", "firm"):
        found = fit(formula, path, vcov=Cluster(by), sample=there, memory=Memory(BLOCKS, "stream"))
        assert_same(found, fit(formula, panel(frame), vcov=Cluster(by), sample=there))
    for by in ("province", "year + province", "nowhere"):
        with pytest.raises((DataError, SchemaError)) as streamed:
            fit(formula, path, vcov=Cluster(by), memory=Memory(BLOCKS, "stream"))
        with pytest.raises((DataError, SchemaError)) as held:
            fit(formula, panel(frame), vcov=Cluster(by))
        assert streamed.value.found == held.value.found and streamed.value.what == held.value.what


def test_nothing_left_and_negative_weights(tmp_path: Path) -> None:
    frame = table(12).with_columns(minus=pl.col("w") - 0.5, gone=pl.lit(None, dtype=pl.Float64), one=pl.lit(1))
    path = written(frame, tmp_path)
    option = Memory(BLOCKS, "stream")
    for formula, words in (
        ("y ~ gone", {}),
        ("y ~ d", {"weights": "minus"}),
        ("y ~ d | firm^year", {}),
        ("y ~ d", {"cluster": "one"}),
        ("y ~ firm", {}),
    ):
        with pytest.raises((DataError, NotIdentifiedError, SchemaError)) as streamed:
            fit(formula, path, memory=option, **words)
        with pytest.raises((DataError, NotIdentifiedError, SchemaError)) as held:
            fit(formula, panel(frame), **words)
        assert streamed.value.what == held.value.what
    with pytest.raises(DataError, match="the table is empty"):
        fit("y ~ d", frame.head(0), memory=option)


@pytest.mark.parametrize(
    ("formula", "options", "named"),
    [
        ("y ~ x1 | firm | d ~ x2", {}, "instruments"),
        ("y ~ x1 | firm[year]", {}, "slopes that vary"),
        ("size ~ x1 | firm", {"family": Poisson()}, "Poisson"),
        ("y ~ x1 | firm", {"vcov": "hc3"}, "hc3"),
        ("y ~ x1 | firm", {"vcov": "wild", "cluster": "province"}, "wild"),
    ],
)
def test_what_has_no_sums_is_refused(formula: str, options: dict[str, object], named: str, tmp_path: Path) -> None:
    path = written(table(), tmp_path)
    with pytest.raises(ConfigError, match=named) as error:
        fit(formula, path, memory="stream", **options)  # type: ignore[arg-type]
    assert "memory=" in error.value.say("zh") and "分块" in error.value.say("zh")


def test_scratch_is_cleared(tmp_path: Path) -> None:
    (tmp_path / "scratch").mkdir()
    path = written(table(), tmp_path)
    fit("y ~ d | firm", path, memory=Memory(BLOCKS, "stream", tmp_path / "scratch"))
    with pytest.raises(ConfigError):
        fit("y ~ d | firm", path, vcov="hc2", memory=Memory(BLOCKS, "stream", tmp_path / "scratch"))
    assert not list((tmp_path / "scratch").iterdir())
    with pytest.raises(StorageError, match="could not be written"):
        fit("y ~ d | firm", path, memory=Memory(BLOCKS, "stream", tmp_path / "nowhere"))


PROBE = """
import sys
from dualcarbon.effects import Memory, fit
e = fit("y ~ d + x1 | firm + industry^year", sys.argv[1], cluster="province + year", memory=Memory(0.15, "stream"))
print(e.coef.tobytes().hex(), e.vcov.tobytes().hex())
"""


def test_hash_seeds_change_no_bit(tmp_path: Path) -> None:
    path = written(table(), tmp_path)
    found = {
        subprocess.run(
            [sys.executable, "-c", PROBE, path],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2008")
    }
    assert len(found) == 1


@pytest.mark.long
def test_memory_hardly_grows_with_rows(tmp_path: Path) -> None:
    """Five million rows more of the same firms: a third at most of what they take in memory."""
    code = (
        "import resource, sys; from dualcarbon.effects import Memory, fit;"
        "fit('y ~ d + x + z | firm + year', sys.argv[1], cluster='firm', memory=Memory(256, sys.argv[2]));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks: dict[str, list[int]] = {"load": [], "stream": []}
    for rows in (100_000, 1_000_000, 6_000_000):  # the first compiles
        r = np.random.default_rng(1)
        keys = {"firm": np.arange(rows) % 50_000, "year": np.arange(rows) // 50_000}
        path = str(tmp_path / f"{rows}.parquet")
        pl.DataFrame({**keys, **{name: r.normal(size=rows) for name in "ydxz"}}).write_parquet(path)
        for mode, found in peaks.items():
            done = subprocess.run([sys.executable, "-c", code, path, mode], capture_output=True, check=True)
            found.append(int(done.stdout))
    assert 3 * (peaks["stream"][2] - peaks["stream"][1]) < peaks["load"][2] - peaks["load"][1], peaks
