r"""LaTeX: a fragment for ``\input``, three lines by booktabs, for XeLaTeX with ctex."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dualcarbon.core.exhibit import Table
from dualcarbon.core.text import Language, Text
from dualcarbon.report.printed import PrintedCell, PrintedHeader, PrintedTable, print_table
from dualcarbon.report.registry import Format
from dualcarbon.report.typography import Script, runs

_SCRIPTS: dict[Script, str] = {"": "{}", "sub": r"\textsubscript{{{}}}", "sup": r"\textsuperscript{{{}}}"}
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "#": r"\#", "$": r"\$", "%": r"\%", "&": r"\&", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", "`": r"\textasciigrave{}", '"': r"\textquotedbl{}",
    "−": "$-$", "–": "--{}", "—": "---{}", "×": r"$\times$", "±": r"$\pm$", "∞": r"$\infty$", "≤": r"$\le$",
    "≥": r"$\ge$", "≈": r"$\approx$", "≠": r"$\ne$", "‰": r"\textperthousand{}", "\u00a0": "~",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "varepsilon", "ζ": "zeta", "η": "eta", "θ": "theta",
    "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau",
    "φ": "varphi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
}  # fmt: skip
_SIGNS = _SPECIAL | {letter: rf"$\{name}$" for letter, name in _GREEK.items()}
_QUOTES = {"“": "``", "”": "''", "‘": "`", "’": "'"}
_ACTIVE = re.compile("|".join((r"([-',])(?=\1)", *map(re.escape, (*_SIGNS, *_QUOTES)))))
_SIDES = {"left": r"\raggedright", "center": r"\centering", "right": r"\raggedleft"}
_PACKAGES = ("array", "booktabs", "longtable", "pdflscape")


def escape(text: str, language: Language) -> str:
    r"""A text in which TeX finds nothing to act on; English quotes become TeX's.

    Examples
    --------
    >>> print(escape("50% of $x_1 & more", "en"))
    50\% of \$x\_1 \& more
    """
    quotes = _QUOTES if language == "en" else {}
    return _ACTIVE.sub(lambda match: quotes.get(match[0]) or _SIGNS.get(match[0]) or _kept(match), text)


def _kept(match: re.Match[str]) -> str:
    """A sign that two of would join into another one is kept apart; others stay."""
    return f"{match[0]}{{}}" if match[1] else match[0]


def phrase(text: str, language: Language) -> str:
    """A phrase with real subscripts and superscripts."""
    return "".join(_SCRIPTS[run.script].format(escape(run.text, language)) for run in runs(text))


def _table(table: Table, language: Language) -> bytes:
    printed = print_table(table, language)
    lines = _long(printed, language) if printed.breakable else _short(printed, language)
    body = (r"\begin{landscape}", *lines, r"\end{landscape}") if printed.layout.landscape else tuple(lines)
    needed = [name for name in _PACKAGES if name in ("array", "booktabs") or _needs(name, body)]
    head = rf"% \usepackage{{{','.join(needed)}}} \usepackage[UTF8]{{ctex}} (XeLaTeX)"
    return ("\n".join((head, *body)) + "\n").encode()


def _needs(package: str, body: tuple[str, ...]) -> bool:
    word = {"longtable": r"\begin{longtable}", "pdflscape": r"\begin{landscape}"}[package]
    return any(word in line for line in body)


def _short(printed: PrintedTable, language: Language) -> Iterator[str]:
    yield r"\begin{table}[htbp]"
    yield r"\centering"
    yield rf"{{\bfseries {_caption(printed, language)}\par}}"
    yield r"\smallskip"
    yield _type(printed)
    yield rf"\begin{{tabular}}{{@{{}}{_columns(printed)}@{{}}}}"
    yield from _head(printed, language)
    yield from _body(printed, language)
    yield r"\bottomrule"
    yield r"\end{tabular}\par"
    yield r"\smallskip"
    yield from _notes(printed, language)
    yield r"\end{table}"


def _long(printed: PrintedTable, language: Language) -> Iterator[str]:
    count = len(printed.headers)
    across = rf"\multicolumn{{{count}}}{{@{{}}>{{\%s\arraybackslash}}p{{{printed.layout.share}\linewidth}}@{{}}}}"
    yield r"\begingroup"
    yield _type(printed)
    yield rf"\begin{{longtable}}{{@{{}}{_columns(printed)}@{{}}}}"
    yield rf"{across % 'centering'}{{\normalsize\bfseries {_caption(printed, language)}}}\\[4pt]"
    yield from _head(printed, language)
    yield r"\endfirsthead"
    yield rf"{across % 'raggedright'}{{\bfseries {phrase(printed.continued, language)}}}\\[2pt]"
    yield from _head(printed, language)
    yield r"\endhead"
    yield r"\bottomrule"
    yield r"\endfoot"
    yield from _body(printed, language)
    yield r"\end{longtable}"
    yield r"\vspace{-\bigskipamount}"
    yield r"\begin{center}"
    yield from _notes(printed, language)
    yield r"\end{center}"
    yield r"\endgroup"


def _caption(printed: PrintedTable, language: Language) -> str:
    stamp = rf"\quad\fbox{{{escape(printed.stamp, language)}}}" if printed.stamp else ""
    return rf"{phrase(printed.number, language)}\quad {phrase(printed.title, language)}{stamp}"


def _type(printed: PrintedTable) -> str:
    size = printed.layout.size
    return rf"\fontsize{{{size:g}}}{{{1.3 * size:.4g}}}\selectfont\setlength{{\tabcolsep}}{{0.5em}}"


def _columns(printed: PrintedTable) -> str:
    return "".join(_column(printed, i, "p") for i in range(len(printed.headers)))


def _column(printed: PrintedTable, column: int, kind: str) -> str:
    """A column type: its side and its width, padding taken off."""
    width = printed.layout.share * printed.layout.widths[column]
    ends = (column == 0) + (column == len(printed.headers) - 1)
    padding = rf"-{2 - ends}\tabcolsep" if ends < 2 else ""
    side = _SIDES[printed.aligns[column]]
    return rf">{{{side}\arraybackslash}}{kind}{{\dimexpr {width:.5f}\linewidth{padding}\relax}}"


def _head(printed: PrintedTable, language: Language) -> Iterator[str]:
    yield r"\toprule"
    if printed.groups:
        yield " & ".join(_group(printed, group, language) for group in printed.groups) + r" \\"
        named = (group for group in printed.groups if group.text)
        yield "".join(rf"\cmidrule(lr){{{g.first + 1}-{g.first + g.span}}}" for g in named)
    yield " & ".join(_header(printed, header, language) for header in printed.headers) + r" \\"
    yield r"\midrule"


def _group(printed: PrintedTable, group: PrintedHeader, language: Language) -> str:
    width = printed.layout.share * sum(printed.layout.widths[group.first : group.first + group.span])
    column = rf">{{\centering\arraybackslash}}p{{\dimexpr {width:.5f}\linewidth-2\tabcolsep\relax}}"
    return rf"\multicolumn{{{group.span}}}{{{column}}}{{\bfseries {phrase(group.text, language)}}}"


def _header(printed: PrintedTable, header: PrintedHeader, language: Language) -> str:
    unit = rf"\newline {phrase(header.unit, language)}" if header.unit else ""
    last = header.first == len(printed.headers) - 1
    edges = ("@{}" if header.first == 0 else ""), ("@{}" if last else "")
    column = f"{edges[0]}{_column(printed, header.first, 'b')}{edges[1]}"
    return rf"\multicolumn{{1}}{{{column}}}{{{{\bfseries {phrase(header.text, language)}}}{unit}}}"


def _body(printed: PrintedTable, language: Language) -> Iterator[str]:
    for number, row in enumerate(printed.rows, start=1):
        line = " & ".join(_cell(cell, language) for cell in row)
        yield (f"{{}}{line}" if line.startswith(("*", "[")) else line) + r" \\"
        if number in printed.rules_after:
            yield r"\midrule"


def _cell(cell: PrintedCell, language: Language) -> str:
    text = phrase(cell.text, language)
    return rf"{text}\rlap{{\textsuperscript{{{cell.stars}}}}}" if cell.stars else text


def _notes(printed: PrintedTable, language: Language) -> Iterator[str]:
    yield rf"\parbox{{{max(printed.layout.share, 0.62):g}\linewidth}}{{\footnotesize"
    yield from (rf"\noindent {phrase(note, language)}\par" for note in printed.notes)
    yield "}"


FORMAT = Format(name="tex", label=Text("LaTeX 片段", "LaTeX fragment"), writers={Table: _table})
