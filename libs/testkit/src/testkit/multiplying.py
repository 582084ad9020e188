"""Multiplies the rows of a table, for tests of what happens with very many of them."""

from sqlalchemy import Table, text
from sqlalchemy.ext.asyncio import AsyncConnection


async def multiply_row(tx: AsyncConnection, table: Table, rows: int, **values: str) -> None:
    """Copy the only row of a table, so that it has `rows` rows; each copy has an id of its own.

    `values` names SQL for other columns that differ, where `n` counts the copies from 2.
    """
    expressions = {"id": "gen_random_uuid()", **values}
    columns = [c.name for c in table.c if c.computed is None and c.identity is None]
    names = ", ".join(f'"{name}"' for name in columns)
    selected = ", ".join(expressions.get(name, f'"{name}"') for name in columns)
    await tx.execute(
        text(
            f"INSERT INTO {table.name} ({names}) SELECT {selected}"  # noqa: S608  # names of our tables
            f" FROM {table.name}, generate_series(2, {rows}) AS n"
        )
    )
