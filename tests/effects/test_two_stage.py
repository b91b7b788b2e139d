"""Two-stage least squares against written-out matrices, pyfixest's stored output, and what must not change it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.effects import Poisson, fit, parse, regress

Floats = NDArray[np.float64]

EQUAL = 1e-8  # pinv of all dummies keeps 9 to 11 digits
SAME = 1e-11
STORED = 1e-11
STORED_LIKELIHOOD = 2e-8  # the rival keeps the weights of the step before its last

DATA = Path(__file__).with_name("data")


def drawn_panel() -> Panel:
    """The panel of the stored output."""
    spec = spec_from_file_location("pyfixest_estimators", DATA / "pyfixest_estimators.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return Panel.from_frame(pl.DataFrame(module.drawn()), id="firm", time="year")


def simulated(seed: int = 1, firms: int = 50) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, 6)) < 0.75)
    n = len(f)
    a = r.normal(size=firms)[f]
    z, u = r.normal(size=(n, 3)), r.normal(size=n)
    x = r.normal(size=n) + 0.3 * a
    d = z @ [0.6, 0.4, 0.0] + 0.3 * x + a + u + r.normal(size=n)
    c = z @ [0.0, 0.5, 0.6] + 0.5 * u + r.normal(size=n)
    y = 1.0 + 0.5 * d - 0.3 * c + 0.2 * x + a + u + r.normal(size=n)
    columns = {
        "y": y,
        "d": d,
        "c": c,
        "x": x,
        "z1": z[:, 0],
        "z2": z[:, 1],
        "z3": z[:, 2],
        "w": np.exp(r.normal(size=n)),
    }
    keys = {"firm": f, "year": t, "province": f % 8, "row": np.arange(n)}
    return Panel.from_frame(pl.DataFrame({**keys, **columns}), id="firm", time="year")


def indicators(table: pl.DataFrame, name: str) -> Floats:
    codes = np.unique(table[name].to_numpy(), return_inverse=True)[1]
    return np.eye(codes.max() + 1)[codes]


def slow(
    table: pl.DataFrame, ends: list[str], exogenous: list[str], effects: list[str], z: list[str], kind: str, w: Floats
) -> tuple[Floats, Floats]:
    """Coefficients and covariance of [ends, exogenous] with every dummy in both stages."""
    full = np.column_stack([np.ones((table.height, 1)), *(indicators(table, name) for name in effects)])
    outer = np.column_stack([table.select(ends + exogenous).to_numpy(), full])
    inner = np.column_stack([table.select(z + exogenous).to_numpy(), full])
    root = np.sqrt(w)[:, None]
    fitted = inner @ np.linalg.lstsq(inner * root, outer * root, rcond=1e-12)[0]
    bread = np.linalg.pinv((fitted * w[:, None]).T @ fitted, rcond=1e-12)
    y = table["y"].to_numpy()
    b = bread @ (fitted * w[:, None]).T @ y
    e = y - outer @ b
    n, k = table.height, int(np.linalg.matrix_rank(outer))
    scores = fitted * (w * e)[:, None]
    if kind == "iid":
        v = bread * np.sum(w * e**2) / (n - k)
    elif kind == "hc1":
        v = bread @ scores.T @ scores @ bread * n / (n - k)
    else:
        sums = indicators(table, "firm").T @ scores
        groups = len(sums)
        crossing = np.column_stack([np.ones((n, 1)), *(indicators(table, e_) for e_ in effects if e_ != "firm")])
        k = len(ends) + len(exogenous) + int(np.linalg.matrix_rank(crossing))
        v = bread @ sums.T @ sums @ bread * (n - 1) / (n - k) * groups / (groups - 1)
    m = len(ends) + len(exogenous)
    return b[:m], v[:m, :m]


@pytest.mark.parametrize("effects", [[], ["firm"], ["firm", "year"], ["province", "year"]])
@pytest.mark.parametrize("kind", ["iid", "hc1", "cluster"])
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize(
    ("ends", "exogenous", "z"),
    [(["d"], ["x"], ["z1"]), (["d"], [], ["z1", "z2"]), (["d", "c"], ["x"], ["z1", "z2", "z3"])],
)
def test_equals_all_dummies(
    effects: list[str], kind: str, weights: str | None, ends: list[str], exogenous: list[str], z: list[str]
) -> None:
    panel = simulated()
    formula = (
        f"y ~ {' + '.join(exogenous) or '1'} | {' + '.join(effects) or '0'} | {' + '.join(ends)} ~ {' + '.join(z)}"
    )
    cluster = "firm" if kind == "cluster" else None
    found = regress(parse(formula, cluster=cluster, weights=weights), panel, covariance=kind)
    table = panel.frame[found.rows]
    w = np.ones(table.height) if weights is None else table[weights].to_numpy()
    coef, vcov = slow(table, ends, exogenous, effects, z, kind, w)
    names = ends + exogenous
    at = [found.estimate.names.index(name) for name in names]
    assert found.estimate.names[-len(names) :] == tuple(names)
    assert np.allclose(found.estimate.coef[at], coef, rtol=EQUAL)
    assert np.allclose(found.estimate.vcov[np.ix_(at, at)], vcov, rtol=EQUAL, atol=EQUAL * np.abs(vcov).max())


def test_constant() -> None:
    panel = simulated()
    found = fit("y ~ x | 0 | d ~ z1 + z2", panel)
    x = np.column_stack([np.ones(panel.n), panel.frame.select("d", "x").to_numpy()])
    z = np.column_stack([np.ones(panel.n), panel.frame.select("x", "z1", "z2").to_numpy()])
    p = z @ np.linalg.solve(z.T @ z, z.T @ x)
    y = panel.frame["y"].to_numpy()
    b = np.linalg.solve(p.T @ x, p.T @ y)
    v = np.linalg.inv(p.T @ p) * np.sum((y - x @ b) ** 2) / (panel.n - 3)
    assert found.names == ("(Intercept)", "d", "x")
    assert np.allclose(found.coef, b, rtol=EQUAL)
    assert np.allclose(found.vcov, v, rtol=EQUAL)
    assert "instruments z1, z2" in found.estimator.en
    assert fit("y ~ x | d ~ z1 + z2", panel).coef.tolist() == found.coef.tolist()


@pytest.mark.parametrize("row", pl.read_csv(DATA / "pyfixest_estimators.csv").rows(named=True), ids=str)
def test_stored_output_of_pyfixest(row: dict[str, object]) -> None:
    likelihood = row["family"] == "poisson"
    found = fit(
        str(row["formula"]), drawn_panel(), vcov=str(row["vcov"]).lower(), family=Poisson() if likelihood else None
    )
    at = found.names.index("(Intercept)" if row["name"] == "Intercept" else str(row["name"]))
    assert found.n == row["n"]
    assert found.coef[at] == pytest.approx(row["coef"], rel=STORED)
    assert found.se[at] == pytest.approx(row["se"], rel=STORED_LIKELIHOOD if likelihood else STORED)


def test_a_regressor_as_its_own_instrument_is_least_squares() -> None:
    panel = simulated().with_columns(pl.col("d").alias("copy"))
    plain, own = (
        fit("y ~ d + x | firm + year", panel, cluster="firm"),
        fit("y ~ x | firm + year | d ~ copy", panel, cluster="firm"),
    )
    assert np.allclose(own.coef, plain.coef, rtol=SAME)
    assert np.allclose(own.vcov, plain.vcov, rtol=SAME)


def test_one_instrument_is_the_ratio_of_reduced_form_and_first_stage() -> None:
    panel = simulated()
    iv = fit("y ~ x | firm + year | d ~ z1", panel)
    reduced, first = fit("y ~ z1 + x | firm + year", panel), fit("d ~ z1 + x | firm + year", panel)
    assert iv.coef[0] == pytest.approx(reduced.coef[0] / first.coef[0], rel=SAME)


def test_what_must_not_matter() -> None:
    panel = simulated()
    formula = "y ~ x | firm + year | d ~ z1 + z2"
    first = fit(formula, panel, cluster="firm")
    shuffled = Panel.from_frame(panel.frame.sample(fraction=1.0, shuffle=True, seed=2), id="firm", time="year")
    assert fit(formula, shuffled, cluster="firm").vcov.tolist() == first.vcov.tolist()
    turned = panel.with_columns((pl.col("z1") * 1e2 + pl.col("z2")).alias("z1"), (pl.col("z1") - 3.0).alias("z2"))
    again = fit(formula, turned, cluster="firm")
    assert np.allclose(again.coef, first.coef, rtol=1e-9)
    assert np.allclose(again.vcov, first.vcov, rtol=1e-9)
    ones = fit(formula, panel, cluster="row")
    assert np.allclose(ones.vcov, fit(formula, panel, vcov="hc1").vcov, rtol=SAME)


def test_weight_two_is_the_row_twice() -> None:
    panel = simulated()
    r = np.random.default_rng(3)
    weighted = panel.with_columns(pl.Series("w", r.integers(1, 3, panel.n)))
    rows = np.repeat(np.arange(panel.n), weighted.frame["w"].to_numpy())
    twice = Panel.from_frame(
        weighted.frame[rows].with_columns(copy=pl.Series(np.arange(len(rows)))), id="copy", time="year"
    )
    formula = "y ~ x | province + year | d ~ z1 + z2"
    a, b = fit(formula, weighted, cluster="firm", weights="w"), fit(formula, twice, cluster="firm")
    factors = [(e.n - 1) / (e.n - 15) for e in (a, b)]
    assert np.allclose(a.coef, b.coef, rtol=SAME)
    assert np.allclose(a.vcov / factors[0], b.vcov / factors[1], rtol=SAME)


def test_columns_left_out_are_named() -> None:
    panel = simulated().with_columns(
        (pl.col("z1") + pl.col("x")).alias("z4"), pl.lit(2.0).alias("two"), (pl.col("x") * 2).alias("x2")
    )
    plain = fit("y ~ x | firm | d ~ z1", panel)
    found = fit("y ~ x + province + x2 | firm | d + two ~ z1 + z4", panel)
    assert found.names == ("d", "x")
    assert found.collinear == ("two", "province", "x2", "z4")
    assert np.allclose(found.vcov, plain.vcov, rtol=SAME)
    said = " ".join(note.en for note in found.notes)
    assert "province is left out: constant within each of the" in said
    assert "x2 is left out: a combination" in said


@pytest.mark.parametrize(
    ("formula", "error", "message"),
    [
        ("y ~ x | firm | d ~ province", NotIdentifiedError, "0 usable instruments"),
        ("y ~ x | firm | province ~ z1", NotIdentifiedError, "0 endogenous that vary"),
        ("y ~ x | firm | d + c ~ z1 + province", NotIdentifiedError, "2 endogenous that vary, 1 usable"),
        ("y ~ x | firm | d + c ~ z1", ConfigError, "2 endogenous, 1 instruments"),
        ("y ~ x | firm | d ~ x", ConfigError, "x in y ~ x"),
        ("y ~ d | firm | d ~ z1", ConfigError, "two roles"),
        ("y ~ x | firm | y ~ z1", ConfigError, "also a regressor"),
    ],
)
def test_not_identified_is_said(formula: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        fit(formula, simulated())


def test_an_instrument_that_moves_nothing() -> None:
    table = pl.DataFrame(
        {"f": range(8), "t": 1, "y": [1.0, 2, 3, 4, 5, 6, 7, 9], "d": [1.0, -1] * 4, "z": [1.0, 1, -1, -1] * 2}
    )
    with pytest.raises(NotIdentifiedError, match="do not identify"):
        fit("y ~ 1 | d ~ z", Panel.from_frame(table, id="f", time="t"))


def test_other_limits() -> None:
    panel = simulated()
    with pytest.raises(ConfigError, match="least squares only"):
        fit("y ~ x | firm | d ~ z1", panel, vcov="hc3")
    with pytest.raises(ConfigError, match="takes no instruments"):
        fit("y ~ x | firm | d ~ z1", panel, family=Poisson())
    with pytest.raises(DataError, match="more than 4 rows"):
        fit("y ~ x | d ~ z1 + z2", Panel.from_frame(panel.frame.head(4), id="firm", time="year"))


@pytest.mark.parametrize("vcov", ["driscoll_kraay"])
def test_other_covariances_read_the_fitted_regressors(vcov: str) -> None:
    found = fit("y ~ x | firm + year | d ~ z1 + z2", simulated(), vcov=vcov)
    assert np.all(found.se > 0.0)


def test_hash_seeds_and_threads_change_no_bit(tmp_path: Path) -> None:
    path = tmp_path / "panel.parquet"
    table = simulated().frame
    counts = np.random.default_rng(0).poisson(np.exp(0.2 * table["x"].to_numpy()))
    table.with_columns(count=pl.Series(counts)).write_parquet(path)
    script = (
        "import sys, polars as pl\n"
        "from dualcarbon.core.panel import Panel\n"
        "from dualcarbon.effects import Poisson, fit\n"
        "panel = Panel.from_frame(pl.read_parquet(sys.argv[1]), id='firm', time='year')\n"
        "for f, m in (('y ~ x | firm + year | d ~ z1 + z2', None), ('count ~ x | firm + year', Poisson()),\n"
        "             ('y ~ x | firm[year] + province^year', None)):\n"
        "    e = fit(f, panel, cluster='firm', family=m)\n"
        "    print(e.coef.tobytes().hex(), e.vcov.tobytes().hex(), e.rule.en)\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script, str(path)],
            env={
                **os.environ,
                "PYTHONHASHSEED": seed,
                **dict.fromkeys(("OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"), threads),
            },
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, threads in (("0", "1"), ("1", "2"), ("4242", "3"))
    }
    assert len(outputs) == 1
    assert outputs.pop().count("K = ") == 3
