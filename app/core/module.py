"""What a module declares, and the registry of all of them.

A module's ``declare.py`` holds one ``Module``; ``app.factory.MODULES`` names the modules; everything
else (menus, the permission matrix, API, sheets, timed jobs, settings) is read from here. A name that
does not exist stops the start, not a click.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import current_app

if TYPE_CHECKING:
    from app.core.api import Endpoints
    from app.core.backoffice import ModuleView
    from app.core.jobs.outbox import Handler, Job, Outside, Timed
    from app.core.own_data import Own
    from app.core.reports import Panel, Report
    from app.core.search import Searched
    from app.core.sheets import Sheet


@dataclass(frozen=True)
class Action:
    """One column of the permission matrix."""

    key: str
    title: str


VIEW = Action("view", "查看")
EDIT = Action("edit", "新增/修改")
DELETE = Action("delete", "删除")
APPROVE = Action("approve", "审批")
IMPORT = Action("import", "导入")
EXPORT = Action("export", "导出")
REVEAL = Action("reveal", "查看敏感信息")

STANDARD = (VIEW, EDIT, DELETE, IMPORT, EXPORT)


@dataclass(frozen=True)
class Area:
    """One row of the permission matrix: a part of a module over which rights are given.

    ``key`` is the Flask-AppBuilder view-menu name; a right is ``can_<action> on <area>``.
    """

    key: str
    title: str
    actions: tuple[Action, ...] = STANDARD
    grantable: bool = True
    """False: the superadmin's alone; stands in no matrix."""


@dataclass(frozen=True)
class Setting:
    """A value that an administrator sets in the back office. ``key`` is ``module.name``."""

    key: str
    title: str
    default: Any
    help: str = ""
    minimum: int | None = None
    maximum: int | None = None
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MenuEntry:
    """A function-menu module of the mini-program as it ships; staff change order, name, icon, roles, on/off."""

    key: str
    name: str
    icon: str
    page: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Purpose:
    """What an upload may be for. A private one is seen by its owner and by staff who may ``view`` in ``area``."""

    key: str
    title: str
    public: bool = False
    area: str = ""
    longest_side: int = 2048
    staff_only: bool = False
    """True: no upload of a member's may be for it."""


@dataclass(frozen=True)
class Tile:
    """A to-do count on the dashboard: shown to those who may ``action`` in ``area``; ``count`` takes a session."""

    area: str
    action: str
    title: str
    count: Callable[[Any], int]
    endpoint: str
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Check:
    """What must hold over a module's records; looked at by ``flask doctor`` and after a restore."""

    key: str
    title: str
    problems: Callable[[Any], Sequence[str]]
    """Takes a session; what does not hold, in sentences."""
    sums: Callable[[Any], Mapping[str, int]] = field(default=lambda _session: {})
    """Takes a session; sums by title that a restored copy must show again."""


@dataclass(frozen=True)
class Module:
    """A business module in one object."""

    key: str
    title: str
    icon: str
    areas: Sequence[Area] = ()
    views: "Sequence[type[ModuleView] | type[Any]]" = ()
    api: "Sequence[Endpoints]" = ()
    sheets: "Sequence[Sheet]" = ()
    reports: "Sequence[Report]" = ()
    panels: "Sequence[Panel]" = ()
    media: Sequence[Purpose] = ()
    schedule: "Sequence[Timed]" = ()
    jobs: "Mapping[str, Job]" = field(default_factory=dict)
    settings: Sequence[Setting] = ()
    menu: Sequence[MenuEntry] = ()
    tiles: Sequence[Tile] = ()
    own_data: "Sequence[Own]" = ()
    """What the module keeps about a member, for the copy that they may ask for (``GET /me/export``)."""
    checks: Sequence[Check] = ()
    search: "Sequence[Searched]" = ()
    install: Callable[[Any], Any] | None = None
    """Adds the rows that follow from the declarations and changes none it finds; takes a session, run at each start."""
    demo: Callable[[Any], None] | None = None
    """Adds the module's part of the demonstration; takes a session."""
    demo_after: Sequence[str] = ()
    """Keys of the modules whose demonstration must be there first."""
    start: Callable[[Any], None] | None = None
    """Called once with the Flask application, to register clients and signal receivers."""


class Registry:
    """All modules of the running application, in menu order."""

    def __init__(self, modules: Sequence[Module]) -> None:
        self.modules = tuple(modules)
        self.areas = {area.key: area for module in self.modules for area in module.areas}
        self.settings = {setting.key: setting for module in self.modules for setting in module.settings}
        self.menu = {entry.key: entry for module in self.modules for entry in module.menu}
        self.media = {purpose.key: purpose for module in self.modules for purpose in module.media}
        self.panels = {panel.key: panel for module in self.modules for panel in module.panels}
        self.handlers: dict[str, Handler | Outside] = {}
        self.job_titles: dict[str, str] = {}
        for module in self.modules:
            self.take_on(module.jobs)
        self._refuse_doubles()

    def __iter__(self) -> Iterator[Module]:
        return iter(self.modules)

    def take_on(self, jobs: "Mapping[str, Job]") -> None:
        """Know these kinds of work: a module's, or the core's own."""
        self.handlers |= {kind: job.work for kind, job in jobs.items()}
        self.job_titles |= {kind: job.title for kind, job in jobs.items()}

    def _refuse_doubles(self) -> None:
        for what in ("areas", "settings", "menu", "media", "panels"):
            keys = [item.key for module in self.modules for item in getattr(module, what)]
            doubles = {key for key in keys if keys.count(key) > 1}
            if doubles:
                raise LookupError(f"{what} declared twice: {sorted(doubles)}")

    def require(self, area: str, action: str) -> None:
        """Raise LookupError unless the area exists and has the action: misspelt rights stop the start."""
        if area not in self.areas:
            raise LookupError(f"no area {area!r}")
        if action not in {known.key for known in self.areas[area].actions}:
            raise LookupError(f"area {area!r} has no action {action!r}")


def registry() -> Registry:
    """The running application's modules."""
    return current_app.extensions["registry"]
