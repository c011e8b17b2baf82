"""Prints what the project depends on, its extras but that of encodings included, each pinned to its lower bound."""

import tomllib
from pathlib import Path

_EXTRAS = ("openapi", "graphql", "health", "postgres")

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
requirements = [*project["dependencies"], *(each for name in _EXTRAS for each in extras[name])]
ours = [each for each in requirements if not each.startswith(project["name"])]
print(*(each.replace(">=", "==") for each in ours if ";" not in each))  # what only other systems need is left out
