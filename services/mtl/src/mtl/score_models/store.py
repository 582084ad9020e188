"""The table of trained models, and the leads from which they are trained."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Integer,
    Select,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, tenant_column
from chassis.database.rows import from_columns, to_columns
from chassis.database.transaction_tenant import transaction_tenant
from kernel.errors import NotFound
from mtl.database import metadata
from scoring.trained import ModelKind, TrainedModel, trained_model_from_json

KEPT_MODELS: Final = 64  # of all tenants, in the memory of a process

score_models = Table(
    "score_models",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("kind", enum_column(ModelKind), nullable=False),
    Column("document", JSONB, nullable=False),
    Column("card", JSONB, nullable=False),
    Column("profile", JSONB, nullable=False),
    Column("trained_by", Text, nullable=False),
    Column("trained_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("tenant_id", "number"),
)


@dataclass(frozen=True, kw_only=True)
class StoredModel:
    """A trained model with its card; `profile` says how its examples looked, for later comparison.

    The `document` is what `TrainedModel.to_json` gives. A model is never changed.
    """

    id: UUID
    number: int
    kind: ModelKind
    document: Mapping[str, Any]
    card: Mapping[str, Any]
    profile: Sequence[Mapping[str, Any]]
    trained_by: str
    trained_at: datetime


class _ModelCache:
    """The models that a process has read: reading one again costs more than scoring a lead."""

    def __init__(self) -> None:
        self._models: OrderedDict[tuple[UUID, int], TrainedModel] = OrderedDict()

    async def get(self, tx: AsyncConnection, number: int) -> TrainedModel:
        key = (transaction_tenant(), number)
        if key not in self._models:
            self._models[key] = trained_model_from_json((await get_model(tx, number)).document)
            if len(self._models) > KEPT_MODELS:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        return self._models[key]


_CACHE: Final = _ModelCache()


async def trained_model(tx: AsyncConnection, number: int) -> TrainedModel:
    """Return a model, ready to score. Raises NotFound."""
    return await _CACHE.get(tx, number)


def models_query() -> Select[Any]:
    """A query for all models without their documents; the caller pages it."""
    shown = ("id", "number", "kind", "card", "trained_by", "trained_at")
    return select(*(score_models.c[name] for name in shown))


async def get_model(tx: AsyncConnection, number: int) -> StoredModel:
    """Return a model by its number. Raises NotFound."""
    query = select(score_models).where(score_models.c.number == number)
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound("score_model", str(number))
    return from_columns(StoredModel, dict(row))


async def next_number(tx: AsyncConnection) -> int:
    """Return the number of the next model of the tenant; one job at a time trains for it."""
    last = await tx.scalar(select(func.coalesce(func.max(score_models.c.number), 0)))
    return int(last or 0) + 1


async def add_model(tx: AsyncConnection, model: StoredModel) -> None:
    """Add a model, unless there is one with its number."""
    row = insert(score_models).values(to_columns(score_models, model))
    await tx.execute(row.on_conflict_do_nothing(index_elements=["tenant_id", "number"]))
