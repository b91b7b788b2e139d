"""Mechanisms: the steps against their regressions, the bootstrap against re-estimation on resampled firms."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, NotIdentifiedError
from dualcarbon.core.panel import Panel
from dualcarbon.core.results import Estimate
from dualcarbon.effects import Poisson, fit, indirect, indirect_effect, mediation
from dualcarbon.effects.mediation import ARGUED

SAME = 1e-10  # the same regression
DRAWN = 1e-8  # cross products against an estimate on rows


def simulated(firms: int = 40, seed: int = 1) -> Panel:
    r = np.random.default_rng(seed)
    f, t = np.nonzero(r.random((firms, 5)) < 0.85)
    n = len(f)
    a, x = r.normal(size=firms)[f], r.normal(size=n)
    d = r.random(n) + 0.2 * a
    patents = r.poisson(np.exp(0.5 * d + 0.3 * a))
    green = 0.5 * d + a + 0.3 * r.normal(size=n)
    y = -0.2 * d - 0.4 * green + 0.1 * x + a + 0.2 * t + r.normal(size=n)
    table = {"firm_id": f, "year": 2008 + t, "y": y, "digital": d, "green": green, "patents": patents, "x": x}
    more = {"w": np.exp(r.normal(size=n)), "industry": r.integers(0, 4, n), "province": f % 6}
    return Panel.from_frame(pl.DataFrame(table | more), id="firm_id", time="year")


def test_steps_are_regressions_on_one_sample() -> None:
    panel = simulated().with_columns(pl.when(pl.col("x") < 1.5).then("green").alias("green"))
    found = mediation(
        panel,
        outcome="y",
        treatment="digital",
        mediators=["green", "patents"],
        controls=["x"],
        cluster="firm_id",
        weights="w",
    )
    for estimate, left in zip((found.total, *found.steps), ("y", "green", "patents"), strict=True):
        own = fit(
            f"{left} ~ digital + x | firm_id + year",
            panel,
            cluster="firm_id",
            weights="w",
            sample=pl.col("green").is_not_null(),
        )
        np.testing.assert_allclose(estimate.coef, own.coef, rtol=SAME)
        np.testing.assert_allclose(estimate.se, own.se, rtol=SAME)
    assert found.table["n"].n_unique() == 1
    assert any("green" in drop.reason.en for drop in found.drops)


def test_a_mediator_may_bring_its_own_estimator() -> None:
    calls: list[tuple[str, int, str | None, str | None]] = []

    def counted(formula: str, panel: Panel, *, cluster: str | None, weights: str | None) -> Estimate:
        calls.append((formula, panel.n, cluster, weights))
        return fit(formula, panel, cluster=cluster, weights=weights)

    found = mediation(simulated(), outcome="y", treatment="digital", mediators={"patents": counted}, cluster="firm_id")
    assert calls == [("patents ~ digital | firm_id + year", found.total.n, "firm_id", None)]
    assert found.steps[0].depvar == "patents"
    table = found.exhibit()
    assert table.notes[0] == ARGUED and table.rows[0][2].value == found.table["coef"][1]


def test_counts_by_poisson() -> None:
    panel = simulated()
    found = mediation(
        panel, outcome="y", treatment="digital", mediators={"patents": Poisson()}, absorb="year", cluster="firm_id"
    )
    own = fit("patents ~ digital | year", panel, cluster="firm_id", family=Poisson())
    np.testing.assert_allclose(found.steps[0].coef, own.coef, rtol=SAME)
    np.testing.assert_allclose(found.steps[0].se, own.se, rtol=SAME)


OPTIONS = [
    {"absorb": "firm_id + year"},
    {"absorb": "firm_id + year", "weights": "w"},
    {"absorb": "industry^year"},
    {"absorb": None, "cluster": "province"},
    {"absorb": "firm_id + industry", "cluster": "province"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("dense", [indirect.DENSE, 0])
def test_draws_are_estimates_on_resampled_clusters(
    options: dict[str, str | None], dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indirect, "DENSE", dense)
    panel = simulated(firms=30)
    found = indirect_effect(
        panel, outcome="y", treatment="digital", mediator="green", controls=["x"], draws=6, seed=9, **options
    )  # type: ignore[arg-type]
    name = options.get("cluster") or "firm_id"
    absorb, weights = options["absorb"], options.get("weights")
    bar = f" | {absorb}" if absorb else ""
    used = panel.frame if absorb is None else _without_singletons(panel.frame, absorb)
    units = used[name].unique().sort()
    for draw, seed in zip(found.draws, np.random.SeedSequence(9).spawn(6), strict=True):
        chosen = units.gather(np.random.default_rng(seed).integers(0, len(units), len(units)))
        copies = [
            used.filter(pl.col(name) == unit).with_columns(firm_id=pl.col("firm_id") + 1000 * k)
            for k, unit in enumerate(chosen)
        ]
        again = Panel.from_frame(pl.concat(copies), id="firm_id", time="year")
        a = fit(f"green ~ digital + x{bar}", again, weights=weights)
        b = fit(f"y ~ green + digital + x{bar}", again, weights=weights)
        slow = a.coef[a.names.index("digital")] * b.coef[b.names.index("green")]
        assert draw == pytest.approx(slow, rel=DRAWN)


def _without_singletons(table: pl.DataFrame, absorb: str) -> pl.DataFrame:
    while True:
        kept = table
        for effect in absorb.split(" + "):
            kept = kept.filter(pl.len().over(effect.split("^")) > 1)
        if kept.height == table.height:
            return table
        table = kept


def test_value_interval_and_share() -> None:
    found = indirect_effect(simulated(), outcome="y", treatment="digital", mediator="green", controls=["x"], draws=200)
    a = found.first.coef[found.first.names.index("digital")]
    b = found.second.coef[found.second.names.index("green")]
    direct = found.second.coef[found.second.names.index("digital")]
    assert found.value == pytest.approx(a * b, rel=SAME)
    assert found.total.coef[0] - direct == pytest.approx(a * b, rel=SAME)
    assert found.share == pytest.approx(1.0 - direct / found.total.coef[0], rel=SAME)
    np.testing.assert_allclose([found.low, found.high], np.quantile(found.draws, [0.025, 0.975]))
    assert found.se == pytest.approx(np.std(found.draws, ddof=1))
    assert "Jiang 2022" in found.warning.en and not found.draws.flags.writeable


def test_seed_decides_and_more_draws_keep_the_first() -> None:
    panel = simulated()
    few, many = (
        indirect_effect(panel, outcome="y", treatment="digital", mediator="green", draws=k, seed=4) for k in (5, 70)
    )
    np.testing.assert_allclose(few.draws, many.draws[:5], rtol=1e-12)


def test_bad_requests_are_named() -> None:
    panel = simulated()
    with pytest.raises(ConfigError, match="no mediator"):
        mediation(panel, outcome="y", treatment="digital", mediators=[])
    with pytest.raises(ConfigError, match="one way"):
        indirect_effect(panel, outcome="y", treatment="digital", mediator="green", cluster="firm_id + year")
    with pytest.raises(NotIdentifiedError, match="province"):
        indirect_effect(panel, outcome="y", treatment="province", mediator="green")


def test_a_treatment_that_the_effects_determine_is_named() -> None:
    panel = simulated().with_columns(pl.col("firm_id").cast(pl.Float64).alias("digital"))
    with pytest.raises(NotIdentifiedError, match="digital is not identified"):
        mediation(panel, outcome="y", treatment="digital", mediators=["green"], controls=["x"])


def test_one_mediator_may_be_a_word() -> None:
    panel = simulated()
    found = mediation(panel, outcome="y", treatment="digital", mediators="green", cluster="firm_id")
    assert [step.depvar for step in found.steps] == ["green"]


def test_exhibit_tells_the_likelihood_the_unit_and_the_rows_not_used() -> None:
    panel = simulated(firms=20).with_columns(pl.when(pl.col("x") < 1.5).then("green").alias("green"))
    found = mediation(
        panel,
        outcome="y",
        treatment="digital",
        mediators={"patents": Poisson()},
        controls=["green"],
        absorb="year",
        cluster="firm_id",
    )
    notes = " ".join(note.en for note in found.exhibit().notes)
    for words in ("(2) by", "not scaled", "rows used by no step: green missing", "fewer than 30"):
        assert words in notes
