"""Texts for merges of leads, in Chinese and English."""

from chassis.foundation.texts import Text

MERGE_TEXTS: dict[str, Text] = {
    "LEAD_MERGED": Text(
        "该线索已合并到另一条线索。", "The lead has been merged into another lead."
    ),
    "MERGE_NOT_FOUND": Text("没有该合并记录。", "There is no such merge."),
    "SURVIVOR_INVALID": Text(
        "该线索已作废，请先重新打开，再合并其他线索。",
        "The lead is invalid. Please open it again before other leads are merged into it.",
    ),
    "MERGED_LEAD_CHANGED": Text(
        "线索“{name}”已被修改，请刷新预览后再合并。",
        "The lead “{name}” has been changed. Please look at the preview again before you merge.",
    ),
    "MERGED_LEAD_REPEATED": Text(
        "每条线索只能选择一次，且不能与保留的线索相同。",
        "Each lead can be chosen once, and the remaining lead cannot be one of them.",
    ),
    "MERGE_FOLLOWED": Text(
        "此后还有一次合并，请先撤销后一次合并。",
        "There is a later merge. Please undo that one first.",
    ),
    "PINNED_FIELD_UNKNOWN": Text(
        "不能为该字段指定来源。", "No source can be chosen for this field."
    ),
    "PINNED_LEAD_UNKNOWN": Text(
        "指定的线索不在本次合并中。", "The chosen lead is not one of those to be merged."
    ),
    "PINNED_VALUE_MISSING": Text(
        "指定的线索没有该字段的值。", "The chosen lead has no value in this field."
    ),
    "ChoiceReason.PINNED": Text("由您指定", "Chosen by you"),
    "ChoiceReason.OWN": Text("保留线索自身的值", "The remaining lead has it"),
    "ChoiceReason.ONLY": Text("只有该线索有值", "Only this lead has it"),
    "ChoiceReason.MORE_COMPLETE": Text("内容最完整", "The most complete one"),
    "ChoiceReason.BETTER_GRADE": Text("等级更高", "From the lead with the better grade"),
    "ChoiceReason.NEWER": Text("更新时间更近", "From the lead that was updated last"),
    "ChoiceReason.UNITED": Text("合并多条线索的值", "United from several leads"),
    "MergeField.name": Text("姓名", "Name"),
    "MergeField.job_title": Text("职务", "Job title"),
    "MergeField.department": Text("部门", "Department"),
    "MergeField.company": Text("公司", "Company"),
    "MergeField.uscc": Text("统一社会信用代码", "Credit code"),
    "MergeField.industry": Text("行业", "Industry"),
    "MergeField.company_size": Text("公司规模", "Company size"),
    "MergeField.website": Text("网站", "Website"),
    "MergeField.work_phone": Text("座机", "Work phone"),
    "MergeField.wechat_id": Text("微信号", "WeChat id"),
    "MergeField.language": Text("语言", "Language"),
    "MergeField.external_id": Text("外部编号", "External id"),
    "MergeField.description": Text("描述", "Description"),
    "MergeField.need": Text("需求", "Need"),
    "MergeField.budget": Text("预算", "Budget"),
    "MergeField.expected_on": Text("预计采购日期", "Expected purchase date"),
    "MergeField.address": Text("地址", "Address"),
    "MergeField.source": Text("来源", "Source"),
    "MergeField.phone": Text("手机", "Phones"),
    "MergeField.email": Text("邮箱", "Emails"),
    "MergeField.tags": Text("标签", "Tags"),
    "MergeField.attributes": Text("其他信息", "Attributes"),
    "MergeField.custom_fields": Text("自定义字段", "Custom fields"),
    "TimelineKind.MERGE": Text("线索合并", "Merge"),
}
