"""The door of the room: names, formats, languages, same bytes on every run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dualcarbon import report
from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import LANGUAGES, Text

EXPECTED = {
    "csv": ("figure", "table"), "docx": ("document", "figure", "table"), "html": ("document", "figure", "table"),
    "json": ("figure", "table"), "pdf": ("document", "figure", "table"), "png": ("figure",), "svg": ("figure",),
    "tex": ("table",), "xlsx": ("document", "table"),
}  # fmt: skip


def test_every_format_is_found_once_with_a_label_in_both_languages() -> None:
    found = {one.name: tuple(sorted(one.kinds)) for one in report.formats()}
    assert found == EXPECTED
    assert all(isinstance(one.label, Text) for one in report.formats())


def test_every_writer_is_a_format() -> None:
    folder = Path(report.__file__).parent / "writers"
    assert sorted(path.stem for path in folder.glob("[a-z]*.py")) == sorted(EXPECTED)


def test_the_room_is_light_to_import() -> None:
    heavy = "matplotlib docx openpyxl typst jinja2 rich numpy pandas scipy"
    program = (
        f"import sys, dualcarbon.report as r; r.formats(); print([m for m in {heavy.split()!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_file_names_and_the_order_of_the_answer(sample: SimpleNamespace, tmp_path: Path) -> None:
    paths = report.render(sample.regression(), tmp_path / "out", formats=("tex", "csv", "json", "tex"))
    assert [path.name for path in paths] == ["table_4_2.zh.tex", "table_4_2.en.tex", "table_4_2.csv", "table_4_2.json"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(path.name for path in paths)


def test_one_language(sample: SimpleNamespace, tmp_path: Path) -> None:
    paths = report.render(sample.regression(), tmp_path, languages=("en",), formats=("html", "pdf"))
    assert [path.name for path in paths] == ["table_4_2.en.html", "table_4_2.en.pdf"]


def test_formats_that_do_not_fit_are_passed_over(sample: SimpleNamespace, tmp_path: Path) -> None:
    paths = report.render(sample.regression(), tmp_path, formats=("svg", "csv"))
    assert [path.suffix for path in paths] == [".csv"]


@pytest.mark.parametrize("formats", [("svg",), ("csv", "doc"), ()])
def test_no_fitting_or_an_unknown_format(sample: SimpleNamespace, tmp_path: Path, formats: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as caught:
        report.render(sample.regression(), tmp_path, formats=formats)
    assert all(caught.value.expected.get(language).startswith("csv, docx, html") for language in LANGUAGES)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("languages", [(), ("fr",), ("zh", "fr")])
def test_an_unknown_language(sample: SimpleNamespace, tmp_path: Path, languages: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError):
        report.render(sample.regression(), tmp_path, languages=languages, formats=("csv",))  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["../up", "a/b", "", ".hidden", "a b", "表", "x" * 101])
def test_a_key_that_is_no_file_name(sample: SimpleNamespace, tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError):
        report.render(replace(sample.regression(), key=key), tmp_path, formats=("csv",))
    assert list(tmp_path.iterdir()) == []


def test_characters_outside_the_fonts_are_named(sample: SimpleNamespace, tmp_path: Path) -> None:
    odd = replace(sample.regression(), title=Text("𠮷 与 😀", "plain"))
    with pytest.warns(report.MissingGlyphWarning, match="U\\+1F600"):
        report.render(odd, tmp_path, formats=("pdf",))
    report.render(odd, tmp_path, languages=("en",), formats=("pdf",))
    report.render(odd, tmp_path, formats=("html", "xlsx", "docx"))


PROGRAM = """
import hashlib, importlib.util, sys, tempfile, pathlib
spec = importlib.util.spec_from_file_location("samples", sys.argv[1])
samples = importlib.util.module_from_spec(spec)
spec.loader.exec_module(samples)
from dualcarbon import report
with tempfile.TemporaryDirectory() as folder:
    for item in (samples.long_table(), samples.regression_table(), samples.dot_plot(), samples.whole_document()):
        for path in report.render(item, folder):
            print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_same_input_same_bytes_and_nothing_in_the_home_folder(tmp_path: Path) -> None:
    samples = Path(__file__).parent / "conftest.py"
    answers = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Shanghai")):
        home = tmp_path / seed
        home.mkdir()
        hidden = ("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
        environment = {name: value for name, value in os.environ.items() if name not in hidden}
        environment |= {"PYTHONHASHSEED": seed, "TZ": zone, "HOME": str(home), "PYTHONWARNINGS": "error"}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(samples)], check=True, capture_output=True, text=True, env=environment
        )
        assert list(home.iterdir()) == []
        assert done.stderr == ""
        answers.append(done.stdout)
    assert answers[0] == answers[1]
    assert len(answers[0].splitlines()) == 12 + 12 + 12 + 8


def test_a_second_render_replaces_the_first(sample: SimpleNamespace, tmp_path: Path) -> None:
    digests = []
    for _ in range(2):
        (path,) = report.render(sample.regression(), tmp_path, languages=("zh",), formats=("xlsx",))
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
    assert digests[0] == digests[1]
    assert [path.name for path in tmp_path.iterdir()] == ["table_4_2.zh.xlsx"]
