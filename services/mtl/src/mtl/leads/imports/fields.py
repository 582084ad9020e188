"""The columns of files of leads."""

from typing import Final

from chassis.files.imports.named_rows import EXTERNAL_ID, EXTERNAL_ID_HEADERS, SYSTEM_FIELD
from chassis.files.imports.target import ImportField
from chassis.foundation.texts import Text
from chassis.records.import_examples import (
    COMPANY,
    EMAIL,
    PERSON,
    SELLER,
    mobile_number,
    office_number,
    own_country,
    own_currency,
)
from mtl.leads.schemas.spellings import CURRENCY_FIELD

OWNER_FIELD: Final = "owner"

LEAD_FIELDS: Final = (
    ImportField("name", ("full name", "姓名", "联系人"), example=PERSON),
    ImportField(
        "job_title", ("title", "position", "职务", "职位"), example=Text("主管", "Manager")
    ),
    ImportField("department", ("部门",), example=Text("信息部", "IT")),
    ImportField("company", ("公司", "公司名称"), example=COMPANY),
    ImportField(
        "uscc",
        ("统一社会信用代码", "信用代码", "税号"),
        example="91110000600037341L",
    ),
    ImportField("industry", ("行业", "所属行业"), example=Text("制造业", "Manufacturing")),
    ImportField("company_size", ("company size", "employees", "公司规模", "人数"), example="150"),
    ImportField("website", ("网站", "网址", "官网"), example="https://www.example.com"),
    ImportField("country", ("国家", "国家或地区"), example=own_country),
    ImportField("region_code", ("region", "地区", "省市区"), example="330106"),
    ImportField("address", ("地址", "详细地址"), example=Text("文三路 1 号", "1 Main Street")),
    ImportField("phone", ("mobile", "手机", "手机号", "电话"), example=mobile_number),
    ImportField(
        "work_phone", ("work phone", "office phone", "座机", "办公电话"), example=office_number
    ),
    ImportField("other_phone", ("other phone", "其他电话", "备用电话")),
    ImportField("email", ("邮箱", "电子邮件"), example=EMAIL),
    ImportField("other_email", ("other email", "其他邮箱", "备用邮箱")),
    ImportField("wechat_id", ("wechat", "微信", "微信号"), example="wangfang88"),
    ImportField("language", ("语言",), example="zh-CN"),
    ImportField(
        EXTERNAL_ID,
        ("lead number", "线索编号", *EXTERNAL_ID_HEADERS),
        example="L-0001",
        identifies=True,
    ),
    SYSTEM_FIELD,
    ImportField("description", ("备注", "说明")),
    ImportField("need", ("需求", "需求描述"), example="CRM"),
    ImportField("budget", ("预算", "预算金额"), example="50000", is_amount=True),
    ImportField(CURRENCY_FIELD, ("budget currency", "预算币种"), example=own_currency),
    ImportField("expected_on", ("expected on", "预计采购日期"), example="2026-12-31"),
    ImportField("source", ("lead source", "来源", "线索来源"), example=Text("展会", "Trade fair")),
    ImportField("source_detail", ("source detail", "来源详情")),
    ImportField("utm_source", ("utm source", "广告来源"), example="baidu"),
    ImportField("utm_medium", ("utm medium", "广告媒介"), example="cpc"),
    ImportField("utm_campaign", ("utm campaign", "广告系列"), example="autumn"),
    ImportField("utm_term", ("utm term", "广告关键词"), example="crm"),
    ImportField("utm_content", ("utm content", "广告内容"), example="banner"),
    ImportField("tags", ("labels", "标签"), example=Text("重点；展会", "key; fair")),
    ImportField(OWNER_FIELD, ("lead owner", "负责人", "所有人"), example=SELLER),
)
