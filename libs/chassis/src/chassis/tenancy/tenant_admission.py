"""Admission of requests by tenant status, request quota, and the standing of the caller.

Tenants and callers are cached for two seconds per process, so that a suspension takes effect within
that time and most requests need no query. A suspended tenant may only read, and its access keys
are refused; a deleted tenant, an inactive person and a revoked token are refused too. A person whom
the directory does not know (yet) is admitted.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.engine import ROW_LIMIT_KEY
from chassis.foundation.context import current, replace_current
from chassis.foundation.languages import first_supported
from chassis.foundation.refusals import TooManyRequests, Unauthenticated, Unavailable
from chassis.foundation.token_bucket import TokenBucket
from chassis.records.access.tables import people, principals
from chassis.web.auth import Principal
from contracts.org.events import Quotas
from kernel.errors import Forbidden

READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_CACHED_TENANTS, MAX_CACHED_CALLERS = 10_000, 100_000


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a person or service client may use the service, and since when their tokens count."""

    active: bool = True
    tokens_valid_from: datetime | None = None


FindStanding = Callable[[AsyncConnection, Principal], Awaitable[Standing]]


async def standing_in_directory(tx: AsyncConnection, caller: Principal) -> Standing:
    """Return the standing of a caller by the replica of the directory, which follows org's events.

    The replica does not know whether a service client is active, only whether its tokens count.
    """
    inactive = select(func.bool_and(not_(people.c.active) | people.c.deleted))
    valid_from = select(func.max(principals.c.tokens_valid_from))
    row = (
        await tx.execute(
            select(
                inactive.where(people.c.subject == caller.subject).scalar_subquery(),
                valid_from.where(principals.c.subject == caller.subject).scalar_subquery(),
            )
        )
    ).one()
    return Standing(caller.kind == "client" or not row[0], row[1])


def ensure_good_standing(caller: Principal, standing: Standing) -> None:
    """Ensure that a caller is active and that rights were not withdrawn since the token was issued.

    Raises Forbidden (PERSON_INACTIVE), Unauthenticated (TOKEN_REVOKED).
    """
    if not standing.active:
        raise Forbidden("PERSON_INACTIVE")
    valid_from, issued_at = standing.tokens_valid_from, caller.issued_at
    if valid_from is not None and issued_at is not None and issued_at < valid_from:
        raise Unauthenticated("TOKEN_REVOKED")


@dataclass(slots=True)
class CachedTenant:
    """A tenant as read at `read_at`, and its requests left."""

    status: str
    country: str | None
    language: str | None
    quotas: Quotas
    read_at: float
    bucket: TokenBucket


class TenantAdmission:
    """Admits requests of one API process; times are monotonic seconds.

    The service that owns the directory brings its own `find_standing`, and with `fresh_writes` it
    looks the caller up for every request that may write.
    """

    def __init__(
        self,
        find_standing: FindStanding = standing_in_directory,
        *,
        fresh_writes: bool = False,
        max_age: float = 2.0,
    ) -> None:
        self.max_age = max_age
        self._find_standing = find_standing
        self._fresh_writes = fresh_writes
        self._tenants: dict[str, CachedTenant] = {}
        self._standings: dict[tuple[str, str, str], tuple[float, Standing]] = {}

    async def admit(self, tx: AsyncConnection, caller: Principal, method: str) -> None:
        """Admit a request, count it, and set the record quota of its transaction.

        Raises Unavailable (TENANT_NOT_READY), Forbidden (TENANT_SUSPENDED, TENANT_DELETED,
        PERSON_INACTIVE), Unauthenticated (TOKEN_REVOKED) and TooManyRequests (QUOTA_REQUESTS).
        """
        tenant = await self._admit(tx, caller, method)
        _count_request(tenant, time.monotonic())
        tx.info[ROW_LIMIT_KEY] = tenant.quotas.rows

    async def readmit(self, tx: AsyncConnection, caller: Principal) -> None:
        """Admit one more read of a running stream; it does not count as a request.

        Raises Unavailable (TENANT_NOT_READY), Forbidden (TENANT_DELETED, PERSON_INACTIVE),
        Unauthenticated (TOKEN_REVOKED).
        """
        await self._admit(tx, caller, "GET")

    async def _admit(self, tx: AsyncConnection, caller: Principal, method: str) -> CachedTenant:
        tenant = await self._read(tx, str(caller.tenant_id))
        _use_settings(tenant)
        if tenant.status == "DELETED":
            raise Forbidden("TENANT_DELETED")
        reads_only = method in READ_METHODS and caller.kind != "access_key"  # a key counts its uses
        if tenant.status == "SUSPENDED" and not reads_only:
            raise Forbidden("TENANT_SUSPENDED")
        if caller.kind != "access_key":
            fresh = self._fresh_writes and method not in READ_METHODS
            ensure_good_standing(caller, await self._standing(tx, caller, fresh=fresh))
        return tenant

    async def _read(self, tx: AsyncConnection, tenant_id: str) -> CachedTenant:
        now = time.monotonic()
        cached = self._tenants.get(tenant_id)
        if cached is not None and now - cached.read_at < self.max_age:
            return cached
        columns = tenant_settings.c
        query = select(columns.status, columns.country, columns.languages, columns.quotas)
        row = (await tx.execute(query)).one_or_none()
        if row is None:
            self._tenants.pop(tenant_id, None)
            raise Unavailable("TENANT_NOT_READY")
        quotas = Quotas.model_validate(row.quotas)
        tenant = CachedTenant(
            row.status,
            row.country,
            first_supported(row.languages),
            quotas,
            now,
            _refreshed_bucket(cached, quotas, now),
        )
        return self._keep(tenant_id, tenant)

    async def _standing(self, tx: AsyncConnection, caller: Principal, *, fresh: bool) -> Standing:
        now, key = time.monotonic(), (str(caller.tenant_id), caller.kind, caller.subject)
        read_at, cached = self._standings.get(key, (-self.max_age, Standing()))
        if not fresh and now - read_at < self.max_age:
            return cached
        standing = await self._find_standing(tx, caller)
        if len(self._standings) >= MAX_CACHED_CALLERS:
            self._standings.clear()
        self._standings[key] = (now, standing)
        return standing

    def _keep(self, tenant_id: str, tenant: CachedTenant) -> CachedTenant:
        if len(self._tenants) >= MAX_CACHED_TENANTS:
            self._tenants.clear()
        self._tenants[tenant_id] = tenant
        return tenant


def _use_settings(tenant: CachedTenant) -> None:
    """Read telephone numbers by the tenant's country; answer in its language by default."""
    context = replace(current(), country=tenant.country)
    if not context.chose_language and tenant.language is not None:
        context = replace(context, language=tenant.language)
    replace_current(context)


def _refreshed_bucket(cached: CachedTenant | None, quotas: Quotas, now: float) -> TokenBucket:
    """Return the bucket as of now; it keeps its tokens, also under a new limit."""
    full = float(quotas.requests_per_minute or 0)
    if cached is None or cached.quotas.requests_per_minute is None:
        return TokenBucket(full, now)
    return TokenBucket(min(cached.bucket.tokens, full), cached.bucket.filled_at)


def _count_request(tenant: CachedTenant, now: float) -> None:
    """Count a request against the tenant's quota for each minute."""
    limit = tenant.quotas.requests_per_minute
    if limit is None:
        return
    wait = tenant.bucket.take(limit, now)
    if wait:
        raise TooManyRequests("QUOTA_REQUESTS", retry_after=wait, limit=limit)
