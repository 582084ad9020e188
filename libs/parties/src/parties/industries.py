"""Industries by the sections of GB/T 4754-2017, and how cells of files spell them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kernel.names import comparable_name


class IndustrySection(StrEnum):
    """A section (门类) of GB/T 4754-2017, the national classification of industries."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"
    G = "G"
    H = "H"
    I = "I"  # noqa: E741  # the letter that the standard gives it
    J = "J"
    K = "K"
    L = "L"
    M = "M"
    N = "N"
    O = "O"  # noqa: E741  # the same
    P = "P"
    Q = "Q"
    R = "R"
    S = "S"
    T = "T"


# The names of the standard, and those of its English edition.
SECTION_NAMES: Final[Mapping[IndustrySection, tuple[str, str]]] = {
    IndustrySection.A: (
        "农、林、牧、渔业",
        "Agriculture, forestry, animal husbandry and fishery",
    ),
    IndustrySection.B: ("采矿业", "Mining"),
    IndustrySection.C: ("制造业", "Manufacturing"),
    IndustrySection.D: (
        "电力、热力、燃气及水生产和供应业",
        "Production and supply of electricity, heat, gas and water",
    ),
    IndustrySection.E: ("建筑业", "Construction"),
    IndustrySection.F: ("批发和零售业", "Wholesale and retail trade"),
    IndustrySection.G: ("交通运输、仓储和邮政业", "Transport, storage and postal services"),
    IndustrySection.H: ("住宿和餐饮业", "Accommodation and catering"),
    IndustrySection.I: (
        "信息传输、软件和信息技术服务业",
        "Information transmission, software and information technology services",
    ),
    IndustrySection.J: ("金融业", "Finance"),
    IndustrySection.K: ("房地产业", "Real estate"),
    IndustrySection.L: ("租赁和商务服务业", "Leasing and business services"),
    IndustrySection.M: (
        "科学研究和技术服务业",
        "Scientific research and technical services",
    ),
    IndustrySection.N: (
        "水利、环境和公共设施管理业",
        "Management of water conservancy, environment and public facilities",
    ),
    IndustrySection.O: (
        "居民服务、修理和其他服务业",
        "Services to households, repair and other services",
    ),
    IndustrySection.P: ("教育", "Education"),
    IndustrySection.Q: ("卫生和社会工作", "Health and social work"),
    IndustrySection.R: ("文化、体育和娱乐业", "Culture, sports and entertainment"),
    IndustrySection.S: (
        "公共管理、社会保障和社会组织",
        "Public administration, social security and social organizations",
    ),
    IndustrySection.T: ("国际组织", "International organizations"),
}
_BY_NAME: Final = {
    comparable_name(name): section for section, names in SECTION_NAMES.items() for name in names
}


def section_of_cell(cell: str) -> str:
    """Return the letter of the section that a cell names in either language, else the cell."""
    found = _BY_NAME.get(comparable_name(cell))
    return cell.strip().upper() if found is None else found.value
