from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin.harness import CLIENT, MANIFEST, TEST, Project
from upstream import Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture
def bare(tmp_path: Path, upstream: Upstream) -> Project:
    """A project with nothing in it but the upstream's address in its environment."""
    project = Project(tmp_path)
    project.environment["CRM_URL"] = upstream.url
    return project


@pytest.fixture
def project(bare: Project) -> Project:
    """A project with a manifest, a client and one contract test."""
    bare.write("contracts.toml", MANIFEST)
    bare.write("client.py", CLIENT)
    bare.write("test_crm.py", TEST)
    return bare


@pytest.fixture
def adopting(project: Project) -> Project:
    """The same project as its pytest-recording user has it, with one line in the manifest that adopts its test."""
    project.plugins = ("recording",)
    project.write("contracts.toml", f"[defaults]\nadopt_vcr = true\n{MANIFEST}")
    project.write("test_crm.py", TEST.replace("mark.contract", "mark.vcr"))
    return project
