"""The built-in roles of every tenant, with the scopes that the services declare for them.

Which rows a seller or sales manager sees follows from departments; `.all` scopes and ADMIN's `*`
see every row. A director has the `.all` scopes of sales, and keeps what all of sales works by.
"""

from typing import Final, NamedTuple

from contracts.resources import RoleCode, scopes_of_role


class BuiltInRole(NamedTuple):
    """The definition of a built-in role; its code never changes."""

    code: str
    name: str
    scopes: tuple[str, ...]


NAMES: Final = {
    RoleCode.SELLER: "销售",
    RoleCode.SALES_MANAGER: "销售经理",
    RoleCode.DIRECTOR: "总监",
    RoleCode.FINANCE: "财务",
    RoleCode.PEOPLE_ADMIN: "人事管理员",
    RoleCode.ADMIN: "系统管理员",
}


BUILT_IN_ROLES: Final = tuple(
    BuiltInRole(code.value, name, tuple(sorted(scopes_of_role(code))))
    for code, name in NAMES.items()
)
