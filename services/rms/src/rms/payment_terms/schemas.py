"""Request and response bodies of payment terms."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from kernel.decimals import DecimalString, PositiveDecimal
from rms.payment_terms.domain import Basis, Instalment

TermCode = Annotated[str, StringConstraints(pattern="^[A-Z0-9][A-Z0-9_]{0,39}$")]


class InstalmentIn(BaseModel):
    """A share of the amount and the calendar days after its basis at which it is due."""

    model_config = ConfigDict(extra="forbid")

    share: Annotated[PositiveDecimal, Field(le=1)] = Field(description='"0.3" is 30 %')
    basis: Basis = Field(
        Basis.SHIPMENT,
        description="The day from which the days count: the shipped date, the end of its month, "
        "or (PREPAID) the order's confirmation",
    )
    days: Annotated[int, Field(strict=True, ge=0, le=3650)]


def _instalment(body: InstalmentIn) -> Instalment:
    return Instalment(share=body.share, basis=body.basis, days=body.days)


TermName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class PaymentTermEdit(BaseModel):
    """The fields a PATCH may change."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"name": "月结"}]}
    )

    name: TermName


class PaymentTermIn(BaseModel):
    """A new payment term; the shares sum to 1 and cannot be changed later."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "code": "EOM_30",
                    "name": "月结 30 天",
                    "instalments": [{"share": "1", "basis": "END_OF_MONTH", "days": 30}],
                },
                {
                    "code": "30_70",
                    "name": "三七分期",
                    "instalments": [
                        {"share": "0.3", "basis": "PREPAID", "days": 0},
                        {"share": "0.7", "basis": "SHIPMENT", "days": 60},
                    ],
                    "is_default": True,
                },
            ]
        },
    )

    code: TermCode
    name: TermName
    instalments: Annotated[
        tuple[Annotated[InstalmentIn, AfterValidator(_instalment)], ...],
        Field(min_length=1, max_length=12),
    ]
    is_default: bool = Field(default=False, description="Whether new orders get this term")


class InstalmentOut(BaseModel):
    """A share of the amount and the calendar days after its basis at which it is due."""

    model_config = ConfigDict(from_attributes=True)

    share: DecimalString
    basis: Basis
    days: int


class TermOut(BaseModel):
    """A payment term as an order carries it."""

    model_config = ConfigDict(from_attributes=True)

    code: str = Field(examples=["NET_30"])
    instalments: list[InstalmentOut]


class PaymentTermOut(TermOut):
    """A payment term of the tenant's catalog."""

    id: UUID
    name: str
    is_default: bool
    active: bool
    version: int
    created_at: datetime
    updated_at: datetime
