"""Texts of the codes with which rules and mappings are refused; a service adds them to its own."""

from collections.abc import Mapping
from typing import Final

from chassis.foundation.texts import Text

TEXTS: Final[Mapping[str, Text]] = {
    "RULE_FIELD_UNKNOWN": Text(
        "规则不能使用字段 {field:code}。", "Rules cannot use the field {field:code}."
    ),
    "RULE_POLICY_FIXED": Text(
        "此规则集的命中方式固定，不能更改。", "The hit policy of these rules cannot be changed."
    ),
    "RULE_SET_NOT_FOUND": Text("没有该规则集。", "There is no such rule set."),
    "RULE_VERSION_NOT_FOUND": Text("没有该版本。", "There is no such version."),
    "RULE_OPERATOR_UNFIT": Text(
        "该字段不支持这种比较，可用：{expected:Operator}。",
        "This field does not support the comparison; it supports: {expected:Operator}.",
    ),
    "RULE_BETWEEN_EMPTY": Text(
        "起始值不能大于结束值。", "The first value cannot be greater than the second."
    ),
    "RULE_CONDITION_SHAPE": Text(
        "条件须为一个比较，或“全部满足”“任一满足”“不满足”之一。",
        "A condition is one comparison, or one of: all, any, not.",
    ),
    "RULE_CONDITION_TOO_DEEP": Text(
        "条件最多嵌套 {limit} 层。", "Conditions can be nested at most {limit} deep."
    ),
    "RULE_CONDITIONS_TOO_MANY": Text(
        "条件总数最多 {limit} 个。", "There can be at most {limit} conditions in all."
    ),
    "RULE_ROW_ID_TWICE": Text("该行的编号重复。", "Another row has the same id."),
    "RULE_NEVER_MATCHES": Text(
        "这些条件互相矛盾，任何记录都不会满足。",
        "These conditions contradict each other: no record can satisfy them.",
    ),
    "RULE_ROW_UNREACHABLE": Text(
        "该行永远不会生效：第 {rows} 行已涵盖其全部情形。",
        "This row can never apply: the rows numbered {rows} already cover all of it.",
    ),
    "RULE_NOT_ANALYSED": Text(
        "条件过于复杂，未检查该行是否会生效。",
        "The conditions are too complex to check whether this row can ever apply.",
    ),
    "RULE_CATCH_ALL_MISSING": Text(
        "有些记录可能不满足任何一行；可在最后加一行无条件的规则。",
        "Some records may match no row; a last row without conditions would take them.",
    ),
    "RULE_VERSION_STALE": Text(
        "规则已由他人发布到版本 {version}，请重新加载。",
        "Someone else has published version {version} of these rules. Please reload them.",
    ),
    "MAPPING_PATH_INVALID": Text(
        "路径无效，例如 form.fields[0].value 或 /表单/手机号。",
        "This is not a path such as form.fields[0].value or /form/phone.",
    ),
    "MAPPING_TARGET_TWICE": Text("该字段已有映射。", "This field is mapped twice."),
    "MAPPING_LIST_UNEXPECTED": Text(
        "此处有多个值，但只能取一个：请合并，或指定第几个。",
        "There are several values where one is needed: join them, or choose one by its position.",
    ),
    "MAPPING_VALUE_UNLISTED": Text(
        "对照表中没有“{given}”。", "The table of values does not list “{given}”."
    ),
    "MAPPING_DATE_UNREADABLE": Text(
        "“{given}”不符合设定的日期格式。", "“{given}” is not a date of the given format."
    ),
    "MAPPING_FORMAT_INVALID": Text(
        "日期格式无效，例如 %Y/%m/%d；时刻还需要 %H。",
        "This is not a format of dates such as %Y/%m/%d; times also need %H.",
    ),
    "MAPPING_ZONE_UNKNOWN": Text(
        "没有这个时区，例如 Asia/Shanghai。", "This is not a time zone such as Asia/Shanghai."
    ),
    "RowVerdict.COUNTED": Text("生效", "Counted"),
    "RowVerdict.MATCHED_LATER": Text("符合但靠后", "Matched, but later"),
    "RowVerdict.NOT_MATCHED": Text("不符合", "Not matched"),
    "RowVerdict.DISABLED": Text("已停用", "Disabled"),
    "FactType.TEXT": Text("文本", "Text"),
    "FactType.ENUM": Text("单选", "Choice"),
    "FactType.DECIMAL": Text("小数", "Decimal"),
    "FactType.INTEGER": Text("整数", "Whole number"),
    "FactType.BOOLEAN": Text("是否", "Yes or no"),
    "FactType.DATE": Text("日期", "Date"),
    "FactType.INSTANT": Text("时刻", "Time"),
    "FactType.TEXT_LIST": Text("多个文本", "Several texts"),
    "FactType.ENUM_LIST": Text("多选", "Several choices"),
    "Operator.EQ": Text("等于", "equals"),
    "Operator.NE": Text("不等于", "does not equal"),
    "Operator.IN": Text("是其中之一", "is one of"),
    "Operator.NOT_IN": Text("不是其中任何一个", "is none of"),
    "Operator.GT": Text("大于", "is greater than"),
    "Operator.GTE": Text("不小于", "is at least"),
    "Operator.LT": Text("小于", "is less than"),
    "Operator.LTE": Text("不大于", "is at most"),
    "Operator.BETWEEN": Text("介于", "is between"),
    "Operator.CONTAINS": Text("包含", "contains"),
    "Operator.STARTS_WITH": Text("开头是", "starts with"),
    "Operator.IS_EMPTY": Text("为空", "is empty"),
    "Operator.IS_NOT_EMPTY": Text("不为空", "is not empty"),
    "Operator.ANY_OF": Text("含有任一", "has any of"),
    "Operator.ALL_OF": Text("含有全部", "has all of"),
    "Operator.NONE_OF": Text("均不含有", "has none of"),
}
