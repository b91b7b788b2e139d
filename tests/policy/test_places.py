"""Names against the places they mean; pilots against real city names, every miss with its reason; bad input."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualcarbon.core.errors import ConfigError, DataError, NotIdentifiedError, SchemaError
from dualcarbon.core.panel import Panel
from dualcarbon.core.tables import provinces
from dualcarbon.policy import gazetteer
from dualcarbon.policy.lists import own_list, policy_list
from dualcarbon.policy.places import Match, match_places

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
BROADBAND = policy_list("broadband_china")
CHINESE = re.compile("[一-鿿]")

# Of the 119 Broadband places: 4 districts of Chongqing and 2 county-level cities are no cities; CEADs has no data on
# nine, and the county file none on Tibet.
CEADS_ABSENT = {
    *("阿坝藏族羌族自治州", "达州市", "玉溪市", "固原市", "玉林市"),
    *("南充市", "拉萨市", "林芝市", "酒泉市"),
}
FINER = {"昆山市": "county", "永城市": "county"} | {
    f"重庆市{name}区": "district" for name in ("江津", "荣昌", "九龙坡", "北碚")
}


def table(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"city": list(names)})


def pilots(*pairs: tuple[str, int]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema=["listed_name", "batch_year"], orient="row")


def first(match: Match) -> list[int | None]:
    return match.frame["first_treated"].to_list()


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("合肥", "合肥市"),
        ("安徽省 合肥市", "合肥市"),
        ("内蒙古自治区呼和浩特市", "呼和浩特市"),
        ("广西壮族自治区-南宁", "南宁市"),
        ("宁夏回族自治区固原市", "固原市"),
        ("新疆维吾尔自治区伊犁哈萨克自治州", "伊犁哈萨克自治州"),
        ("恩施州", "恩施土家族苗族自治州"),
        ("延边朝鲜族自治州", "延边朝鲜族自治州"),
        ("锡林郭勒", "锡林郭勒盟"),
        ("吉林吉林", "吉林市"),
        ("吉林市", "吉林市"),
        ("青海海南", "海南藏族自治州"),
        ("襄樊", "襄阳市"),
        ("思茅市", "普洱市"),
        ("淮阴市", "淮安市"),
        ("毕节地区", "毕节市"),
        ("新疆吐鲁番地区", "吐鲁番市"),
        ("日喀则地区", "日喀则市"),
        ("重庆", "重庆市"),
        ("昌吉", "昌吉回族自治州"),
        ("石河子", "石河子市"),
    ],
)
def test_a_name_means_one_place(name: str, place: str) -> None:
    assert [found.name for found in gazetteer.named_city(name)] == [place]


@pytest.mark.parametrize(
    "name", ["昌吉市", "和田市", "伊宁市", "昆山市", "海淀区", "安徽", "江苏省", "合肥省", "江苏合肥", ""]
)
def test_other_levels_and_wrong_provinces_mean_no_city(name: str) -> None:
    assert gazetteer.named_city(name) == ()


def test_no_two_places_share_a_spelling() -> None:
    """By brute force over every name of every place, with and without every spelling of every province."""
    fronts = ["", *(s for p in provinces() for s in (p.short.zh, p.full))]
    for place in gazetteer.cities():
        for bare in (place.name, place.short, *place.earlier):
            for front in fronts:
                found = gazetteer.named_city(front + bare)
                assert len([p for p in found if p.rank != "province"]) <= 1
    assert {p.short for p in gazetteer.cities() if len(gazetteer.named_city(p.short)) > 1} == {"吉林", "海南"}


@given(st.sampled_from(gazetteer.cities()), st.sampled_from(["", " ", "　", "-", "_"]), st.booleans(), st.booleans())
def test_every_spelling_of_a_place_leads_to_it(place: gazetteer.Place, gap: str, long: bool, full: bool) -> None:
    province = next(p for p in provinces() if p.short.zh == place.province)
    name = (province.full if long else province.short.zh) + gap + (place.name if full else place.short)
    assert gazetteer.named_city(name) == (place,)
    assert gazetteer.named_city(place.short, province.full) == (place,)


def test_a_province_column_tells_places_of_one_name_apart() -> None:
    places = pl.DataFrame({"city": ["吉林", "海南"], "province": ["吉林省", "青海"]})
    match = match_places(
        own_list(pilots(("吉林市", 2015), ("海南省", 2016))), places, "city", province_column="province"
    )  # fmt: skip
    assert first(match) == [2015, None]
    assert match.unmatched.select("listed_name", "reason").rows() == [("海南省", "province")]


def test_ambiguous_names_are_refused_or_left_out() -> None:
    names = table("吉林", "长春市", "通化市")
    with pytest.raises(DataError) as caught:
        match_places(own_list(pilots(("吉林市", 2015), ("长春市", 2016))), names, "city")
    assert "吉林市 / 吉林省" in caught.value.say("en")
    assert "province_column" in caught.value.say("zh")
    match = match_places(own_list(pilots(("长春市", 2016))), names, "city", ambiguous="leave_out")
    assert match.frame["city"].to_list() == ["长春市", "通化市"]
    assert match.ambiguous.rows() == [("吉林", "吉林市 / 吉林省")]
    assert match.units == 2


def test_an_ambiguous_entry_is_named() -> None:
    match = match_places(own_list(pilots(("吉林", 2015), ("长春", 2016))), table("长春市", "吉林市"), "city")
    assert first(match) == [2016, None]
    assert match.unmatched["reason"].to_list() == ["ambiguous"]


def ceads() -> pl.DataFrame:
    path = SHARED / "ceads_city_co2_1997_2019.csv.gz"
    if not path.is_file():
        pytest.skip("CEADs' cities are not beside the checkout")
    return pl.read_csv(path).select("city").unique().sort("city")


def county_file() -> pl.DataFrame:
    path = SHARED / "china_county_co2_1997_2017.parquet"
    if not path.is_file():
        pytest.skip("the county file is not beside the checkout")
    places = pl.read_parquet(path, columns=["county_code", "county", "city", "province"])
    return places.drop_nulls().unique().sort("county_code")


def test_broadband_in_the_ceads_cities() -> None:
    match = match_places(BROADBAND, ceads(), "city")
    assert (match.named, match.named_matched, match.units, match.treated) == (119, 103, 290, 103)
    missed = dict(match.unmatched.select("listed_name", "reason").rows())
    assert missed == {**dict.fromkeys(CEADS_ABSENT, "absent"), **FINER, "阿拉尔市": "xpcc"}
    assert match.unknown.height == match.ambiguous.height == match.several.height == 0
    assert set(match.partly["unit"]) == {"河南商丘", "重庆"}
    assert "103 of the 119" in match.notes[0].en
    assert "119 个地方中 103 个" in match.notes[0].zh


def test_broadband_in_the_cities_of_the_county_file() -> None:
    cities = county_file().select("city", "province").unique().sort("city")
    match = match_places(BROADBAND, cities, "city", province_column="province")
    assert (match.named_matched, match.units, match.treated) == (111, 353, 111)
    assert dict(match.unmatched.select("listed_name", "reason").rows()) == {
        **FINER, "拉萨市": "absent", "林芝市": "absent",
    }  # fmt: skip
    treated = match_places(BROADBAND, cities, "city", province_column="province", county="treat_city")
    assert (treated.named_matched, treated.treated) == (117, 112)
    years = dict(treated.frame.select("city", "first_treated").rows())
    assert (years["商丘市"], years["重庆市"], years["苏州市"]) == (2015, 2015, 2014)
    dropped = match_places(BROADBAND, cities, "city", province_column="province", county="drop_city")
    assert (dropped.units, dropped.treated) == (351, 110)
    assert {"商丘市", "重庆市"}.isdisjoint(dropped.frame["city"])
    assert "苏州市" in dropped.frame["city"]


def test_both_sources_agree_where_both_have_the_city() -> None:
    """The same canonical places are treated in the same years, by two independent sets of names."""
    one = match_places(BROADBAND, ceads(), "city")
    other = match_places(
        BROADBAND, county_file().select("city", "province").unique(), "city", province_column="province"
    )  # fmt: skip
    by_place = [dict(m.matched.select("place", "batch_year").rows()) for m in (one, other)]
    shared = by_place[0].keys() & by_place[1].keys()
    assert len(shared) == 103
    assert all(by_place[0][place] == by_place[1][place] for place in shared)


def test_broadband_in_the_counties() -> None:
    counties = county_file()
    match = match_places(
        BROADBAND, counties, "county", level="county", province_column="province", city_column="city"
    )  # fmt: skip
    assert set(match.unmatched["listed_name"]) == {"拉萨市", "林芝市"}
    years = match.frame.filter(pl.col("city") == "重庆市", pl.col("first_treated").is_not_null())
    assert dict(years.select("county", "first_treated").rows()) == {
        "江津区": 2015, "荣昌县": 2015, "九龙坡区": 2016, "北碚区": 2016,
    }  # fmt: skip
    shangqiu = match.frame.filter(pl.col("city") == "商丘市")
    assert dict(shangqiu.group_by("first_treated").len().rows()) == {2015: 1, 2016: shangqiu.height - 1}
    pilot_cities = match.matched.filter(pl.col("how") == "city")["place"].unique().to_list()
    inside = counties.filter(pl.col("city").is_in(pilot_cities))
    assert match.frame.filter(pl.col("city").is_in(pilot_cities))["first_treated"].null_count() == 0
    assert match.treated == inside.height + 4


def test_counties_without_a_city_column() -> None:
    counties = pl.DataFrame({"county": ["昆山市", "江阴市", "荣昌县"]})
    match = match_places(BROADBAND, counties, "county", level="county")
    assert first(match) == [2014, None, 2015]
    assert "city_column" in match.unmatched["reason"].to_list()
    twins = pl.DataFrame({"id": [1, 2, 3], "county": ["海淀区", "海淀区", "鼓楼区"], "year": [2010, 2010, 2010]})
    with pytest.raises(DataError, match="matched twice"):
        match_places(
            policy_list("innovative_city"), Panel.from_frame(twins, id="id", time="year"), "county", level="county"
        )  # fmt: skip


def test_renamed_and_upgraded_places() -> None:
    match = match_places(BROADBAND, table("襄樊市", "林芝地区", "山西大同"), "city")
    assert first(match) == [2015, 2016, None]
    assert match.matched["how"].unique().to_list() == ["renamed"]
    old = match_places(own_list(pilots(("襄樊市", 2008))), table("湖北襄阳", "湖北宜昌"), "city")
    assert (first(old), old.matched["how"].to_list()) == ([2008, None], ["renamed"])


def test_merged_places_stay_themselves() -> None:
    match = match_places(BROADBAND, table("安徽巢湖", "安徽合肥", "山东莱芜"), "city")
    assert first(match) == [None, 2015, None]
    assert any("Chaohu (2011, into Hefei, Wuhu, Ma'anshan)" in note.en for note in match.notes)
    gone = match_places(own_list(pilots(("莱芜市", 2015), ("济南市", 2016))), table("济南市", "青岛市"), "city")
    assert gone.unmatched["reason"].to_list() == ["merged"]


def test_the_corps_cities_match_where_the_data_have_them() -> None:
    match = match_places(BROADBAND, table("新疆阿拉尔", "新疆阿克苏"), "city")
    assert first(match) == [2014, None]
    low_carbon = policy_list("low_carbon").including("unverified")
    assert first(match_places(low_carbon, table("阿拉尔市", "阿克苏地区"), "city")) == [2017, None]


def test_a_county_level_city_is_not_its_prefecture() -> None:
    match = match_places(policy_list("innovative_city"), table("新疆昌吉", "乌鲁木齐市"), "city")
    assert first(match) == [None, 2016]
    missed = match.unmatched.filter(pl.col("listed_name") == "昌吉市")
    assert missed.select("inside", "reason").rows() == [("昌吉回族自治州", "county")]
    whole = match_places(policy_list("innovative_city"), table("新疆昌吉", "乌鲁木齐市"), "city", county="treat_city")
    assert first(whole) == [2016, 2016]


def test_members_of_a_city_group() -> None:
    match = match_places(BROADBAND, table("长沙市", "湘潭市", "衡阳市", "永州市"), "city")
    assert first(match) == [2014, 2014, 2016, None]
    missed = match.unmatched.filter(pl.col("reason") == "city_group")
    assert missed.select("listed_name", "place").rows() == [("长株潭城市群", "株洲市")]


def test_provincial_pilots_on_cities_by_explicit_choice() -> None:
    cities = table("河北唐山", "北京", "广东广州", "广东梅州", "河南郑州", "山西大同", "辽宁沈阳", "贵州贵阳")
    zones = policy_list("bigdata_zone")
    left = match_places(zones, cities, "city")
    assert first(left) == [None, 2016, 2016, None, None, None, 2016, None]
    assert set(left.partly["unit"]) == {"河北唐山", "河南郑州", "贵州贵阳"}
    assert any("3 units lie in a pilot province" in note.en for note in left.notes)
    treated = match_places(zones, cities, "city", province="treat_cities")
    assert first(treated) == [2016, 2016, 2016, None, 2016, None, 2016, 2016]
    dropped = match_places(zones, cities, "city", province="drop_cities")
    assert dropped.frame["city"].to_list() == ["北京", "广东广州", "广东梅州", "山西大同", "辽宁沈阳"]
    assert dropped.partly["left_out"].all()


def test_provinces() -> None:
    provinces_of_data = pl.DataFrame({"province": ["广东省", "云南", "天津市", "江苏", "Liaoning"]})
    match = match_places(policy_list("low_carbon"), provinces_of_data, "province", level="province")
    assert first(match) == [2010, 2010, 2010, None, 2010]
    assert match.unmatched.filter(pl.col("listed_name") == "深圳市")["reason"].to_list() == ["below_province"]


def test_the_earliest_of_several_entries_counts() -> None:
    match = match_places(
        policy_list("low_carbon"), table("云南昆明", "云南玉溪", "云南大理"), "city", province="treat_cities"
    )  # fmt: skip
    assert first(match) == [2010, 2010, 2010]
    assert dict(match.several.select("unit", "first_year").rows()) == {"云南昆明": 2010, "云南玉溪": 2010}


def test_a_panel_keeps_its_rows_and_gains_a_column_and_notes() -> None:
    rows = [(city, year) for city in ("苏州市", "大同市", "重庆市") for year in (2013, 2014, 2015)]
    panel = Panel.from_frame(pl.DataFrame(rows, schema=["city", "year"], orient="row"), id="city", time="year")
    match = match_places(BROADBAND, panel, "city", county="drop_city")
    assert match.panel.n == 6
    assert [(str(d.reason.en), d.rows) for d in match.panel.drops] == [
        ("holds a pilot county or lies in a pilot province", 3)
    ]
    assert match.panel.notes == match.notes
    per_city = match.frame.group_by("city").agg(pl.col("first_treated").unique())
    assert dict(per_city.rows()) == {"苏州市": [2014], "大同市": [None]}


def test_firms_lie_in_places() -> None:
    rows = [(firm, year, city) for firm, city in ((1, "苏州"), (2, "苏州市"), (3, "大同")) for year in (2013, 2014)]
    panel = Panel.from_frame(pl.DataFrame(rows, schema=["firm", "year", "city"], orient="row"), id="firm", time="year")
    with pytest.raises(DataError) as caught:
        match_places(BROADBAND, panel, "city")
    assert "1 places matched twice" in caught.value.say("en")
    match = match_places(BROADBAND, panel, "city", unit_is_place=False)
    assert first(match) == [2014, 2014, 2014, 2014, None, None]


def test_one_place_under_two_names_is_refused() -> None:
    with pytest.raises(DataError) as caught:
        match_places(BROADBAND, table("襄樊市", "湖北襄阳", "大同市"), "city")
    assert "襄阳市" in caught.value.say("en")
    assert "襄樊市" in caught.value.say("zh")


def test_one_name_of_two_units_is_refused() -> None:
    rows = pl.DataFrame({"code": [1, 2], "year": [2014, 2014], "city": ["苏州市", "苏州市"]})
    with pytest.raises(DataError, match="苏州市: 1, 2"):
        match_places(BROADBAND, Panel.from_frame(rows, id="code", time="year"), "city")


def test_a_list_that_names_a_place_twice_is_refused() -> None:
    with pytest.raises(DataError, match="2015, 2019"):
        match_places(own_list(pilots(("苏州市", 2015), ("江苏苏州", 2019))), table("苏州市"), "city")


def test_a_county_of_the_users_own_list() -> None:
    mine = pl.DataFrame(
        {"listed_name": ["江阴市"], "batch_year": [2018], "prefecture": ["无锡市"], "level": ["county_level"]}
    )  # fmt: skip
    match = match_places(own_list(mine), table("无锡", "苏州"), "city", county="treat_city")
    assert first(match) == [2018, None]


def test_unknown_units_are_counted() -> None:
    match = match_places(BROADBAND, table("苏州市", "哥谭市"), "city")
    assert match.unknown["unit"].to_list() == ["哥谭市"]
    assert any("哥谭市" in note.en for note in match.notes)


def test_categorical_names_and_row_order() -> None:
    frame = table("大同市", "苏州市", "大同市").with_columns(
        pl.col("city").cast(pl.Categorical), row=pl.Series([3, 1, 2])
    )
    match = match_places(BROADBAND, frame, "city")
    assert match.frame["row"].to_list() == [3, 1, 2]
    assert first(match) == [None, 2014, None]
    assert match.frame["city"].dtype == pl.Categorical


@pytest.mark.parametrize(
    ("frame", "column", "error", "says"),
    [
        (table("苏州市"), "place", SchemaError, "place"),
        (pl.DataFrame({"city": [320500]}), "city", SchemaError, "320500"),
        (table("苏州市", ""), "city", DataError, "1 rows empty"),
        (pl.DataFrame({"city": ["苏州市", None]}), "city", DataError, "1 rows empty"),
        (table("大同市", "临汾市"), "city", NotIdentifiedError, "not in the data"),
        (pl.DataFrame({"city": ["苏州市"], "first_treated": [1]}), "city", ConfigError, "first_column"),
    ],
)
def test_bad_tables(frame: pl.DataFrame, column: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error) as caught:
        match_places(BROADBAND, frame, column)
    assert says in str(caught.value)
    assert any("一" <= letter <= "鿿" for letter in str(caught.value))


@pytest.mark.parametrize(
    ("option", "value"), [("level", "town"), ("county", "maybe"), ("province", "maybe"), ("ambiguous", "guess")]
)  # fmt: skip
def test_bad_choices(option: str, value: str) -> None:
    with pytest.raises(ConfigError, match=option):
        match_places(BROADBAND, table("苏州市"), "city", **{option: value})  # type: ignore[arg-type]


def test_a_list_without_usable_entries_is_refused() -> None:
    with pytest.raises(NotIdentifiedError, match=r"including\('unverified'\)"):
        match_places(policy_list("ets_start"), table("深圳市"), "city")
    with pytest.raises(NotIdentifiedError, match="own_list"):
        match_places(policy_list("smart_city_count"), table("深圳市"), "city")
    match = match_places(policy_list("ets_start").including("unverified"), table("深圳市", "苏州市"), "city")
    assert first(match) == [2013, None]
    assert match.unmatched.filter(pl.col("reason") == "nation").height == 1


def test_the_panel_of_a_plain_frame_is_refused() -> None:
    with pytest.raises(ConfigError, match="plain frame"):
        _ = match_places(BROADBAND, table("苏州市", "大同市"), "city").panel


def test_many_names_end_in_words_and_are_translated() -> None:
    pilots_ = own_list(pilots(("广东省", 2015), ("苏州市", 2015)).with_columns(level=pl.Series(["province", "city"])))
    names = ("苏州市", "广州市", "深圳市", "珠海市", "佛山市", "惠州市", "东莞市")
    (note,) = [n for n in match_places(pilots_, table(*names), "city").notes if "lie in a pilot province" in n.en]
    assert note.en.startswith("6 units") and " and others." in note.en and "Guangzhou" in note.en
    assert not CHINESE.search(note.en) and "等。" in note.zh


def test_reasons_are_told_apart() -> None:
    note = match_places(BROADBAND, table("苏州市", "大同市"), "city").notes[0]
    assert "district of a municipality, the data are cities (4); " in note.en and "数据为地级市（4）；" in note.zh
