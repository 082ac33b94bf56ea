"""Rich text in a real browser: attacks run nowhere, Word comes out clean, pictures go in."""

import re
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
from tests.signing_in import sign_in

# ruff: noqa: E501  (the clipboard as Word and WPS fill it)
WORD_PASTE = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{color:red}</style></head>
<body><!--StartFragment--><h1 style='mso-pagination:none'><span lang=EN-US>通知</span><o:p></o:p></h1>
<p class=MsoNormal style='text-indent:21.0pt'><b><span style='font-family:宋体'>各位业主</span></b>：<o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span>1.<span>&nbsp;</span></span><![endif]>
<span>关好门窗</span></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span>2.<span>&nbsp;</span></span><![endif]>
<span>带好钥匙</span></p><img src="file:///C:/a.png"><!--EndFragment--></body></html>"""
WPS_PASTE = """<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:w="urn:schemas-microsoft-com:office:word"><head>
<meta name=Generator content="Microsoft Word 14"><title></title>
<!--[if gte mso 9]><xml><w:WordDocument><w:View>Normal</w:View></w:WordDocument></xml><![endif]-->
<style>@list l0:level1{ mso-level-number-format:decimal; } p.MsoNormal{ mso-style-name:正文; }</style></head>
<body style="tab-interval:21pt;text-justify-trim:punctuation;" ><!--StartFragment-->
<div class="Section0"  style="layout-grid:15.6000pt;" ><h1 align=center  style="text-align:center;" ><b><span style="mso-spacerun:'yes';font-family:宋体;font-size:22.0000pt;" ><font face="宋体" >通知</font></span></b><span><o:p></o:p></span></h1>
<p class=MsoNormal  style="text-indent:21.0000pt;mso-char-indent-count:2.0000;" ><b><span style="font-family:宋体;font-weight:bold;mso-font-kerning:1.0000pt;" ><font face="宋体" >各位业主</font></span></b><span style="mso-spacerun:'yes';" >：</span><span><o:p></o:p></span></p>
<p class=MsoNormal  style="margin-left:21.0000pt;text-indent:-21.0000pt;mso-list:l0 level1 lfo1;" ><![if !supportLists]><span style="font-family:宋体;" ><span style='mso-list:Ignore;' >1、<span>&nbsp;</span></span></span><![endif]><span style="font-family:宋体;" ><font face="宋体" >关好门窗</font></span></p>
<p class=MsoNormal  style="margin-left:21.0000pt;text-indent:-21.0000pt;mso-list:l0 level1 lfo1;" ><![if !supportLists]><span style="font-family:宋体;" ><span style='mso-list:Ignore;' >2、<span>&nbsp;</span></span></span><![endif]><span style="font-family:宋体;" ><font face="宋体" >带好钥匙</font></span></p>
<table class=MsoTableGrid  border=1  cellspacing=0  style="border-collapse:collapse;mso-table-layout-alt:fixed;" ><tr><td width=284  valign=top  colspan=2  style="width:213.0500pt;" ><p class=MsoNormal ><span>停水时段</span></p></td></tr>
<tr><td><p class=MsoNormal >9:00</p></td><td><p class=MsoNormal >11:30</p></td></tr></table>
<p class=MsoNormal ><img width="553"  height="311"  src="file:///C:\\Users\\wy\\AppData\\Local\\Temp\\ksohtml4128\\wps1.jpg" ><img src="data:image/png;base64,iVBORw0KGgo="></p></div><!--EndFragment--></body></html>"""


@pytest.fixture
def page(address: str, store: Store, chromium: Browser) -> Iterator[Page]:
    """A browser in which a superadmin is signed in; what the console says is kept in ``page.said``."""
    with store() as session:
        make_staff(session, "writer")
    page = chromium.new_page(locale="zh-CN", base_url=address)
    page.said = []  # type: ignore[attr-defined]
    page.on("console", lambda m: page.said.append(m.text) if m.type in ("error", "warning") else None)  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.said.append(str(error)))  # type: ignore[attr-defined]
    sign_in(page, address, "writer", PASSWORD)
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


@pytest.mark.req("N1")
@pytest.mark.parametrize("pasted", [WORD_PASTE, WPS_PASTE], ids=["Word", "WPS"])
def test_what_is_pasted_from_an_office_comes_out_clean_and_is_saved(page: Page, store: Store, pasted: str) -> None:
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
        pasted,
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
    assert re.search("<h2>(<b>)?通知(</b>)?</h2>", body)
    assert "<b>各位业主</b>" in body
    assert "<ol><li>关好门窗</li><li>带好钥匙" in re.sub(r"\s", "", body)
    assert body.count("<li>") == 2
    assert ('<td colspan="2">' in body) == ("<table" in pasted)
    assert not re.search("file:|data:|mso|style|font|<span|o:p", body, re.I)
    assert body.count("<img") == 1, "the one that was put in"
    assert page.said == []  # type: ignore[attr-defined]
