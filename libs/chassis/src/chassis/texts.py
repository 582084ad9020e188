"""The texts behind the codes, in the caller's language. Codes are the contract, texts are not."""

from collections.abc import Mapping
from typing import Any, NamedTuple

LANGUAGES = ("zh-CN", "en")


class Text(NamedTuple):
    """One message in both languages; `{name}` is filled from the params of the error."""

    zh: str
    en: str


Catalog = Mapping[str, Text]

COMMON: dict[str, Text] = {
    "INTERNAL_ERROR": Text(
        "服务内部错误，请凭追踪号联系管理员。", "Something went wrong here; quote the trace id."
    ),
    "NOT_FOUND": Text("没有这个地址。", "There is nothing at this address."),
    "METHOD_NOT_ALLOWED": Text("此地址不支持该方法。", "This address does not take that method."),
    "MALFORMED": Text("请求无法解析。", "The request cannot be read."),
    "JSON_INVALID": Text("请求体不是合法的 JSON。", "The body is not valid JSON."),
    "VALIDATION_FAILED": Text("输入有误，请见 errors。", "The input is not valid; see errors."),
    "BODY_TOO_LARGE": Text("请求体过大。", "The body is too large."),
    "UNSUPPORTED_MEDIA_TYPE": Text("不支持的内容类型。", "This content type is not supported."),
    "TOKEN_MISSING": Text("缺少访问令牌。", "A bearer token is required."),
    "TOKEN_INVALID": Text("访问令牌无效。", "The bearer token is not valid."),
    "TOKEN_EXPIRED": Text("访问令牌已过期。", "The bearer token has expired."),
    "TOKEN_KEY_UNKNOWN": Text(
        "访问令牌的签名密钥未知。", "The token is signed with an unknown key."
    ),
    "ISSUER_UNAVAILABLE": Text(
        "暂时无法取得签发方的公钥。", "The issuer's keys cannot be fetched now."
    ),
    "SCOPE_MISSING": Text("缺少权限：{scopes}。", "The token lacks a scope: {scopes}."),
    "STALE_WRITE": Text(
        "记录已被他人修改，请重新加载。", "Someone else changed it meanwhile; reload it."
    ),
    "CURRENCY_MISMATCH": Text(
        "币种不一致：应为 {expected}，实为 {actual}。",
        "Currencies differ: {expected} and {actual}.",
    ),
    "AMOUNT_TOO_PRECISE": Text(
        "{currency} 最多 {digits} 位小数。", "{currency} has at most {digits} decimals."
    ),
    "UNIT_MISMATCH": Text(
        "单位不一致：应为 {expected}，实为 {actual}。", "Units differ: {expected} and {actual}."
    ),
    "NUMBER_TOO_LARGE": Text("数值超出范围。", "The number is out of range."),
    "PERIOD_EMPTY": Text("结束须晚于开始。", "The end must be after the start."),
    "EVENT_TOO_LARGE": Text(
        "内容过大（{bytes} 字节，上限 {limit}）。", "Too large: {bytes} bytes of {limit}."
    ),
    "TENANT_NOT_READY": Text(
        "租户设置尚未就绪，请稍后重试。", "The tenant's settings have not arrived yet."
    ),
    "DATABASE_UNAVAILABLE": Text(
        "数据库暂不可用，请稍后重试。", "The database is not available now."
    ),
    "IDEMPOTENCY_KEY_MISSING": Text(
        "此操作必须提供 Idempotency-Key。", "An Idempotency-Key is required here."
    ),
    "IDEMPOTENCY_KEY_INVALID": Text(
        "Idempotency-Key 须为 1 至 255 个可见 ASCII 字符。",
        "An Idempotency-Key is 1 to 255 visible ASCII characters.",
    ),
    "IDEMPOTENCY_KEY_REUSED": Text(
        "同一 Idempotency-Key 已用于不同的请求体。",
        "This Idempotency-Key was used with another body.",
    ),
    "IDEMPOTENCY_KEY_IN_USE": Text(
        "同一 Idempotency-Key 的请求仍在处理中。",
        "A request with this Idempotency-Key is still running.",
    ),
    "OPERATION_NOT_FOUND": Text("没有该操作。", "There is no such operation."),
    "PARKED_EVENT_NOT_FOUND": Text("没有该搁置事件。", "There is no such parked event."),
    "PARKED_EVENT_REDRIVEN": Text(
        "该事件已重新处理成功。", "The event has been applied meanwhile."
    ),
    "PARKED_EVENT_SKIPPED": Text("该事件已被放弃。", "The event has been given up."),
    "PARKED_EVENT_UNREADABLE": Text(
        "该事件无法解析，只能放弃。", "The event cannot be read; it can only be given up."
    ),
    "CURSOR_INVALID": Text("游标无效。", "The cursor is not valid."),
    "REQUIRED": Text("必填。", "Required."),
    "UNKNOWN_FIELD": Text("未知字段。", "Unknown field."),
    "TYPE_INVALID": Text("类型应为{expected}。", "Should be of type {expected}."),
    "DECIMAL_STRING_INVALID": Text(
        '应为十进制数字字符串，如 "1234.50"。', 'Should be a decimal string such as "1234.50".'
    ),
    "CURRENCY_UNKNOWN": Text("未知币种。", "Unknown currency."),
    "TOO_SHORT": Text("长度至少为 {minimum}。", "At least {minimum} long."),
    "TOO_LONG": Text("长度至多为 {maximum}。", "At most {maximum} long."),
    "TOO_SMALL": Text("应{relation} {limit}。", "Should be {relation} {limit}."),
    "TOO_LARGE": Text("应{relation} {limit}。", "Should be {relation} {limit}."),
    "PATTERN_MISMATCH": Text("格式不符。", "Does not have the right form."),
    "DATE_INVALID": Text("不是有效的日期（YYYY-MM-DD）。", "Not a valid date (YYYY-MM-DD)."),
    "INSTANT_INVALID": Text(
        "不是有效的时刻（RFC 3339，含时区）。", "Not a valid instant (RFC 3339 with offset)."
    ),
    "ID_INVALID": Text("不是有效的 UUID。", "Not a valid UUID."),
    "VALUE_UNKNOWN": Text("取值须为：{expected}。", "Should be one of: {expected}."),
    "TEXT_INVALID": Text("含有不允许的字符。", "Holds characters that are not allowed."),
    "PHONE_INVALID": Text("不是有效的电话号码。", "Not a valid phone number."),
    "EMAIL_INVALID": Text("不是有效的邮箱地址。", "Not a valid mail address."),
    "VALUE_INVALID": Text("取值无效。", "Not a valid value."),
}


def preferred_language(accept: str | None) -> str:
    """The best supported language of an Accept-Language header (RFC 9110); zh-CN by default."""
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate((accept or "").split(",")[:20]):
        tag, *parameters = (piece.strip().lower() for piece in part.split(";"))
        primary = tag.split("-")[0]
        quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        try:
            weight = float(quality)
        except ValueError:
            weight = 0.0
        language = {"zh": "zh-CN", "en": "en", "*": "zh-CN"}.get(primary)
        if language and weight > 0:
            ranked.append((-weight, place, language))
    return min(ranked)[2] if ranked else "zh-CN"


class Texts:
    """The catalogs of one service: its own before the common one."""

    def __init__(self, *catalogs: Catalog) -> None:
        self._catalog: dict[str, Text] = dict(COMMON)
        for catalog in catalogs:
            self._catalog.update(catalog)

    def say(self, code: str, params: Mapping[str, Any], language: str) -> str:
        """The text of a code; the code itself where no text exists."""
        text = self._catalog.get(code)
        if text is None:
            return code
        template = text.en if language == "en" else text.zh
        shown = {name: _shown(value, language) for name, value in params.items()}
        return template.format_map(_Lenient(shown))


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


RELATIONS = {
    ">": Text("大于", "greater than"),
    ">=": Text("不小于", "at least"),
    "<": Text("小于", "less than"),
    "<=": Text("不大于", "at most"),
}


def _shown(value: Any, language: str) -> str:
    if isinstance(value, list | tuple | set | frozenset):
        return ("、" if language != "en" else ", ").join(str(v) for v in value)
    relation = RELATIONS.get(value) if isinstance(value, str) else None
    if relation is not None:
        return relation.en if language == "en" else relation.zh
    return str(value)
