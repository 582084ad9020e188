"""What RMS says when it says no."""

from chassis.foundation.texts import Text

TEXTS: dict[str, Text] = {
    "ORDER_NOT_FOUND": Text("没有该订单。", "There is no such order."),
    "SHIPMENT_NOT_FOUND": Text("没有该发货单。", "There is no such shipment."),
    "RECEIVABLE_NOT_FOUND": Text("没有该应收款。", "There is no such receivable."),
    "PAYMENT_NOT_FOUND": Text("没有该回款。", "There is no such payment."),
    "QUOTE_UNSOUND": Text(
        "报价单 {document_no} 的金额或数量有误，无法生成订单。",
        "The sums or quantities of quote {document_no} are wrong; no order can be made of it.",
    ),
    "ORDER_NOT_CONFIRMED": Text(
        "订单 {document_no} 尚未确认，不能发货。",
        "Order {document_no} is not confirmed yet, so nothing can be shipped.",
    ),
    "ORDER_SHIPPED": Text(
        "订单 {document_no} 已全部发货。", "Order {document_no} is shipped completely."
    ),
    "ORDER_PARTLY_SHIPPED": Text(
        "订单 {document_no} 已部分发货。", "A part of order {document_no} is shipped already."
    ),
    "ORDER_CANCELLED": Text("订单 {document_no} 已取消。", "Order {document_no} is cancelled."),
    "ORDER_LINES_CANCELLED": Text(
        "订单 {document_no} 已有取消的行，不能再变更。",
        "Lines of order {document_no} are cancelled, so it cannot be amended.",
    ),
    "ORDER_EMPTY": Text(
        "订单至少保留一行；如需全部取消，请取消订单。",
        "One line must stay; to drop them all, cancel the order.",
    ),
    "DATE_IN_PAST": Text("不能早于今天（{today}）。", "Not before today, {today}."),
    "PAYMENT_TERM_NOT_FOUND": Text("没有该付款条件。", "There is no such payment term."),
    "PAYMENT_TERM_UNKNOWN": Text("没有可用的该付款条件。", "There is no such active payment term."),
    "PAYMENT_TERM_DUPLICATE": Text(
        "付款条件 {term} 已存在。", "There is a payment term {term} already."
    ),
    "PAYMENT_TERM_INACTIVE": Text(
        "付款条件 {term} 已停用。", "Payment term {term} is not used any more."
    ),
    "PAYMENT_TERM_DEFAULT": Text(
        "{term} 是默认付款条件，请先另选默认。",
        "{term} is the default payment term; choose another default first.",
    ),
    "SHARES_NOT_WHOLE": Text(
        "各期比例之和须为 1，现为 {total}。", "The shares must sum to 1, not {total}."
    ),
    "ACCOUNT_NOT_FOUND": Text("没有该客户。", "There is no such account."),
    "ALLOCATION_NOT_FOUND": Text("没有该核销记录。", "There is no such allocation."),
    "ALLOCATION_IS_REVERSAL": Text(
        "该记录本身是冲销，不能再冲销。",
        "This allocation undoes another; it cannot be undone itself.",
    ),
    "PAYMENT_REFUNDED": Text(
        "回款 {document_no} 已退款。", "Money of payment {document_no} was given back already."
    ),
    "PAYMENT_POSTED": Text(
        "回款 {document_no} 已入账，账户、金额、日期和流水号不能更改；有误请冲销后重新登记。",
        "Payment {document_no} is posted: account, amount, date and reference stay. Reverse it.",
    ),
    "PREPAYMENT_ALLOCATED": Text(
        "预付款已核销，尚有 {amount} {currency} 不能撤回；请先冲销该核销。",
        "{amount} {currency} of the prepayment is settled already: undo the allocation first.",
    ),
    "PAYMENT_REVERSED": Text("回款 {document_no} 已被银行退回。", "Payment {document_no} bounced."),
    "REFUND_DUPLICATE": Text(
        "银行流水号 {bank_reference} 已登记为退款。",
        "There is a refund with bank reference {bank_reference} already.",
    ),
    "LINE_UNKNOWN": Text("订单中没有该行。", "The order has no such line."),
    "LINE_REPEATED": Text("该行重复。", "The line is named twice."),
    "QUANTITY_EXCEEDS_OPEN": Text(
        "超出未发数量，至多 {open}。", "More than is left to ship: at most {open}."
    ),
    "DATE_IN_FUTURE": Text("不能晚于今天（{today}）。", "Not later than today, {today}."),
    "DATE_BEFORE_ORDER": Text(
        "不能早于订单当日（{earliest}）。", "Not before the day of the order, {earliest}."
    ),
    "DATE_TOO_EARLY": Text("不能早于 {earliest}。", "Not before {earliest}."),
    "ACCOUNT_UNKNOWN": Text("没有该客户。", "There is no such account."),
    "PAYMENT_DUPLICATE": Text(
        "该银行流水号已登记为回款 {document_no}。",
        "This bank reference is that of payment {document_no}.",
    ),
    "LINES_OR_STRATEGY": Text(
        "请给出 lines，或 strategy（可附 amount），二者择一。",
        "Give either lines, or a strategy (with an amount, if you like).",
    ),
    "PAYMENT_FULLY_ALLOCATED": Text(
        "回款 {document_no} 已全部核销。", "Payment {document_no} is allocated completely."
    ),
    "NOTHING_OPEN": Text(
        "该客户没有未结清的 {currency} 应收款。", "The account owes nothing in {currency}."
    ),
    "RECEIVABLE_UNKNOWN": Text("没有该应收款。", "There is no such receivable."),
    "RECEIVABLE_REPEATED": Text("该应收款重复。", "The receivable is named twice."),
    "ACCOUNT_MISMATCH": Text(
        "该应收款属于另一客户。", "The receivable is owed by another account."
    ),
    "AMOUNT_EXCEEDS_OPEN": Text(
        "超出应收款未结清金额，至多 {open} {currency}。",
        "More than is open: at most {open} {currency}.",
    ),
    "AMOUNT_EXCEEDS_UNALLOCATED": Text(
        "超出回款未核销金额，至多 {unallocated} {currency}。",
        "More than is left of the payment: at most {unallocated} {currency}.",
    ),
}
