"""Field types of persons and companies: credit codes, regions, websites, WeChat ids."""

import re
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BeforeValidator,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import PydanticCustomError
from stdnum.cn import uscc as uscc_numbers
from stdnum.exceptions import ValidationError as NumberRefused

from kernel.texts import TrimmedText
from parties.regions import region_of_code, region_path

MAX_URL_LENGTH: Final = 500
_URL: Final = TypeAdapter(AnyHttpUrl)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_DOTTED_HOST: Final = re.compile(r"[^./]+(\.[^./]+)+")
# WeChat ids have 6 to 20 letters, digits, hyphens and underlines; older ones may be a number.
_WECHAT_ID: Final = re.compile(r"[a-z0-9][-_a-z0-9]{4,19}")


def normalize_uscc(text: str) -> str:
    """Return a unified social credit code (GB 32100) in capitals, without blanks.

    Raises PydanticCustomError (USCC_INVALID), also for a wrong check digit.
    """
    try:
        number: str = uscc_numbers.validate(text)
    except NumberRefused:
        raise PydanticCustomError("USCC_INVALID", "Not a unified social credit code") from None
    return number


def normalize_website(text: str) -> str:
    """Return the address of a website, with `https://` where no scheme is given.

    Raises PydanticCustomError (WEBSITE_INVALID).
    """
    address = text if _SCHEME.match(text) else f"https://{text}"
    try:
        url = _URL.validate_python(address)
    except ValidationError:
        raise PydanticCustomError("WEBSITE_INVALID", "Not the address of a website") from None
    if not _DOTTED_HOST.fullmatch(url.host or "") or url.username or url.password:
        raise PydanticCustomError("WEBSITE_INVALID", "Not the address of a website")
    return str(url).removesuffix("/") if url.path == "/" and not url.query else str(url)


def domain_of_website(address: str) -> str:
    """Return the domain of a stored address, without `www`: companies are recognized by it."""
    host = urlsplit(address).hostname or address
    return host.removeprefix("www.")


def domain_key(domain: str) -> str:
    """Return the key under which records with a website of this domain are found."""
    return f"domain:{domain}"


def domain_keys(address: str) -> list[str]:
    """Return the keys of a stored address."""
    return [domain_key(domain_of_website(address))]


def normalize_wechat_id(text: str) -> str:
    """Return a WeChat id in lower case: WeChat ignores case.

    Raises PydanticCustomError (WECHAT_ID_INVALID).
    """
    wechat_id = text.lower()
    if not _WECHAT_ID.fullmatch(wechat_id):
        raise PydanticCustomError("WECHAT_ID_INVALID", "Not a WeChat id")
    return wechat_id


def _known_region(code: str) -> str:
    if region_of_code(code) is None:
        raise PydanticCustomError("REGION_UNKNOWN", "Not a code of GB/T 2260")
    return code


def _region_in_words(_: Any, info: ValidationInfo) -> str | None:
    """Return the names of the region in `region_code` and of those around it."""
    code = info.data.get("region_code")
    return None if code is None else region_path(code)


Uscc = Annotated[
    str,
    TrimmedText(min_length=1, max_length=40),
    AfterValidator(normalize_uscc),
    Field(description="Unified social credit code (GB 32100)", examples=["91110000600037341L"]),
]
Website = Annotated[
    str, TrimmedText(min_length=1, max_length=MAX_URL_LENGTH), AfterValidator(normalize_website)
]
WechatId = Annotated[
    str, TrimmedText(min_length=1, max_length=40), AfterValidator(normalize_wechat_id)
]
RegionCode = Annotated[
    str,
    TrimmedText(min_length=6, max_length=6),
    AfterValidator(_known_region),
    Field(description="Code of a region of today (GB/T 2260)", examples=["330106"]),
]
# A field after `region_code`, which it puts into words: `region_name: RegionName = REGION_NAME`.
RegionName = Annotated[str | None, BeforeValidator(_region_in_words)]
REGION_NAME: Any = Field(default=None, validate_default=True, examples=["浙江省杭州市西湖区"])
