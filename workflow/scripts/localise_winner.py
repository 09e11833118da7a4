"""Make features and networks of a job's listeners as the winner of the search says, and write networks and answers."""

import json
from functools import partial
from pathlib import Path

from _script import at_work, bad_subject
from earshot import device
from earshot.data.listeners import indexed, read_listeners
from earshot.learn import cohort, control
from earshot.learn.localiser import localiser_settings, train_and_answer, write_outcome
from earshot.signal import interaural_accelerated, interaural_control
from earshot.signal.interaural import interaural_settings
from earshot.signal.noise import noise_settings

with at_work(snakemake) as params:
    winner = json.loads(Path(snakemake.input.winner).read_text())
    settings = params.settings | {"features": winner["features"], "network": winner["network"]}
    listeners, excluded = read_listeners(
        dict(zip(params.subjects, snakemake.input.sofa, strict=True)), settings["rate_hz"], bad_subject(snakemake)
    )
    noise, interaural = noise_settings(settings), interaural_settings(settings)
    if snakemake.wildcards.implementation == "control":
        made = interaural_control.interaural_features(listeners, noise, interaural)
        train = control.train
    else:
        where = device.choose(params.device)
        made = interaural_accelerated.interaural_features(listeners, noise, interaural, where)
        train = partial(cohort.train, device=where, precision=settings["precision"])
    outcome = train_and_answer(*indexed(listeners, made, excluded), localiser_settings(settings), train)
    write_outcome(outcome, {"settings": settings, "names": interaural.names}, **snakemake.output)
