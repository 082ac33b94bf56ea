"""Programs of the system that deployments use and not every machine has."""

import os
import shutil

import pytest


def needs(program: str) -> str:
    """The path of a program; without it the test fails in CI, which brings all of them, and is left out elsewhere."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        missing = f"{program} is not installed"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path
