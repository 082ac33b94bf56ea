"""The translations of third-party sentences, compiled from ``translations/*.po`` when that is missing or stale."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from app.core.logs import log


def compile_catalogues(directory: Path) -> None:
    """Write the ``.mo`` beside each newer ``.po``. Several processes may do so at once: each replaces whole files."""
    for source in directory.glob("*/LC_MESSAGES/*.po"):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= source.stat().st_mtime:
            continue
        with source.open("rb") as text:
            catalogue = read_po(text, locale=source.parts[-3])
        if not os.access(source.parent, os.W_OK):
            log.warning("translations cannot be written", directory=str(source.parent))
            continue
        with NamedTemporaryFile(dir=source.parent, suffix=".tmp", delete=False) as fresh:
            write_mo(fresh, catalogue)
        Path(fresh.name).chmod(0o644)
        os.replace(fresh.name, compiled)
