"""Programs of the system that deployments use and not every machine has."""

import shutil

import pytest


def needs(program: str) -> str:
    """The path of a program, or the test is left out."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path
