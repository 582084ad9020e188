"""Changing the settings of a tenant."""

from datetime import timedelta
from decimal import Decimal

from contracts.org.events import TenantChanged
from org.tenants.domain import TenantSettings
from services.org.tests.factories import NOW, a_tenant

LATER = NOW + timedelta(days=1)


def test_the_event_of_a_change_carries_the_whole_state() -> None:
    tenant = a_tenant()
    with_settings = tenant.with_settings(
        TenantSettings(currency="EUR", languages=("de",)), now=LATER
    )
    assert with_settings is not None
    changed, event = with_settings
    assert (changed.currency, changed.languages, changed.updated_at) == ("EUR", ("de",), LATER)
    assert changed.created_at == NOW
    assert event == TenantChanged(tenant=changed.state())
    assert event.tenant.timezone == "Asia/Shanghai"
    assert event.tenant.status == "ACTIVE"


def test_equal_settings_are_no_change() -> None:
    tenant = a_tenant()
    assert tenant.with_settings(TenantSettings(), now=LATER) is None
    same = TenantSettings(name="示例科技", default_tax_rate=Decimal("0.130000"))
    assert tenant.with_settings(same, now=LATER) is None
