"""What a room and the places in it are told to a network by."""

import torch
from torch import Tensor

from earshot.learn.reverb_values import Given

_HARMONICS = 3  # of a room's standing waves along each axis
TOLD = 3 * (1 + 2 + 2 * _HARMONICS) + 2


def told_of(given: Given) -> Tensor:
    """Return numbers `(rows, TOLD)`, the same for rooms that are mirrored with what is in them.

    Of places they are the power that the first standing waves along each axis have there.
    """
    distance = (given.source_m - given.receiver_m).norm(dim=1, keepdim=True)
    phases = [2 * torch.pi * place / given.dimensions_m for place in (given.source_m, given.receiver_m)]
    waves = [(harmonic * phase).cos() for phase in phases for harmonic in range(1, _HARMONICS + 1)]
    volume = given.dimensions_m.prod(1, keepdim=True)
    walls = given.nepers.clamp(min=1e-4).log().flatten(1)
    return torch.cat([given.dimensions_m.log(), walls, distance.log(), volume.log(), *waves], 1)
