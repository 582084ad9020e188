"""Texts of timelines: what happened, in Chinese and English."""

from chassis.foundation.texts import Text

# What happened to a document, by the value of the fact.
TITLES = {
    "QUOTE_CREATED": Text("报价 {no} 已创建", "Quote {no} created"),
    "QUOTE_SENT": Text("报价 {no} 已发送", "Quote {no} sent"),
    "QUOTE_ACCEPTED": Text("报价 {no} 已接受", "Quote {no} accepted"),
    "QUOTE_REJECTED": Text("报价 {no} 被拒绝", "Quote {no} rejected"),
    "QUOTE_EXPIRED": Text("报价 {no} 已过期", "Quote {no} expired"),
    "QUOTE_REVISED": Text("报价 {no} 已修订", "Quote {no} revised"),
    "QUOTE_DELETED": Text("报价 {no} 已删除", "Quote {no} deleted"),
    "QUOTE_RESTORED": Text("报价 {no} 已恢复", "Quote {no} restored"),
    "ORDER_CREATED": Text("订单 {no} 已创建", "Order {no} created"),
    "ORDER_CONFIRMED": Text("订单 {no} 已确认", "Order {no} confirmed"),
    "ORDER_AMENDED": Text("订单 {no} 已变更", "Order {no} amended"),
    "ORDER_LINES_CANCELLED": Text("订单 {no} 部分取消", "Order {no} cancelled in part"),
    "ORDER_CANCELLED": Text("订单 {no} 已取消", "Order {no} cancelled"),
    "SHIPPED": Text("发货 {no}", "Shipment {no}"),
    "RECEIVABLE_CREATED": Text("应收 {no} 产生", "Receivable {no} created"),
    "RECEIVABLE_OVERDUE": Text("应收 {no} 已逾期", "Receivable {no} overdue"),
    "RECEIVABLE_ALLOCATED": Text("应收 {no} 已核销", "Receivable {no} settled by a payment"),
    "RECEIVABLE_REOPENED": Text("应收 {no} 的核销被撤销", "Settlement of receivable {no} reversed"),
    "RECEIVABLE_WITHDRAWN": Text("应收 {no} 被冲减", "Receivable {no} withdrawn"),
    "PAYMENT_RECEIVED": Text("收款 {no}", "Payment {no} received"),
    "PAYMENT_REFUNDED": Text("收款 {no} 退款", "Payment {no} refunded"),
    "PAYMENT_REVERSED": Text("收款 {no} 被冲销", "Payment {no} reversed"),
}

TEXTS = {
    "TimelineKind.LEAD": Text("线索", "Lead"),
    "TimelineKind.ACTIVITY": Text("活动", "Activity"),
    "TimelineKind.OPPORTUNITY": Text("商机", "Opportunity"),
    "TimelineKind.QUOTE": Text("报价", "Quote"),
    "TimelineKind.ORDER": Text("订单", "Order"),
    "TimelineKind.SHIPMENT": Text("发货", "Shipment"),
    "TimelineKind.RECEIVABLE": Text("应收", "Receivable"),
    "TimelineKind.PAYMENT": Text("收款", "Payment"),
    "TimelineMark.CANCELLED": Text("已取消", "Cancelled"),
    "TimelineMark.DELETED": Text("已删除", "Deleted"),
}
