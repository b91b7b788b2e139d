"""The stairs: only here do rooms meet. A study is a folder with a study.toml and a `main.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from dualcarbon.studies.cmri2024.claims import Checked
    from dualcarbon.studies.finished import Finished

__all__ = ["run_study", "study_claims", "study_names"]


def study_names() -> tuple[str, ...]:
    """Names of the shipped studies: the folders that hold a study.toml."""
    from importlib.resources import files

    return tuple(sorted(p.name for p in files("dualcarbon.studies").iterdir() if (p / "study.toml").is_file()))


def study_claims(study: str) -> tuple[Checked, ...]:
    """Every number that the report behind a study prints, checked.

    Parameters
    ----------
    study : str
        A study with a folder ``claims``.

    Raises
    ------
    ConfigError
        If there is no such study, or it has no claims.

    Examples
    --------
    >>> len(study_claims("cmri2024")) > 100
    True
    """
    from importlib import import_module
    from importlib.resources import files

    from dualcarbon.core.errors import ConfigError
    from dualcarbon.core.text import Text, both

    names = study_names()
    having = [name for name in names if files("dualcarbon.studies").joinpath(name, "claims").is_dir()]
    if study not in having:
        what = (
            Text("研究 {s} 没有可核对的报告数字", "study {s} has no claims to check")
            if study in names
            else Text("没有这项研究：{s}", "no such study: {s}")
        )
        raise ConfigError(
            what.format(s=study),
            expected=both(" | ".join(having)),
            found=both(study),
            remedy=Text("改用上列名称之一", "use one of the names above"),
        )
    found: tuple[Checked, ...] = import_module(f"dualcarbon.studies.{study}.claims").checked()
    return found


def run_study(
    study: str,
    *,
    rows: int | None = None,
    data: Path | None = None,
    out: Path | None = None,
    seed: int | None = None,
    drop: bool = False,
    quiet: bool = True,
) -> Finished:
    """Run a shipped study and return where its files lie.

    Parameters
    ----------
    study : str
        One of `study_names()`.
    rows : int, optional
        Rows to simulate where the study simulates.
    data : Path, optional
        A data file, or a study.toml as `dualcarbon init` writes it, in place of the study's own data.
    out : Path, optional
        Folder of runs, default ``runs``.
    seed : int, optional
        Seed of the simulation.
    drop : bool
        Drop rows with missing, negative or impossible quantities, counted, instead of stopping at them.
    quiet : bool
        Whether to keep the progress bar silent.

    Raises
    ------
    ConfigError
        If there is no such study.
    InputError, SchemaError, DataError
        If the user's table cannot be read, does not fit, or has errors.
    StorageError
        If the folder cannot be written.
    """
    from importlib import import_module
    from pathlib import Path

    from dualcarbon.core.errors import ConfigError
    from dualcarbon.core.text import Text, both
    from dualcarbon.studies.finished import Finished

    if study not in study_names():
        raise ConfigError(
            Text("没有这项研究：{s}", "no such study: {s}").format(s=study),
            expected=both(" | ".join(study_names())),
            found=both(study),
            remedy=Text("改用上列名称之一", "use one of the names above"),
        )
    main = import_module(f"dualcarbon.studies.{study}.main").main
    finished = main(rows=rows, data=data, out=out or Path("runs"), seed=seed, drop=drop, quiet=quiet)
    assert isinstance(finished, Finished)
    return finished
