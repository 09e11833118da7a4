"""A cohort learns by scikit-learn's rule, and a network in it learns what it would learn alone."""

import warnings
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from earshot import device
from earshot.data.listeners import feature_index
from earshot.data.synthetic_hrtf import draw_person, grid, synthesise_hrirs
from earshot.learn import cohort, control, stack
from earshot.learn.localiser import LocaliserSettings, train_and_answer
from earshot.learn.perceptron import TrainingSet, TrainingSettings
from earshot.learn.stack import layers
from earshot.score.listeners import score_listeners
from earshot.seeds import generator
from earshot.signal.bands import Bands
from earshot.signal.interaural import InterauralSettings
from earshot.signal.interaural_accelerated import interaural_features
from earshot.signal.noise import NoiseSettings
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits

CPU = torch.device("cpu")
SETTINGS = TrainingSettings(
    hidden_layers=(24, 16),
    activation="relu",
    learning_rate=3e-3,
    batch_size=64,
    weight_decay=0.05,
    max_epochs=12,
    patience_epochs=12,
    tolerance=0.0,
)
PRECISIONS = ["float32", "bfloat16"]


def a_set(name, items=200, features=9):
    """A task of its own for each name: a smooth function of the features, with a little noise."""
    random = generator(1, "task", name)
    inputs = random.normal(random.normal(), 2, (items, features))
    targets = np.tanh(inputs @ random.normal(0, 0.2, (features, 3))) + random.normal(0, 0.02, (items, 3))
    return TrainingSet(name, inputs.astype(np.float32), targets.astype(np.float32))


@pytest.fixture(autouse=True)
def small_products_count(monkeypatch):
    """Let bfloat16 be bfloat16 in networks this small, and on any processor."""
    monkeypatch.setattr(stack, "_FEWEST_PRODUCTS", 0)
    monkeypatch.setattr(device, "has_bfloat16", lambda device: True)


@pytest.mark.parametrize(("instructions", "taken"), [(True, torch.bfloat16), (False, torch.float32)])
def test_products_are_in_bfloat16_where_there_are_instructions_for_it(instructions, taken, monkeypatch):
    monkeypatch.setattr(device, "has_bfloat16", lambda device: instructions)
    whole = cohort.Cohort([cohort.Member(a_set("one"), SETTINGS)], 1, CPU, "bfloat16")
    assert [program.stack.precision for program in whole._programs] == [taken]


@pytest.fixture
def in_order(monkeypatch):
    """Let every epoch take the items as they stand, for scikit-learn can be told no order."""

    class AsTheyStand:
        def permutation(self, items):
            return np.arange(items)

    monkeypatch.setattr(
        cohort, "generator", lambda seed, *names: AsTheyStand() if names[0] == "order" else generator(seed, *names)
    )


def scikit_learn(data, settings, seed=1):
    """Train MLPRegressor in double precision, from the weights that the cohort starts from, items as they stand."""
    network = MLPRegressor(
        hidden_layer_sizes=settings.hidden_layers,
        activation=settings.activation,
        learning_rate_init=settings.learning_rate,
        batch_size=min(settings.batch_size, len(data.features)),
        alpha=settings.weight_decay,
        max_iter=1,
        n_iter_no_change=settings.patience_epochs,
        tol=settings.tolerance,
        shuffle=False,
        warm_start=True,
    )
    mean, scale = data.statistics
    inputs = ((data.features - mean) / scale).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network.fit(inputs, data.targets)  # makes weights for the next line to replace
        network.coefs_, network.intercepts_ = initial(data, settings, seed)
        network.loss_curve_, network.best_loss_ = [], np.inf
        network._no_improvement_count = 0
        network.set_params(max_iter=settings.max_epochs)
        del network._optimizer  # which went a step
        control._fit(network, inputs, data.targets, settings)
    return network


def initial(data, settings, seed):
    """Return the weights and biases that the cohort starts from, in double precision."""
    sizes = [data.features.shape[1], *settings.hidden_layers, data.targets.shape[1]]
    shapes = list(pairwise(sizes))
    weights, biases = cohort._initial(shapes, generator(seed, "weights", data.name))
    stacked = layers(torch.from_numpy(weights)[None], shapes)
    return [layer[0].double().numpy() for layer in stacked], np.split(biases.astype(float), np.cumsum(sizes[1:]))[:-1]


def assert_equal(ours, theirs, atol):
    for found, wanted in zip(ours.weights + ours.biases, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=atol)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_one_step_on_all_items_is_scikit_learns(activation):
    """Also with a batch size beyond the number of items."""
    data = a_set("anna")
    settings = replace(SETTINGS, activation=activation, batch_size=1000, max_epochs=1)
    (ours,) = cohort.train([data], settings, 1, CPU)
    theirs = scikit_learn(data, settings)
    assert_equal(ours, theirs, atol=settings.learning_rate / 10)
    moved = [abs(new - old).max() for new, old in zip(ours.weights, initial(data, settings, 1)[0], strict=True)]
    assert min(moved) > 0.9 * settings.learning_rate, "a step was taken"


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("weight_decay", [0.0, 2.0])
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_many_steps_on_batches_are_scikit_learns(in_order, activation, weight_decay, schedule):
    """Twelve epochs of three batches of 64 and one of 8."""
    data = a_set("anna")
    settings = replace(SETTINGS, activation=activation, weight_decay=weight_decay, schedule=schedule)
    (ours,) = cohort.train([data], settings, 1, CPU)
    assert_equal(ours, scikit_learn(data, settings), atol=2e-4)


@pytest.mark.parametrize("batch_size", [64, 1000])
def test_the_loss_is_scikit_learns_penalty_included(in_order, batch_size):
    """Weights that hardly move show the formula; the penalty, taken once an epoch, otherwise differs a little."""
    data = a_set("anna")
    still = replace(SETTINGS, batch_size=batch_size, learning_rate=1e-9, weight_decay=5.0, max_epochs=1)
    (ours,) = cohort.train([data], still, 1, CPU)
    np.testing.assert_allclose(ours.loss, scikit_learn(data, still).loss_curve_, rtol=1e-5)
    (without,) = cohort.train([data], replace(still, weight_decay=0.0), 1, CPU)
    assert ours.loss[0] > 1.5 * without.loss[0], "the penalty is a part of it that shows"
    moving = replace(SETTINGS, batch_size=batch_size)
    (ours,) = cohort.train([data], moving, 1, CPU)
    np.testing.assert_allclose(ours.loss, scikit_learn(data, moving).loss_curve_, rtol=0.01)


def test_networks_stop_at_scikit_learns_epoch(in_order):
    epochs = set()
    for name in ("anna", "bert", "carl"):
        settings = replace(SETTINGS, max_epochs=300, patience_epochs=3, tolerance=1e-3, weight_decay=0.0)
        (ours,) = cohort.train([a_set(name)], settings, 1, CPU)
        assert len(ours.loss) == scikit_learn(a_set(name), settings).n_iter_
        epochs.add(len(ours.loss))
    assert len(epochs) > 1 and max(epochs) < 300


def test_the_stopping_rule_is_scikit_learns_on_any_losses():
    """Steps as large as the tolerance, so that many an improvement is just one, or just none."""
    random, ends = np.random.default_rng(1), set()
    for _ in range(300):
        settings = replace(SETTINGS, patience_epochs=int(random.integers(1, 5)), tolerance=0.125, max_epochs=15)
        losses = 100 + np.cumsum(random.integers(-3, 3, 60)) * 0.125 / 2
        theirs = MLPRegressor(tol=settings.tolerance)
        theirs.loss_curve_, theirs.best_loss_, theirs._no_improvement_count = [], np.inf, 0
        patience = cohort._Patience(settings)
        for epoch, loss in enumerate(losses.tolist(), 1):
            theirs.loss_curve_.append(loss)
            theirs._update_no_improvement_count(early_stopping=False, X=None, y=None, sample_weight=None)
            over = theirs._no_improvement_count > settings.patience_epochs or epoch == settings.max_epochs
            assert patience.is_over(loss) == over
            if over:
                ends.add(epoch)
                break
    assert len(ends) > 8 and 15 in ends


# What rounding may make of twelve epochs: other weights differ by 0.1 and more.
ROUNDING = {"float32": 1e-4, "bfloat16": 1e-2}


def assert_same(found, wanted, precision):
    """Weights and losses agree up to rounding; products in bfloat16 have three digits."""
    assert len(found.loss) == len(wanted.loss)
    np.testing.assert_allclose(found.loss, wanted.loss, rtol=0, atol=ROUNDING[precision] / 10)
    for one, other in zip(found.weights + found.biases, wanted.weights + wanted.biases, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=ROUNDING[precision])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_in_any_company_it_is_the_same_to_the_bit(precision):
    """Two or more networks at a time: one alone goes through other products of matrices."""
    sets, threads = [a_set(name) for name in ("anna", "bert", "carl", "dora", "emil")], torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        together = cohort.train(sets, SETTINGS, 1, CPU, precision)
        apart = [
            network for some in (sets[:2], sets[2:]) for network in cohort.train(some, SETTINGS, 1, CPU, precision)
        ]
    finally:
        torch.set_num_threads(threads)
    for one, other in zip(together, apart, strict=True):
        np.testing.assert_array_equal(one.loss, other.loss)
        for found, wanted in zip(one.weights + one.biases, other.weights + other.biases, strict=True):
            np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_network_learns_the_same_alone_and_in_any_company(precision):
    sets = [a_set(name) for name in ("anna", "bert", "carl", "dora", "emil")]
    together = cohort.train(sets, SETTINGS, 1, CPU, precision)
    turned = cohort.train(sets[::-1], SETTINGS, 1, CPU, precision)[::-1]
    for data, here, there in zip(sets, together, turned, strict=True):
        (alone,) = cohort.train([data], SETTINGS, 1, CPU, precision)
        assert_same(here, alone, precision)
        assert_same(there, alone, precision)
    others = [abs(one.weights[0] - other.weights[0]).max() for one, other in pairwise(together)]
    assert min(others) > 10 * ROUNDING[precision], "networks of others are others"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_listeners_with_other_numbers_of_items_share_a_cohort(precision):
    sets = [a_set("anna"), a_set("bert", items=130), a_set("carl"), a_set("dora", items=40)]
    for data, found in zip(sets, cohort.train(sets, SETTINGS, 1, CPU, precision), strict=True):
        assert_same(found, cohort.train([data], SETTINGS, 1, CPU, precision)[0], precision)
        np.testing.assert_array_equal(found.mean, data.statistics[0])


@pytest.mark.parametrize("precision", PRECISIONS)
def test_those_who_stop_leave_and_the_rest_go_on_as_they_would_have(precision):
    settings = replace(SETTINGS, max_epochs=80, patience_epochs=2, tolerance=2e-3)
    sets = [a_set(name) for name in ("anna", "bert", "carl", "dora", "emil", "fred")]
    together = cohort.train(sets, settings, 1, CPU, precision)
    for data, found in zip(sets, together, strict=True):
        assert_same(found, cohort.train([data], settings, 1, CPU, precision)[0], precision)
    epochs = [len(network.loss) for network in together]
    assert len(set(epochs)) > 2 and max(epochs) < 80, "they stop at epochs of their own"


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_number_of_threads_changes_nothing(precision):
    sets, threads = [a_set(name) for name in ("anna", "bert", "carl")], torch.get_num_threads()
    try:
        results = []
        for count in (1, 2):
            torch.set_num_threads(count)
            results.append(cohort.train(sets, SETTINGS, 1, CPU, precision))
    finally:
        torch.set_num_threads(threads)
    for one, other in zip(*results, strict=True):
        assert_same(one, other, precision)


MANY = [
    SETTINGS,
    replace(SETTINGS, learning_rate=1e-2, weight_decay=1.0, schedule="cosine"),
    replace(SETTINGS, hidden_layers=(8,), activation="tanh"),
    replace(SETTINGS, batch_size=32, max_epochs=7),
    replace(SETTINGS, max_epochs=40, patience_epochs=1, tolerance=1e-2),
]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_members_of_other_settings_learn_what_they_would_alone(precision):
    data = a_set("anna")
    together = cohort.Cohort([cohort.Member(data, settings) for settings in MANY], 1, CPU, precision)
    together.advance()
    for settings, found in zip(MANY, together.networks(), strict=True):
        assert_same(found, cohort.train([data], settings, 1, CPU, precision)[0], precision)


def test_a_cohort_that_pauses_learns_what_it_would_in_one_go():
    sets = [a_set(name) for name in ("anna", "bert", "carl")]
    pausing = cohort.Cohort([cohort.Member(data, SETTINGS) for data in sets], 1, CPU)
    for epoch in (1, 5):
        pausing.advance(epoch)
        assert [len(network.loss) for network in pausing.networks()] == [epoch] * 3
    pausing.advance()
    for found, wanted in zip(pausing.networks(), cohort.train(sets, SETTINGS, 1, CPU), strict=True):
        assert_same(found, wanted, "float32")


def test_who_is_dropped_stays_as_it_is_and_the_rest_go_on():
    sets = [a_set(name) for name in ("anna", "bert", "carl")]
    some = cohort.Cohort([cohort.Member(data, SETTINGS) for data in sets], 1, CPU)
    some.advance(4)
    then = some.networks()
    assert some.drop([1]) == {1}
    assert some.drop([1]) == set(), "it is not at work any more"
    some.advance()
    networks = some.networks()
    assert [len(network.loss) for network in networks] == [12, 4, 12]
    np.testing.assert_array_equal(networks[1].weights[0], then[1].weights[0])
    assert_same(networks[2], cohort.train([sets[2]], SETTINGS, 1, CPU)[0], "float32")


def test_a_loss_that_is_not_finite_stops_its_network_alone():
    wild = replace(SETTINGS, learning_rate=1e30)
    both = cohort.Cohort([cohort.Member(a_set("anna"), settings) for settings in (wild, SETTINGS)], 1, CPU)
    both.advance()
    lost, good = both.networks()
    assert not np.isfinite(lost.loss[-1]) and len(lost.loss) < 12
    assert len(good.loss) == 12 and np.isfinite(good.loss).all()


def test_the_cosine_falls_from_the_learning_rate_to_nothing():
    settings = replace(SETTINGS, schedule="cosine", max_epochs=100)
    rates = [settings.rate(epoch) for epoch in range(101)]
    assert rates[0] == settings.learning_rate and rates[50] == pytest.approx(settings.learning_rate / 2)
    assert rates == sorted(rates, reverse=True) and rates[100] == pytest.approx(0)


def test_name_and_seed_decide_where_a_network_begins():
    data = a_set("anna")

    def first_loss(data, seed):
        return cohort.train([data], SETTINGS, seed, CPU)[0].loss[0]

    assert first_loss(data, 1) == first_loss(data, 1)
    assert len({first_loss(data, 1), first_loss(data, 2), first_loss(replace(data, name="bert"), 1)}) == 3


def test_initial_weights_fill_glorots_bounds_as_scikit_learns_do():
    shapes = [(30, 60), (60, 3)]
    weights, biases = cohort._initial(shapes, generator(1, "weights", "anna"))
    for part, (inputs, outputs) in zip(np.split(weights, [1800, 1980])[:2], shapes, strict=True):
        bound = np.sqrt(6 / (inputs + outputs))
        assert 0.97 * bound < abs(part).max() <= bound
        assert part.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)
    assert 0 < abs(biases[:60]).max() <= np.sqrt(6 / 90)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_both_precisions_learn_a_smooth_function(precision):
    """To a root mean square of 0.05 on new items, where the targets' own is 0.5 and their noise 0.02."""
    whole = a_set("anna", items=1500)
    seen, new = slice(1200), slice(1200, None)
    settings = replace(SETTINGS, hidden_layers=(64, 64), weight_decay=1e-3, max_epochs=60)
    data = TrainingSet("anna", whole.features[seen], whole.targets[seen])
    (network,) = cohort.train([data], settings, 1, CPU, precision)
    error = network(whole.features[new]) - whole.targets[new]
    assert whole.targets[new].std() > 0.4
    assert np.sqrt((error**2).mean()) < 0.05


def in_front(listener):
    """Keep the front, where a small network has few confusions: these would decide a 95th percentile by chance."""
    keep = np.cos(np.radians(listener.azimuth_deg)) >= 0
    arrays = ("hrirs", "azimuth_deg", "elevation_deg", "distance_m")
    return replace(listener, **{name: getattr(listener, name)[keep] for name in arrays})


def test_control_and_cohort_are_equally_accurate():
    """The means over 24 synthetic listeners differ by less than four times what their scatter leaves to chance."""
    people = [draw_person(1, f"person{number}") for number in range(24)]
    listeners = [in_front(synthesise_hrirs(person, *grid(30, 9))) for person in people]
    bands = Bands(24, "erb", 100, 16000), Bands(8, "erb", 100, 1500)
    parts = interaural_features(listeners, NoiseSettings(1, 0.2, 3), InterauralSettings(1024, 256, *bands), CPU)
    features = np.concatenate([part.reshape(-1, part.shape[-1]) for part in parts])
    index = pd.concat([feature_index(listener, 3) for listener in listeners], ignore_index=True)
    network = replace(SETTINGS, hidden_layers=(48, 48), weight_decay=0.5, max_epochs=60, patience_epochs=10)
    settings = LocaliserSettings(1, 0.2, network)

    def measured(train):
        outcome = train_and_answer(index, features, settings, train)
        return score_listeners(outcome.predictions, outcome.history, "any", [])[["p95_deg", "median_deg"]].astype(float)

    with threadpool_limits(1):
        published = measured(control.train)
    assert published["p95_deg"].mean() < 30, "they have learned something"
    for precision in PRECISIONS:
        difference = measured(partial(cohort.train, device=CPU, precision=precision)) - published
        assert abs(difference["p95_deg"].mean()) < 3
        assert abs(difference["median_deg"].mean()) < 1.4


@pytest.mark.gpu
@pytest.mark.parametrize("precision", PRECISIONS)
def test_cuda_learns_what_the_cpu_learns(precision):
    """Not to the bit: products are summed in another order."""
    sets = [a_set(name) for name in ("anna", "bert", "carl")]
    on_cpu, on_gpu = (cohort.train(sets, SETTINGS, 1, torch.device(name), precision) for name in ("cpu", "cuda"))
    for ours, other in zip(on_gpu, on_cpu, strict=True):
        assert len(ours.loss) == len(other.loss)
        assert ours.loss[-1] == pytest.approx(other.loss[-1], rel=0.05)
