"""An order without its lines, as lists and the documents that belong to it show it."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.records.access.schemas import PersonSummary, RecordSummary
from chassis.web.references import Expandable, PersonSubject, RefersTo
from kernel.money import Money
from kernel.taxes import TaxRounding
from rms.orders.domain.order import OrderStatus
from rms.payment_terms.schemas import TermOut


class OrderSummary(BaseModel):
    """An order without its lines."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    document_no: str = Field(examples=["SO-2026-000001"])
    quote_id: UUID
    quote_no: str
    opportunity_id: Annotated[UUID, RefersTo("l2o.opportunity")]
    opportunity_name: str | None = None
    opportunity: Expandable[RecordSummary] = None
    account_id: Annotated[UUID, RefersTo("l2o.account")]
    account: Expandable[RecordSummary] = None
    account_name: str
    owner_id: Annotated[str | None, PersonSubject]
    owner_name: str | None = None
    owner: Expandable[PersonSummary] = None
    currency: str
    status: OrderStatus
    revision: int = Field(description="1, plus 1 for every amendment")
    requested_date: date | None
    payment_term: TermOut
    tax_rounding: TaxRounding = Field(
        description="Tax is rounded on every line, or once per rate of the document"
    )
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    net_total: Money
    tax_total: Money
    gross_total: Money
    shipped_total: Money
    cancelled_total: Money
    prepaid_total: Money = Field(description="Amount owed before anything is shipped")
    customer_order_no: str | None = Field(description="The customer's own order number")
    note: str | None
    custom_fields: dict[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
