"""The built-in roles of every tenant, with the scopes that the services declare for them.

Which rows a role sees follows from departments: only `.all` scopes and ADMIN's `*` see every row,
and a director sees all rows by heading the root department.
"""

from typing import Final, NamedTuple

from contracts.resources import RoleCode, declared_resources


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


def _scopes_of(code: RoleCode) -> tuple[str, ...]:
    if code is RoleCode.ADMIN:
        return ("*",)
    return tuple(sorted(s for one in declared_resources().values() for s in one.scopes_of(code)))


BUILT_IN_ROLES: Final = tuple(
    BuiltInRole(code.value, name, _scopes_of(code)) for code, name in NAMES.items()
)
