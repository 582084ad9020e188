"""What there is to say about files and their rows, by code: in Chinese and in English."""

TEXTS: dict[str, tuple[str, str]] = {
    "IMPORT_NOT_FOUND": ("没有该导入任务。", "There is no such import."),
    "IMPORT_NOT_OPEN": (
        "导入任务已启动或已取消（{state}），不能再更改。",
        "The import is {state}; neither its file nor its mapping can be changed any more.",
    ),
    "IMPORT_FILE_MISSING": ("请先上传文件。", "Send the file first."),
    "IMPORT_NOT_READ": ("文件尚未被读取。", "The file has not been read yet."),
    "IMPORT_EXPIRED": (
        "文件及逐行结果只保留 {days} 天。",
        "The file and what became of its rows were kept for {days} days.",
    ),
    "IMPORT_CANCELLED": ("导入任务已取消。", "The import was cancelled."),
    "IMPORT_FINISHED": ("导入任务已结束（{state}）。", "The import has ended: {state}."),
    "MAPPING_AMBIGUOUS": (
        "多个列对应同一字段：{fields}。",
        "Several columns for one field: {fields}.",
    ),
    "FILE_EMPTY": ("文件为空。", "The file is empty."),
    "FILE_NOT_UTF8": (
        "文件不是 UTF-8 或 GB18030 编码的 CSV，请另存为 “CSV UTF-8”。",
        "Not a CSV file in UTF-8 or GB18030; save it as 'CSV UTF-8'.",
    ),
    "FILE_NOT_XLSX": ("文件不是可读取的 XLSX 工作簿。", "Not a workbook (XLSX) that can be read."),
    "FILE_NOT_JSONL": ("文件中没有 JSON 对象行。", "The file has no line with a JSON object."),
    "FILE_TOO_LARGE_UNPACKED": (
        "工作簿解压后过大，或单元格相距过远。",
        "The workbook is too large unpacked, or its cells lie too far apart.",
    ),
    "FILE_TOO_MANY_ROWS": ("行数超过上限 {maximum}。", "More than {maximum} rows."),
    "SHEET_MISSING": (
        "工作簿中没有工作表 {sheet}；现有：{sheets}。",
        "The workbook has no sheet {sheet}; it has {sheets}.",
    ),
    "DRY_RUN_TOO_LARGE": (
        "试运行至多 {maximum} 行。",
        "A dry run takes at most {maximum} rows.",
    ),
    "HEADER_MALFORMED": (
        "表头无法解析，请检查引号。",
        "The header cannot be read: see its quotes.",
    ),
    "COLUMN_UNNAMED": ("第 {position} 列没有列名。", "Column {position} has no name."),
    "COLUMN_DUPLICATE": ("列名重复。", "There are several columns of this name."),
    "COLUMN_NAME_TOO_LONG": (
        "列名至多 {maximum} 个字符。",
        "A column's name is at most {maximum} long.",
    ),
    "COLUMN_MISSING": ("文件中没有该列。", "The file has no such column."),
    "COLUMN_REQUIRED": (
        "没有对应字段 {field} 的列（常用列名：{headers}）。",
        "No column gives {field}; it is usually called {headers}.",
    ),
    "COLUMN_IDENTIFYING_MISSING": (
        "没有可识别记录的列；至少需要一列对应：{fields}。",
        "No column identifies a record; at least one of {fields} is needed.",
    ),
    "COLUMNS_TOO_MANY": ("此类列至多 {maximum} 个。", "At most {maximum} such columns are taken."),
    "JOB_FAILED": (
        "因系统内部错误中断；已完成的部分保留，可重新启动。",
        "It broke off through an error of ours; what is done stays, and it can be started again.",
    ),
    "ROW_MALFORMED": ("此行无法解析。", "The row cannot be read: see its quotes."),
    "ROW_CELLS": (
        "应有 {expected} 个单元格，实有 {actual} 个。",
        "{actual} cells instead of {expected}.",
    ),
    "ROW_NOT_STORED": ("此行无法保存。", "The row could not be stored."),
    "EXPORT_NOT_FOUND": ("没有该导出任务。", "There is no such export."),
    "EXPORT_NOT_READY": ("导出尚未完成（{state}）。", "The export is not done: {state}."),
    "EXPORT_EXPIRED": ("导出文件已过期删除。", "The file is kept no longer; export anew."),
    "EXPORT_TOO_LARGE": (
        "超过 {maximum} 行，请缩小筛选范围。",
        "More than {maximum} rows: narrow the query.",
    ),
    "EXPORT_FINISHED": ("导出已结束（{state}）。", "The export has ended: {state}."),
}
