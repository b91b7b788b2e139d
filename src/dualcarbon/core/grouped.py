"""Sums and means by group that are the same to the last bit in every run."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

Groups = Sequence[str | pl.Expr]
Values = Sequence[str | pl.Expr]


def group_sums(table: pl.DataFrame, by: Groups, sums: Values, also: Sequence[pl.Expr] = ()) -> pl.DataFrame:
    """One row per group with sums of columns; missing values count for nothing.

    A plain grouped sum of floats adds partial sums in the order in which threads finish, so that its last digits differ
    from run to run. Here the rows of a group are added in the order of the table.

    Parameters
    ----------
    by : columns or expressions of the groups
    sums : columns or expressions of one value per row
    also : further aggregations that do not depend on the order of addition, such as counts

    Returns
    -------
    polars.DataFrame
        Groups in no particular order.

    Examples
    --------
    >>> table = pl.DataFrame({"g": ["a", "b", "a"], "x": [1.0, 2.0, None]})
    >>> group_sums(table, ["g"], ["x"], [pl.len()]).sort("g").rows()
    [('a', 1.0, 2), ('b', 2.0, 1)]
    """
    gathered, names = _gathered(table, by, sums, also)
    return gathered.with_columns(pl.col(name).list.sum() for name in names)


def group_means(table: pl.DataFrame, by: Groups, means: Values, also: Sequence[pl.Expr] = ()) -> pl.DataFrame:
    """As `group_sums`, with means over the values that are not missing; missing where there are none."""
    gathered, names = _gathered(table, by, means, also)
    return gathered.with_columns(pl.col(name).list.mean() for name in names)


def _gathered(
    table: pl.DataFrame, by: Groups, values: Values, also: Sequence[pl.Expr]
) -> tuple[pl.DataFrame, list[str]]:
    """The values of every group as one list, in the order of the rows."""
    columns = [pl.col(value) if isinstance(value, str) else value for value in values]
    names = [column.meta.output_name() for column in columns]
    return table.group_by(*by).agg(*columns, *also), names
