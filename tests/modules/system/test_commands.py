"""The operator makes the first superadmin from the command line."""

import pytest
from flask import Flask

from tests.conftest import PhoneOf, Store


@pytest.mark.req("G7")
def test_the_first_superadmin_signs_in_and_must_change_the_password(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["create-superadmin", "chief", "总管", "chief@example.com"])
    password = result.output.split("初始密码：")[1].split("（")[0]
    client = app.test_client()
    assert client.post("/login/", data={"username": "chief", "password": password}).status_code == 302
    assert client.get("/").headers["Location"] == "/account/password"
    again = app.test_cli_runner().invoke(args=["create-superadmin", "chief", "总管", "other@example.com"])
    assert again.exit_code == 1
    assert "已被使用" in again.output


@pytest.mark.req("G7", "N4")
def test_the_function_menu_of_a_new_installation_is_as_declared(app: Flask, phone: PhoneOf, store: Store) -> None:
    home = phone().get("/home").json
    assert home is not None
    declared = [entry for module in app.extensions["registry"] for entry in module.menu]
    assert [item["key"] for item in home["menu"]] == [entry.key for entry in declared if "visitor" in entry.roles]
