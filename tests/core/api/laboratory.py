"""Endpoints of these tests: each shows one thing that the factory does around a handler."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core import audit
from app.core.api import ANY, Caller, Endpoints, Page, PageQuery, Schema, as_id, paginate
from app.core.api.machines import Machine
from app.core.db import db
from app.core.errors import Conflict, NotFound
from app.modules.estate.models import Community

api = Endpoints("lab", "试验")


class ThingIn(Schema):
    """要建的；名为“双”的不能有两个"""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=8)]


class ThingOut(Schema):
    """建成的"""

    id: str
    name: str


class Inner(Schema):
    """内层"""

    number: Annotated[int, msgspec.Meta(ge=1, le=9)]


class Everything(Schema):
    """每一种字段"""

    text: Annotated[str, msgspec.Meta(min_length=2, max_length=4)]
    number: Annotated[int, msgspec.Meta(ge=1, le=9)]
    flag: bool
    choice: Literal["red", "blue"]
    code: Annotated[str, msgspec.Meta(pattern="^[0-9]+$")]
    parts: Annotated[list[Inner], msgspec.Meta(max_length=2)]
    moment: datetime
    note: str | None = None


class Wanted(Schema):
    """查询"""

    size: Annotated[int, msgspec.Meta(ge=1, le=9)] = 1


class CountOut(Schema):
    """个数"""

    count: int


def _make(name: str) -> ThingOut:
    session = db.session()
    number = session.scalar(select(func.count()).select_from(Community)) or 0
    community = Community(code=f"LAB{number}", name=name if name == "双" else f"{name}{number}")
    session.add(community)
    session.flush()
    return ThingOut(id=str(community.id), name=name)


@api.post("/lab/things", roles=ANY, body=ThingIn, returns=ThingOut, status=201)
def make(body: ThingIn) -> ThingOut:
    """新建"""
    return _make(body.name)


@api.post("/lab/guests", roles=None, body=ThingIn, returns=ThingOut, status=201)
def make_as_guest(body: ThingIn) -> ThingOut:
    """不登录也能新建"""
    return _make(body.name)


@api.get("/lab/things", roles=None, query=PageQuery, returns=Page[ThingOut])
def things(query: PageQuery) -> Page[ThingOut]:
    """分页"""
    rows, following = paginate(db.session(), select(Community), query, [Community.created_at, Community.id])
    return Page(items=[ThingOut(id=str(row.id), name=row.name) for row in rows], next=following)


@api.get("/lab/names", roles=None, query=PageQuery, returns=Page[ThingOut])
def names(query: PageQuery) -> Page[ThingOut]:
    """另一种顺序的分页"""
    rows, following = paginate(db.session(), select(Community), query, [Community.name, Community.id])
    return Page(items=[ThingOut(id=str(row.id), name=row.name) for row in rows], next=following)


@api.get("/lab/things/<thing_id>", roles=None, returns=ThingOut)
def thing(thing_id: str) -> ThingOut:
    """一个"""
    found = db.session.get(Community, as_id(thing_id))
    if found is None:
        raise NotFound
    return ThingOut(id=str(found.id), name=found.name)


@api.post("/lab/refused", roles=None, returns=ThingOut, status=201)
def refused() -> ThingOut:
    """写了一半才发现不行"""
    _make("半途")
    raise Conflict("现在不行")


@api.get("/lab/broken", roles=None, returns=CountOut)
def broken() -> CountOut:
    """程序错误"""
    raise RuntimeError("secret 13800138000")


@api.get("/lab/busy", roles=None, returns=CountOut)
def busy() -> CountOut:
    """数据库忙"""
    raise OperationalError("SELECT", {}, Exception("database is locked"))


@api.post("/lab/check", roles=None, body=Everything)
def check(body: Everything) -> None:
    """校验"""


@api.get("/lab/search", roles=None, query=Wanted, returns=CountOut)
def search(query: Wanted) -> CountOut:
    """查询参数"""
    return CountOut(count=query.size)


@api.post("/lab/limited", roles=None, limit="2/day")
def limited() -> None:
    """有次数限制"""


@api.get("/lab/merchants", roles=("merchant",), returns=CountOut)
def merchants_only() -> CountOut:
    """只给商家"""
    return CountOut(count=1)


@api.get("/lab/who", roles=None, returns=CountOut)
def who(caller: Caller | None) -> CountOut:
    """谁在调用"""
    return CountOut(count=caller.member_id if caller else 0)


@api.get("/lab/menu", roles=None, menu="certification", returns=CountOut)
def in_menu() -> CountOut:
    """属于功能菜单的一项"""
    return CountOut(count=1)


def prepare(body: ThingIn) -> str:
    """What comes before the transaction."""
    assert not db.session().in_transaction()
    return body.name * 2


@api.post("/lab/prepared", roles=None, body=ThingIn, returns=ThingOut, status=201, prepare=prepare)
def prepared(body: ThingIn, prepared: str) -> ThingOut:
    """先准备再写"""
    return _make(prepared)


SECRET = "a secret of the laboratory"


class WordIn(Schema):
    """一句话"""

    word: str


class WordOut(Schema):
    """谁说的"""

    by: str
    word: str


def find_machine(session: Session, key_id: str) -> Machine | None:
    """The one machine of the laboratory."""
    return Machine("gate", 7, "东门", SECRET) if key_id == "lab-key" else None


@api.post("/lab/signed", machine=find_machine, body=WordIn, returns=WordOut)
def say_signed(machine: Machine, body: WordIn) -> WordOut:
    """签名调用"""
    audit.record(db.session(), "update", "lab", {"word": body.word})
    return WordOut(by=machine.name, word=body.word)


@api.get("/lab/signed", machine=find_machine, query=Wanted, returns=CountOut)
def ask_signed(machine: Machine, query: Wanted) -> CountOut:
    """签名查询"""
    return CountOut(count=query.size)
