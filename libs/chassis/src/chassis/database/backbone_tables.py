"""Every table of the backbone: each service's database has them, and workers see all tenants."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, base
from sqlalchemy.types import UserDefinedType

from chassis.database.columns import filter_indexes, new_metadata, tenant_column

metadata = new_metadata()


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "XID8"


base.ischema_names["xid8"] = Xid8  # else reflection warns and the drift check fails


def instant(name: str, *, nullable: bool = False, default: bool = False) -> Column[Any]:
    return Column(
        name,
        DateTime(timezone=True),
        nullable=nullable,
        server_default=func.clock_timestamp() if default else None,
    )


outbox = Table(
    "outbox",
    metadata,
    tenant_column(),
    Column("seq", BigInteger, Identity(always=True, cache=1), primary_key=True),
    Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("bucket", SmallInteger, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("aggregatetype", Text, nullable=False),
    Column("aggregateid", Uuid, nullable=False),
    Column("aggversion", BigInteger, nullable=False),
    Column("snapshot_id", Uuid),  # of a snapshot: the run that published it
    Column("type", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("correlationid", Text, nullable=False),
    Column("causationid", Text),
    Column("actor", Text),
    Column("traceparent", Text, nullable=False),
    instant("created", default=True),
    Index(None, "xid"),
    Index(None, "tenant_id", "xid"),
    # A version is published by one fact, and once by each snapshot.
    Index(
        "ix_outbox_tenant_id_aggregatetype_aggregateid_aggversion",
        "tenant_id",
        "aggregatetype",
        "aggregateid",
        "aggversion",
        "snapshot_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)

# How many events pruning has deleted, so that a tenant's published total stays whole, and the last
# of them, so that a reader of the feed who has not seen it learns of the loss.
outbox_pruned = Table(
    "outbox_pruned",
    metadata,
    tenant_column(),
    Column("aggregatetype", Text, primary_key=True),
    Column("events", BigInteger, nullable=False),
    Column("last_xid", Xid8, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
)

# The publishing database itself: `system_identifier` reveals a restore or failover.
database_epoch = Table(
    "database_epoch",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("system_identifier", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    instant("since", default=True),
    CheckConstraint("id = 1", name="database_epoch_one_row"),
)

relay_cursors = Table(
    "relay_cursors",
    metadata,
    Column("bucket", SmallInteger, primary_key=True, autoincrement=False),
    Column("system_identifier", Text, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("lo", Text, nullable=False),
    Column("hi", Text),
    Column("last", BigInteger, nullable=False, server_default=text("0")),
)

relay_members = Table(
    "relay_members",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("backend_pid", Integer, nullable=False),
    instant("heartbeat_at"),
)

# Records the broker refuses for good, and all later ones of their keys.
quarantined_events = Table(
    "quarantined_events",
    metadata,
    tenant_column(),
    Column("seq", BigInteger, primary_key=True),
    Column("key", Text, nullable=False),
    Column("bucket", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    instant("quarantined_at", default=True),
    Index(None, "tenant_id", "key"),
)

inbox = Table(
    "inbox",
    metadata,
    tenant_column(),
    Column("subscription", Text, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("event_id", Uuid, primary_key=True),
    instant("received_at", default=True),
    Index(None, "received_at"),
)

parked_keys = Table(
    "parked_keys",
    metadata,
    tenant_column(),
    Column("subscription", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    instant("since", default=True),
)

WAITING: dict[str, Any] = {"postgresql_where": text("status = 'PARKED'")}
parked_events = Table(
    "parked_events",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("subscription", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("position", BigInteger, Identity(always=True, cache=1), nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("envelope", JSONB, nullable=False),
    Column("reason", Text, nullable=False),  # NOT_YET, FAILED or BEHIND (another of its key)
    Column("error", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("status", Text, nullable=False, server_default=text("'PARKED'")),
    instant("parked_at", default=True),
    instant("retry_at", nullable=True),
    instant("deadline_at", nullable=True),
    instant("resolved_at", nullable=True),
    Column("resolved_by", Text),
    Column("note", Text),
    Index(None, "tenant_id", "subscription", "key", "position"),
    Index("parked_events_waiting", "tenant_id", "subscription", "id", **WAITING),
    *filter_indexes("subscription", "reason", "status", "topic", "parked_at"),
    Index(None, "retry_at"),
    Index(None, "resolved_at"),
)

consumer_counts = Table(
    "consumer_counts",
    metadata,
    tenant_column(),
    Column("subscription", Text, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("applied", BigInteger, nullable=False, server_default=text("0")),
    Column("skipped", BigInteger, nullable=False, server_default=text("0")),
    Column("ignored", BigInteger, nullable=False, server_default=text("0")),
    Column("parked", BigInteger, nullable=False, server_default=text("0")),
    Column("duplicates", BigInteger, nullable=False, server_default=text("0")),
    Column("last_offset", BigInteger, nullable=False, server_default=text("-1")),
    instant("updated_at", default=True),
)

jobs = Table(
    "jobs",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    instant("run_at"),
    Column("payload", JSONB, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'WAITING'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("last_error", Text),
    Column("actor", Text),  # who started it
    Column("origin", Text),  # the record that it works for: `l2o.import:<id>`
    Column("correlationid", Text, nullable=False),
    Column("traceparent", Text, nullable=False),
    instant("created_at", default=True),
    Index(None, "tenant_id", "kind", "key", unique=True),
    Index(None, "status", "run_at"),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    tenant_column(),
    Column("principal", Text, primary_key=True),
    Column("method", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_hash", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False, info={"personal": "file"}),
    Column("operation_id", Uuid),
    instant("created_at", default=True),
    instant("expires_at"),
    Index(None, "expires_at"),
)

operations = Table(
    "operations",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("result", JSONB, nullable=False),
    Column("problem", JSONB),
    Column("asked", Text),  # a digest of the request
    Column("created_by", Text),
    instant("created_at", default=True),
    instant("finished_at", nullable=True),
    Index(None, "finished_at"),
)

document_numbers = Table(
    "document_numbers",
    metadata,
    tenant_column(),
    Column("type", Text, primary_key=True),
    Column("year", Integer, primary_key=True),
    Column("last", BigInteger, nullable=False),
)

# A replica of the tenants that `org` keeps.
tenant_settings = Table(
    "tenant_settings",
    metadata,
    tenant_column(),
    Column("epoch", Integer, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("country", Text),
    Column("languages", JSONB, nullable=False),
    Column("default_tax_rate", Numeric(9, 6), nullable=False),
    Column("status", Text, nullable=False, server_default=text("'ACTIVE'")),
    Column("tax_rounding", Text, nullable=False, server_default=text("'LINE'")),
    Column("separate_resources", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("transferred_along", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("quotas", JSONB, nullable=False, server_default=text("'{}'")),
)

# Functions that the API's role runs as their owner, whom no policy binds, each with its reason.
BEFORE_TENANT = {
    "access_key_by_digest": "who holds a key has no tenant yet; one row by its exact digest",
}
# Tables without a tenant, each with its reason; tests allow no others.
WITHOUT_TENANT = {
    "alembic_version": "the version of the schema",
    "database_epoch": "one row about the database itself",
    "relay_cursors": "how far the relay has published the outbox of all tenants",
    "relay_members": "the relay processes that are alive",
}
