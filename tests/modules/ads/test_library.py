"""The poster library: pictures alone, by the rights of the ads, and usable as a poster."""

import io
from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.audit import AuditEntry
from app.modules.ads.models import Ad
from tests.conftest import Browse, Store
from tests.modules.ads.factories import make_ad
from tests.phones import picture

PATH = "/ads/library"


@pytest.fixture(autouse=True)
def empty(app: Flask) -> Iterator[None]:
    yield
    for file in (app.config["DATA_DIR"] / "posters").iterdir():
        file.unlink()


def test_a_picture_goes_in_becomes_a_poster_and_goes_out(browse: Browse, store: Store, app: Flask) -> None:
    boss = browse("boss")
    raw = picture(kind="PNG") + b"<script>window.hit=1</script>"
    assert boss.post(f"{PATH}/upload/", data={"upload": (io.BytesIO(raw), "../../春节 海报.png")}).status_code == 302
    [file] = (app.config["DATA_DIR"] / "posters").iterdir()
    assert file.name == "春节 海报.jpg"
    shown = boss.get(f"{PATH}/download/{file.name}")
    assert b"script" not in shown.data
    assert shown.content_type == "image/jpeg"
    with store() as session:
        number = make_ad(session, published=False).id
        before = session.get_one(Ad, number).poster_key
    assert boss.post(f"/ads/ad/{number}/poster", data={"picture": file.name}).status_code == 302
    with store() as session:
        assert session.get_one(Ad, number).poster_key != before
    assert boss.post(f"{PATH}/delete/", data={"path": file.name}).status_code == 302
    assert not file.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.png", b"<html><script>1</script>"), ("a.svg", b"<svg onload=x()/>"), ("a.html", picture()), ("a.exe", b"MZ")],
)
def test_what_is_no_picture_stays_out(browse: Browse, app: Flask, name: str, content: bytes) -> None:
    browse("boss").post(f"{PATH}/upload/", data={"upload": (io.BytesIO(content), name)})
    assert list((app.config["DATA_DIR"] / "posters").iterdir()) == []


@pytest.mark.parametrize("path", ["../app.db", "..%2fapp.db", "secret.key", "sub/a.jpg", "missing.jpg"])
def test_no_other_file_is_reached(browse: Browse, app: Flask, path: str) -> None:
    boss = browse("boss")
    assert boss.get(f"{PATH}/download/{path}").status_code in (302, 404)
    boss.post(f"{PATH}/delete/", data={"path": path})
    assert boss.get("/").status_code == 200


def test_those_who_may_only_look_change_nothing(browse: Browse, app: Flask) -> None:
    viewer = browse("viewer", {("ads", "view")})
    assert viewer.get(f"{PATH}/").status_code == 200
    assert viewer.post(f"{PATH}/upload/", data={"upload": (io.BytesIO(picture()), "a.jpg")}).status_code == 404
    assert viewer.post(f"{PATH}/delete/", data={"path": "a.jpg"}).status_code == 404
    assert browse("nobody", set()).get(f"{PATH}/").status_code == 404


def test_who_put_in_renamed_and_took_out_a_picture_stands_in_the_trail(
    browse: Browse, app: Flask, store: Store
) -> None:
    editor = browse("editor", {("ads", "view"), ("ads", "edit"), ("ads", "delete")})
    for name in ("春节.jpg", "元宵.jpg"):
        editor.post(f"{PATH}/upload/", data={"upload": (io.BytesIO(picture()), name)})
    refused = editor.post(f"{PATH}/rename/", data={"path": "春节.jpg", "name": "元宵"}, follow_redirects=True)
    assert "已有同名素材" in refused.get_data(as_text=True)
    editor.post(f"{PATH}/rename/", data={"path": "春节.jpg", "name": "../新春/市集"})
    assert sorted(file.name for file in (app.config["DATA_DIR"] / "posters").iterdir()) == ["元宵.jpg", "新春市集.jpg"]
    editor.post(f"{PATH}/delete/", data={"path": "元宵.jpg"})
    with store() as session:
        entries = session.query(AuditEntry).filter_by(record="poster_library").order_by(AuditEntry.seq)
        assert [(one.actor_name, one.action, one.changes["name"]) for one in entries] == [
            ("editor", "upload", "春节.jpg"), ("editor", "upload", "元宵.jpg"),
            ("editor", "rename", ["春节.jpg", "新春市集.jpg"]), ("editor", "delete", "元宵.jpg"),
        ]  # fmt: skip
    assert browse("viewer", {("ads", "view")}).post(f"{PATH}/rename/", data={"path": "元宵.jpg"}).status_code == 404
