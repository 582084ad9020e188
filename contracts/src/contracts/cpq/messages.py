"""The kinds of messages that CPQ sends to the outside."""

from typing import Final

from contracts.messages import (
    MessageChannel,
    MessageKind,
    MessagePurpose,
    MessageText,
    VariableType,
)

QUOTE_SENT: Final = MessageKind(
    name="cpq.quote_sent",
    resource="cpq.quote",
    zh="报价通知",
    en="Notice of a quote",
    purpose=MessagePurpose.TRANSACTIONAL,
    variables={
        "account": VariableType.TEXT,
        "quote_no": VariableType.TEXT,
        "total": VariableType.MONEY,
        "valid_until": VariableType.DATE,
    },
    texts=(
        MessageText(
            channel=MessageChannel.MAIL,
            language="zh-CN",
            subject="报价 {quote_no}",
            body="{account}，您好：\n\n报价 {quote_no} 共 {total:MONEY}，有效期至"
            " {valid_until:DATE}。如有疑问，请与您的客户经理联系。\n",
        ),
        MessageText(
            channel=MessageChannel.MAIL,
            language="en",
            subject="Quote {quote_no}",
            body="Dear {account},\n\nOur quote {quote_no} comes to {total:MONEY} and is valid"
            " until {valid_until:DATE}. Please ask your account manager if you have any"
            " questions.\n",
        ),
        MessageText(
            channel=MessageChannel.SMS,
            language="zh-CN",
            body="报价 {quote_no} 共 {total:MONEY}，有效期至 {valid_until:DATE}。",
        ),
        MessageText(
            channel=MessageChannel.SMS,
            language="en",
            body="Quote {quote_no}: {total:MONEY}, valid until {valid_until:DATE}.",
        ),
    ),
)
MESSAGE_KINDS: Final = (QUOTE_SENT,)
