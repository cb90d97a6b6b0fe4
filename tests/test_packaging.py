"""What people install: built from the source distribution, installed into an empty environment, run elsewhere."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.elsewhere import PROJECT, empty_environment, run

TEMPLATES = {path.name for path in (PROJECT / "notebooks").glob("*.ipynb")}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("packaging")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the source distribution and the wheel that was made of it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, PROJECT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


def test_wheel_holds_templates_and_front_end(wheel: Path) -> None:
    """And not what only builds it."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.rpartition("/")[2] for name in names if name.startswith("roots_nb/notebooks/")} == TEMPLATES
    offered = [name for name in names if "/share/jupyter/notebook_templates/roots_nb/" in name]
    assert {name.rpartition("/")[2] for name in offered} == TEMPLATES
    assert "roots_nb/widgets/grid/static/grid.js" in names
    assert "roots_nb/widgets/grid/static/TABULATOR-LICENSE" in names
    assert not [name for name in names if "/src/" in name or "node_modules" in name or name.startswith("tests/")]


def test_source_distribution_can_be_tested(built: Path) -> None:
    """With everything that `make test` needs."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "SECURITY.md", "binder/start", "tests/conftest.py", "notebooks/02-weekly-report.ipynb"} <= names


def test_installed_wheel_makes_the_report(wheel: Path, tmp_path: Path) -> None:
    """In an empty environment and an empty folder."""
    tools = empty_environment(tmp_path / "environment")
    run(tools / "python", "-m", "pip", "install", "--quiet", wheel, cwd=tmp_path)
    assert "No broken requirements" in run(tools / "python", "-m", "pip", "check", cwd=tmp_path)
    run(tools / "roots-nb", "report", "--demo", "--week", "last", "--out", "reports", cwd=tmp_path)
    assert {path.suffix for path in (tmp_path / "reports").iterdir()} == {".html", ".xlsx"}
