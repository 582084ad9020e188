"""Texts of import and export codes in zh-CN and en."""

TEXTS: dict[str, tuple[str, str]] = {
    "IMPORT_NOT_FOUND": ("没有该导入任务。", "The import does not exist."),
    "IMPORT_NOT_OPEN": (
        "导入任务已启动或已取消（{state:ImportState}），不能再更改。",
        "The import has started or was cancelled ({state:ImportState}) and cannot be changed any"
        " more.",
    ),
    "IMPORT_FILE_MISSING": ("请先上传文件。", "Please upload the file first."),
    "IMPORT_NOT_READ": ("文件尚未被读取。", "The file has not been read yet."),
    "IMPORT_EXPIRED": (
        "文件及逐行结果只保留 {days} 天。",
        "The file and the results of its rows are kept for {days} days only.",
    ),
    "IMPORT_CANCELLED": ("导入任务已取消。", "The import was cancelled."),
    "IMPORT_FINISHED": (
        "导入任务已结束（{state:ImportState}）。",
        "The import has already ended ({state:ImportState}).",
    ),
    "MAPPING_AMBIGUOUS": (
        "多个列对应同一字段：{columns}。",
        "Several columns are mapped to the same field: {columns}.",
    ),
    "REFERENCE_UNKNOWN": (
        "没有“{given}”；须是已有的记录，或在本文件前面的行中。",
        "There is no '{given}': it must exist, or stand in an earlier row of the file.",
    ),
    "REFERENCE_AMBIGUOUS": (
        "“{given}”对应多条记录，请用其编码或编号。",
        "Several records are called '{given}'; please use the code or the id of one.",
    ),
    "RECORD_AMBIGUOUS": (
        "多条已有记录与此行相同，请用外部编号指明一条。",
        "Several records are like this row; please say which one by its external id.",
    ),
    "FILE_EMPTY": ("文件为空。", "The file is empty."),
    "FILE_NOT_UTF8": (
        "文件不是 CSV 文本，请另存为 “CSV UTF-8”。",
        "The file is not a CSV file; please save it as 'CSV UTF-8'.",
    ),
    "FILE_ENCODING_DOUBTFUL": (
        "无法确定文件的编码，可能是：{encodings:Encoding}。请指定编码，或另存为 “CSV UTF-8”。",
        "The encoding of the file is doubtful; it may be: {encodings:Encoding}."
        " Please declare it, or save the file as 'CSV UTF-8'.",
    ),
    "FILE_ENCODING_WRONG": (
        "文件不是所指定的 {declared:Encoding} 编码；可以指定：{encodings:Encoding}。",
        "The file is not in {declared:Encoding} as declared; these can be declared:"
        " {encodings:Encoding}.",
    ),
    "TEXT_DAMAGED": (
        "文字在写入此文件之前就已损坏（有无法识别的字符），请从原始来源重新导出。",
        "The text was already damaged when this file was written: it has characters that stand for"
        " nothing. Please export it again from where it came.",
    ),
    "CELL_ZEROS_LOST": (
        "表格按格式显示开头的 0，但存的数字没有这些 0；请将该列设为文本后重新输入。",
        "The workbook only shows the leading zeros of this number and does not hold them."
        " Please format the column as text and enter it again.",
    ),
    "CELL_DIGITS_LOST": (
        "表格中超过 15 位的数字已丢失末位，请将该列设为文本后重新输入。",
        "A number of more than 15 digits has lost its last digits in the workbook."
        " Please format the column as text and enter it again.",
    ),
    "CELL_ID_IS_NUMBER": (
        "编号在表格中是数字，开头的 0 已丢失；如有，请将该列设为文本。",
        "This number is an identifier: leading zeros, if it had any, are lost."
        " Please format the column as text.",
    ),
    "CELL_FORMULA_EMPTY": (
        "公式没有保存结果，请在表格软件中打开并保存文件。",
        "The formula has no stored result. Please open the file in a spreadsheet and save it.",
    ),
    "CELL_DATE_DOUBTFUL": (
        "1900 年 3 月以前的日期在表格中可能相差一天，请核对。",
        "A date before March 1900 may be one day off in a workbook. Please check it.",
    ),
    "NUMBER_AMBIGUOUS": (
        "{given} 按小数读取；如果“.”是千位分隔符，请去掉。",
        "{given} is read as a decimal number; if the point separates thousands, remove it.",
    ),
    "FILE_NOT_XLSX": (
        "文件不是可读取的 XLSX 工作簿。",
        "The file is not a readable XLSX workbook.",
    ),
    "FILE_NOT_JSONL": ("文件中没有 JSON 对象行。", "The file contains no line with a JSON object."),
    "FILE_TOO_LARGE_UNPACKED": (
        "工作簿解压后过大，或单元格相距过远。",
        "The workbook is too large when unpacked, or its cells are too far apart.",
    ),
    "FILE_TOO_MANY_ROWS": ("行数超过上限 {maximum}。", "The file has more than {maximum} rows."),
    "SHEET_MISSING": (
        "工作簿中没有工作表 {sheet}；现有：{sheets}。",
        "The workbook has no sheet {sheet}; its sheets are: {sheets}.",
    ),
    "DRY_RUN_TOO_LARGE": (
        "试运行至多 {maximum} 行。",
        "A dry run can check at most {maximum} rows.",
    ),
    "HEADER_MALFORMED": (
        "表头无法解析，请检查引号。",
        "The header cannot be parsed; please check its quotation marks.",
    ),
    "COLUMN_UNNAMED": ("第 {position} 列没有列名。", "Column {position} has no name."),
    "COLUMN_DUPLICATE": ("列名重复。", "Several columns have this name."),
    "COLUMN_NAME_TOO_LONG": (
        "列名至多 {maximum} 个字符。",
        "A column name can have at most {maximum} characters.",
    ),
    "COLUMN_IGNORED": (
        "该列不属于任何字段，其内容不会导入。",
        "No field takes this column; what it says is not imported.",
    ),
    "ROW_OWNER_NOT_ACTIVE": (
        "没有名为“{given}”的在职人员，由导入者负责。",
        "No active person is called {given}; whoever imports the file is the owner.",
    ),
    "COLUMN_MISSING": ("文件中没有该列。", "The file has no such column."),
    "COLUMN_REQUIRED": (
        "缺少一列，列名可为：{headers}。",
        "A column is missing; it may be called: {headers}.",
    ),
    "COLUMN_IDENTIFYING_MISSING": (
        "没有可识别记录的列；至少需要其中一列：{headers}。",
        "No column identifies a record; at least one of these is needed: {headers}.",
    ),
    "COLUMNS_TOO_MANY": (
        "此类列至多 {maximum} 个。",
        "At most {maximum} such columns are allowed.",
    ),
    "JOB_FAILED": (
        "因系统内部错误中断；已完成的部分保留，可重新启动。",
        "The import was interrupted by an internal error; it can be started again.",
    ),
    "ROW_MALFORMED": (
        "此行无法解析。",
        "The row cannot be parsed; please check its quotation marks.",
    ),
    "ROW_CELLS": (
        "应有 {expected} 个单元格，实有 {actual} 个。",
        "The row has {actual} cells; {expected} are expected.",
    ),
    "ROW_NOT_STORED": ("此行无法保存。", "The row could not be saved."),
    "EXPORT_NOT_FOUND": ("没有该导出任务。", "The export does not exist."),
    "EXPORT_NOT_READY": (
        "导出尚未完成（{state:ExportState}）。",
        "The export is not finished yet ({state:ExportState}).",
    ),
    "EXPORT_EXPIRED": ("导出文件已过期删除。", "The export file has expired. Please export again."),
    "EXPORT_TOO_LARGE": (
        "超过 {maximum} 行，请缩小筛选范围。",
        "The export has more than {maximum} rows. Please narrow the filter.",
    ),
    "EXPORT_FINISHED": (
        "导出已结束（{state:ExportState}）。",
        "The export has already ended ({state:ExportState}).",
    ),
}
