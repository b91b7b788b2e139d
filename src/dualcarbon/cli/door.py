"""Every error a user can meet leaves in words of both languages, with exit code 2."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from dualcarbon.cli.misuse import asks_for_help, misused
from dualcarbon.core.errors import DualcarbonError

_USAGE: type[Exception] = typer.BadParameter.__bases__[0]


class Door(TyperGroup):
    """Every error a user can meet leaves with exit code 2 and words in both languages."""

    def make_context(self, *arguments: Any, **named: Any) -> Any:
        """Read the command line."""
        with in_words():
            return super().make_context(*arguments, **named)

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        with in_words():
            return super().invoke(ctx)


@contextmanager
def in_words() -> Iterator[None]:
    try:
        yield
    except DualcarbonError as error:
        fail(error.say("zh"), error.say("en"))
    except _USAGE as error:
        if asks_for_help(error):
            raise
        usage = misused(error)
        fail(usage.say("zh"), usage.say("en"))
    except KeyboardInterrupt:
        fail(
            "已停止。已完成的步骤都保留着，没有留下写了一半的文件；再运行同一命令即从停处继续。",
            "Stopped. Finished steps are kept and nothing half-written was left; "
            "run the same command again to go on from there.",
        )
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        from dualcarbon.core.files import storage_error

        failure = storage_error(Path(error.filename or "."), error)
        fail(failure.say("zh"), failure.say("en"))


def fail(*lines: str) -> NoReturn:
    typer.echo("\n\n".join(lines), err=True)
    raise typer.Exit(2)
