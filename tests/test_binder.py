"""What Binder makes of this repository: repo2docker's own lines, run without Docker in an empty environment."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.elsewhere import PROJECT, empty_environment, run
from tests.systems import needs_shell

README = (PROJECT / "README.md").read_text(encoding="utf-8")
NOT_IN_GIT = shutil.ignore_patterns(
    ".git", ".*_cache", ".venv*", "__pycache__", "my-notebooks", "node_modules", "static"
)
# Those that install something into Python; pip comes before the repository, which is copied in between.
STEPS = re.compile(
    r"^COPY .* (src/\S*) \$\{REPO_DIR\}|^RUN (\$\{KERNEL_PYTHON_PREFIX\}/bin/pip .*|\./binder/.*)", re.MULTILINE
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("packaging"),
    needs_shell,
]


@pytest.fixture(scope="module")
def dockerfile(tmp_path_factory: pytest.TempPathFactory) -> str:
    """As mybinder.org calls it; nothing is built."""
    folder = tmp_path_factory.mktemp("repo2docker")
    tools = empty_environment(folder / "environment")
    run(tools / "python", "-m", "pip", "install", "--quiet", "jupyter-repo2docker", cwd=folder)
    flags = ["--no-build", "--debug", "--user-id=1000", "--user-name=jovyan"]
    return run(tools / "jupyter-repo2docker", *flags, PROJECT, cwd=folder)


class Image:
    """A home with the repository, and a Python of its own: what the Dockerfile's lines make."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir()
        self.programs = empty_environment(folder / "environment")

    def copy(self, source: str) -> None:
        """COPY src/… into the home; the whole of it is the repository as it is in git."""
        name = source.removeprefix("src/")
        if name:
            (self.home / name).parent.mkdir(exist_ok=True)
            shutil.copy(PROJECT / name, self.home / name)
        else:
            shutil.copytree(PROJECT, self.home, ignore=NOT_IN_GIT, dirs_exist_ok=True)

    def run(self, command: str, **variables: str) -> str:
        path = os.pathsep.join([str(self.programs), "/usr/local/bin", "/usr/bin", "/bin"])
        prefix = {"KERNEL_PYTHON_PREFIX": str(self.programs.parent), "PATH": path}
        return run("bash", "-c", command, cwd=self.home, **prefix, **variables)


@pytest.fixture(scope="module")
def image(dockerfile: str, tmp_path_factory: pytest.TempPathFactory) -> Image:
    made = Image(tmp_path_factory.mktemp("image"))
    for source, command in STEPS.findall(dockerfile):
        made.copy(source) if source else made.run(command)
    return made


def test_binder_takes_what_is_in_its_folder(dockerfile: str) -> None:
    """Requirements, then the repository, then postBuild; everything is started through `start`."""
    assert "FROM docker.io" in dockerfile
    steps = [source or command for source, command in STEPS.findall(dockerfile)]
    assert [step.rpartition("/")[2].strip('"') for step in steps] == ["requirements.txt"] * 2 + ["", "postBuild"]
    assert 'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in dockerfile


def test_start_welcomes_on_the_demo(image: Image) -> None:
    """The notebook that the README's badge opens runs to its end, and nothing asks for anything."""
    (opened,) = re.findall(r"mybinder\.org/v2/gh/\S+\?labpath=([\w%.-]+)", README)
    path = opened.replace("%2F", "/")
    image.run(f"binder/start jupyter nbconvert --to notebook --execute {path} --output-dir executed")
    outputs = outputs_of(image.home / "executed" / Path(path).name)
    assert any("Maren Albrecht" in output["data"]["text/html"] for output in outputs if "text/html" in output["data"])
    assert any("application/vnd.jupyter.widget-view+json" in output["data"] for output in outputs)


def outputs_of(notebook: Path) -> list[Any]:
    """Those that are shown; an error or a text on stderr is none of ours."""
    cells = nbformat.read(notebook, as_version=4).cells
    outputs = [output for cell in cells if cell.cell_type == "code" for output in cell.outputs]
    assert {output.output_type for output in outputs} <= {"display_data", "execute_result"}, outputs
    return outputs


def test_start_refuses_a_real_host(image: Image) -> None:
    """Whoever sets a token all the same is told to go home with it."""
    real = {"ROOTS_NB_URL": "https://company.atlassian.net", "ROOTS_NB_USER": "ann@company.com", "ROOTS_NB_TOKEN": "x"}
    add = "roots-nb connections add https://company.atlassian.net --user ann@company.com"
    told = image.run(f"! binder/start {add} </dev/null 2>&1", **real)
    assert "Install roots_nb on your own computer" in told
    sites = "import roots_nb as rn; print(*sorted(jira.connection.url for jira in rn.connect_all()))"
    assert "company" not in image.run(f"binder/start python -c '{sites}'", **real)
