"""Prints the project's own dependencies and those of its history, each pinned to its lower bound."""

import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
requirements = [*project["dependencies"], *extras["health"], *extras["postgres"]]
print(*(each.replace(">=", "==") for each in requirements if not each.startswith(project["name"])))
