"""The tables from which a service reads the names of records: its own tables and its replicas."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Table, func

EVERY_SERVICE = ""  # for tables that every service has, such as the directory of people
_NAME_COLUMNS = ("name", "document_no")
_NAMED: dict[tuple[str, str], "NamedTable"] = {}


@dataclass(frozen=True)
class NamedTable:
    """A table of records, and the column with the name or document number that people see.

    `otherwise` are the columns that people call a record by that has no name.
    """

    table: Table
    name: str
    otherwise: tuple[str, ...] = ()

    @property
    def shown(self) -> ColumnElement[Any]:
        """What people call a record."""
        columns = [self.table.c[name] for name in (self.name, *self.otherwise)]
        return func.coalesce(*columns) if self.otherwise else columns[0]


def declare_named_table(
    service: str, resource: str, table: Table, *, called_by: Sequence[str] = ()
) -> None:
    """Declare that a service reads the names of a resource's records from this table.

    `called_by` are the columns that people call a record by, of which the first with a value
    counts; by default `name` or `document_no`. A table without either is ignored.
    """
    names = tuple(called_by) or tuple(name for name in _NAME_COLUMNS if name in table.c)[:1]
    if names:
        _NAMED.setdefault((service, resource), NamedTable(table, names[0], names[1:]))


@cache
def find_related_table(table: Table, resource: str) -> Table:
    """Return the table of a resource's records in the service that a table belongs to.

    Raises LookupError if that service reads no such records.
    """
    for (_, name), named in _NAMED.items():
        if name == resource and named.table.metadata is table.metadata:
            return named.table
    raise LookupError(f"the service of {table.name} reads no {resource}")


def find_named_table(service: str, resource: str) -> NamedTable | None:
    """Return the table with the names of a resource's records in a service; None without one."""
    return _NAMED.get((service, resource)) or _NAMED.get((EVERY_SERVICE, resource))
