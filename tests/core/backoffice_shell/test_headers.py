"""What protects every answer: forms need their token, pages run nothing but their own files."""

import re
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from app.core.backoffice import shell
from app.factory import create_app
from tests.conftest import Browse

OURS = Path(shell.__file__).parents[2]


@pytest.fixture
def guarded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application with the check that the other tests go without."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    return app


def address_of(rule: Rule) -> str:
    return re.sub(r"<int:[^>]+>", "1", rule.rule).replace("<name>", "x").replace("<key>", "x")


@pytest.mark.req("S2")
def test_every_write_that_a_cookie_authenticates_needs_the_pages_token(guarded: Flask, browse: Browse) -> None:
    guarded.config["WTF_CSRF_ENABLED"] = False
    client = browse()
    guarded.config["WTF_CSRF_ENABLED"] = True
    writes = [r for r in guarded.url_map.iter_rules() if "POST" in (r.methods or ()) and not r.rule.startswith("/api/")]
    assert len(writes) > 50
    for rule in writes:
        if rule.endpoint.startswith("devices."):
            continue  # no cookie is looked at there
        answer = client.post(address_of(rule))
        assert answer.status_code == 400, rule
        assert "页面已过期" in answer.get_data(as_text=True)


@pytest.mark.req("S2")
def test_the_token_of_another_session_does_not_fit(guarded: Flask) -> None:
    def token(client) -> str:  # type: ignore[no-untyped-def]
        return client.get("/login/").get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]

    one, other = guarded.test_client(), guarded.test_client()
    token(one)
    form = {"username": "x", "password": "y", "csrf_token": token(other)}
    assert one.post("/login/", data=form).status_code == 400
    assert other.post("/login/", data=form).status_code == 401


@pytest.mark.req("S2")
def test_the_mobile_api_has_no_cookies_and_needs_no_token(guarded: Flask) -> None:
    answer = guarded.test_client().post("/api/v1/auth/wechat", json={"code": "dev-li"})
    assert answer.status_code in (200, 201)
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/login/", "/", "/nothing", "/healthz", "/members/customer/", "/static/x.css"])
@pytest.mark.req("S2")
def test_every_answer_carries_the_protecting_headers(browse: Browse, path: str) -> None:
    headers = browse().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for directive in ("default-src 'self'", "frame-ancestors 'none'", "base-uri 'self'", "form-action 'self'"):
        assert directive in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"


def test_nonces_are_new_each_time(app: Flask) -> None:
    client = app.test_client()
    assert len({client.get("/login/").headers["Content-Security-Policy"] for _ in range(3)}) == 3


@pytest.mark.req("S2")
def test_in_production_cookies_are_secure_and_browsers_stay_with_https(tmp_path: Path) -> None:
    app = create_app(
        TESTING=True, PRODUCTION=True, DATA_DIR=tmp_path, JOBS="off", SECRET_KEY="k" * 40,
        DATA_KEYS="1:" + "A" * 43 + "=", INDEX_KEY="B" * 43 + "=", LOG_LEVEL="CRITICAL",
        WECHAT_API_URL="https://api.weixin.qq.com", WECHAT_APP_ID="wx1", WECHAT_APP_SECRET="s" * 32,
        DATABASE_URL=f"sqlite:///{tmp_path / 'none.db'}", DEMO=False,
    )  # fmt: skip
    answer = app.test_client().get("/login/", base_url="https://wy.example.com")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


def test_static_files_are_named_by_content_and_kept_for_good(app: Flask) -> None:
    client = app.test_client()
    files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/login/").get_data(as_text=True)))
    assert len(files) > 4
    for path in files:
        answer = client.get(path.replace("&amp;", "&"))
        assert answer.status_code == 200, path
        assert "immutable" in answer.headers["Cache-Control"], path
    assert client.get("/static/backoffice/app.css").headers["Cache-Control"] == "public, max-age=86400"


def test_templates_have_no_inline_style_script_or_handler() -> None:
    for template in OURS.rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(
            r"\sstyle\s*=|\son[a-z]+\s*=|javascript:|<style(?![^>]*nonce)|<script(?![^>]*(src|nonce)=)", text
        ), template


def test_files_outside_the_static_folder_are_not_served(app: Flask) -> None:
    for path in ("/static/../config.py", "/static/%2e%2e/config.py", "/static//etc/passwd", "/static/backoffice/"):
        assert app.test_client().get(path, follow_redirects=True).status_code == 404


def test_addresses_of_the_framework_that_nobody_needs_are_absent(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    for path in ("/back", "/lang/<string:locale>", "/users/list/", "/roles/list/", "/swagger/<version>",
                 "/api/v1/menu/", "/api/v1/security/login", "/api/<version>/_openapi"):  # fmt: skip
        assert path not in rules
    public = {
        "/login/",
        "/login/code",
        "/logout/",
        "/",
        "/healthz",
        "/readyz",
        "/media/<key>",
        "/favicon.ico",
        "/metrics",
    }
    other = {r for r in rules if not r.startswith(("/static/", "/api/v1/", "/account/", "/system/", "/import/"))}
    modules = {f"/{module.key}/" for module in app.extensions["registry"]} | {"/reports/", "/share/", "/m", "/p/"}
    modules |= {"/gates/", "/iclock/"}
    assert {r for r in other - public if not r.startswith(tuple(modules))} == set()
