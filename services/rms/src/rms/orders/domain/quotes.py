"""How an accepted quote becomes an order, and which quotes are refused as inconsistent."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from contracts.cpq.events import QuoteLine, QuoteState
from kernel.errors import RuleBroken
from kernel.money import Money
from kernel.taxes import TaxRounding
from rms.orders.domain.lines import OrderLine
from rms.orders.domain.order import Order
from rms.payment_terms.domain import AgreedTerm


def order_from_quote(
    quote: QuoteState,
    *,
    order_id: UUID,
    line_ids: Callable[[], UUID],
    document_no: str,
    account_name: str,
    payment_term: AgreedTerm,
    now: datetime,
) -> Order:
    """The new order of a quote that has passed `ensure_quote_consistent`."""
    return Order(
        id=order_id,
        document_no=document_no,
        quote_id=quote.quote_id,
        quote_no=quote.document_no,
        opportunity_id=quote.opportunity_id,
        account_id=quote.account_id,
        account_name=account_name,
        owner_id=quote.owner_id,
        net_total=quote.net_total,
        tax_total=quote.tax_total,
        gross_total=quote.gross_total,
        shipped_total=Money.zero(quote.currency),
        cancelled_total=Money.zero(quote.currency),
        prepaid_total=Money.zero(quote.currency),
        tax_rounding=TaxRounding(quote.tax_rounding),
        payment_term=payment_term,
        lines=tuple(_line(line, order_id, line_ids()) for line in quote.lines),
        created_at=now,
        updated_at=now,
    )


def _line(line: QuoteLine, order_id: UUID, line_id: UUID) -> OrderLine:
    return OrderLine(
        id=line_id,
        order_id=order_id,
        line_no=line.line_no,
        product_id=line.product_id,
        sku=line.sku,
        name=line.name,
        unit=line.unit,
        quantity=line.quantity,
        shipped_quantity=Decimal(0),
        unit_price=line.net_price,
        discount_rate=line.discount_rate,
        net_amount=line.net_amount,
        tax_rate=line.tax_rate,
        tax_amount=line.tax_amount,
        gross_amount=line.gross_amount,
        shipped_amount=Money.zero(line.gross_amount.currency),
        cancelled_amount=Money.zero(line.gross_amount.currency),
    )


def ensure_quote_consistent(quote: QuoteState) -> None:
    """Raise RuleBroken (QUOTE_UNSOUND) unless every sum is right and every line can be shipped.

    Receivables are calculated from these amounts. A quote needs lines; its totals must equal the
    sums of its lines; see `_is_consistent` for a line. Raises CurrencyMismatch where a line has
    another currency than the quote.
    """
    zero = Money.zero(quote.currency)
    lines = quote.lines
    totals = (quote.net_total, quote.tax_total, quote.gross_total)
    sums = (
        sum((line.net_amount for line in lines), zero),
        sum((line.tax_amount for line in lines), zero),
        sum((line.gross_amount for line in lines), zero),
    )
    consistent = all(_is_consistent(line) for line in lines)
    known_rounding = quote.tax_rounding in set(TaxRounding)
    if not lines or totals != sums or not consistent or not known_rounding:
        raise RuleBroken("QUOTE_UNSOUND", document_no=quote.document_no)


def _is_consistent(line: QuoteLine) -> bool:
    """gross = net + tax >= 0 in whole smallest units of the currency, and quantity > 0."""
    gross = line.gross_amount
    adds_up = gross == gross.rounded() and gross == line.net_amount + line.tax_amount
    return adds_up and not gross.is_negative and line.quantity > 0
