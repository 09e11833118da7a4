"""The wavefield of a room."""

import numpy as np
from earshot.rooms.wavefield import wavefield
from test_rooms import CPU, SIMULATION, rooms


def test_a_click_is_a_ring_as_large_as_sound_has_come():
    (room,) = rooms(1, volume_m3=(200, 200), t60_s=(0.4, 0.4))
    moments = (0.002, 0.0032)
    found = wavefield(room, 0.1, moments, SIMULATION, CPU)
    x, y = ((edges[1:] + edges[:-1]) / 2 for edges in (found.x_m, found.y_m))
    assert found.pressures.shape == (2, len(x), len(y)) and np.isfinite(found.pressures).all()
    assert np.allclose((found.x_m[-1], found.y_m[-1]), room.walls.dimensions_m[:2])
    distance = np.hypot(x[:, None] - room.source_m[0], y - room.source_m[1])
    clear = min(*room.source_m, *(room.walls.dimensions_m - room.source_m))  # until a wall is met
    loudest = []
    for moment, pressures in zip(moments, found.pressures, strict=True):
        if 343 * moment < clear:
            away = np.where(distance > 0.3, abs(pressures), 0)  # at the source itself what is left of a click is loud
            assert abs(distance[away > 0.5 * away.max()] - 343 * moment).max() < 0.35
            loudest.append(away.max())
    assert len(loudest) == 2 and loudest[0] > 1.3 * loudest[1], "it becomes weaker as it spreads"
