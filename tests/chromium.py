"""Whether there is a browser that tests can look at pages with."""

import importlib.util
import shutil


def missing() -> str:
    """Say what is missing; nothing where all is there."""
    if not importlib.util.find_spec("playwright"):
        return "playwright is not installed (envs/requirements-dev.txt)"
    return "" if shutil.which("chromium") else "there is no Chromium (tests/browser/install.sh)"
