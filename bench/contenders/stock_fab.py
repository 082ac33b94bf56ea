"""Stock Flask-AppBuilder over the same tables: ModelView for units, ModelRestApi for messages."""

import os
import sys
from datetime import datetime
from decimal import Decimal

from flask import Flask
from flask_appbuilder import AppBuilder, Model, ModelRestApi, ModelView
from flask_appbuilder.models.sqla.filters import FilterEqual
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_appbuilder.utils.legacy import get_sqla_class
from sqlalchemy import Engine, ForeignKey, Numeric
from sqlalchemy.orm import Mapped, mapped_column, relationship
from werkzeug.test import Client

from bench.measure import PASSWORD, USERNAME, Case, Queries, answer


def main(units: int) -> None:
    app = Flask("stock_fab")
    url = os.environ["DATABASE_URL"] or f"sqlite:///{os.environ['DATA_DIR']}/app.db"
    app.config.from_mapping(
        SECRET_KEY="stock" * 8, SQLALCHEMY_DATABASE_URI=url, WTF_CSRF_ENABLED=False, FAB_API_MAX_PAGE_SIZE=100
    )
    db = get_sqla_class()(app=app, model_class=Model)
    queries = Queries()
    with app.app_context():
        views = _views()
        builder = AppBuilder(app, db.session)
        builder.add_view(views[0], "Units", category="Estate")
        builder.add_api(views[1])
    queries.listen(Engine)
    client = Client(app)
    signed_in = client.post("/login/", data={"username": USERNAME, "password": PASSWORD})
    assert signed_in.status_code == 302, signed_in.get_data(as_text=True)
    cookies = {"Cookie": "; ".join(f"{cookie.key}={cookie.value}" for cookie in client._cookies.values())}
    who = {"username": USERNAME, "password": PASSWORD, "provider": "db"}
    token = client.post("/api/v1/security/login", json=who).get_json()["access_token"]

    def page(number: int, holds: str) -> Case:
        return Case(f"/unitview/list/?page_UnitView={number}&psize_UnitView=20", cookies, holds)

    last = (units - 1) // 20
    answer(
        app,
        {
            "first page": page(0, "U20<"),
            "middle page": page(units // 40, f"U{units // 2 + 1}<"),
            "last page": page(last, f"U{units}<"),
            "20 messages": Case(
                "/api/v1/messageapi/?q=(order_column:id,order_direction:desc,page_size:20)",
                {"Authorization": f"Bearer {token}"},
                '"result"',
            ),
        },
        queries,
    )


def _views() -> tuple[type[ModelView], type[ModelRestApi]]:
    class Community(Model):
        __tablename__ = "community"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

        def __repr__(self) -> str:
            return self.name

    class Building(Model):
        __tablename__ = "building"
        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]

        def __repr__(self) -> str:
            return self.name

    class Unit(Model):
        __tablename__ = "unit"
        id: Mapped[int] = mapped_column(primary_key=True)
        community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
        building_id: Mapped[int] = mapped_column(ForeignKey("building.id"))
        number: Mapped[str]
        floor: Mapped[int]
        kind: Mapped[str]
        area_m2: Mapped[Decimal] = mapped_column(Numeric(12, 2))
        status: Mapped[str]
        community: Mapped[Community] = relationship()
        building: Mapped[Building] = relationship()

    class Message(Model):
        __tablename__ = "message"
        id: Mapped[int] = mapped_column(primary_key=True)
        member_id: Mapped[int]
        kind: Mapped[str]
        title: Mapped[str]
        body: Mapped[str]
        link: Mapped[str]
        created_at: Mapped[datetime]
        read_at: Mapped[datetime | None]

    class UnitView(ModelView):
        datamodel = SQLAInterface(Unit)
        list_columns = ["community", "building", "number", "floor", "kind", "area_m2", "status"]
        search_columns = ["community", "building", "kind", "status", "floor"]
        base_order = ("id", "asc")
        page_size = 20

    class MessageApi(ModelRestApi):
        resource_name = "messageapi"
        datamodel = SQLAInterface(Message)
        list_columns = ["id", "kind", "title", "body", "link", "read_at", "created_at"]
        base_filters = [["member_id", FilterEqual, 1]]
        page_size = 20

    return UnitView, MessageApi


main(int(sys.argv[1]))
