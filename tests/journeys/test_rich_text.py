"""Rich text in a real browser: attacks run nowhere, Word comes out clean, pictures go in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import text as sql

from app.modules.ads.models import Ad
from app.modules.convenience.models import ConvenienceCategory, ConvenienceInfo
from app.modules.notices.models import Notice
from tests.conftest import Store
from tests.core.richtext.corpus import WORD, XSS
from tests.factories import PASSWORD, make_staff
from tests.modules.ads.factories import make_ad
from tests.modules.notices.factories import make_notice
from tests.phones import picture

# ruff: noqa: E501  (the clipboard as Word fills it)
WORD_PASTE = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{color:red}</style></head>
<body><!--StartFragment--><h1 style='mso-pagination:none'><span lang=EN-US>通知</span><o:p></o:p></h1>
<p class=MsoNormal style='text-indent:21.0pt'><b><span style='font-family:宋体'>各位业主</span></b>：<o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span>1.<span>&nbsp;</span></span><![endif]>
<span>关好门窗</span></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span>2.<span>&nbsp;</span></span><![endif]>
<span>带好钥匙</span></p><img src="file:///C:/a.png"><!--EndFragment--></body></html>"""


@pytest.fixture
def page(address: str, store: Store, chromium: Browser) -> Iterator[Page]:
    """A browser in which a superadmin is signed in; what the console says is kept in ``page.said``."""
    with store() as session:
        make_staff(session, "writer")
    page = chromium.new_page(locale="zh-CN", base_url=address)
    page.said = []  # type: ignore[attr-defined]
    page.on("console", lambda m: page.said.append(m.text) if m.type in ("error", "warning") else None)  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.said.append(str(error)))  # type: ignore[attr-defined]
    page.goto("/login/")
    page.fill("[name=username]", "writer")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(f"{address}/")
    yield page
    page.close()


def ran(page: Page) -> bool:
    page.eval_on_selector_all("a.attack", "links => links.forEach(link => link.click())")
    page.wait_for_timeout(60)
    return bool(page.evaluate("window.hit"))


@pytest.mark.req("S2")
def test_no_attack_runs_in_any_field_and_the_words_stay(page: Page, store: Store) -> None:
    with store() as session:
        notice, ad = make_notice(session), make_ad(session)
        category = ConvenienceCategory(title="分类")
        session.add(category)
        session.flush()
        info = ConvenienceInfo(category_id=category.id, title="标题")
        session.add(info)
        session.flush()
        paths = [f"/notices/notice/{notice.id}", f"/convenience/convenience_info/{info.id}", f"/ads/ad/{ad.id}"]
        numbers = {Notice: notice.id, ConvenienceInfo: info.id, Ad: ad.id}
    for start in range(0, len(XSS), 10):
        attack = "".join(XSS[start : start + 10])
        with store() as session:  # past every door, as if an older version had stored it
            for model, number in numbers.items():
                columns = {"title": attack, **({} if model is Ad else {"body": attack})}
                if model is ConvenienceInfo:
                    columns |= {"hotlines": attack, "place": attack, "hours": attack}
                assignments = ", ".join(f"{name} = :{name}" for name in columns)
                session.execute(sql(f"UPDATE {model.__tablename__} SET {assignments} WHERE id = {number}"), columns)
        for path in paths:
            for where in (path, f"{path}/edit", path.rsplit("/", 1)[0] + "/"):
                page.goto(where)
                assert not ran(page), (where, start)
                assert WORD in page.content()
    page.said.clear()  # type: ignore[attr-defined]


def test_what_is_pasted_from_word_comes_out_clean_and_is_saved(page: Page, store: Store) -> None:
    page.goto("/notices/notice/new")
    page.fill("[name=title]", "粘贴")
    page.click("[role=combobox]:near(label:has-text('分类'))")
    page.click("[role=option]:has-text('物业通知')")
    page.click("[data-area]")
    page.evaluate(
        """html => {
          const data = new DataTransfer();
          data.setData("text/html", html);
          data.setData("text/plain", "通知");
          document.querySelector("[data-area]").dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        WORD_PASTE,
    )
    page.wait_for_function("document.querySelector('[data-area] li')")
    with page.expect_file_chooser() as chooser:
        page.click("[aria-label=插入图片]")
    chooser.value.set_files({"name": "图.jpg", "mimeType": "image/jpeg", "buffer": picture()})
    page.wait_for_selector("[data-area] img")
    page.click(".form-actions [type=submit]")
    page.wait_for_url("**/notices/notice/*")
    with store() as session:
        body = session.query(Notice).one().body
    assert "<h2>通知</h2>" in body
    assert "<b>各位业主</b>" in body
    assert body.count("<li>") == 2
    assert "<ol>" in body
    assert "file:" not in body
    assert "Mso" not in body
    assert "style" not in body
    assert body.count("<img") == 1
    assert page.said == []  # type: ignore[attr-defined]
