"""What approvers see of a quote, and what they decide on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from cpq.quotes.domain.quote import Quote
from kernel.decimals import EXACT_CONTEXT
from kernel.errors import RuleBroken
from kernel.money import Money
from rules.evaluation import Evaluator

_RATE: Final = Decimal("0.000001")


def quote_facts(quote: Quote) -> dict[str, Any]:
    """Return the facts of a quote, as `cpq.quote_discount` declares them."""
    return {
        "amount": quote.gross_total.amount,
        "currency": quote.currency,
        "discount_rate": max(line.discount_rate for line in quote.lines),
        "total_discount_rate": total_discount_rate(quote),
        "account_name": quote.account_name,
        "valid_until": quote.valid_until,
    }


def total_discount_rate(quote: Quote) -> Decimal:
    """Return 1 - net total / sum of quantity x tier price, half up to six decimals.

    It is 0 where nothing has a price.
    """
    full = Money(Decimal(0), quote.currency)
    for line in quote.lines:
        full = full + line.tier_price.times(line.quantity)
    if not full.amount:
        return Decimal(0)
    share = EXACT_CONTEXT.divide(quote.net_total.amount, full.amount)
    return EXACT_CONTEXT.quantize(EXACT_CONTEXT.subtract(Decimal(1), share), _RATE)


def quote_line_facts(quote: Quote) -> Sequence[Mapping[str, Any]]:
    """Return the lines of a quote as approvers see them."""
    return [
        {
            "product": f"{line.sku} {line.name}",
            "quantity": line.quantity,
            "list_price": line.list_price.amount,
            "discount_rate": line.discount_rate,
            "net_amount": line.net_amount.amount,
        }
        for line in quote.lines
    ]


def offer_of(quote: Quote) -> object:
    """Return what approvers decide on: the offer, without the tenant's own notes."""
    return replace(quote.to_request(), custom_fields={}), quote.lines, quote.gross_total


def needs_approval(quote: Quote, rules: Evaluator | None) -> bool:
    """Return whether a row of the rules fits a quote; without rules none needs an approval."""
    return rules is not None and bool(rules.decide(quote_facts(quote)).rows)


def ensure_sendable(quote: Quote, rules: Evaluator | None) -> None:
    """Raise RuleBroken (QUOTE_NEEDS_APPROVAL) for a draft that needs an approval first."""
    if quote.is_draft and needs_approval(quote, rules):
        raise RuleBroken("QUOTE_NEEDS_APPROVAL", document_no=quote.document_no)


def ensure_needed(quote: Quote, rules: Evaluator | None) -> None:
    """Raise RuleBroken (QUOTE_NEEDS_NO_APPROVAL) for a draft that can be sent as it is."""
    if quote.is_draft and not needs_approval(quote, rules):
        raise RuleBroken("QUOTE_NEEDS_NO_APPROVAL", document_no=quote.document_no)
