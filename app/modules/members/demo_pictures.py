"""Sample pictures for certifications: a licence or an identity card drawn by hand, marked as samples all over."""

import io
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

CHINESE_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
PAPER, INK, RED, GREY = (252, 248, 236), (40, 40, 48), (178, 34, 34), (205, 198, 180)


def licence(name: str, credit_code: str, person: str) -> io.BytesIO:
    """A business licence as JPEG."""
    rows = (("名称", "Name", name), ("统一社会信用代码", "Credit code", credit_code), ("法定代表人", "Person", person),
            ("住所", "Address", "广州市黄埔区智谷大道 88 号"))  # fmt: skip
    return _draw((1200, 850), "营业执照", "BUSINESS LICENCE", rows)


def identity_card(name: str, id_number: str) -> io.BytesIO:
    """The front of an identity card as JPEG."""
    rows = (
        ("姓名", "Name", name),
        ("住址", "Address", "广州市黄埔区智谷大道 88 号"),
        ("公民身份号码", "Number", id_number),
    )
    return _draw((1000, 630), "居民身份证", "IDENTITY CARD", rows)


def lease(tenant: str, place: str) -> io.BytesIO:
    """The first page of a lease as JPEG."""
    rows = (("承租人", "Tenant", tenant), ("房号", "Unit", place), ("出租人", "Landlord", "粤海智谷产业园运营中心"))
    return _draw((850, 1200), "房屋租赁合同", "LEASE", rows)


def _draw(size: tuple[int, int], title: str, latin_title: str, rows: tuple[tuple[str, str, str], ...]) -> io.BytesIO:
    width, height = size
    path = next((path for path in CHINESE_FONTS if Path(path).exists()), None)
    picture = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(picture)
    for y in range(70, height, 110):
        for x in range(40, width, 330):
            pen.text((x + y % 220, y), "样例 SAMPLE" if path else "SAMPLE", GREY, _font(path, 30))
    pen.rectangle((18, 18, width - 18, height - 18), outline=RED, width=8)
    pen.rectangle((34, 34, width - 34, height - 34), outline=RED, width=2)
    pen.text((width // 2, 110), title if path else latin_title, RED, _font(path, 62), anchor="mm")
    step = min(110, (height - 340) // len(rows))
    for number, (caption, latin, value) in enumerate(rows):
        y = 210 + number * step
        pen.text((80, y), caption if path else latin, RED, _font(path, 26))
        text = value if path else value.encode("ascii", "replace").decode()
        pen.text((330, y - 2), text, INK, _font(path, 32))
        pen.line((330, y + 44, width - 80, y + 44), GREY, 2)
    x, y = width - 190, height - 170
    pen.ellipse((x - 85, y - 85, x + 85, y + 85), outline=RED, width=7)
    pen.text((x, y), "样例" if path else "SAMPLE", RED, _font(path, 40 if path else 32), anchor="mm")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88)
    out.seek(0)
    return out


@cache
def _font(path: str | None, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.truetype(path, size) if path else ImageFont.load_default(size)
