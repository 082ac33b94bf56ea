"""What a ``ModuleView`` declares, how it is read at start, and what the signed-in person may do and see.

A subclass of Flask-AppBuilder's ``ModelView``, so that the framework registers its addresses; every query,
page and form is ours. What is checked once here is checked everywhere: the right, the data scope, the
limits of what an address may ask for, and that an error is a sentence and never a loss of what was typed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from flask import abort, render_template, url_for
from flask_appbuilder import ModelView
from flask_appbuilder.models.sqla.interface import SQLAInterface
from flask_babel import gettext as _
from sqlalchemy import Select, inspect
from sqlalchemy.orm import Session

from app.core import rights
from app.core.backoffice import screens
from app.core.backoffice.attributes import NUMBERS, Attribute, Kind, attribute, describable
from app.core.backoffice.cells import Cell, cell
from app.core.backoffice.elements import Button, Shown
from app.core.backoffice.filters import PAGING, RESERVED
from app.core.backoffice.forms import form_class
from app.core.backoffice.listing import Sort, sorts
from app.core.db import LARGEST_ID, Record, db, reading
from app.core.module import DELETE, EDIT, EXPORT, IMPORT, REVEAL, VIEW, registry

if TYPE_CHECKING:
    from app.core.sheets import Sheet


class Declaration(ModelView):
    """The list, show page, forms, moves, bulk actions, choices and export of one record class, declared.

    Declare what differs from the defaults; unknown names raise LookupError at start:

    - ``model, area, title, icon``: the record class, its row of the permission matrix, and what the menu shows
      (``menu = False``: nothing). Addresses begin with ``/<module>/<table>`` unless ``route_base`` is given.
    - ``columns``: of the list: columns, many-to-one relationships, or methods declared with ``@computed``.
      Default: the first six that a show page would have. ``sections``: of the show page, as
      ``(("基本信息", ("name", …)), …)``; default: one section with everything labelled.
    - ``filters``: columns or relationships above the list. ``search``: columns of the search box; a sealed column
      is found by its full value, or its last four characters where a tail is kept.
    - ``order``: as in ``("-created_at",)``; ``sortable``: columns whose heading sorts (give each an index).
    - ``form``: columns and relationships of the add form, and of the edit form unless ``form_edit`` differs.
      Operations get column names: ``building`` is handed on as ``building_id``.
    - An add form's address may fill in relationships, choices and texts: ``/new?bill=12``.
    - ``moves``: names of the workflow's moves that staff make here; ``move_inputs``: columns asked for with one,
      as in ``{"reject": ("reason",)}``. A move that names its ``undo`` can be taken back by who made it for some
      minutes, where the reverse move is offered here too and the person has the right to it.
    - ``related``: ``((OtherView, "its_foreign_key"), …)`` shown as tables on the show page.
    - ``sheet``: gives an export button, and import and template buttons where the module lists it among its sheets.
      ``images``: the purpose of pictures in the form, at most ``images_most``.
    - ``readonly``, ``can_add``, ``can_edit``, ``can_delete``: take screens away.
    - ``tones``: ``{state: "green" | "amber" | "red" | "blue" | "grey"}`` where the default colour does not fit.
    - ``named``: the Chinese names of the keys that a text column holds, as functions (read once, at start).
    - ``described_with``: relationships that ``describe`` reads.
    - ``show_template``: a template that extends ``backoffice/show.html`` (blocks ``lead``, ``sections``,
      ``extra``); ``value(name)`` draws a column in it.

    Hooks: ``save``, ``remove``, ``make_move`` call the module's operations, each in one transaction;
    ``base_filter`` narrows what exists for this screen; ``choice_filter`` narrows what may be chosen;
    ``describe`` names a record elsewhere; ``move_question`` and ``delete_question`` say beforehand what will happen;
    ``show_context`` feeds ``show_template``; ``list_buttons`` and ``extra_buttons`` add links.
    """

    model: ClassVar[Any]
    area: ClassVar[str]
    title: str = ""
    icon: str = "fa-table"
    menu: bool = True
    columns: Sequence[str] = ()
    sections: Sequence[tuple[str, Sequence[str]]] = ()
    filters: Sequence[str] = ()
    search: Sequence[str] = ()
    order: Sequence[str] = ("-id",)
    sortable: Sequence[str] = ()
    form: Sequence[str] = ()
    form_edit: Sequence[str] | None = None
    moves: Sequence[str] = ()
    move_inputs: Mapping[str, Sequence[str]] = {}
    related: Sequence[tuple[type["Declaration"], str]] = ()
    sheet: "Sheet | None" = None
    images: str = ""
    images_most: int = 9
    readonly: bool = False
    can_add: bool = True
    can_edit: bool = True
    can_delete: bool = True
    tones: Mapping[str, str] = {}
    named: Mapping[str, Callable[[], Mapping[str, str]]] = {}
    described_with: Sequence[str] = ()
    show_template: str = "backoffice/show.html"

    route_base: str | None = None
    exclude_route_methods = {"action", "action_post", "download"}
    default_view = "list"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "model" in cls.__dict__:
            cls.title = cls.__dict__.get("title", cls.model.__label__)
        if "area" in cls.__dict__:
            cls.class_permission_name = cls.area

    def __init__(self, **kwargs: Any) -> None:
        self.datamodel = SQLAInterface(self.model)
        super().__init__(**kwargs)

    # ---- what a module overrides

    def base_filter(self) -> Any:
        """A condition that every record of this screen fulfils, or None."""
        return None

    def choice_filter(self, name: str) -> Any:
        """A condition on what may be chosen for the relationship ``name``, or None."""
        return None

    def describe(self, record: Any) -> str:
        """What a record is called in titles, lists of choices and where another record mentions it."""
        return str(record) if type(record).__str__ is not object.__str__ else f"{record.__label__} {record.id}"

    def save(self, session: Session, record: Any, values: dict[str, Any]) -> Any:
        """Make a record (``record`` None) or change one. Runs in a transaction; DomainError is shown at the form."""
        if record is None:
            record = self.model()
            session.add(record)
        for name, value in values.items():
            setattr(record, name, value)
        session.flush()
        return record

    def saved(self, session: Session, record: Any) -> None:
        """What follows from a form's save once the record's pictures are in place; in the same transaction."""

    def remove(self, session: Session, record: Any) -> None:
        """Delete a record; refused in words while others refer to it."""
        session.delete(record)
        session.flush()

    def make_move(self, session: Session, record: Any, name: str, values: dict[str, Any]) -> Any:
        """Make a workflow move with the values of its ``move_inputs``."""
        return self.model.flow.apply(session, record, name, **values)

    def move_question(self, record: Any, name: str) -> str:
        """What a move will do, asked before it is made: the move's own words, or how many it concerns besides."""
        return str(self.model.flow.moves[name].confirm)

    def delete_question(self, record: Any) -> str:
        """What deleting a record will do, asked before it is done."""
        return _("删除后不能恢复；仍被其他记录使用的，系统会拒绝删除。")

    def show_context(self, record: Any) -> dict[str, Any]:
        """What ``show_template`` needs beyond the standard page, or in place of a part of it."""
        return {}

    def list_buttons(self) -> Iterable[Button]:
        """Further buttons above the list."""
        return ()

    def extra_buttons(self, record: Any) -> Iterable[Button]:
        """Further buttons of a record's page."""
        return ()

    def fixed(self, record: Any) -> str:
        """Why this record is not to be changed now, in words; "" when it may be. The operation refuses besides."""
        return ""

    # ---- what may be done

    def offers(self, action: str) -> bool:
        """Whether the area knows the action at all."""
        return action in {known.key for known in registry().areas[self.area].actions}

    def may(self, action: str) -> bool:
        """Whether the signed-in person may ``action`` here."""
        return self.offers(action) and rights.can(self.area, action)

    def may_add(self) -> bool:
        return bool(self.form) and self.can_add and not self.readonly and self.may(EDIT.key)

    def may_edit(self) -> bool:
        return bool(self.edit_attributes) and self.can_edit and not self.readonly and self.may(EDIT.key)

    def may_delete(self) -> bool:
        return self.can_delete and not self.readonly and self.may(DELETE.key)

    def may_import(self) -> bool:
        return self.imported and not self.readonly and self.may(IMPORT.key)

    def may_export(self) -> bool:
        return self.sheet is not None and self.may(EXPORT.key)

    def may_reveal(self) -> bool:
        return self.may(REVEAL.key) and any(a.masked for a in self.shown_attributes)

    # ---- records within right and scope

    def scoped(self) -> Select[Any]:
        """All records that exist for the signed-in person on this screen."""
        return self.within(rights.communities())

    def within(self, communities: frozenset[int] | None) -> Select[Any]:
        """All records of this screen in these communities (None: all), for work that is done without its person."""
        query = screens.within(self.model, communities)
        condition = self.base_filter()
        return query if condition is None else query.where(condition)

    def find(self, session: Session, record_id: int, *, lock: bool = False) -> Any:
        """A record with what its page shows. Absent or out of scope: 404."""
        record = None
        if record_id <= LARGEST_ID:
            query = self.scoped().where(self.model.id == record_id).execution_options(populate_existing=True)
            if lock:
                query = query.with_for_update(of=self.model)
            options = [*self.loaders(self.shown_attributes), *screens.describing(self.model)]
            record = session.scalar(query.options(*options))
        return record if record is not None else abort(404)

    def record_or_404(self, record_id: int) -> Any:
        """``find`` in the request's session, for a view's own pages."""
        return self.find(db.session(), record_id)

    def candidates(self, relation: Attribute) -> Select[Any]:
        """What may be chosen for a relationship."""
        query = screens.in_scope(relation.target)
        condition = self.choice_filter(relation.name)
        return query if condition is None else query.where(condition)

    def candidate(self, session: Session, relation: Attribute, record_id: int) -> Any:
        """One of the candidates by id, or None."""
        return self.chosen(session, relation, (record_id,)).get(record_id)

    def chosen(self, session: Session, relation: Attribute, ids: Sequence[int]) -> Mapping[int, Any]:
        """Those of the candidates with these ids, in one query."""
        query = self.candidates(relation).where(relation.target.id.in_(ids)).order_by(relation.target.id)
        return {record.id: record for record in session.scalars(query.options(*screens.describing(relation.target)))}

    def loaders(self, attributes: Iterable[Attribute]) -> list[Any]:
        """The loader options that showing ``attributes`` needs: one query for each relationship, however many rows."""
        return [screens.loading(relation) for relation in screens.relations(list(attributes))]

    # ---- showing

    def cell(self, shown: Shown, record: Any, computed_values: Mapping[str, Mapping[int, Any]],
             names: Mapping[int, str], *, revealed: bool = False) -> Cell:  # fmt: skip
        """The cell of one record; ``computed_values`` and ``names`` were read for all records at once."""
        if shown.attribute is None:
            value = computed_values[shown.name].get(record.id, "")
            return value if isinstance(value, Cell) else Cell(str(value))
        if shown.attribute.kind is Kind.RELATION:
            target = getattr(record, shown.name)
            return Cell("" if target is None else screens.describe(target))
        value = getattr(record, shown.attribute.key)
        if shown.attribute.kind is Kind.RELATIONS:
            return Cell("", "badges", many=tuple(screens.describe(target) for target in value))
        return cell(shown.attribute, value, tones=self.tones, names=names, revealed=revealed)

    def kept(self, arguments: Mapping[str, str]) -> dict[str, str]:
        """The arguments of an address that the list knows, for the way back to it."""
        names = {f"{a.name}{end}" for a in self.filter_attributes for end in ("", "_from", "_to")} | PAGING
        return {name: text for name, text in arguments.items() if name in names}

    def url(self, method: str, /, **values: Any) -> str:
        """The address of one of this view's pages."""
        return url_for(f"{self.endpoint}.{method}", **values)

    def without(self, kept: Mapping[str, Any], names: Sequence[str]) -> str:
        """The list without some of the filters in its address."""
        return self.url("list", **{name: text for name, text in kept.items() if name not in names})

    def sorted_by(self, kept: Mapping[str, Any], sort: str) -> str:
        """The list in another order."""
        return self.url("list", **{**kept, "sort": sort})

    def at(self, kept: Mapping[str, Any], cursor: str) -> str:
        """Another page of the list."""
        return self.url("list", **kept, at=cursor)

    def render(self, template: str, status: int = 200, **context: Any) -> Any:
        """A page of this view; it only reads."""
        with reading():
            return render_template(template, view=self, **context), status

    # ---- start: read the declaration, once

    def create_blueprint(self, appbuilder: Any, endpoint: str | None = None, static_folder: str | None = None) -> Any:
        blueprint = super().create_blueprint(appbuilder, endpoint, static_folder)
        screens.register(self)
        return blueprint

    def _init_properties(self) -> None:
        """Read the declaration in place of Flask-AppBuilder's guesses."""
        if not issubclass(self.model, Record):
            raise LookupError(f"{self.model} is no Record")
        modules = [module for module in registry() if self.area in {area.key for area in module.areas}]
        registry().require(self.area, VIEW.key)
        self.module = modules[0]
        self.route_base = self.route_base or f"/{self.module.key}/{self.model.__tablename__}"
        self.noun = self.model.__label__
        self.imported = any(sheet is self.sheet for module in registry() for sheet in module.sheets)
        names = describable(self.model)
        self.shown_columns = self._shown(self.columns or names[1:7])
        self.shown_sections = [(title, self._shown(part)) for title, part in self.sections or self._one_section(names)]
        self.shown_attributes = [s.attribute for _title, part in self.shown_sections for s in part if s.attribute]
        self.filter_attributes = self._attributes(self.filters)
        self.search_attributes = self._attributes(dict.fromkeys(self._source(name) for name in self.search))
        self.add_attributes = self._attributes(self.form)
        self.edit_attributes = self._attributes(self.form if self.form_edit is None else self.form_edit)
        self.default_order = sorts(self.model, self.order)
        self.sort_orders: dict[str, list[Sort]] = {}
        for name in self.sortable:
            for key in (name, f"-{name}"):
                self.sort_orders[key] = sorts(self.model, (key,))
        if RESERVED & set(self.filters):
            raise LookupError(
                f"{type(self).__name__}: a filter may not be called {sorted(RESERVED & set(self.filters))}"
            )
        self.seals_search = any(a.privacy for a in self.search_attributes + self.filter_attributes)
        self.bulks = {
            name: getattr(self, name)._bulk for name in dir(type(self)) if hasattr(getattr(type(self), name), "_bulk")
        }
        self._check_rights_and_moves()
        self.related_views: list[Any] = []
        self._related_views: list[Any] = []

    def _init_forms(self) -> None:
        """The forms, made by Flask-AppBuilder's converter with our fields."""
        self.add_form = form_class(self.datamodel, self.add_attributes, editing=False)
        self.edit_form = form_class(self.datamodel, self.edit_attributes, editing=True)
        self.move_forms = {
            name: form_class(self.datamodel, self._attributes(columns), editing=False, required=True)
            for name, columns in self.move_inputs.items()
        }

    def _init_titles(self) -> None:
        """Titles are declared."""

    def _check_rights_and_moves(self) -> None:
        for name in {*self.moves, *self.move_inputs}:
            if name not in self.model.flow.moves:
                raise LookupError(f"{self.model.__name__} has no move {name!r}")
            if not self.model.flow.moves[name].confirm:
                raise LookupError(f"{self.model.__name__}: the move {name!r} does not say what it will do (confirm)")
            registry().require(self.area, self.model.flow.moves[name].right)
        for action in self.bulks.values():
            registry().require(self.area, action.action)
        if self.images and self.images not in registry().media:
            raise LookupError(f"no media purpose {self.images!r}")

    def _attributes(self, names: Iterable[str]) -> list[Attribute]:
        return [self._attribute(name) for name in names]

    def _attribute(self, name: str) -> Attribute:
        what = attribute(self.model, name)
        return replace(what, kind=Kind.CHOICE, choices=self.named[name]()) if name in self.named else what

    def _source(self, name: str) -> str:
        """The column itself for a derived one (``phone`` for ``phone_index``)."""
        column = inspect(self.model).columns.get(name)
        return column.info["derived"][0] if column is not None and "derived" in column.info else name

    def _shown(self, names: Iterable[str]) -> list[Shown]:
        shown = []
        for name in names:
            method: Any = getattr(type(self), name, None)
            if hasattr(method, "_computed"):
                label, numeric = method._computed
                shown.append(Shown(name, label, compute=getattr(self, name), numeric=numeric))
            else:
                what = self._attribute(name)
                shown.append(Shown(name, what.label, what, numeric=what.kind in NUMBERS))
        return shown

    def _one_section(self, names: list[str]) -> list[tuple[str, list[str]]]:
        return [("基本信息", [name for name in names if name != "id"])]
