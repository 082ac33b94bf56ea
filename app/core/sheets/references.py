"""From what the cells say to the records they name: one query at a time for all rows."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.privacy import keyring
from app.core.sheets.columns import Lookup, Masked
from app.core.sheets.sheet import Row, Sheet

AMBIGUOUS = object()


class References:
    """The records that the look-ups of a file have named so far."""

    def __init__(self, session: Session, sheet: Sheet, scope: frozenset[int] | None) -> None:
        self.session, self.sheet, self.scope = session, sheet, scope
        self.resolved: dict[str, dict[tuple[Any, ...], Any]] = {lookup.name: {} for lookup in sheet.lookups}

    def resolve(self, lookup: Lookup, rows: list[Row]) -> None:
        """Replace what the cells say by the ids of the records they name; unknown names become problems."""
        asked = []
        for row in rows:
            text = row.values.pop(lookup.name, None)
            if text is None:
                continue
            if isinstance(text, Masked):
                row.refuse(lookup, _("是脱敏后的内容，请填写完整"))
                continue
            outer = [row.values.get(name) for name in lookup.within.values()]
            if None in outer:
                if not row.problems:
                    missing = [name for name in lookup.within.values() if name not in row.values]
                    titles = "、".join(self.sheet.by_name[name].title for name in missing)
                    row.refuse(lookup, _("请同时填写%(titles)s", titles=titles))
                continue
            asked.append((row, (*outer, text)))
        resolved = self.resolved[lookup.name]
        unknown = {key for _row, key in asked if key not in resolved}
        if unknown:
            self._find(lookup, unknown)
        for row, key in asked:
            found = resolved[key]
            if found is None:
                shown = "" if lookup.privacy else f"“{str(key[-1])[:30]}”"
                row.refuse(lookup, _("找不到%(label)s%(text)s", label=lookup.target.__label__, text=shown))
            elif found is AMBIGUOUS:
                row.refuse(lookup, _("对应多个%(label)s，无法确定是哪一个", label=lookup.target.__label__))
            else:
                row.values[lookup.name] = found

    def _find(self, lookup: Lookup, keys: set[tuple[Any, ...]]) -> None:
        columns = lookup.target.__table__.c
        names = [lookup.target_names[name] for name in lookup.within]
        scoped = None if self.scope is None else lookup.target.in_communities(self.scope)
        found: dict[tuple[Any, ...], set[int]] = {}
        for by in lookup.by:
            name = lookup.target_names[by]
            sought = {key[-1]: keyring().digest(key[-1]) if name != by else key[-1] for key in keys}
            back = {stored: text for text, stored in sought.items()}
            query = select(columns.id, *(columns[n] for n in names), columns[name]).where(
                columns[name].in_(list(back)),
                *(columns[n].in_({key[i] for key in keys}) for i, n in enumerate(names)),
            )
            if scoped is not None:
                query = query.where(scoped)
            for record_id, *outer, stored in self.session.execute(query):
                found.setdefault((*outer, back[stored]), set()).add(record_id)
        for key in keys:
            ids = found.get(key, set())
            self.resolved[lookup.name][key] = None if not ids else ids.pop() if len(ids) == 1 else AMBIGUOUS
