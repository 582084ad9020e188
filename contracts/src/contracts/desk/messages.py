"""The kinds of messages that DESK sends to the outside."""

from typing import Final

from contracts.messages import (
    MessageChannel,
    MessageKind,
    MessagePurpose,
    MessageText,
    VariableType,
)

APPROVAL_LINK: Final = MessageKind(
    name="desk.approval_link",
    resource="desk.approval",
    zh="审批链接",
    en="Link to an approval",
    purpose=MessagePurpose.TRANSACTIONAL,
    variables={
        "asker": VariableType.TEXT,
        "kind": VariableType.TEXT,
        "record": VariableType.TEXT,
        "url": VariableType.LINK,
        "until": VariableType.DATE,
    },
    texts=(
        MessageText(
            channel=MessageChannel.MAIL,
            language="zh-CN",
            subject="请审批 {record}（{kind}）",
            body="{asker} 提交了 {record}（{kind}），正在等待您的审批。\n\n"
            "查看并决定：{url:LINK}\n\n该链接只供您本人使用，{until:DATE} 前有效，请勿转发。\n",
        ),
        MessageText(
            channel=MessageChannel.MAIL,
            language="en",
            subject="Please decide on {record} ({kind})",
            body="{asker} asks for your approval of {record} ({kind}).\n\nSee it and decide:"
            " {url:LINK}\n\nThe link is for you alone, and valid until {until:DATE}. Please do not"
            " pass it on.\n",
        ),
    ),
)
MESSAGE_KINDS: Final = (APPROVAL_LINK,)
