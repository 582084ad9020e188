"""What L2O's refusals say."""

from chassis.foundation.texts import Text

TEXTS = {
    "ACCOUNT_NOT_FOUND": Text("没有该客户。", "There is no such account."),
    "ACCOUNT_UNKNOWN": Text("没有该客户。", "There is no such account."),
    "PARENT_UNKNOWN": Text("没有该上级客户。", "There is no such parent account."),
    "ACCOUNT_CYCLE": Text(
        "客户不能成为自身或其下级的下级。", "An account cannot belong to itself or to one below it."
    ),
    "ACCOUNT_HAS_CHILDREN": Text(
        "客户 {name} 仍有 {children} 个下级，不能删除。",
        "{children} accounts belong to {name}: it cannot be deleted.",
    ),
    "ACCOUNT_HAS_OPPORTUNITIES": Text(
        "客户 {name} 仍有 {opportunities} 个进行中的商机，不能删除。",
        "{opportunities} opportunities with {name} are still open: it cannot be deleted.",
    ),
    "ACCOUNT_FIXED": Text("不能改换客户。", "It stays with its account."),
    "PRODUCT_UNKNOWN": Text(
        "产品不存在或尚未同步，请稍后重试。", "The product is not known, or not yet; try again."
    ),
    "SECTOR_CORRECTED": Text(
        "行业 {given} 按 {taken} 处理。", "Sector {given} was taken for {taken}."
    ),
    "COUNTRY_UNKNOWN": Text("无法识别国家 {given}。", "There is no country called {given}."),
    "PARENT_AMBIGUOUS": Text(
        "有多个客户名为 {given}。", "Several accounts are called {given}: none was taken as parent."
    ),
    "ACCOUNT_AMBIGUOUS": Text("有多个客户名为 {name}。", "Several accounts are called {name}."),
    "ACCOUNT_MISSING": Text("没有客户。", "It names no account."),
    "ACCOUNT_KEPT": Text("商机仍属原客户。", "The opportunity stays with its account."),
    "STAGE_KEPT": Text(
        "系统中的阶段更靠后，未改动。", "The stage is further on here: it was left as it is."
    ),
    "OPPORTUNITY_DELETED": Text(
        "商机已被删除，未改动。", "The opportunity was deleted: it was left as it is."
    ),
    "ENGAGE_DATE_MISSING": Text("没有接洽日期。", "It has no engage date."),
    "CLOSE_DATE_MISSING": Text(
        "赢单或输单须有关闭日期。", "One that is won or lost needs its close date."
    ),
    "CLOSED_BEFORE_ENGAGED": Text("关闭日期早于接洽日期。", "It was closed before it was engaged."),
    "PRODUCT_CORRECTED": Text(
        "产品 {given} 按 {taken} 处理。", "Product {given} was taken for {taken}."
    ),
    "CONTACT_NOT_FOUND": Text("没有该联系人。", "There is no such contact."),
    "CONTACT_UNKNOWN": Text("该客户没有此联系人。", "The account has no such contact."),
    "OPPORTUNITY_NOT_FOUND": Text("没有该商机。", "There is no such opportunity."),
    "STAGE_MOVE_FORBIDDEN": Text(
        "商机不能从 {from_stage} 变为 {to_stage}。",
        "An opportunity cannot go from {from_stage} to {to_stage}.",
    ),
}
