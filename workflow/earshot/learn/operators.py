"""Fourier neural operators over time, of the library neuraloperator."""

import os
import warnings
from typing import Any

from torch import Tensor, nn

os.environ.setdefault("WANDB_MODE", "disabled")  # which neuraloperator imports, and nothing here asks for
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from neuralop.models import FNO

_PADDED = 0.1  # of the duration: a transform takes the end for the beginning's neighbour


class TimeOperator(nn.Module):
    """An operator of functions of time, `(rows, inputs, times)` to `(rows, outputs, times)` (Li et al. 2021).

    It computes with so many frequencies over time, `modes`, and so many channels, `width`. With a `rank`, a share, its
    spectral weights are factors after Tucker (Kossaifi et al. 2023). Times are told to it, from 0 to 1.
    """

    def __init__(self, inputs: int, outputs: int, modes: int, width: int, layers: int, rank: float | None) -> None:
        super().__init__()
        factors: dict[str, Any] = {"factorization": "Tucker", "rank": rank} if rank else {}
        self.operator = FNO(
            n_modes=(modes,),
            in_channels=inputs,
            out_channels=outputs,
            hidden_channels=width,
            n_layers=layers,
            norm="batch_norm",
            domain_padding=_PADDED,
            **factors,
        )
        # The library puts its settings among the weights, functions too: no file of weights alone could hold them.
        self.register_state_dict_post_hook(_leave_settings_out)  # type: ignore[no-untyped-call]

    @property
    def last(self) -> nn.Module:
        """The layer that says the outputs."""
        return self.operator.projection.fcs[-1]

    def forward(self, given: Tensor) -> Tensor:
        """Return the outputs."""
        return self.operator(given)


def _leave_settings_out(_module: nn.Module, state: dict[str, Any], _prefix: str, _local: dict[str, Any]) -> None:
    state.pop("_metadata", None)
