"""A product, what may become of it, and the facts of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.cpq.events import (
    ProductChanged,
    ProductCreated,
    ProductDeactivated,
    ProductReactivated,
    ProductState,
)


@dataclass(frozen=True, kw_only=True)
class Product:
    """Something that can be quoted, counted in its unit; a deleted one keeps its SKU.

    `series` is the family of products it belongs to.
    """

    id: UUID
    sku: str
    name: str
    unit: str
    active: bool
    series: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    version: int = 1

    def created(self) -> ProductCreated:
        """The fact of its creation."""
        return ProductCreated(product=self.state())

    def edited(self, edit: Product, *, now: datetime) -> tuple[Product, ProductChanged | None]:
        """As `edit` says, which differs in what a person may change; no event if in nothing."""
        if edit == self:
            return self, None
        changed = replace(edit, updated_at=now)
        return changed, ProductChanged(product=changed.state())

    def deactivated(self, *, now: datetime) -> tuple[Product, ProductDeactivated]:
        """Quoted no more; quotes that name it stay as they are."""
        changed = replace(self, active=False, updated_at=now)
        return changed, ProductDeactivated(product=changed.state())

    def reactivated(self, *, now: datetime) -> tuple[Product, ProductReactivated]:
        """Quoted again."""
        changed = replace(self, active=True, updated_at=now)
        return changed, ProductReactivated(product=changed.state())

    def state(self) -> ProductState:
        """How events tell of it."""
        return ProductState(
            product_id=self.id,
            sku=self.sku,
            name=self.name,
            unit=self.unit,
            active=self.active,
            series=self.series,
            custom_fields=dict(self.custom_fields),
        )
