"""Mobile endpoints: uploading pictures and seeing one's own."""

from typing import Any, Literal

from flask import Response, request
from flask_babel import gettext as _

from app.core import media
from app.core.api import ANY, Caller, Endpoints, Schema, answers_file
from app.core.db import db
from app.core.errors import Invalid, NotFound

api = Endpoints("media", "文件")


class MediaOut(Schema):
    """上传结果"""

    id: str
    url: str
    width: int
    height: int


class MediaQuery(Schema):
    """要哪一种大小"""

    size: Literal["", "thumb"] = ""


FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "purpose"],
                    "properties": {
                        "file": {"type": "string", "contentMediaType": "image/*", "description": "图片，不超过 10 MB"},
                        "purpose": {"type": "string", "description": "用途", "examples": ["certification"]},
                    },
                }
            }
        },
    }
}
PICTURE = answers_file(media.JPEG, media.PNG)


def receive() -> media.Picture:
    """The uploaded picture, decoded."""
    file = request.files.get("file")
    if file is None:
        raise Invalid.field("file", _("请选择要上传的图片"))
    purpose = media.purpose_of(request.form.get("purpose", ""))
    if purpose.staff_only:
        raise Invalid.field("purpose", _("不支持的文件用途"))
    return media.receive(file.stream, purpose.key)


@api.post("/media", roles=ANY, returns=MediaOut, status=201, limit="200/day", prepare=receive, openapi=FORM)
def upload(caller: Caller, prepared: media.Picture) -> MediaOut:
    """上传图片"""
    stored = media.keep(db.session(), prepared, "member", str(caller.member_id))
    return MediaOut(id=stored.key, url=f"/api/v1/media/{stored.key}", width=stored.width, height=stored.height)


@api.get("/media/<key>", roles=None, query=MediaQuery, returns=Response, openapi=PICTURE)
def show(key: str, caller: Caller | None, query: MediaQuery) -> Response:
    """查看图片（公开图片，或本人上传的图片）"""
    file = media.by_key(db.session(), key)
    mine = caller is not None and (file.owner_kind, file.owner_id) == ("member", str(caller.member_id))
    if not file.public and not mine:
        raise NotFound
    return media.respond(file, query.size)
