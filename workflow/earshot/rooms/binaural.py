"""What the two ears of a head hear of image sources: each through the HRIRs of the measured direction nearest to it.

On the fine grid of `image_source` an image is not a pulse but the HRIRs of its direction, whose taps are a sample
apart. Images that arrive at the same place are summed before their taps are laid out over the grid; one filter then
takes all to the samples, as without a head.
"""

from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, fold

from earshot.rooms.heads import Head, in_axes_of_head
from earshot.rooms.image_source import FINER, Images, heard, spectra_of, spectrum_samples, to_samples

_IMAGES_AT_ONCE = 4_000_000  # whose directions, places and amplitudes are in memory together
_SAMPLES_AT_ONCE = 512  # of which sums of HRIRs at each place of the fine grid are in memory together


def ear_responses(
    found: Images,
    receiver_m: Tensor,
    facing_deg: float,
    head: Head,
    rate_hz: float,
    samples: int,
    bands_at: Tensor | None = None,
) -> Tensor:
    """Return the impulse responses `(ears, samples)` of images at a head in `receiver_m` `(3,)`.

    Units are those of `image_source.responses`, times the HRIRs. `bands_at` is as there, for spectra of
    `spectrum_samples(samples + head.taps, rate_hz)` samples.
    """
    length = spectrum_samples(samples + head.taps, rate_hz)
    bands = found.plane_amplitudes.shape[1]
    head = head.to(receiver_m.device)
    hrirs = head.hrirs.flatten(1)
    grid = torch.zeros(bands, FINER * 2, length, device=receiver_m.device)
    for first, *others in _in_order(found, receiver_m, facing_deg, head, rate_hz, samples):
        if len(first):
            _lay_out(grid, hrirs, first, *others)
    by_ear = grid.view(bands, FINER, 2, length).permute(2, 0, 3, 1).reshape(2, bands, length * FINER)
    return to_samples(spectra_of(by_ear, length, bands_at), length, rate_hz)[:, :samples]


def _in_order(
    found: Images, receiver_m: Tensor, facing_deg: float, head: Head, rate_hz: float, samples: int
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Go through images, many at once, in the order in which they arrive.

    Of each there are the place of the fine grid before which it does not arrive, the share that the next one has of it,
    its direction, and of all its amplitudes, `(bands, images)`.
    """
    y, z = (found.plane_m - receiver_m[1:]).unbind(1)
    by_band = found.plane_amplitudes.T.contiguous()
    parts: list[tuple[Tensor, ...]] = []
    waiting = 0
    for column, (place, loudness) in enumerate(heard(found, receiver_m[None], rate_hz, samples)):
        count = found.reach[column]
        front, left = in_axes_of_head(found.columns_m[column] - receiver_m[0], y[:count], facing_deg)
        amplitudes = by_band[:, :count] * found.column_amplitudes[column, :, None] * loudness
        first = place[0].int()
        parts.append((first, place[0] - first, head.nearest(front, left, z[:count]), amplitudes))
        waiting += count
        if waiting >= _IMAGES_AT_ONCE or column == len(found.reach) - 1:
            first, share, direction, amplitude = (torch.cat(several, -1) for several in zip(*parts, strict=True))
            first, order = first.sort(stable=True)
            kept = int(torch.searchsorted(first, samples * FINER))  # the others arrive too late
            order = order[:kept]
            yield first[:kept], share[order], direction[order], amplitude[:, order]
            parts, waiting = [], 0


def _lay_out(grid: Tensor, hrirs: Tensor, first: Tensor, share: Tensor, direction: Tensor, amplitudes: Tensor) -> None:
    """Add to the fine grid `(bands, FINER * ears, samples)` the HRIRs `(directions, ears * taps)` of images.

    Images are as of `_in_order`.
    """
    taps = hrirs.shape[1] // 2
    samples = int(first[-1]) // FINER + 1  # the last image's place
    edges = torch.arange(samples * FINER + 1, dtype=first.dtype, device=first.device)
    bounds = torch.searchsorted(first, edges)
    begins = [*bounds[:: FINER * _SAMPLES_AT_ONCE].tolist(), len(first)]
    for step, (begin, end) in enumerate(pairwise(begins)):
        if begin == end:
            continue
        at = step * _SAMPLES_AT_ONCE
        count = min(_SAMPLES_AT_ONCE, samples - at)
        offsets = bounds[at * FINER : (at + count) * FINER] - begin
        for band, amplitude in enumerate(amplitudes[:, begin:end]):
            late = amplitude * share[begin:end]
            some = [
                embedding_bag(direction[begin:end], hrirs, offsets.int(), mode="sum", per_sample_weights=weights)
                for weights in (amplitude - late, late)
            ]
            # The share of the next place: of a sample's last place it is the next sample's first.
            values = hrirs.new_zeros((count + 1) * FINER, hrirs.shape[1])
            values[: count * FINER] = some[0]
            values[1 : count * FINER + 1] += some[1]
            columns = values.view(count + 1, FINER * 2 * taps).T
            laid = fold(columns, (1, count + taps), (1, taps))
            grid[band, :, at : at + count + taps] += laid[:, 0]
