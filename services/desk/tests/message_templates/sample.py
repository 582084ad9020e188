"""A sample message template."""

from testkit.samples import Sample, always

SAMPLES = {
    "desk.message_template": Sample(
        body=always(
            code="QUOTE_LINK",
            name="报价链接",
            channel="MAIL",
            language="zh-CN",
            subject="报价 {quote_no}",
            body="{customer}，您好：{url:LINK}",
        ),
        patch={"name": "邀请函"},
        unique="code",
    ),
}
