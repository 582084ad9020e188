"""Resources are declared once, by their own service."""

from types import SimpleNamespace

import pytest

from chassis.composition.features import imports_of, record_types_of
from chassis.records.lists.listing import listings_of
from contracts import resources
from contracts.event import EVENT_CLASSES
from contracts.resources import (
    FINANCE,
    ONLY_ADMIN,
    SALES,
    Resource,
    RoleCode,
    common_resources,
    declared_notices,
    declared_resources,
    declared_services,
    declared_tasks,
    editable,
)
from contracts.topics import load_events
from deploy.services import SERVICES


def test_a_resource_gives_its_scopes_to_roles() -> None:
    account = editable(
        "l2o.account", zh="客户", en="account", read=SALES | FINANCE, write=SALES, owned=True
    )
    assert account.service == "l2o"
    assert account.scopes_of(RoleCode.FINANCE) == {"l2o.account.read"}
    assert account.scopes_of(RoleCode.SELLER) == {"l2o.account.read", "l2o.account.write"}
    assert account.scope_names == {"l2o.account.read", "l2o.account.write", "l2o.account.all"}
    assert account.scopes_of(RoleCode.PEOPLE_ADMIN) == frozenset()


def test_a_resource_without_owners_has_no_scope_for_all_rows() -> None:
    assert editable(
        "cpq.product", zh="产品", en="product", read=SALES, write=SALES
    ).scope_names == {
        "cpq.product.read",
        "cpq.product.write",
    }
    with pytest.raises(ValueError, match="no owners"):
        Resource(name="cpq.product", zh="产品", en="product", scopes={"all": FINANCE})


@pytest.mark.parametrize("name", ["account", "l2o.", "L2O.account", "l2o.account.read", "l2o.a b"])
def test_a_resource_is_named_after_its_service_and_a_noun(name: str) -> None:
    with pytest.raises(ValueError, match=r"<service>\.<noun>"):
        Resource(name=name, zh="某物", en="thing", scopes={"read": SALES})


def test_only_a_service_with_imports_has_them() -> None:
    assert "mtl.import" in {one.name for one in common_resources("mtl", imports=SALES)}
    assert "rms.import" not in {one.name for one in common_resources("rms")}
    [tenant] = [
        one for one in common_resources("x", tenant={"read": SALES}) if "tenant" in one.name
    ]
    assert tenant.scopes == {"export": ONLY_ADMIN, "read": SALES}


def test_resources_of_all_services_are_collected() -> None:
    assert declared_resources()["l2o.account"].owned
    assert {"cpq", "l2o", "mtl", "org", "rms"} <= set(declared_services())


@pytest.mark.parametrize("names", [("mtl.lead", "mtl.lead"), ("l2o.lead",)])
def test_a_resource_of_another_service_or_declared_twice_is_refused(
    names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    declared = [editable(name, zh="线索", en="lead", read=SALES, write=SALES) for name in names]
    module = SimpleNamespace(RESOURCES=declared)
    monkeypatch.setattr(resources, "publisher_modules", lambda _: [("mtl", module)])
    with pytest.raises(ValueError, match="declared twice, or by mtl"):
        declared_resources.__wrapped__()


@pytest.mark.parametrize("service", SERVICES)
def test_only_a_service_with_imports_declares_what_belongs_to_them(service: str) -> None:
    load_events()
    imports = imports_of(service) is not None
    assert (f"{service}.import.finished.v1" in EVENT_CLASSES) is imports
    assert (f"{service}.import" in declared_resources()) is imports


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_stores_lists_and_imports_are_declared_resources(service: str) -> None:
    imports = imports_of(service)
    used = {one.scoped.resource for one in record_types_of(service)}
    used |= {listing.resource for listing in listings_of(service)}
    used |= {target.resource for target in imports.targets} if imports else set()
    assert used - declared_resources().keys() == set()


def test_every_resource_and_kind_of_work_has_names_for_people() -> None:
    names = [(one.zh, one.en) for one in declared_resources().values()]
    names += [*declared_notices().values(), *declared_tasks().values()]
    assert [pair for pair in names if not all(name.strip() for name in pair)] == []
