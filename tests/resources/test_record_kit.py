"""Every resource is created in batches, and refuses what its tenant's quota does not allow."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from testkit.samples import Body
from testkit.tenants import add_tenant
from tests.resources.records import Records, code_of

BAD: Body = {"colour": "red"}


async def batch(records: Records, bodies: Sequence[Body], *, atomic: bool) -> tuple[int, Body]:
    items = [{"create": body} for body in bodies]
    answer = await records.call(
        "POST /batch",
        json={"items": items, "atomic": atomic},
        headers={"Idempotency-Key": str(new_id())},
    )
    return answer.status_code, answer.json()


@pytest.mark.records("POST", "POST /batch")
async def test_a_batch_answers_item_by_item_or_as_a_whole(records: Records) -> None:
    first, second, third = [await records.body() for _ in range(3)]
    before = set(await records.ids("?limit=200"))
    status, answer = await batch(records, [first, BAD], atomic=False)
    assert (status, [one["status"] for one in answer["items"]]) == (207, [201, 422])
    assert answer["items"][1]["problem"]["errors"]
    created = {answer["items"][0]["record"]["id"]}
    status, problem = await batch(records, [second, BAD], atomic=True)
    assert status == 409, problem
    assert set(await records.ids("?limit=200")) - before == created
    status, answer = await batch(records, [second, third], atomic=True)
    assert (status, [one["status"] for one in answer["items"]]) == (200, [201, 201])
    created |= {one["record"]["id"] for one in answer["items"]}
    assert set(await records.ids("?limit=200")) - before == created


@pytest.mark.records("POST")
async def test_a_record_beyond_the_quota_is_refused_with_its_limit(
    records: Records, tx: AsyncConnection, tenant: UUID
) -> None:
    body = await records.body()
    await add_tenant(tx, quotas={"rows": 0})
    answer = await records.post(body)
    assert code_of(answer) == (409, "QUOTA_ROWS")
    problem = answer.json()
    assert problem["params"] == {"limit": 0}
    assert str(tenant) not in problem["detail"]
    await add_tenant(tx, quotas={})
    assert (await records.post(body)).status_code == 201
