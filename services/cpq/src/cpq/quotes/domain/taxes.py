"""The tax of priced lines, rounded by the tenant's policy; a quote records the policy it used.

LINE: the tax of a line is its net amount x its rate, rounded half up to the currency's precision.
Totals are sums of the lines. The lines of a Chinese VAT invoice (增值税发票) are computed this way,
so that each line can be invoiced alone.

DOCUMENT: the tax of a rate is the sum of the net amounts of its lines x the rate, rounded once half
up to the currency's precision (EN 16931, rule BR-CO-17). It is then split over these lines in
proportion to their net amounts by the largest remainder method, so that the parts sum exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from cpq.quotes.domain.pricing import QuoteLine
from kernel.money import Money
from kernel.rate import Rate


class TaxRounding(StrEnum):
    """Where tax is rounded: on every line, or once per tax rate of a document."""

    LINE = "LINE"
    DOCUMENT = "DOCUMENT"


def with_taxes(lines: Sequence[QuoteLine], rounding: TaxRounding) -> tuple[QuoteLine, ...]:
    """Return the lines with tax and gross amount computed anew.

    Raises NumberTooLarge for amounts of 10**16 and more.
    """
    compute = _per_line if rounding is TaxRounding.LINE else _per_document
    taxes = compute([line.net_amount for line in lines], [line.tax_rate for line in lines])
    return tuple(
        replace(line, tax_amount=tax, gross_amount=line.net_amount + tax)
        for line, tax in zip(lines, taxes, strict=True)
    )


def _per_line(nets: Sequence[Money], rates: Sequence[Decimal]) -> list[Money]:
    return [Rate(rate).tax_of_net(net) for net, rate in zip(nets, rates, strict=True)]


def _per_document(nets: Sequence[Money], rates: Sequence[Decimal]) -> list[Money]:
    taxes = [Money.zero(net.currency) for net in nets]
    for rate in dict.fromkeys(rates):
        positions = [index for index, line_rate in enumerate(rates) if line_rate == rate]
        parts = _split_tax([nets[index] for index in positions], rate)
        for index, tax in zip(positions, parts, strict=True):
            taxes[index] = tax
    return taxes


def _split_tax(nets: Sequence[Money], rate: Decimal) -> list[Money]:
    """Return the tax of net amounts that share one rate, rounded once and split over them."""
    zero = Money.zero(nets[0].currency)
    base = sum(nets, zero)
    if base.is_zero:  # the weights of the split would sum to zero
        return [zero for _ in nets]
    return Rate(rate).tax_of_net(base).split([net.amount for net in nets])
