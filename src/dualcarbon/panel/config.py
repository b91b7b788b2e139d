"""The [data] part of a study file: which file, which columns, which units."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dualcarbon.core.errors import ConfigError
from dualcarbon.core.mistakes import mistakes
from dualcarbon.core.panel import Panel
from dualcarbon.core.text import Text, both
from dualcarbon.panel.findings import Findings


class DataConfig(BaseModel):
    """The table of ``[data]``, ``[data.columns]`` and ``[data.units]``.

    Attributes
    ----------
    path : str
        The file; a relative path is taken from the folder of the study file.
    kind : str
        Kind of panel, written ``schema`` in the file.
    columns, units : dict of str to str
        ``{schema column: column of the file}`` (empty: found by name and alias), ``{schema column: unit}``.
    missing : tuple of str
        Words that stand for a missing value.
    sheet, encoding, separator : str or None
        As in `read`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    path: str
    kind: str = Field(default="firm", alias="schema")
    columns: dict[str, str] = {}
    units: dict[str, str] = {}
    missing: tuple[str, ...] = ()
    sheet: str | None = None
    encoding: str | None = None
    separator: str | None = None

    def load(self, folder: str | Path = ".") -> Panel:
        """The panel as declared; errors are those of `read`."""
        from dualcarbon.panel.reading import read

        return read(
            Path(folder) / self.path,
            self.kind,
            self.columns or None,
            self.units,
            missing=self.missing,
            sheet=self.sheet,
            encoding=self.encoding,
            separator=self.separator,
        )

    def check(self, folder: str | Path = ".") -> Findings:
        """The findings on the file as declared; errors are those of `panel.check`."""
        from dualcarbon.panel.checking import check

        return check(
            Path(folder) / self.path,
            self.kind,
            self.columns or None,
            self.units,
            missing=self.missing,
            sheet=self.sheet,
            encoding=self.encoding,
            separator=self.separator,
        )


def read_declared(config: Mapping[str, object] | DataConfig, folder: str | Path = ".") -> Panel:
    """The panel that a ``[data]`` table declares.

    Parameters
    ----------
    config : mapping or DataConfig
        The ``[data]`` table, or a whole study file that has one.
    folder : str or Path
        Folder from which a relative path counts.

    Raises
    ------
    ConfigError
        If a key is unknown, missing or of the wrong kind; all faults in one error.
    InputError, SchemaError
        As `read`.
    """
    return declared(config).load(folder)


def declared(config: Mapping[str, object] | DataConfig) -> DataConfig:
    """The checked form of a ``[data]`` table, or of a study file that has one."""
    if isinstance(config, DataConfig):
        return config
    table = config.get("data", config)
    try:
        return DataConfig.model_validate(table)
    except ValidationError as error:
        raise ConfigError(
            Text("[data] 部分有误", "the [data] table is wrong"),
            expected=both("path, schema, columns, units, missing, sheet, encoding, separator"),
            found=mistakes(error.errors(), DataConfig),
            remedy=Text("改正所列各项；propose() 可代为起草", "correct the entries listed; propose() drafts the table"),
        ) from error
