"""A hole of core, for those who read one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sinks.core.hole_folder import HoleFolder


@pytest.fixture(scope="module")
def hole(tmp_path_factory: pytest.TempPathFactory) -> HoleFolder:
    """That of the depth command's tests; what it needs takes seconds to import, and most tests here need none."""
    from tests.sinks.core.commands.test_depth import scanned_hole

    return scanned_hole(tmp_path_factory.mktemp("core"))
