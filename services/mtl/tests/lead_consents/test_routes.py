"""People say by what means they may be contacted, and take it back at once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.channels.senders import captures, open_channel, send
from services.mtl.tests.factories import create, problem, violations
from testkit.directory import Company, sign_in

PHONE, MAIL = "13800138000", "w@example.com"


async def withdraw(client: AsyncClient, lead_id: str, *media: str) -> Response:
    body = {"media": list(media)} if media else None
    return await client.post(f"/leads/{lead_id}/consents/withdraw", json=body)


async def grant(client: AsyncClient, lead_id: str, *media: str, **more: Any) -> Response:
    body = {"media": list(media), "text": "我同意接收产品资讯。", **more}
    return await client.post(f"/leads/{lead_id}/consents", json=body)


async def banned(client: AsyncClient, lead_id: str) -> list[str]:
    shown: list[str] = (await client.get(f"/leads/{lead_id}")).json()["do_not_contact"]
    return shown


async def follow_up(client: AsyncClient, lead_id: str, kind: str, **more: Any) -> Response:
    body = {"lead_id": lead_id, "kind": kind, "at": "2026-11-20T02:00:00Z", **more}
    return await client.post("/follow-ups", json=body)


async def test_a_consent_is_kept_with_its_proof(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).person("li")
    client.headers.update(sign_in(tenant, "li", scope="*"))
    lead_id = (await create(client, name="王芳", phone=PHONE, email=MAIL))["id"]
    proof = {"text_version": "2026-03", "channel": "展会", "source": "https://example.com/form"}
    answer = await grant(client, lead_id, "CALL", "MAIL", at="2026-11-20T02:00:00Z", **proof)
    assert (answer.status_code, answer.json()) == (201, {"do_not_contact": []})
    kept = (await client.get(f"/leads/{lead_id}/consents")).json()["items"]
    assert {each["medium"] for each in kept} == {"CALL", "MAIL"}
    first = {**proof, "state": "GRANTED", "at": "2026-11-20T02:00:00Z", "recorded_by_name": "li"}
    assert first.items() <= kept[0].items()
    assert not any("digest" in name for name in kept[0])
    calls = await client.get(f"/leads/{lead_id}/consents?medium=CALL")
    assert len(calls.json()["items"]) == 1


async def test_a_withdrawal_counts_for_every_lead_with_the_contact_point(
    client: AsyncClient,
) -> None:
    first = (await create(client, name="王芳", phone=PHONE, other_email=MAIL))["id"]
    channel_id, key = await open_channel(client, duplicate_policy="CREATE_AND_FLAG")
    await send(client, channel_id, key, {"name": "王芳二", "phone": PHONE})
    flagged = (await captures(client))[0]["lead_id"]
    other = (await create(client, name="李娜", phone="13800138001"))["id"]
    answer = await withdraw(client, first, "CALL", "MAIL")
    assert answer.json() == {"do_not_contact": ["CALL", "MAIL"]}
    assert await banned(client, first) == ["CALL", "MAIL"]
    assert await banned(client, flagged) == ["CALL"]
    assert await banned(client, other) == []
    listed = (await client.get("/leads")).json()["items"]
    assert {each["id"]: each["do_not_contact"] for each in listed}[flagged] == ["CALL"]
    await client.delete(f"/leads/{first}")
    later = (await create(client, name="王芳三", email=MAIL))["id"]
    assert await banned(client, later) == ["MAIL"]


async def test_without_media_all_of_them_are_withdrawn(client: AsyncClient) -> None:
    lead_id = (await create(client, name="王芳", phone=PHONE, wechat_id="wangfang88"))["id"]
    answer = await withdraw(client, lead_id)
    assert answer.json() == {"do_not_contact": ["CALL", "MESSAGE", "WECHAT"]}
    empty = (await create(client, company="远景科技"))["id"]
    assert problem(await withdraw(client, empty)) == (409, "CONSENT_WITHOUT_POINT")
    refused = await withdraw(client, lead_id, "MAIL")
    assert problem(refused) == (409, "CONSENT_WITHOUT_POINT")
    assert refused.json()["detail"] == "The lead has no contact details for: Mail."


async def test_a_lead_that_gets_another_number_shows_what_counts_for_it(
    client: AsyncClient,
) -> None:
    first = (await create(client, name="王芳", phone=PHONE))["id"]
    await withdraw(client, first, "CALL")
    await client.delete(f"/leads/{first}")
    lead = await create(client, name="李娜", phone="13800138001")
    edited = await client.patch(f"/leads/{lead['id']}", json={"other_phone": PHONE})
    assert edited.json()["do_not_contact"] == ["CALL"]
    assert await banned(client, lead["id"]) == ["CALL"]
    await client.patch(f"/leads/{lead['id']}", json={"other_phone": None})
    assert await banned(client, lead["id"]) == []


async def test_the_latest_fact_counts_and_a_withdrawal_wins_a_tie(client: AsyncClient) -> None:
    lead_id = (await create(client, name="王芳", phone=PHONE))["id"]
    await withdraw(client, lead_id, "CALL")
    older = await grant(client, lead_id, "CALL", at="2026-01-01T00:00:00Z")
    assert older.json() == {"do_not_contact": ["CALL"]}
    newer = await grant(client, lead_id, "CALL")
    assert newer.json() == {"do_not_contact": []}
    assert await banned(client, lead_id) == []
    await withdraw(client, lead_id, "CALL")
    assert await banned(client, lead_id) == ["CALL"]
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    future = await grant(client, lead_id, "CALL", at=tomorrow)
    assert violations(future) == {("/at", "INSTANT_IN_FUTURE")}


@pytest.mark.parametrize("kind", ["CALL", "MAIL", "MESSAGE", "WECHAT"])
async def test_nobody_contacts_who_does_not_want_it(client: AsyncClient, kind: str) -> None:
    person = {"name": "王芳", "phone": PHONE, "email": MAIL, "wechat_id": "wang_fang"}
    lead_id = (await create(client, **person))["id"]
    noted = await follow_up(client, lead_id, "NOTE")
    await withdraw(client, lead_id, kind)
    refused = await follow_up(client, lead_id, kind)
    assert problem(refused) == (409, "DO_NOT_CONTACT")
    assert "does not want to be contacted this way" in refused.json()["detail"]
    incoming = await follow_up(client, lead_id, kind, direction="INCOMING")
    assert (incoming.status_code, incoming.json()["direction"]) == (201, "INCOMING")
    for changed, patch in ((incoming, {"direction": "OUTGOING"}), (noted, {"kind": kind})):
        answer = await client.patch(f"/follow-ups/{changed.json()['id']}", json=patch)
        assert problem(answer) == (409, "DO_NOT_CONTACT")
    for other in {"CALL", "MAIL", "MESSAGE", "VISIT", "NOTE"} - {kind}:
        assert (await follow_up(client, lead_id, other)).status_code == 201


async def test_what_was_done_before_can_still_be_written_up(client: AsyncClient) -> None:
    lead_id = (await create(client, name="王芳", phone=PHONE))["id"]
    call = (await follow_up(client, lead_id, "CALL")).json()
    await withdraw(client, lead_id, "CALL")
    patched = await client.patch(f"/follow-ups/{call['id']}", json={"summary": "对方要求勿扰"})
    assert patched.status_code == 200


async def test_a_payload_brings_the_consent_of_its_person(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client)
    consent = {
        "consent.media": ["CALL", "MAIL"],
        "consent.text": "我同意",
        "consent.version": "v2",
        "consent.at": "2026-11-20T02:00:00Z",
        "consent.source": "https://www.example.com/form",
    }
    sent = await send(client, channel_id, key, {"name": "王芳", "phone": PHONE, **consent})
    assert sent.json()["outcome"] == "ACCEPTED", sent.text
    lead_id = (await captures(client))[0]["lead_id"]
    [kept] = (await client.get(f"/leads/{lead_id}/consents")).json()["items"]
    shown = ("medium", "state", "text", "text_version", "channel", "source", "at")
    assert [kept[name] for name in shown] == [
        "CALL",
        "GRANTED",
        "我同意",
        "v2",
        "官网",
        "https://www.example.com/form",
        "2026-11-20T02:00:00Z",
    ]
    await withdraw(client, lead_id, "CALL")
    await send(client, channel_id, key, {"name": "王芳", "phone": PHONE, **consent})
    assert await banned(client, lead_id) == ["CALL"]
    wrong = await send(client, channel_id, key, {"name": "李", "consent.media": ["FAX"]})
    assert [one["code"] for one in wrong.json()["reasons"]] == ["VALUE_UNKNOWN"]


async def test_consents_follow_the_access_to_the_lead(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    company = Company(tx)
    await company.person("li")
    await company.person("zhou")
    scope = "mtl.lead.read mtl.lead.write"
    client.headers.update(sign_in(tenant, "li", scope=scope))
    lead_id = (await create(client, name="王芳", phone=PHONE))["id"]
    stranger = sign_in(tenant, "zhou", scope=scope)
    path = f"/leads/{lead_id}/consents"
    assert (await client.get(path, headers=stranger)).status_code == 404
    assert (await client.post(f"{path}/withdraw", headers=stranger)).status_code == 404
    reader = sign_in(tenant, "li", scope="mtl.lead.read")
    assert (await client.post(f"{path}/withdraw", headers=reader)).status_code == 403


@pytest.mark.parametrize(
    "body", [{}, {"media": []}, {"media": ["FAX"], "text": "x"}, {"media": ["CALL"]}]
)
async def test_a_consent_needs_media_and_a_text(client: AsyncClient, body: dict[str, Any]) -> None:
    lead_id = (await create(client, name="王芳", phone=PHONE))["id"]
    answer = await client.post(f"/leads/{lead_id}/consents", json=body)
    assert answer.status_code == 422


async def test_the_number_of_a_switchboard_bans_no_colleague(client: AsyncClient) -> None:
    board = "010-62345678"
    mine = (await create(client, name="王芳", phone=PHONE, work_phone=board))["id"]
    colleague = (await create(client, name="李娜", work_phone=board))["id"]
    await withdraw(client, mine, "CALL")
    assert await banned(client, mine) == ["CALL"]
    assert await banned(client, colleague) == []
    await withdraw(client, colleague, "CALL")
    assert await banned(client, colleague) == ["CALL"]
    assert await banned(client, (await create(client, name="张伟", work_phone=board))["id"]) == [
        "CALL"
    ]


@pytest.mark.parametrize("field", ["other_phone", "work_phone"])
async def test_a_withdrawal_counts_for_leads_with_the_number_in_any_field(
    client: AsyncClient, tx: AsyncConnection, field: str
) -> None:
    """Also for one without keys, as invalid leads are."""
    numbers = {field: PHONE} | ({} if field == "work_phone" else {"phone": "13900139000"})
    other = await create(client, name="李雷", **numbers)
    reason = {"reason": "NOT_REACHABLE"}
    invalid = await client.post(f"/leads/{other['id']}/disqualify", json=reason)
    assert invalid.status_code == 200, invalid.text
    lead_id = (await create(client, name="王芳", phone=PHONE))["id"]
    await withdraw(client, lead_id, "CALL")
    assert await banned(client, lead_id) == ["CALL"]
    assert await banned(client, other["id"]) == ["CALL"]
