"""A command line that cannot be read, said in both languages."""

from __future__ import annotations

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.text import Text, both

_KINDS = {
    "NoSuchOption": Text("没有选项 {n}", "there is no option {n}"),
    "NoSuchCommand": Text("没有命令 {n}", "there is no command {n}"),
    "MissingParameter": Text("缺少 {n}", "{n} is missing"),
    "BadParameter": Text("{n} 的值不能用", "the value of {n} cannot be used"),
    "BadOptionUsage": Text("{n} 的值不全", "{n} lacks a value"),
}


def asks_for_help(error: Exception) -> bool:
    """Whether nothing was typed, so that the help text is the answer."""
    return type(error).__name__ == "NoArgsIsHelpError"


def misused(error: Exception) -> ConfigError:
    """The message for what the command-line library raised."""
    kind = type(error).__name__
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "dualcarbon"
    what = _KINDS.get(kind, Text("命令行读不懂", "the command line cannot be read"))
    said = str(getattr(error, "format_message", error.__str__)())
    return ConfigError(
        what.format(n=_named(error)),
        expected=Text("{c} 的选项与参数", "options and arguments of {c}").format(c=command),
        found=both(said),
        remedy=Text("用 {c} --help 查看", "see {c} --help").format(c=command),
    )


def _named(error: Exception) -> str:
    """The option or argument in question."""
    parameter = getattr(error, "param", None)
    hint = getattr(error, "param_hint", None)
    if hint:
        return hint if isinstance(hint, str) else ", ".join(hint)
    if parameter is not None:
        return " / ".join(parameter.opts) if parameter.param_type_name == "option" else parameter.name.upper()
    return str(getattr(error, "option_name", None) or getattr(error, "command_name", None) or "")
