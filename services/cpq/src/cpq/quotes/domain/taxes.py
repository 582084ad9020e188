"""The tax of priced lines, rounded as the tenant's policy says; a quote keeps the policy it got.

LINE: tax of a line = net amount x rate, half up to the currency; totals are sums of the lines. So
the lines of a Chinese VAT invoice are computed, and each can be invoiced alone.
DOCUMENT: tax of a rate = sum of its lines' net amounts x rate, half up to the currency, once (EN
16931, BR-CO-17), then split over its lines by net amount, largest remainder: so they sum exactly.
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
    LINE = "LINE"
    DOCUMENT = "DOCUMENT"


def taxed(lines: Sequence[QuoteLine], rounding: TaxRounding) -> tuple[QuoteLine, ...]:
    """The lines with their tax, whatever tax they had. Raises NumberTooLarge from 10**16 on."""
    of_lines = _per_line if rounding is TaxRounding.LINE else _per_document
    taxes = of_lines([line.net_amount for line in lines], [line.tax_rate for line in lines])
    return tuple(
        replace(line, tax_amount=tax, gross_amount=line.net_amount + tax)
        for line, tax in zip(lines, taxes, strict=True)
    )


def _per_line(nets: Sequence[Money], rates: Sequence[Decimal]) -> list[Money]:
    return [Rate(rate).tax_of_net(net) for net, rate in zip(nets, rates, strict=True)]


def _per_document(nets: Sequence[Money], rates: Sequence[Decimal]) -> list[Money]:
    taxes = [Money.zero(net.currency) for net in nets]
    for rate in dict.fromkeys(rates):
        places = [at for at, one in enumerate(rates) if one == rate]
        for at, tax in zip(places, _of_rate([nets[at] for at in places], rate), strict=True):
            taxes[at] = tax
    return taxes


def _of_rate(nets: Sequence[Money], rate: Decimal) -> list[Money]:
    nothing = Money.zero(nets[0].currency)
    base = sum(nets, nothing)
    if base.is_zero:  # all of it is free: there is nothing to split by
        return [nothing for _ in nets]
    return Rate(rate).tax_of_net(base).split([net.amount for net in nets])
