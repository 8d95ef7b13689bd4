"""Each module has a test of its own name, or tests/covers.toml says which test covers it."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

TESTS = Path(__file__).parent
PACKAGES = ("oreline", "acquisition", "inference", "sinks", "hwsim")
COVERS: dict[str, list[str]] = tomllib.loads((TESTS / "covers.toml").read_text())


def modules() -> set[str]:
    """All that do anything: a package's face, which only imports, is covered with its modules."""
    paths = (path for package in PACKAGES for path in (TESTS.parent / package).rglob("*.py"))
    does = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        str(path.relative_to(TESTS.parent))
        for path in paths
        if any(isinstance(node, does) for node in ast.parse(path.read_text(encoding="utf-8")).body)
    }


def namesakes(module: str) -> list[Path]:
    """Where the test of a module's own name would be."""
    path = TESTS / module
    if path.name == "__init__.py":
        name = f"test_{path.parent.name}.py"
        return [path.with_name(name), path.parent.with_name(name)]
    return [path.with_name(f"test_{path.stem.strip('_')}.py")]


def test_every_module_is_covered_by_its_namesake_or_by_a_test_that_is_named() -> None:
    listed = {module for covered in COVERS.values() for module in covered}
    alone = {module for module in modules() if not any(path.exists() for path in namesakes(module))}
    assert alone - listed == set(), "add a test of its name, or say in tests/covers.toml which test covers it"
    assert listed - alone == set(), "these have a test of their own name, or are gone"


def test_every_test_that_is_named_is_there() -> None:
    assert [name for name in COVERS if not (TESTS / name).is_file()] == []
    assert sum(map(len, COVERS.values())) == len({module for covered in COVERS.values() for module in covered})
