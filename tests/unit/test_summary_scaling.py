"""What is said of ranks that were timed is what tables made up give by hand."""

import json

import pytest
import scenes_made_up as made
from earshot.show.summary_scaling import MODELLED, scaling

SCENES = 800  # of the job that is modelled


@pytest.fixture(scope="module")
def found():
    summary = scaling(made.times(), SCENES, 1, "ranks.parquet")
    json.dumps(summary, allow_nan=False)
    return summary


def of(rows, *which):
    return next(row for row in rows if (row["costs"], row["split"], row["ranks"]) == which)


# Seconds of eight scenes in the first repeat: reading, and the longest sum.
WALL_S = [
    ("even", "managed", 1, 0.5 + 4),
    ("even", "managed", 2, 0.5 + 2),
    ("even", "static", 2, 0.5 + 2),
    ("uneven", "static", 1, 0.5 + 4),
    ("uneven", "managed", 2, 0.5 + 2.5),
    ("uneven", "static", 2, 0.5 + 3),
]


@pytest.mark.parametrize(("costs", "split", "ranks", "wall_s"), WALL_S)
def test_throughput_is_over_all_from_the_first_reading_to_the_last_end(costs, split, ranks, wall_s, found):
    row = of(found["measured"], costs, split, ranks)
    first, second = 8 / wall_s, 8 / (1.1 * wall_s)
    rates = {"value": (first + second) / 2, "low": second, "high": first, "n": 2}
    assert row["per_s"] == pytest.approx(rates)
    # Pieces in the model have their median, which lies half-way between repeats, as the rate nearly does.
    assert row["model_per_s"] == pytest.approx(8 / (1.05 * wall_s), rel=0.003)
    assert row["model_apart"] == pytest.approx(0, abs=0.01)


def test_what_is_lost_is_said(found):
    managed, static = (of(found["measured"], "uneven", split, 2) for split in ("managed", "static"))
    assert (managed["started"], managed["manager"]) == (3, pytest.approx(1 / 3))
    assert managed["busy"] == pytest.approx(4 / (3 * 3)) and managed["balance"] == pytest.approx(2 / 2.5)
    assert (static["started"], static["manager"], static["balance"]) == (2, 0, pytest.approx(2 / 3))
    assert found["model_apart"]["n"] == len(found["measured"]) == 8


def test_what_the_model_knows(found):
    assert (found["scenes"], found["cores"], found["full"], found["repeats"]) == (8, 2, 2, 2)
    assert found["reading_s"] == pytest.approx(0.525) and found["handing_s"] == 0.001
    assert found["launch_s"] == pytest.approx(2) and found["slower_together"] == pytest.approx(1)
    assert found["ranks_of_a_head"] == pytest.approx(1050)
    assert found["pieces"]["even"]["scenes"] == {"least": 2, "most": 2}
    assert found["pieces"]["uneven"]["scenes"] == {"least": 1, "most": 5}
    assert found["pieces"]["uneven"]["largest"] == pytest.approx(5 / 8)


def test_beyond_what_was_measured_a_model_says_what_limits(found):
    assert [row["ranks"] for row in found["modelled"]] == 4 * list(MODELLED)
    one = of(found["modelled"], "even", "static", 1)
    assert one["per_s"] == pytest.approx(SCENES / (0.525 + 400 * 1.05)) and one["limit"] == "ranks"
    # 400 equal pieces on 16 ranks: 25 each.
    assert of(found["modelled"], "even", "static", 16)["per_s"] == pytest.approx(SCENES / (0.525 + 25 * 1.05))
    assert of(found["modelled"], "even", "managed", 512)["limit"] == "pieces"
    assert of(found["modelled"], "uneven", "static", 64)["limit"] == "last_pieces"
    managed, static = (of(found["modelled"], "uneven", split, 64)["per_s"] for split in ("managed", "static"))
    assert managed > 1.1 * static


def test_more_ranks_than_cores_share_them():
    """On one core two ranks are no faster than one, but read twice."""
    row = of(scaling(made.times(cores=1), SCENES, 1, "")["measured"], "even", "static", 2)
    assert row["model_per_s"] == pytest.approx(8 / (1.05 * (2 * 0.5 + 4)))


def test_processes_of_one_job_are_managed_and_have_no_head():
    found = scaling(made.times(splits=("managed",)), SCENES, 1, "")
    assert found["arrangement"] == "alone" and {row["split"] for row in found["modelled"]} == {"managed"}
    assert [(row["started"], row["manager"]) for row in found["measured"]] == 2 * [(1, 0), (2, 0)]
