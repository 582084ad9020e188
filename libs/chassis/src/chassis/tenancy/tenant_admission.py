"""Admission of requests by tenant status, request quota, and whether the person is active.

Tenants and people are cached for two seconds per process, so that a suspension takes effect within
that time and most requests need no query. A suspended tenant may only read, and its access keys
are refused; a deleted tenant and an inactive person are refused too. A person whom the directory
does not know (yet) is admitted.
"""

import time
from dataclasses import dataclass, replace

from sqlalchemy import func, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.engine import ROW_LIMIT_KEY
from chassis.foundation.context import current, replace_current
from chassis.foundation.refusals import TooManyRequests, Unavailable
from chassis.foundation.token_bucket import TokenBucket
from chassis.records.access.tables import people
from chassis.web.auth import Principal
from contracts.org.events import Quotas
from kernel.errors import Forbidden

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_CACHED_TENANTS, MAX_CACHED_PEOPLE = 10_000, 100_000


@dataclass(slots=True)
class CachedTenant:
    """A tenant as read at `read_at`, and its requests left."""

    status: str
    country: str | None
    quotas: Quotas
    read_at: float
    bucket: TokenBucket


class TenantAdmission:
    """Admits requests of one API process; times are monotonic seconds."""

    def __init__(self, *, max_age: float = 2.0) -> None:
        self.max_age = max_age
        self._tenants: dict[str, CachedTenant] = {}
        self._active_people: dict[tuple[str, str], float] = {}

    async def admit(self, tx: AsyncConnection, caller: Principal, method: str) -> None:
        """Admit a request, count it, and set the record quota of its transaction.

        Raises Unavailable (TENANT_NOT_READY), Forbidden (TENANT_SUSPENDED, TENANT_DELETED,
        PERSON_INACTIVE) and TooManyRequests (QUOTA_REQUESTS).
        """
        tenant = await self._admit(tx, caller, method)
        _count_request(tenant, time.monotonic())
        tx.info[ROW_LIMIT_KEY] = tenant.quotas.rows

    async def readmit(self, tx: AsyncConnection, caller: Principal) -> None:
        """Admit one more read of a running stream; it does not count as a request.

        Raises Unavailable (TENANT_NOT_READY), Forbidden (TENANT_DELETED, PERSON_INACTIVE).
        """
        await self._admit(tx, caller, "GET")

    async def _admit(self, tx: AsyncConnection, caller: Principal, method: str) -> CachedTenant:
        tenant = await self._read(tx, str(caller.tenant_id))
        if tenant.status == "DELETED":
            raise Forbidden("TENANT_DELETED")
        reads_only = method in READ_METHODS and caller.kind != "access_key"  # a key counts its uses
        if tenant.status == "SUSPENDED" and not reads_only:
            raise Forbidden("TENANT_SUSPENDED")
        if caller.kind == "person":
            await self._ensure_active(tx, caller)
        replace_current(replace(current(), country=tenant.country))
        return tenant

    async def _read(self, tx: AsyncConnection, tenant_id: str) -> CachedTenant:
        now = time.monotonic()
        cached = self._tenants.get(tenant_id)
        if cached is not None and now - cached.read_at < self.max_age:
            return cached
        columns = tenant_settings.c
        query = select(columns.status, columns.country, columns.quotas)
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            self._tenants.pop(tenant_id, None)
            raise Unavailable("TENANT_NOT_READY")
        quotas = Quotas.model_validate(row.quotas)
        return self._keep(tenant_id, _refreshed(cached, row.status, row.country, quotas, now))

    async def _ensure_active(self, tx: AsyncConnection, caller: Principal) -> None:
        now, key = time.monotonic(), (str(caller.tenant_id), caller.subject)
        if now - self._active_people.get(key, -self.max_age) < self.max_age:
            return
        inactive = func.bool_and(not_(people.c.active) | people.c.deleted)
        if (await tx.execute(select(inactive).where(people.c.subject == caller.subject))).scalar():
            self._active_people.pop(key, None)
            raise Forbidden("PERSON_INACTIVE")
        if len(self._active_people) >= MAX_CACHED_PEOPLE:
            self._active_people.clear()
        self._active_people[key] = now

    def _keep(self, tenant_id: str, tenant: CachedTenant) -> CachedTenant:
        if len(self._tenants) >= MAX_CACHED_TENANTS:
            self._tenants.clear()
        self._tenants[tenant_id] = tenant
        return tenant


def _refreshed(
    cached: CachedTenant | None, status: str, country: str | None, quotas: Quotas, now: float
) -> CachedTenant:
    """Return the tenant as read now; the bucket keeps its tokens, also under a new limit."""
    full = float(quotas.requests_per_minute or 0)
    if cached is None or cached.quotas.requests_per_minute is None:
        return CachedTenant(status, country, quotas, now, TokenBucket(full, now))
    left = TokenBucket(min(cached.bucket.tokens, full), cached.bucket.filled_at)
    return CachedTenant(status, country, quotas, now, left)


def _count_request(tenant: CachedTenant, now: float) -> None:
    """Count a request against the tenant's quota for each minute."""
    limit = tenant.quotas.requests_per_minute
    if limit is None:
        return
    wait = tenant.bucket.take(limit, now)
    if wait:
        raise TooManyRequests("QUOTA_REQUESTS", retry_after=wait, limit=limit)
