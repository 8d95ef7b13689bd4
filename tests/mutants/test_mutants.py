"""The catalogue fits the code, and some of its mistakes are noticed; `make mutants` makes all of them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.mutants.__main__ import ROOT, caught
from tests.mutants.catalogue import MUTANTS
from tests.mutants.catalogue.stream import INBOX
from tests.mutants.mutant import Mutant

QUICK = ("a reader does not look at the checksum of the bytes", "a sink acknowledges before it commits")


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mistake_of_the_catalogue_can_still_be_made(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text()
    assert text.count(mutant.old) == 1
    assert mutant.old != mutant.new
    if mutant.file.endswith(".py"):
        ast.parse(text.replace(mutant.old, mutant.new))
    assert all(Path(ROOT / test).is_file() for test in mutant.tests)


@pytest.mark.parametrize("name", QUICK)
def test_it_is_noticed(name: str) -> None:
    (mutant,) = (mutant for mutant in MUTANTS if mutant.name == name)
    assert caught(mutant)


def test_what_is_no_mistake_is_not_noticed() -> None:
    harmless = Mutant("nothing", INBOX, "FAILURES = 100", "FAILURES = 101", ("tests/oreline/ring/test_ring.py",))
    assert not caught(harmless)
