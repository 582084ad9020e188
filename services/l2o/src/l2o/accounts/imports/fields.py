"""The columns of files of accounts."""

from typing import Final

from chassis.files.imports.named_rows import EXTERNAL_FIELDS
from chassis.files.imports.target import ImportField
from chassis.foundation.texts import Text
from chassis.records.import_examples import (
    COMPANY,
    EMAIL,
    PARENT_COMPANY,
    PERSON,
    office_number,
    own_country,
    own_currency,
)

FURTHER_FIELDS: Final = (
    ImportField("kinds", ("客户类型", "account type"), example=Text("客户；经销商", "Customer")),
    ImportField(
        "uscc",
        ("统一社会信用代码", "信用代码", "税号"),
        example="91110000600037341L",
    ),
    ImportField("legal_representative", ("法定代表人", "法人代表"), example=PERSON),
    ImportField(
        "industry_section",
        ("行业门类", "industry section"),
        example=Text("制造业", "Manufacturing"),
    ),
    ImportField("company_size", ("公司规模", "company size"), example="150"),
    ImportField("region_code", ("地区", "省市区", "region"), example="310104"),
    ImportField(
        "address", ("地址", "办公地址", "详细地址"), example=Text("漕溪北路 1 号", "1 Main Street")
    ),
    ImportField("email", ("邮箱", "电子邮件"), example=EMAIL),
    ImportField("website", ("网站", "网址", "官网"), example="https://www.example.com"),
    ImportField("phones", ("其他电话", "further phones")),
    ImportField("emails", ("其他邮箱", "further emails")),
    ImportField("websites", ("其他网站", "further websites")),
    ImportField("trading_currency", ("交易币种", "trading currency"), example=own_currency),
    ImportField("language", ("语言",), example="zh-CN"),
    ImportField("payment_term_code", ("付款条件", "payment term"), example="NET30"),
    ImportField("description", ("备注", "说明")),
    ImportField("tags", ("labels", "标签"), example=Text("重点；展会", "key; fair")),
)
NAME_HEADERS = ("account", "account name", "company", "客户", "客户名称")

ACCOUNT_FIELDS: Final = (
    ImportField("name", NAME_HEADERS, required=True, example=COMPANY),
    ImportField("phone", ("电话", "联系电话"), example=office_number),
    ImportField("industry", ("sector", "行业"), example=Text("制造业", "Manufacturing")),
    ImportField("country", ("office_location", "国家", "所在国家"), example=own_country),
    ImportField("founded_year", ("year_established", "成立年份"), example="2008"),
    ImportField("employees", ("员工数", "员工人数"), example="350", is_amount=True),
    ImportField(
        "revenue",
        ("年收入（百万）", "annual revenue (millions)"),
        example="120.5",
        is_amount=True,
    ),
    ImportField("currency", ("币种",), example=own_currency),
    *FURTHER_FIELDS,
    ImportField(
        "parent",
        ("subsidiary_of", "parent account", "上级客户", "母公司"),
        example=PARENT_COMPANY,
    ),
    *EXTERNAL_FIELDS,
)
