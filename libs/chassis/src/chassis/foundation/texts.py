"""Texts of error codes in zh-CN and en. Codes are part of the API contract, texts are not."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from chassis.foundation.access_key_texts import TEXTS as ACCESS_KEYS
from chassis.foundation.enum_texts import TEXTS as ENUMS
from chassis.foundation.event_texts import TEXTS as EVENTS
from chassis.foundation.import_texts import TEXTS as IMPORTS
from chassis.foundation.text_rendering import TextRenderer
from chassis.foundation.value_texts import TEXTS as VALUES


class Text(NamedTuple):
    """A message in both languages; `{name}` is replaced from the params of the error.

    `text_rendering` lists what a placeholder may say of its value: `{amount:number}`.
    """

    zh: str
    en: str


Catalog = Mapping[str, Text]

COMMON: dict[str, Text] = {
    "INTERNAL_ERROR": Text(
        "服务内部错误，请凭追踪号联系管理员。",
        "An internal error occurred. Please contact support with the trace id.",
    ),
    "NOT_FOUND": Text("请求的地址不存在。", "This address does not exist."),
    "METHOD_NOT_ALLOWED": Text("此地址不支持该方法。", "This address does not support the method."),
    "MALFORMED": Text("请求无法解析。", "The request could not be parsed."),
    "JSON_INVALID": Text("请求体不是合法的 JSON。", "The request body is not valid JSON."),
    "VALIDATION_FAILED": Text(
        "输入有误，请查看各字段的错误说明。", "Some values are not valid; see the errors listed."
    ),
    "BODY_TOO_LARGE": Text("请求体过大。", "The request body is too large."),
    "HEADERS_TOO_LARGE": Text("请求头过大。", "The request headers are too large."),
    "REQUEST_TOO_SLOW": Text("请求发送过慢。", "The request was sent too slowly."),
    "TOO_MANY_CONNECTIONS": Text(
        "连接过多，请稍后再试。", "There are too many connections; please try again."
    ),
    "UNSUPPORTED_MEDIA_TYPE": Text("不支持的内容类型。", "This content type is not supported."),
    "TOKEN_MISSING": Text("缺少访问令牌。", "An access token is required."),
    "TOKEN_INVALID": Text("访问令牌无效。", "The access token is not valid."),
    "TOKEN_EXPIRED": Text("访问令牌已过期。", "The access token has expired."),
    "TOKEN_REVOKED": Text(
        "您的权限已变更，请重新登录。", "Your rights have changed; please sign in again."
    ),
    "TOKEN_KEY_UNKNOWN": Text(
        "访问令牌的签名密钥未知。", "The access token is signed with an unknown key."
    ),
    "ISSUER_UNAVAILABLE": Text(
        "暂时无法取得签发方的公钥。", "The public keys of the issuer are temporarily unavailable."
    ),
    "SCOPE_MISSING": Text(
        "缺少权限：{scopes:scope}。", "The access token lacks a permission: {scopes:scope}."
    ),
    "STALE_WRITE": Text(
        "记录已被他人修改，请重新加载。",
        "The record was changed by someone else. Please reload it.",
    ),
    "MOVE_MADE_OTHERWISE": Text(
        "该操作已经完成，但内容与本次请求不同，请重新加载。",
        "This was already done, but with other contents than you sent. Please reload the record.",
    ),
    "RECORD_ABSENT": Text("没有所见的记录。", "There is no record as you saw it."),
    "RECORD_PRESENT": Text("该记录已存在。", "The record exists already."),
    "PRECONDITION_REQUIRED": Text(
        "此操作必须提供 If-Match（所见版本的 ETag）。",
        "If-Match is required: the ETag of the version you changed.",
    ),
    "STALE_COPY": Text(
        "记录已更新到版本 {version}，请重新加载。",
        "The record is now at version {version}. Please reload it.",
    ),
    "IF_MATCH_INVALID": Text("If-Match 格式不正确。", "The If-Match header is not valid."),
    "IF_NONE_MATCH_INVALID": Text(
        "If-None-Match 只能为 *，且不能与 If-Match 同时使用。",
        "If-None-Match can only be *, and cannot be sent with If-Match.",
    ),
    "CUSTOM_FIELD_NOT_FOUND": Text("没有该自定义字段。", "The custom field does not exist."),
    "CUSTOM_FIELD_EXISTS": Text(
        "自定义字段 {key} 已存在。", "The custom field {key} already exists."
    ),
    "CUSTOM_FIELDS_TOO_MANY": Text(
        "自定义字段至多 {limit} 个。", "A resource can have at most {limit} custom fields."
    ),
    "CUSTOM_FIELD_INACTIVE": Text("该自定义字段已停用。", "This custom field is inactive."),
    "CUSTOM_FIELD_IN_USE": Text(
        "已有记录填写了 {key}，只能停用。",
        "Some records have a value for {key}; deactivate the field instead.",
    ),
    "CUSTOM_FIELD_NOT_FILTERABLE": Text(
        "该自定义字段不可用于筛选。", "Lists cannot be filtered by this custom field."
    ),
    "CUSTOM_FIELD_OPTION_UNFIT": Text(
        "{type:FieldType}类型的字段不支持此项。",
        "Fields of type {type:FieldType} do not support this.",
    ),
    "CUSTOM_CHOICE_IN_USE": Text(
        "选项 {choice} 已被使用，只能停用。",
        "The choice {choice} is in use; deactivate it instead.",
    ),
    "CUSTOM_CHOICE_TWICE": Text("选项重复。", "The choice is listed twice."),
    "EXTERNAL_ID_TAKEN": Text(
        "{system} 的编号 {external_id} 已属于另一条记录。",
        "The id {external_id} of {system} already belongs to another record.",
    ),
    "CURRENCY_MISMATCH": Text(
        "币种不一致：应为 {expected}，实为 {actual}。",
        "The currencies differ: expected {expected}, got {actual}.",
    ),
    "UNIT_MISMATCH": Text(
        "单位不一致：应为 {expected}，实为 {actual}。",
        "The units differ: expected {expected}, got {actual}.",
    ),
    "DURATION_INVALID": Text(
        "不是有效的时长，例如 PT1H30M。", "This is not a duration such as PT1H30M."
    ),
    "PERIOD_EMPTY": Text("结束须晚于开始。", "The end must be after the start."),
    "EVENT_TOO_LARGE": Text(
        "内容过大（{bytes} 字节，上限 {limit}）。",
        "The content is too large: {bytes} bytes, at most {limit} are allowed.",
    ),
    "TENANT_NOT_FOUND": Text("没有该租户。", "There is no such tenant."),
    "TENANT_NOT_READY": Text(
        "租户设置尚未就绪，请稍后重试。",
        "The settings of the tenant are not available yet. Please try again later.",
    ),
    "TENANT_SUSPENDED": Text(
        "租户已停用，只能读取。", "The tenant is suspended and can only read."
    ),
    "TENANT_DELETED": Text("租户已删除。", "The tenant has been deleted."),
    "PERSON_INACTIVE": Text("该人员已停用。", "The person is inactive."),
    "NUMBER_FORMAT_NOT_FOUND": Text("没有这种单据类型。", "The document type does not exist."),
    "TENANT_EXPORT_NOT_FOUND": Text("没有这个导出。", "The export does not exist."),
    "QUOTA_REQUESTS": Text(
        "请求过多：每分钟最多 {limit} 次。", "Too many requests: at most {limit} per minute."
    ),
    "QUOTA_ROWS": Text("记录数已达上限 {limit}。", "The limit of {limit} records is reached."),
    "QUOTA_IMPORTS": Text(
        "同时进行的导入最多 {limit} 个。", "At most {limit} imports may run at once."
    ),
    "DATABASE_UNAVAILABLE": Text(
        "数据库暂不可用，请稍后重试。",
        "The database is temporarily unavailable. Please try again later.",
    ),
    "IDEMPOTENCY_KEY_MISSING": Text(
        "此操作必须提供 Idempotency-Key。", "The header Idempotency-Key is required."
    ),
    "IDEMPOTENCY_KEY_INVALID": Text(
        "Idempotency-Key 须为 1 至 255 个可见 ASCII 字符。",
        "The Idempotency-Key must be 1 to 255 visible ASCII characters.",
    ),
    "PARAMETER_REPEATED": Text("参数出现了多次。", "The parameter is given more than once."),
    "IDEMPOTENCY_KEY_REUSED": Text(
        "同一 Idempotency-Key 已用于不同的请求体。",
        "This Idempotency-Key was already used with a different request body.",
    ),
    "IDEMPOTENCY_KEY_IN_USE": Text(
        "同一 Idempotency-Key 的请求仍在处理中。",
        "A request with this Idempotency-Key is still in progress.",
    ),
    "OPERATION_NOT_FOUND": Text("没有该操作。", "The operation does not exist."),
    "BATCH_ITEM_INVALID": Text(
        "每项须为 create，或 id、version 与 patch。",
        "An item is either create, or id, version and patch.",
    ),
    "BATCH_REFUSED": Text(
        "批处理中有项目未通过，未作任何更改。",
        "Some items of the batch were refused, so nothing was changed.",
    ),
    "CURSOR_INVALID": Text("游标无效。", "The cursor is not valid."),
    "CURSOR_WITH_PAGE": Text(
        "页码与游标不能同时使用。", "A page number cannot be combined with a cursor."
    ),
    "GROUPS_TOO_DEEP": Text(
        "条件组至多嵌套 {maximum} 层。", "Groups of conditions nest at most {maximum} deep."
    ),
    "TOO_MANY_CONDITIONS": Text(
        "一次查询至多 {maximum} 个条件。", "A search has at most {maximum} conditions."
    ),
    "CURSOR_EXPIRED": Text(
        "此位置之后的部分事件已不再保留。请重新读取当前数据，"
        "再不带 after 参数，从最早保留的事件开始读取。",
        "Some events after this position are no longer kept. Read the present data again, then"
        " begin with the oldest event that is kept, without the parameter after.",
    ),
    "DATABASE_RESTORED": Text(
        "数据库刚刚恢复，尚未由管理员确认，请稍后重试。",
        "The database was restored and has to be confirmed by an operator. Please try again later.",
    ),
    "SAVED_VIEW_NOT_FOUND": Text("没有该视图。", "The saved view does not exist."),
    "SAVED_VIEW_UNKNOWN": Text("此列表没有该视图。", "This list does not have the saved view."),
    "SAVED_VIEW_NAME_TAKEN": Text(
        "此列表已有名为“{name}”的视图。", "This list already has a view named {name}."
    ),
    "RECORD_READ_ONLY": Text(
        "您可以查看但不能修改此记录。", "You may view this record but not change it."
    ),
    "STREAM_OF_OTHER_TENANT": Text(
        "逐行输出只能用于自己的租户，请分页读取。",
        "Only lists of one's own tenant can be streamed; please read pages.",
    ),
    "NEXT_STEP_MISSING": Text(
        "没有下一步，无法标记完成。", "There is no next step that could be done."
    ),
    "OWNERSHIP_REQUIRED": Text(
        "只有负责人、其上级或管理员可以这样做。",
        "Only the owner, the owner's managers or an administrator may do this.",
    ),
    "OWNER_AMBIGUOUS": Text(
        "有多位同名人员，请改用其账号。",
        "Several people have this name. Please give the subject of the one you mean.",
    ),
    "OWNER_UNKNOWN": Text("没有这位人员。", "The person does not exist."),
    "OWNER_INACTIVE": Text("该人员已停用。", "The person is inactive."),
    "GRANTEE_UNKNOWN": Text(
        "没有该人员、部门或团队，或其已停用。",
        "The person, department or team does not exist or is inactive.",
    ),
    "UNTIL_DATE_PAST": Text("日期须晚于今天。", "The date must be after today."),
    "REQUIRED": Text("此项必填。", "This field is required."),
    "UNKNOWN_FIELD": Text("未知字段。", "Unknown field."),
    "TYPE_INVALID": Text(
        "应填写为{expected:ExpectedValue}。", "The value must be {expected:ExpectedValue}."
    ),
    "DECIMAL_STRING_INVALID": Text(
        '应为十进制数字字符串，如 "1234.50"。',
        'The value must be a decimal string such as "1234.50".',
    ),
    "CURRENCY_UNKNOWN": Text("未知币种。", "Unknown currency."),
    "TOO_SHORT": Text("长度至少为 {minimum}。", "The length must be at least {minimum}."),
    "TOO_LONG": Text("长度至多为 {maximum}。", "The length must be at most {maximum}."),
    "TOO_SMALL": Text(
        "应{relation:relation} {limit:number}。",
        "The value must be {relation:relation} {limit:number}.",
    ),
    "TOO_LARGE": Text(
        "应{relation:relation} {limit:number}。",
        "The value must be {relation:relation} {limit:number}.",
    ),
    "PATTERN_MISMATCH": Text("格式不符。", "The format is not valid."),
    "DATE_INVALID": Text(
        "不是有效的日期（YYYY-MM-DD）。", "This is not a valid date (YYYY-MM-DD)."
    ),
    "INSTANT_INVALID": Text(
        "不是有效的时刻（RFC 3339，含时区）。",
        "This is not a valid time (RFC 3339 with time zone).",
    ),
    "INSTANT_IN_FUTURE": Text("时刻不能晚于现在。", "The time must not be in the future."),
    "ID_INVALID": Text("不是有效的 UUID。", "This is not a valid id (UUID)."),
    "VALUE_UNKNOWN": Text(
        "取值须为：{expected:values}。", "The value must be one of: {expected:values}."
    ),
    "TEXT_INVALID": Text(
        "含有不允许的字符。", "The text contains characters that are not allowed."
    ),
    "VALUE_INVALID": Text("取值无效。", "The value is not valid."),
    **{
        code: Text(*both)
        for code, both in {**ACCESS_KEYS, **EVENTS, **IMPORTS, **ENUMS, **VALUES}.items()
    },
}


class Texts:
    """The text catalogs of one service; its own texts take precedence over the common ones."""

    def __init__(self, *catalogs: Catalog) -> None:
        self._catalog: dict[str, Text] = dict(COMMON)
        for catalog in catalogs:
            self._catalog.update(catalog)
        self._renderer = TextRenderer(self._catalog)

    def say(self, code: str, params: Mapping[str, Any], language: str) -> str:
        """Return the text of a code in a language; the code itself if there is no text."""
        text = self._catalog.get(code)
        if text is None:
            return code
        return self._renderer.render(text, params, language)


def filled(text: Text, params: Mapping[str, Any], language: str) -> str:
    """Return the text in a language, filled with its params."""
    return _COMMON_RENDERER.render(text, params, language)


_COMMON_RENDERER = TextRenderer(COMMON)
