"""Rich text keeps what is written and nothing that runs; its pictures are ours and stay."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text as sql

from app.core import clock, media, richtext
from app.core.media import MediaFile
from tests.conftest import Browse, PhoneOf, Store
from tests.core.richtext.corpus import WORD, XSS
from tests.modules.notices.factories import make_notice
from tests.phones import picture

KEY = "0123456789abcdef" * 2


@pytest.mark.parametrize("text", XSS)
def test_attacks_are_taken_out_and_the_words_stay(text: str) -> None:
    cleaned = richtext.clean(text)
    assert WORD in cleaned
    assert not re.search(
        r"<(script|svg|iframe|style|form|object|input|meta|base|template)|\son\w+=|javascript:", cleaned
    )
    assert richtext.clean(cleaned) == cleaned
    assert WORD in richtext.plain(text)


def test_what_staff_write_is_kept() -> None:
    text = (
        "<h2>标题</h2><p>一<strong>二</strong><em>三</em><u>四</u><br>五</p><ul><li>六</li></ul><ol><li>七</li></ol>"
        '<blockquote><p>八</p></blockquote><table><tbody><tr><td colspan="2">九</td></tr></tbody></table>'
        f'<img src="/api/v1/media/{KEY}" alt="图">'
    )
    assert richtext.clean(text) == text
    assert richtext.picture_keys(text) == [KEY]
    assert richtext.plain(text, 8) == "标题 一二三四…"


def test_links_may_be_dialled_and_lead_nowhere_else() -> None:
    links = '<a href="tel:120">电</a><a href="mailto:a@b.cn">邮</a><a href="/login/">内</a><a href="ftp://x">旧</a>'
    assert re.findall(r'href="([^"]*)"', richtext.clean(links)) == ["tel:120", "mailto:a@b.cn"]
    assert richtext.plain(richtext.clean(links)) == "电邮内旧"


@pytest.mark.parametrize(
    "source", ["https://evil.com/a.png", "//evil.com/a.png", "data:image/png;base64,AA", "/media/x"]
)
def test_pictures_from_elsewhere_are_left_out(source: str) -> None:
    assert richtext.clean(f'<p>字<img src="{source}"></p>') == "<p>字</p>"


def test_rows_of_an_older_list_are_clean_when_they_are_read(phone: PhoneOf, store: Store) -> None:
    with store() as session:
        number = make_notice(session).id
        session.execute(sql("UPDATE notice SET body = '<p onclick=x()>旧<script>1</script></p>'"))
    assert phone().get(f"/notices/{number}").json["body"] == "<p>旧</p>"  # type: ignore[index]


def test_pictures_in_a_saved_text_are_not_swept_away(browse: Browse, store: Store) -> None:
    import io

    boss = browse("boss")
    keys = [
        boss.post("/notices/notice/rich-images", data={"file": (io.BytesIO(picture()), "图.jpg")}).json["key"]  # type: ignore[index]
        for _ in range(2)
    ]
    form = {"title": "有图", "category": "1", "body": f'<p>看图</p><img src="/api/v1/media/{keys[0]}" alt="">'}
    assert boss.post("/notices/notice/new", data=form).status_code == 302
    with clock.travel(timedelta(days=2)), store() as session:
        media.sweep(session, {})
    with store() as session:
        assert [file.key for file in session.query(MediaFile)] == [keys[0]]
    gone = boss.post("/notices/notice/new", data=form | {"body": f'<p>x</p><img src="/api/v1/media/{KEY}">'})
    assert gone.status_code == 422
    assert "图片已不存在" in gone.get_data(as_text=True)
