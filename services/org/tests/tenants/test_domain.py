"""Changing the settings of a tenant."""

from decimal import Decimal

from contracts.org.events import TenantChanged
from org.tenants.domain import TenantSettings
from services.org.tests.factories import NOW, a_tenant


def test_the_event_of_a_change_carries_the_whole_state() -> None:
    tenant = a_tenant()
    with_settings = tenant.with_settings(TenantSettings(currency="EUR", languages=("de",)))
    assert with_settings is not None
    changed, event = with_settings
    assert (changed.currency, changed.languages) == ("EUR", ("de",))
    assert changed.created_at == NOW
    assert event == TenantChanged(tenant=changed.state())
    assert event.tenant.timezone == "Asia/Shanghai"
    assert event.tenant.status == "ACTIVE"


def test_equal_settings_are_no_change() -> None:
    tenant = a_tenant()
    assert tenant.with_settings(TenantSettings()) is None
    same = TenantSettings(name="示例科技", default_tax_rate=Decimal("0.130000"))
    assert tenant.with_settings(same) is None
