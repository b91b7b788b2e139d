"""Numbers of R fixest 0.14.2 (R 4.2.2), printed to 12 digits; the panel is drawn anew from the same seed.

R: feols(y ~ d + x1 + x2 + x3 + x4 | FE, cluster = ~firm), default small-sample rule, singletons dropped.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.panel import Panel
from dualcarbon.effects import fit

EQUAL = 1e-11  # the anchors are printed to 12 significant digits
MPDTA = 2e-10  # the stored estimate has 10 digits

STAGG_DIGITS = 3e-9  # nine digits

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "mpdta.csv"


STAGG = DATA.with_name("base_stagg.csv")


@pytest.fixture(scope="module")
def million() -> Panel:
    r = np.random.default_rng(2008)
    firms = 200_000
    weight = 1 / np.arange(1, 501) ** 0.7
    home = r.choice(500, firms, p=weight / weight.sum())
    r.integers(0, 9, firms)
    f, t = np.nonzero(r.random((firms, 9)) < 5 / 9)
    chosen = np.sort(r.permutation(len(f))[:1_000_000])
    f, t = f[chosen], t[chosen]
    n = len(f)
    industry = home[f].copy()
    moved = r.random(n) < 0.03
    industry[moved] = r.integers(0, 500, moved.sum())
    a, g = r.normal(size=firms)[f], r.normal(size=(500, 9))[industry, t]
    gi = r.normal(size=500)[industry]
    x = r.normal(size=(n, 4)) + 0.5 * a[:, None] + 0.3 * g[:, None]
    d = 0.5 * a + 0.5 * g + r.normal(size=n)
    r.normal(size=firms)
    noise = r.normal(size=n) * (1 + 0.3 * np.abs(d))
    y = 1 - 0.25 * d + x @ [0.1, 0.2, -0.3, 0.05] + a + g + gi + 0.1 * t + noise
    columns = {"y": y, "d": d, **{f"x{j + 1}": x[:, j] for j in range(4)}}
    keys = {"firm": f.astype(np.int32), "year": (2008 + t).astype(np.int32), "ind": industry.astype(np.int32)}
    return Panel.from_frame(pl.DataFrame({**columns, **keys}), id="firm", time="year")


@pytest.mark.parametrize(
    ("effects", "coef", "se"),
    [
        ("firm + year", 0.064112309216, 0.00176252791325),
        ("ind + year", 0.109860663079, 0.00160416395275),
        ("ind^year", -0.029764875264, 0.00160652493857),
    ],
)
def test_one_million_rows(million: Panel, effects: str, coef: float, se: float) -> None:
    found = fit(f"y ~ d + x1 + x2 + x3 + x4 | {effects}", million, cluster="firm")
    assert found.coef[0] == pytest.approx(coef, rel=EQUAL)
    assert found.se[0] == pytest.approx(se, rel=EQUAL)
    assert found.clusters - 1 == found.df


def test_order_of_the_effects_and_names_do_not_matter(million: Panel) -> None:
    renamed = Panel.from_frame(million.frame.rename({"firm": "year_", "year": "a"}), id="year_", time="a")
    found = fit("y ~ d + x1 + x2 + x3 + x4 | a + year_", renamed, cluster="year_")
    assert found.se[0] == pytest.approx(0.00176252791325, rel=EQUAL)


@pytest.mark.skipif(not DATA.exists(), reason="mpdta.csv lies beside the checkout, not in it")
def test_minimum_wages_two_way_clustered_by_county() -> None:
    table = pl.read_csv(DATA).with_columns(
        d=((pl.col("first.treat") > 0) & (pl.col("year") >= pl.col("first.treat"))).cast(pl.Float64)
    )
    panel = Panel.from_frame(table, id="countyreal", time="year")
    found = fit("lemp ~ d | countyreal + year", panel, cluster="countyreal")
    assert found.coef[0] == pytest.approx(-0.03654893667, rel=MPDTA)
    assert found.se[0] == pytest.approx(0.01326515543, rel=MPDTA)
    assert (found.n, found.clusters) == (2500, 500)


@pytest.mark.skipif(not STAGG.exists(), reason="base_stagg.csv lies beside the checkout, not in it")
def test_staggered_panel_clustered_by_unit_and_year() -> None:
    panel = Panel.from_frame(pl.read_csv(STAGG), id="id", time="year")
    found = fit("y ~ x1 | id + year", panel, cluster="id + year")
    assert found.coef[0] == pytest.approx(1.00363885, rel=STAGG_DIGITS)
    assert found.se[0] == pytest.approx(0.0375292433, rel=STAGG_DIGITS)
    assert (found.cluster, found.clusters, found.df) == ("id + year", 10, 9)
