"""Groups compared: against dummies written out, stacked sums written out, and the size of the permutation."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import GroupSplit, compare, fit
from dualcarbon.effects.splitting import as_split, divide
from dualcarbon.engines.threads import Threads

Floats = NDArray[np.float64]
EQUAL = 1e-9  # lstsq on dummies itself keeps 10 to 12 digits


def panel(seed: int = 0, firms: int = 50, years: int = 6, share: float = 0.85) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, years)) < share)
    n = len(f)
    d, x = r.normal(size=n) + 0.2 * t, r.normal(size=n)
    size = np.exp(r.normal(size=firms)[f] + 0.4 * r.normal(size=n))
    y = (0.3 + 0.5 * (size > 1)) * d + (1 - 0.4 * (size > 1)) * x + r.normal(size=firms)[f] + r.normal(size=n)
    table = pl.DataFrame({"f": f, "t": 2000 + t, "d": d, "x": x, "y": y, "size": size, "own": f % 3})
    return Panel.from_frame(table.with_columns(w=pl.Series(np.exp(r.normal(size=n)))), id="f", time="t")


def dummies(columns: list[NDArray[np.int64]]) -> Floats:
    return np.column_stack([(c[:, None] == np.unique(c)).astype(float) for c in columns])


def without_lone_rows(table: pl.DataFrame, names: list[list[str]]) -> pl.DataFrame:
    while True:
        kept = table.filter(pl.all_horizontal(pl.len().over(columns) > 1 for columns in names))
        if kept.height == table.height:
            return kept
        table = kept


def written_out(data: Panel, cut: float, weights: bool) -> tuple[Floats, Floats, Floats, float]:
    """Coefficients by group, their covariance by the interacted dummies and by stacked scores, and G - 1."""
    table = data.frame.with_columns(g=(pl.col("size") >= cut).cast(pl.Int64))
    table = without_lone_rows(table, [["f", "g"], ["t", "g"]])
    g, f, t = (table[name].to_numpy() for name in ("g", "f", "t"))
    w = table["w"].to_numpy() if weights else np.ones(table.height)
    x, y = table.select("d", "x").to_numpy(), table["y"].to_numpy()
    inner = np.column_stack([x[:, [j]] * (g == k)[:, None] for j in range(2) for k in range(2)])
    z = np.column_stack([inner, dummies([f * 2 + g, t * 2 + g])])
    root = np.sqrt(w)[:, None]
    b = np.linalg.lstsq(z * root, y * root[:, 0], rcond=None)[0]
    e = y - z @ b
    bread = np.linalg.pinv((z * w[:, None]).T @ z, rcond=1e-12)
    meat = np.zeros_like(bread)
    for firm in np.unique(f):
        score = ((w * e)[f == firm, None] * z[f == firm]).sum(axis=0)
        meat += np.outer(score, score)
    n, count = table.height, len(np.unique(f))
    crossing = np.linalg.matrix_rank(dummies([t * 2 + g]))  # effects of firm and group lie inside the clusters
    sandwich = (bread @ meat @ bread)[:2, :2]
    whole = sandwich * (n - 1) / (n - 4 - crossing) * count / (count - 1)
    return b[:2], whole, sandwich * count / (count - 1), count - 1.0


@pytest.mark.parametrize("weights", [False, True])
def test_interaction_and_stacked_scores_equal_dummies_written_out(weights: bool) -> None:
    data = panel()
    options = {"weights": "w"} if weights else {}
    found = compare("y ~ d + x | f + t", data, "d", by="size", cluster="f", draws=0, **options)
    coef, whole, stacked, df = written_out(data, float(np.median(data.frame["size"])), weights)
    contrast = np.array([-1.0, 1.0])
    assert np.allclose(found.coef, coef, rtol=EQUAL)
    assert np.allclose(found.interaction.difference, contrast @ coef, rtol=EQUAL)
    assert np.allclose(found.interaction.se**2, contrast @ whole @ contrast, rtol=EQUAL)
    assert np.allclose(found.stacked.se**2, contrast @ stacked @ contrast, rtol=EQUAL)
    assert found.interaction.statistic == pytest.approx(
        (contrast @ coef) ** 2 / (contrast @ whole @ contrast), rel=EQUAL
    )
    assert (found.interaction.df1, found.interaction.df2, found.stacked.df2) == (1, df, None)
    se = np.array([one.se[0] for one in found.estimates])
    correlation = stacked / np.sqrt(np.outer(np.diag(stacked), np.diag(stacked)))
    assert np.allclose(found.vcov, correlation * np.outer(se, se), rtol=EQUAL)
    assert found.vcov[0, 1] != 0.0  # firms that change their group link the two


@pytest.mark.parametrize("effects", ["| f + t", "| t", ""])
@pytest.mark.parametrize("options", [{"cluster": "f"}, {"vcov": "iid"}, {"vcov": "hc1"}, {"cluster": "f + t"}])
def test_interaction_gives_the_difference_of_separate_regressions(effects: str, options: dict[str, str]) -> None:
    data = panel(1)
    found = compare(f"y ~ d + x {effects}", data, "d", by="own", split="values", draws=0, **options)
    separate = [
        fit(f"y ~ d + x {effects}", data, sample=pl.col("own") == g, **options) for g in range(3)
    ]  # fmt: skip
    coef = np.array([one.coef[one.names.index("d")] for one in separate])
    assert np.allclose(found.coef, coef, rtol=EQUAL)
    assert np.allclose(found.interaction.difference, coef[1:] - coef[0], rtol=EQUAL)
    assert found.interaction.df1 == 2 and 0.0 <= found.interaction.p <= 1.0


def test_hc1_of_disjoint_groups_adds_the_separate_variances() -> None:
    data = panel(2)
    found = compare("y ~ d + x", data, "d", by="own", split="values", vcov="hc1", draws=0)
    n = np.array([one.n for one in found.estimates])
    raw = np.array([one.vcov[1, 1] * (k - 3) / k for one, k in zip(found.estimates, n, strict=True)])
    total = n.sum()
    assert np.allclose(found.interaction.se**2, (raw[1:] + raw[0]) * total / (total - 9), rtol=EQUAL)
    assert np.allclose(found.stacked.se**2, (raw[1:] + raw[0]) * total / (total - 1), rtol=EQUAL)
    assert np.array_equal(found.vcov, np.diag([one.vcov[1, 1] for one in found.estimates]))


def test_permutation_equals_a_loop_of_regressions() -> None:
    data = panel(3, firms=30)
    found = compare("y ~ d + x | f + t", data, "d", by="size", split=GroupSplit.median().first(), draws=12, seed=5)
    first = data.frame["size"].to_numpy()[np.unique(data.frame["f"].to_numpy(), return_index=True)[1]]
    labels = (first >= np.median(first)).astype(np.int64)
    firms = np.unique(data.frame["f"].to_numpy(), return_inverse=True)[1]
    stream = np.random.default_rng(np.random.SeedSequence(5).spawn(1)[0])
    for k in range(12):
        dealt = stream.permutation(labels)[firms]
        parts = [
            fit("y ~ d + x | f + t", data.with_columns(pl.Series("g", dealt)), sample=pl.col("g") == g).coef[0]
            for g in range(2)
        ]
        assert found.permutation.draws[k] == pytest.approx(abs(parts[1] - parts[0]), rel=EQUAL)
    assert found.permutation.spread == pytest.approx(abs(found.coef[1] - found.coef[0]), rel=EQUAL)
    assert found.permutation.segments == len(first) and found.permutation.whole_units


def test_permutation_has_the_same_bits_over_workers() -> None:
    data = panel(4, firms=30)
    options = {"by": "size", "draws": 130, "cluster": "f"}
    one = compare("y ~ d | f + t", data, "d", **options)
    two = compare("y ~ d | f + t", data, "d", engine=Threads(3), **options)
    assert one.permutation.draws.tobytes() == two.permutation.draws.tobytes()
    assert not one.permutation.whole_units


def test_permutation_has_its_size_when_groups_are_alike() -> None:
    """200 panels whose groups share one effect and have effects of their own: rejections at 10 % near 10 %."""
    rejected = 0
    for seed in range(200):
        r = np.random.default_rng(seed)
        f, t = np.repeat(np.arange(16), 4), np.tile(np.arange(4), 16)
        g = r.permutation(np.arange(16) % 2)[f]
        d = r.normal(size=64)
        y = 0.5 * d + r.normal(size=16)[f] + r.standard_t(4, size=64)
        data = Panel.from_frame(pl.DataFrame({"f": f, "t": t, "d": d, "y": y, "g": g}), id="f", time="t")
        found = compare("y ~ d | f + t", data, "d", by="g", split="values", draws=39, seed=seed)
        rejected += found.permutation.p <= 0.1
    assert abs(rejected / 200 - 0.1) < 3 * np.sqrt(0.09 / 200)


def test_a_split_by_each_rows_own_median_is_that_of_table_4_4() -> None:
    data = panel()
    median = float(np.median(data.frame["size"]))
    found = divide(data, "size", as_split("median"), "f")
    assert found.cuts == (median,)
    assert np.array_equal(found.codes, (data.frame["size"].to_numpy() >= median).astype(int))
    assert "each row's own value" in found.rule.en and "over rows" in found.rule.en


def test_splits_by_the_units_own_value() -> None:
    table = pl.DataFrame({"f": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3, "v": [None, 5.0, 1.0, 9.0, 3.0, 4.0]})
    data = Panel.from_frame(table, id="f", time="t")
    assert divide(data, "v", GroupSplit.at(3.0).first(), "f").codes.tolist() == [1, 1, 0, 0, 1, 1]
    assert divide(data, "v", GroupSplit.at(4.5).mean(), "f").codes.tolist() == [1, 1, 1, 1, 0, 0]
    assert divide(data, "v", GroupSplit.at(2.0).period(1), "f").codes.tolist() == [-1, -1, 0, 0, 1, 1]
    halves = divide(data, "v", GroupSplit.median().first(), "f")
    assert halves.cuts == (3.0,) and halves.codes.tolist() == [1, 1, 0, 0, 1, 1]
    assert divide(data, "v", GroupSplit.quantiles(2), "f").codes.tolist() == [-1, 1, 0, 1, 0, 1]


def test_rows_without_a_group_are_counted() -> None:
    data = panel().with_columns(pl.when(pl.col("t") == 2000).then(None).otherwise(pl.col("size")).alias("size"))
    found = compare("y ~ d | f", data, "d", by="size", draws=0)
    assert found.unplaced == data.frame["size"].null_count() > 0
    assert any("lack the dividing value" in note.en for note in found.table().notes)


def test_table_and_figure() -> None:
    found = compare("y ~ d + x | f + t", panel(), "d", by="size", cluster="f", draws=20)
    table = found.table()
    assert [len(row) for row in table.rows] == [3] * len(table.rows)
    assert found.interaction.p in [row[1].value for row in table.rows]
    assert found.figure().drawing.series[0].x == tuple(found.coef.tolist())  # type: ignore[union-attr]


def test_what_cannot_be_divided_is_said() -> None:
    data = panel()
    with pytest.raises(SchemaError, match="no column q"):
        compare("y ~ d", data, "d", by="q")
    with pytest.raises(ConfigError, match="split cannot be understood"):
        compare("y ~ d", data, "d", by="size", split="thirds")
    with pytest.raises(ConfigError, match="split cannot be understood"):
        GroupSplit.quantiles([0.5, 0.2])
    with pytest.raises(DataError, match="does not divide"):
        compare("y ~ d", data, "d", by="size", split=GroupSplit.at(1e9))
    with pytest.raises(DataError, match="too many values"):
        compare("y ~ d", data, "d", by="size", split="values")
    with pytest.raises(ConfigError, match="no regressor z"):
        compare("y ~ d", data, "z", by="size")
    constant = data.with_columns(pl.when(pl.col("own") == 0).then(1.0).otherwise(pl.col("d")).alias("c"))
    with pytest.raises(NotIdentifiedError, match="own = 0"):
        compare("y ~ c + x | f + t", constant, "c", by="own", split="values")


def test_no_column_of_the_table_is_taken_for_the_groups() -> None:
    data = panel()
    renamed = data.with_columns(pl.col("x").alias("_group"), pl.col("x").alias("_x0_0"))
    for name in ("_group", "_x0_0"):
        found = compare(f"y ~ d + {name} | f + t", renamed, "d", by="size", draws=5, cluster="f")
        own = compare("y ~ d + x | f + t", data, "d", by="size", draws=5, cluster="f")
        assert np.array_equal(found.coef, own.coef) and found.interaction.p == own.interaction.p


def test_units_whole_in_their_group_are_called_so() -> None:
    data = panel()
    whole = compare("y ~ d + x | f + t", data, "d", by="own", split="values", draws=2, cluster="f").permutation
    parts = compare("y ~ d + x | f + t", data, "d", by="size", draws=2, cluster="f").permutation
    assert whole.whole_units and not parts.whole_units and whole.segments <= 50 < parts.segments


@pytest.mark.parametrize("split", [2.5, None, 1, True, "quartiles", (0.5, 0.2), ("a", "b")])
def test_a_split_that_is_none_is_said(split: object) -> None:
    with pytest.raises(ConfigError, match="split cannot be understood"):
        as_split(split)  # type: ignore[arg-type]


def test_numbers_of_groups_may_come_from_numpy() -> None:
    assert as_split(np.int64(4)) == GroupSplit.quantiles(4)  # type: ignore[arg-type]


def test_periods_units_seeds_that_cannot_be_are_said() -> None:
    data = panel()
    with pytest.raises(DataError, match="no period '2003'"):
        divide(data, "size", GroupSplit.median().period("2003"), "f")
    with pytest.raises(ConfigError, match="cannot be understood"):
        GroupSplit.at(float("nan"))
    with pytest.raises(ConfigError, match="option seed"):
        compare("y ~ d | f", data, "d", by="size", draws=5, seed=-1)
    holes = data.with_columns(pl.when(pl.col("f") > 3).then("f").alias("u"))
    with pytest.raises(DataError, match="missing values"):
        compare("y ~ d | f", holes, "d", by="size", draws=5, unit="u")
