"""Mobile endpoints: what is counted of ads. They are shown by ``GET /home``."""

from typing import Annotated

import msgspec

from app.core.api import Caller, Endpoints, Schema, as_id
from app.core.api.schema import Id
from app.core.db import db
from app.modules.ads import operations

api = Endpoints("ads", "广告")
MOST = 20


class ImpressionsIn(Schema):
    """刚刚展示了哪些广告（每条每次进入首页记一次）"""

    ad_ids: Annotated[list[Id], msgspec.Meta(min_length=1, max_length=MOST)]


@api.post("/ads/impressions", roles=None, body=ImpressionsIn)
def count_impressions(caller: Caller | None, body: ImpressionsIn) -> None:
    """记录广告展示；不再展示的广告不计"""
    ids = [as_id(text) for text in body.ad_ids]
    operations.count(db.session(), ids, caller.member_id if caller else None)


@api.post("/ads/<ad_id>/click", roles=None)
def count_click(ad_id: str, caller: Caller | None) -> None:
    """记录一次广告点击"""
    operations.click(db.session(), as_id(ad_id), caller.member_id if caller else None)
