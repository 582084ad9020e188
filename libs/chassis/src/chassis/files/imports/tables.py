"""The tables of imports, present in every service's database."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import enum_column, filter_indexes, tenant_column
from chassis.files.formats.code_pages import Encoding
from chassis.files.imports.model import ImportState
from chassis.files.imports.target import RowOutcome

COUNT_COLUMNS = (
    "total",
    "created",
    "updated",
    "merged",
    "unchanged",
    "refused",
    "with_warnings",
    "chunks_done",
    "endings",
)

import_runs = Table(
    "import_runs",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("mapping", JSONB(none_as_null=True)),
    Column("sheet", Text),
    Column("encoding", enum_column(Encoding)),
    Column("dry_run", Boolean, nullable=False, server_default=false()),
    Column("state", enum_column(ImportState), nullable=False),
    Column("file_size", Integer),
    *[Column(name, Integer, nullable=False, server_default=text("0")) for name in COUNT_COLUMNS],
    Column("failures", JSONB, nullable=False),
    Column("warnings", JSONB, nullable=False, server_default=text("'[]'")),
    Column("created_by", Text),
    Column("caller_kind", Text, nullable=False, server_default="person"),
    Column("scopes", JSONB, nullable=False, server_default=text("'[]'")),
    instant("created_at"),
    instant("started_at", nullable=True),
    instant("finished_at", nullable=True),
    instant("updated_at"),
    Column("version", Integer, nullable=False),
    *filter_indexes("state", "created_by", "resource", "created_at"),
)

# `content` is the uploaded file, `rows` its normalized rows (see `ChunkPlan`): stored uncompressed
# by the migration, so that a chunk is read without reading the whole.
import_sources = Table(
    "import_sources",
    metadata,
    tenant_column(),
    Column("import_id", Uuid, primary_key=True),
    Column("content", LargeBinary, nullable=False, info={"personal": "file"}),
    Column("header", JSONB(none_as_null=True)),
    Column("rows", LargeBinary, info={"personal": "file"}),
    Column("bounds", ARRAY(Integer)),
)

# The result of each row; its cells are in `import_sources.rows`.
import_results = Table(
    "import_results",
    metadata,
    tenant_column(),
    Column("import_id", Uuid, primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("outcome", enum_column(RowOutcome), nullable=False),
    Column("record_id", Uuid),
    Column("warned", Boolean, nullable=False),
    Column("findings", JSONB, nullable=False),
    Index(None, "tenant_id", "import_id", "outcome", "row", "id"),
    Index(None, "tenant_id", "import_id", "warned", "row", "id"),
    Index(None, "tenant_id", "record_id"),
)
