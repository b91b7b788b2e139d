"""Exhibits of one market: supply and demand of permits, trade between groups of firms."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dualcarbon.core.exhibit import Cell, DotPlot, Figure, Header, Lines, Points, Series, Table
from dualcarbon.core.text import Text
from dualcarbon.market.exhibit_words import ALL, DEFAULT, GROUP, Frame, form_of, said, scheme_text
from dualcarbon.market.faults import option
from dualcarbon.market.firms import read
from dualcarbon.market.responses import Bound, Response, response_of
from dualcarbon.market.result import Market
from dualcarbon.market.words import ResponseName

Array = NDArray[np.float64]

_TRADED = ("cap_and_trade", "performance_standard")
_SHOWN = 20
_ROUNDING = 1e-9
_REST = object()
_OTHERS = Text("其余", "Others")
_POOL = Text(
    "许可在一个池中交易，没有成对的买卖：流量 = 卖方卖出量 × 买方买入量 ÷ 总交易量。",
    "Permits trade in one pool without pairs: a flow is what the seller sells x what the buyer buys / all that is "
    "traded.",
)


def permit_curves(
    market: Market,
    *,
    response: ResponseName | Response | None = None,
    floor: Bound = 0.5,
    ceiling: Bound = 1.0,
    elasticity: float | str | None = None,
    points: int = 81,
) -> pl.DataFrame:
    """Permits that firms want to buy and to sell at prices from 0 to twice the clearing price.

    Demand is the sum of the positive, supply that of the negative parts of b - allocation. What the government auctions
    is supply at every price, what it releases at a price ceiling supply from there on, what it withholds at a price
    floor demand up to there: the two meet at the price.

    Parameters
    ----------
    market : of cap and trade or a performance standard with a price above zero
    response, floor, ceiling, elasticity : as the market was cleared
    points : prices, odd, so that the clearing price is one of them

    Returns
    -------
    polars.DataFrame : price, demand, supply

    Raises
    ------
    ConfigError
        For a scheme without permits or a price of zero.
    """
    if market.scheme not in _TRADED or not market.price > 0.0:
        option(
            "scheme",
            f"{market.scheme}, price {market.price:g}",
            Text("价格为正的许可交易市场", "a market of permits with a price above zero"),
        )
    firms, curves = response_of(response or market.response, elasticity).curves(
        read(market.table.filter(pl.col("allocation").is_not_null())), floor, ceiling
    )
    allocation, output, made, trade = (
        market.table.filter(pl.col("allocation").is_not_null())[name].to_numpy()
        for name in ("allocation", "output", "output_change", "trade")
    )
    fixed = np.ones(firms.n, dtype=np.bool_)
    fixed[slice(None) if firms.priced is None else firms.priced] = False
    total = output + made
    beta = np.divide(allocation, total, out=np.zeros_like(allocation), where=total > 0.0)
    rates = np.ascontiguousarray(firms.take(beta)) if market.scheme == "performance_standard" else np.empty(0)
    prices = market.price * np.linspace(0.0, 2.0, points)
    rows = []
    for price in prices:
        done = curves.outcome(float(price), rates, 0.0)
        given = rates * (firms.take(output) + done.output_change) if rates.size else firms.take(allocation)
        wanted = np.concatenate([done.co2 - given, trade[fixed]])
        rows.append((float(price), float(np.maximum(wanted, 0.0).sum()), float(np.maximum(-wanted, 0.0).sum())))
    found = pl.DataFrame(rows, schema=["price", "demand", "supply"], orient="row")
    released, withheld = (float(market.summary[name][0]) for name in ("released", "withheld"))
    auctioned = max(float(trade.sum()) - released + withheld, 0.0)
    return found.with_columns(
        demand=pl.col("demand") + pl.when(pl.col("price") <= market.price).then(withheld).otherwise(0.0),
        supply=pl.col("supply") + auctioned + pl.when(pl.col("price") >= market.price).then(released).otherwise(0.0),
    )


def supply_demand_figure(
    market: Market,
    *,
    frame: Frame = DEFAULT,
    number: Text | None = None,
    response: ResponseName | Response | None = None,
    floor: Bound = 0.5,
    ceiling: Bound = 1.0,
    elasticity: float | str | None = None,
) -> Figure:
    """Demand for and supply of permits against the price, and the clearing price; see `permit_curves`."""
    found = permit_curves(market, response=response, floor=floor, ceiling=ceiling, elasticity=elasticity)
    price = tuple(found["price"].to_list())
    demand, supply = (tuple((found[name] / frame.mass_scale).to_list()) for name in ("demand", "supply"))
    widest = max(*demand, *supply)
    clearing = Text("出清价格 {p}", "clearing price {p}").format(p=format(market.price, form_of([market.price])))
    return Figure(
        key=frame.key("supply_demand"),
        number=number or Text("许可供求图", "Supply and demand of permits"),
        title=Text("许可的供给与需求", "Supply of and demand for permits"),
        drawing=Lines(
            x_label=Text("许可（{u}）", "Permits ({u})").format(u=frame.mass),
            y_label=Text("价格（{u}）", "Price ({u})").format(u=frame.per_tonne),
            curves=(Points(Text("需求", "demand"), demand, price), Points(Text("供给", "supply"), supply, price)),
            references=(Points(clearing, (0.0, widest), (market.price, market.price)),),
        ),
        notes=said(market),
        source=frame.source,
        simulated=frame.simulated,
    )


def flows(market: Market, by: str) -> pl.DataFrame:
    """Permits that go from group to group where all trade meets in one pool.

    flow(i, j) = sold_i bought_j / traded: a buyer's permits come from all sellers in proportion to what they sell. All
    that is traded is the larger of what is bought and what is sold: the government sells or takes the difference.

    Returns
    -------
    polars.DataFrame : seller, buyer, permits, payment
    """
    table = market.by(by)
    sold, bought = table["sold"].to_numpy(), table["bought"].to_numpy()
    traded = max(float(sold.sum()), float(bought.sum()))
    share = sold / traded if traded > 0.0 else sold
    grid = np.outer(share, bought)
    names = table[by]
    count = len(names)
    return pl.DataFrame(
        {
            "seller": names.gather(np.repeat(np.arange(count), count)),
            "buyer": names.gather(np.tile(np.arange(count), count)),
            "permits": grid.ravel(),
            "payment": (market.price * grid).ravel(),
        }
    )


def trade_table(
    market: Market, by: str, *, frame: Frame = DEFAULT, label: Text = GROUP, number: Text | None = None
) -> Table:
    """One row per group: firms, emissions before and after, permits bought, sold and on balance, payment, partners."""
    table = market.by(by).with_columns(net=pl.col("bought") - pl.col("sold")).sort("net", descending=True)
    between = flows(market, by)
    own = dict(between.filter(pl.col("seller").eq_missing(pl.col("buyer"))).select("buyer", "permits").iter_rows())
    forms = _forms(table, frame)
    rows = tuple(
        (Cell(frame.group(row[by])), *_trade_numbers(row, own[row[by]], forms, frame)) for row in table.to_dicts()
    )
    sums = table.sum().row(0, named=True) | ({"net": 0.0, "payment": 0.0} if _balanced(table) else {})
    mass, permits = frame.mass, Text("许可", "Permits")
    return Table(
        key=frame.key("trade"),
        number=number or Text("许可交易表", "Trade in permits"),
        title=Text("按{g}：谁买谁卖", "Who buys and who sells, by {g}").format(g=Text(label.zh, label.en.lower())),
        headers=(
            Header("group", label),
            Header("firms", Text("企业", "Firms")),
            Header("co2", Text("当前", "Today"), mass, Text("CO2", "CO2")),
            Header("co2_star", Text("政策下", "Under policy"), mass, Text("CO2", "CO2")),
            Header("bought", Text("买入", "Bought"), mass, permits),
            Header("sold", Text("卖出", "Sold"), mass, permits),
            Header("net", Text("净买入", "Net bought"), mass, permits),
            Header("payment", Text("净支付", "Net payment"), frame.currency),
            Header("within", Text("组内", "Within"), Text("买入的 %", "% of bought")),
        ),
        rows=(*rows, (Cell(ALL), *_trade_numbers(sums, sum(own.values()), forms, frame))),
        notes=(
            *said(market),
            Text(
                "出清价格 {p} {u}。组内：买方的许可按各组卖出的比例来自各组时，来自本组的比重。",
                "Clearing price {p} {u}. Within: share of the permits bought that come from the group itself, where a "
                "buyer's permits come from the groups in proportion to what they sell.",
            ).format(p=format(market.price, form_of([market.price])), u=frame.per_tonne),
            *_government(market, frame),
        ),
        source=frame.source,
        simulated=frame.simulated,
        rules_after=(len(rows),),
    )


def trade_figure(
    market: Market, by: str, *, frame: Frame = DEFAULT, label: Text = GROUP, number: Text | None = None
) -> Figure:
    """Permits bought and sold by the groups that trade most, largest net buyer on top."""
    table = market.by(by).with_columns(net=pl.col("bought") - pl.col("sold"))
    table = table.sort(pl.col("bought") + pl.col("sold"), descending=True).head(_SHOWN).sort("net", descending=True)
    bought, sold, net = (tuple((table[name] / frame.mass_scale).to_list()) for name in ("bought", "sold", "net"))
    return Figure(
        key=frame.key("trade_figure"),
        number=number or Text("许可交易图", "Trade in permits"),
        title=Text("许可的买入与卖出", "Permits bought and sold"),
        drawing=DotPlot(
            items=tuple(frame.group(value) for value in table[by].to_list()),
            series=(
                Series(Text("净买入", "net bought"), net),
                Series(Text("买入", "bought"), bought, hollow=True),
                Series(Text("卖出（负）", "sold (negative)"), tuple(-v for v in sold), hollow=True),
            ),
            x_label=Text("许可（{u}）", "Permits ({u})").format(u=frame.mass),
            references=(0.0,),
        ),
        notes=(Text("{s}。", "{s}.").format(s=scheme_text(market)),),
        source=frame.source,
        simulated=frame.simulated,
    )


def flow_table(
    market: Market, by: str, *, frame: Frame = DEFAULT, label: Text = GROUP, most: int = 6, number: Text | None = None
) -> Table:
    """Permits from the groups that sell most (rows) to those that buy most (columns); see `flows`."""
    sellers, buyers, grid = _largest_flows(market, by, most)
    grid = {pair: permits / frame.mass_scale for pair, permits in grid.items()}
    form = form_of([sum(grid.values())])

    def named(value: object) -> Text:
        return _OTHERS if value is _REST else frame.group(value)

    return Table(
        key=frame.key("flows"),
        number=number or Text("许可流向表", "Flows of permits"),
        title=Text("许可从卖方{g}（行）流向买方{g}（列）", "From selling (rows) to buying {g} (columns)").format(
            g=Text(label.zh, label.en.lower())
        ),
        headers=(
            Header("seller", Text("卖方", "Seller")),
            *(
                Header("buyer_others" if b is _REST else f"buyer_{i}", named(b), frame.mass)
                for i, b in enumerate(buyers, start=1)
            ),
            Header("total", ALL, frame.mass),
        ),
        rows=tuple(
            (
                Cell(named(seller)),
                *(Cell(grid.get((seller, buyer), 0.0), form) for buyer in buyers),
                Cell(sum(grid.get((seller, buyer), 0.0) for buyer in buyers), form),
            )
            for seller in sellers
        ),
        notes=(*said(market), _POOL, *_government(market, frame)),
        source=frame.source,
        simulated=frame.simulated,
    )


def _largest_flows(
    market: Market, by: str, most: int
) -> tuple[list[object], list[object], dict[tuple[object, object], float]]:
    """Who sells most, who buys most, both with `_REST` for the others if there are any, and permits between them."""
    table = market.by(by)
    rest = [_REST] if table.height > most else []
    sellers, buyers = (
        [*table.sort(side, by, descending=[True, False]).head(most)[by].to_list(), *rest] for side in ("sold", "bought")
    )
    grid: dict[tuple[object, object], float] = {}
    for seller, buyer, permits, _ in flows(market, by).iter_rows():
        pair = seller if seller in sellers else _REST, buyer if buyer in buyers else _REST
        grid[pair] = grid.get(pair, 0.0) + permits
    return sellers, buyers, grid


def _balanced(table: pl.DataFrame) -> bool:
    """Whether what is bought is what is sold, but for rounding."""
    bought, sold = float(table["bought"].sum()), float(table["sold"].sum())
    return abs(bought - sold) <= _ROUNDING * max(bought, sold)


def _government(market: Market, frame: Frame) -> tuple[Text, ...]:
    """What firms buy from the government, or it takes from them, if anything."""
    net = float(market.table["trade"].sum())
    if _balanced(market.by("state")):
        return ()
    part = abs(net) / frame.mass_scale
    words = (
        Text("企业另从政府购得许可 {n} {u}。", "Firms buy {n} {u} of permits from the government.")
        if net > 0.0
        else Text("企业卖出的许可中，政府收回 {n} {u}。", "Of the permits sold the government takes {n} {u}.")
    )
    return (words.format(n=format(part, form_of([part])), u=frame.mass),)


def _forms(table: pl.DataFrame, frame: Frame) -> tuple[str, str]:
    """Formats of permits and of payments over all rows."""
    mass = max(float(table[name].sum()) for name in ("co2", "co2_star", "bought")) / frame.mass_scale
    paid = float(table["payment"].abs().max() or 0.0) / frame.currency_scale  # type: ignore[arg-type]
    return form_of([mass]), form_of([paid])


def _trade_numbers(row: dict[str, float], own: float, forms: tuple[str, str], frame: Frame) -> tuple[Cell, ...]:
    mass = [row[name] / frame.mass_scale for name in ("co2", "co2_star", "bought", "sold", "net")]
    return (
        Cell(int(row["firms"]), ",d"),
        *(Cell(v, forms[0]) for v in mass),
        Cell(row["payment"] / frame.currency_scale, forms[1]),
        Cell(100.0 * own / row["bought"] if row["bought"] > 0.0 else None, ".1f"),
    )
