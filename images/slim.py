"""Makes an environment small, quick to start and the same in every build: ``python slim.py FOLDER… -- MODULE…``.

What no program needs is deleted: tests, headers, stubs, second copies. Libraries lose what only debuggers read. What
the modules import is compiled, and nothing else is, so that a module that can't be imported fails the build. At last
every file has the same date; the bytecode is never checked against it.
"""

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

DATE = 315_532_800
"""1980-01-01, the first moment that a zip file knows."""

SPARE = (
    "**/tests", "**/__pycache__", "**/*.pyi", "**/*.pyx", "**/*.pxd", "**/*.pxi", "**/*.a",
    "**/*.h", "**/*.c", "**/*.cpp",
    "matplotlib/mpl-data/sample_data", "onnx/backend/test",
    "onnxruntime/tools", "onnxruntime/transformers", "onnxruntime/quantization", "onnxruntime/capi/libonnxruntime.so.*",
    "pyarrow/include", "pyarrow/_flight.*", "pyarrow/libarrow_flight.so*", "pyarrow/_s3fs.*", "pyarrow/libarrow_s3.so*",
)  # fmt: skip
"""What is deleted from each folder. Arrow's own S3 client is s3fs's double, and nothing here speaks Flight."""

SERVICES = {"s3", "sts", "sso", "sso-oidc"}
"""What botocore knows of AWS that is kept."""

_ELF = b"\x7fELF\x02\x01"
"""How a library for 64 bits and little endian starts."""


def drop(folder: Path) -> None:
    """Deletes what is spare.

    Args:
        folder: A folder of packages.
    """
    services = [path for path in folder.glob("botocore/data/*/") if path.name not in SERVICES]
    for path in [*(path for pattern in SPARE for path in folder.glob(pattern)), *services]:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def strip(library: Path) -> None:
    """Cuts off what follows the last segment that the loader maps: symbol table, debug sections, section headers.

    Args:
        library: A file; one that is no such library is left alone.
    """
    data = library.read_bytes()
    if not data.startswith(_ELF):
        return
    (table,) = struct.unpack_from("<Q", data, 0x20)
    size, count = struct.unpack_from("<HH", data, 0x36)
    end = table + size * count
    for place in range(table, end, size):
        offset, _, _, length = struct.unpack_from("<QQQQ", data, place + 8)
        end = max(end, offset + length)
    if end < len(data):
        without = bytearray(data[:end])
        struct.pack_into("<Q", without, 0x28, 0)
        struct.pack_into("<HHH", without, 0x3A, 0, 0, 0)
        library.write_bytes(without)


def compile_imported(folders: list[Path], modules: list[str]) -> None:
    """Imports modules, and compiles each of their sources, and of what they import, that is in one of the folders."""
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    code += (
        "print(*sorted({getattr(module, '__file__', None) or '' for module in list(sys.modules.values())}), sep='\\n')"
    )
    found = subprocess.run([sys.executable, "-B", "-c", code, *modules], capture_output=True, text=True, check=False)
    if found.returncode:
        sys.exit(found.stderr)
    inside = tuple(f"{folder}/" for folder in folders)
    sources = [path for path in found.stdout.splitlines() if path.startswith(inside) and path.endswith(".py")]
    compiler = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-i", "-"]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run(compiler, input="\n".join(sources), text=True, check=True, env=environment)


def main(folders: list[Path], modules: list[str]) -> None:
    """Slims folders of packages."""
    for folder in folders:
        drop(folder)
        for library in folder.rglob("*.so*"):
            if library.is_file() and not library.is_symlink():
                strip(library)
    compile_imported(folders, modules)
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            os.utime(path, (DATE, DATE), follow_symlinks=False)


if __name__ == "__main__":
    cut = sys.argv.index("--")
    main([Path(name).absolute() for name in sys.argv[1:cut]], sys.argv[cut + 1 :])
