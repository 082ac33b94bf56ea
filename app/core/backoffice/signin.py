"""Signing in and out, and one's own account: password and one-time codes."""

import base64
import io
from typing import Any

import pyotp
import qrcode
import qrcode.image.svg
from flask import abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from app.core import audit, clock, limits, settings
from app.core.backoffice import accounts
from app.core.backoffice.models import StaffAccount
from app.core.backoffice.pages import to_sign_in
from app.core.backoffice.sessions import act_as_staff, begin_session, end_session
from app.core.db import db, reading, transaction
from app.core.errors import Invalid

ATTEMPTS_PER_ADDRESS = "30/minute"
SECOND_STEP_SECONDS = 300


def own_address(text: str | None) -> str:
    """``text`` when it is an address on this site, else the start page: no open redirects."""
    plain = text and text.startswith("/") and not text.startswith(("//", "/\\")) and "\\" not in text
    return text if text and plain and text.isprintable() else url_for("IndexView.index")


def wrong_code() -> str:
    """What is said of a one-time code that does not fit."""
    return _("动态口令不正确或已使用，请等待下一个")


class SignInView(BaseView):
    """登录与退出."""

    route_base = ""
    default_view = "login"

    @expose("/login/", methods=("GET", "POST"))
    def login(self) -> str | Response:
        target = own_address(request.args.get("next"))
        if current_user.is_authenticated:
            return redirect(target)
        if request.method == "GET":
            return self._page("login", target=target)
        self._refuse_floods()
        username, password = request.form.get("username", ""), request.form.get("password", "")
        with reading():
            who = accounts.candidate(db.session(), username)
            db.session.rollback()
        matched = who.matches(password)
        with transaction():
            admitted = accounts.admit(db.session(), who, matched)
            if admitted and admitted[1].totp_secret:
                session.clear()
                session["second_step"] = [admitted[0].id, int(clock.now().timestamp()), target]
                return redirect(url_for("SignInView.code"))
            key = self._sign_in(admitted) if admitted else ""
        if admitted is None:
            return self._page("login", 401, target=target, error=accounts.refusal(), username=username)
        begin_session(*admitted, key)
        return redirect(target)

    @expose("/login/code", methods=("GET", "POST"))
    def code(self) -> str | Response:
        person_id, since, target = session.get("second_step", (0, 0, ""))
        if clock.now().timestamp() - since > SECOND_STEP_SECONDS:
            session.pop("second_step", None)
            flash(_("验证已超时，请重新登录"), "warning")
            return redirect(url_for("SignInView.login"))
        if request.method == "GET":
            return self._page("login_code")
        self._refuse_floods()
        with transaction():
            admitted = accounts.admit_code(db.session(), person_id, request.form.get("code", ""))
            key = self._sign_in(admitted) if admitted else ""
        if admitted is None:
            return self._page("login_code", 401, error=wrong_code())
        begin_session(*admitted, key)
        return redirect(own_address(target))

    @expose("/logout/", methods=("POST",))
    def logout(self) -> Response:
        if current_user.is_authenticated:
            with transaction():
                audit.record(db.session(), "logout", current_user._get_current_object(), {})
                end_session(db.session())
        logout_user()
        session.clear()
        return redirect(url_for("SignInView.login"))

    def _page(self, name: str, status: int = 200, **values: Any) -> Response:
        body = render_template(f"backoffice/{name}.html", **{"error": "", "username": "", **values})
        return Response(body, status, content_type="text/html; charset=utf-8")

    def _sign_in(self, admitted: tuple[User, StaffAccount]) -> str:
        act_as_staff(admitted[0])
        return accounts.signed_in(db.session(), *admitted)

    def _refuse_floods(self) -> None:
        limits.spend(ATTEMPTS_PER_ADDRESS, "sign-in", limits.address())


class AccountView(BaseView):
    """我的账号: for everyone signed in; needs no right."""

    route_base = "/account"
    default_view = "password"

    @expose("/password", methods=("GET", "POST"))
    def password(self) -> str | Response:
        self._signed_in()
        errors: dict[str, str] = {}
        if request.method == "POST":
            errors = self._change_password()
            if not errors:
                flash(_("密码已修改，其他设备上的登录已失效"), "success")
                return redirect(url_for("IndexView.index"))
        shortest = settings.get("system.password_length")
        body = render_template(
            "backoffice/password.html", errors=errors, account=g.get("staff_account"), shortest=shortest
        )
        return Response(body, 422 if errors else 200, content_type="text/html; charset=utf-8")

    def _change_password(self) -> dict[str, str]:
        form = request.form
        if form.get("new") != form.get("again"):
            return {"again": _("两次输入的新密码不一致")}
        with transaction():
            person = current_user._get_current_object()
            if not accounts.confirm_password(db.session(), person, form.get("current", "")):
                return {"current": _("当前密码不正确")}
            try:
                account, key = accounts.change_password(db.session(), person, form.get("new", ""))
            except Invalid as error:
                return error.by_field()
        begin_session(person, account, key)
        return {}

    @expose("/totp", methods=("GET", "POST"))
    def totp(self) -> str | Response:
        self._signed_in()
        account, error = g.get("staff_account"), ""
        enabled = bool(account and account.totp_secret)
        secret = "" if enabled else session.setdefault("totp_draft", pyotp.random_base32())
        if request.method == "POST":
            with transaction():
                person = current_user._get_current_object()
                error = self._switch_off(person) if enabled else self._switch_on(person, secret)
            if not error:
                session.pop("totp_draft", None)
                return redirect(url_for("AccountView.totp"))
        body = render_template(
            "backoffice/totp.html", error=error, enabled=enabled, secret=secret, qr="" if enabled else _qr(secret)
        )
        return Response(body, 422 if error else 200, content_type="text/html; charset=utf-8")

    def _switch_on(self, person: User, secret: str) -> str:
        account = accounts.ensure_account(db.session(), person)
        if not accounts.start_codes(account, secret, request.form.get("code", "")):
            return wrong_code()
        audit.record(db.session(), "totp_on", person, {})
        flash(_("两步验证已开启，下次登录需输入动态口令"), "success")
        return ""

    def _switch_off(self, person: User) -> str:
        if not accounts.confirm_password(db.session(), person, request.form.get("password", "")):
            return _("当前密码不正确")
        accounts.ensure_account(db.session(), person).totp_secret = None
        audit.record(db.session(), "totp_off", person, {})
        flash(_("两步验证已关闭"), "success")
        return ""

    def _signed_in(self) -> None:
        if not current_user.is_authenticated:
            abort(to_sign_in())


def _qr(secret: str) -> str:
    issuer = current_app.config["APP_NAME"]
    address = pyotp.TOTP(secret).provisioning_uri(name=current_user.username, issuer_name=issuer)
    image = qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage)
    out = io.BytesIO()
    image.save(out)
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()
