"""Tests of lead to cash over a real Kafka, with every consumer killed once on the way."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from aiokafka import AIOKafkaConsumer
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.demo import report, source, walk
from deploy.demo.client import Json, Person
from deploy.demo.logins import logins
from deploy.services import SERVICES
from tests.system.harness import Deployment, Process

ROOT = Path(__file__).parents[2]
TENANT = ROOT / "deploy" / "demo" / "tenant.json"
LEADS = 6


@pytest.fixture(scope="module")
async def deployment(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Deployment]:
    """Start one process for all APIs, one for relay and jobs, and a consumer for each service."""
    assert os.environ.get("KAFKA_BOOTSTRAP"), "the system tests need a real Kafka: `make test`"
    folder = tmp_path_factory.mktemp("walk")
    made = await Deployment.create(folder, "walk")
    api = made.add("api", "api", *SERVICES)
    issuer = f"http://127.0.0.1:{api.api_port}/org/v1"
    made.env.update(
        OIDC_ISSUER=issuer,
        OIDC_JWKS_URL=f"{issuer}/oauth/jwks",
        ORG_DEV_ISSUER="true",
        ORG_SIGNING_KEY_FILE=str(signing_key(folder)),
    )
    made.add("relays", "worker", *SERVICES, "--only", "relay", "--only", "jobs")
    for name in SERVICES:
        made.add(f"{name}-consumer", "worker", name, "--only", "consumer")
    made.run("chassis", "topics")
    made.run("org.seed", str(TENANT))
    for process in made.processes.values():
        process.start()
    await asyncio.gather(*(process.ready() for process in made.processes.values()))
    yield made
    await made.tear_down()


def signing_key(folder: Path) -> Path:
    path = folder / "signing.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


async def people(http: httpx.AsyncClient, deployment: Deployment) -> dict[str, Person]:
    url = f"http://127.0.0.1:{deployment.processes['api'].api_port}"
    urls = dict.fromkeys(SERVICES, url)
    return {role: Person(http, urls, login) for role, login in logins(TENANT).items()}


async def kill_each(consumers: list[Process]) -> None:
    """Kill each consumer with SIGKILL in turn, pause, and start it again."""
    for process in consumers:
        await asyncio.sleep(0.5)
        process.kill()
        await asyncio.sleep(0.5)
        process.start()
        await process.ready()


async def test_lead_to_cash_completes_although_every_consumer_is_killed(
    deployment: Deployment,
) -> None:
    consumers = [p for name, p in deployment.processes.items() if name.endswith("-consumer")]
    async with httpx.AsyncClient(timeout=60) as http:
        who = await people(http, deployment)
        seller, admin, erp = who["seller"], who["admin"], who["erp"]
        book = await walk.seed_catalog(admin, source.products())
        killing = asyncio.create_task(kill_each(consumers))
        await asyncio.gather(*(one_lead(seller, erp, book, n) for n in range(LEADS)))
        await killing
        assert [process.kills for process in consumers] == [1] * len(SERVICES)
        await assert_settled(admin)


async def one_lead(seller: Person, erp: Person, book: Json, nth: int) -> None:
    body: Json = {"company": f"系统测试 {nth}", "external_id": f"walk-{nth}"}
    lead = await seller.post("/mtl/v1/leads", body)
    await walk.convert(seller, lead)
    lead = await seller.get(f"/mtl/v1/leads/{lead['id']}")
    await walk.to_cash(seller, erp, lead, book, nth)


async def assert_settled(admin: Person) -> None:
    """Assert that every event was consumed, none is parked and the amounts add up."""
    for _ in range(120):
        rows = await report.events(admin)
        if all(row["equal"] for row in rows):
            break
        await asyncio.sleep(0.5)
    assert [row for row in rows if row["consumed"] != row["published"] or row["parked"]] == []
    stages = await report.stages(admin)
    assert stages["opportunities"] == {"WON": LEADS}
    assert stages["orders"] == {"SHIPPED": LEADS}
    assert stages["payments"] == {"ALLOCATED": LEADS}
    assert set(stages["receivables"]) == {"SETTLED"}
    assert report.all_well({"money": await report.money(admin), "events": rows})


async def test_events_are_cloudevents_with_whole_documents_and_contiguous_versions(
    deployment: Deployment,
) -> None:
    """An ERP reads structured JSON, whole documents and contiguous versions."""
    consumer = AIOKafkaConsumer(
        "rms.order.v1",
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP"],
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    sequences: dict[str, list[int]] = {}
    try:
        batches = await consumer.getmany(timeout_ms=10_000)
        for record in [one for batch in batches.values() for one in batch]:
            event = json.loads(record.value)
            headers = dict(record.headers)
            assert record.key.decode() == f"{event['tenantid']}:{event['subject']}"
            assert headers["ce_type"].decode() == event["type"]
            assert isinstance(event["data"]["order"]["gross_total"]["amount"], str)
            assert event["data"]["order"]["lines"]
            sequences.setdefault(event["subject"], []).append(event["sequence"])
    finally:
        await consumer.stop()
    assert sequences
    for seen in sequences.values():
        firsts = sorted(set(seen))
        assert firsts == list(range(1, len(firsts) + 1))


async def test_a_graceful_stop_exits_with_0(deployment: Deployment) -> None:
    assert {p.name: p.stop() for p in deployment.processes.values()} == {
        name: 0 for name in deployment.processes
    }
