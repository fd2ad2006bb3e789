"""The git revision that something was made at."""

import shutil
import subprocess


def revision() -> str:
    """The git revision of the working directory; empty outside of one."""
    git = shutil.which("git")
    if git is None:
        return ""
    asked = subprocess.run([git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S603
    return asked.stdout.strip() if asked.returncode == 0 else ""
