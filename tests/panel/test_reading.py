from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from dualcarbon.core.errors import DualcarbonError, InputError, SchemaError
from dualcarbon.panel import read
from dualcarbon.panel.formats import known_extensions, sha256_of

Watch = Callable[[Path], Path]


@pytest.fixture
def written(tmp_path: Path, unchanged: Watch) -> Callable[..., Path]:
    """A file of the given text or bytes that must survive the test unchanged."""

    def write(content: str | bytes, name: str = "firms.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return unchanged(path)

    return write


def fails(kind: type[DualcarbonError], path: Path, zh: str, en: str, **how: object) -> DualcarbonError:
    """The error of a read, after its words in both languages were checked."""
    with pytest.raises(kind) as caught:
        read(path, **how)  # type: ignore[arg-type]
    assert zh in caught.value.say("zh")
    assert en in caught.value.say("en")
    return caught.value


HEAD = "firm_id,year,output_cny\n"


def test_keys_are_sorted_codes_keep_their_zeros_and_provenance_is_told(written: Callable[..., Path]) -> None:
    path = written(HEAD + "010,2015,3\n001,2016,2.5\n001,2015,1e3\n")
    panel = read(path)
    assert panel.frame.rows() == [("001", 2015, 1000.0), ("001", 2016, 2.5), ("010", 2015, 3.0)]
    assert panel.frame.dtypes == [pl.String, pl.Int64, pl.Float64]
    assert (panel.id, panel.time, panel.schema.name) == ("firm_id", "year", "firm")
    assert panel.provenance.sha256 == sha256_of(path)
    assert panel.provenance.name.zh == "firms.csv"
    assert not panel.provenance.simulated


def test_missing_file_names_the_near_ones(written: Callable[..., Path]) -> None:
    path = written(HEAD + "1,2015,3\n", "firms2015.csv")
    fails(InputError, path.with_name("firm2015.csv"), "相近的有：firms2015.csv", "near names: firms2015.csv")
    fails(InputError, path.parent, "是文件夹", "is a folder")


def test_unknown_extension_lists_the_known(written: Callable[..., Path]) -> None:
    error = fails(
        InputError, written("x", "firms.sav"), "不认识的文件类型：firms.sav", "unknown kind of file: firms.sav"
    )
    for extension in (".csv", ".tsv", ".parquet", ".dta", ".xlsx", ".xls"):
        assert extension in known_extensions()
        assert extension in error.expected.en


@pytest.mark.parametrize("name", ["firms.csv", "firms.dta", "firms.xlsx", "firms.parquet", "firms.tsv"])
def test_empty_file(written: Callable[..., Path], name: str) -> None:
    fails(InputError, written(b"", name), "是空文件", "is empty")


@pytest.mark.parametrize("name", ["firms.dta", "firms.xlsx", "firms.parquet", "firms.csv.gz"])
def test_content_that_is_not_what_the_extension_says(written: Callable[..., Path], name: str) -> None:
    fails(InputError, written(b"this is not a table at all\n" * 20, name), f"{name} 无法读取", f"{name} cannot be read")


def test_header_only(written: Callable[..., Path]) -> None:
    fails(InputError, written(HEAD), "只有表头", "a header and no rows")


def test_wrong_separator_says_which_would_do(written: Callable[..., Path]) -> None:
    path = written("firm_id;year;output_cny\n1;2015;2\n2;2015;3\n")
    fails(InputError, path, "分隔时有 3 列", "split by ';' the file has 3 columns", separator=",")
    assert read(path).n == 2
    assert read(path, separator=";").n == 2


def test_no_separator_at_all(written: Callable[..., Path]) -> None:
    fails(InputError, written("firm_id\n1\n2\n"), "只读出一列", "one column only: wrong separator")


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_separator_is_detected(written: Callable[..., Path], separator: str) -> None:
    text = (HEAD + "1,2015,3\n2,2015,4\n").replace(",", separator)
    assert read(written(text, "firms.txt")).frame["output_cny"].to_list() == [3.0, 4.0]


def test_rows_of_other_length_are_named(written: Callable[..., Path]) -> None:
    long = written(HEAD + "1,2015,3\n2,2015,4,5\n", "long.csv")
    fails(InputError, long, "1 行不符，前几行（行号: 字段数）3: 4", "1 rows differ, first (line: fields) 3: 4")
    cut = written(HEAD + "1,2015,3\n2,20", "cut.csv")
    fails(InputError, cut, "是否被截断", "1 rows differ, first (line: fields) 3: 2")


def test_quoted_separators_and_line_ends_are_text(written: Callable[..., Path]) -> None:
    text = 'firm_id,year,output_cny,name\r\n1,2015,3,"a, b"\r\n2,2015,4,"c ""d"""\r\n'
    assert read(written(text)).frame["name"].to_list() == ["a, b", 'c "d"']
    assert read(written(text.replace("\r\n", "\r").replace('"', "").replace("a, b", "a"), "mac.csv")).n == 2


def test_duplicated_column_names(written: Callable[..., Path]) -> None:
    path = written("firm_id,year,output_cny,coal_t,coal_t\n1,2015,1,2,3\n")
    fails(InputError, path, "重复列名", "'coal_t' x 2")


def test_every_fault_of_the_columns_in_one_error(written: Callable[..., Path]) -> None:
    path = written("企业代码,工业总产值,营业收入,煤炭消费量,从业人数\n1,2,3,4,5\n")
    error = fails(SchemaError, path, "缺少必需列 year（年份）", "the required column year (Year) is missing")
    assert "列 output_cny 有多个候选：'工业总产值', '营业收入'" in error.found.zh
    assert "the column output_cny has several candidates" in error.found.en
    assert "列 coal_t（文件中的 '煤炭消费量'）未声明单位" in error.found.zh
    assert "no unit is declared for employees_person ('从业人数' in the file)" in error.found.en
    assert "1e4_t" in error.found.en
    assert "[data.columns] and [data.units]" in error.remedy.en


def test_aliases_match_in_any_case_width_and_space(written: Callable[..., Path]) -> None:
    path = written(" ＦＩＲＭ ,Year,Coal（万吨）, 年末 从业人数 （人）\n7,2015,2,30\n")
    panel = read(path)
    assert panel.frame.select("firm_id", "year", "employees_person", "coal_t").rows() == [("7", 2015, 30.0, 20000.0)]


def test_a_unit_in_the_header_counts_and_the_caller_goes_first(written: Callable[..., Path]) -> None:
    path = written("企业代码,年份,工业总产值（千元）,用电量[万千瓦时]\n1,2015,2.5,3\n")
    assert read(path).frame.select("output_cny", "power_kwh").row(0) == (2500.0, 30000.0)
    assert read(path, units={"output_cny": "万元"}).frame["output_cny"].to_list() == [25000.0]


def test_units_that_do_not_exist_or_do_not_fit(written: Callable[..., Path]) -> None:
    path = written("firm_id,year,coal_t,heat\n1,2015,2,3\n")
    units = {"coal_t": "tce", "heat_gj": "stone", "oil_t": "t"}
    error = fails(SchemaError, path, "单位不能换算：tce → t", "units do not convert: tce -> t", units=units)
    assert "no such unit: stone" in error.found.en
    assert "a unit is declared for oil_t, which is not there" in error.found.en


def test_a_mapping_is_complete(written: Callable[..., Path]) -> None:
    path = written("a,b,c,coal\n1,2015,2,3\n")
    panel = read(path, mapping={"firm_id": "a", "year": "b", "output_cny": "c"}, units={"output_cny": "1e3_cny"})
    assert panel.frame.row(0, named=True) == {"firm_id": "1", "year": 2015, "output_cny": 2000.0, "coal": 3}
    mapping = {"firm_id": "a", "year": "z", "nope": "c", "oil_t": "coal", "coal_t": "coal"}
    error = fails(
        SchemaError, path, "映射中的 nope 不是 firm 表的列", "nope in the mapping is no column", mapping=mapping
    )
    assert "文件中没有 year 所指的列 'z'" in error.found.zh
    assert "the column 'coal' of the file is mapped twice" in error.found.en
    assert "the required column year (Year) is missing" in error.found.en


def test_a_mapping_cannot_hide_a_column_of_the_schemas_own_name(written: Callable[..., Path]) -> None:
    path = written("firm_id,year,output_cny,sales\n1,2015,2,3\n")
    mapping = {"firm_id": "firm_id", "year": "year", "output_cny": "sales"}
    fails(SchemaError, path, "文件另有名为 output_cny 的列", "the file has a column output_cny, yet", mapping=mapping)


def test_text_in_numbers_names_column_count_keys_and_values(written: Callable[..., Path]) -> None:
    rows = "".join(f"{i},2015,{v}\n" for i, v in enumerate(["n/a", "5", "—", "6", "x", "inf", "nan", "1_0", "7"]))
    path = written(HEAD + rows)
    error = fails(InputError, path, "列 output_cny", "column output_cny ('output_cny' in the file): 6 values")
    assert "不是数，前几个 ('0', '2015'): 'n/a', ('2', '2015'): '—'" in error.found.zh
    assert error.found.en.count("'2015')") == 5
    panel = read(path, missing=("n/a", "—", "x", "inf", "nan", "1_0"))
    assert panel.frame["output_cny"].to_list() == [None, 5.0, None, 6.0, None, None, None, None, 7.0]


def test_thousands_separators_only_where_a_value_proves_them(written: Callable[..., Path]) -> None:
    proved = written(HEAD + '1,2015,"1,234"\n2,2015,"1,234,567"\n3,2015,12.5\n', "proved.csv")
    assert read(proved).frame["output_cny"].to_list() == [1234.0, 1234567.0, 12.5]
    point = written(HEAD + '1,2015,"1,234"\n2,2015,"1,234.5"\n', "point.csv")
    assert read(point).frame["output_cny"].to_list() == [1234.0, 1234.5]
    doubtful = written(HEAD + '1,2015,"1,234"\n2,2015,12\n', "doubtful.csv")
    fails(InputError, doubtful, "'1,234'", "ambiguous thousands separators")
    comma = written(HEAD + '1,2015,"1,234,567"\n2,2015,"0,5"\n', "comma.csv")
    fails(InputError, comma, "'0,5'", "2 values are not a number")


def test_whole_numbers_and_years(written: Callable[..., Path]) -> None:
    assert read(written(HEAD + "1, 2015.0 ,2\n")).frame["year"].to_list() == [2015]
    fails(InputError, written(HEAD + "1,2015.5,2\n", "b.csv"), "不是整数", "'2015.5'")
    fails(InputError, written(HEAD + "1,2015春,2\n", "c.csv"), "列 year", "column year")
    fails(SchemaError, written(HEAD + "1,15,2\n2,2015,2\n", "d.csv"), "1 行，前几个 [('1', 15)]", "1949 to 2100")


def test_duplicate_and_missing_keys(written: Callable[..., Path]) -> None:
    twice = written(HEAD + "1,2015,2\n1,2015,2\n2,2015,3\n2,2015,4\n3,2015,1\n", "twice.csv")
    fails(SchemaError, twice, "2 个关键字重复，前几个 [('1', 2015), ('2', 2015)]", "2 keys occur more than once")
    hole = written(HEAD + "1,2015,2\n,2015,2\n  ,2016,2\n", "hole.csv")
    fails(SchemaError, hole, "2 行缺失，前几行 [1, 2]", "firm_id in every row")


def test_blank_rows_are_dropped_and_counted(written: Callable[..., Path]) -> None:
    panel = read(written(HEAD + "1,2015,2\n\n , ,\n2,2015,\n\n"))
    assert panel.n == 2
    assert [(d.reason.en, d.rows) for d in panel.drops] == [("row wholly blank", 3)]


def test_negative_quantities_come_in(written: Callable[..., Path]) -> None:
    assert read(written(HEAD + "1,2015,-2\n")).frame["output_cny"].to_list() == [-2.0]


def test_other_columns_stay_or_go(written: Callable[..., Path]) -> None:
    path = written("firm_id,year,export,code,,note\n1,2015,2.5,01,9,x\n2,2015,,02,,\n")
    frame = read(path).frame
    assert frame.drop("firm_id", "year").to_dict(as_series=False) == {
        "export": [2.5, None],
        "code": ["01", "02"],
        "column_5": [9, None],
        "note": ["x", None],
    }
    assert read(path, others=False).frame.columns == ["firm_id", "year"]


def test_codes_beyond_the_precision_of_floats_are_refused(tmp_path: Path, unchanged: Watch) -> None:
    base = {"year": [2015, 2015], "output_cny": [1.0, 2.0]}
    single = tmp_path / "single.parquet"
    ids = pl.Series("firm_id", [110101199.0, 5.0], dtype=pl.Float32)
    pl.DataFrame({"firm_id": ids, **base}).write_parquet(single)
    fails(InputError, unchanged(single), "末位已丢失", "last digits lost")
    double = tmp_path / "double.parquet"
    pl.DataFrame({"firm_id": [110101199.0, 5.0], **base}).write_parquet(double)
    assert read(double).frame["firm_id"].to_list() == ["110101199", "5"]


def test_number_column_of_dates_or_categories(tmp_path: Path) -> None:
    path = tmp_path / "odd.parquet"
    frame = pl.DataFrame({"firm_id": ["1"], "year": [2015], "output_cny": [2.0]}).with_columns(
        pl.col("firm_id").cast(pl.Categorical)
    )
    frame.with_columns(pl.date(2015, 12, 31).alias("year")).write_parquet(path)
    assert read(path).frame.row(0) == ("1", 2015, 2.0)
    frame.with_columns(pl.date(2015, 1, 1).alias("output_cny")).write_parquet(path)
    fails(InputError, path, "列 output_cny", "('1', 2015): '2015-01-01'")


@pytest.mark.parametrize(
    "year", ["2015年", "2015年度", "2015-12-31", "2015/1/1", "2015-12-31 00:00:00", "2015年12月31日"]
)
def test_a_date_or_a_year_written_out_is_its_year(year: str, written: Callable[..., Path]) -> None:
    assert read(written(HEAD + f"1,{year},2\n2,2016,3\n")).frame["year"].to_list() == [2015, 2016]


@pytest.mark.parametrize("ending", ["csv", "parquet", "dta"])
def test_a_code_for_missing_among_numbers(ending: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"firm_id": ["1", "2", "3"], "year": [2015] * 3, "output_cny": [1.5, -99.0, 3.0]})
    path = tmp_path / f"firms.{ending}"
    if ending == "csv":
        frame.write_csv(path)
    elif ending == "parquet":
        frame.write_parquet(path)
    else:
        pd.DataFrame(frame.to_dict(as_series=False)).to_stata(path, write_index=False)
    assert read(path, missing=("-99", "—")).frame["output_cny"].to_list() == [1.5, None, 3.0]
    assert read(path).frame["output_cny"].to_list() == [1.5, -99.0, 3.0]


def test_quarters_are_repeated_years(written: Callable[..., Path]) -> None:
    fails(SchemaError, written(HEAD + "1,2015-03-31,2\n1,2015-06-30,2\n"), "('1', 2015)", "1 keys occur more than once")


def test_percent_signs_need_the_unit_percent(written: Callable[..., Path]) -> None:
    path = written("firm_id,year,digital\n1,2015,5.12%\n2,2015,0.5 ％\n3,2015,7\n")
    read_as = read(path, units={"digital_share": "percent"}).frame["digital_share"].to_list()
    assert read_as == [5.12 / 100, 0.5 / 100, 7 / 100]
    error = fails(InputError, path, "带百分号", "percentages", units={"digital_share": "share"})
    assert "percent" in error.found.zh and "2 values" in error.found.en


def test_codes_of_industries_get_their_zero_back_and_the_notes_say_so(written: Callable[..., Path]) -> None:
    head = "firm_id,year,industry2,industry4\n"
    panel = read(written(head + "1,2015,6,610\n2,2015,13,1310\n3,2015,,\n"))
    assert panel.frame["industry2"].to_list() == ["06", "13", None]
    assert panel.frame["industry4"].to_list() == ["0610", "1310", None]
    assert "6 → 06" in panel.notes[0].zh and "1 rows" in panel.notes[0].en
    own = read(written(head + "1,2015,6,a\n2,2015,7,13\n", "own.csv"))
    assert own.frame["industry2"].to_list() == ["6", "7"] and own.notes == ()


def test_a_unit_conversion_happens_once_and_exactly(written: Callable[..., Path]) -> None:
    path = written("firm_id,year,output\n1,2015,0.1\n2,2015,123456.789\n3,2015,7\n")
    output = read(path, units={"output_cny": "1e4_cny"}).frame["output_cny"].to_list()
    assert output == [0.1 * 10000, 123456.789 * 10000, 70000.0]


def test_a_quote_that_never_closes(written: Callable[..., Path]) -> None:
    short = written(HEAD + '1,2015,3\n2,2015,"4\n3,2015,5\n', "short.csv")
    with pytest.raises(InputError, match=r"short\.csv"):
        read(short)
    long = written(HEAD + '1,2015,"3\n' + "2,2015,4\n" * 30_000, "long.csv")
    fails(InputError, long, "long.csv 无法读取", "field larger than field limit")


def test_odd_line_separators_inside_a_field_are_text(written: Callable[..., Path]) -> None:
    path = written("firm_id,year,note\n1,2015,a\u2028b\n\n2,2015,c\x0cd\n")
    assert read(path).frame["note"].to_list() == ["a\u2028b", "c\x0cd"]
