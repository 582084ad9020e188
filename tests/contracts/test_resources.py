"""Resources are declared once, by their own service."""

from types import SimpleNamespace

import pytest

from contracts import resources
from contracts.resources import (
    FINANCE,
    ONLY_ADMIN,
    SALES,
    Resource,
    RoleCode,
    common_resources,
    declared_resources,
    declared_services,
    editable,
)


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
