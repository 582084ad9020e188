"""The fields of a lead in bodies of requests and answers."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field, StringConstraints

from chassis.records.codes import CountryCode, LanguageTag
from chassis.records.contact_points import Email, Phone
from kernel.business_dates import BusinessDate
from kernel.money import Money, NonNegativeMoney
from kernel.personal import Personal
from kernel.texts import TrimmedText
from parties.company_sizes import CompanySize
from parties.fields import RegionCode, Uscc, Website, WechatId
from parties.tag_schemas import Tags

MAX_ATTRIBUTES, MAX_ATTRIBUTE_NAME_LENGTH, MAX_ATTRIBUTE_VALUE_LENGTH = 100, 100, 1000


def _bounded_text(maximum: int) -> TrimmedText:
    return TrimmedText(min_length=1, max_length=maximum)


ShortText = Annotated[str, _bounded_text(100)]
LineText = Annotated[str, _bounded_text(200)]
LongText = Annotated[str, _bounded_text(2000)]
LeadName = Annotated[str, _bounded_text(200), Personal("name")]
LeadAttributeName = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_ATTRIBUTE_NAME_LENGTH)
]
LeadAttributeValue = Annotated[str, TrimmedText(max_length=MAX_ATTRIBUTE_VALUE_LENGTH)]


class LeadFields(BaseModel):
    """What people may write about a lead."""

    name: LeadName | None = None
    job_title: ShortText | None = None
    department: ShortText | None = None
    company: LineText | None = None
    uscc: Uscc | None = None
    industry: ShortText | None = None
    company_size: CompanySize | None = None
    website: Website | None = None
    country: CountryCode | None = Field(
        default=None, description="Numbers without a country code are read as numbers of it"
    )
    region_code: RegionCode | None = None
    address: Annotated[str, _bounded_text(300), Personal("text")] | None = None
    phone: Phone | None = Field(
        default=None,
        description="Any usual spelling, without a country code a number of `country` or of the"
        " tenant's country; stored as E.164, an extension as `;ext=`",
    )
    work_phone: Phone | None = Field(
        default=None, description="May be that of a switchboard, so several leads may have it"
    )
    other_phone: Phone | None = None
    email: Email | None = Field(default=None, description="Stored in lower case")
    other_email: Email | None = None
    wechat_id: Annotated[WechatId, Personal("login")] | None = None
    language: LanguageTag | None = Field(
        default=None, description="The language that the person prefers", examples=["zh-CN"]
    )
    external_id: LineText | None = Field(
        default=None, description="The id of this lead in another system"
    )
    description: Annotated[LongText, Personal("text")] | None = None
    need: LongText | None = Field(default=None, description="What the person is looking for")
    budget: NonNegativeMoney | None = None
    expected_on: BusinessDate | None = Field(
        default=None, description="The day by which they want to buy"
    )
    source: ShortText | None = None
    source_detail: LineText | None = Field(
        default=None, description="For example the name of a trade fair, or the title of a page"
    )
    utm_source: LineText | None = None
    utm_medium: LineText | None = None
    utm_campaign: LineText | None = None
    utm_term: LineText | None = Field(default=None, description="The keyword of the advertisement")
    utm_content: LineText | None = None
    tags: Tags = Field(default=(), description="Given by people; a case makes no difference")
    attributes: Annotated[
        dict[LeadAttributeName, LeadAttributeValue], Field(max_length=MAX_ATTRIBUTES)
    ] = {}
    custom_fields: dict[str, Any] = {}


class LeadFieldsOut(BaseModel):
    """What is known about a lead."""

    name: Annotated[str | None, Personal("name")]
    job_title: str | None
    department: str | None
    company: str | None
    uscc: str | None
    industry: str | None
    company_size: CompanySize | None
    website: str | None
    country: str | None
    region_code: str | None = Field(examples=["330106"])
    region_name: str | None = Field(default=None, examples=["浙江省杭州市西湖区"])
    address: Annotated[str | None, Personal("text")]
    phone: Annotated[str | None, Personal("phone")] = Field(examples=["+8613800138000"])
    work_phone: Annotated[str | None, Personal("phone")]
    other_phone: Annotated[str | None, Personal("phone")]
    email: Annotated[str | None, Personal("email")]
    other_email: Annotated[str | None, Personal("email")]
    wechat_id: Annotated[str | None, Personal("login")]
    language: str | None
    external_id: str | None
    description: Annotated[str | None, Personal("text")]
    need: str | None
    budget: Money | None
    expected_on: date | None
    source: str | None
    source_detail: str | None
    utm_source: str | None
    utm_medium: str | None
    utm_campaign: str | None
    utm_term: str | None
    utm_content: str | None
    tags: list[str]
    rule_tags: list[str] = Field(description="Given by the rules `lead_tags`")
    attributes: dict[str, str]
    custom_fields: dict[str, Any]
