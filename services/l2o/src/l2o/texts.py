"""What L2O's refusals say."""

from chassis.texts import Text

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
    "PRODUCT_UNKNOWN": Text(
        "产品不存在或尚未同步，请稍后重试。", "The product is not known, or not yet; try again."
    ),
    "CONTACT_NOT_FOUND": Text("没有该联系人。", "There is no such contact."),
    "CONTACT_UNKNOWN": Text("该客户没有此联系人。", "The account has no such contact."),
    "OPPORTUNITY_NOT_FOUND": Text("没有该商机。", "There is no such opportunity."),
    "STAGE_MOVE_FORBIDDEN": Text(
        "商机不能从 {from_stage} 变为 {to_stage}。",
        "An opportunity cannot go from {from_stage} to {to_stage}.",
    ),
}
