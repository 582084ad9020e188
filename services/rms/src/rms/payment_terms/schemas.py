"""Request and response bodies of payment terms."""

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from chassis.foundation.texts import Text
from chassis.records.answers import RecordOut
from chassis.records.import_headings import Heading
from kernel.decimals import DecimalString, PositiveDecimal, plain_text
from kernel.errors import Invalid, Violation
from kernel.texts import TrimmedText
from rms.payment_terms.domain import Basis, Instalment

_INSTALMENT = re.compile(
    r"(?P<percent>[0-9]{1,3}(\.[0-9]{1,4})?) ?%\s+(?P<basis>\w+)\s+(?P<days>[0-9]{1,4})", re.ASCII
)
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


def instalments_in_cell(cell: str) -> list[dict[str, Any]]:
    """Read instalments such as `30% PREPAID 0; 70% SHIPMENT 60` as a body has them.

    Raises Invalid (INSTALMENTS_UNREADABLE).
    """
    matches = [_INSTALMENT.fullmatch(part.strip()) for part in re.split("[;；\n]", cell)]
    if None in matches:
        raise Invalid([Violation("/instalments", "INSTALMENTS_UNREADABLE", {"given": cell})])
    return [
        {
            "share": plain_text(Decimal(match["percent"]) / 100),
            "basis": match["basis"].upper(),
            "days": int(match["days"]),
        }
        for match in matches
        if match is not None
    ]


TermName = Annotated[str, TrimmedText(min_length=1, max_length=100)]


class PaymentTermEdit(BaseModel):
    """The fields a PATCH may change."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"name": "月结"}]}
    )

    name: TermName
    custom_fields: dict[str, Any] = {}


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

    code: Annotated[TermCode, Heading("编码", ("付款条件编码",), "30_70")]
    name: Annotated[TermName, Heading("名称", ("付款条件",), Text("三七分期", "30/70"))]
    instalments: Annotated[
        tuple[Annotated[InstalmentIn, AfterValidator(_instalment)], ...],
        Field(min_length=1, max_length=12),
        Heading("分期", ("账期",), "30% PREPAID 0; 70% SHIPMENT 60", cell=instalments_in_cell),
    ]
    is_default: Annotated[StrictBool, Heading("默认", ("是否默认",))] = Field(
        default=False, description="Whether new orders get this term; later `make-default` does it"
    )
    custom_fields: dict[str, Any] = {}


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


class PaymentTermOut(TermOut, RecordOut):
    """A payment term of the tenant's catalog."""

    name: str
    is_default: bool
    active: bool
