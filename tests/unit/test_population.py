"""What a population says of a person whom it does not hold, and what measured directions add."""

import numpy as np
import pytest
import torch
from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs
from earshot.directions import great_circle_deg
from earshot.learn import templates
from earshot.learn.others import by_other_ears, unseen_people
from earshot.learn.perceptron import TrainingSet
from earshot.learn.population import FREEDOMS, Person, _alike, _left, population, spread_out
from earshot.learn.split import Split
from earshot.learn.templates import TemplateSettings, on_the_circle, spread_directions
from earshot.signal.bands import Bands
from earshot.signal.interaural import InterauralSettings, differences
from scipy.stats import multivariate_t

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
    assert errors[0] < 20  # 33 with errors that were the same everywhere and a Gaussian likelihood
    assert errors[0] > 1.5 * errors[5]
    assert errors[5] < 3 * own and errors[40] < 2 * own


def test_modes_are_as_many_as_people_differ_by_and_give_their_covariance(people):
    """Twelve people span eleven modes; together these give back how people scatter about their mean."""
    known = population(people, 2000)
    assert known.modes.shape == (11, 12)
    there = np.stack([person.at(KNOWN[:20]) for person in people])
    _, modes = known._gaussian(there)
    found = np.einsum("mdv,mew->dvew", modes, modes).reshape(160, 160)
    np.testing.assert_allclose(found, np.cov(there.reshape(12, -1).T), atol=1e-9)


def test_what_modes_leave_is_what_a_regression_on_the_others_leaves():
    """People are dealt in pairs, neither of which is among the other's others; shares cost as much as errors do."""
    templates = np.random.default_rng(3).normal(size=(10, 7, 4))
    left = _left(templates, 5)
    others = np.delete(templates, [2, 7], axis=0)
    about = (others - others.mean(0)).reshape(8, -1)
    _, deviations, rows = np.linalg.svd(about, full_matrices=False)
    modes = (deviations[:, None] * rows)[:7] / np.sqrt(7)
    own = (templates[7] - others.mean(0)).ravel()
    rows = np.vstack([modes.T, np.eye(7)])
    share = np.linalg.lstsq(rows, np.append(own, np.zeros(7)), rcond=None)[0]
    np.testing.assert_allclose(left[7].ravel(), own - share @ modes, atol=1e-9)


@pytest.mark.parametrize("measured", [0, 6])
def test_what_is_measured_conditions_the_gaussian_exactly(people, measured):
    """Templates and their errors are those of one large joint Gaussian of all candidates and all that is measured."""
    known = population(people, 150)
    where = np.arange(0, len(known.candidates), len(known.candidates) // 6)[:measured]
    own = features(20, known.candidates[where], 4, 3).mean(1).astype(float)
    person = known.person(known.candidates[where], own)
    mean, modes = known._gaussian(np.stack([one.at(known.candidates) for one in people]) @ known.whitening)
    # Sizes at measured directions are averages of those around.
    sizes = known.sizes.copy()
    mean, modes, directions = (np.concatenate([a, a[..., where, :]], -2) for a in (mean, modes, known.candidates))
    sizes = np.append(sizes, population_sizes(known, where))
    count, values = mean.shape
    smooth = _alike(directions, directions) * np.outer(sizes, sizes)
    joint = np.einsum("mdv,mew->dvew", modes, modes) + np.einsum("de,v,vw->dvew", smooth, known.left, np.eye(values))
    joint = joint.reshape(count * values, -1) + np.eye(count * values)
    first = len(known.candidates) * values
    weights = joint[:first, first:] @ np.linalg.inv(joint[first:, first:])
    expected = mean.ravel()[:first] + weights @ ((own @ known.whitening).ravel() - mean.ravel()[first:])
    errors = (joint[:first, :first] - weights @ joint[first:, :first]).reshape(first // values, values, -1, values)
    np.testing.assert_allclose(person.templates.ravel(), expected, rtol=1e-7, atol=1e-7)
    diagonal = np.einsum("dvdw->dvw", errors)
    np.testing.assert_allclose(person.errors, diagonal, rtol=1e-6, atol=1e-7 * abs(diagonal).max())


def population_sizes(known, where):
    """Sizes of what modes leave around these candidates."""
    chord = np.linalg.norm(known.candidates[where][:, None] - known.candidates, axis=-1) * 5**0.5 / 0.15
    weights = (1 + chord + chord**2 / 3) * np.exp(-chord)
    return weights @ known.sizes / weights.sum(1)


def test_likelihoods_are_those_of_students_t_with_errors_of_each_candidate():
    random = np.random.default_rng(4)
    roots = random.normal(size=(5, 3, 3)) * np.arange(1, 6)[:, None, None]
    errors, expected, whitening = roots @ roots.transpose(0, 2, 1) + np.eye(3), 50 + random.normal(size=(5, 3)), 2.0
    person = Person(KNOWN[:5], expected, errors, whitening * np.eye(3))
    sounds = (expected[[0, 2]] + [[1, 2, 3], [30, 0, 0]]) / whitening
    true = [
        multivariate_t(loc, shape, df=FREEDOMS).logpdf(2 * sounds) for loc, shape in zip(expected, errors, strict=True)
    ]
    apart = person.likelihoods(sounds) - np.transpose(true)
    np.testing.assert_allclose(apart, np.broadcast_to(apart[:1, :1], (2, 5)), atol=1e-8)
    shares = np.exp(np.transpose(true))
    np.testing.assert_allclose(person(sounds, np.full(3, np.inf)), shares @ KNOWN[:5] / shares.sum(1)[:, None])


@pytest.mark.parametrize("levels", ["difference", "each_ear"])
def test_exchanged_ears_are_the_features_in_a_mirror(levels):
    settings = InterauralSettings(512, 128, Bands(6, "erb", 200, 16000), Bands(3, "erb", 200, 2000), levels)
    random = np.random.default_rng(5)
    energy, bands = random.uniform(1, 9, (2, 4)), random.uniform(1, 9, (2, 4, 6))
    cross = np.exp(1j * random.uniform(-3, 3, (4, 3)))
    values = on_the_circle(differences(energy, bands, cross, settings), settings.periods)
    exchanged = on_the_circle(differences(energy[::-1], bands[::-1], cross.conj(), settings), settings.periods)
    np.testing.assert_allclose(values @ settings.mirror, exchanged, atol=1e-5)


def test_in_the_mirror_everybodys_left_is_their_right(people):
    """The mean person of a population with a mirror is symmetric, and there are twice as many people, less one mode."""
    mirror = np.diag([1.0, -1.0] * 4)
    known = population(people, 500, mirror)
    assert known.modes.shape == (23, 24)
    stranger = known.person(np.empty((0, 3)), np.empty((0, 8)))
    average = np.mean([person.at(known.candidates) for person in people], 0)
    turned = np.mean([person.at(known.candidates * [1, -1, 1]) for person in people], 0)
    expected = (average + turned @ mirror) / 2
    np.testing.assert_allclose(
        stranger.templates, expected @ known.whitening, atol=1e-6 * abs(stranger.templates).max()
    )


def test_errors_are_larger_where_people_differ_more(people):
    """Features are hyperbolic tangents of what people differ in: where these are near one, people hardly differ."""
    stranger = population(people, 500).person(np.empty((0, 3)), np.empty((0, 8)))
    spread = np.stack([person.at(stranger.candidates) for person in people]) @ stranger.whitening
    differ, doubt = spread.var(0).sum(1), np.trace(stranger.errors, axis1=1, axis2=2)
    assert np.corrcoef(differ, doubt)[0, 1] > 0.9 and doubt.max() > 2 * doubt.min()


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
