"""The built-in roles of every tenant.

tests/architecture/test_built_in_roles.py compares their scopes with the scopes of all routes. Which
rows a role sees follows from departments: only `.all` scopes and ADMIN's `*` see every row, and a
director sees all rows by heading the root department.
"""

from typing import Final, NamedTuple


class BuiltInRole(NamedTuple):
    """The definition of a built-in role; its code never changes."""

    code: str
    name: str
    scopes: tuple[str, ...]


def _read_and_write(*resources: str) -> set[str]:
    return {f"{resource}.{verb}" for resource in resources for verb in ("read", "write")}


def _read(*resources: str) -> set[str]:
    return {f"{resource}.read" for resource in resources}


# Everybody needs the directory, code lists, and their own tasks and notifications.
_OWN_RECORDS = _read_and_write("org.notification", "org.task", "org.reminder") | {"org.leave.write"}
_SETTINGS = _read(
    "org.reference",
    "org.calendar",
    *(f"{service}.custom_field" for service in ("org", "mtl", "l2o", "cpq", "rms")),
)
_DIRECTORY = (
    _read("org.tenant", "org.person", "org.department", "org.role", "org.team")
    | _OWN_RECORDS
    | _SETTINGS
)
_CATALOGUE = _read("cpq.product", "cpq.price_book")
_SALES = (
    _DIRECTORY
    | _CATALOGUE
    | _read_and_write("mtl.lead", "mtl.import", "mtl.export")
    | _read_and_write("l2o.account", "l2o.contact", "l2o.opportunity", "l2o.import", "l2o.export")
    | _read_and_write("cpq.quote", "cpq.export", "rms.order", "rms.export")
    | _read("rms.payment", "rms.receivable", "rms.payment_term")
)
_SALES_MANAGEMENT = (
    _SALES
    | _read_and_write("cpq.price_book", "cpq.product", "cpq.import", "rms.payment", "org.team")
    | _read("org.client")
)
_FINANCE = (
    _DIRECTORY
    | _CATALOGUE
    | _read("l2o.account", "l2o.contact", "l2o.opportunity", "cpq.quote")
    | {"l2o.account.all", "l2o.contact.all", "l2o.opportunity.all", "cpq.quote.all"}
    | _read_and_write("rms.order", "rms.payment", "rms.receivable", "rms.export")
    | _read_and_write("rms.payment_term", "rms.number_format")
    | {"rms.order.all", "rms.payment.all", "rms.receivable.all"}
)
_PEOPLE = (
    _DIRECTORY
    | _read_and_write("org.person", "org.department", "org.team", "org.import", "org.export")
    | {"org.calendar.write", "org.custom_field.write"}
    | _read("org.client")
)


def _built_in(code: str, name: str, scopes: set[str]) -> BuiltInRole:
    return BuiltInRole(code, name, tuple(sorted(scopes)))


BUILT_IN_ROLES: Final = (
    _built_in("SELLER", "销售", _SALES),
    _built_in("SALES_MANAGER", "销售经理", _SALES_MANAGEMENT),
    _built_in("DIRECTOR", "总监", _SALES_MANAGEMENT),
    _built_in("FINANCE", "财务", _FINANCE),
    _built_in("PEOPLE_ADMIN", "人事管理员", _PEOPLE),
    _built_in("ADMIN", "系统管理员", {"*"}),
)
