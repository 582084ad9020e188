"""Tests of streams: they end when their caller is no longer admitted."""

import asyncio
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import AsyncClient

from chassis.web import operation_routes
from kernel.ids import new_id
from libs.chassis.tests.web.operations.test_operation_responses import events_of
from testkit.directory import Company, sign_in
from testkit.plugin import Committed
from testkit.tenants import add_tenant


@pytest.mark.parametrize("removed", ["person", "tenant"])
async def test_a_stream_ends_when_its_caller_is_no_longer_admitted(
    http: AsyncClient,
    application: FastAPI,
    committed: Committed,
    tenant: UUID,
    removed: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operation_routes, "READMIT_SECONDS", 0.05)
    application.state.operation_waiter.budget, application.state.admission.max_age = 0.0, 0
    seller, key = sign_in(tenant, "li", scope="testkit.note.read"), new_id()
    await http.post(f"/conversions/{key}", headers=seller)
    location = f"/operations/{key}/events"
    streaming = asyncio.create_task(http.get(location, headers=seller))
    await asyncio.sleep(0.3)
    assert not streaming.done()
    async with committed.app.begin(tenant) as tx:
        if removed == "person":
            await Company(tx).person("li", active=False)
        else:
            await add_tenant(tx, status="DELETED")
    answer = await asyncio.wait_for(streaming, 2)
    assert [sent["status"] for sent in events_of(answer.text)] == ["RUNNING"]
    again = await http.get(location, headers=seller)
    code = "PERSON_INACTIVE" if removed == "person" else "TENANT_DELETED"
    assert (again.status_code, again.json()["code"]) == (403, code)
