"""What a staff member keeps of a list: filters under names (常用筛选), and which columns are seen (列设置).

Of the columns those are kept that were put away, so that one that a list gains later is seen by everybody. Nothing but
the list's own declared columns can be chosen: rights, data scope and masks hold for them as before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.core.backoffice.elements import Shown
from app.core.backoffice.models import HiddenColumns, SavedFilter
from app.core.errors import Invalid, NotFound

MOST_FILTERS = 20
LONGEST_NAME = 32


@dataclass(frozen=True)
class ListSettings:
    """The signed-in person's own for one list."""

    filters: Sequence[SavedFilter]
    hidden: Sequence[str]

    def seen(self, columns: Sequence[Shown]) -> list[Shown]:
        """Those of the list's columns that are seen, in the order of the declaration; never none."""
        return [column for column in columns if column.name not in self.hidden] or list(columns)


def of(session: Session, view: str) -> ListSettings:
    """What the signed-in person keeps of a view, in one query."""
    rows = session.execute(
        select(SavedFilter, HiddenColumns.names)
        .select_from(User)
        .outerjoin(SavedFilter, and_(SavedFilter.user_id == User.id, SavedFilter.view == view))
        .outerjoin(HiddenColumns, and_(HiddenColumns.user_id == User.id, HiddenColumns.view == view))
        .where(User.id == current_user.id)
        .order_by(SavedFilter.name)
        .limit(MOST_FILTERS)
    ).all()
    return ListSettings([saved for saved, _names in rows if saved], rows[0][1] or () if rows else ())


def save_filter(session: Session, view: str, name: str, query: Mapping[str, str]) -> SavedFilter:
    """Keep ``query`` under ``name``; the same name is replaced. Raises Invalid."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid.field("name", _("请填写常用筛选的名称（最多 %(limit)s 个字）", limit=LONGEST_NAME))
    if not query:
        raise Invalid.field("name", _("请先设置筛选条件"))
    mine = select(SavedFilter).where(SavedFilter.user_id == current_user.id, SavedFilter.view == view)
    saved = session.scalar(mine.where(SavedFilter.name == name))
    if saved is None:
        if (session.scalar(select(func.count()).select_from(mine.subquery())) or 0) >= MOST_FILTERS:
            raise Invalid.field("name", _("最多保存 %(limit)s 个常用筛选，请先删除不用的", limit=MOST_FILTERS))
        saved = SavedFilter(user_id=current_user.id, view=view, name=name)
        session.add(saved)
    saved.query = dict(query)
    return saved


def remove_filter(session: Session, view: str, saved_id: int) -> SavedFilter:
    """Delete one of the person's own, and tell what it was. Raises NotFound."""
    saved = session.get(SavedFilter, saved_id)
    if saved is None or saved.user_id != current_user.id or saved.view != view:
        raise NotFound()
    session.delete(saved)
    return saved


def choose_columns(session: Session, view: str, names: Sequence[str], chosen: Sequence[str]) -> None:
    """The person sees those of the view's column ``names`` that are ``chosen``. Raises Invalid for none."""
    hidden = [name for name in names if name not in chosen]
    if len(hidden) == len(names):
        raise Invalid.field("columns", _("请至少保留一列"))
    mine = select(HiddenColumns).where(HiddenColumns.user_id == current_user.id, HiddenColumns.view == view)
    kept = session.scalar(mine)
    if not hidden:
        if kept is not None:
            session.delete(kept)
        return
    if kept is None:
        kept = HiddenColumns(user_id=current_user.id, view=view)
        session.add(kept)
    kept.names = hidden
