"""What the documentation calls a button or field is what the console calls it, in both languages."""

from __future__ import annotations

import pathlib

import pytest
from django.utils import translation
from django.utils.translation import gettext

ROOT = pathlib.Path(__file__).resolve().parents[2]
# (Chinese page, English page, words of the console that they name); a page of both languages is named twice.
NAMED = [
    (
        "docs/zh-hans/consultant.md",
        "docs/en/consultant.md",
        [
            *["Send all of them", "Send only those since a day", "Send none: they count as transferred"],
            *["Callback test", "Copy for another company", "Run now", "AppCodes"],
        ],
    ),
    (
        "docs/zh-hans/operate.md",
        "docs/en/operate.md",
        [
            *["Sending", "Delivered, not yet marked", "Done", "Failed, will be tried again", "Refused", "Uncertain"],
            *["Waits for a person", "Given up", "Mark as arrived", "Send again", "Give up", "Process again"],
            *["Only documents since", "Send none: they count as transferred", "Deliveries", "Dashboard"],
        ],
    ),
    (
        "docs/console/zh/connections.md",
        "docs/console/en/connections.md",
        ["Change password", "Try an action", "User fields"],
    ),
    ("docs/console/zh/mapping.md", "docs/console/en/mapping.md", ["Unknown values seen"]),
    ("docs/console/zh/alerts.md", "docs/console/en/alerts.md", ["Alert channels"]),
    ("integrations/dingtalk/README.md", "integrations/dingtalk/README.md", ["Callback test"]),
    (
        "integrations/wecom/README.md",
        "integrations/wecom/README.md",
        ["Callback test", "Domain files", "Applicant where the user is unknown", "WeCom group robot"],
    ),
]
OLD = ["告警渠道", "地址密钥", "全部视为已存在", "只处理某日之后", "测试我的回调", "复制到账套", "域名文件", "验证证书"]


@pytest.mark.parametrize("chinese,english,words", NAMED, ids=[named[0] for named in NAMED])
def test_pages_use_the_words_of_the_console(chinese: str, english: str, words: list[str]) -> None:
    for page, language in ((chinese, "zh-hans"), (english, "en")):
        text = (ROOT / page).read_text("utf-8")
        with translation.override(language):
            missing = [gettext(word) for word in words if gettext(word) not in text]
        assert not missing, page


def test_no_page_uses_words_of_before() -> None:
    pages = [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("integrations/*/README.md")]
    assert len(pages) > 20
    found = {(str(page.relative_to(ROOT)), word) for page in pages for word in OLD if word in page.read_text("utf-8")}
    assert not found
