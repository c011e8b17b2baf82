"""Prints the project's own dependencies, each pinned to its lower bound."""

import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
print(*(requirement.replace(">=", "==") for requirement in project["dependencies"]))
