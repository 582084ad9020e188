"""Texts for the codes of this service, in Chinese and English."""

from chassis.foundation.texts import Text

TEXTS: dict[str, Text] = {
    "LEAD_EMPTY": Text(
        "请至少填写姓名、公司、电话、邮箱或外部编号中的一项。",
        "Please enter at least a name, a company, a phone number, an email or an external id.",
    ),
    "LEAD_DUPLICATE": Text(
        "该线索已存在（{matched:LeadMatch}）。",
        "This lead already exists ({matched:LeadMatch}).",
    ),
    "LEAD_DUPLICATE_HIDDEN": Text(
        "该线索已存在，但您不能查看，请联系主管。",
        "This lead already exists, but you may not view it. Please ask your manager.",
    ),
    "LEAD_NOT_RECOGNIZABLE": Text(
        "该行没有电话、邮箱或外部编号，再次导入时无法识别，会再新建一条线索。",
        "This row has no phone number, email or external id. It cannot be recognised again: another"
        " import of it creates another lead.",
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
    # The reasons for which L2O rejects a conversion; the operation fails with these codes.
    "ACCOUNT_NOT_FOUND": Text("没有该客户。", "There is no such account."),
    "CONVERSION_FIELDS_MISSING": Text(
        "客户、联系人或商机有必填的自定义字段没有值：请在线索上填写同名字段后再转化。",
        "A required custom field of the account, contact or opportunity has no value. Fill in the "
        "lead's field of the same key, then convert again.",
    ),
    "LeadMatch.phone": Text("电话相同", "same phone number"),
    "LeadMatch.email": Text("邮箱相同", "same email"),
    "LeadMatch.external_id": Text("外部编号相同", "same external id"),
    # Labels of enums.
    "DuplicateReason.PHONE_EQUAL": Text("电话相同", "same phone number"),
    "DuplicateReason.EMAIL_EQUAL": Text("邮箱相同", "same email"),
    "DuplicateReason.EXTERNAL_ID_EQUAL": Text("外部编号相同", "same external id"),
    "DuplicateReason.COMPANY_EQUAL": Text("公司名称相同", "same company name"),
    "DuplicateReason.COMPANY_SOUNDS_EQUAL": Text(
        "公司名称读音相同", "company name sounds the same"
    ),
    "DuplicateReason.COMPANY_MISTYPED": Text(
        "公司名称相差一处笔误", "company name differs by one slip"
    ),
    "DuplicateReason.COMPANY_ABBREVIATED": Text("公司名称为缩写", "company name abbreviated"),
    "DuplicateReason.PERSON_EQUAL": Text("姓名相同", "same person"),
    "DuplicateReason.PERSON_OTHER": Text("姓名不同", "another person"),
    "LeadStatus.NEW": Text("新建", "New"),
    "LeadStatus.QUALIFIED": Text("已确认", "Qualified"),
    "LeadStatus.DISQUALIFIED": Text("无效", "Disqualified"),
    "LeadStatus.CONVERTED": Text("已转化", "Converted"),
}
