"""Texts of the codes of access keys, and of the names they have in audit entries."""

TEXTS: dict[str, tuple[str, str]] = {
    "ACCESS_KEY_REFUSED": (
        "链接无效、已过期或已被使用，请向发送者索取新的链接。",
        "This link is not valid, has expired or was already used. Please ask its sender for a new "
        "one.",
    ),
    "ACCESS_KEY_LIMITED": (
        "请求过于频繁，请在 {seconds} 秒后重试。",
        "Too many requests. Please try again in {seconds} seconds.",
    ),
    "ORIGIN_NOT_ADMITTED": (
        "此网站不在该密钥允许的网站之列。",
        "This website is not one of those that may send with this key.",
    ),
    "ACCESS_KEY_NOT_FOUND": ("没有该访问密钥。", "The access key does not exist."),
    "ACCESS_KEY_EXPIRY_PAST": ("到期时刻须晚于现在。", "The expiry must be in the future."),
    "ACCESS_KEY_EXPIRY_TOO_LATE": (
        "有效期不得超过 {days} 天。",
        "An access key may be valid for at most {days} days.",
    ),
    "ACCESS_KEY_ISSUED_BY": ("链接（由{name}签发）", "Link issued by {name}"),
    "ACCESS_KEY_UNNAMED": ("链接", "Link"),
    "ATTACHMENT_NOT_FOUND": ("没有该附件。", "There is no such file."),
    "ATTACHMENT_GONE": (
        "附件移除已超过 {days} 天，无法恢复，请重新上传。",
        "The file was removed more than {days} days ago or was erased. Please upload it again.",
    ),
    "ATTACHMENTS_TOO_MANY": (
        "一条记录最多 {limit} 个附件。",
        "A record can have at most {limit} files.",
    ),
    "FILE_TICKET_INVALID": (
        "上传凭证无效或已过期，请重新上传文件。",
        "The proof of the upload is not valid or has expired. Please upload the file again.",
    ),
    "EVENT_ID_MISSING": ("缺少事件编号。", "The id of the event is missing."),
    "EVENT_ID_INVALID": (
        "事件编号须为 1 至 255 个可见 ASCII 字符。",
        "The id of an event must be 1 to 255 visible ASCII characters.",
    ),
    "EVENT_ID_REUSED": (
        "同一事件编号已用于不同的内容。",
        "This event id was already used with different content.",
    ),
    "EVENT_ID_IN_USE": (
        "同一事件编号的请求仍在处理中。",
        "A request with this event id is still in progress.",
    ),
}
