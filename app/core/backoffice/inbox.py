"""收件箱: the reports that were handed to the signed-in person, and which are to come."""

import io
from typing import Any

from flask import flash, redirect, render_template, request, send_file, url_for
from flask_appbuilder import BaseView
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock, rights
from app.core.backoffice import deliveries
from app.core.backoffice.models import CADENCES, FORMATS
from app.core.backoffice.pages import staff_page
from app.core.backoffice.report_pages import view_name
from app.core.db import db, transaction, whole_number
from app.core.errors import NotFound


class InboxView(BaseView):
    """One's own; nobody sees another's."""

    route_base = "/account/inbox"
    default_view = "show"

    @staff_page("/")
    def show(self) -> Any:
        """The files, and the subscriptions."""
        known = deliveries.reports()
        wanted = [
            (one, known[one.report], url_for(f"{view_name(known[one.report])}.show"),
             rights.can(known[one.report].area, "export"))
            for one in deliveries.subscriptions(db.session())
            if one.report in known
        ]  # fmt: skip
        return render_template(
            "backoffice/inbox.html", files=deliveries.inbox(db.session()), wanted=wanted, cadences=CADENCES,
            formats=FORMATS, local=clock.local,
        )  # fmt: skip

    @staff_page("/open", methods=("POST",))
    def open(self) -> Response:
        """One file as a download."""
        try:
            with transaction():
                found = deliveries.open_file(db.session(), whole_number(request.form.get("id")))
                content, name, mimetype = found.content, found.filename, found.mimetype
        except NotFound:
            flash(_("文件不存在，或您已没有导出这份报表的权限"), "warning")
            return redirect(url_for("InboxView.show"))
        response = send_file(io.BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name, max_age=0)
        response.headers["Cache-Control"] = "no-store"
        return response

    @staff_page("/read", methods=("POST",))
    def read(self) -> Response:
        """All count as seen."""
        with transaction():
            deliveries.mark_all_read(db.session())
        return redirect(url_for("InboxView.show"))

    @staff_page("/unsubscribe", methods=("POST",))
    def unsubscribe(self) -> Response:
        """A report that is not to come any more."""
        try:
            with transaction():
                deliveries.unsubscribe(db.session(), whole_number(request.form.get("id")))
            flash(_("已取消订阅"), "success")
        except NotFound:
            flash(_("这项订阅已不存在"), "warning")
        return redirect(url_for("InboxView.show"))
