"""The tables from which a service reads the names of records: its own tables and its replicas."""

from dataclasses import dataclass

from sqlalchemy import Table

EVERY_SERVICE = ""  # for tables that every service has, such as the directory of people
_NAME_COLUMNS = ("name", "document_no")
_NAMED: dict[tuple[str, str], "NamedTable"] = {}


@dataclass(frozen=True)
class NamedTable:
    """A table of records, and the column with the name or document number that people see."""

    table: Table
    name: str


def declare_named_table(service: str, resource: str, table: Table) -> None:
    """Declare that a service reads the names of a resource's records from this table.

    A table without a column `name` or `document_no` is ignored.
    """
    name = next((name for name in _NAME_COLUMNS if name in table.c), None)
    if name is not None:
        _NAMED.setdefault((service, resource), NamedTable(table, name))


def find_named_table(service: str, resource: str) -> NamedTable | None:
    """Return the table with the names of a resource's records in a service; None without one."""
    return _NAMED.get((service, resource)) or _NAMED.get((EVERY_SERVICE, resource))
