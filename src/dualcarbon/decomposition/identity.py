"""Identities: `C ~ Y * S[ind] * (E[ind] / Y[ind]) * F[ind, fuel]`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both

_TOKEN = re.compile(r"`(?P<quoted>[^`]+)`|(?P<name>[^\W\d][\w.]*)|(?P<sign>[~*/()\[\],])")
_NAME = Text("列名", "a column name")
_END = "end"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A column and the subscripts over which it varies, besides time."""

    column: str
    subscripts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.column}[{','.join(self.subscripts)}]" if self.subscripts else self.column


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor: a column, or a column over another."""

    top: Symbol
    bottom: Symbol | None = None

    @property
    def name(self) -> str:
        """What the factor is called in results: its column, or ``E/Y``."""
        return self.top.column if self.bottom is None else f"{self.top.column}/{self.bottom.column}"

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """The columns it is made of."""
        return (self.top,) if self.bottom is None else (self.top, self.bottom)

    def __str__(self) -> str:
        return str(self.top) if self.bottom is None else f"({self.top} / {self.bottom})"


@dataclass(frozen=True, slots=True)
class Identity:
    """The left side, the sum over all subscripts of the product of the factors.

    Attributes
    ----------
    left : Symbol
        Its subscripts name the groups that are decomposed each by itself.
    factors : tuple of Factor
    """

    left: Symbol
    factors: tuple[Factor, ...]

    @property
    def subscripts(self) -> tuple[str, ...]:
        """All subscripts in the order in which they appear, those of the left side first."""
        symbols = (self.left, *(symbol for factor in self.factors for symbol in factor.symbols))
        return tuple(dict.fromkeys(subscript for symbol in symbols for subscript in symbol.subscripts))

    @property
    def names(self) -> tuple[str, ...]:
        """What the factors are called."""
        return tuple(factor.name for factor in self.factors)

    def __str__(self) -> str:
        return f"{self.left} ~ {' * '.join(str(factor) for factor in self.factors)}"


def parse(written: str) -> Identity:
    """The identity that a string states.

    `C ~ Y * S[ind] * (E[ind] / Y[ind])`: the column on the left is the sum over all subscripts of the product on the
    right. Subscripts stand in brackets, parted by commas; a ratio of two columns stands in parentheses. Names are
    letters of any script, digits, `_` and `.`; any other name stands between backticks.

    Raises
    ------
    ConfigError
        If the string cannot be read: position, what was expected there and what was found; or a factor twice.

    Examples
    --------
    >>> identity = parse("C ~ Y * S[ind] * (E[ind]/Y[ind]) * K[ind,fuel]")
    >>> identity.names, identity.subscripts
    (('Y', 'S', 'E/Y', 'K'), ('ind', 'fuel'))
    """
    if not isinstance(written, str):
        raise ConfigError(
            Text("恒等式须是文字", "the identity must be text"),
            expected=Text("如 {e} 的文字", "text such as {e}").format(e=_EXAMPLE),
            found=both(type(written).__name__),
            remedy=Text("用引号写出恒等式", "write the identity between quotes"),
        )
    reader = _Reader(written)
    left = reader.symbol()
    reader.take("~", Text("「[」或「~」", "'[' or '~'"))
    factors = [reader.factor()]
    while reader.next_is("*"):
        factors.append(reader.factor())
    reader.finish()
    identity = Identity(left, tuple(factors))
    _require_distinct(identity)
    return identity


_EXAMPLE = "C ~ Y * S[ind] * (E[ind]/Y[ind]) * F[ind,fuel]"


def _require_distinct(identity: Identity) -> None:
    names = identity.names
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice or identity.left.column in names:
        raise ConfigError(
            Text("恒等式中有重复的因素", "a factor appears twice in the identity"),
            expected=Text("每个因素出现一次，且不是左边", "each factor once, and not the left side"),
            found=both(f"{', '.join(twice) or identity.left.column}: {identity}"),
            remedy=Text("把重复的因素合为一列", "join repeated factors into one column"),
        )


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    position: int


class _Reader:
    """Reads one identity from left to right."""

    def __init__(self, written: str) -> None:
        self.written = written
        self.tokens = list(self._split())
        self.at = 0

    def symbol(self) -> Symbol:
        column = self.name(_NAME)
        if not self.next_is("["):
            return Symbol(column)
        subscripts = [self.name(Text("下标的列名", "the column of a subscript"))]
        while self.next_is(","):
            subscripts.append(self.name(Text("下标的列名", "the column of a subscript")))
        self.take("]", Text("「,」或「]」", "',' or ']'"))
        return Symbol(column, tuple(dict.fromkeys(subscripts)))

    def factor(self) -> Factor:
        if not self.next_is("("):
            return Factor(self._symbol_of_factor())
        top = self.symbol()
        if self.next_is(")"):
            return Factor(top)
        self.take("/", Text("「[」、「/」或「)」", "'[', '/' or ')'"))
        bottom = self.symbol()
        self.take(")", Text("「[」或「)」", "'[' or ')'"))
        return Factor(top, bottom)

    def _symbol_of_factor(self) -> Symbol:
        if self.tokens[self.at].kind not in ("name", "quoted"):
            self.fail(Text("列名或「(」", "a column name or '('"))
        return self.symbol()

    def name(self, expected: Text) -> str:
        token = self.tokens[self.at]
        if token.kind not in ("name", "quoted"):
            self.fail(expected)
        self.at += 1
        return token.text

    def take(self, text: str, expected: Text) -> None:
        if not self.next_is(text):
            self.fail(expected)

    def next_is(self, text: str) -> bool:
        """Whether the next token is this sign; if so it is read."""
        token = self.tokens[self.at]
        if token.kind != "sign" or token.text != text:
            return False
        self.at += 1
        return True

    def finish(self) -> None:
        if self.tokens[self.at].kind != _END:
            self.fail(Text("「[」、「*」或恒等式结束", "'[', '*' or the end"))

    def fail(self, expected: Text, token: _Token | None = None) -> NoReturn:
        token = token or self.tokens[self.at]
        at, width = token.position, len(token.text)
        marked = f"{self.written[:at]}»{self.written[at : at + width]}«{self.written[at + width :]}"
        raise ConfigError(
            Text("恒等式第 {p} 个字符处无法理解", "the identity cannot be read at character {p}").format(p=at + 1),
            expected=expected,
            found=both(marked),
            remedy=Text(
                "写成如 {e}；比值放在括号里，常数与加法先另存为一列",
                "write it like {e}; a ratio stands in parentheses, constants and sums become a column first",
            ).format(e=_EXAMPLE),
        )

    def _split(self) -> list[_Token]:
        found: list[_Token] = []
        at = 0
        while at < len(self.written):
            if self.written[at].isspace():
                at += 1
                continue
            match = _TOKEN.match(self.written, at)
            if match is None:
                stray = _Token("unknown", self.written[at], at)
                self.fail(Text("列名或 ~ * / ( ) [ ] ,", "a name or ~ * / ( ) [ ] ,"), stray)
            kind = str(match.lastgroup)
            found.append(_Token(kind, match.group(kind), match.start(kind)))
            at = match.end()
        return [*found, _Token(_END, "", len(self.written))]
