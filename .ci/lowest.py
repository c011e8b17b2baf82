"""Prints what the project depends on, its extras for published documents included, each pinned to its lower bound."""

import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
requirements = [*project["dependencies"], *extras["openapi"], *extras["graphql"]]
print(*(requirement.replace(">=", "==") for requirement in requirements))
