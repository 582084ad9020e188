"""The command that ships a part of an order and creates its receivables."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from chassis.foundation.clock import business_date
from chassis.records import tenant_settings
from chassis.records.numbers.numbers import next_number
from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from kernel.ids import new_id
from kernel.money import Money
from rms.orders.domain.order import LineQuantity, Order
from rms.orders.domain.shipments import Shipment
from rms.orders.store.writes import ORDER, insert_shipment
from rms.payment_terms.domain import DueAmount, net_days
from rms.receivables.actions import create_receivable
from rms.receivables.store import first_prepayment_id


async def ship_order(
    command: Command,
    order_id: UUID,
    quantities: Sequence[LineQuantity] | None,
    *,
    shipped_date: date | None,
    due_days: int | None,
) -> tuple[Order, Shipment]:
    """Ship these quantities, or with None every open one, and create the receivables.

    The amount less the deducted prepayment is due by the order's payment term, or in one receivable
    `due_days` after the shipped date. Raises PreconditionFailed, and what `shipment_parts` raises.
    """
    tx = command.tx
    timezone = (await tenant_settings.settings_of(tx)).timezone
    today = business_date(command.now, timezone)
    before = await ORDER.get(tx, order_id, lock=True)
    command.expected.check(before)
    shipped_date, earliest = shipped_date or today, business_date(before.created_at, timezone)
    parts = before.shipment_parts(
        quantities, shipped_date=shipped_date, earliest=earliest, today=today
    )
    after = before.ship(parts, now=command.now)
    amount, deducted = after.shipped_since(before)
    owed = amount - deducted
    prepayment_id = None if owed.amount else await first_prepayment_id(tx, order_id)
    dues = {} if prepayment_id else _receivables_due(after, owed, shipped_date, due_days)
    shipment = Shipment(
        id=new_id(),
        document_no=await next_number(tx, "rms.shipment", prefix="SH", on=today),
        order_id=order_id,
        shipped_date=shipped_date,
        amount=amount,
        deducted=deducted,
        receivable_id=prepayment_id or next(iter(dues)),
        lines=parts,
        created_at=command.now,
    )
    order = await _post(command, before, after, shipment, dues)
    return order, shipment


def _receivables_due(
    order: Order, amount: Money, shipped_date: date, due_days: int | None
) -> dict[UUID, DueAmount]:
    """The amounts due for a shipment, by the ids of the receivables that will be created.

    Due on the shipped date where the whole payment term is prepaid but the order has no prepayment.
    """
    term = order.payment_term if due_days is None else net_days(due_days)
    dues = term.shipment_instalments(amount, shipped_date)
    dues = dues or net_days(0).shipment_instalments(amount, shipped_date)
    return {new_id(): due for due in dues}


async def _post(
    command: Command,
    before: Order,
    after: Order,
    shipment: Shipment,
    dues: Mapping[UUID, DueAmount],
) -> Order:
    """Save the order, store the shipment, publish both, and create the receivables."""
    event = after.shipped_event(shipment, list(dues))
    order = await save_record(command, ORDER, before, after, event)
    await insert_shipment(command.tx, shipment)
    for receivable_id, due in dues.items():
        await create_receivable(
            command,
            receivable_id,
            order_id=order.id,
            order_no=order.document_no,
            shipment_id=shipment.id,
            account_id=order.account_id,
            account_name=order.account_name,
            amount=due.amount,
            due_date=due.due_date,
            owner_id=order.owner_id,
            instalment=due.instalment_no,
        )
    return order
