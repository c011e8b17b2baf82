"""Prints what the project depends on, each at its lower bound; with `core`, no extras; with `openapi`, that alone.

schemathesis needs a newer pytest than the oldest that the plugin works with, so that it has an environment of its own.
"""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = project["optional-dependencies"]
if sys.argv[1:] == ["openapi"]:
    requirements = extras["openapi"]
elif sys.argv[1:] == ["core"]:
    requirements = project["dependencies"]
else:
    requirements = [*project["dependencies"], *extras["graphql"], *extras["health"], *extras["postgres"]]
ours = [each for each in requirements if not each.startswith(project["name"])]
print(*(each.replace(">=", "==") for each in ours if ";" not in each))  # what only other systems need is left out
