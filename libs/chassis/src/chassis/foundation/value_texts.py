"""Texts of what a value may be: amounts, days, codes, telephone numbers."""

TEXTS: dict[str, tuple[str, str]] = {
    "ADDRESS_NOT_ONE": (
        "请填写一个邮箱或一个电话号码。",
        "Please give either a mail address or a number.",
    ),
    "AMOUNT_TOO_PRECISE": (
        "{currency} 最多 {digits} 位小数。",
        "Amounts in {currency} have at most {digits} decimal places.",
    ),
    "DAY_OUT_OF_RANGE": (
        "日期须在 {first} 至 {last} 之间。",
        "The date must be between {first} and {last}.",
    ),
    "PERIOD_TOO_LONG": ("期间最长 {days} 天。", "A period can have at most {days} days."),
    "COUNTRY_UNKNOWN": (
        "不是 ISO 3166-1 的国家或地区代码。",
        "This is not a country code of ISO 3166-1.",
    ),
    "USCC_INVALID": (
        "不是有效的统一社会信用代码，请检查是否有误。",
        "This is not a valid unified social credit code. Please check it for slips.",
    ),
    "REGION_UNKNOWN": (
        "没有这个行政区划代码（GB/T 2260）。",
        "There is no region with this code in GB/T 2260.",
    ),
    "WEBSITE_INVALID": ("不是有效的网址。", "This is not the address of a website."),
    "WECHAT_ID_INVALID": ("不是有效的微信号。", "This is not a valid WeChat id."),
    "LANGUAGE_UNKNOWN": ("没有这种语言。", "This language is not known."),
    "AMOUNT_TOO_LARGE": (
        "整数部分最多 {digits} 位，请检查是否误填了卡号或账号。",
        "At most {digits} digits may stand before the decimal point. Is this the number of a card "
        "or an account?",
    ),
    "CARD_NUMBER": (
        "这看起来是银行卡号，而不是金额。",
        "This looks like the number of a payment card, not like an amount.",
    ),
    "NUMBER_TOO_LARGE": (
        "数值过大：整数部分最多 16 位。",
        "The number is too large: at most 16 digits may stand before the decimal point.",
    ),
    "PHONE_REGION_UNKNOWN": (
        "请填写带国家代码的号码，例如 +86 10 6234 5678。",
        "Write the number with its country code, such as +44 20 7031 3000.",
    ),
    "PHONE_INVALID": ("不是有效的电话号码。", "This is not a valid phone number."),
    "EMAIL_INVALID": ("不是有效的邮箱地址。", "This is not a valid email address."),
    "COUNTED_IN_ALTERNATIVES": (
        "按该字段计数时，多选一的条件组中不能含该字段的条件。",
        "While records are counted by this field, none of several alternative groups can filter"
        " on it.",
    ),
}
