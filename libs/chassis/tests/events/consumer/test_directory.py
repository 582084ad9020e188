"""The replica of tenant settings, whose whole primary key is the tenant."""

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from chassis.events.consumer.dead_letter_commands import list_parked
from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.processing import Processor
from chassis.events.envelope import Envelope
from chassis.foundation.refusals import Unavailable
from chassis.records.directory_subscriptions import tenant_subscription
from chassis.records.tenant_settings import TenantSettings, settings_of
from contracts.org.events import TenantChanged, TenantCreated, TenantState
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import CREATED, outcomes
from testkit.plugin import Committed
from testkit.tenants import remove_tenant

ZURICH: dict[str, Any] = {
    "name": "Muster AG",
    "timezone": "Europe/Zurich",
    "currency": "CHF",
    "languages": ["de-CH", "en"],
    "default_tax_rate": Decimal("0.081"),
    "country": "CH",
    "status": "ACTIVE",
}


def record(
    tenant: UUID, sequence: int, event: TenantCreated | TenantChanged, **broken: Any
) -> ConsumerRecord:
    data = event.model_dump(mode="json")
    data["tenant"] |= broken
    envelope = Envelope(
        id=new_id(),
        source="/org",
        type=event.type,
        subject=tenant,
        time=CREATED,
        tenantid=tenant,
        sequence=sequence,
        epoch=1,
        correlationid="x",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data=data,
    )
    return ConsumerRecord("org.tenant.v1", 0, sequence, envelope.encode())


def state(tenant: UUID, **changes: Any) -> TenantState:
    return TenantState(tenant_id=tenant, **(ZURICH | changes))


async def test_settings_follow_the_newest_state(committed: Committed, tenant: UUID) -> None:
    tenants, other = tenant_subscription("testkit"), new_id()
    assert tenants.name == "testkit.tenants"
    async with committed.app.begin(tenant) as tx:
        await remove_tenant(tx)
        with pytest.raises(Unavailable, match="TENANT_NOT_READY"):
            await settings_of(tx)
    created = record(tenant, 1, TenantCreated(tenant=state(tenant)))
    changed = record(tenant, 3, TenantChanged(tenant=state(tenant, currency="EUR")))
    stale = record(tenant, 2, TenantChanged(tenant=state(tenant, currency="USD")))
    theirs = record(other, 1, TenantCreated(tenant=state(other, timezone="Asia/Shanghai")))
    processor = Processor(tenants, committed.worker)
    await processor.apply([created, theirs])
    await processor.apply([changed])
    await processor.apply([stale])
    async with committed.app.begin(tenant) as tx:
        assert await settings_of(tx) == TenantSettings(
            timezone="Europe/Zurich",
            currency="EUR",
            languages=("de-CH", "en"),
            default_tax_rate=Decimal("0.081"),
            country="CH",
        )
    async with committed.app.begin(other) as tx:
        assert (await settings_of(tx)).timezone == "Asia/Shanghai"
    counts = await outcomes(committed.worker, tenant, tenants)
    assert counts == {"applied": 2, "duplicates": 1}  # its offset was passed before


async def test_settings_no_service_could_use_are_parked(committed: Committed, tenant: UUID) -> None:
    event = TenantCreated(tenant=state(tenant))
    broken = {"timezone": "Mars/Olympus", "currency": "ZZZ", "default_tax_rate": "13"}
    await Processor(tenant_subscription("testkit"), committed.worker).apply(
        [record(tenant, 1, event, **broken)]
    )
    async with committed.worker.begin(tenant) as tx:
        (parked,) = await list_parked(tx)
    for name in broken:
        assert f"tenant.{name}" in parked.error
