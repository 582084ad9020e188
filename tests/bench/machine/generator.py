"""Generates leads of any number through COPY, as valid as through the API.

The rows are made by the service's own code from a seed: the record, its unique keys and its search
words, and the triggers write the audit. The same seed gives the same leads.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import UUID

import asyncpg

from chassis.database.rows import to_columns
from mtl.leads.domain.lead import Lead
from mtl.leads.store import leads
from mtl.leads.store.keys import key_digests, lead_keys, tenant_secret
from tests.bench.company import SELLERS
from tests.bench.machine.copying import TableRows, copy_records, searchable, time_ordered_id


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_DAY, YEAR = datetime(2025, 11, 1, tzinfo=UTC), timedelta(days=365)
SURNAMES = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗")
GIVEN = _words("芳 伟 娜 敏 静 磊 洋 勇 艳 杰 涛 明 超 秀英 建国")
CITIES = _words("杭州 上海 北京 深圳 苏州 成都 武汉 南京 宁波 青岛")
STEMS = _words("远景 星辰 华信 恒通 金桥 蓝海 东方 瑞丰 天成 长青 明德 博雅")
TRADES = _words("科技 电子 机械 贸易 软件 医药 建材 物流 化工 食品")
SOURCES = _words("展会 官网 转介绍 电话 广告")


def company_name(random: Random, n: int) -> str:
    """Return a company's name that ends with a number."""
    return "".join(random.choice(part) for part in (CITIES, STEMS, TRADES)) + f"{n}有限公司"


def generated_leads(count: int, *, seed: int = 1) -> Iterator[Lead]:
    """Yield leads of a year, the oldest first, spread over all sellers."""
    random = Random(seed)  # data, no secret
    for n in range(count):
        at = FIRST_DAY + YEAR / count * n
        company = company_name(random, n % 4_999)
        yield Lead(
            id=time_ordered_id(at, n, random),
            name=random.choice(SURNAMES) + random.choice(GIVEN),
            company=company,
            phone=f"+86139{n:08}",
            email=f"buyer{n}@customer{n % 4_999}.example.com",
            external_id=f"GEN-{seed}-{n}",
            source=random.choice(SOURCES),
            owner_id=f"person-{n % SELLERS}",
            created_at=at,
            updated_at=at,
        )


async def copy_leads(connection: asyncpg.Connection, tenant: UUID, source: Iterable[Lead]) -> None:
    """Copy these leads with their keys and search words into the database."""
    secret = tenant_secret(tenant)

    def rows_of(chunk: Sequence[Lead]) -> Iterator[TableRows]:
        yield from searchable(leads, [to_columns(leads, lead) for lead in chunk])
        keys = [(lead.id, key) for lead in chunk for key in key_digests(secret, lead)]
        yield lead_keys, [{"kind": k.kind, "digest": k.digest, "lead_id": each} for each, k in keys]

    await copy_records(connection, tenant, source, rows_of)
