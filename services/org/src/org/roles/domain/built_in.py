"""The roles that come with every tenant. How far each sees follows from departments, not from here.

They follow what there is: tests/architecture/test_built_in_roles.py holds them against every route.

Only `.all` scopes, and so ADMIN's `*`, see every row: a director sees all by heading the root.
"""

from typing import Final, NamedTuple


class BuiltIn(NamedTuple):
    """A role under its stable code."""

    code: str
    name: str
    scopes: tuple[str, ...]


def _both(*resources: str) -> set[str]:
    return {f"{resource}.{verb}" for resource in resources for verb in ("read", "write")}


def _read(*resources: str) -> set[str]:
    return {f"{resource}.read" for resource in resources}


# What everybody needs: who and what there is, and a day of one's own.
_DAY = _both("org.notification", "org.task", "org.reminder") | {"org.leave.write"}
_SETTINGS = _read(
    "org.reference",
    "org.calendar",
    *(f"{service}.custom_field" for service in ("org", "mtl", "l2o", "cpq", "rms")),
)
_DIRECTORY = (
    _read("org.tenant", "org.person", "org.department", "org.role", "org.team") | _DAY | _SETTINGS
)
_CATALOGUE = _read("cpq.product", "cpq.price_book")
_SALES = (
    _DIRECTORY
    | _CATALOGUE
    | _both("mtl.lead", "mtl.import", "mtl.export")
    | _both("l2o.account", "l2o.contact", "l2o.opportunity", "l2o.import", "l2o.export")
    | _both("cpq.quote", "cpq.export", "rms.order", "rms.export")
    | _read("rms.payment", "rms.receivable", "rms.payment_term")
)
_SALES_LEAD = (
    _SALES
    | _both("cpq.price_book", "cpq.product", "cpq.import", "rms.payment", "org.team")
    | _read("org.client")
)
_FINANCE = (
    _DIRECTORY
    | _CATALOGUE
    | _read("l2o.account", "l2o.contact", "l2o.opportunity", "cpq.quote")
    | {"l2o.account.all", "l2o.contact.all", "l2o.opportunity.all", "cpq.quote.all"}
    | _both("rms.order", "rms.payment", "rms.receivable", "rms.export")
    | _both("rms.payment_term", "rms.number_format")
    | {"rms.order.all", "rms.payment.all", "rms.receivable.all"}
)
_PEOPLE = (
    _DIRECTORY
    | _both("org.person", "org.department", "org.team", "org.import", "org.export")
    | {"org.calendar.write", "org.custom_field.write"}
    | _read("org.client")
)


def _built_in(code: str, name: str, scopes: set[str]) -> BuiltIn:
    return BuiltIn(code, name, tuple(sorted(scopes)))


BUILT_IN: Final = (
    _built_in("SELLER", "销售", _SALES),
    _built_in("SALES_MANAGER", "销售经理", _SALES_LEAD),
    _built_in("DIRECTOR", "总监", _SALES_LEAD),
    _built_in("FINANCE", "财务", _FINANCE),
    _built_in("PEOPLE_ADMIN", "人事管理员", _PEOPLE),
    _built_in("ADMIN", "系统管理员", {"*"}),
)
