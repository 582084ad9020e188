"""The texts of this service's codes."""

from chassis.foundation.texts import Text

TEXTS: dict[str, Text] = {
    "LEAD_NOT_FOUND": Text("没有该线索。", "There is no such lead."),
    "LEAD_EMPTY": Text(
        "姓名、公司、电话、邮箱、外部编号至少填写一项。",
        "At least one of name, company, phone, email and external_id is needed.",
    ),
    "LEAD_DUPLICATE": Text(
        "与线索 {lead_id} 重复（{matched} 相同）。",
        "The same as lead {lead_id}, by its {matched}.",
    ),
    "LEAD_CONVERTED": Text(
        "该线索已转化，不能再修改或删除。",
        "The lead is converted; it is neither edited nor deleted any more.",
    ),
    "LEAD_NOT_NEW": Text(
        "只有新线索才能确认为合格；该线索状态为 {status}。",
        "Only a new lead can be qualified; this one is {status}.",
    ),
    "LEAD_NOT_OPEN": Text(
        "只有新的或合格的线索才能作废；该线索状态为 {status}。",
        "Only a new or qualified lead can be disqualified; this one is {status}.",
    ),
    "ACCOUNT_BEING_MADE": Text(
        "客户 {account_id} 正由另一条线索的转化建立，请稍后再试。",
        "Account {account_id} is just being made by another lead's conversion; try again.",
    ),
    "LEAD_NOT_QUALIFIED": Text(
        "只有合格的线索才能转化；该线索状态为 {status}。",
        "Only a qualified lead can be converted; this one is {status}.",
    ),
    "LEAD_NOT_CONVERTED": Text(
        "只有已转化的线索才能重新打开；该线索状态为 {status}。",
        "Only a converted lead can be reopened; this one is {status}.",
    ),
    # Why L2O may reject a conversion; the reason is the code the operation fails with.
    "ACCOUNT_NOT_FOUND": Text("没有该客户。", "There is no such account."),
    "ATTRIBUTE_LEFT_OUT": Text(
        "内容超过 {maximum} 个字符，已略去。", "Longer than {maximum}, so it was left out."
    ),
}
