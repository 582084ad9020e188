"""Request and response bodies of message templates."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from chassis.foundation.texts import Text
from chassis.records.answers import RecordOut
from chassis.records.import_headings import Heading
from contracts.messages import MessageChannel, MessagePurpose, VariableType
from kernel.texts import TrimmedText

TemplateCode = Annotated[str, StringConstraints(pattern="^[A-Z][A-Z0-9_]{1,39}$")]
MessageLanguage = Literal["zh-CN", "en"]
Name = Annotated[str, TrimmedText(min_length=1, max_length=100)]
Subject = Annotated[str, TrimmedText(min_length=1, max_length=200, pattern=r"^[^\r\n]+$")]
Body = Annotated[str, TrimmedText(min_length=1, max_length=20_000)]


class MessageTemplateEdit(BaseModel):
    """The editable fields of a message template."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"examples": [{"active": False}]}
    )

    name: Annotated[Name, Heading("名称", example=Text("报价链接", "Link to a quote"))]
    subject: Annotated[
        Subject | None, Heading("主题", example=Text("报价 {quote_no}", "Quote {quote_no}"))
    ] = Field(default=None, description="Of a mail; a text message has none")
    body: Annotated[
        Body,
        Heading("正文", example=Text("请查看：{url:LINK}", "Please see {url:LINK}")),
    ] = Field(
        description="Variables stand in braces with their type: `{customer}`, `{total:MONEY}`, "
        "`{valid_until:DATE}`, `{count:NUMBER}`, `{url:LINK}`; `{{` is a brace",
        examples=["{customer}：报价 {quote_no}，共 {total:MONEY}，请查看 {url:LINK}"],
    )
    purpose: Annotated[MessagePurpose, Heading("用途", example="TRANSACTIONAL")] = Field(
        default=MessagePurpose.MARKETING,
        description="TRANSACTIONAL for what belongs to business that somebody has begun; what is"
        " MARKETING goes to nobody who has withdrawn their consent",
    )
    active: Annotated[StrictBool, Heading("启用", example="true")] = True
    custom_fields: dict[str, Any] = {}


class MessageTemplateIn(MessageTemplateEdit):
    """A new message template."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "code": "QUOTE_LINK",
                    "name": "报价链接",
                    "channel": "MAIL",
                    "language": "zh-CN",
                    "subject": "报价 {quote_no}",
                    "body": "{customer}，您好：请查看报价，共 {total:MONEY}。\n{url:LINK}",
                    "purpose": "TRANSACTIONAL",
                }
            ]
        },
    )

    code: Annotated[TemplateCode, Heading("代码", example="QUOTE_LINK")] = Field(
        description="What services call it; never changes", examples=["QUOTE_LINK"]
    )
    channel: Annotated[MessageChannel, Heading("渠道", example="MAIL")]
    language: Annotated[MessageLanguage, Heading("语言", example="zh-CN")]


class MessageTemplateOut(RecordOut):
    """What messages of a code say, in one language over one channel."""

    code: str
    name: str
    channel: MessageChannel
    language: str
    subject: str | None
    body: str
    purpose: MessagePurpose
    active: bool
    variables: dict[str, VariableType] = Field(description="Those of its texts, with their types")


class PreviewIn(BaseModel):
    """Values of the variables."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "variables": {
                        "customer": "王芳",
                        "quote_no": "Q-2026-000123",
                        "total": {"amount": "1234.50", "currency": "CNY"},
                        "url": "https://example.com/q/1",
                    }
                }
            ]
        },
    )

    variables: dict[str, Any] = {}


class MessagePreviewOut(BaseModel):
    """A message as its recipient would read it."""

    model_config = ConfigDict(from_attributes=True)

    subject: str | None
    body: str
