"""What this service says, by code."""

from chassis.foundation.texts import Text

TEXTS: dict[str, Text] = {
    "PRODUCT_NOT_FOUND": Text("没有该产品。", "There is no such product."),
    "PRODUCT_DUPLICATE": Text(
        "SKU {sku} 已存在（产品 {product_id}）。", "SKU {sku} exists already: product {product_id}."
    ),
    "PRODUCT_DELETED": Text(
        "SKU {sku} 的产品已删除；请先恢复。",
        "The product with SKU {sku} is deleted; restore it first.",
    ),
    "PRODUCT_UNKNOWN": Text("没有产品 {product_id}。", "There is no product {product_id}."),
    "PRODUCT_INACTIVE": Text("产品 {product_id} 已停用。", "Product {product_id} is not active."),
    "PRODUCT_NOT_PRICED": Text(
        "价目表中没有产品 {product_id}。", "The price book has no price for product {product_id}."
    ),
    "PRODUCT_REPEATED": Text(
        "产品 {product_id} 重复。", "Product {product_id} is listed more than once."
    ),
    "PRICE_BOOK_FULL": Text(
        "价目表“{name}”至多 {maximum} 个产品。",
        "Price book {name} holds no more than {maximum} products.",
    ),
    "PRICE_BOOK_NOT_FOUND": Text("没有该价目表。", "There is no such price book."),
    "PRICE_BOOK_VERSION_NOT_FOUND": Text(
        "没有该价目表的这个历史版本。", "The price book has no such earlier version."
    ),
    "PRICE_BOOK_UNKNOWN": Text(
        "没有价目表 {price_book_id}。", "There is no price book {price_book_id}."
    ),
    "PRICE_BOOK_MISSING": Text(
        "{price_date} 没有有效的 {currency} 价目表。",
        "No price book in {currency} is valid on {price_date}.",
    ),
    "PRICE_BOOK_NOT_VALID": Text(
        "该价目表在 {price_date} 无效。", "The price book is not valid on {price_date}."
    ),
    "PERIOD_EMPTY": Text("结束日期须晚于 {start}。", "Should be later than {start}."),
    "TIERS_NOT_INCREASING": Text(
        "阶梯数量须逐级递增。", "Quantities should increase from tier to tier."
    ),
    "DATE_PAST": Text("不得早于今天（{today}）。", "Should not be before today, {today}."),
    "OPPORTUNITY_UNKNOWN": Text(
        "商机 {opportunity_id} 不存在或尚未同步，请稍后重试。",
        "Opportunity {opportunity_id} is not known, or not yet; try again.",
    ),
    "OPPORTUNITY_FIXED": Text(
        "报价单的商机不能更改；请克隆。",
        "A quote stays with its opportunity; clone it for another one.",
    ),
    "OPPORTUNITY_CLOSED": Text(
        "商机已关闭（{stage}），不能报价。", "The opportunity is closed ({stage})."
    ),
    "ACCOUNT_UNKNOWN": Text(
        "客户 {account_id} 尚未同步，请稍后重试。",
        "Account {account_id} is not known yet; try again.",
    ),
    "QUOTE_NOT_FOUND": Text("没有该报价单。", "There is no such quote."),
    "QUOTE_NOT_SENT": Text(
        "报价单 {document_no} 尚未发送，不能接受。", "Quote {document_no} has not been sent."
    ),
    "QUOTE_NOT_DRAFT": Text(
        "报价单 {document_no} 已发送，不能修改；请修订。",
        "Quote {document_no} is no draft any more; revise it.",
    ),
    "QUOTE_REVISES": Text(
        "报价单 {document_no} 的新版本不能删除；请修改。",
        "This draft revises quote {document_no} and cannot be deleted; amend it.",
    ),
    "QUOTE_ACCEPTED": Text(
        "报价单 {document_no} 已被接受。", "Quote {document_no} has been accepted."
    ),
    "QUOTE_REJECTED": Text(
        "报价单 {document_no} 已被拒绝。", "Quote {document_no} has been rejected."
    ),
    "QUOTE_SUPERSEDED": Text(
        "报价单 {document_no} 已有新版本。",
        "A newer revision of quote {document_no} took its place.",
    ),
    "QUOTE_EXPIRED": Text(
        "报价单 {document_no} 有效期至 {valid_until}，已过期。",
        "Quote {document_no} was valid until {valid_until}.",
    ),
}
