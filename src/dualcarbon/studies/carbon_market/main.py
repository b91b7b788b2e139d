"""A carbon market of US fossil plants on their own frontier; sizes of emitters in the EU market."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import Field

from dualcarbon import frontier, market
from dualcarbon.core.errors import ConfigError, InfeasibleError
from dualcarbon.core.exhibit import Chapter, Document, Exhibit
from dualcarbon.core.files import require_readable
from dualcarbon.core.panel import Panel
from dualcarbon.core.technology import Direction, Technology
from dualcarbon.core.text import LANGUAGES, Text, both
from dualcarbon.market.comparison import POLICIES
from dualcarbon.market.exhibit_words import Frame
from dualcarbon.studies.carbon_market import sizes
from dualcarbon.studies.config import Strict, shipped
from dualcarbon.studies.finished import Finished
from dualcarbon.studies.panels import verdict
from dualcarbon.studies.progress import Bar, Reporter, Silent
from dualcarbon.studies.rendering import colophon, render_step
from dualcarbon.studies.run import Run
from dualcarbon.studies.store import Done, Objects, file_sha256
from dualcarbon.studies.us_power.main import FUELS, PowerStudy, find, plants

GROUP = "main_fuel"
FUEL = Text("主要燃料", "Main fuel")
FRAME = Frame(
    currency=Text("十亿千瓦时", "TWh"),
    mass=Text("百万吨", "Mt"),
    per_tonne=Text("千瓦时/吨", "kWh/t"),
    currency_scale=1e9,
    mass_scale=1e6,
    groups=dict(FUELS.values()),
    source=Text("美国能源信息署、世界资源研究所，dualcarbon 计算", "US EIA and WRI, computed by dualcarbon"),
    prefix="carbon_market",
)
_WORK = 20.0


class StudyPart(Strict):
    """Year, cap and bounds."""

    name: str
    year: int
    cap: float = Field(gt=0.0, le=1.0)
    floor: float = Field(ge=0.0, le=1.0)
    ceiling: float = Field(ge=1.0)


class SizesPart(Strict):
    """The file of the EU market, beside that of the plants."""

    file: str
    years: tuple[int, ...]
    small_t: float = Field(gt=0.0)


class MarketStudy(Strict):
    """The study file."""

    study: StudyPart
    sizes: SizesPart


@dataclass(frozen=True, slots=True)
class Cleared:
    """Policies on the quadratic frontier, the market on constant prices, and the verdicts on the frontiers.

    `dear` is the share of priced CO2 in plants that lose more power per tonne abated than they make per tonne emitted;
    `least` the lowest emissions a performance standard by fuel reaches where it cannot reach the cap, else None.
    """

    comparison: market.Comparison
    step: market.Market
    verdict: Text
    dear: float
    least: Text | None


def main(*, rows: int | None, data: Path | None, out: Path, seed: int | None, drop: bool, quiet: bool) -> Finished:
    """Run the study on the user's plant file, or the first one found where `us_power` looks; unusable rows drop.

    Raises
    ------
    ConfigError
        For rows or a seed: nothing is simulated.
    InputError
        If there is no file of plants.
    """
    start = time.perf_counter()
    _require_nothing_simulated(rows, seed)
    config = shipped("carbon_market", MarketStudy)
    file = data if data is not None else find(shipped("us_power", PowerStudy))
    require_readable(file)
    accounts = file.parent / config.sizes.file
    files = {one.name: file_sha256(one) for one in (file, accounts) if one.is_file()}
    with ExitStack() as stack:
        reporter: Reporter = Silent() if quiet else stack.enter_context(Bar(_WORK))
        options: dict[str, object] = {"config": config.model_dump(mode="json"), "data": files}
        run = stack.enter_context(Run("carbon_market", options, out, reporter, inputs=files))
        panel = plants(file)
        done = run.step(
            "market",
            Text("前沿与市场", "frontier and market"),
            lambda: cleared(panel, config),
            Objects[Cleared](),
            options=options,
            rows=panel.n,
            weight=10.0,
        )
        chapters = [_plants_chapter(panel, done.value, config)]
        if accounts.is_file():
            chapters.append(_sizes_chapter(accounts, config))
        reports = _write(run, chapters, done)
    shown = sum(len(chapter.exhibits) for chapter in chapters)
    remarks = () if accounts.is_file() else (_WITHOUT.format(f=config.sizes.file),)
    return Finished(run.finish(), reports, shown, time.perf_counter() - start, remarks)


_WITHOUT = Text(
    "电厂文件旁没有 {f}：略去欧盟市场的规模分布",
    "{f} does not lie beside the plant file: sizes in the EU market left out",
)


def cleared(panel: Panel, config: MarketStudy) -> Cleared:
    """The market of one year from the quadratic frontier of each fuel, and from its prices alone."""
    asked, part = shipped("us_power", PowerStudy).technology, config.study
    technology = Technology(asked.inputs, asked.good, asked.bad, "variable", group_by=(GROUP,), reference="global")
    result = frontier.fit(panel, technology, Direction.proportional(), "quadratic")
    firms = market.firms_of(result, panel, period=part.year)
    cap = part.cap * float(firms["co2"].sum())
    response = market.Quadratic(missing="exclude")
    bounds = {"floor": part.floor, "ceiling": part.ceiling}
    least = _standard_stops(firms, cap, bounds)
    found = market.compare(
        firms,
        cap=cap,
        by=(GROUP,),
        policies=[name for name in POLICIES if least is None or name != "performance_standard"],
        response=response,
        benchmark_by=GROUP,
        floor=part.floor,
        ceiling=part.ceiling,
    )
    step = market.clear(firms, cap=cap, response="step", floor=part.floor, ceiling=part.ceiling)
    return Cleared(found, step, verdict(result), _dear(firms), least)


def _standard_stops(firms: pl.DataFrame, cap: float, bounds: dict[str, float]) -> Text | None:
    """Why a performance standard by fuel does not reach the cap; None where it does."""
    try:
        market.clear(
            firms,
            cap=cap,
            scheme="performance_standard",
            response=market.Quadratic(missing="exclude"),
            benchmark_by=GROUP,
            floor=bounds["floor"],
            ceiling=bounds["ceiling"],
        )
    except InfeasibleError as error:
        return Text(*(re.sub(r"\d{4,}", _grouped, error.expected.get(language)) for language in LANGUAGES))
    return None


def _grouped(digits: re.Match[str]) -> str:
    """A whole number with its thousands apart."""
    return f"{int(digits[0]):,}"


def _dear(firms: pl.DataFrame) -> float:
    priced = firms.filter(pl.col("mac").is_finite() & (pl.col("mac") > 0.0))
    dear = priced.filter(pl.col("mac") > pl.col("output") / pl.col("co2"))
    return float(dear["co2"].sum()) / float(priced["co2"].sum())


def exhibits(found: Cleared, config: MarketStudy) -> tuple[Exhibit, ...]:
    """Policies, winners, trade and savings by fuel, supply and demand."""
    from dualcarbon.market import exhibits as pictures
    from dualcarbon.market import exhibits_policies as policies
    from dualcarbon.market import exhibits_savings as saved

    trade, cut = found.comparison.markets["cap_and_trade"], found.comparison.markets["uniform"]
    part = config.study
    response = market.Quadratic(missing="exclude")
    return (
        policies.policy_table(found.comparison, frame=FRAME, number=_table(1)),
        pictures.supply_demand_figure(
            trade, frame=FRAME, number=_figure(1), response=response, floor=part.floor, ceiling=part.ceiling
        ),
        policies.policy_firms_table(found.comparison, frame=FRAME, number=_table(2)),
        policies.policy_groups_table(found.comparison, GROUP, frame=FRAME, label=FUEL, number=_table(3)),
        pictures.trade_table(trade, GROUP, frame=FRAME, label=FUEL, number=_table(4)),
        saved.savings_table(trade, cut, GROUP, frame=FRAME, label=FUEL, number=_table(5)),
        saved.savings_figure(trade, cut, GROUP, frame=FRAME, number=_figure(2)),
    )


def _table(number: int) -> Text:
    return Text("表 {n}", "Table {n}").format(n=number)


def _figure(number: int) -> Text:
    return Text("图 {n}", "Figure {n}").format(n=number)


def _require_nothing_simulated(rows: int | None, seed: int | None) -> None:
    if rows is None and seed is None:
        return
    raise ConfigError(
        Text("carbon_market 不模拟数据", "carbon_market simulates nothing"),
        expected=Text("不给 --rows 与 --seed", "no --rows and no --seed"),
        found=both(f"--rows {rows}, --seed {seed}"),
        remedy=Text("去掉它们，用 --data 指明电厂文件", "leave them out and name the plant file with --data"),
    )


def _plants_chapter(panel: Panel, found: Cleared, config: MarketStudy) -> Chapter:
    trade = found.comparison.markets["cap_and_trade"]
    one = trade.summary.row(0, named=True)
    return Chapter(
        Text("美国火电厂的碳市场", "A carbon market of US fossil plants"),
        (
            Text(
                "{d}；{y} 年 {n} 个电厂，按主要燃料各估一个二次型前沿。边际减排成本以少发的电量计。"
                "总量为当年 CO2 的 {c:.0f} %，每个电厂在当前的 {a:.0f} % 与 {b:.0f} % 之间。",
                "{d}; {n} plants in {y}, one quadratic frontier per main fuel. The marginal abatement cost is counted "
                "in power not generated. The cap is {c:.0f} % of the year's CO2, each plant between {a:.0f} % and "
                "{b:.0f} % of its own.",
            ).format(
                d=panel.provenance.name,
                n=f"{trade.table.height:,}",
                y=config.study.year,
                c=100.0 * config.study.cap,
                a=100.0 * config.study.floor,
                b=100.0 * config.study.ceiling,
            ),
            Text(
                "出清价格 {p:,.0f} 千瓦时/吨；只用价格水平（阶梯响应）时为 {s:,.0f}。"
                "没有价格的电厂占 CO2 的 {x:.1f} %，停留在当前排放。前沿的判定：{v}。",
                "The price clears at {p:,.0f} kWh/t; on the level of MAC alone (step response) at {s:,.0f}. Plants "
                "without a price hold {x:.1f} % of CO2 and stay as they are. Verdicts on the frontiers: {v}.",
            ).format(p=trade.price, s=found.step.price, x=100.0 * one["share_co2_excluded"], v=found.verdict),
            *_standard(found),
        ),
        exhibits(found, config),
    )


def _standard(found: Cleared) -> tuple[Text, ...]:
    """Why the performance standard is not shown, if it is not."""
    if found.least is None:
        return ()
    return (
        Text(
            "按燃料的可交易绩效标准达不到这一总量（{l} 吨），故未列出：{d:.0f} % 的有价 CO2 "
            "出自每减一吨所失电量多于平均每吨发电量的电厂，对它们按发电量给许可等于鼓励扩张。",
            "A tradable performance standard by fuel does not reach this cap ({l} t) and is not shown: {d:.0f} % of "
            "priced CO2 is in plants that lose more power per tonne abated than they make per tonne emitted; permits "
            "per unit of power reward them for expanding.",
        ).format(l=found.least, d=100.0 * found.dear),
    )


def _sizes_chapter(accounts: Path, config: MarketStudy) -> Chapter:
    found = sizes.sizes(accounts, config.sizes.years, config.sizes.small_t)
    last = found.row(-1, named=True)
    return Chapter(
        Text("排放者的规模：欧盟市场", "Sizes of emitters: the EU market"),
        (
            Text(
                "{y} 年最大的 1 % 账户占核查排放的 {a:.1f} %；"
                "低于 {s:,.0f} 吨的账户占账户数的 {n:.1f} %，占排放的 {e:.1f} %。",
                "In {y} the largest 1 % of the accounts hold {a:.1f} % of verified emissions; those below {s:,.0f} t "
                "are {n:.1f} % of the accounts and {e:.1f} % of the emissions.",
            ).format(
                y=last["year"],
                a=100.0 * last["share_top1"],
                s=config.sizes.small_t,
                n=100.0 * last["small_accounts"],
                e=100.0 * last["small_share"],
            ),
        ),
        (sizes.sizes_table(found, config.sizes.small_t), sizes.sizes_figure(found)),
    )


def _write(run: Run, chapters: list[Chapter], done: Done[Cleared]) -> tuple[Path, ...]:
    for chapter in chapters:
        for exhibit in chapter.exhibits:
            run.place(render_step(run, exhibit, (done,), weight=0.5), "exhibits")
    document = Document(
        key="report",
        title=Text("真实电厂的碳市场", "A carbon market of real plants"),
        subtitle=Text(
            "由前沿估计出清；附欧盟市场的规模分布", "Cleared from the estimated frontier; with sizes in the EU market"
        ),
        abstract=chapters[0].paragraphs[1:],
        chapters=tuple(chapters),
        colophon=colophon(run),
        simulated=False,
    )
    reports = run.place(render_step(run, document, (done,), weight=5.0))
    return tuple(path for path in reports if path.suffix in (".pdf", ".html"))
