"""The second program of the same source: what is built for WeChat is what WeChat accepts."""

import subprocess
import sys

import pytest

from tests.miniprogram.conftest import ROOT, build

pytestmark = pytest.mark.xdist_group("miniprogram")


def test_the_mini_program_is_built_and_would_be_accepted_by_wechat() -> None:
    """Types, unit tests, JSON, components, tags, WeChat's compilers, package sizes, no third party."""
    build("mp")
    done = subprocess.run(
        [sys.executable, "miniprogram/build.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
