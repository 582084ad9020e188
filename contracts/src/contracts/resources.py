"""The resources of all services: their scopes, and the built-in roles that hold them.

Each service declares its own resources as `RESOURCES` in `contracts/<service>/resources.py`.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, Final

from contracts.event import SNAPSHOT_RUN
from contracts.modules import publisher_modules

RESOURCE_NAME: Final = re.compile(r"[a-z][a-z0-9]*\.[a-z][a-z0-9_]*")
SEES_ALL_ROWS: Final = "all"
READ: Final = "read"
OWNER_NOTICE, IMPORT_NOTICE = "ASSIGNED", "IMPORT_FINISHED"
Names = tuple[str, str]  # in Chinese and in English
COMMON_NAMES: Final[Mapping[str, Names]] = {
    "export": ("导出", "export"),
    "custom_field": ("自定义字段", "custom field"),
    "number_format": ("编号格式", "number format"),
    "tenant": ("租户", "tenant"),
    "event": ("事件", "event"),
    "work": ("待办与消息的来源", "source of tasks and notices"),
    "import": ("导入", "import"),
}
OWNER_NOTICE_NAMES: Final[Names] = ("成为负责人", "New owner")


class RoleCode(StrEnum):
    """The codes of the roles that every tenant has; ADMIN holds every scope without being named."""

    SELLER = "SELLER"
    SALES_MANAGER = "SALES_MANAGER"
    DIRECTOR = "DIRECTOR"
    FINANCE = "FINANCE"
    PEOPLE_ADMIN = "PEOPLE_ADMIN"
    ADMIN = "ADMIN"


Roles = frozenset[RoleCode]
ONLY_ADMIN: Final = Roles()
DIRECTION: Final = Roles({RoleCode.DIRECTOR})
SALES_MANAGEMENT: Final = Roles({RoleCode.SALES_MANAGER, RoleCode.DIRECTOR})
SALES: Final = SALES_MANAGEMENT | {RoleCode.SELLER}
FINANCE: Final = Roles({RoleCode.FINANCE})
PEOPLE: Final = Roles({RoleCode.PEOPLE_ADMIN})
EVERYBODY: Final = SALES | FINANCE | PEOPLE

# The built-in roles that the holders of a role may give and take away, and for whose holders they
# may issue password links, without holding the scopes of these roles themselves.
GRANTABLE_ROLES: Final[Mapping[RoleCode, Roles]] = {RoleCode.PEOPLE_ADMIN: SALES | FINANCE}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A kind of record such as `l2o.account`; this is its name everywhere.

    People read its names in Chinese and English, `zh` and `en`: 客户, account.
    `scopes` maps each verb to the built-in roles that hold the scope `<name>.<verb>`. The rows of
    an `owned` resource belong to owners, and the verb `all` shows every row. `notices` are the
    kinds of notices about its records, which people can switch off, and `tasks` the kinds of tasks:
    their codes with their names in Chinese and English. `aggregates` are published ones that are no
    resources: whoever may read this resource may read their events in the pull feed.
    Raises ValueError for a name other than `<service>.<noun>`, or for `all` without owners.
    """

    name: str
    zh: str
    en: str
    scopes: Mapping[str, Roles]
    owned: bool = False
    notices: Mapping[str, Names] = field(default_factory=dict)
    tasks: Mapping[str, Names] = field(default_factory=dict)
    aggregates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if RESOURCE_NAME.fullmatch(self.name) is None:
            raise ValueError(f"{self.name!r} should be <service>.<noun>")
        if SEES_ALL_ROWS in self.scopes and not self.owned:
            raise ValueError(f"{self.name} has no owners, so nobody sees more than others")

    @property
    def service(self) -> str:
        """The service that the records belong to."""
        return self.name.partition(".")[0]

    @property
    def noun(self) -> str:
        """The last part of the name: `price_book`."""
        return self.name.partition(".")[2]

    def scope(self, verb: str) -> str:
        """The full name of a scope: `l2o.account.read`."""
        return f"{self.name}.{verb}"

    @property
    def scope_names(self) -> frozenset[str]:
        """All scopes of the resource, with `.all` if it has owners."""
        verbs = {*self.scopes, SEES_ALL_ROWS} if self.owned else {*self.scopes}
        return frozenset(self.scope(verb) for verb in verbs)

    def scopes_of(self, role: RoleCode) -> frozenset[str]:
        """The scopes that a built-in role holds."""
        return frozenset(self.scope(verb) for verb, roles in self.scopes.items() if role in roles)


def editable(
    name: str,
    *,
    zh: str,
    en: str,
    read: Roles,
    write: Roles,
    sees_all: Roles = ONLY_ADMIN,
    owned: bool = False,
    notices: Mapping[str, Names] | None = None,
    tasks: Mapping[str, Names] | None = None,
    aggregates: tuple[str, ...] = (),
) -> Resource:
    """Declare a resource with the scopes `read` and `write`, and `all` if it is owned.

    The new owner of an owned record is always notified.
    """
    scopes = {"read": read, "write": write, **({SEES_ALL_ROWS: sees_all} if owned else {})}
    notices = {**({OWNER_NOTICE: OWNER_NOTICE_NAMES} if owned else {}), **(notices or {})}
    return Resource(
        name=name,
        zh=zh,
        en=en,
        scopes=scopes,
        owned=owned,
        notices=notices,
        tasks=tasks or {},
        aggregates=aggregates,
    )


def common_resources(
    service: str,
    *,
    imports: Roles | None = None,
    exports: Roles = ONLY_ADMIN,
    field_editors: Roles = ONLY_ADMIN,
    numberers: Roles = ONLY_ADMIN,
    tenant: Mapping[str, Roles] | None = None,
    asks_approvals: bool = False,
    publishes_grants: bool = False,
) -> tuple[Resource, ...]:
    """Declare what every service has: exports, custom fields, number formats, events, operation.

    Only a service that imports files has `imports`. `tenant` adds scopes to `<service>.tenant`.
    A service that `asks_approvals` publishes its requests, one that `publishes_grants` its teams
    and shares; who may read its work may read them.
    """
    kinds: dict[str, Mapping[str, Roles]] = {
        "export": {"read": exports, "write": exports},
        "custom_field": {"read": EVERYBODY, "write": field_editors},
        "number_format": {"read": numberers, "write": numberers},
        "tenant": {"export": ONLY_ADMIN, **(tenant or {})},
    }
    asked = (f"{service}.approval_request",) if asks_approvals else ()
    granted = (f"{service}.grant",) if publishes_grants else ()
    common = (
        *(_common(service, noun, scopes) for noun, scopes in kinds.items()),
        _common(
            service,
            "event",
            {"admin": ONLY_ADMIN, "read": ONLY_ADMIN},
            aggregates=(f"{service}.{SNAPSHOT_RUN}", f"{service}.tenant_task"),
        ),
        _common(service, "work", {"read": ONLY_ADMIN}, aggregates=(*asked, *granted)),
    )
    if imports is None:
        return common
    scopes = {"read": imports, "write": imports, SEES_ALL_ROWS: ONLY_ADMIN}
    notices = {IMPORT_NOTICE: ("导入结束", "Import finished")}
    return (_common(service, "import", scopes, owned=True, notices=notices), *common)


def _common(service: str, noun: str, scopes: Mapping[str, Roles], **more: Any) -> Resource:
    zh, en = COMMON_NAMES[noun]
    return Resource(name=f"{service}.{noun}", zh=zh, en=en, scopes=scopes, **more)


@cache
def declared_resources() -> Mapping[str, Resource]:
    """Return the resources of all services by name.

    Raises ValueError for a resource that is declared twice, or by another service than its own.
    """
    declared: dict[str, Resource] = {}
    for service, module in publisher_modules("resources"):
        for resource in module.RESOURCES:
            if resource.service != service or resource.name in declared:
                raise ValueError(f"{resource.name} is declared twice, or by {service}")
            declared[resource.name] = resource
    return declared


@cache
def declared_services() -> tuple[str, ...]:
    """Return the names of all services, in order; each declares its resources."""
    return tuple(sorted({resource.service for resource in declared_resources().values()}))


@cache
def resource_of_events(aggregate: str) -> Resource | None:
    """Return the resource whose scopes are needed to read the events of an aggregate.

    It is the resource of that name if it can be read, else the one that lists the aggregate.
    """
    own = declared_resources().get(aggregate)
    if own is not None and READ in own.scopes:
        return own
    listing = [one for one in declared_resources().values() if aggregate in one.aggregates]
    return listing[0] if listing else None


def scopes_of_role(role: RoleCode) -> frozenset[str]:
    """Return the scopes that a built-in role holds, as all services declare them."""
    if role is RoleCode.ADMIN:
        return frozenset({"*"})
    declared = declared_resources().values()
    return frozenset(scope for one in declared for scope in one.scopes_of(role))


@cache
def grantable_scopes(roles: Roles) -> frozenset[str]:
    """Return the scopes of all built-in roles that the holders of these roles may give."""
    grantable = {role for one in roles for role in GRANTABLE_ROLES.get(one, ())}
    return frozenset(scope for role in grantable for scope in scopes_of_role(role))


def declared_scopes() -> Set[str]:
    """Return every scope of every service."""
    return frozenset().union(*(one.scope_names for one in declared_resources().values()))


def covers(scopes: Set[str], scope: str) -> bool:
    """Return whether these scopes include a scope.

    `mtl.lead.*` covers all scopes of a resource, `mtl.*` all of a service, `*` everything.
    """
    service, resource = scope.partition(".")[0], scope.rpartition(".")[0]
    return not scopes.isdisjoint({scope, f"{resource}.*", f"{service}.*", "*"})


@cache
def known_scopes() -> Set[str]:
    """Return what can be granted: every declared scope, and the wildcards that cover some."""
    resources = {f"{name}.*" for name in declared_resources()}
    services = {f"{name}.*" for name in declared_services()}
    return frozenset({"*", *services, *resources, *declared_scopes()})


@cache
def declared_notices() -> Mapping[str, Names]:
    """Return the names of all kinds of notices of all services, in the order of their codes."""
    kinds = [kind for one in declared_resources().values() for kind in one.notices.items()]
    return dict(sorted(kinds))


@cache
def declared_tasks() -> Mapping[str, Names]:
    """Return the names of all kinds of tasks of all services, in the order of their codes."""
    kinds = [kind for one in declared_resources().values() for kind in one.tasks.items()]
    return dict(sorted(kinds))
