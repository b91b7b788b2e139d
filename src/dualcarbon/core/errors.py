"""Every kind of trouble, each saying in both languages what was expected, what was found, what to do."""

from __future__ import annotations

from dualcarbon.core.text import LANGUAGES, Language, Text

_HEADS: dict[Language, tuple[str, str, str, str]] = {
    "zh": ("错误", "应为", "实为", "请"),
    "en": ("Error", "Expected", "Found", "Do"),
}


class DualcarbonError(Exception):
    """Base of all errors a user can meet; the command line turns it into exit code 2.

    Parameters
    ----------
    what : Text
        The thing that failed, in one line.
    expected, found, remedy : Text
        What was expected, what was found (with count and first keys), what to do.
    """

    def __init__(self, what: Text, *, expected: Text, found: Text, remedy: Text) -> None:
        self.what = what
        self.expected = expected
        self.found = found
        self.remedy = remedy
        super().__init__("\n\n".join(self.say(language) for language in LANGUAGES))

    def say(self, language: Language) -> str:
        """The message in one language, four labelled lines."""
        head, *labels = _HEADS[language]
        parts = (self.expected, self.found, self.remedy)
        colon = "：" if language == "zh" else ": "
        lines = [f"{head}{colon}{self.what.get(language)}"]
        lines += [f"  {label}{colon}{part.get(language)}" for label, part in zip(labels, parts, strict=True)]
        return "\n".join(lines)


class InputError(DualcarbonError):
    """A file or table cannot be read as declared."""


class SchemaError(DualcarbonError):
    """Columns, units or keys do not fit the schema."""


class DataError(DualcarbonError):
    """Values break a rule that an estimate depends on."""


class InfeasibleError(DataError):
    """No choice meets what is asked for, such as a cap below the lowest emissions; the message names what could be."""


class ConfigError(DualcarbonError):
    """A study file or an option is wrong."""


class NotIdentifiedError(DualcarbonError):
    """The data carry no information on the number asked for."""


class ConvergenceError(DualcarbonError):
    """An algorithm did not reach its tolerance."""


class StorageError(DualcarbonError):
    """A result could not be written; nothing half-written is left."""
