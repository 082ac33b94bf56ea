"""帮助: the manuals that ship with the software, to read, to search and to take along (S4)."""

import io
from typing import Any

from flask import redirect, render_template, request, send_file, url_for
from flask_appbuilder import BaseView
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.core import manual
from app.core.backoffice.pages import staff_page


class HelpView(BaseView):
    """For every member of staff: how things are done is no secret."""

    route_base = "/system/help"
    default_view = "show"

    @staff_page("/")
    def show(self) -> str:
        """A manual with its contents; or where they speak of what is searched."""
        asked = request.args.get("q", "").strip()[:64]
        pages = manual.pages()
        page = manual.page_of(request.args.get("page", "")) or pages[0]
        return render_template(
            "backoffice/help.html", pages=pages, page=page, asked=asked, found=manual.search(asked),
            headings=manual.headings(page),
            text=Markup(manual.html(page, self._link, self._picture)),  # noqa: S704  (no raw HTML, see app.core.manual)
        )  # fmt: skip

    @staff_page("/manual.pdf")
    def pdf(self) -> Response:
        """A manual as a PDF."""
        page = manual.page_of(request.args.get("page", "")) or manual.pages()[0]
        return send_file(
            io.BytesIO(manual.on_paper(page)), mimetype="application/pdf", as_attachment=True,
            download_name=f"{page.title.replace('/', '与')}.pdf", max_age=0,
        )  # fmt: skip

    @staff_page("/picture/<name>")
    def picture(self, name: str) -> Response:
        """A picture of a manual; what is none leads back to the manuals."""
        file = manual.picture_file(name)
        return redirect(url_for("HelpView.show")) if file is None else send_file(file, max_age=0)

    def _link(self, key: str) -> str:
        return url_for("HelpView.show", page=key)

    def _picture(self, name: str) -> Any:
        return url_for("HelpView.picture", name=name)
