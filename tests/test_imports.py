"""The house: which room may import which, and what nobody pays for who does not use it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "pytest_integration_contracts"
NAME = "pytest_integration_contracts"

STOREYS = (
    {"errors"},
    {"model", "files", "patterns", "wording"},
    {"manifest", "shapes"},
    {"drift"},
    {"snapshots", "traffic", "reports", "health", "specs", "serving"},
    {"session", "inputs", "shown", "linting", "resolution"},
    {"fixtures", "commands", "partial"},
    {"plugin", "cli"},
)
"""From the ground up; a room imports only from storeys below its own."""

STOREY = {room: level for level, rooms in enumerate(STOREYS) for room in rooms}

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room_of(module: Path) -> str:
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(module: Path) -> Iterator[str]:
    """Every module that is imported, at the top or inside functions, by its full name."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            yield node.module or ""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_room_imports_only_from_below(module: Path) -> None:
    room = room_of(module)
    for name in imports_of(module):
        if name.startswith(f"{NAME}."):
            other = name.split(".")[1]
            assert other == room or STOREY[other] < STOREY[room], f"{room} imports {other}"


def test_no_circles_inside_a_room() -> None:
    graph = {
        f"{NAME}.{'.'.join(module.relative_to(PACKAGE).with_suffix('').parts)}": {
            name for name in imports_of(module) if name.startswith(f"{NAME}.")
        }
        for module in MODULES
    }
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, " -> ".join((*path, name))
        if name not in done:
            for other in graph.get(name, ()):
                visit(other, (*path, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("pytest", {"plugin", "fixtures"}),
        ("_pytest", {"plugin"}),
        ("vcr", {"traffic"}),
        ("deepdiff", {"drift"}),
        ("jsonschema_rs", {"shapes"}),
        ("rapidfuzz", {"drift", "traffic"}),
        ("tomlkit", {"commands"}),
        ("schemathesis", {"specs"}),
        ("hypothesis", {"specs"}),
        ("graphql", {"specs"}),
        ("sqlalchemy", {"health"}),
        ("alembic", {"health"}),
        ("apprise", {"health"}),
        ("rich", {"health"}),
    ],
)
def test_a_library_is_known_in_its_room_only(library: str, rooms: set[str]) -> None:
    users = {
        room_of(module)
        for module in MODULES
        for name in imports_of(module)
        if name == library or name.startswith(f"{library}.")
    }
    assert users == rooms


def test_one_module_alone_knows_schemathesis() -> None:
    users = [module for module in MODULES if any(name.startswith("schemathesis") for name in imports_of(module))]
    assert users == [PACKAGE / "specs" / "engine.py"]


def test_the_plugin_loads_nothing_but_pytest_until_contracts_are_asked_for() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules)\n"
        f"import {NAME}.plugin\n"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))\n"
        f"print(*sorted(name for name in sys.modules if name.startswith('{NAME}')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    others, own = done.stdout.splitlines()
    assert others == NAME
    assert own.split() == [NAME, f"{NAME}.fixtures", f"{NAME}.plugin"]


def test_a_run_loads_nothing_about_documents_unless_a_manifest_names_one() -> None:
    code = (
        "import sys\n"
        f"import {NAME}.session.session, {NAME}.session.github, {NAME}.reports.terminal\n"
        f"print(*sorted(name for name in sys.modules if name.startswith('{NAME}.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {f"{NAME}.session.{name}" for name in ("documents", "servers")}.intersection(loaded)
    assert not {f"{NAME}.specs.{name}" for name in ("drift", "fetch", "prose", "schemas")}.intersection(loaded)
