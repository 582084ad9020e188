"""The kinds of approval that CPQ asks for."""

from typing import Final

from contracts.approvals import ApprovalFact, ApprovalKind, FactKind

QUOTE_DISCOUNT: Final = ApprovalKind(
    name="cpq.quote_discount",
    resource="cpq.quote",
    zh="报价折扣",
    en="Discount of a quote",
    facts=(
        ApprovalFact(name="amount", type=FactKind.DECIMAL, zh="含税总额", en="Total including tax"),
        ApprovalFact(name="currency", type=FactKind.TEXT, zh="币种", en="Currency"),
        ApprovalFact(
            name="discount_rate",
            type=FactKind.DECIMAL,
            zh="最高行折扣率",
            en="Highest discount rate of a line",
        ),
        ApprovalFact(
            name="total_discount_rate",
            type=FactKind.DECIMAL,
            zh="整单折扣率",
            en="Discount rate of the whole quote",
        ),
        ApprovalFact(
            name="account_name", type=FactKind.TEXT, zh="客户", en="Account", guarded=False
        ),
        ApprovalFact(name="valid_until", type=FactKind.DATE, zh="有效期至", en="Valid until"),
    ),
    line_facts=(
        ApprovalFact(name="product", type=FactKind.TEXT, zh="产品", en="Product"),
        ApprovalFact(name="quantity", type=FactKind.DECIMAL, zh="数量", en="Quantity"),
        ApprovalFact(name="list_price", type=FactKind.DECIMAL, zh="目录价", en="List price"),
        ApprovalFact(name="discount_rate", type=FactKind.DECIMAL, zh="折扣率", en="Discount rate"),
        ApprovalFact(name="net_amount", type=FactKind.DECIMAL, zh="净额", en="Net amount"),
    ),
    record_people={"owner": ("负责人", "Owner")},
)
APPROVAL_KINDS: Final = (QUOTE_DISCOUNT,)
