"""Files that hang on records: by whom they are attached, seen, fetched and detached."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from httpx import Response
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, insert, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.erased_records import publish_erased_records
from chassis.composition.features import snapshots_of
from chassis.foundation.clock import now as current_time
from chassis.foundation.settings import Settings
from chassis.records.attachments import actions
from chassis.records.attachments.actions import MAX_ATTACHMENTS
from chassis.records.attachments.model import FileDescription
from chassis.records.attachments.routes import CONTENT_PATH
from chassis.records.attachments.signatures import (
    FileLink,
    FileTicket,
    read_link,
    read_ticket,
    sign_link,
    sign_ticket,
)
from chassis.records.attachments.tables import attachments
from chassis.tenancy.erase import erase_rows
from chassis.tenancy.redaction import ErasureSubject
from chassis.tenancy.row_pages import RowPage
from chassis.web.commands import Command
from contracts.work import RecordRef
from kernel.ids import new_id
from testkit.directory import Company, directory_id, sign_in, subject
from testkit.events import CardAttachmentChanged
from testkit.plugin import Client, Committed, PublishedFacts
from testkit.production import set_secrets
from testkit.published import published_facts
from testkit.tokens import CALLER

KEY = b"k" * 32
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def ticket_for(app: FastAPI, tenant: UUID, **changes: Any) -> str:
    """Sign a ticket as desk does for an uploaded file; `changes` replace its values."""
    file = FileDescription(
        file_id=changes.pop("file_id", None) or new_id(),
        file_name=changes.pop("file_name", "合同扫描件.pdf"),
        media_type="application/pdf",
        size=482_133,
    )
    values = {
        "tenant": tenant,
        "uploaded_by": CALLER,
        "file": file,
        "expires_at": current_time() + timedelta(hours=24),
    }
    return sign_ticket(FileTicket(**{**values, **changes}), app.state.settings.file_key)


async def a_card(client: Client) -> str:
    created = await client.post("/cards", json={"title": "合同", "stage": "TO_DO"})
    assert created.status_code == 201, created.text
    card_id: str = created.json()["id"]
    return card_id


async def attach(client: Client, card_id: str, ticket: str, **more: Any) -> Response:
    return await client.post(f"/cards/{card_id}/files", json={"ticket": ticket}, **more)


def code_of(refused: Response) -> tuple[int, str]:
    body = refused.json()
    return refused.status_code, (body.get("errors") or [body])[0]["code"]


async def test_a_file_is_attached_listed_linked_detached_and_restored(
    client: Client, app: FastAPI, tenant: UUID, published: PublishedFacts
) -> None:
    card_id, file_id = await a_card(client), new_id()
    attached = await attach(client, card_id, ticket_for(app, tenant, file_id=file_id))
    assert attached.status_code == 201, attached.text
    assert attached.json()["file_name"] == "合同扫描件.pdf"
    assert attached.json()["size"] == 482_133
    [listed] = (await client.get(f"/cards/{card_id}/files")).json()["items"]
    assert listed == attached.json()
    path = f"/cards/{card_id}/files/{listed['id']}"
    link = (await client.post(f"{path}/link")).json()
    assert link["url"].startswith(CONTENT_PATH)
    read = read_link(
        link["url"].removeprefix(CONTENT_PATH), app.state.settings.file_key, now=current_time()
    )
    assert read is not None
    assert (read.tenant, read.file_id, read.fetched_by) == (tenant, file_id, CALLER)
    assert str(read.attachment_id) == listed["id"]
    assert (await client.delete(path)).status_code == 204
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(f"/cards/{card_id}/files")).json()["items"] == []
    assert code_of(await client.post(f"{path}/link")) == (404, "ATTACHMENT_NOT_FOUND")
    assert (await client.post(f"{path}/restore")).json()["id"] == listed["id"]
    assert len((await client.get(f"/cards/{card_id}/files")).json()["items"]) == 1
    facts = [one for one in await published() if one.type == CardAttachmentChanged.type]
    states = [CardAttachmentChanged.model_validate(one.payload).attachment for one in facts]
    assert [one.deleted for one in states] == [False, True, False]
    assert [one.sequence for one in facts] == [1, 2, 3]
    assert {(one.file_id, one.resource, str(one.record_id)) for one in states} == {
        (file_id, "testkit.card", card_id)
    }


async def test_attaching_a_file_twice_attaches_it_once(
    client: Client, app: FastAPI, tenant: UUID, published: PublishedFacts
) -> None:
    card_id, ticket = await a_card(client), ticket_for(app, tenant)
    first, second = [(await attach(client, card_id, ticket)).json() for _ in range(2)]
    assert first == second
    types = [one.type for one in await published()]
    assert types.count(CardAttachmentChanged.type) == 1
    other = await a_card(client)
    assert (await attach(client, other, ticket)).json()["id"] != first["id"]


async def test_only_the_uploader_with_a_valid_ticket_of_the_tenant_attaches(
    client: Client, app: FastAPI, tenant: UUID
) -> None:
    card_id = await a_card(client)
    past = current_time() - timedelta(seconds=1)
    for ticket in (
        ticket_for(app, tenant, uploaded_by="somebody else"),
        ticket_for(app, new_id()),
        ticket_for(app, tenant, expires_at=past),
        ticket_for(app, tenant)[:-2],
        "合同",
        "l2ck_x",
    ):
        assert code_of(await attach(client, card_id, ticket)) == (422, "FILE_TICKET_INVALID")


SCOPES = "testkit.card.read testkit.card.write"


async def test_who_sees_the_record_sees_its_files_and_who_may_change_it_attaches(
    client: Client, app: FastAPI, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li, sun, zheng = (sign_in(tenant, name, scope=SCOPES) for name in ("li", "sun", "zheng"))
    created = await client.post("/cards", json={"title": "x", "stage": "TO_DO"}, headers=li)
    card_id = created.json()["id"]
    attached = await attach(
        client, card_id, ticket_for(app, tenant, uploaded_by=subject("li")), headers=li
    )
    assert attached.status_code == 201, attached.text
    path = f"/cards/{card_id}/files"
    file_path = f"{path}/{attached.json()['id']}"
    for headers, expected in ((li, 200), (sun, 200), (zheng, 404)):
        assert (await client.get(path, headers=headers)).status_code == expected
        assert (await client.post(f"{file_path}/link", headers=headers)).status_code == expected
    foreign = ticket_for(app, tenant, uploaded_by=subject("zheng"))
    assert code_of(await attach(client, card_id, foreign, headers=zheng)) == (404, "CARD_NOT_FOUND")
    assert (await client.delete(file_path, headers=zheng)).status_code == 404
    share = f"/cards/{card_id}/shares/PERSON/{directory_id('zheng')}"
    assert (await client.put(share, json={"access": "READ"}, headers=li)).status_code == 200
    assert (await client.get(path, headers=zheng)).status_code == 200
    assert code_of(await attach(client, card_id, foreign, headers=zheng)) == (
        403,
        "RECORD_READ_ONLY",
    )
    assert (await client.delete(file_path, headers=zheng)).status_code == 403


async def test_the_files_of_a_deleted_record_are_reached_again_when_it_is_restored(
    client: Client, app: FastAPI, tenant: UUID
) -> None:
    card_id = await a_card(client)
    attached = (await attach(client, card_id, ticket_for(app, tenant))).json()
    assert (await client.delete(f"/cards/{card_id}")).status_code == 204
    path = f"/cards/{card_id}/files"
    for refused in (
        await client.get(path),
        await client.post(f"{path}/{attached['id']}/link"),
        await attach(client, card_id, ticket_for(app, tenant)),
        await client.delete(f"{path}/{attached['id']}"),
    ):
        assert code_of(refused) == (404, "CARD_NOT_FOUND")
    assert (await client.post(f"/cards/{card_id}/restore")).status_code == 200
    assert [one["id"] for one in (await client.get(path)).json()["items"]] == [attached["id"]]


async def test_a_detached_file_comes_back_for_thirty_days(
    client: Client, app: FastAPI, tx: AsyncConnection, tenant: UUID
) -> None:
    card_id = await a_card(client)
    attached = (await attach(client, card_id, ticket_for(app, tenant))).json()
    path = f"/cards/{card_id}/files/{attached['id']}"
    await client.delete(path)
    await tx.execute(update(attachments).values(deleted_at=current_time() - timedelta(days=30)))
    assert code_of(await client.post(f"{path}/restore")) == (409, "ATTACHMENT_GONE")


async def test_attachments_are_in_the_audit_trail_of_the_record(
    client: Client, app: FastAPI, tenant: UUID
) -> None:
    card_id = await a_card(client)
    attached = (await attach(client, card_id, ticket_for(app, tenant))).json()
    await client.delete(f"/cards/{card_id}/files/{attached['id']}")
    entries = (await client.get(f"/cards/{card_id}/audit")).json()["items"]
    parts = [(one["part"], one["verb"]) for one in entries]
    assert parts == [("files", "UPDATE"), ("files", "INSERT"), (None, "INSERT")]


async def test_a_record_has_so_many_files_and_no_more(
    client: Client, app: FastAPI, tx: AsyncConnection, tenant: UUID
) -> None:
    card_id = await a_card(client)
    await attach(client, card_id, ticket_for(app, tenant))
    columns = [c.name for c in attachments.c if c.name not in ("id", "file_id")]
    ids = [text("gen_random_uuid()"), text("gen_random_uuid()")]
    copies = select(*(attachments.c[name] for name in columns), *ids).select_from(
        attachments.join(func.generate_series(2, MAX_ATTACHMENTS).alias("n"), true())
    )
    await tx.execute(insert(attachments).from_select([*columns, "id", "file_id"], copies))
    refused = await attach(client, card_id, ticket_for(app, tenant))
    assert code_of(refused) == (409, "ATTACHMENTS_TOO_MANY")


async def test_one_of_two_simultaneous_attachments_of_a_file_counts(
    committed_client: Client, app: FastAPI, committed: Committed, tenant: UUID
) -> None:
    card_id, ticket = await a_card(committed_client), ticket_for(app, tenant)
    answers = await asyncio.gather(*(attach(committed_client, card_id, ticket) for _ in range(8)))
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["id"] for one in answers}) == 1


async def test_an_erasure_empties_the_names_of_a_persons_files_and_says_so(
    committed_client: Client, app: FastAPI, committed: Committed, tenant: UUID
) -> None:
    card_id = await a_card(committed_client)
    attached = (await attach(committed_client, card_id, ticket_for(app, tenant))).json()
    person = ErasureSubject(
        ids={UUID(card_id)},
        requested_values=set(),
        found_values=set(),
        beside_values=set(),
        changed_ids=set(),
    )
    async with committed.worker.begin(tenant) as tx:
        assert await erase_rows(tx, RowPage(attachments, None, None), person) == 1
        await publish_erased_records("testkit", tx, person.changed_ids, current_time())
        facts = [one for one in await published_facts(tx) if one.type == CardAttachmentChanged.type]
    assert [(one.sequence, one.payload["attachment"]["file_name"]) for one in facts] == [
        (1, "合同扫描件.pdf"),
        (2, None),
    ]
    path = f"/cards/{card_id}/files/{attached['id']}"
    await committed_client.delete(path)
    gone = await committed_client.post(f"{path}/restore")
    assert code_of(gone) == (409, "ATTACHMENT_GONE")


def test_the_attachments_of_a_service_are_published_again_on_request() -> None:
    assert "testkit.attachment" in {source.aggregate for source in snapshots_of("testkit")}


async def test_a_service_without_events_of_attachments_attaches_nothing(
    tx: AsyncConnection,
) -> None:
    file = FileDescription(file_id=new_id(), file_name="x", media_type="text/plain", size=1)
    about = RecordRef(resource="unknown.thing", record_id=new_id())
    with pytest.raises(TypeError, match="unknown declares no unknown"):
        await actions.attach(Command(tx, current_time()), about, file)


@given(name=st.text(max_size=300), size=st.integers(0, 2**40), who=st.text(max_size=60))
def test_a_ticket_says_what_was_signed(name: str, size: int, who: str) -> None:
    file = FileDescription(file_id=new_id(), file_name=name, media_type="text/csv", size=size)
    ticket = FileTicket(tenant=new_id(), uploaded_by=who, file=file, expires_at=LATER)
    signed = sign_ticket(ticket, KEY)
    assert read_ticket(signed, KEY, now=LATER - timedelta(seconds=1)) == ticket
    assert read_ticket(signed, KEY, now=LATER) is None
    assert read_ticket(signed, b"other", now=LATER - timedelta(days=1)) is None


@given(attachment=st.none() | st.uuids(), who=st.text(max_size=60), place=st.integers(0, 1000))
def test_a_link_is_no_ticket_and_none_with_another_letter(
    attachment: UUID | None, who: str, place: int
) -> None:
    link = FileLink(
        tenant=new_id(), file_id=new_id(), attachment_id=attachment, fetched_by=who,
        expires_at=LATER,
    )  # fmt: skip
    signed, before = sign_link(link, KEY), LATER - timedelta(seconds=1)
    assert read_link(signed, KEY, now=before) == link
    assert read_link(signed, KEY, now=LATER) is None
    assert read_ticket(signed.removeprefix("l2ck_"), KEY, now=before) is None
    place = 5 + place % (len(signed) - 5)
    other = "A" if signed[place] != "A" else "B"
    assert read_link(signed[:place] + other + signed[place + 1 :], KEY, now=before) is None


def test_the_key_is_a_setting_of_all_services(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "development")
    shared = Settings.of("cpq").file_key
    assert Settings.of("desk").file_key == shared
    monkeypatch.setenv("L2C_FILE_SECRET", "f" * 32)
    assert Settings.of("cpq").file_key == Settings.of("desk").file_key != shared
    set_secrets(monkeypatch)
    monkeypatch.setenv("L2C_MODE", "production")
    monkeypatch.setenv("OIDC_ISSUER", "https://issuer.test")
    assert Settings.of("cpq").file_key
    monkeypatch.setenv("L2C_FILE_SECRET", "short")
    with pytest.raises(ValueError, match="L2C_FILE_SECRET"):
        Settings.of("cpq")
