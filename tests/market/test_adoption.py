"""Adoption policies against loops over firms and draws, budgets to the last CNY, and laws they must follow."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist

import numpy as np
import polars as pl
import pytest

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError, SchemaError
from dualcarbon.core.exhibit import DotPlot
from dualcarbon.core.results import Estimate
from dualcarbon.core.text import Text, both
from dualcarbon.market.adoption import Numbers, SizeEffects, size_effects
from dualcarbon.market.adoption_designs import Infrastructure, SmallOnly, Targeted, Uniform
from dualcarbon.market.adoption_firms import Columns
from dualcarbon.market.adoption_fit import fit_adoption
from dualcarbon.market.adoption_policy import AdoptionPolicy, adoption_policies

EXACT = 1e-10  # sums over some hundred firms of an interpolation good to 1e-14
SMALL = 1e-12  # gains are summed as they are, not as differences of levels
BUDGET = 1e-12  # a root of one monotone function, to rounding
SAMPLED = 0.02  # three standard errors of a share near 0.1 over 4,000 draws
CUT, SPENT, RISE = 100.0, 1500.0, 0.1


def firms(n: int = 300, seed: int = 3) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    size = rng.lognormal(np.log(CUT), 1.0, n)
    return pl.DataFrame(
        {
            "firm": [f"f{i}" for i in range(n)],
            "size": size,
            "co2_t": size * rng.lognormal(0.0, 0.7, n),
            "output_cny": size * 20.0,
            "cost_cny": 20.0 + 0.3 * size,
            "adoption": 1.0 / (1.0 + np.exp(2.0 - 0.4 * np.log(size / CUT) - rng.normal(0, 0.3, n))),
        }
    )


def effects(small: float = -0.7033, small_se: float = 0.55, slope_var: float = 0.09) -> SizeEffects:
    return size_effects(
        [CUT],
        Numbers.of([small, -2.227], [[small_se**2, 0.05], [0.05, 0.16]]),
        Numbers.of([2.0, 1.5], [[slope_var, 0.0], [0.0, slope_var]]),
        Numbers.of([0.2, 0.4], [[0.04, 0.0], [0.0, 0.02]]),
        cross={"co2_output": np.array([[0.01, 0.0], [0.0, 0.01]])},
    )


def policy(**changed: object) -> AdoptionPolicy:
    options: dict[str, object] = {
        "budget_cny": SPENT, "rise": RISE, "infrastructure": Infrastructure(0.4, 1e4), "draws": 120, "seed": 5,
    }  # fmt: skip
    return adoption_policies(firms(), effects(), **(options | changed))  # type: ignore[arg-type]


def test_every_draw_by_hand() -> None:
    found, table, e = policy(), firms(), effects()
    drawn = e.draws(120, 5)
    code = (table["size"].to_numpy() >= CUT).astype(int)
    a = np.log(table["adoption"].to_numpy() / (1.0 - table["adoption"].to_numpy()))
    co2, output, cost = (table[c].to_numpy() for c in ("co2_t", "output_cny", "cost_cny"))
    for design in found.table["design"]:
        share = found.offered(design)["share"].to_numpy()
        rows = found.draws.filter(pl.col("design") == design)
        for d in (0, 1, 57, 119):
            b, o, k = drawn[d, :2], drawn[d, 2:4], drawn[d, 4:]
            after = 1.0 / (1.0 + np.exp(-(a + k[code] * share)))
            gain = after - 1.0 / (1.0 + np.exp(-a))
            spent = SPENT if design == "infrastructure" else float((after * share * cost).sum())
            abated = float(-(np.expm1(RISE * b)[code] * co2 * gain).sum())
            assert rows["abated_t"][d] == pytest.approx(abated, rel=EXACT)
            assert rows["spent_cny"][d] == pytest.approx(spent, rel=EXACT)
            assert rows["output_cny"][d] == pytest.approx(
                float((np.expm1(RISE * o)[code] * output * gain).sum()), rel=EXACT
            )
            assert rows["gap"][d] == pytest.approx(1.0 - after[code == 0].mean() / after[code == 1].mean(), rel=EXACT)
            assert rows["cny_per_t"][d] == (pytest.approx(spent / abated, rel=EXACT) if abated > 0 else np.inf)


def test_budgets_are_spent_to_the_last() -> None:
    found = policy()
    assert found.table["spent_cny"].to_list() == pytest.approx([SPENT] * 4, rel=BUDGET)
    rich = policy(budget_cny=1e9, infrastructure=None)
    everyone = rich.table.filter(pl.col("design") == "uniform").row(0, named=True)
    assert everyone["rate_small"] == everyone["rate_large"] == 1.0
    assert everyone["spent_cny"] < 1e9
    said = [note.en for note in rich.exhibit_table().notes if "not spent" in note.en]
    assert len(said) == 3


def test_a_small_budget_keeps_its_digits() -> None:
    table, e = firms(3000), effects()
    budget = 1e-7 * float(table["cost_cny"].sum())
    found = adoption_policies(
        table, e, budget_cny=budget, rise=RISE, infrastructure=Infrastructure(0.4, 1e4 * budget), draws=120, seed=5
    )
    code = (table["size"].to_numpy() >= CUT).astype(int)
    p, co2 = table["adoption"].to_numpy(), table["co2_t"].to_numpy()
    drawn = e.draws(120, 5)
    for design in ("uniform", "small_only", "infrastructure", "targeted"):
        rows = found.draws.filter(pl.col("design") == design)["abated_t"].to_numpy()
        share = found.offered(design)["share"].to_numpy()
        for d in (0, 60, 119):
            x = drawn[d, 4:][code] * share
            gain = (1.0 - p) * p * np.expm1(x) / (1.0 + p * np.expm1(x))
            assert rows[d] == pytest.approx(float(-(np.expm1(RISE * drawn[d, :2])[code] * co2 * gain).sum()), rel=SMALL)


def test_where_all_adopt_already_no_rounding_is_read_as_a_sign() -> None:
    everyone = firms().with_columns(adoption=pl.lit(1.0 - 1e-15))
    falls = size_effects([CUT], Numbers.of([-3.0, -2.0], [[0.01, 0.0], [0.0, 0.01]]), slope=2.0)
    found = adoption_policies(everyone, falls, budget_cny=SPENT, rise=RISE, draws=50).table
    assert found["wrong_sign"].to_list() == [0.0, 0.0, 0.0]
    assert (found["abated_t"] > 0.0).all()


def test_no_other_choice_of_firms_abates_more() -> None:
    e, share = effects(), 0.5
    for seed in range(12):
        table = firms(8, seed)
        code = (table["size"].to_numpy() >= CUT).astype(int)
        if code.min() == code.max():
            continue
        p, k = table["adoption"].to_numpy(), e.slope[code]
        after = 1.0 / (1.0 + np.exp(-(np.log(p / (1.0 - p)) + k * share)))
        tonnes = -np.expm1(RISE * e.co2)[code] * table["co2_t"].to_numpy() * (after - p)
        outlay = share * table["cost_cny"].to_numpy() * after
        budget = float((0.1 + 0.1 * seed % 0.9) * outlay.sum())
        picks = (np.array([m >> i & 1 for i in range(8)], dtype=bool) for m in range(2**8))
        best = max(float(tonnes[pick].sum()) for pick in picks if outlay[pick].sum() <= budget)
        found = adoption_policies(table, e, budget_cny=budget, rise=RISE, designs=[Targeted(share)], draws=2).table
        assert found["abated_t"][0] >= best * (1.0 - EXACT)
        assert found["spent_cny"][0] == pytest.approx(min(budget, outlay.sum()), rel=BUDGET)


def test_a_design_that_helps_nobody_says_so() -> None:
    worse = size_effects([CUT], Numbers.of([0.7, 0.2], [[0.01, 0.0], [0.0, 0.01]]), slope=2.0)
    found = adoption_policies(firms(), worse, budget_cny=SPENT, rise=RISE, designs=[Targeted(), Uniform()], draws=40)
    row = found.table.row(0, named=True)
    assert row["firms_offered"] == row["spent_cny"] == row["abated_t"] == 0.0
    assert all(np.isnan(row[name]) for name in ("budget_small", "budget_inframarginal", "wrong_sign", "cny_per_t"))
    printed = found.exhibit_table()
    assert any("CNY 0;" in note.en for note in printed.notes)
    cells = dict(zip([h.key for h in printed.headers], printed.rows[0], strict=True))
    assert cells["cny_per_t"].value is cells["wrong_sign"].value is None
    assert cells["cny_per_t_interval"].value == both("–")


def test_a_low_cost_per_tonne_is_not_printed_as_nothing() -> None:
    dirty = firms().with_columns(pl.col("co2_t") * 100.0)
    table = adoption_policies(dirty, effects(), budget_cny=SPENT, rise=RISE, draws=40).exhibit_table()
    at = [h.key for h in table.headers].index("cny_per_t")
    for row in table.rows:
        value, form = row[at].value, row[at].form
        assert isinstance(value, float)
        assert float(format(value, form)) == pytest.approx(value, rel=0.05)


def test_shares_of_the_budget() -> None:
    found = policy().table
    rows = {row["design"]: row for row in found.to_dicts()}
    assert rows["small_only"]["budget_small"] == pytest.approx(1.0, rel=EXACT)
    assert rows["small_only"]["rate_large"] == 0.0
    assert np.isnan(rows["infrastructure"]["budget_small"])
    assert 0.0 < rows["uniform"]["budget_inframarginal"] < 1.0
    rate = -0.4 * np.expm1(-SPENT / 1e4)
    assert rows["infrastructure"]["rate_small"] == pytest.approx(rate, rel=EXACT)


def test_targeting_is_greedy() -> None:
    table, e = firms(), effects()
    found = policy(designs=[Targeted(0.5)])
    share = found.offered("targeted")["share"].to_numpy()
    code = (table["size"].to_numpy() >= CUT).astype(int)
    a = np.log(table["adoption"].to_numpy() / (1.0 - table["adoption"].to_numpy()))
    after = 1.0 / (1.0 + np.exp(-(a + e.slope[code] * 0.5)))
    tonnes = -np.expm1(RISE * e.co2)[code] * table["co2_t"].to_numpy()
    score = tonnes * (after - 1.0 / (1.0 + np.exp(-a))) / (0.5 * table["cost_cny"].to_numpy() * after)
    left, expected = SPENT, np.zeros(len(share))
    for i in np.argsort(-score):
        outlay = 0.5 * table["cost_cny"][int(i)] * after[i]
        if outlay > left:
            break
        expected[i], left = 0.5, left - outlay
    assert ((share == 0.5) == (expected == 0.5)).all()
    (last,) = np.flatnonzero((share > 0.0) & (share < 0.5))
    assert last == i
    assert found.table["abated_t"][0] > policy(designs=[Uniform()]).table["abated_t"][0]


def test_small_firms_that_emit_more_are_not_targeted() -> None:
    found = adoption_policies(
        firms(), effects(small=0.3), budget_cny=1e7, rise=RISE, designs=[Targeted(1.0), SmallOnly()]
    )
    share = found.offered("targeted")["share"].to_numpy()
    small = firms()["size"].to_numpy() < CUT
    assert not share[small].any()
    assert (share[~small] == 1.0).all()
    wrong = found.table.filter(pl.col("design") == "small_only").row(0, named=True)
    assert wrong["abated_t"] < 0.0
    assert wrong["cny_per_t"] == np.inf


def test_the_wrong_sign_is_the_normal_tail() -> None:
    found = policy(designs=[SmallOnly()], draws=4000)
    expected = 1.0 - NormalDist(-0.7033, 0.55).cdf(0.0)
    row = found.table.row(0, named=True)
    assert row["wrong_sign"] == pytest.approx(expected, abs=SAMPLED)
    assert row["abated_t_low"] < 0.0 < row["abated_t_high"]
    assert row["cny_per_t_high"] == np.inf
    of_class = found.classes.filter(pl.col("class") == 0)["wrong_sign"].item()
    assert of_class == row["wrong_sign"]
    assert np.isnan(found.classes.filter(pl.col("class") == 1)["wrong_sign"].item())


def test_certain_effects_have_no_interval() -> None:
    sure = size_effects([CUT], Numbers.of([-0.7, -2.0]), slope=2.0)
    found = adoption_policies(firms(), sure, budget_cny=SPENT, rise=RISE)
    for row in found.table.to_dicts():
        assert row["abated_t_low"] == row["abated_t_high"] == pytest.approx(row["abated_t"], rel=EXACT)
        assert np.isnan(row["output_cny"])
        assert row["wrong_sign"] == 0.0
    assert not [h.key for h in found.exhibit_table().headers if h.key.endswith("_interval")]


def test_a_gap_that_rests_on_an_assumed_slope_has_no_interval() -> None:
    assumed = size_effects([CUT], Numbers.of([-0.7, -2.0], [[0.09, 0.0], [0.0, 0.16]]), slope=2.0)
    table = adoption_policies(firms(), assumed, budget_cny=SPENT, rise=RISE, draws=40).exhibit_table()
    keys = [h.key for h in table.headers]
    assert "abated_t_interval" in keys and "gap" in keys and "gap_interval" not in keys
    assert "which rests on it alone, has none" in table.notes[-1].en


def test_row_order_and_units() -> None:
    table = firms()
    first, second = (
        adoption_policies(t, effects(), budget_cny=SPENT, rise=RISE, draws=40).table.drop("design").to_numpy()
        for t in (table, table.sample(fraction=1.0, shuffle=True, seed=1))
    )
    assert second == pytest.approx(first, rel=1e-8, nan_ok=True)
    kilo = table.with_columns(pl.col("co2_t") / 1e3)
    lighter = adoption_policies(kilo, effects(), budget_cny=SPENT, rise=RISE, draws=40).table
    assert lighter["abated_t"].to_numpy() * 1e3 == pytest.approx(first[:, 11], rel=EXACT)


def test_longer_runs_begin_with_shorter_ones() -> None:
    e = effects()
    assert (e.draws(250, 9)[:130] == e.draws(130, 9)).all()
    assert not (e.draws(10, 9) == e.draws(10, 8)).any()
    many = e.draws(20_000, 1)
    assert np.cov(many.T)[:2, :2] == pytest.approx(e.vcov[:2, :2], abs=0.02)


def test_draws_follow_the_covariance_and_nothing_else() -> None:
    """The root of a diagonal covariance is diagonal, whatever eigenvectors a library returns."""
    spread = np.array([0.5, 0.1, 0.0, 0.0, 0.3, 0.3])
    normal = np.random.default_rng(4).spawn(1)[0].standard_normal((100, 6))
    e = size_effects(
        [CUT], Numbers.of([-0.7, -2.0], np.diag(spread[:2] ** 2)), Numbers.of([2.0, 2.0], np.diag(spread[4:] ** 2))
    )
    assert e.draws(100, 4) == pytest.approx(e.centre + normal * spread, rel=EXACT)
    one = np.array([[0.04, 0.02], [0.02, 0.01]])
    line = size_effects([CUT], Numbers.of([-0.7, -2.0], one), slope=2.0).draws(50, 1)
    assert line[:, 0] + 0.7 == pytest.approx(2.0 * (line[:, 1] + 2.0), abs=1e-7)


def test_numbers_from_estimates() -> None:
    split = [estimate(["use", "x"], [b, 9.0], np.diag([s, 1.0])) for b, s in ((-0.7, 0.3), (-2.2, 0.1))]
    found = Numbers.from_split(split, "use")
    assert found.coef.tolist() == [-0.7, -2.2]
    assert found.vcov.tolist() == [[0.3, 0.0], [0.0, 0.1]]
    joint = estimate(["x", "low", "high"], [9.0, -0.7, -2.2], np.arange(9.0).reshape(3, 3))
    taken = Numbers.from_estimate(joint, ["high", "low"])
    assert taken.coef.tolist() == [-2.2, -0.7]
    assert taken.vcov.tolist() == [[8.0, 7.0], [5.0, 4.0]]
    with pytest.raises(ConfigError, match="mid"):
        Numbers.from_estimate(joint, ["mid"])


def estimate(names: list[str], coef: list[float], vcov: np.ndarray) -> Estimate:
    return Estimate(tuple(names), np.array(coef), vcov, 100, "y", (), None, 0, 98.0, 0.0, 0.0, both("iid"))


def test_a_slope_is_found_again() -> None:
    rng = np.random.default_rng(2)
    n = 40_000
    covered, size = rng.uniform(0, 0.6, n), rng.normal(10.0, 2.0, n)
    p = 1.0 / (1.0 + np.exp(-(2.5 * covered + 0.3 * size - 4.0)))
    table = pl.DataFrame({"adopted": (rng.uniform(size=n) < p).astype(int), "covered": covered, "ln_size": size})
    found = fit_adoption(table, controls=["ln_size"])
    assert abs(found.slope - 2.5) < 4.0 * found.variance**0.5
    import statsmodels.api as sm

    x = np.column_stack([covered, size, np.ones(n)])
    known = sm.Logit(table["adopted"].to_numpy(), x).fit(disp=0, tol=1e-12)
    assert found.coef == pytest.approx(known.params, rel=1e-7)
    assert found.vcov == pytest.approx(known.cov_params(), rel=1e-6)
    assert found.probability == pytest.approx(known.predict(x), rel=1e-7)


def test_what_is_refused() -> None:
    table = firms()
    with pytest.raises(SchemaError, match="cost_cny"):
        adoption_policies(table.drop("cost_cny"), effects(), budget_cny=1.0)
    spoilt = table.with_columns(
        pl.when(pl.col("firm") == "f7").then(0.0).otherwise("cost_cny").alias("cost_cny"),
        pl.when(pl.col("firm") == "f9").then(1.0).otherwise("adoption").alias("adoption"),
    )
    with pytest.raises(DataError) as error:
        adoption_policies(spoilt, effects(), budget_cny=1.0)
    assert "f7" in error.value.say("en")
    assert "f9" in error.value.say("zh")
    with pytest.raises(DataError, match="large firms"):
        adoption_policies(table.filter(pl.col("size") < CUT), effects(), budget_cny=1.0)
    with pytest.raises(SchemaError, match="cost_cny"):
        adoption_policies(table.with_columns(cost_cny=pl.lit("12,000")), effects(), budget_cny=1.0)
    with pytest.raises(DataError, match="f0"):
        adoption_policies(pl.concat([table, table.head(1)]), effects(), budget_cny=1.0)
    for changed in (
        {"budget_cny": 0.0}, {"budget_cny": -1.0}, {"budget_cny": np.nan}, {"budget_cny": "1e5"}, {"rise": -1.0},
        {"draws": 1}, {"draws": 2.5}, {"level": 1.0}, {"seed": -1}, {"designs": []},
        {"designs": [Targeted(0.3), Targeted(0.6)]},
    ):  # fmt: skip
        with pytest.raises(ConfigError):
            policy(**changed)
    with pytest.raises(ConfigError, match="uniform"):
        policy().offered("unifrom")
    with pytest.raises(DataError, match="covariance"):
        size_effects([1.0], Numbers.of([-1.0, -2.0], [[1.0, 2.0], [2.0, 1.0]]), 2.0)
    wide = Numbers.of([2.0, 2.0], [[1e4, 0.0], [0.0, 1e4]])
    for small in ([[1e-6, 2e-6], [2e-6, 1e-6]], [[-1e-6, 0.0], [0.0, 1e-6]], [[np.inf, 0.0], [0.0, 1.0]]):
        with pytest.raises(DataError, match="covariance"):
            size_effects([1.0], Numbers.of([-1.0, -2.0], small), wide)
    with pytest.raises(DataError, match="slope"):
        size_effects([1.0], Numbers.of([-1.0, -2.0]), -2.0)
    with pytest.raises(ConfigError):
        size_effects([1.0, 2.0], Numbers.of([-1.0, -2.0]), 2.0)
    with pytest.raises(ConfigError, match="co2_price"):
        size_effects([1.0], Numbers.of([-1.0, -2.0]), 2.0, cross={"co2_price": np.zeros((2, 2))})
    with pytest.raises(ConfigError):
        Infrastructure(0.0, 1.0)
    with pytest.raises(ConfigError):
        Targeted(0.0)


def test_what_a_logit_refuses() -> None:
    table = pl.DataFrame({"adopted": [0, 1, 0, 1], "covered": [0.1, 0.2, 0.3, 0.1]})
    with pytest.raises(NotIdentifiedError):
        fit_adoption(table.with_columns(covered=pl.lit(0.2)))
    with pytest.raises(NotIdentifiedError):
        fit_adoption(table.with_columns(covered=pl.col("adopted") * 0.5))
    with pytest.raises(SchemaError, match="helped"):
        fit_adoption(table, covered="helped")
    with pytest.raises(SchemaError, match="region"):
        fit_adoption(table.with_columns(region=pl.lit("north")), controls=["region"])
    with pytest.raises(NotIdentifiedError, match="collinear"):
        fit_adoption(table, controls=["covered"])
    with pytest.raises(NotIdentifiedError, match="no firms"):
        fit_adoption(table.head(0))
    with pytest.raises(NotIdentifiedError, match="none did"):
        fit_adoption(table.with_columns(adopted=pl.lit(1)))
    assert fit_adoption(table.with_columns(pl.col("adopted") == 1)).n == 4
    with pytest.raises(DataError):
        fit_adoption(table.with_columns(covered=pl.Series([0.1, 1.2, 0.3, 0.1])))
    with pytest.raises(DataError):
        fit_adoption(table.with_columns(covered=pl.Series([0.1, None, 0.3, 0.1])))


def test_exhibits_never_show_a_point_alone() -> None:
    found = policy()
    table = found.exhibit_table()
    keys = [h.key for h in table.headers]
    for name in ("abated_t", "cny_per_t", "output_cny", "gap"):
        assert keys.index(f"{name}_interval") == keys.index(name) + 1
    small = table.rows[table.row_keys.index("small_only")]
    interval = small[keys.index("abated_t_interval")].value
    assert isinstance(interval, Text)
    assert interval.en.startswith("−")
    drawing = found.figure().drawing
    assert isinstance(drawing, DotPlot)
    assert drawing.references == (0.0,)
    assert drawing.series[0].low is not None
    assert "wrong sign" in repr(found)


def test_an_assumed_slope_is_said() -> None:
    sure = size_effects([CUT], Numbers.of([-0.7, -2.0], [[0.3, 0], [0, 0.1]]), slope=2.0)
    words = adoption_policies(firms(), sure, budget_cny=SPENT).exhibit_table().notes
    assert any("assumed" in note.en for note in words)
    named = firms().rename({"co2_t": "co2"})
    again = adoption_policies(named, sure, budget_cny=SPENT, columns=replace(Columns(), co2="co2"))
    assert again.table["abated_t"][0] > 0.0
