"""The texts of this service's codes."""

from chassis.texts import Text

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
    "IMPORT_NOT_FOUND": Text("没有该导入任务。", "There is no such import."),
    "IMPORT_NOT_OPEN": Text(
        "导入任务已启动或已取消（{state}），不能再上传文件。",
        "The import is {state}; it takes no file any more.",
    ),
    "IMPORT_FILE_MISSING": Text("请先上传文件。", "Send the file first."),
    "IMPORT_CANCELLED": Text("导入任务已取消。", "The import was cancelled."),
    "IMPORT_FINISHED": Text("导入任务已结束（{state}）。", "The import has ended: {state}."),
    "MAPPING_AMBIGUOUS": Text(
        "多个列对应同一字段：{fields}。", "Several columns for one field: {fields}."
    ),
    "FILE_EMPTY": Text("文件为空。", "The file is empty."),
    "FILE_NOT_UTF8": Text(
        "文件不是 UTF-8 编码的 CSV，请另存为 “CSV UTF-8”。",
        "Not a CSV file in UTF-8; save it as 'CSV UTF-8'.",
    ),
    "FILE_TOO_MANY_ROWS": Text("行数超过上限 {maximum}。", "More than {maximum} rows."),
    "HEADER_MALFORMED": Text(
        "表头无法解析，请检查引号。", "The header cannot be read: see its quotes."
    ),
    "COLUMN_UNNAMED": Text("第 {position} 列没有列名。", "Column {position} has no name."),
    "COLUMN_DUPLICATE": Text("列名重复。", "There are several columns of this name."),
    "COLUMN_NAME_TOO_LONG": Text(
        "列名至多 {maximum} 个字符。", "A column's name is at most {maximum} long."
    ),
    "COLUMN_MISSING": Text("文件中没有该列。", "The file has no such column."),
    "COLUMN_IDENTIFYING_MISSING": Text(
        "没有可识别线索的列；至少需要一列对应：{fields}。",
        "No column identifies a lead; at least one of {fields} is needed.",
    ),
    "COLUMNS_TOO_MANY": Text(
        "附加属性列至多 {maximum} 个。", "At most {maximum} columns can be attributes."
    ),
    "JOB_FAILED": Text(
        "导入因系统内部错误中断；已导入的行保留。",
        "The import broke off through an error of ours; what is in stays in.",
    ),
    "ROW_MALFORMED": Text("此行无法解析，请检查引号。", "The row cannot be read: see its quotes."),
    "ROW_CELLS": Text(
        "应有 {expected} 个单元格，实有 {actual} 个。", "{actual} cells instead of {expected}."
    ),
    "ROW_NOT_STORED": Text("此行无法保存。", "The row could not be stored."),
    "ATTRIBUTE_LEFT_OUT": Text(
        "内容超过 {maximum} 个字符，已略去。", "Longer than {maximum}, so it was left out."
    ),
}
