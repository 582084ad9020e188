"""The gate every request passes: is the tenant there, may it write, how much may it ask; and
is the person who calls still with it.

What is known of tenants and people is kept for two seconds per process, so that a suspension takes
effect within that time and costs no query. Reads of a suspended tenant pass; a deleted one has no
way in, nor has a person of whom the directory says so. Whom it does not know (yet) is let in.
"""

import time
from dataclasses import dataclass

from sqlalchemy import func, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.engine import ROW_LIMIT_KEY
from chassis.foundation.refusals import TooManyRequests, Unavailable
from chassis.records.access.tables import people
from chassis.web.auth import Principal
from contracts.org.events import Quotas
from kernel.errors import Forbidden

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_CACHED_TENANTS, MAX_CACHED_PEOPLE = 10_000, 100_000


@dataclass(slots=True)
class CachedTenant:
    """A tenant as it stood at `read_at`, and what is left in its bucket of requests."""

    status: str
    quotas: Quotas
    read_at: float
    tokens: float
    filled_at: float


class TenantAdmission:
    """What one API process knows of those who call it; times are monotonic seconds."""

    def __init__(self, *, max_age: float = 2.0) -> None:
        self.max_age = max_age
        self._known: dict[str, CachedTenant] = {}
        self._seen: dict[tuple[str, str], float] = {}

    async def enter(self, tx: AsyncConnection, caller: Principal, method: str) -> None:
        """Let a request in, and tell its transaction the tenant's limit of rows.

        Raises Unavailable (TENANT_NOT_READY), Forbidden (TENANT_SUSPENDED, TENANT_DELETED,
        PERSON_INACTIVE) and TooManyRequests (QUOTA_REQUESTS).
        """
        known = await self._admit(tx, caller, method)
        _take(known, time.monotonic())
        tx.info[ROW_LIMIT_KEY] = known.quotas.rows

    async def look(self, tx: AsyncConnection, caller: Principal) -> None:
        """Let a stream that has entered read on; a look is no request, so that no limit counts it.

        Raises Unavailable (TENANT_NOT_READY), Forbidden (TENANT_DELETED, PERSON_INACTIVE).
        """
        await self._admit(tx, caller, "GET")

    async def _admit(self, tx: AsyncConnection, caller: Principal, method: str) -> CachedTenant:
        known = await self._read(tx, str(caller.tenant_id))
        if known.status == "DELETED":
            raise Forbidden("TENANT_DELETED")
        if known.status == "SUSPENDED" and method not in READ_METHODS:
            raise Forbidden("TENANT_SUSPENDED")
        if caller.kind == "person":
            await self._ensure_active(tx, caller)
        return known

    async def _read(self, tx: AsyncConnection, tenant: str) -> CachedTenant:
        now = time.monotonic()
        known = self._known.get(tenant)
        if known is not None and now - known.read_at < self.max_age:
            return known
        columns = tenant_settings.c
        row = (await tx.execute(select(columns.status, columns.quotas))).one_or_none()
        if row is None:
            self._known.pop(tenant, None)
            raise Unavailable("TENANT_NOT_READY")
        quotas = Quotas.model_validate(row.quotas)
        return self._keep(tenant, _renewed(known, row.status, quotas, now))

    async def _ensure_active(self, tx: AsyncConnection, caller: Principal) -> None:
        now, key = time.monotonic(), (str(caller.tenant_id), caller.subject)
        if now - self._seen.get(key, -self.max_age) < self.max_age:
            return
        gone = func.bool_and(not_(people.c.active) | people.c.deleted)
        if (await tx.execute(select(gone).where(people.c.subject == caller.subject))).scalar():
            self._seen.pop(key, None)
            raise Forbidden("PERSON_INACTIVE")
        if len(self._seen) >= MAX_CACHED_PEOPLE:
            self._seen.clear()
        self._seen[key] = now

    def _keep(self, tenant: str, known: CachedTenant) -> CachedTenant:
        if len(self._known) >= MAX_CACHED_TENANTS:
            self._known.clear()
        self._known[tenant] = known
        return known


def _renewed(known: CachedTenant | None, status: str, quotas: Quotas, now: float) -> CachedTenant:
    """As read now; the bucket stays as full as it was, also under another limit."""
    full = float(quotas.requests_per_minute or 0)
    if known is None or known.quotas.requests_per_minute is None:
        return CachedTenant(status, quotas, now, full, now)
    return CachedTenant(status, quotas, now, min(known.tokens, full), known.filled_at)


def _take(known: CachedTenant, now: float) -> None:
    """One request out of a bucket that holds a minute's worth and fills evenly."""
    limit = known.quotas.requests_per_minute
    if limit is None:
        return
    per_second = limit / 60
    known.tokens = min(limit, known.tokens + (now - known.filled_at) * per_second)
    known.filled_at = now
    if known.tokens < 1:
        wait = 60 if limit == 0 else max(1, round((1 - known.tokens) / per_second + 0.5))
        raise TooManyRequests("QUOTA_REQUESTS", retry_after=wait, limit=limit)
    known.tokens -= 1
