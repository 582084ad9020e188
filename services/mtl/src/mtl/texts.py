"""Texts for the codes of this service, in Chinese and English."""

from chassis.foundation.texts import Text

TEXTS: dict[str, Text] = {
    "LEAD_EMPTY": Text(
        "请至少填写姓名、公司、电话、邮箱或外部编号中的一项。",
        "Please enter at least a name, a company, a phone number, an email or an external id.",
    ),
    "LEAD_DUPLICATE": Text(
        "该线索已存在：与线索 {lead_id} 的 {matched} 相同。",
        "This lead already exists: lead {lead_id} has the same {matched}.",
    ),
    "LEAD_CONVERTED": Text(
        "该线索已转化，不能再修改或删除。",
        "The lead has been converted and can no longer be edited or deleted.",
    ),
    "LEAD_NOT_NEW": Text("只有新线索才能确认为合格。", "Only a new lead can be qualified."),
    "LEAD_NOT_OPEN": Text(
        "只有新的或合格的线索才能作废。", "Only a new or qualified lead can be disqualified."
    ),
    "ACCOUNT_BEING_MADE": Text(
        "该客户正由另一条线索的转化创建，请稍后重试。",
        "The conversion of another lead is still creating this account. Please try again shortly.",
    ),
    "LEAD_NOT_QUALIFIED": Text(
        "只有合格的线索才能转化。", "Only a qualified lead can be converted."
    ),
    "LEAD_NOT_CONVERTED": Text(
        "只有已转化的线索才能重新打开。", "Only a converted lead can be reopened."
    ),
    # The reason for which L2O rejects a conversion; the operation fails with this code.
    "ACCOUNT_NOT_FOUND": Text("没有该客户。", "There is no such account."),
    "ATTRIBUTE_LEFT_OUT": Text(
        "内容超过 {maximum} 个字符，未导入。",
        "The value is longer than {maximum} characters and was not imported.",
    ),
    # Labels of enums.
    "LeadStatus.NEW": Text("新建", "New"),
    "LeadStatus.QUALIFIED": Text("已确认", "Qualified"),
    "LeadStatus.DISQUALIFIED": Text("无效", "Disqualified"),
    "LeadStatus.CONVERTED": Text("已转化", "Converted"),
}
