"""What the next release of a rehearsed upgrade does to the database: the migrations of this folder, after the last."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic.script import ScriptDirectory

PROGRAM = ("run.py", "config.py", "app", "migrations", "translations", "docs")
LAST = "drill_2"


@contextmanager
def next_release(present: Path) -> Iterator[Path]:
    """A copy of the program in ``present`` with the migrations added."""
    with tempfile.TemporaryDirectory(prefix="release-") as folder:
        release = Path(folder)
        for name in PROGRAM:
            copy = shutil.copytree if (present / name).is_dir() else shutil.copy
            copy(present / name, release / name)
        head = ScriptDirectory(str(release / "migrations")).get_current_head()
        for migration in Path(__file__).parent.glob("drill_*.py"):
            text = migration.read_text(encoding="utf-8").replace('"HEAD"', f'"{head}"')
            (release / "migrations" / "versions" / migration.name).write_text(text, encoding="utf-8")
        yield release
