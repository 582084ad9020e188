"""Texts of the error codes of RMS, for users, in Chinese and English."""

from chassis.foundation.texts import Text

TEXTS: dict[str, Text] = {
    "SHIPMENT_NOT_FOUND": Text("没有该发货单。", "There is no such shipment."),
    "QUOTE_UNSOUND": Text(
        "报价单 {document_no} 的金额或数量有误，无法生成订单。",
        "Quote {document_no} has wrong amounts or quantities, so no order can be created from it.",
    ),
    "ORDER_NOT_CONFIRMED": Text(
        "订单 {document_no} 尚未确认，不能发货。",
        "Order {document_no} has not been confirmed yet, so it cannot be shipped.",
    ),
    "ORDER_SHIPPED": Text(
        "订单 {document_no} 已全部发货。", "Order {document_no} has been shipped completely."
    ),
    "ORDER_PARTLY_SHIPPED": Text(
        "订单 {document_no} 已部分发货。", "A part of order {document_no} has already been shipped."
    ),
    "ORDER_CANCELLED": Text(
        "订单 {document_no} 已取消。", "Order {document_no} has been cancelled."
    ),
    "ORDER_LINES_CANCELLED": Text(
        "订单 {document_no} 已有取消的行，不能变更。",
        "Order {document_no} has cancelled lines, so it cannot be amended.",
    ),
    "ORDER_EMPTY": Text(
        "订单至少须保留一行；如需全部取消，请取消订单。",
        "At least one line must remain. To remove all lines, please cancel the order.",
    ),
    "DATE_IN_PAST": Text(
        "日期不能早于今天（{today}）。", "The date must not be before today, {today}."
    ),
    "PAYMENT_TERM_UNKNOWN": Text(
        "没有启用中的该付款条件。", "There is no active payment term with this code."
    ),
    "PAYMENT_TERM_DUPLICATE": Text(
        "付款条件 {term} 已存在。", "A payment term with code {term} already exists."
    ),
    "PAYMENT_TERM_DELETED": Text(
        "付款条件 {term} 已被删除，可以恢复。",
        "Payment term {term} was deleted; it can be restored.",
    ),
    "PAYMENT_TERM_IN_USE": Text(
        "已有订单采用付款条件 {term}，不能删除，可以停用。",
        "Orders have payment term {term}, so it cannot be deleted. You can deactivate it.",
    ),
    "PAYMENT_TERM_FIXED": Text(
        "付款条件的编码和分期不能更改，请另建一个。",
        "The code and the instalments of a payment term never change. Please create another one.",
    ),
    "INSTALMENTS_UNREADABLE": Text(
        "无法识别分期“{given}”，请按“30% PREPAID 0; 70% SHIPMENT 60”填写。",
        "The instalments '{given}' are not readable; write '30% PREPAID 0; 70% SHIPMENT 60'.",
    ),
    "PAYMENT_TERM_INACTIVE": Text(
        "付款条件 {term} 已停用。", "Payment term {term} is no longer active."
    ),
    "PAYMENT_TERM_DEFAULT": Text(
        "{term} 是默认付款条件，请先设置其他默认付款条件。",
        "{term} is the default payment term. Please choose another default first.",
    ),
    "SHARES_NOT_WHOLE": Text(
        "各期比例之和须为 1，目前为 {total:number}。",
        "The shares of the instalments must add up to 1; they add up to {total:number}.",
    ),
    "ACCOUNT_NOT_FOUND": Text("没有该客户。", "There is no such account."),
    "ALLOCATION_NOT_FOUND": Text("没有该核销记录。", "There is no such allocation."),
    "ALLOCATION_IS_REVERSAL": Text(
        "该记录是冲销记录，不能再冲销。",
        "This allocation is a reversal, so it cannot be reversed.",
    ),
    "PAYMENT_REFUNDED": Text(
        "回款 {document_no} 已有退款。", "Payment {document_no} has already been refunded."
    ),
    "PAYMENT_POSTED": Text(
        "回款 {document_no} 已入账，客户、金额、日期和银行流水号不能更改；"
        "如有误，请冲销后重新登记。",
        "Payment {document_no} has been posted, so its account, amount, date and bank reference "
        "cannot be changed. To correct it, please reverse it and record it again.",
    ),
    "PREPAYMENT_ALLOCATED": Text(
        "预付款已核销，其中 {amount:amount} 不能撤回；请先冲销相应的核销记录。",
        "{amount:amount} of the prepayment has already been settled. "
        "Please reverse its allocation first.",
    ),
    "PAYMENT_REVERSED": Text(
        "回款 {document_no} 已被银行退回。",
        "Payment {document_no} has been reversed by the bank.",
    ),
    "REFUND_DUPLICATE": Text(
        "银行流水号 {bank_reference} 已登记为退款。",
        "A refund with bank reference {bank_reference} already exists.",
    ),
    "LINE_UNKNOWN": Text("订单中没有该行。", "The order does not have this line."),
    "LINE_REPEATED": Text("该行重复填写。", "The line is listed more than once."),
    "QUANTITY_EXCEEDS_OPEN": Text(
        "超出未发数量，至多 {open:number}。",
        "The quantity exceeds the open quantity of the line: at most {open:number}.",
    ),
    "DATE_IN_FUTURE": Text(
        "日期不能晚于今天（{today}）。", "The date must not be after today, {today}."
    ),
    "DATE_BEFORE_ORDER": Text(
        "日期不能早于订单日期（{earliest}）。",
        "The date must not be before the date of the order, {earliest}.",
    ),
    "DATE_TOO_EARLY": Text("日期不能早于 {earliest}。", "The date must not be before {earliest}."),
    "ACCOUNT_UNKNOWN": Text("没有该客户。", "There is no such account."),
    "PAYMENT_DUPLICATE": Text(
        "该银行流水号已登记为回款 {document_no}。",
        "This bank reference is already recorded as payment {document_no}.",
    ),
    "PAYMENT_DUPLICATE_HIDDEN": Text(
        "该银行流水号已登记为一笔您不能查看的回款，请联系主管。",
        "This bank reference is already recorded as a payment that you may not view. Please ask"
        " your manager.",
    ),
    "LINES_OR_STRATEGY": Text(
        "请填写核销明细，或选择核销策略（可限定金额），二者择一。",
        "Please enter either lines, or a strategy with an optional amount.",
    ),
    "PAYMENT_FULLY_ALLOCATED": Text(
        "回款 {document_no} 已全部核销。", "Payment {document_no} has been allocated completely."
    ),
    "NOTHING_OPEN": Text(
        "该客户没有未结清的 {currency} 应收款。", "The account owes nothing in {currency}."
    ),
    "RECEIVABLE_UNKNOWN": Text("没有该应收款。", "There is no such receivable."),
    "RECEIVABLE_REPEATED": Text("该应收款重复填写。", "The receivable is listed more than once."),
    "ACCOUNT_MISMATCH": Text(
        "该应收款属于另一客户。", "The receivable belongs to another account."
    ),
    "AMOUNT_EXCEEDS_OPEN": Text(
        "超出应收款未结清金额，至多 {open:amount}。",
        "The amount exceeds the open amount of the receivable: at most {open:amount}.",
    ),
    "AMOUNT_EXCEEDS_UNALLOCATED": Text(
        "超出回款未核销金额，至多 {unallocated:amount}。",
        "The amount exceeds the unallocated amount of the payment: at most {unallocated:amount}.",
    ),
    # Labels of enums.
    "AllocationsIn.strategy.OLDEST_FIRST": Text("先核销最早到期的应收", "Oldest first"),
    "Basis.SHIPMENT": Text("发货后", "After shipment"),
    "Basis.END_OF_MONTH": Text("月结", "End of the month"),
    "Basis.PREPAID": Text("预付", "Prepaid"),
    "OrderStatus.OPEN": Text("未确认", "Open"),
    "OrderStatus.CONFIRMED": Text("已确认", "Confirmed"),
    "OrderStatus.PARTLY_SHIPPED": Text("部分发货", "Partly shipped"),
    "OrderStatus.SHIPPED": Text("已发货", "Shipped"),
    "OrderStatus.CANCELLED": Text("已取消", "Cancelled"),
    "PaymentStatus.UNALLOCATED": Text("未核销", "Unallocated"),
    "PaymentStatus.PARTLY_ALLOCATED": Text("部分核销", "Partly allocated"),
    "PaymentStatus.ALLOCATED": Text("已核销", "Allocated"),
    "PaymentStatus.REFUNDED": Text("已退款", "Refunded"),
    "PaymentStatus.REVERSED": Text("已冲销", "Reversed"),
    "ReceivableKind.SHIPMENT": Text("发货应收", "Shipment"),
    "ReceivableKind.PREPAYMENT": Text("预付款", "Prepayment"),
    "ReceivableStatus.OPEN": Text("未收", "Open"),
    "ReceivableStatus.PARTLY_SETTLED": Text("部分收款", "Partly settled"),
    "ReceivableStatus.SETTLED": Text("已结清", "Settled"),
    "ReturnKind.REFUND": Text("退款", "Refund"),
    "ReturnKind.REVERSAL": Text("冲销", "Reversal"),
    "TaxRounding.LINE": Text("按行舍入", "Per line"),
    "TaxRounding.DOCUMENT": Text("按单据舍入", "Per document"),
}
