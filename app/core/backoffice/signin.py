"""Signing in and out, and one's own account: password and one-time codes."""

import base64
import io
from typing import Any

import pyotp
import qrcode
import qrcode.image.svg
from flask import abort, current_app, flash, g, redirect, render_template, request, session, url_for
from flask_appbuilder import BaseView, expose
from flask_babel import gettext as _
from flask_login import current_user, logout_user
from werkzeug.wrappers import Response

from app.core import audit, clock, limits
from app.core.backoffice import accounts
from app.core.backoffice.sessions import begin_session
from app.core.db import db, transaction
from app.core.errors import Invalid

ATTEMPTS_PER_ADDRESS = "30/minute"
SECOND_STEP_SECONDS = 300


def own_address(text: str | None) -> str:
    """``text`` when it is an address on this site, else the start page: no open redirects."""
    plain = text and text.startswith("/") and not text.startswith(("//", "/\\")) and "\\" not in text
    return text if text and plain and text.isprintable() else url_for("IndexView.index")


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
        with transaction():
            username, password = request.form.get("username", ""), request.form.get("password", "")
            person = accounts.authenticate(db.session(), username, password)
            account = accounts.ensure_account(db.session(), person) if person else None
            if person and account and account.totp_secret:
                session.clear()
                session["second_step"] = [person.id, int(clock.now().timestamp()), target]
                return redirect(url_for("SignInView.code"))
            if person:
                account = accounts.signed_in(db.session(), person)
        if person is None or account is None:
            return self._page("login", 401, error=accounts.refusal(), username=username)
        begin_session(person, account)
        return redirect(target)

    @expose("/login/code", methods=("GET", "POST"))
    def code(self) -> str | Response:
        person_id, since, target = session.get("second_step", (0, 0, ""))
        if clock.now().timestamp() - since > SECOND_STEP_SECONDS:
            return redirect(url_for("SignInView.login"))
        if request.method == "GET":
            return self._page("login_code")
        self._refuse_floods()
        with transaction():
            person = current_app.appbuilder.sm.get_user_by_id(person_id)  # type: ignore[attr-defined]
            account = accounts.ensure_account(db.session(), person)
            locked = account.locked_until is not None and account.locked_until > clock.now()
            right = (
                not locked
                and person.active
                and accounts.check_code(db.session(), account, request.form.get("code", ""))
            )
            if right:
                accounts.signed_in(db.session(), person)
            else:
                audit.record(db.session(), "login_failed", person, {"second_step": True, "locked": locked})
        if not right:
            return self._page("login_code", 401, error=_("动态口令不正确或已使用,请等待下一个"))
        begin_session(person, account)
        return redirect(own_address(target))

    @expose("/logout/", methods=("POST",))
    def logout(self) -> Response:
        if current_user.is_authenticated:
            with transaction():
                audit.record(db.session(), "logout", current_user._get_current_object(), {})
        logout_user()
        session.clear()
        return redirect(url_for("SignInView.login"))

    def _page(self, name: str, status: int = 200, **values: Any) -> Response:
        body = render_template(f"backoffice/{name}.html", **{"error": "", "username": "", **values})
        return Response(body, status, content_type="text/html; charset=utf-8")

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
            try:
                if request.form.get("new") != request.form.get("again"):
                    raise Invalid.field("again", _("两次输入的新密码不一致"))
                with transaction():
                    person = current_user._get_current_object()
                    account = accounts.change_password(
                        db.session(), person, request.form.get("current", ""), request.form.get("new", "")
                    )
                begin_session(person, account)
                flash(_("密码已修改,其他设备上的登录已失效"), "success")
                return redirect(url_for("IndexView.index"))
            except Invalid as error:
                errors = error.by_field()
        body = render_template("backoffice/password.html", errors=errors, account=g.get("staff_account"))
        return Response(body, 422 if errors else 200, content_type="text/html; charset=utf-8")

    @expose("/totp", methods=("GET", "POST"))
    def totp(self) -> str | Response:
        self._signed_in()
        account, error = g.get("staff_account"), ""
        secret = session.setdefault("totp_draft", pyotp.random_base32())
        fresh = pyotp.TOTP(secret)
        if request.method == "POST":
            code = request.form.get("code", "")
            with transaction():
                person = current_user._get_current_object()
                account = accounts.ensure_account(db.session(), person)
                if account.totp_secret and accounts.check_code(db.session(), account, code):
                    account.totp_secret = None
                    audit.record(db.session(), "totp_off", person, {})
                    flash(_("两步验证已关闭"), "success")
                elif not account.totp_secret and fresh.verify(code.strip(), clock.now(), 1):
                    account.totp_secret = secret
                    audit.record(db.session(), "totp_on", person, {})
                    flash(_("两步验证已开启,下次登录需输入动态口令"), "success")
                else:
                    error = _("动态口令不正确或已使用,请等待下一个")
            if not error:
                session.pop("totp_draft", None)
                return redirect(url_for("AccountView.totp"))
        address = fresh.provisioning_uri(current_user.username, issuer_name=current_app.config["APP_NAME"])
        enabled = bool(account and account.totp_secret)
        body = render_template("backoffice/totp.html", error=error, enabled=enabled, secret=secret, qr=_qr(address))
        return Response(body, 422 if error else 200, content_type="text/html; charset=utf-8")

    def _signed_in(self) -> None:
        if not current_user.is_authenticated:
            abort(redirect(url_for("SignInView.login", next=request.path)))


def _qr(text: str) -> str:
    image = qrcode.make(text, image_factory=qrcode.image.svg.SvgPathImage)
    out = io.BytesIO()
    image.save(out)
    return "data:image/svg+xml;base64," + base64.b64encode(out.getvalue()).decode()
