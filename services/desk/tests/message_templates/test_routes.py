"""Message templates over HTTP: refused texts, previews, one per code, channel and language."""

from httpx import AsyncClient

from services.desk.tests.files.uploading import code_of

MAIL = {
    "code": "QUOTE_LINK",
    "name": "报价链接",
    "channel": "MAIL",
    "language": "en",
    "subject": "Quote {quote_no}",
    "body": "{customer}: {total:MONEY}, {url:LINK}",
}


async def test_a_template_is_previewed_before_anything_is_sent(client: AsyncClient) -> None:
    created = await client.post("/message-templates", json=MAIL)
    assert created.status_code == 201, created.text
    assert created.json()["variables"] == {
        "customer": "TEXT",
        "quote_no": "TEXT",
        "total": "MONEY",
        "url": "LINK",
    }
    path = f"/message-templates/{created.json()['id']}/preview"
    values = {
        "customer": "王芳",
        "quote_no": "Q-1",
        "total": {"amount": "1234.5", "currency": "CNY"},
        "url": "https://example.com/q",
    }
    shown = await client.post(path, json={"variables": values})
    assert shown.json() == {
        "subject": "Quote Q-1",
        "body": "王芳: 1,234.50 CNY, https://example.com/q",
    }
    refused = await client.post(path, json={"variables": {**values, "total": "1"}})
    assert code_of(refused) == (422, "VARIABLE_WRONG")
    assert (await client.get("/messages")).json()["items"] == []


async def test_a_text_that_cannot_be_filled_in_is_refused_also_in_an_edit(
    client: AsyncClient,
) -> None:
    refused = await client.post("/message-templates", json={**MAIL, "body": "{Total}"})
    assert code_of(refused) == (422, "TEMPLATE_PLACEHOLDER_WRONG")
    created = (await client.post("/message-templates", json=MAIL)).json()
    path = f"/message-templates/{created['id']}"
    refused = await client.patch(path, json={"subject": None})
    assert code_of(refused) == (422, "TEMPLATE_SUBJECT_MISSING")
    assert (await client.get(path)).json()["version"] == 1


async def test_a_text_of_a_kind_has_the_link_that_it_is_sent_for(client: AsyncClient) -> None:
    link = {**MAIL, "code": "DESK_APPROVAL_LINK", "purpose": "TRANSACTIONAL"}
    texts = {"subject": "{record}", "body": "{asker} {kind} {until:DATE}"}
    refused = await client.post("/message-templates", json={**link, **texts})
    assert code_of(refused) == (422, "TEMPLATE_LINK_MISSING")
    assert refused.json()["errors"][0]["message"] == "The body lacks the link {url:LINK}."
    only_there = {"subject": "{url:LINK}", "body": "{record}"}
    refused = await client.post("/message-templates", json={**link, **only_there})
    assert code_of(refused) == (422, "TEMPLATE_LINK_MISSING")
    accepted = {**link, **texts, "body": "{url:LINK}"}
    assert (await client.post("/message-templates", json=accepted)).status_code == 201


async def test_a_code_has_one_template_for_each_channel_and_language(client: AsyncClient) -> None:
    first = await client.post("/message-templates", json=MAIL)
    assert code_of(await client.post("/message-templates", json=MAIL)) == (
        409,
        "MESSAGE_TEMPLATE_DUPLICATE",
    )
    chinese = await client.post("/message-templates", json={**MAIL, "language": "zh-CN"})
    assert chinese.status_code == 201
    await client.delete(f"/message-templates/{first.json()['id']}")
    assert code_of(await client.post("/message-templates", json=MAIL)) == (
        409,
        "MESSAGE_TEMPLATE_DELETED",
    )
