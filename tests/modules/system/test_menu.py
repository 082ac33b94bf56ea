"""The function menu: order, icon, name, on/off and roles are the staff's; the phone sees it on the next call (G7)."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.modules.system.models import MenuModule
from tests.conftest import Browse, PhoneOf, Store
from tests.phones import Phone


def change(client: FlaskClient, number: int, **values: object) -> None:
    path = f"/system/menu_module/{number}/edit"
    version = client.get(path).get_data(as_text=True).split('name="_version" value="')[1].split('"')[0]
    form = {"name": "身份认证", "icon": "id-card", "position": "10", "enabled": "1", "roles": ["visitor"], **values}
    answer = client.post(path, data={"_version": version, **form})
    assert answer.status_code == 302, answer.get_data(as_text=True)


def shown(somebody: Phone) -> list[tuple[str, str]]:
    """Name and icon of the certification entry, where it stands in the menu."""
    menu = somebody.get("/home").json["menu"]  # type: ignore[index]
    return [(item["name"], item["icon"]) for item in menu if item["key"] == "certification"]


@pytest.mark.req("G7")
def test_what_staff_change_is_in_the_next_home(browse: Browse, phone: PhoneOf, store: Store) -> None:
    clerk = browse("menu-clerk", {("menu", "edit")})
    with store() as session:
        number = session.scalars(select(MenuModule.id).where(MenuModule.key == "certification")).one()
    change(clerk, number, name="我要认证", icon="badge")
    assert shown(phone()) == [("我要认证", "badge")]
    change(clerk, number, roles=["merchant"])
    assert shown(phone()) == []
    change(clerk, number, enabled="", roles=["visitor"])
    assert shown(phone("dev-li")) == []
