"""A line's references on disk: which of them is chosen, and which was before."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.references.store import Store
from oreline.errors import ReferenceRefused


def test_an_operator_goes_back_step_by_step_and_no_further(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for identity, what in (("a", "captured"), ("b", "captured"), ("c", "imported"), ("b", "reverted")):
        store.choose(identity, what)
    assert (store.chosen, store.before()) == ("b", "a")
    store.choose("a", "reverted")
    with pytest.raises(ReferenceRefused, match="nothing to go back to"):
        store.before()
    store.choose("c", "used")
    assert store.before() == "a"
