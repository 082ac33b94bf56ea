"""Back office: pictures, by the right that their purpose asks for."""

from flask import redirect, request, url_for
from flask_appbuilder import BaseView, expose
from flask_login import current_user
from werkzeug.wrappers import Response

from app.core import media, rights
from app.core.db import db, reading
from app.core.errors import NotFound
from app.core.module import registry


class MediaView(BaseView):
    """A picture: public ones for everybody, others for staff who may view the area of its purpose."""

    route_base = "/media"

    @expose("/<key>")
    def show(self, key: str) -> Response:
        with reading():
            file = media.by_key(db.session(), key)
            if not file.public:
                if not current_user.is_authenticated:
                    return redirect(url_for("SignInView.login"))
                purpose = registry().media.get(file.purpose)
                if purpose is None or not rights.can(purpose.area, "view"):
                    raise NotFound
            return media.respond(file, request.args.get("size", ""))
