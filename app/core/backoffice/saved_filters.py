"""常用筛选: the filters of a list that a staff member keeps under a name."""

from collections.abc import Mapping, Sequence

from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.backoffice.models import SavedFilter
from app.core.errors import Invalid, NotFound

MOST = 20
LONGEST_NAME = 32


def of(session: Session, view: str) -> Sequence[SavedFilter]:
    """The signed-in person's saved filters of a view."""
    mine = select(SavedFilter).where(SavedFilter.user_id == current_user.id, SavedFilter.view == view)
    return session.scalars(mine.order_by(SavedFilter.name).limit(MOST)).all()


def save(session: Session, view: str, name: str, query: Mapping[str, str]) -> SavedFilter:
    """Keep ``query`` under ``name``; the same name is replaced. Raises Invalid."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid.field("name", _("请填写常用筛选的名称(最多 %(limit)s 个字)", limit=LONGEST_NAME))
    if not query:
        raise Invalid.field("name", _("请先设置筛选条件"))
    mine = select(SavedFilter).where(SavedFilter.user_id == current_user.id, SavedFilter.view == view)
    saved = session.scalar(mine.where(SavedFilter.name == name))
    if saved is None:
        if (session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST:
            raise Invalid.field("name", _("最多保存 %(limit)s 个常用筛选,请先删除不用的", limit=MOST))
        saved = SavedFilter(user_id=current_user.id, view=view, name=name)
        session.add(saved)
    saved.query = dict(query)
    return saved


def remove(session: Session, view: str, saved_id: int) -> None:
    """Delete one of the person's own. Raises NotFound."""
    saved = session.get(SavedFilter, saved_id)
    if saved is None or saved.user_id != current_user.id or saved.view != view:
        raise NotFound()
    session.delete(saved)
