"""What L2O's refusals say."""

from chassis.texts import Text

TEXTS = {
    "ACCOUNT_NOT_FOUND": Text("没有该客户。", "There is no such account."),
    "ACCOUNT_UNKNOWN": Text("没有该客户。", "There is no such account."),
    "CONTACT_NOT_FOUND": Text("没有该联系人。", "There is no such contact."),
    "CONTACT_UNKNOWN": Text("该客户没有此联系人。", "The account has no such contact."),
    "OPPORTUNITY_NOT_FOUND": Text("没有该商机。", "There is no such opportunity."),
    "STAGE_MOVE_FORBIDDEN": Text(
        "商机不能从 {from_stage} 变为 {to_stage}。",
        "An opportunity cannot go from {from_stage} to {to_stage}.",
    ),
}
