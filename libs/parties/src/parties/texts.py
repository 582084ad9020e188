"""Labels of what companies and persons are, in Chinese and English; a service adds its own."""

from collections.abc import Mapping
from typing import Final

from chassis.foundation.texts import Text
from parties.industries import SECTION_NAMES

SIZE_LABELS: Final[Mapping[str, Text]] = {
    "CompanySize.UNDER_20": Text("少于 20 人", "Fewer than 20 people"),
    "CompanySize.FROM_20": Text("20–99 人", "20–99 people"),
    "CompanySize.FROM_100": Text("100–499 人", "100–499 people"),
    "CompanySize.FROM_500": Text("500–999 人", "500–999 people"),
    "CompanySize.FROM_1000": Text("1000–9999 人", "1,000–9,999 people"),
    "CompanySize.FROM_10000": Text("1 万人以上", "10,000 people or more"),
}
INDUSTRY_LABELS: Final[Mapping[str, Text]] = {
    f"IndustrySection.{section}": Text(*names) for section, names in SECTION_NAMES.items()
}
POINT_LABELS: Final[Mapping[str, Text]] = {
    "PhoneKind.OFFICE": Text("办公电话", "Office"),
    "PhoneKind.MOBILE": Text("手机", "Mobile"),
    "PhoneKind.HOME": Text("住宅电话", "Home"),
    "PhoneKind.FAX": Text("传真", "Fax"),
    "PhoneKind.SERVICE": Text("服务热线", "Service line"),
    "PhoneKind.OTHER": Text("其他", "Other"),
    "EmailKind.WORK": Text("工作邮箱", "Work"),
    "EmailKind.PRIVATE": Text("私人邮箱", "Private"),
    "EmailKind.INVOICE": Text("收票邮箱", "Invoices"),
    "EmailKind.OTHER": Text("其他", "Other"),
    "WebsiteKind.COMPANY": Text("官网", "Company site"),
    "WebsiteKind.SHOP": Text("网店", "Shop"),
    "WebsiteKind.SOCIAL": Text("社交媒体", "Social media"),
    "WebsiteKind.OTHER": Text("其他", "Other"),
    "AddressKind.REGISTERED": Text("注册地址", "Registered office"),
    "AddressKind.OFFICE": Text("办公地址", "Office"),
    "AddressKind.BILLING": Text("账单地址", "Billing"),
    "AddressKind.SHIPPING": Text("收货地址", "Shipping"),
    "AddressKind.FACTORY": Text("工厂地址", "Factory"),
    "AddressKind.OTHER": Text("其他", "Other"),
    "POINT_REPEATED": Text("同一个值出现了多次。", "The same value stands here more than once."),
    "ADDRESS_DEFAULT_REPEATED": Text(
        "每种地址只能有一个默认地址。", "Only one address of each kind can be the default."
    ),
}
