from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kernel.quantity import UnitCode

# Words of visible characters with single spaces, so that no two SKUs look the same on paper.
Sku = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^\S+( \S+)*$"),
]
ProductName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Series = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class ProductIn(BaseModel):
    """A new product."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"sku": "GTX-BASIC", "name": "GTX 基础版", "unit": "PCS"}]},
    )

    sku: Sku
    name: ProductName
    unit: UnitCode = "PCS"
    series: Series | None = Field(None, description="The family of products it belongs to")
    custom_fields: dict[str, Any] = {}
    active: bool = Field(
        default=True, strict=True, description="Only active products can be quoted"
    )


class ProductEdit(BaseModel):
    """What may be changed of a product; whether it is active is a move."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"name": "GTX 2"}]}
    )

    sku: Sku
    name: ProductName
    unit: UnitCode
    series: Series | None = None
    custom_fields: dict[str, Any] = {}


class ProductOut(BaseModel):
    """A product."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    sku: str
    name: str
    unit: str
    series: str | None
    active: bool
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
