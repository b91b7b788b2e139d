"""Why a pilot place treats no unit of the data, and what can be wrong with matching places."""

from __future__ import annotations

from collections.abc import Sequence

from dualcarbon.core.errors import DataError, NotIdentifiedError, SchemaError
from dualcarbon.core.text import Text, both
from dualcarbon.policy.faults import SHOWN
from dualcarbon.policy.lists import STATUSES, PolicyList

REASONS = {
    "absent": Text("数据中没有这个地方", "not in the data"),
    "city_group": Text("城市群成员，数据中没有", "member of a city group, not in the data"),
    "xpcc": Text("新疆生产建设兵团城市，数据中没有", "city of the Xinjiang corps (XPCC), not in the data"),
    "merged": Text("已并入他市，数据中没有", "merged into another city, not in the data"),
    "county": Text("县级单位，数据为地级市", "county-level place, the data are cities"),
    "district": Text("直辖市的区，数据为地级市", "district of a municipality, the data are cities"),
    "zone": Text("开发区，不是行政单位", "development zone, no administrative unit"),
    "province": Text("省级试点，数据更细", "province, the data are finer"),
    "below_province": Text("省以下单位，数据为省", "below the province, the data are provinces"),
    "city_column": Text("地级市试点，未指明所属城市列", "city, and no city column was named"),
    "province_column": Text("省级试点，未指明所属省份列", "province, and no province column was named"),
    "nation": Text("全国性政策，没有可比单位", "nationwide, nobody to compare with"),
    "ambiguous": Text("名称可指多个地方", "the name can mean several places"),
    "unknown": Text("不认识的地名", "unknown place"),
}
"""By key: why an entry treats no unit."""


def counted_reasons(why: Sequence[tuple[str, int]]) -> Text:
    """Why entries treat no unit, each reason with its count."""
    return Text(
        "；".join(f"{REASONS[key].zh}（{count}）" for key, count in why),
        "; ".join(f"{REASONS[key].en} ({count})" for key, count in why),
    )


def no_column(column: str, columns: Sequence[str]) -> SchemaError:
    """A column of place names is absent."""
    return SchemaError(
        Text("表中没有地名列 {c}", "the table has no place column {c}").format(c=column),
        expected=both(column),
        found=both(", ".join(columns)),
        remedy=Text(
            "用 --place 列名 指明装有地名的列（上级列用 --within、--city）",
            "name the column that holds the places with --place COLUMN (what they lie in with --within, --city)",
        ),
    )


def not_names(column: str, found: str) -> SchemaError:
    """A column of place names holds no text."""
    return SchemaError(
        Text("地名列 {c} 不是文字", "the place column {c} is not text").format(c=column),
        expected=Text("中文地名", "Chinese place names"),
        found=both(found),
        remedy=Text(
            "指明装有中文地名的列；代码须先换成名称", "name a column of Chinese names; turn codes into names first"
        ),
    )


def nameless(column: str, rows: int, first: Sequence[int]) -> DataError:
    """Some rows have no place."""
    return DataError(
        Text("地名列 {c} 有空值", "the place column {c} has empty values").format(c=column),
        expected=Text("每行都有地名", "a place in every row"),
        found=Text("{k} 行为空，前几行 {f}", "{k} rows empty, first rows {f}").format(k=rows, f=list(first)),
        remedy=Text(
            "补全或删去这些行；空地名不能当作未受处理",
            "complete or drop these rows; an empty place is not an untreated one",
        ),
    )


def twice(pairs: Sequence[tuple[str, Sequence[str]]]) -> DataError:
    """Several units of the data are one place."""
    zh = "；".join(f"{place}：{'、'.join(names[:SHOWN])}" for place, names in pairs[:SHOWN])
    en = "; ".join(f"{place}: {', '.join(names[:SHOWN])}" for place, names in pairs[:SHOWN])
    return DataError(
        Text("同一地方对应数据中的多个单位", "several units of the data are one place"),
        expected=Text("一个地方只有一个单位", "one unit per place"),
        found=Text(f"{len(pairs)} 个地方重复：{zh}", f"{len(pairs)} places matched twice: {en}"),
        remedy=Text(
            "合并为同一名称；若单位是地方内的企业或县，用 --id 指明单位列（Python 中为 unit_is_place=False）；"
            "若同名不同地，用 --within 或 --city 指明省、市列（province_column=、city_column=）",
            "give them one name; if the units are firms or counties within places, name their column with --id "
            "(unit_is_place=False in Python); if the names are the same and the places are not, name the columns of "
            "provinces or cities with --within or --city (province_column=, city_column=)",
        ),
    )


def ambiguous_units(pairs: Sequence[tuple[str, Sequence[str]]]) -> DataError:
    """Names in the data can mean several places."""
    listed = "; ".join(f"{name}: {' / '.join(places)}" for name, places in pairs[:SHOWN])
    return DataError(
        Text("数据中的地名可指多个地方", "names in the data can mean several places"),
        expected=Text("每个名称只指一个地方", "one place per name"),
        found=Text("{k} 个名称：{l}", "{k} names: {l}").format(k=len(pairs), l=listed),
        remedy=Text(
            "写全名，或用 --within 指明省份列（Python 中为 province_column=）；"
            "或用 --ambiguous leave_out（ambiguous='leave_out'）剔除这些单位并计数",
            "write full names, or name the column of provinces with --within (province_column= in Python); or drop and "
            "count these units with --ambiguous leave_out (ambiguous='leave_out')",
        ),
    )


def listed_twice(policy: PolicyList, pairs: Sequence[tuple[str, Sequence[int]]]) -> DataError:
    """The list gives one place two dates."""
    shown = "; ".join(f"{place}: {', '.join(map(str, years))}" for place, years in pairs[:SHOWN])
    return DataError(
        Text("名单 {n} 对同一地方给出多次", "the list {n} names a place more than once").format(n=policy.name),
        expected=Text("每个地方一个起始年份", "one first year per place"),
        found=Text("{k} 个地方：{s}", "{k} places: {s}").format(k=len(pairs), s=shown),
        remedy=Text("在名单中只留首次受处理的条目", "keep only the entry of first treatment in the list"),
    )


def nothing_usable(policy: PolicyList) -> NotIdentifiedError:
    """No entry of the list may be used."""
    counts = policy.places["status"].value_counts().sort("status").rows()
    asked = [s for s, _ in counts if STATUSES[s].usable]
    remedy = (
        Text(
            "核实后用 --include {s} 使用它们（Python 中为 .including({q})）",
            "check them, then use them with --include {s} (.including({q}) in Python)",
        ).format(s=" --include ".join(asked), q=", ".join(map(repr, asked)))
        if asked
        else Text(
            "用 --first-treated 指明自备的首次处理年份列（Python 中亦可用 own_list 自备名单）",
            "name a column of first treated years of your own with --first-treated (or, in Python, bring own_list)",
        )
    )
    return NotIdentifiedError(
        Text("名单 {n} 没有可用的条目", "the list {n} has no entry that may be used").format(n=policy.name),
        expected=Text("至少一条经核实的地名", "at least one entry that names a place and is verified"),
        found=both(", ".join(f"{status}: {count}" for status, count in counts) or "0"),
        remedy=remedy,
    )


def nothing_matched(policy: PolicyList, names: Sequence[str], why: Sequence[tuple[str, int]]) -> NotIdentifiedError:
    """No pilot place is in the data."""
    entries = policy.used["listed_name"].unique(maintain_order=True).to_list()
    number, reasons = policy.used.height, counted_reasons(why)
    return NotIdentifiedError(
        Text("没有匹配到任何试点", "no pilot place was matched"),
        expected=Text("试点地名，如 {e}", "places such as {e}").format(e=", ".join(entries[:SHOWN])),
        found=Text(
            f"数据中的地名如 {', '.join(names[:SHOWN])}；{number} 条未匹配：{reasons.zh}",
            f"names in the data such as {', '.join(names[:SHOWN])}; {number} entries unmatched: {reasons.en}",
        ),
        remedy=Text(
            "检查地名列（须为中文地名）与 --level；县级或省级试点须用 --county 或 --province 明示处理方式；"
            "县的数据用 --city 指明所属城市列（Python 中同名参数，city_column=）",
            "check the place column (Chinese names) and --level; say with --county or --province how county or "
            "provincial pilots count; name the column of cities of county data with --city (arguments of the same "
            "name in Python, city_column=)",
        ),
    )
