"""The table of quotas and all SQL on it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, Table, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.record_columns import record_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.listing import Listing
from chassis.records.record_types import RecordType
from contracts.mtl.events import QuotaChanged, QuotaCreated, QuotaDeleted, QuotaRestored
from mtl.database import metadata
from mtl.quotas.domain import Limits, NearQuota, Quota, limits_from
from mtl.quotas.schemas import QuotaOut

quotas = Table("quotas", metadata, *record_columns(Quota))
QUOTA = RecordType(
    scoped=UnownedResource("mtl.quota", quotas),
    entity=Quota,
    created=QuotaCreated,
    changed=QuotaChanged,
    deleted=QuotaDeleted,
    restored=QuotaRestored,
)
LISTING = Listing(
    QUOTA.scoped,
    QuotaOut,
    entity=Quota,
    filters=["holder_id", "department_id", "created_at", "updated_at"],
    sorts=["created_at", "updated_at"],
    custom=custom_conditions,
)

# Departments arrive in any order, so that the tree may hold a cycle for a while.
_LIMITS = """
WITH RECURSIVE
line(subject, id, parent_id, distance) AS (
    SELECT p.subject, d.id, d.parent_id, 1
    FROM directory_people p
    JOIN directory_posts o ON o.person_id = p.id AND o.is_primary
    JOIN directory_departments d ON d.id = o.department_id AND NOT d.deleted
    WHERE p.subject = ANY(:subjects) AND NOT p.deleted
    UNION ALL
    SELECT l.subject, d.id, d.parent_id, l.distance + 1
    FROM line l JOIN directory_departments d ON d.id = l.parent_id
    WHERE NOT d.deleted AND l.distance < 50)
SELECT s.subject, q.distance, q.holding_limit, q.daily_claim_limit
FROM unnest(:subjects) AS s(subject), LATERAL (
    SELECT 0 AS distance, holding_limit, daily_claim_limit FROM quotas
    WHERE holder_id = s.subject AND deleted_at IS NULL
    UNION ALL
    SELECT l.distance, c.holding_limit, c.daily_claim_limit
    FROM line l JOIN quotas c ON c.department_id = l.id AND c.deleted_at IS NULL
    WHERE l.subject = s.subject
    UNION ALL
    SELECT 1000, holding_limit, daily_claim_limit FROM quotas
    WHERE holder_id IS NULL AND department_id IS NULL AND deleted_at IS NULL) q
"""
_LIMITS_OF_MANY = text(_LIMITS).bindparams(bindparam("subjects", type_=ARRAY(Text)))
# An array of one known length is planned once; else every execution would be, six times as long.
_LIMITS_OF_ONE = text(_LIMITS.replace(":subjects", "ARRAY[CAST(:subject AS text)]"))


async def limits_of(tx: AsyncConnection, subjects: Collection[str]) -> Mapping[str, Limits]:
    """Return the limits of these people, by one query."""
    near: defaultdict[str, list[NearQuota]] = defaultdict(list)
    found: Sequence[Any]
    for subject, *found in await _limits(tx, sorted(subjects)):
        near[subject].append(NearQuota(*found))
    return {subject: limits_from(near[subject]) for subject in subjects}


async def _limits(tx: AsyncConnection, subjects: list[str]) -> CursorResult[Any]:
    if len(subjects) == 1:
        return await tx.execute(_LIMITS_OF_ONE, {"subject": subjects[0]})
    return await tx.execute(_LIMITS_OF_MANY, {"subjects": subjects})
