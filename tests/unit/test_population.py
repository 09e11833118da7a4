"""What a population says of a person whom it does not hold, and what measured directions add."""

import numpy as np
import pytest
import torch
from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs
from earshot.directions import great_circle_deg
from earshot.learn import templates
from earshot.learn.others import by_other_ears, unseen_people
from earshot.learn.perceptron import TrainingSet
from earshot.learn.population import population, spread_out
from earshot.learn.split import Split
from earshot.learn.templates import TemplateSettings, spread_directions

SETTINGS = TemplateSettings((0.5, 1.0), (1e-4, 1e-2), 2000)
KNOWN = spread_directions(250)
NO_PERIOD = np.full(8, np.inf)
BASE = np.random.default_rng(0).normal(size=(3, 8))
MODES = np.random.default_rng(1).normal(size=(2, 3, 8))


def features(person, directions, draws, seed):
    """Eight features of directions; people differ in two ways, and everybody's sounds scatter a little."""
    random = np.random.default_rng([seed, person])
    ways = np.random.default_rng([99, person]).normal(size=2)
    plain = np.tanh(directions @ (BASE + np.tensordot(ways, MODES, 1)))
    return (plain[:, None] + 0.02 * random.normal(size=(len(plain), draws, 8))).astype(np.float32)


def model(person):
    heard = features(person, KNOWN, 3, 1)
    data = TrainingSet(f"person{person}", heard.reshape(-1, 8), np.repeat(KNOWN, 3, 0).astype(np.float32))
    return templates.train([data], SETTINGS, NO_PERIOD, torch.device("cpu"))[0]


@pytest.fixture(scope="module")
def people():
    return [model(person) for person in range(12)]


def p95(person, known, measured):
    """The 95th percentile for somebody of whom so many directions are measured."""
    some = spread_out(KNOWN, measured)
    heard = features(person, KNOWN, 1, 2)
    own = known.person(KNOWN[some], features(person, KNOWN[some], 4, 3).mean(1).astype(float))
    return np.percentile(great_circle_deg(own(heard[:, 0], NO_PERIOD), KNOWN), 95)


def test_measured_directions_make_a_stranger_known(people):
    """Two ways in which people differ are told by a handful of directions, nearly as well as by all of them."""
    known = population(people, 2000)
    errors = {count: np.mean([p95(person, known, count) for person in (20, 21, 22)]) for count in (0, 5, 40)}
    own = np.mean(
        [np.percentile(great_circle_deg(model(p)(features(p, KNOWN, 1, 2)[:, 0]), KNOWN), 95) for p in (20, 21, 22)]
    )
    assert errors[0] > 2 * errors[5]
    assert errors[5] < 3 * own and errors[40] < 2 * own


def test_modes_are_as_many_as_people_differ_by_and_give_their_covariance(people):
    """Twelve people span eleven modes; together these give back how people scatter about their mean."""
    known = population(people, 2000)
    assert known.modes.shape == (11, 12)
    there = np.stack([person.at(KNOWN[:20]) for person in people])
    _, modes = known._at(KNOWN[:20])
    found = np.einsum("mdv,mew->dvew", modes, modes).reshape(160, 160)
    np.testing.assert_allclose(found, np.cov(there.reshape(12, -1).T), atol=1e-9)


def test_directions_to_measure_are_spread_out_and_begin_in_front():
    chosen = spread_out(KNOWN, 20)
    assert len(set(chosen.tolist())) == 20 and KNOWN[chosen[0], 0] == KNOWN[:, 0].max()
    apart = np.degrees(np.arccos((KNOWN[chosen] @ KNOWN[chosen].T - 2 * np.eye(20)).max(1).clip(-1, 1)))
    assert apart.min() > 30
    assert spread_out(KNOWN, 0).tolist() == []


def test_own_ears_are_better_than_others():
    """Each person's templates, everybody's ears: the diagonal is the smallest of its row on average."""
    names = [f"person{number}" for number in range(4)]
    listeners = [synthesise_hrirs(draw_person(1, name), *grid(16, 8)) for name in names]
    directions = [one.unit_vectors for one in listeners]
    heard = [features(number, towards, 3, 1) for number, towards in enumerate(directions)]
    split = Split(1, 0.25)
    sets = [
        TrainingSet(name, own.reshape(-1, 8), np.repeat(towards, 3, 0).astype(np.float32))
        for name, own, towards in zip(names, heard, directions, strict=True)
    ]
    models = dict(zip(names, templates.train(sets, SETTINGS, NO_PERIOD, torch.device("cpu")), strict=True))
    table = by_other_ears(listeners, models, heard, split)
    assert len(table) == 16 and set(table["subject"]) == set(table["ears"]) == set(names)
    own = table["subject"] == table["ears"]
    assert table.loc[own, "p95_deg"].max() < 0.5 * table.loc[~own, "p95_deg"].mean()
    unseen = unseen_people(listeners, models, heard, 2, [0, 10], 1000)
    assert unseen.groupby("measured")["subject"].nunique().tolist() == [4, 4]
    # Nobody is judged by a direction that was measured, nor by a population that holds them.
    assert unseen.groupby("measured")["items"].min().tolist() == [len(directions[0]), len(directions[0]) - 10]
    assert unseen.groupby("fold")["subject"].agg(set).tolist() == [{"person0", "person2"}, {"person1", "person3"}]
