"""The poster library: pictures alone, by the rights of the ads, and usable as a poster."""

import io
from collections.abc import Iterator

import pytest
from flask import Flask

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
