"""Generates leads of any number through COPY, as valid as through the API.

The rows are made by the service's own code from a seed: the record, its unique keys and its search
words, and the triggers write the audit. The same seed gives the same leads.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.asyncpg import dialect

from chassis.database.encryption.columns import EncryptedText, KeyedDigest
from chassis.database.rows import to_columns
from chassis.database.transaction_tenant import within_tenant
from chassis.records.search.spelling import bigrams_of
from chassis.records.search.tables import search_grams, search_texts
from chassis.records.search.words import SearchedColumns
from mtl.leads.domain import Lead
from mtl.leads.store import key_digests, lead_keys, leads, tenant_secret
from tests.bench.company import SELLERS

CHUNK = 5_000
DIALECT = dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
FIRST_DAY = datetime(2025, 11, 1, tzinfo=UTC)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = (
    "芳",
    "伟",
    "娜",
    "敏",
    "静",
    "磊",
    "洋",
    "勇",
    "艳",
    "杰",
    "涛",
    "明",
    "超",
    "秀英",
    "建国",
)
CITIES = ("杭州", "上海", "北京", "深圳", "苏州", "成都", "武汉", "南京", "宁波", "青岛")
STEMS = (
    "远景",
    "星辰",
    "华信",
    "恒通",
    "金桥",
    "蓝海",
    "东方",
    "瑞丰",
    "天成",
    "长青",
    "明德",
    "博雅",
)
TRADES = ("科技", "电子", "机械", "贸易", "软件", "医药", "建材", "物流", "化工", "食品")
SOURCES = ("展会", "官网", "转介绍", "电话", "广告")


def generated_leads(count: int, *, seed: int = 1) -> Iterator[Lead]:
    """Yield leads of a year, the oldest first, spread over all sellers."""
    random = Random(seed)  # data, no secret
    step = timedelta(days=365) / max(count, 1)
    for n in range(count):
        at = FIRST_DAY + step * n
        company = "".join(random.choice(part) for part in (CITIES, STEMS, TRADES))
        yield Lead(
            id=_id(at, n, random),
            name=random.choice(SURNAMES) + random.choice(GIVEN),
            company=f"{company}{n % 4_999}有限公司",
            phone=f"+86139{n:08}",
            email=f"buyer{n}@customer{n % 4_999}.example.com",
            external_id=f"GEN-{seed}-{n}",
            source=random.choice(SOURCES),
            owner_id=f"person-{n % SELLERS}",
            created_at=at,
            updated_at=at,
        )


def _id(at: datetime, n: int, random: Random) -> UUID:
    """Return a UUIDv7 of this time."""
    milliseconds = int(at.timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | (n & 0xFFF) << 64 | 0b10 << 62 | random.getrandbits(62)
    return UUID(int=value)


async def copy_leads(connection: asyncpg.Connection, tenant: UUID, source: Iterable[Lead]) -> None:
    """Copy these leads with their keys and search words into the database."""
    remaining = iter(source)
    # Built at the end, the index of millions of words takes a third of the time.
    await connection.execute("ALTER TABLE search_grams DROP CONSTRAINT search_grams_pkey")
    while chunk := list(islice(remaining, CHUNK)):
        async with connection.transaction():
            with within_tenant(tenant):
                tables = list(_rows_of(tenant, chunk))
            for table, rows in tables:
                await copy_rows(connection, tenant, table, rows)
    await connection.execute(
        "ALTER TABLE search_grams ADD CONSTRAINT search_grams_pkey"
        " PRIMARY KEY (tenant_id, resource, gram, id)"
    )


def _rows_of(tenant: UUID, chunk: Sequence[Lead]) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Yield the tables of these leads, each with its rows."""
    words: SearchedColumns = leads.info["words"]
    secret, resource = tenant_secret(tenant), words.resource
    rows = [to_columns(leads, lead) for lead in chunk]
    texts = {row["id"]: words.text_of(row) for row in rows}
    keys = [(lead.id, key) for lead in chunk for key in key_digests(secret, lead)]
    yield leads, [sealed(leads, row) for row in rows]
    yield lead_keys, [{"kind": k.kind, "digest": k.digest, "lead_id": each} for each, k in keys]
    yield search_texts, [{"resource": resource, "id": k, "text": t} for k, t in texts.items()]
    yield (
        search_grams,
        [
            {"resource": resource, "gram": g, "id": k}
            for k, t in texts.items()
            for g in bigrams_of(t)
        ],
    )


def sealed(table: Table, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row as it is stored: encrypted, with digests; within the tenant."""
    return {name: _stored(table.c[name].type, value) for name, value in row.items()}


def _stored(kind: Any, value: Any) -> Any:
    secret = isinstance(kind, EncryptedText | KeyedDigest)
    return kind.process_bind_param(value, DIALECT) if secret else value


async def copy_rows(
    connection: asyncpg.Connection,
    tenant: UUID,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
) -> None:
    """Copy rows of one tenant into a table."""
    columns = list(rows[0])
    records = [(tenant, *(_value(row[column]) for column in columns)) for row in rows]
    await connection.copy_records_to_table(
        table.name, columns=["tenant_id", *columns], records=records
    )


def _value(value: Any) -> Any:
    return orjson.dumps(value).decode() if isinstance(value, dict) else value
