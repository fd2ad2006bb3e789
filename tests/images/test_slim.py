"""What ``images/slim.py`` does to an environment."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the images are Linux images")


@pytest.fixture(scope="module")
def slim() -> Any:
    found = importlib.util.spec_from_file_location("slim", ROOT / "images/slim.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package with a test, a header, an old cache and two modules, one of which nobody imports."""
    files = {
        "package/__init__.py": "from package import used\n",
        "package/used.py": "VALUE = {'a', 'b', 'c'}\n",
        "package/unused.py": "",
        "package/tests/__init__.py": "",
        "package/x.h": "",
        "package/__pycache__/old.cpython-311.pyc": "",
        "botocore/data/s3/service.json": "",
        "botocore/data/ec2/service.json": "",
        "botocore/data/endpoints.json": "",
    }
    for name, text in files.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "site"


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_what_is_spare_goes_and_what_is_imported_is_compiled(
    slim: Any, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(package))

    slim.main([package], ["package"])

    tag = sys.implementation.cache_tag
    assert names(package) == {
        "package/__init__.py",
        "package/used.py",
        "package/unused.py",
        f"package/__pycache__/__init__.{tag}.pyc",
        f"package/__pycache__/used.{tag}.pyc",
        "botocore/data/s3/service.json",
        "botocore/data/endpoints.json",
    }
    assert {int(path.stat().st_mtime) for path in [package, *package.rglob("*")]} == {slim.DATE}


def test_the_bytecode_is_used_whatever_the_date_of_its_source(
    slim: Any, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(package))
    slim.main([package], ["package"])
    (package / "package/used.py").write_text("VALUE = 'from the source'\n")

    shown = subprocess.run(
        [sys.executable, "-c", "from package.used import VALUE; print(sorted(VALUE))"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert shown.stdout == "['a', 'b', 'c']\n"


def test_the_same_input_gives_the_same_bytes(slim: Any, package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(package))
    found = []
    for _ in range(2):
        slim.main([package], ["package"])
        found.append({name: (package / name).read_bytes() for name in names(package)})

    assert found[0] == found[1]


def test_a_module_that_cannot_be_imported_fails_the_build(slim: Any, package: Path) -> None:
    with pytest.raises(SystemExit, match="no_such_module"):
        slim.main([package], ["no_such_module"])


def test_a_stripped_library_is_smaller_and_still_loads(slim: Any, tmp_path: Path) -> None:
    [library] = Path(yaml.__file__).parent.glob("_yaml.*.so")
    copy = tmp_path / library.name
    copy.write_bytes(library.read_bytes())

    slim.strip(copy)
    once = copy.read_bytes()
    slim.strip(copy)

    assert len(once) < library.stat().st_size
    assert copy.read_bytes() == once
    code = (
        "import importlib.util as u, sys\n"
        "spec = u.spec_from_file_location('yaml._yaml', sys.argv[1])\n"
        "module = u.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "print(module.get_version_string())\n"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(copy)], capture_output=True, text=True, check=True)
    assert shown.stdout[0].isdigit()


@pytest.mark.parametrize("content", [b"", b"GROUP ( libgcc_s.so.1 )", b"\x7fELF\x01\x01 32 bits"])
def test_what_is_no_such_library_is_left_alone(slim: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lib.so"
    path.write_bytes(content)

    slim.strip(path)

    assert path.read_bytes() == content
