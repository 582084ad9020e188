"""Tax on the net amounts of a document's lines, rounded by one of two policies.

LINE: the tax of a line is its net amount x its rate, rounded half up to the currency's precision.
Totals are sums of the lines. The lines of a Chinese VAT invoice (增值税发票) are computed this way,
so that each line can be invoiced alone.

DOCUMENT: the tax of a rate is the sum of the net amounts of its lines x the rate, rounded once half
up to the currency's precision (EN 16931, rule BR-CO-17). It is then split over these lines in
proportion to their net amounts by the largest remainder method, so that the parts sum exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum

from kernel.money import Money
from kernel.rate import Rate


class TaxRounding(StrEnum):
    """Where tax is rounded: on every line, or once per tax rate of a document."""

    LINE = "LINE"
    DOCUMENT = "DOCUMENT"


def taxes_of(nets: Sequence[Money], rates: Sequence[Decimal], rounding: TaxRounding) -> list[Money]:
    """Return the tax of every line, given the net amounts and the tax rates of all lines.

    All amounts have one currency. Raises NumberTooLarge for amounts of 10**16 and more.
    """
    compute = _per_line if rounding is TaxRounding.LINE else _per_document
    return compute(nets, rates)


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
