"""The study: what it concludes from given numbers, where its cities come from, and what its report holds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from dualcarbon import policy
from dualcarbon.core.errors import ConfigError, DualcarbonError, InputError, SchemaError
from dualcarbon.core.exhibit import Document, Figure, Table
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text
from dualcarbon.engines.threads import Threads
from dualcarbon.policy.checks.side_by_side import Attempt
from dualcarbon.policy.simulated import simulate_cities
from dualcarbon.studies.broadband_china.analysis import Checked, Estimated, check, estimate
from dualcarbon.studies.broadband_china.config import BroadbandStudy
from dualcarbon.studies.broadband_china.document import build_document, exhibits
from dualcarbon.studies.broadband_china.main import main
from dualcarbon.studies.broadband_china.samples import Cities, sources
from dualcarbon.studies.broadband_china.source import CEADS_FILE
from dualcarbon.studies.broadband_china.verdict import ALL_BEFORE, LAST_BEFORE, verdict
from dualcarbon.studies.config import shipped

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "data"
CONFIG = shipped("broadband_china", BroadbandStudy)
SMALL = CONFIG.model_copy(update={"study": CONFIG.study.model_copy(update={"draws": 19})})
# Estimates of the real data as printed in the report and in docs/methodology/broadband_china.md: four decimals.
PRINTED = 5e-5
CHINESE = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def small() -> Cities:
    drawn = simulate_cities(90, (2009, 2018), seed=5)
    panel = drawn.panel.with_columns(pl.col("ln_co2").alias(CONFIG.policy.outcome))
    return Cities("simulated", Text("模拟城市", "simulated cities"), panel, "province", drawn.truth)


@pytest.fixture(scope="module")
def estimated(small: Cities) -> Estimated:
    return estimate(small, SMALL)


@pytest.fixture(scope="module")
def checked(small: Cities, estimated: Estimated) -> Checked:
    return check(estimated, (small,), SMALL, Threads())


@pytest.fixture(scope="module")
def document(small: Cities, estimated: Estimated, checked: Checked) -> Document:
    return build_document((small,), estimated, checked, (Text("编制", "made"),))


def given(
    base: policy.Effect,
    main: float,
    *,
    pre: float = 0.5,
    early: tuple[float, ...] = (0.0, 0.0, 0.0),
    breakdown: float = 1.0,
    others: dict[str, float] | None = None,
) -> tuple[Text, ...]:
    """The verdict where effects are given as multiples of their standard error and the pre-test by its p value."""

    def at(t: float, key: str = "x") -> Attempt:
        effect = replace(base, att=t * 0.01, se=0.01, df=float("inf"), label=Text(key, key), pre_test=None)
        return Attempt(key, Text(key, key), Text("组", "group"), effect, None)

    assert base.pre_test is not None
    first = replace(cast(policy.Effect, at(main).effect), pre_test=replace(base.pre_test, p=pre))
    compared = {"callaway_santanna": main} | (others or {})
    found = SimpleNamespace(
        main=first,
        compared=SimpleNamespace(done=tuple(at(t, key) for key, t in compared.items())),
        honest=(SimpleNamespace(breakdown=0.0), SimpleNamespace(breakdown=breakdown)),
    )
    dated = (at(main, "true"), *(at(t, f"shift_{k}") for k, t in enumerate(early, start=1)))
    return verdict(cast(Any, found), cast(Any, SimpleNamespace(in_time=SimpleNamespace(done=dated))))


def test_an_effect_is_shown_only_where_nothing_speaks_against_it(estimated: Estimated) -> None:
    (last,) = given(estimated.main, -4.0)
    assert "significantly below zero and parallel trends are not rejected" in last.en and "显著为负" in last.zh
    (last,) = given(estimated.main, 4.0)
    assert "significantly above zero" in last.en and "显著为正" in last.zh


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"pre": 0.012}, "rejects parallel trends (p = 0.012)"),
        ({"early": (0.0, -3.0, 2.5)}, "2 of 3 earlier datings"),
        ({"early": (-3.0,)}, "1 of 1 earlier datings"),
        ({"breakdown": 0.0}, "As soon as trends may differ at all"),
    ],
)
def test_each_doubt_forbids_a_causal_reading(estimated: Estimated, options: dict[str, Any], why: str) -> None:
    doubt, last = given(estimated.main, -4.0, **options)
    assert why in doubt.en and "cannot be read as causal" in last.en and "不能读作因果效应" in last.zh


def test_no_effect_shown_is_not_no_effect(estimated: Estimated) -> None:
    (last,) = given(estimated.main, 0.5)
    assert "do not show" in last.en and "effects from −0.0146 to 0.0246 are not ruled out" in last.en
    assert "未被排除" in last.zh and "causal" not in last.en
    *_, last = given(estimated.main, 0.5, pre=0.01)
    assert "do not show" in last.en and "neither this interval nor significant results" in last.en


def test_disagreement_is_explained_by_the_base_only_where_it_is_the_base(estimated: Estimated) -> None:
    parted = dict.fromkeys(ALL_BEFORE, -3.0) | dict.fromkeys(LAST_BEFORE, 0.5) | {"synthetic": 0.3}
    said, why, _ = given(estimated.main, 0.5, others=parted)
    assert "significantly below zero by imputation" in said.en and "not significant by callaway_santanna" in said.en
    assert "on one side" in why.en
    mixed = {"imputation": 0.2, "sun_abraham": -3.0, "twfe": -3.0}
    said, last = given(estimated.main, 0.5, others=mixed)
    assert "not significant by callaway_santanna, imputation" in said.en and "Conclusion" in last.en
    opposite, *_ = given(estimated.main, -4.0, others={"twfe": 4.0})
    assert "below zero by callaway_santanna" in opposite.en and "above zero by twfe" in opposite.en
    assert len(given(estimated.main, -4.0, others={"twfe": -3.0})) == 1


def test_the_bases_name_estimators_that_exist() -> None:
    assert set(ALL_BEFORE + LAST_BEFORE) < set(policy.registry.names()) and not set(ALL_BEFORE) & set(LAST_BEFORE)


def test_simulated_cities_where_no_folder_is_found() -> None:
    (found,) = sources(CONFIG, None)
    assert found.truth is not None and found.panel.provenance.simulated and found.province == "province"
    match = found.matched(CONFIG)
    assert (match.named, match.named_matched, match.units) == (119, 109, 297)
    dates = match.frame["first_treated"].fill_null(0).to_list()
    assert dates == found.panel.frame["first_treated"].fill_null(0).to_list()


def test_matching_of_the_publishers_files() -> None:
    if not SHARED.is_dir():
        pytest.skip("the publishers' files are not beside the checkout")
    summed, ceads = sources(CONFIG, SHARED)
    counts = {c.key: (m.named_matched, m.units, m.treated) for c in (summed, ceads) for m in [c.matched(CONFIG)]}
    assert counts == {"summed": (111, 353, 111), "ceads": (103, 288, 103)}


def test_a_source_may_lack_the_provinces(small: Cities) -> None:
    found = replace(small, province=None).matched(CONFIG)
    assert found.named_matched == small.matched(CONFIG).named_matched


def test_the_estimates_hold_what_was_planted(small: Cities, estimated: Estimated) -> None:
    assert small.truth is not None
    low, high = estimated.main.interval
    assert low < small.truth.att < high and estimated.main.label in {a.label for a in estimated.compared.done}
    assert [a.key for a in estimated.compared.refused] == ["matched"]


def test_every_exhibit_is_there_once(document: Document) -> None:
    items = exhibits(document)
    keys = [item.key for item in items]
    assert len(set(keys)) == len(keys)
    for key in (
        "table_2_3", "policy_lists", "match_broadband_china", "policy_design", "policy_effect", "figure_event_study",
        "estimators_compared", "bacon", "placebo_in_units", "placebo_in_time", "one_left_out", "concurrent_policies",
        "robustness", "truth",
    ):  # fmt: skip
        assert key in keys
    assert all(item.simulated for item in items if item.key not in ("table_2_3", "policy_lists"))


def test_what_the_match_has_to_say_is_said_once(document: Document, estimated: Estimated) -> None:
    notes = [note for item in exhibits(document) if isinstance(item, Table | Figure) for note in item.notes]
    assert all(notes.count(note) == 1 for note in estimated.match.notes)


def test_tables_and_figures_are_numbered_through(document: Document) -> None:
    for kind, word in ((Table, "Table"), (Figure, "Figure")):
        numbers = [item.number.en for item in exhibits(document) if isinstance(item, kind)]
        assert numbers == [f"{word} {k + 1}" for k in range(len(numbers))]


def test_every_word_is_in_both_languages(document: Document) -> None:
    for item in exhibits(document):
        texts = (item.title, item.number, *item.notes)
        assert all("unit" not in text.zh.split() for text in texts), item.key
        assert not any("ln_co2" in text.en for text in texts), item.key
        assert not [text.en for text in texts if CHINESE.search(text.en)], item.key


def test_a_main_estimator_that_cannot_answer_says_why(small: Cities) -> None:
    treated = small.matched(CONFIG).frame.filter(pl.col("first_treated").is_not_null()).drop("first_treated")
    panel = Panel.from_frame(treated, id="city", time="year", schema="city")
    with pytest.raises(DualcarbonError, match="never-treated"):
        estimate(Cities("own", Text("自有", "own"), panel, "province"), SMALL)


@pytest.mark.parametrize(("rows", "what"), [("北京,2006,abc", "not numeric"), ("北京,2006年,1.0", "not numeric")])
def test_a_file_that_is_not_the_publishers(tmp_path: Path, rows: str, what: str) -> None:
    (tmp_path / CEADS_FILE).write_text(f"city,year,co2_mt_ceads\n{rows}\n", encoding="utf-8")
    with pytest.raises(SchemaError, match=what):
        main(rows=None, data=tmp_path, out=tmp_path / "out", seed=None, drop=False, quiet=True)
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_options_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--rows"):
        main(rows=5000, data=None, out=tmp_path, seed=None, drop=False, quiet=True)
    with pytest.raises(InputError, match="no city emissions"):
        main(rows=None, data=tmp_path, out=tmp_path, seed=None, drop=False, quiet=True)
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_the_whole_study_on_the_publishers_files(tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("the publishers' files are not beside the checkout")
    finished = main(rows=None, data=SHARED, out=tmp_path, seed=None, drop=False, quiet=True)
    names = {path.name for path in finished.folder.iterdir()}
    assert {f"report.{lang}.{kind}" for lang in ("zh", "en") for kind in ("pdf", "html", "docx", "xlsx")} <= names
    english = [remark.en for remark in finished.remarks]
    assert any("111 of the 119 places" in remark for remark in english)
    assert any("rejects parallel trends (p = 0.012)" in remark for remark in english)
    assert any("2 of 3 earlier datings" in remark for remark in english)
    assert english[-1].startswith("Conclusion: these data do not show") and "causal" in english[-1]
    found = estimate(sources(CONFIG, SHARED)[0], CONFIG)
    values = {a.key: a.effect.att for a in found.compared.done if a.effect is not None}
    assert values["twfe"] == pytest.approx(-0.0511, abs=PRINTED)
    assert values["callaway_santanna"] == pytest.approx(0.0037, abs=PRINTED)
