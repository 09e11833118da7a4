"""torchaudio, also where its compiled part cannot be loaded: of it, Earshot uses what is written in PyTorch alone.

The compiled part wants the libraries of CUDA, and no build does without them. `torchaudio` is to be imported from here.
"""

import importlib
import sys
from types import ModuleType


def _load() -> ModuleType:
    try:
        return importlib.import_module("torchaudio")
    except OSError:  # a library of CUDA that is not here
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
            del sys.modules[name]
    absent = ModuleType("torchaudio._extension")
    vars(absent).update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False, _IS_ALIGN_AVAILABLE=False, fail_if_no_align=lambda done: done
    )
    sys.modules[absent.__name__] = absent
    return importlib.import_module("torchaudio")


torchaudio = _load()
