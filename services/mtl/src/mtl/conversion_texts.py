"""Texts for the codes of conversions, in Chinese and English."""

from chassis.foundation.texts import Text

CONVERSION_TEXTS: dict[str, Text] = {
    "ACCOUNT_MISSING": Text(
        "不新建客户时，请选择已有的客户或联系人。",
        "Choose an existing account or contact if no account is to be created.",
    ),
    "OPPORTUNITY_NOT_WANTED": Text(
        "不新建商机时，不能填写商机名称。", "There is no opportunity that could have this name."
    ),
    "CONTACT_UNKNOWN": Text(
        "没有该联系人，或其信息尚未同步：请同时选择客户。",
        "There is no such contact, or it has not arrived yet. Choose its account, too.",
    ),
    "CONVERSION_UNSETTLED": Text(
        "上一次转化正在撤回，请稍后重试。",
        "The last conversion is still being taken back. Please try again later.",
    ),
    "CONVERSION_NOT_MAPPED": Text(
        "线索的部分内容无法按映射规则转换，请先预览转化结果。",
        "Some fields of the lead cannot be mapped. The preview of the conversion shows which.",
    ),
    "MAPPING_SOURCE_UNKNOWN": Text("线索没有字段“{source}”。", 'Leads have no field "{source}".'),
    "MAPPING_TARGET_MISSING": Text(
        "请映射客户名称和联系人姓名。", "Please map the names of the account and the contact."
    ),
    "CONVERSION_NOT_FOUND": Text("没有该转化。", "There is no such conversion."),
    # The reasons for which L2O rejects a conversion; the operation fails with these codes.
    "ACCOUNT_NOT_FOUND": Text("没有该客户。", "There is no such account."),
    "CONTACT_NOT_FOUND": Text("该客户没有此联系人。", "The account has no such contact."),
    "CONVERSION_FIELDS_MISSING": Text(
        "客户、联系人或商机有必填字段没有值，请补充后再转化",
        "A required field of the account, contact or opportunity has no value. Fill it in, then"
        " convert again",
    ),
    "CONVERSION_FIELDS_INVALID": Text(
        "客户、联系人或商机有字段的值不符合要求，请更正后再转化",
        "A field of the account, contact or opportunity has a wrong value. Correct it, then convert"
        " again",
    ),
    "CONVERSION_REFUSED": Text(
        "客户、联系人或商机未能创建，请联系管理员。",
        "The account, contact or opportunity could not be created. Please ask an administrator.",
    ),
    "ACCOUNT_COLLIDES": Text(
        "已有相同的客户，不能再新建，请选择已有客户后再转化。",
        "The same account exists already, and a second one is not allowed. Choose that account,"
        " then convert again.",
    ),
    "CONVERSION_UNANSWERED": Text(
        "转化长时间没有结果，已撤回，请重新转化。",
        "The conversion had no result for a long time and was taken back. Please convert again.",
    ),
    # Labels of enums.
    "DuplicateReason.CUSTOMER_BEFORE": Text(
        "此前的线索已转化为该客户", "an earlier lead became this account"
    ),
    "ConvertedRecord.ACCOUNT": Text("客户", "Account"),
    "ConvertedRecord.CONTACT": Text("联系人", "Contact"),
    "ConvertedRecord.OPPORTUNITY": Text("商机", "Opportunity"),
}

# What people call the fields that a mapping fills.
CONVERSION_LABELS: dict[str, Text] = {
    "ConversionTarget.account.name": Text("客户名称", "Account name"),
    "ConversionTarget.account.phone": Text("客户电话", "Account phone number"),
    "ConversionTarget.account.industry": Text("客户行业", "Account industry"),
    "ConversionTarget.account.country": Text("客户国家或地区", "Account country"),
    "ConversionTarget.account.founded_year": Text("客户成立年份", "Year founded"),
    "ConversionTarget.account.employees": Text("客户员工人数", "Account employees"),
    "ConversionTarget.account.uscc": Text("客户统一社会信用代码", "Account credit code"),
    "ConversionTarget.account.website": Text("客户网站", "Account website"),
    "ConversionTarget.account.region_code": Text("客户地区", "Account region"),
    "ConversionTarget.account.company_size": Text("客户公司规模", "Account size"),
    "ConversionTarget.account.email": Text("客户邮箱", "Account email"),
    "ConversionTarget.contact.name": Text("联系人姓名", "Contact name"),
    "ConversionTarget.contact.title": Text("联系人职务", "Contact job title"),
    "ConversionTarget.contact.phone": Text("联系人电话", "Contact phone number"),
    "ConversionTarget.contact.email": Text("联系人邮箱", "Contact email"),
    "ConversionTarget.contact.roles": Text("联系人角色", "Contact roles"),
    "ConversionTarget.opportunity.name": Text("商机名称", "Opportunity name"),
    "ConversionTarget.opportunity.amount": Text("商机金额", "Opportunity amount"),
    "ConversionTarget.opportunity.amount_currency": Text("商机币种", "Opportunity currency"),
    "ConversionTarget.opportunity.expected_close_date": Text("预计关闭日期", "Expected close"),
    "ConversionTarget.opportunity.engaged_date": Text("接洽日期", "Engage date"),
}
