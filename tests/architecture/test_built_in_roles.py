"""Declared resources match the routes, and roles hold every needed scope and no unknown one."""

from collections.abc import Collection, Iterator
from typing import Any

import pytest

from chassis.records.access.guards import ACCESS_GUARDS
from contracts.resources import (
    GRANTABLE_ROLES,
    RoleCode,
    covers,
    declared_resources,
    declared_scopes,
    declared_services,
    grantable_scopes,
    known_scopes,
)
from deploy.services import SERVICES
from org.roles.domain.built_in import BUILT_IN_ROLES
from tests.architecture.applications import IN_ONE_PROCESS, operations
from tests.architecture.test_event_feed import published_aggregates, read_with

pytestmark = IN_ONE_PROCESS

# Scopes that only ADMIN has, through its `*`, each with its reason.
ADMIN_ONLY = {
    "org.tenant.write": "the time zone and the currency everybody else works by",
    "org.tenant.admin": "erasing people, exporting the tenant",
    "org.role.write": "who may do what",
    "org.client.write": "the secrets of machines",
    "desk.approval_setting.write": "whether links decide is agreed on once",
    "desk.approval_task.decide_for": "deciding in the name of others",
    "desk.file.read": "the names of all people's files",
    "desk.file_setting.write": "what everybody may upload is agreed on once",
    "org.operator.admin": "and only in the operators' own tenant",
    **{f"{name}.tenant.export": "all rows of the tenant" for name in SERVICES},
    **{f"{name}.event.admin": "events that failed are mended" for name in SERVICES},
    **{
        f"{name}.event.read": "the feed is for other systems, as service clients"
        for name in SERVICES
    },
    **{
        f"{name}.number_format.{verb}": "a numbering is agreed on once"
        for name in SERVICES
        for verb in ("read", "write")
        if name != "rms"  # FINANCE numbers what is posted
    },
    **{
        f"{name}.custom_field.write": "fields are agreed on once, by all who fill them in"
        for name in SERVICES
        if name != "org"  # PEOPLE_ADMIN keeps those of people
    },
}


def scopes_in(document: dict[str, Any]) -> Iterator[str]:
    for each in document.get("security", []):
        for scopes in each.values():
            yield from scopes


@pytest.fixture(scope="module")
def needed_scopes() -> set[str]:
    """Every scope that a route of any service needs."""
    return {
        scope
        for service in SERVICES
        for _, operation in operations(service)
        for scope in scopes_in(operation)
    }


@pytest.fixture(scope="module")
def shown(needed_scopes: set[str]) -> set[str]:
    """What shows every row of a resource with owners; the apps are made by now."""
    return {f"{scoped.resource}.all" for scoped, _ in ACCESS_GUARDS.values()}


HELD = {role.code: set(role.scopes) for role in BUILT_IN_ROLES}
NAMED = {scope for scopes in HELD.values() for scope in scopes if not scope.endswith("*")}


def unheld(needed_scopes: Collection[str], named: Collection[str]) -> list[str]:
    """Scopes that only ADMIN has, without a listed reason."""
    return sorted(set(needed_scopes) - set(named) - set(ADMIN_ONLY))


def unknown(
    named: Collection[str], needed_scopes: Collection[str], shown: Collection[str]
) -> list[str]:
    """Scopes of a role that no route needs and that show no rows."""
    return sorted(set(named) - set(needed_scopes) - set(shown))


def test_every_needed_scope_is_held_by_a_role(needed_scopes: set[str]) -> None:
    assert unheld(needed_scopes, NAMED) == []
    assert unheld({"mtl.dream.read"}, NAMED) == ["mtl.dream.read"]


def test_no_role_holds_an_unknown_scope(needed_scopes: set[str], shown: set[str]) -> None:
    assert unknown(NAMED, needed_scopes, shown) == []
    assert unknown(ADMIN_ONLY, needed_scopes, shown) == []
    named = {"mtl.lead.all", "mtl.lead.read", "mtl.lead.fly", "org.person.all"}
    assert unknown(named, needed_scopes, shown) == ["mtl.lead.fly", "org.person.all"]


def test_creators_of_clients_see_as_much_as_the_clients(shown: set[str]) -> None:
    """A client sees every row, so org demands the `.all` scopes of its creator."""
    owned = [resource for resource in declared_resources().values() if resource.owned]
    assert {resource.scope("all") for resource in owned} == {
        s for s in shown if not s.startswith("testkit.")
    }


def test_services_declare_the_scopes_that_their_routes_need_and_no_others(
    needed_scopes: set[str], shown: set[str]
) -> None:
    shown = {scope for scope in shown if not scope.startswith("testkit.")}
    feed = {f"{read_with(aggregate)}.read" for aggregate in published_aggregates()}
    assert declared_scopes() == needed_scopes | shown | feed


def test_every_service_declares_its_resources() -> None:
    assert set(declared_services()) == set(SERVICES)


def test_scopes_for_admins_only_are_held_by_no_other_role() -> None:
    assert NAMED.isdisjoint(ADMIN_ONLY)
    assert HELD["ADMIN"] == {"*"}


@pytest.mark.parametrize("code", ["SELLER", "SALES_MANAGER"])
def test_sellers_and_managers_see_rows_by_department(code: str) -> None:
    assert {s for s in HELD[code] if s.endswith((".all", "*"))} == set()


def test_directors_see_all_of_sales_and_keep_prices_and_teams() -> None:
    """Else the two roles would be one: a manager leads departments, a director all of sales."""
    leads = ("mtl.lead", "mtl.follow_up")
    sold = (
        *leads,
        "l2o.account",
        "l2o.contact",
        "l2o.opportunity",
        "l2o.activity",
        "cpq.quote",
        "rms.order",
        "desk.approval",
    )
    money = ("rms.payment", "rms.receivable")
    kept = {
        "cpq.product.write",
        "cpq.price_book.write",
        "cpq.rule.write",
        "l2o.collision_policy.write",
        "l2o.rfm_settings.write",
        "l2o.rule.write",
        "org.team.write",
        "mtl.rule.write",
        "mtl.capture_setting.write",
        "mtl.quota.write",
        "desk.approval_flow.write",
        "desk.message_template.write",
        "desk.message.read",
        "desk.message.write",
    }
    imports = {f"{name}.import.{verb}" for name in ("cpq", "desk") for verb in ("read", "write")}
    more = {*(f"{name}.all" for name in (*sold, *money)), *kept, *imports}
    assert HELD["DIRECTOR"] - HELD["SALES_MANAGER"] == more
    assert HELD["SELLER"] < HELD["SALES_MANAGER"] < HELD["DIRECTOR"]


def test_only_roles_without_administration_can_be_given_by_others() -> None:
    assert set(GRANTABLE_ROLES) == {RoleCode.PEOPLE_ADMIN}
    for roles in GRANTABLE_ROLES.values():
        assert roles.isdisjoint({RoleCode.ADMIN, RoleCode.PEOPLE_ADMIN})
    assert covers(grantable_scopes(frozenset({RoleCode.PEOPLE_ADMIN})), "rms.payment.write")
    assert grantable_scopes(frozenset({RoleCode.SELLER, RoleCode.ADMIN})) == frozenset()


def test_wildcards_of_services_and_resources_are_known_scopes() -> None:
    assert {"*", "mtl.*", "mtl.lead.*", "mtl.lead.read", "mtl.lead.all"} <= known_scopes()
    assert known_scopes().isdisjoint({"mtl.lead.raed", "mtl.leads.*", "sales.*", "mtl.*.read"})
    assert covers({"mtl.lead.*"}, "mtl.lead.read")
    assert not covers({"mtl.lead.*"}, "mtl.import.read")
    assert not covers({"mtl.lead.*"}, "mtl.*")


@pytest.mark.parametrize("code", sorted(HELD.keys() - {"ADMIN"}))
def test_no_role_but_admin_uses_wildcards(code: str) -> None:
    """`l2o.*` would cover `l2o.account.all`, and all scopes of later releases."""
    assert {s for s in HELD[code] if s.endswith("*")} == set()
