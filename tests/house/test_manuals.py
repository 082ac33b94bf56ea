"""The manuals: what they name exists, what they show is there, and reading them is safe (S4)."""

import re
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask

from app.core import manual
from tests.conftest import Browse

ROLES = ("超级管理员", "物业管家", "收银", "审核", "商家与租客", "访客", "维修师傅")


@pytest.mark.req("S4")
def test_every_role_has_its_manual_and_the_settings_have_theirs() -> None:
    titles = [page.title for page in manual.pages()]
    for role in ROLES:
        assert any(title.startswith(role) for title in titles), role
    assert "配置说明" in titles


def test_every_menu_path_that_a_manual_names_is_in_the_menu(app: Flask) -> None:
    known = {
        f"{module.title} → {view.title}"
        for module in app.extensions["registry"]
        for view in module.views
        if getattr(view, "menu", True)
    } | {f"统计报表 → {view.title}" for view in app.extensions["report_pages"]}
    for page in manual.pages():
        named = set(re.findall(r"【([^】]+ → [^】]+)】", page.path.read_text(encoding="utf-8")))
        assert named <= known, page.key


def test_every_picture_and_every_link_of_a_manual_leads_somewhere() -> None:
    for page in manual.pages():
        text = page.path.read_text(encoding="utf-8")
        for target in re.findall(r"\]\((?!https:|#)([^)#]+)", text):
            assert (page.path.parent / target).resolve().is_file(), f"{page.key}: {target}"
        for target in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text):
            assert manual.picture_file(Path(target).name) is not None, target


@pytest.mark.req("S4")
def test_staff_read_search_and_take_the_manuals_along(browse: Browse) -> None:
    client = browse("new", set())
    page = client.get("/system/help/").get_data(as_text=True)
    for role in ROLES:
        assert role in page
    cashier = client.get("/system/help/?page=user/3-cashier").get_data(as_text=True)
    assert "<h1" in cashier
    assert "快速抄表" in cashier
    assert 'href="/system/help/?page=billing-rules"' in cashier
    picture = re.search(r'<img src="(/system/help/picture/[^"]+)"', cashier)
    assert picture is not None
    assert client.get(picture[1]).mimetype == "image/png"
    found = client.get("/system/help/?q=暂缓催缴").get_data(as_text=True)
    assert "收银手册 · 催缴" in found
    for nonsense in ("?page=../../config", "?page=", "?q=%00", "?q=<b>"):
        assert client.get(f"/system/help/{nonsense}").status_code == 200
    for name in ("..%2Fconfig.py", "none.png", "x.svg"):
        assert client.get(f"/system/help/picture/{name}").status_code in (302, 404)


@pytest.mark.req("S4")
def test_every_manual_is_a_pdf_with_its_words(app: Flask, browse: Browse) -> None:
    client = browse("new", set())
    for page in manual.pages():
        answer = client.get("/system/help/manual.pdf", query_string={"page": page.key})
        assert answer.mimetype == "application/pdf"
        document = pypdfium2.PdfDocument(answer.data)
        words = "".join("".join(sheet.get_textpage().get_text_bounded().split()) for sheet in document)
        for heading in manual.headings(page):
            assert re.sub(r"[\s`*]", "", heading.text) in words, (page.key, heading.text)


def test_the_command_writes_all_of_them(app: Flask, tmp_path: Path) -> None:
    result = app.test_cli_runner().invoke(args=["docs", "manuals", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert len(list((tmp_path / "out").glob("*.pdf"))) == len(manual.pages())


def test_what_stands_in_a_manual_runs_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "bad.md"
    file.write_text(
        "# x\n\n<script>alert(1)</script>\n\n[a](javascript:alert(1)) [b](../../config.py) ![c](https://evil/x.png)\n",
        encoding="utf-8",
    )
    page = manual.Page("bad", "x", file)
    shown = manual.html(page, lambda key: f"/help/{key}", lambda name: f"/picture/{name}")
    assert "<script" not in shown
    assert "javascript:" not in re.sub(r"\[a\]\(javascript:alert\(1\)\)", "", shown)
    assert 'href="#"' in shown
    assert "evil" not in shown
    assert manual.on_paper(page).startswith(b"%PDF")


def test_lines_of_a_chinese_paragraph_join_without_a_blank(tmp_path: Path) -> None:
    file = tmp_path / "lines.md"
    file.write_text("# x\n\n可以切换时间和园区，\n每张图下面都有数据表。\n", encoding="utf-8")
    shown = manual.html(manual.Page("lines", "x", file), str, str)
    assert "时间和园区，每张图" in shown
