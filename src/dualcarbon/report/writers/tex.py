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
    "|": r"\textbar{}", "`": r"\textasciigrave{}", '"': r"\textquotedbl{}", "'": "'{}", "[": "{[}", "]": "{]}", "*": "{*}",
    "−": "$-$", "–": "--{}", "—": "---{}", "×": r"$\times$", "±": r"$\pm$", "∞": r"$\infty$", "≤": r"$\le$",
    "≥": r"$\ge$", "≈": r"$\approx$", "≠": r"$\ne$", "‰": r"\textperthousand{}", "\u00a0": "~",
}  # fmt: skip
_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi o pi rho _ sigma tau upsilon phi chi psi omega"
_SPECIAL |= {chr(0x3B1 + i): rf"$\{name}$" for i, name in enumerate(_GREEK.split()) if len(name) > 1} | {
    letter: rf"$\{name}$"
    for letter, name in zip("ΓΔΘΛΞΠΣΦΨΩ", "Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega".split(), strict=True)
}
_QUOTES = {"“": "``", "”": "''", "‘": "`", "’": "'"}
_SIDES = {"left": r"\raggedright", "center": r"\centering", "right": r"\raggedleft"}


def escape(text: str, language: Language) -> str:
    """A text in which TeX finds nothing to act on.

    Examples
    --------
    >>> print(escape(r"50% of $x_1 & \\input", "en"))
    50\\% of \\$x\\_1 \\& \\textbackslash{}input
    """
    quotes = _QUOTES if language == "en" else {}
    safe = "".join(quotes.get(c) or _SPECIAL.get(c, c) for c in text)
    return re.sub("-(?=-)", "-{}", safe) if "--{}" not in safe and "---{}" not in safe else safe
