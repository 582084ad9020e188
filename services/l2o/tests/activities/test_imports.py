"""Activities from a file: people and accounts by name, labels of kinds, and no row twice."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.l2o.tests.activities.calling import account, make, read
from services.l2o.tests.importing import counts, finish_import
from testkit.directory import Company

FILE = """客户,类型,时间,时长（分钟）,主题,联系人,参与人,下一步,下一步日期
上海测试有限公司,会议,2026-11-20T02:00:00Z,60,季度回顾,王芳;赵敏,li,发送方案,2026-12-03
上海测试有限公司,电话,2026-11-21T02:00:00Z,,,,,,
无此公司,电话,2026-11-21T02:00:00Z,,,,,,
上海测试有限公司,传真,2026-11-21T02:00:00Z,,,,,,
上海测试有限公司,电话,2999-11-21T02:00:00Z,,,,,,
"""


async def test_rows_become_activities_and_the_same_file_changes_nothing(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    account_id = await account(client)
    for name in ("王芳", "赵敏"):
        await make(client, "/contacts", {"account_id": account_id, "name": name})
    for outcome in ("created", "unchanged"):
        finished = await finish_import(client, tx, tenant, "l2o.activity", FILE.encode())
        assert finished["counts"] == counts(**{outcome: 2}, refused=3), finished
    call, meeting = (await read(client, f"/activities?account_id={account_id}&sort=-at"))["items"]
    assert (call["kind"], call["at"]) == ("CALL", "2026-11-21T02:00:00Z")
    assert (meeting["kind"], meeting["duration_minutes"]) == ("MEETING", 60)
    assert sorted(meeting["contact_names"]) == ["王芳", "赵敏"]
    assert meeting["participant_names"] == ["li"]
    assert (meeting["next_step"], meeting["next_step_on"]) == ("发送方案", "2026-12-03")
    assert (await read(client, f"/accounts/{account_id}"))["last_activity_at"] == call["at"]
