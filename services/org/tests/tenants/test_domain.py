from datetime import timedelta
from decimal import Decimal

from contracts.org.events import TenantChanged
from org.tenants.domain import Settings
from services.org.tests.factories import NOW, a_tenant

LATER = NOW + timedelta(days=1)


def test_a_change_carries_the_whole_state() -> None:
    tenant = a_tenant()
    change = tenant.change(Settings(currency="EUR", languages=("de",)), now=LATER)
    assert change is not None
    changed, event = change
    assert (changed.currency, changed.languages, changed.updated_at) == ("EUR", ("de",), LATER)
    assert changed.created_at == NOW
    assert event == TenantChanged(tenant=changed.state())
    assert event.tenant.timezone == "Asia/Shanghai"
    assert event.tenant.status == "ACTIVE"


def test_the_same_settings_are_no_change() -> None:
    tenant = a_tenant()
    assert tenant.change(Settings(), now=LATER) is None
    same = Settings(name="示例科技", default_tax_rate=Decimal("0.130000"))
    assert tenant.change(same, now=LATER) is None
