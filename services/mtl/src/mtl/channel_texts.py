"""Texts for the codes of channels, captures and consents, in Chinese and English."""

from chassis.foundation.texts import Text

CHANNEL_TEXTS: dict[str, Text] = {
    "CHANNEL_NOT_FOUND": Text("没有该渠道。", "There is no such channel."),
    "CHANNEL_INACTIVE": Text("该渠道已停用。", "The channel is switched off."),
    "CHANNEL_FIELD_UNKNOWN": Text("没有这个字段。", "There is no such field."),
    "CAPTURE_NOT_FOUND": Text("没有该收录记录。", "There is no such capture."),
    "CAPTURE_RECORDED_OTHERWISE": Text(
        "该事件编号已用于不同的内容。",
        "This event id was already used with different content.",
    ),
    "CAPTURE_NOT_WAITING": Text(
        "该记录不在待审核之列。", "Nobody has to decide about this any more."
    ),
    "CAPTURE_KNOWN": Text("该联系人已有线索。", "A lead of this person is there already."),
    "CAPTURE_REFUSED": Text("审核未通过。", "A person has refused it."),
    "CAPTURE_TRAPPED": Text(
        "隐藏字段被填写，应为机器提交。", "A hidden field was filled in, as only machines do."
    ),
    "CAPTURE_UNFIT": Text(
        "提交的内容需要审核或不符合要求。", "The content was not accepted as it is."
    ),
    "CAPTURE_FIELD_MISSING": Text("缺少必填信息。", "Required information is missing."),
    "CAPTURE_MAIL_DOMAIN_BLOCKED": Text(
        "邮箱域名 {domain} 已被屏蔽。", "The mail domain {domain} is blocked."
    ),
    "CAPTURE_WORD_BLOCKED": Text("含有屏蔽词“{word}”。", "The text has the blocked word “{word}”."),
    "CAPTURE_CONDITION_MET": Text("符合条件“{label}”。", "It meets the condition “{label}”."),
    "CAPTURE_RULES_UNREADABLE": Text(
        "渠道规则引用的自定义字段已变更，请检查渠道设置。",
        "The rules of the channel name a custom field that was changed. Please check the channel.",
    ),
    "PAYLOAD_TOO_DEEP": Text(
        "内容嵌套超过 {limit} 层。", "The content is nested more than {limit} deep."
    ),
    "PAYLOAD_TOO_LARGE": Text(
        "内容超过 {limit} 个值。", "The content has more than {limit} values."
    ),
    "CONSENT_WITHOUT_POINT": Text(
        "该线索没有以下方式的联系信息：{media:ConsentMedium}。",
        "The lead has no contact details for: {media:ConsentMedium}.",
    ),
    "DO_NOT_CONTACT": Text(
        "对方已拒绝此联系方式（{medium:ConsentMedium}），不能主动联系。",
        "The person does not want to be contacted this way ({medium:ConsentMedium}).",
    ),
    # Labels of enums.
    "ConsentMedium.CALL": Text("电话", "Phone"),
    "ConsentMedium.MAIL": Text("邮件", "Mail"),
    "ConsentMedium.MESSAGE": Text("短信", "Text message"),
    "ConsentMedium.WECHAT": Text("微信", "WeChat"),
    "ConsentState.GRANTED": Text("已同意", "Granted"),
    "ConsentState.WITHDRAWN": Text("已撤回", "Withdrawn"),
    "FollowUpDirection.OUTGOING": Text("我方联系", "Outgoing"),
    "FollowUpDirection.INCOMING": Text("对方联系", "Incoming"),
    "ChannelKind.AD": Text("广告", "Advertisement"),
    "ChannelKind.SEARCH": Text("搜索", "Search engine"),
    "ChannelKind.WEB_FORM": Text("网站表单", "Web form"),
    "ChannelKind.CHAT": Text("在线咨询", "Chat"),
    "ChannelKind.MAIL": Text("邮件", "Mail"),
    "ChannelKind.WECHAT": Text("微信", "WeChat"),
    "ChannelKind.SERVICE_ACCOUNT": Text("服务号", "Service account"),
    "ChannelKind.CALL_CENTER": Text("呼叫中心", "Call centre"),
    "ChannelKind.EXHIBITION": Text("展会", "Exhibition"),
    "ChannelKind.SEMINAR": Text("研讨会", "Seminar"),
    "ChannelKind.TRIAL_REQUEST": Text("试用申请", "Trial request"),
    "ChannelKind.PRICE_ENQUIRY": Text("询价", "Price enquiry"),
    "ChannelKind.BOUGHT_LIST": Text("外购名单", "Bought list"),
    "ChannelKind.OTHER": Text("其他", "Other"),
    "DuplicatePolicy.BLOCK": Text("拒绝重复", "Refuse duplicates"),
    "DuplicatePolicy.ATTACH": Text("记为已有线索的触点", "Add a touch to the lead"),
    "DuplicatePolicy.CREATE_AND_FLAG": Text("新建并标记", "Create and flag"),
    "DuplicatePolicy.MERGE": Text("补全已有线索", "Fill the lead that is there"),
    "GateOutcome.QUARANTINE": Text("待审核", "Review"),
    "GateOutcome.REJECT": Text("拒绝", "Reject"),
    "Verdict.ACCEPTED": Text("通过", "Accepted"),
    "Verdict.QUARANTINED": Text("待审核", "To be reviewed"),
    "Verdict.REJECTED": Text("拒绝", "Rejected"),
    "CaptureOutcome.ACCEPTED": Text("已接收", "Accepted"),
    "CaptureOutcome.ATTACHED": Text("已并入已有线索", "Added to a lead"),
    "CaptureOutcome.QUARANTINED": Text("待审核", "To be reviewed"),
    "CaptureOutcome.REJECTED": Text("已拒绝", "Rejected"),
}
