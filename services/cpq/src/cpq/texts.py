"""The texts of this service's error codes, in Chinese and English."""

from chassis.foundation.texts import Text
from rules.texts import TEXTS as RULE_TEXTS

TEXTS: dict[str, Text] = {
    **RULE_TEXTS,
    "PRODUCT_DUPLICATE": Text(
        "SKU {sku} 已被其他产品使用。", "Another product already has the SKU {sku}."
    ),
    "PRODUCT_DELETED": Text(
        "SKU 为 {sku} 的产品已删除，请先恢复。",
        "The product with SKU {sku} is deleted. Please restore it first.",
    ),
    "PRICE_BOOK_UNNAMED": Text(
        "该币种已有价目表：{books}。请在“价目表”列中写明价格归入哪个价目表。",
        "There are price books in this currency: {books}. Please name the one for this price in a"
        " column of its own.",
    ),
    "PRICE_BOOK_NAME_UNKNOWN": Text(
        "没有名为“{name}”的价目表。该币种现有价目表：{books}。请更正名称，或先新建该价目表。",
        "There is no price book named {name}. The price books in this currency are: {books}. Please"
        " correct the name, or create the price book first.",
    ),
    "PRICE_BOOK_CREATED": Text(
        "尚无 {currency} 价目表，导入时将新建价目表“{name}”，自当日起用于报价。",
        "There is no price book in {currency} yet. The import creates the price book {name}, from"
        " which quotes take their prices from that day on.",
    ),
    "PRODUCT_UNKNOWN": Text(
        "该产品不存在或已删除。", "This product does not exist or has been deleted."
    ),
    "PRODUCT_INACTIVE": Text(
        "该产品已停用，不能报价。", "This product is inactive and cannot be quoted."
    ),
    "PRODUCT_NOT_PRICED": Text(
        "价目表中没有该产品的价格。", "The price book has no price for this product."
    ),
    "PRODUCT_REPEATED": Text(
        "该产品在价目表中重复出现。", "This product appears more than once in the price book."
    ),
    "PRICE_BOOK_FULL": Text(
        "价目表“{name}”最多可包含 {maximum} 个产品。",
        "Price book “{name}” can hold at most {maximum} products.",
    ),
    "PRICE_BOOK_VERSION_NOT_FOUND": Text(
        "该价目表没有这个历史版本。", "The price book has no such earlier version."
    ),
    "PRICE_BOOK_UNKNOWN": Text(
        "该价目表不存在或已删除。", "This price book does not exist or has been deleted."
    ),
    "PRICE_BOOK_MISSING": Text(
        "没有在 {price_date} 有效的 {currency} 价目表。",
        "There is no price book in {currency} that is valid on {price_date}.",
    ),
    "PRICE_BOOK_NOT_VALID": Text(
        "该价目表在 {price_date} 无效。", "The price book is not valid on {price_date}."
    ),
    "PERIOD_EMPTY": Text("结束日期须晚于 {start}。", "The end date must be after {start}."),
    "TIERS_NOT_INCREASING": Text(
        "阶梯数量须逐级递增。", "The quantities must increase from tier to tier."
    ),
    "DATE_PAST": Text(
        "日期不得早于今天（{today}）。", "The date must not be before today ({today})."
    ),
    "OPPORTUNITY_UNKNOWN": Text(
        "商机不存在、您无权查看或尚未同步，请核对或稍后重试。",
        "The opportunity does not exist, is not visible to you, or has not arrived yet. "
        "Please check it or try again later.",
    ),
    "OPPORTUNITY_FIXED": Text(
        "报价单的商机不能更改；请为其他商机克隆该报价单。",
        "The opportunity of a quote cannot change. Please clone the quote for another opportunity.",
    ),
    "OPPORTUNITY_CLOSED": Text(
        "该商机已关闭，不能报价。", "This opportunity is closed and cannot be quoted."
    ),
    "ACCOUNT_UNKNOWN": Text(
        "该商机的客户尚未同步，请稍后重试。",
        "The account of this opportunity has not arrived yet. Please try again later.",
    ),
    "QUOTE_NOT_SENT": Text(
        "报价单 {document_no} 尚未发送，不能执行此操作。",
        "Quote {document_no} has not been sent yet, so this is not possible.",
    ),
    "QUOTE_NOT_DRAFT": Text(
        "报价单 {document_no} 已不是草稿，不能修改或删除；如需更改，请修订。",
        "Quote {document_no} is no longer a draft and cannot be amended or deleted. "
        "Please revise it instead.",
    ),
    "QUOTE_REVISES": Text(
        "报价单 {document_no} 的修订版本不能删除，但可以修改。",
        "This draft is a revision of quote {document_no} and cannot be deleted. "
        "You can amend it instead.",
    ),
    "QUOTE_ACCEPTED": Text(
        "报价单 {document_no} 已被客户接受。",
        "Quote {document_no} has already been accepted by the customer.",
    ),
    "QUOTE_REJECTED": Text(
        "报价单 {document_no} 已被客户拒绝。",
        "Quote {document_no} has already been rejected by the customer.",
    ),
    "QUOTE_SUPERSEDED": Text(
        "报价单 {document_no} 已被新的修订版本取代。",
        "Quote {document_no} has been replaced by a newer revision.",
    ),
    "QUOTE_EXPIRED": Text(
        "报价单 {document_no} 有效期至 {valid_until}，现已过期。",
        "Quote {document_no} was valid until {valid_until} and has expired.",
    ),
    "QUOTE_NEEDS_APPROVAL": Text(
        "报价单 {document_no} 须先审批才能发送，请提交审批。",
        "Quote {document_no} needs an approval before it is sent. Please submit it.",
    ),
    "QUOTE_NEEDS_NO_APPROVAL": Text(
        "报价单 {document_no} 无需审批，可以直接发送。",
        "Quote {document_no} needs no approval and can be sent as it is.",
    ),
    "QUOTE_IN_APPROVAL": Text(
        "报价单 {document_no} 正在审批或已审批，不能执行此操作；修改后变回草稿。",
        "Quote {document_no} is in approval or approved, so this is not possible. "
        "An amendment makes it a draft again.",
    ),
    "QUOTE_NOT_IN_APPROVAL": Text(
        "报价单 {document_no} 不在审批中。", "Quote {document_no} is not in approval."
    ),
    # Labels of enums.
    "QuoteStatus.IN_APPROVAL": Text("审批中", "In approval"),
    "QuoteStatus.APPROVED": Text("已审批", "Approved"),
    "QuoteStatus.DRAFT": Text("草稿", "Draft"),
    "QuoteStatus.SENT": Text("已发送", "Sent"),
    "QuoteStatus.ACCEPTED": Text("已接受", "Accepted"),
    "QuoteStatus.REJECTED": Text("已拒绝", "Rejected"),
    "QuoteStatus.EXPIRED": Text("已过期", "Expired"),
    "QuoteStatus.SUPERSEDED": Text("已被新版取代", "Superseded"),
    "TaxRounding.LINE": Text("按行舍入", "Per line"),
    "TaxRounding.DOCUMENT": Text("按单据舍入", "Per document"),
}
