"""Texts for the codes of messages, templates and bans, in Chinese and English."""

from chassis.foundation.texts import Text

MESSAGE_TEXTS: dict[str, Text] = {
    "MESSAGE_TEMPLATE_DUPLICATE": Text(
        "代码 {code:code} 在该渠道和语言下已有模板。",
        "There is a template {code:code} for this channel and language already.",
    ),
    "MESSAGE_TEMPLATE_DELETED": Text(
        "该渠道和语言下代码为 {code:code} 的模板已删除，请先恢复。",
        "The template {code:code} for this channel and language is deleted. Please restore it"
        " first.",
    ),
    "MESSAGE_TEMPLATE_UNKNOWN": Text(
        "没有该代码的启用模板。", "There is no active template with this code for this channel."
    ),
    "TEMPLATE_SUBJECT_MISSING": Text("邮件须有主题。", "A mail needs a subject."),
    "TEMPLATE_SUBJECT_UNWANTED": Text("短信没有主题。", "A text message has no subject."),
    "TEMPLATE_PLACEHOLDER_WRONG": Text(
        "无法识别占位符 {text:code}，应为小写英文名称，花括号请写两个。",
        "The placeholder {text:code} cannot be read. It needs a name in small letters; write a"
        " brace twice.",
    ),
    "TEMPLATE_TYPE_UNKNOWN": Text(
        "变量 {name:code} 的类型未知，可选：{allowed:code}。",
        "The type of the variable {name:code} is not known. Known are {allowed:code}.",
    ),
    "TEMPLATE_TYPES_DIFFER": Text(
        "变量 {name:code} 出现了两种类型。", "The variable {name:code} has two different types."
    ),
    "TEMPLATE_PURPOSE_GIVEN": Text(
        "该代码的消息用途固定为“{purpose:MessagePurpose}”。",
        "Messages of this code have the purpose {purpose:MessagePurpose}.",
    ),
    "TEMPLATE_VARIABLE_NOT_GIVEN": Text(
        "该代码的消息没有变量 {name:code}（或类型不同），可用：{allowed:code}。",
        "Messages of this code have no variable {name:code}, or one of another type. They have"
        " {allowed:code}.",
    ),
    "TEMPLATE_LINK_MISSING": Text(
        "正文缺少链接 {placeholder:code}。", "The body lacks the link {placeholder:code}."
    ),
    "VARIABLE_MISSING": Text("缺少该变量的值。", "The value of this variable is missing."),
    "VARIABLE_WRONG": Text(
        "该值不是有效的{type:VariableType}。", "This is not a valid value: {type:VariableType}."
    ),
    "MESSAGE_TOO_LONG": Text(
        "短信最多 {limit} 个字符。", "A text message can have at most {limit} characters."
    ),
    "MESSAGE_NOT_FAILED": Text(
        "只有未送出的消息才能重试。", "Only a message that was given up can be tried again."
    ),
    "MESSAGE_NOT_SENT": Text("该消息尚未送出。", "This message has not been sent."),
    "MESSAGE_ERASED": Text("该消息的收件人已被清除。", "The recipient of this message was erased."),
    "MESSAGE_NOT_WRITTEN": Text(
        "该消息没有内容，请重新发起。",
        "This message has no text. It has to be requested anew.",
    ),
    "RECORD_HALF_NAMED": Text(
        "请同时填写记录的类型和编号。", "Please give both the kind of the record and its id."
    ),
    "MessagePurpose.TRANSACTIONAL": Text("业务通知", "Part of business"),
    "MessagePurpose.MARKETING": Text("营销", "Marketing"),
    "VariableType.TEXT": Text("文本", "text"),
    "VariableType.NUMBER": Text("数字", "number"),
    "VariableType.MONEY": Text("金额", "amount"),
    "VariableType.DATE": Text("日期", "date"),
    "VariableType.LINK": Text("网址", "address of a page"),
    "MessageStatus.QUEUED": Text("等待发送", "Waiting"),
    "MessageStatus.SENDING": Text("发送中", "Being sent"),
    "MessageStatus.SENT": Text("已发送", "Sent"),
    "MessageStatus.FAILED": Text("未能送出", "Not sent"),
    "MessageStatus.UNCERTAIN": Text("不确定是否送出", "Perhaps sent"),
    "MessageStatus.REFUSED": Text("免打扰，未发送", "Not wanted"),
    "MessageStatus.BOUNCED": Text("已退回", "Came back"),
    "BounceKind.HARD": Text("地址无效", "No such address"),
    "BounceKind.SOFT": Text("暂时退回", "Came back for now"),
    "BounceKind.COMPLAINT": Text("被投诉", "Complaint"),
    "BanReason.ASKED": Text("本人要求", "Asked for it"),
    "BanReason.BOUNCED": Text("地址无效", "No such address"),
    "BanReason.COMPLAINED": Text("曾投诉", "Complained"),
}
