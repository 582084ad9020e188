"""Files of one to three names: the bytes of one language are often text of another, too."""

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.encodings import decode_text
from chassis.files.formats.familiarity import familiarity
from chassis.files.formats.findings import UnreadableFile

NAMES = {
    "zh": "王芳 李娜 张伟 刘洋 陈静 欧阳倩 诸葛亮 司马懿 夏侯惇 马化腾 任正非 董明珠 雷军 喆 "
    "孙淼 谭嗣同 上海示例有限公司 北京大学 长沙银行 华为技术有限公司 小米科技 宁德时代 "
    "隆基绿能 药明康德 片仔癀药业 鄂尔多斯 呼和浩特 乌鲁木齐 杭州西湖区 青岛啤酒 五粮液 "
    "海螺水泥 泸州老窖 恒瑞医药 迈瑞医疗 美的集团",
    "ja": "田中太郎 佐藤花子 鈴木一郎 高橋健 渡辺美咲 伊藤博文 夏目漱石 芥川龍之介 黒澤明 "
    "宮崎駿 村上春樹 株式会社田中 トヨタ自動車 ソニー 日立製作所 三菱電機 東京電力 "
    "大阪ガス 任天堂 楽天 資生堂 花王 富士通 セブンイレブン 北海道庁 名古屋市役所 "
    "横浜銀行 京都大学 清水建設 大和証券 野村総合研究所",
    "ko": "김철수 이영희 박지성 최민식 정우성 강호동 조용필 윤여정 장동건 임윤아 한가인 오세훈 "
    "서태지 신민아 삼성전자 현대자동차 기아 한국전력 대한항공 롯데쇼핑 네이버 카카오 "
    "셀트리온 포스코 엘지화학 우리은행 서울특별시 부산광역시 제주도 연세대학교 고려아연 "
    "농심 오뚜기 하이트진로 빙그레 아모레퍼시픽",
    "zh-TW": "陳志明 林淑芬 黃俊傑 張雅婷 蔡英文 馬英九 郭台銘 張忠謀 王永慶 周杰倫 李安 侯孝賢 "
    "楊德昌 台灣積體電路 鴻海精密 聯發科技 中華電信 台達電子 統一企業 長榮海運 國泰金控 "
    "華碩電腦 宏碁 友達光電 新竹市政府 高雄港務局 成功大學 誠品書店 義美食品 大同公司",
}
CODECS = [("zh", "gb18030"), ("ja", "cp932"), ("ja", "euc_jp"), ("ko", "cp949"), ("zh-TW", "cp950")]
SAMPLES = 60
# By the number of names: how many files of the tenant's own encodings may be refused, and how many
# of any may be wrong. One name in EUC-JP is valid UTF-8 by chance, which is believed.
REFUSED = {1: 0.2, 2: 0.05, 3: 0.0, 10: 0.0}
WRONG = {1: 0.07, 2: 0.02, 3: 0.0, 10: 0.0}


def outcomes(language: str, codec: str, tenant: Sequence[str], rows: int) -> Counter[str]:
    """Count what becomes of files of so many names: right, wrong, or refused."""
    draw, names, found = (
        random.Random(f"{language} {rows}"),
        NAMES[language].split(),
        Counter[str](),
    )
    for _ in range(SAMPLES):
        text = "\n".join(["name", *draw.sample(names, k=rows), ""])
        try:
            decoded = decode_text(text.encode(codec), None, tenant)
        except UnreadableFile:
            found["refused"] += 1
        else:
            found["right" if decoded.text == text else "wrong"] += 1
    return found


@pytest.mark.parametrize(("language", "codec"), CODECS)
@pytest.mark.parametrize("rows", [1, 2, 3, 10])
def test_names_in_the_language_of_the_tenant_need_no_declaration(
    language: str, codec: str, rows: int
) -> None:
    found = outcomes(language, codec, (language, "en"), rows)
    assert found["wrong"] <= WRONG[rows] * SAMPLES, found
    assert found["refused"] <= REFUSED[rows] * SAMPLES, found


@pytest.mark.parametrize("tenant", ["zh-CN", "ja", "ko", "zh-TW", "en"])
@pytest.mark.parametrize(("language", "codec"), CODECS)
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_names_of_another_language_are_recognized_or_refused(
    language: str, codec: str, tenant: str, rows: int
) -> None:
    found = outcomes(language, codec, (tenant,), rows)
    assert found["wrong"] <= WRONG[rows] * SAMPLES, found


@pytest.mark.parametrize(
    ("text", "codec", "tenant", "encodings"),
    [
        ("name\n김철수\n", "cp949", "zh-CN", {"GB18030", "EUC-KR"}),
        ("이름\n기아\n", "cp949", "zh-CN", {"GB18030", "EUC-KR"}),
        ("name\n田中\n", "euc_jp", "zh-CN", {"GB18030", "EUC-JP"}),
        ("name\n王伟\n", "gb18030", "ja", {"GB18030", "EUC-JP"}),
        ("name\nПетров\n", "cp1251", "zh-CN", {"GB18030", "windows-1251"}),
    ],
)
def test_a_doubtful_name_is_refused_with_the_encodings_that_it_may_be_in(
    text: str, codec: str, tenant: str, encodings: set[str]
) -> None:
    with pytest.raises(UnreadableFile) as unreadable:
        decode_text(text.encode(codec), None, (tenant,))
    [finding] = unreadable.value.findings
    assert finding.code == "FILE_ENCODING_DOUBTFUL"
    assert encodings <= set(finding.params["encodings"])


def test_two_short_lines_are_no_utf_8_by_chance() -> None:
    lines = "name\n魏\n王芳\n".encode("gb18030")
    assert decode_text(lines, None, ("zh-CN",)).encoding is Encoding.GB18030


def test_familiar_letters_are_those_of_names() -> None:
    assert familiarity("王芳喆", "gb18030") == pytest.approx(2 / 3)
    assert familiarity("トヨタ", "cp932") == 1
    assert familiarity("", "cp949") == 0
