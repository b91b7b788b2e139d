"""LaTeX fragments: escapes, structure and, where XeLaTeX is installed, the run."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dualcarbon.core.text import Language
from dualcarbon.report import render
from dualcarbon.report.printed import print_table
from dualcarbon.report.writers.tex import escape, phrase

COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)(?:\{\})?")


def fragment(sample: SimpleNamespace, name: str, language: Language, folder: Path) -> str:
    (path,) = render(getattr(sample, name)(), folder, languages=(language,), formats=("tex",))
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50% & $x_1 #2", r"50\% \& \$x\_1 \#2"),
        ("a~b^c\\d{e}", r"a\textasciitilde{}b\textasciicircum{}c\textbackslash{}d\{e\}"),
        ("<b>|`", r"\textless{}b\textgreater{}\textbar{}\textasciigrave{}"),
        ("--- ,, ''", "-{}-{}- ,{}, '{}'"),
        ("−1.5 ‰ ≤ β", r"$-$1.5 \textperthousand{} $\le$ $\beta$"),
        ("表 4-1", "表 4-1"),
    ],
)
def test_signs_that_tex_acts_on(text: str, expected: str) -> None:
    assert escape(text, "zh") == expected


def test_english_quotes() -> None:
    assert escape("“golden ones” firms’", "en") == "``golden ones'' firms'"
    assert escape("“金山”", "zh") == "“金山”"


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_nothing_active_is_left(text: str) -> None:
    safe = escape(text, "zh")
    left = COMMAND.sub("", safe)
    assert not set(left.replace("{}", "")) & set('\\{}#$%&_^~<>|`"')


def test_subscripts() -> None:
    assert phrase("tCO2 与 R²", "zh") == r"tCO\textsubscript{2} 与 R\textsuperscript{2}"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ["long", "regression", "wide", "hostile"])
def test_every_row_has_its_cells(sample: SimpleNamespace, tmp_path: Path, name: str, language: Language) -> None:
    source = fragment(sample, name, language, tmp_path)
    printed = print_table(getattr(sample, name)(), language)
    assert source.count(r"\toprule") == 1 + printed.breakable
    assert source.count(r"\bottomrule") == 1
    lines = source.splitlines()
    for row in printed.rows:
        cells = [
            phrase(cell.text, language) + (rf"\rlap{{\textsuperscript{{{cell.stars}}}}}" if cell.stars else "")
            for cell in row
        ]
        assert any(line.removeprefix("{}") == " & ".join(cells) + r" \\" for line in lines)
    for word in ("begin", "end"):
        assert source.count(rf"\{word}{{tabular}}") + source.count(rf"\{word}{{longtable}}") == 1
    assert (r"\begin{landscape}" in source) == printed.layout.landscape
    assert (printed.stamp in source) if printed.stamp else ("fbox" not in source)


def test_a_row_that_begins_with_a_star_is_no_argument(sample: SimpleNamespace, tmp_path: Path) -> None:
    assert "\n{}*x & [y] \\\\\n" in fragment(sample, "hostile", "en", tmp_path)


def test_needed_packages_are_named(sample: SimpleNamespace, tmp_path: Path) -> None:
    assert fragment(sample, "long", "zh", tmp_path).startswith(r"% \usepackage{array,booktabs,longtable}")
    assert fragment(sample, "wide", "zh", tmp_path).startswith(r"% \usepackage{array,booktabs,pdflscape}")


def runs_xelatex() -> bool:
    find = shutil.which("kpsewhich")
    return bool(
        find and shutil.which("xelatex") and not subprocess.run([find, "ctex.sty"], capture_output=True).returncode
    )


@pytest.mark.long
@pytest.mark.skipif(not runs_xelatex(), reason="XeLaTeX with ctex is not installed")
def test_the_fragments_compile(sample: SimpleNamespace, tmp_path: Path) -> None:
    from dualcarbon.report.typeface import BOLD, REGULAR

    for name in ("long", "regression", "wide", "hostile"):
        fragment(sample, name, "zh", tmp_path)
        fragment(sample, name, "en", tmp_path)
    inputs = "\n".join(rf"\input{{{path.name}}}" for path in sorted(tmp_path.glob("*.tex")))
    (tmp_path / "all.tex").write_text(
        "\\documentclass{article}\\usepackage[a4paper,margin=23mm]{geometry}\n"
        "\\usepackage{array,booktabs,longtable,pdflscape}\\usepackage[UTF8,fontset=none]{ctex}\n"
        f"\\setCJKmainfont[Path={REGULAR.parent}/,BoldFont={BOLD.name}]{{{REGULAR.name}}}\n"
        f"\\begin{{document}}\n{inputs}\n\\end{{document}}\n",
        encoding="utf-8",
    )
    command = ["xelatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    log = (tmp_path / "all.log").read_text(encoding="utf-8", errors="replace")
    assert done.returncode == 0, log[-2000:]
    assert "Missing character" not in log
