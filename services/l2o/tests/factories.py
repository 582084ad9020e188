"""Accounts, contacts and opportunities for tests, and the events of other services."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.mtl.events import (
    ConversionCancelled,
    ConversionRequested,
    LeadConverted,
    LeadState,
)
from contracts.rms.events import (
    OrderConfirmed,
    OrderLine,
    OrderState,
    PaymentState,
    ReceivableState,
)
from kernel.ids import new_id
from kernel.money import Money
from l2o.accounts.domain import Account
from l2o.accounts.store import ACCOUNT
from l2o.contacts.domain import Contact
from l2o.contacts.store import CONTACT
from l2o.opportunities.domain import Opportunity, Stage
from l2o.opportunities.store import OPPORTUNITY

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)  # 12:00 in Shanghai
TODAY = date(2026, 11, 22)
# What answers and events say of an account of which only the name is known.
NO_MASTER_DATA: dict[str, Any] = {
    name: None
    for name in (
        "uscc", "legal_representative", "industry_section", "company_size", "region_code",
        "email", "website", "currency", "language", "payment_term_code", "description",
        "grade", "sales_process", "segment",
    )
}  # fmt: skip
NOT_REVIEWED: dict[str, Any] = dict.fromkeys(("review_days", "reviewed_at", "review_due_at"))
NO_MASTER_DATA |= {
    name: []
    for name in (
        "phones", "emails", "websites", "addresses", "external_ids", "tags", "rule_tags",
    )
}  # fmt: skip


def cny(amount: str) -> Money:
    return Money.of(amount, "CNY")


def make_account(
    *, name: str = "上海测试有限公司", owner_id: str | None = "seller", **fields: Any
) -> Account:
    return Account(
        id=new_id(), name=name, owner_id=owner_id, created_at=NOON, updated_at=NOON, **fields
    )


async def add_account(tx: AsyncConnection, **fields: Any) -> Account:
    account = make_account(**fields)
    await ACCOUNT.add(tx, account)
    return account


def make_contact(account_id: UUID, *, name: str = "王芳") -> Contact:
    return Contact(id=new_id(), account_id=account_id, name=name, created_at=NOON, updated_at=NOON)


async def add_contact(tx: AsyncConnection, account_id: UUID, **fields: Any) -> Contact:
    contact = make_contact(account_id, **fields)
    await CONTACT.add(tx, contact)
    return contact


def make_opportunity(
    *,
    account_id: UUID | None = None,
    opportunity_id: UUID | None = None,
    stage: Stage = Stage.FIRST_CONTACT,
    owner_id: str = "seller",
    **fields: Any,
) -> Opportunity:
    return Opportunity(
        id=opportunity_id or new_id(),
        account_id=account_id or new_id(),
        name="2027 年度采购",
        stage=stage,
        owner_id=owner_id,
        created_at=NOON,
        updated_at=NOON,
        **fields,
    )


async def add_opportunity(tx: AsyncConnection, **fields: Any) -> Opportunity:
    opportunity = make_opportunity(**fields)
    await OPPORTUNITY.add(tx, opportunity)
    return opportunity


def make_lead(**fields: Any) -> LeadState:
    defaults = {"name": "王芳", "company": "上海测试有限公司", "owner_id": "seller"}
    return LeadState(**{"lead_id": new_id(), "status": "CONVERTED", **defaults, **fields})


def lead_converted(
    *,
    lead: LeadState | None = None,
    existing_account: UUID | None = None,
    converted_by: str | None = "manager",
    sees_all: bool = True,
    **fields: Any,
) -> LeadConverted:
    return LeadConverted(
        lead=lead or make_lead(phone="+8613800138000", email="wang.fang@example.com"),
        account_id=existing_account or new_id(),
        existing_account=existing_account is not None,
        converted_by=converted_by,
        converted_at=NOON,
        sees_all=sees_all,
        **{
            "conversion_id": new_id(),
            "contact_id": new_id(),
            "opportunity_id": new_id(),
            "opportunity_name": "CRM 项目",
            **fields,
        },
    )


def requested_again(event: LeadConverted) -> ConversionRequested:
    return ConversionRequested(**dict(event))


def cancelled(event: LeadConverted) -> ConversionCancelled:
    return ConversionCancelled(
        conversion_id=event.conversion_id,
        lead_id=event.lead.lead_id,
        account_id=event.account_id,
        contact_id=event.contact_id,
        opportunity_id=event.opportunity_id,
        cancelled_at=NOON,
        reason="CONVERSION_UNANSWERED",
    )


def make_order(
    *,
    opportunity_id: UUID | None = None,
    account_id: UUID | None = None,
    gross: Money,
    status: str = "CONFIRMED",
    **fields: Any,
) -> OrderState:
    """An order with one line and no tax."""
    zero = Money.zero(gross.currency)
    line = OrderLine(
        line_id=new_id(),
        line_no=1,
        product_id=new_id(),
        sku="SRV",
        name="服务器",
        unit="PCS",
        quantity=Decimal(1),
        shipped_quantity=Decimal(0),
        net_amount=gross,
        tax_rate=Decimal(0),
        tax_amount=zero,
        gross_amount=gross,
        shipped_amount=zero,
    )
    return OrderState(
        order_id=new_id(),
        document_no="SO-2026-000001",
        quote_id=new_id(),
        quote_no="Q-2026-000001",
        opportunity_id=opportunity_id or new_id(),
        account_id=account_id or new_id(),
        account_name="上海测试有限公司",
        currency=gross.currency,
        status=status,
        lines=(line,),
        net_total=gross,
        tax_total=zero,
        gross_total=gross,
        **{"shipped_total": zero, **fields},
    )


def order_confirmed(
    *,
    opportunity_id: UUID | None = None,
    account_id: UUID | None = None,
    gross: Money | None = None,
) -> OrderConfirmed:
    order = make_order(
        opportunity_id=opportunity_id, account_id=account_id, gross=gross or cny("100.00")
    )
    return OrderConfirmed(order=order, confirmed_at=NOON)


def make_payment(account_id: UUID, amount: Money) -> PaymentState:
    return PaymentState(
        payment_id=new_id(),
        document_no="P-2026-000001",
        account_id=account_id,
        bank_reference=f"ICBC-{new_id()}",
        amount=amount,
        allocated=Money.zero(amount.currency),
        unallocated=amount,
        received_date=TODAY,
        status="UNALLOCATED",
    )


def make_receivable(account_id: UUID, amount: Money, *, due_date: date) -> ReceivableState:
    return ReceivableState(
        receivable_id=new_id(),
        document_no="AR-2026-000001",
        order_id=new_id(),
        order_no="SO-2026-000001",
        shipment_id=new_id(),
        account_id=account_id,
        amount=amount,
        allocated=Money.zero(amount.currency),
        open=amount,
        due_date=due_date,
        status="OPEN",
    )
