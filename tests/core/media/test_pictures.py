"""Uploads: only pixels come in, nothing of the upload's own bytes goes out, and private ones stay private."""

import io
import struct
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import select

from app.core import clock, media
from app.core.db import db, transaction
from app.core.errors import Invalid
from app.core.jobs import run_due
from app.core.media import MediaFile
from tests.conftest import Browse, PhoneOf, Store
from tests.factories import make_community
from tests.phones import Phone, picture

MARK = b"<script>alert(1)</script>"

HELD = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How the camera stored an upright scene, by EXIF orientation."""


def kept_files(app: Flask) -> list[Path]:
    return [path for path in (app.config["DATA_DIR"] / "media").rglob("*") if path.is_file()]


@pytest.fixture(autouse=True)
def _empty_storage(app: Flask) -> None:
    for path in kept_files(app):
        path.unlink()


def uploaded(phone: Phone, content: bytes | None = None) -> dict[str, Any]:
    answer = phone.upload(content)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json  # type: ignore[assignment]
    return found


def seen(phone: Phone, content: bytes) -> tuple[bytes, Image.Image]:
    """What is served of an upload: its bytes, and as a picture."""
    answer = phone.get(f"/media/{uploaded(phone, content)['id']}")
    assert answer.status_code == 200
    return answer.data, Image.open(io.BytesIO(answer.data))


# ---- what is taken in


@pytest.mark.parametrize(
    ("kind", "mode", "served"),
    [
        ("JPEG", "RGB", "JPEG"),
        ("JPEG", "L", "JPEG"),
        ("JPEG", "CMYK", "JPEG"),
        ("PNG", "RGB", "JPEG"),
        ("PNG", "RGBA", "PNG"),
        ("PNG", "P", "JPEG"),
        ("PNG", "1", "JPEG"),
        ("PNG", "I;16", "JPEG"),
        ("WEBP", "RGB", "JPEG"),
        ("WEBP", "RGBA", "PNG"),
        ("GIF", "P", "JPEG"),
        ("BMP", "RGB", "JPEG"),
    ],
)
def test_pictures_of_every_usual_kind_are_taken(phone: PhoneOf, kind: str, mode: str, served: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (60, 40)).save(out, kind)
    _content, shown = seen(phone("dev-li"), out.getvalue())
    assert (shown.format, shown.size) == (served, (60, 40))


def test_large_pictures_are_shrunk_and_get_a_small_one(phone: PhoneOf) -> None:
    li = phone("dev-li")
    made = uploaded(li, picture((3000, 1500)))
    assert (made["width"], made["height"]) == (2048, 1024)
    small = Image.open(io.BytesIO(li.get(f"/media/{made['id']}?size=thumb").data))
    assert max(small.size) == media.THUMB_SIDE


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_upright_and_forgets_where_and_when(phone: PhoneOf, orientation: int) -> None:
    upright = Image.new("RGB", (80, 40), "white")
    upright.paste("red", (0, 0, 20, 20))  # the upper left corner, wherever the camera put it
    stored = upright if orientation == 1 else upright.transpose(HELD[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[2] = (23.0, 7.0, 30.0)
    out = io.BytesIO()
    stored.save(out, "JPEG", quality=95, exif=exif, comment=b"SecretComment")
    content, shown = seen(phone("dev-li"), out.getvalue())
    assert shown.size == (80, 40)
    red, _green, blue = shown.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert red > 200 > 100 > blue
    assert not shown.getexif()
    assert "exif" not in shown.info
    for secret in (b"SecretCamera", b"SecretComment", b"Exif"):
        assert secret not in content


def test_a_picture_with_broken_metadata_is_still_a_picture(phone: PhoneOf) -> None:
    for exif in (b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"):
        _content, shown = seen(phone("dev-li"), picture(exif=exif))
        assert shown.size == (320, 200)


def polyglots() -> dict[str, bytes]:
    plain = picture((40, 40), "PNG")
    comment = picture((40, 40), comment=MARK)
    gif = io.BytesIO()
    Image.new("P", (40, 40)).save(gif, "GIF", comment=MARK)
    text = io.BytesIO()
    info = PngInfo()
    info.add_text("x", MARK.decode())
    Image.new("RGB", (40, 40)).save(text, "PNG", pnginfo=info)
    return {
        "picture with a page behind it": plain + b"<html>" + MARK,
        "picture with an archive behind it": picture() + b"PK\x03\x04" + MARK,
        "JPEG comment": comment,
        "GIF comment": gif.getvalue(),
        "PNG text": text.getvalue(),
    }


@pytest.mark.parametrize("name", polyglots())
def test_of_a_file_that_is_two_things_only_the_picture_is_served(app: Flask, phone: PhoneOf, name: str) -> None:
    content, _shown = seen(phone("dev-li"), polyglots()[name])
    assert MARK not in content
    assert b"PK\x03\x04" not in content
    assert all(MARK not in path.read_bytes() for path in kept_files(app))


REFUSED = {
    "nothing": b"",
    "text": b"hello",
    "page": b"<!doctype html><html><body onload=alert(1)></body></html>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><rect width="9" height="9"/></svg>',
    "pdf": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n",
    "page that begins like a picture": b"GIF89a/*" + MARK + b"*/",
    "truncated JPEG": picture((400, 400))[:900],
    "truncated PNG": picture((400, 400), "PNG")[:200],
    "truncated WEBP": picture((400, 400), "WEBP")[:60],
    "JPEG head alone": picture()[:20],
    "PNG with a false checksum": picture((9, 9), "PNG").replace(b"IHDR\0\0\0\x09", b"IHDR\0\0\1\x09"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_whole_picture_is_refused_and_leaves_nothing(app: Flask, phone: PhoneOf, name: str) -> None:
    answer = phone("dev-li").upload(REFUSED[name])
    assert answer.status_code == 422, answer.text
    assert answer.json["errors"][0]["field"] == "file"  # type: ignore[index]
    assert kept_files(app) == []


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims so many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(5001, 5000), (100_000, 100_000), (2**31 - 1, 1), (1, 2**31 - 1), (0, 0)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(phone: PhoneOf, size: tuple[int, int]) -> None:
    assert phone("dev-li").upload(bomb(*size)).status_code == 422


def test_a_file_beyond_ten_megabytes_is_too_large(phone: PhoneOf) -> None:
    li = phone("dev-li")
    assert li.upload(picture() + b"\0" * (10 * 1024 * 1024)).status_code == 413
    assert li.upload(picture() + b"\0" * (12 * 1024 * 1024)).status_code == 413


@pytest.mark.parametrize("purpose", ["", "nothing", "../certification", "certification\0"])
def test_an_unknown_purpose_is_refused(phone: PhoneOf, purpose: str) -> None:
    answer = phone("dev-li").upload(purpose=purpose)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "purpose"  # type: ignore[index]


def test_an_upload_without_a_file_says_so(phone: PhoneOf) -> None:
    answer = phone("dev-li").call("POST", "/media")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "file"  # type: ignore[index]


# ---- who sees it


def test_private_pictures_lie_sealed_on_the_disk(app: Flask, phone: PhoneOf) -> None:
    uploaded(phone("dev-li"))
    contents = [path.read_bytes() for path in kept_files(app)]
    assert len(contents) == 2
    for content in contents:
        assert b"JFIF" not in content
        assert content.startswith(app.extensions["keyring"].current.encode() + b".")


def test_a_private_picture_is_absent_for_everybody_but_its_owner(phone: PhoneOf) -> None:
    li = phone("dev-li")
    path = f"/media/{uploaded(li)['id']}"
    assert li.get(path).status_code == 200
    for other in (phone(), phone("dev-wang")):
        answer = other.get(path)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
        assert answer.data != b""


@pytest.mark.req("G8")
def test_staff_see_it_by_the_right_of_its_purpose(app: Flask, phone: PhoneOf, browse: Browse) -> None:
    path = f"/media/{uploaded(phone('dev-li'))['id']}"
    assert browse("reviewer", {("certification", "view")}).get(path).status_code == 200
    assert browse("cashier", {("customers", "view")}).get(path).status_code == 404
    assert browse("boss").get(path).status_code == 200
    answer = app.test_client().get(path)
    assert answer.status_code == 302
    assert "/login/" in answer.headers["Location"]


def test_no_browser_takes_it_for_anything_but_a_picture(phone: PhoneOf, browse: Browse) -> None:
    li = phone("dev-li")
    key = uploaded(li)["id"]
    for answer in (li.get(f"/media/{key}"), browse("boss").get(f"/media/{key}")):
        assert answer.content_type == "image/jpeg"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Content-Disposition"] == f"inline; filename={key}.jpg"
        assert "no-store" in answer.headers["Cache-Control"]


def test_public_pictures_are_for_all_and_may_be_kept(
    app: Flask, phone: PhoneOf, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    purposes = app.extensions["registry"].media
    monkeypatch.setitem(purposes, "poster", media.Purpose("poster", "海报", public=True, longest_side=100))
    with store() as session:
        key = media.store(session, io.BytesIO(picture()), "poster", "staff", "1").key
    for answer in (phone().get(f"/media/{key}"), app.test_client().get(f"/media/{key}")):
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert Image.open(io.BytesIO(answer.data)).size == (100, 63)


@pytest.mark.parametrize("key", ["0" * 32, "x", "../../app.db", "0" * 33, "%00"])
def test_other_keys_lead_nowhere(phone: PhoneOf, browse: Browse, key: str) -> None:
    assert phone("dev-li").get(f"/media/{key}").status_code == 404
    assert browse("boss").get(f"/media/{key}").status_code == 404


# ---- whose it is


def test_a_picture_belongs_to_one_record_of_its_owner(app: Flask, phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    keys = [uploaded(li)["id"] for _n in range(3)]
    owner = li.member["id"]
    with store() as session:
        record = make_community(session)
        attached = media.attach(session, keys[:2][::-1], "certification", "member", owner, record)
        assert [file.key for file in attached] == keys[:2][::-1], "in the order given"
        for wrong in (
            (keys[0], "certification", "member", owner),  # belongs to a record already
            (keys[2], "poster", "member", owner),
            (keys[2], "certification", "member", "999"),
            (keys[2], "certification", "staff", owner),
            ("0" * 32, "certification", "member", owner),
        ):
            with pytest.raises(Invalid) as refused:
                media.attach(session, [wrong[0]], *wrong[1:], record)
            assert refused.value.errors[0].field == "media_ids"
        with pytest.raises(Invalid):
            media.attach(session, [keys[2], keys[2]], "certification", "member", owner, record)


def test_uploads_that_became_part_of_nothing_go_after_a_day(app: Flask, phone: PhoneOf, store: Store) -> None:
    li = phone("dev-li")
    kept, orphan = (uploaded(li)["id"] for _n in range(2))
    with store() as session:
        media.attach(session, [kept], "certification", "member", li.member["id"], make_community(session))
    with clock.travel(timedelta(hours=23)):
        run_due(app)
        assert li.get(f"/media/{orphan}").status_code == 200
    with clock.travel(timedelta(hours=26)):
        run_due(app)
        assert li.get(f"/media/{orphan}").status_code == 404
        assert li.get(f"/media/{kept}").status_code == 200
    assert {path.name[:32] for path in kept_files(app)} == {kept}


def test_bytes_follow_their_row_when_a_transaction_fails(app: Flask) -> None:
    def fail() -> None:
        with transaction():
            media.store(db.session(), io.BytesIO(picture()), "certification", "member", "1")
            raise RuntimeError

    with app.app_context():
        with pytest.raises(RuntimeError):
            fail()
        assert kept_files(app) == []
        assert db.session.scalar(select(MediaFile)) is None
