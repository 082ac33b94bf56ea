"""Back office: the settings that modules declare."""

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import rights, settings
from app.core.backoffice.pages import PageView, page
from app.core.db import db, transaction
from app.core.errors import FieldError, Invalid
from app.core.module import Setting, registry


class SettingsView(PageView):
    """系统设置: one form of all declared settings, by module."""

    area = "settings"
    title = "系统设置"
    icon = "fa-sliders"
    route_base = "/system/settings"
    default_view = "index"

    @page("/")
    def index(self) -> str:
        return self._render({key: settings.get(key) for key in registry().settings}, {})

    @page("/", action="edit", methods=("POST",))
    def save(self) -> str | Response:
        typed = {key: _typed(setting) for key, setting in registry().settings.items()}
        problems = []
        for key, setting in registry().settings.items():
            try:
                settings.check(setting, typed[key])
            except Invalid as error:
                problems += [FieldError(key, item.message) for item in error.errors]
        if problems:
            body = self._render(typed, Invalid(errors=problems).by_field())
            return Response(body, Invalid.status, content_type="text/html; charset=utf-8")
        with transaction():
            for key, value in typed.items():
                if settings.check(registry().settings[key], value) != settings.get(key):
                    settings.put(db.session(), key, value)
        flash(_("设置已保存"), "success")
        return redirect(url_for("SettingsView.index"))

    def _render(self, values: dict[str, object], errors: dict[str, str]) -> str:
        modules = [module for module in registry() if module.settings]
        return render_template(
            "system/settings.html",
            view=self,
            modules=modules,
            values=values,
            errors=errors,
            editable=rights.can(self.area, "edit"),
        )


def _typed(setting: Setting) -> object:
    if isinstance(setting.default, bool):
        return setting.key in request.form
    return request.form.get(setting.key, "").strip()
