"""Makes `company_pairs.csv`: pairs of company names, and whether both name one company.

It was written, and its file committed, before there was a matcher: names are composed of brands,
lines of business, regions and legal forms, and changed in the ways that people change them. Run
`python -m libs.parties.tests.make_company_pairs` to write the file again; it is seeded.
"""

import csv
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

FILE = Path(__file__).with_name("company_pairs.csv")
SEED = 20261130
OF_A_KIND = 220  # positives of each of the five kinds
ENGLISH = 5  # every fifth company has an English name


def _words(text: str) -> list[str]:
    return text.split()


# Characters that brands are made of, each with others that an input method offers instead.
SOUNDS = _words("""
华桦骅 信鑫欣 达大答 瑞锐睿 恒衡横 泰太钛 博勃铂 远源媛 众仲种 科柯棵 创闯怆 鼎顶酊 盛圣晟
宏鸿弘 嘉佳珈 润闰 金锦津 海嗨 天添田 东冬栋 方芳坊 立利励 通桐彤 安氨 康糠 德得 诚成程 宇羽禹
凯恺铠 明铭茗 光广 聚炬 力丽 百佰柏 万湾 正政郑 顺舜 优悠 邦帮 联莲 合和荷 景璟 蓝岚 星兴 云芸
维唯 思司 普浦 尔耳 乐勒 佑右 亿翼 隆龙 祥翔 富福 丰峰 美镁
""")
LINES = _words("""
科技 信息技术 网络科技 软件 电子 机械设备 制造 贸易 国际贸易 物流 医药 生物科技 建筑工程
房地产开发 食品 服饰 化工 新能源 汽车零部件 餐饮管理 文化传媒 教育咨询 企业管理咨询 投资
环保工程 智能装备 新材料 精密仪器 农业发展 包装材料 医疗器械 半导体
""")
LEGAL = ("有限公司", "有限责任公司", "股份有限公司", "集团有限公司", "集团股份有限公司")
# City, and its province where the city is not one itself.
CITIES = (
    ("上海", ""), ("北京", ""), ("天津", ""), ("重庆", ""), ("深圳", "广东"), ("广州", "广东"),
    ("东莞", "广东"), ("杭州", "浙江"), ("宁波", "浙江"), ("温州", "浙江"), ("南京", "江苏"),
    ("苏州", "江苏"), ("无锡", "江苏"), ("成都", "四川"), ("武汉", "湖北"), ("长沙", "湖南"),
    ("郑州", "河南"), ("青岛", "山东"), ("济南", "山东"), ("厦门", "福建"), ("福州", "福建"),
    ("合肥", "安徽"), ("南昌", "江西"), ("西安", "陕西"), ("沈阳", "辽宁"), ("大连", "辽宁"),
    ("昆明", "云南"), ("石家庄", "河北"),
)  # fmt: skip
TO_TRADITIONAL = str.maketrans(
    "华达瑞创鼎润东方顺优联蓝云维尔乐亿隆丰凯明广万众团责实业国际贸软电机设备药医筑开发"
    "饰车饮传媒询资环农发仪疗导体网络术信产贸轻环业动",
    "華達瑞創鼎潤東方順優聯藍雲維爾樂億隆豐凱明廣萬眾團責實業國際貿軟電機設備藥醫築開發"
    "飾車飲傳媒詢資環農發儀療導體網絡術信產貿輕環業動",
)
FIRST = _words("""
Bright Harbor Northern Silver Golden Summit Pacific Evergreen Atlas Granite Beacon Crescent
Meridian Phoenix Redwood Sterling Vanguard Westfield Aurora Cascade Falcon Horizon Juniper
Keystone Liberty Monarch Orchid Pioneer Quantum Riverside
""")
SECOND = _words("""
Stone Bridge Field Light Wave Point Ridge Star Forge Crest Gate Mark Port Spring Wood
""")
ENGLISH_LINES = [
    "Logistics",
    "Technologies",
    "Software",
    "Trading",
    "Foods",
    "Chemicals",
    "Automotive",
    "Medical Devices",
    "Electronics",
    "Packaging",
    "Construction",
    "Textiles",
    "Semiconductors",
    "Consulting",
]
ENGLISH_LEGAL = ("Co., Ltd.", "Limited", "Inc.", "Corporation", "LLC", "GmbH", "Pte. Ltd.")
PLACES = ("Shanghai", "Shenzhen", "Beijing", "Hangzhou", "Suzhou", "Guangzhou", "Ningbo")


@dataclass(frozen=True)
class Company:
    """A company as its parts; the parts of an English name are words."""

    brand: str
    line: str
    city: str
    province: str
    legal: str
    english: bool = False

    @property
    def full(self) -> str:
        if self.english:
            return f"{self.city} {self.brand} {self.line} {self.legal}".strip()
        return f"{self.city}{self.brand}{self.line}{self.legal}"


class Maker:
    """Draws companies and changes their names, always the same ones for a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def company(self, *, english: bool | None = None, least: int = 2) -> Company:
        chosen = self.random.randrange(ENGLISH) == 0 if english is None else english
        return self._english() if chosen else self._chinese(least)

    def _chinese(self, least: int) -> Company:
        letters = self.random.choices((2, 3, 4), (40, 40, 20))[0]
        sounds = self.random.sample(SOUNDS, max(letters, least))
        city, province = self.random.choice(CITIES)
        brand = "".join(sound[0] for sound in sounds)
        line, legal = self.random.choice(LINES), self.random.choice(LEGAL)
        return Company(brand, line, city, province, legal)

    def _english(self) -> Company:
        brand = " ".join((self.random.choice(FIRST), self.random.choice(SECOND)))
        line, legal = self.random.choice(ENGLISH_LINES), self.random.choice(ENGLISH_LEGAL)
        return Company(brand, line, self.random.choice(("", *PLACES)), "", legal, english=True)

    def other_than(self, value: str, values: Sequence[str]) -> str:
        return self.random.choice([one for one in values if one != value])

    # Positives: both names are those of one company.

    def abbreviation(self) -> tuple[str, str]:
        company = self.company(least=3)
        if company.english:
            return company.full, self.random.choice(
                (company.brand, f"{company.brand} {company.line}")
            )
        line = company.line[:2]
        return company.full, self.random.choice(
            (company.brand, company.brand + line, company.city + company.brand)
        )

    def region_prefix(self) -> tuple[str, str]:
        company = self.company()
        brand, line, city = company.brand, company.line, company.city or self.random.choice(PLACES)
        if company.english:
            company = replace(company, city=city)
            others = (
                f"{brand} {line} {company.legal}",
                f"{brand} {line} ({city}) {company.legal}",
                f"{brand} ({city}) {line} {company.legal}",
            )
            return company.full, self.random.choice(others)
        legal, province = company.legal, company.province
        other = (
            f"{brand}{line}{legal}",
            f"{city}市{brand}{line}{legal}",
            f"{brand}（{city}）{line}{legal}",
            f"{brand}{line}({city}){legal}",
            f"{province}{city}{brand}{line}{legal}"
            if province
            else f"{city}市{brand}{line}{legal}",
            f"{province}省{city}市{brand}{line}{legal}" if province else f"{brand}{line}{legal}",
        )
        return company.full, self.random.choice(other)

    def legal_form(self) -> tuple[str, str]:
        company = self.company()
        forms = ENGLISH_LEGAL if company.english else LEGAL
        changed = replace(company, legal=self.other_than(company.legal, (*forms, "")))
        return company.full, changed.full

    def traditional(self) -> tuple[str, str]:
        company = self.company(english=False)
        written = company.full.translate(TO_TRADITIONAL)
        while written == company.full:
            company = self.company(english=False)
            written = company.full.translate(TO_TRADITIONAL)
        return company.full, written

    def typo(self) -> tuple[str, str]:
        company = self.company()
        if company.english:
            words = company.brand.split()
            place = self.random.randrange(2)
            words[place] = self._mistyped(words[place])
            return company.full, replace(company, brand=" ".join(words)).full
        ways: list[Callable[[Company], Company]] = [self._homophone, self._homophone]
        if len(company.brand) > 2:
            ways += [self._swapped, self._letter_left_out]
        if len(company.line) > 2:
            ways.append(self._line_cut)
        return company.full, self.random.choice(ways)(company).full

    def _mistyped(self, word: str) -> str:
        place = self.random.randrange(1, len(word) - 1)
        swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        left_out = word[:place] + word[place + 1 :]
        doubled = word[:place] + word[place] + word[place:]
        changed = [one for one in (swapped, left_out, doubled) if one != word]
        return self.random.choice(changed)

    def _homophone(self, company: Company) -> Company:
        place = self.random.randrange(len(company.brand))
        sound = next(one for one in SOUNDS if one[0] == company.brand[place])
        brand = company.brand[:place] + self.random.choice(sound[1:]) + company.brand[place + 1 :]
        return replace(company, brand=brand)

    def _swapped(self, company: Company) -> Company:
        place = self.random.randrange(len(company.brand) - 1)
        swapped = company.brand[place + 1] + company.brand[place]
        brand = company.brand[:place] + swapped + company.brand[place + 2 :]
        return replace(company, brand=brand)

    def _letter_left_out(self, company: Company) -> Company:
        place = self.random.randrange(len(company.brand))
        return replace(company, brand=company.brand[:place] + company.brand[place + 1 :])

    def _line_cut(self, company: Company) -> Company:
        place = self.random.randrange(len(company.line))
        return replace(company, line=company.line[:place] + company.line[place + 1 :])

    # Negatives: two companies whose names are nearly the same.

    def near_brand(self) -> tuple[str, str]:
        company = self.company()
        if company.english:
            first, second = company.brand.split()
            if self.random.random() < 0.5:
                brand = f"{first} {self.other_than(second, SECOND)}"
            else:
                brand = f"{self.other_than(first, FIRST)} {second}"
            return company.full, replace(company, brand=brand).full
        place = self.random.randrange(len(company.brand))
        letters = [sound[0] for sound in SOUNDS if sound[0] not in company.brand]
        letter = self.random.choice(letters)
        brand = company.brand[:place] + letter + company.brand[place + 1 :]
        return company.full, replace(company, brand=brand).full

    def other_line(self) -> tuple[str, str]:
        company = self.company()
        lines = ENGLISH_LINES if company.english else LINES
        apart = [one for one in lines if not set(one[:2]) & set(company.line)]
        line = self.random.choice(ENGLISH_LINES if company.english else apart)
        while line == company.line:
            line = self.random.choice(lines)
        return company.full, replace(company, line=line).full

    def other_city(self) -> tuple[str, str]:
        company = self.company(english=False)
        city, province = self.random.choice([one for one in CITIES if one[0] != company.city])
        return company.full, replace(company, city=city, province=province).full

    def other_brand(self) -> tuple[str, str]:
        company = self.company()
        other = self.company(english=company.english)
        while set(other.brand) & set(company.brand) and not company.english:
            other = self.company(english=False)
        brand = other.brand if other.brand != company.brand else company.brand[::-1]
        return company.full, replace(company, brand=brand).full

    def short_of_another(self) -> tuple[str, str]:
        """A short name that only begins as the brand of the company does."""
        company = self.company(english=False)
        letters = [sound[0] for sound in SOUNDS if sound[0] not in company.brand]
        brand = company.brand[:-1] + self.random.choice(letters)
        return company.full, self.random.choice((brand, brand + company.line[:2]))


def pairs() -> Iterator[tuple[str, str, str, str]]:
    """Yield the kind, both names, and `1` if they name one company."""
    maker = Maker(SEED)
    positives = (
        maker.abbreviation, maker.region_prefix, maker.legal_form, maker.traditional, maker.typo,
    )  # fmt: skip
    for make in positives:
        for _ in range(OF_A_KIND):
            yield make.__name__, *make(), "1"
    negatives = (
        (maker.near_brand, 400), (maker.other_line, 250), (maker.other_city, 150),
        (maker.other_brand, 150), (maker.short_of_another, 150),
    )  # fmt: skip
    for make, count in negatives:
        for _ in range(count):
            yield make.__name__, *make(), "0"


def main() -> None:
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("kind", "left", "right", "same"))
        writer.writerows(pairs())


if __name__ == "__main__":
    main()
