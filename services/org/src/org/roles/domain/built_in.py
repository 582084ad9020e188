"""The built-in roles of every tenant, with the scopes that the services declare for them.

Which rows a seller or sales manager sees follows from departments; `.all` scopes and ADMIN's `*`
see every row. A director has the `.all` scopes of sales, and keeps what all of sales works by.
"""

from typing import Final, NamedTuple

from contracts.resources import RoleCode, scopes_of_role


class BuiltInRole(NamedTuple):
    """The definition of a built-in role; its code never changes. It is named in zh-CN and en."""

    code: str
    name_zh: str
    name_en: str
    scopes: tuple[str, ...]

    def name_in(self, language: str | None) -> str:
        """Return the name in a language of the texts: English in en, else Chinese."""
        return self.name_en if language == "en" else self.name_zh


NAMES: Final = {
    RoleCode.SELLER: ("销售", "Seller"),
    RoleCode.SALES_MANAGER: ("销售经理", "Sales manager"),
    RoleCode.DIRECTOR: ("总监", "Director"),
    RoleCode.FINANCE: ("财务", "Finance"),
    RoleCode.PEOPLE_ADMIN: ("人事管理员", "People administrator"),
    RoleCode.ADMIN: ("系统管理员", "System administrator"),
}


BUILT_IN_ROLES: Final = tuple(
    BuiltInRole(code.value, zh, en, tuple(sorted(scopes_of_role(code))))
    for code, (zh, en) in NAMES.items()
)
