"""A product and the fact that it exists."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.cpq.events import ProductCreated, ProductState


@dataclass(frozen=True, kw_only=True)
class Product:
    """Something that can be quoted, counted in its unit."""

    id: UUID
    sku: str
    name: str
    unit: str
    active: bool
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def created(self) -> ProductCreated:
        """The fact of its creation."""
        return ProductCreated(
            product=ProductState(
                product_id=self.id,
                sku=self.sku,
                name=self.name,
                unit=self.unit,
                active=self.active,
            )
        )
