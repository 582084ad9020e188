"""Short forms of the DDL that migrations repeat."""

import sqlalchemy as sa
from alembic import op


def index(
    table: str,
    *columns: str,
    unique: bool = False,
    where: str = "",
    name: str = "",
    nulls_not_distinct: bool = False,
) -> None:
    """Create an index; with `where` it is partial, with `nulls_not_distinct` NULL is one value.

    Without a `name` it is called `ix_<table>_<columns>`, as in the metadata's naming convention.
    """
    op.create_index(
        name or f"ix_{table}_{'_'.join(columns)}",
        table,
        list(columns),
        unique=unique,
        postgresql_where=sa.text(where) if where else None,
        postgresql_nulls_not_distinct=nulls_not_distinct or None,
    )
