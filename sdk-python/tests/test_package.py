"""The package holds what its users need, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_wheel_and_sdist_hold_the_sources_their_types_and_the_licence(tmp_path: Path) -> None:
    setuptools = pytest.importorskip("setuptools", reason="pip install 'setuptools>=77'")
    if int(setuptools.__version__.split(".")[0]) < 77:
        pytest.skip("setuptools is older than 77, which pyproject.toml asks for")
    shutil.copytree(
        ROOT, tmp_path / "sdk", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__", ".*")
    )
    build = "import setuptools.build_meta as b; b.build_wheel('out'); b.build_sdist('out')"
    subprocess.run(
        [sys.executable, "-c", build], cwd=tmp_path / "sdk", check=True, capture_output=True
    )
    (wheel,) = (tmp_path / "sdk/out").glob("*.whl")
    (sdist,) = (tmp_path / "sdk/out").glob("*.tar.gz")
    sources = {
        str(f.relative_to(ROOT / "src"))
        for f in (ROOT / "src/plexspaces").rglob("*")
        if f.suffix == ".py" or f.name == "py.typed"
    }
    packed = set(zipfile.ZipFile(wheel).namelist())
    assert {f for f in packed if ".dist-info/" not in f} == sources
    assert any(f.endswith("licenses/LICENSE") for f in packed)
    with tarfile.open(sdist) as tar:
        names = {n.partition("/")[2] for n in tar.getnames()}
    assert {f"src/{s}" for s in sources} | {"README.md", "LICENSE", "pyproject.toml"} <= names
    metadata = zipfile.ZipFile(wheel).read("plexspaces-0.1.0.dist-info/METADATA").decode()
    assert "Requires-Python: >=3.11" in metadata
    assert "Requires-Dist: pytest" in metadata and 'extra == "test"' in metadata
