"""Let a job's listeners hear what a model is to learn from and to be judged by, and write models and answers."""

from _script import at_work, bad_subject, sounds
from earshot import device
from earshot.data.listeners import read_listeners
from earshot.learn import baselines, templates
from earshot.learn.listening import listen
from earshot.learn.localiser import LocaliserSettings, train_and_answer, write_outcome
from earshot.learn.templates import template_settings
from earshot.signal.interaural import interaural_settings
from earshot.signal.sources import source_settings

with at_work(snakemake) as params:
    settings = params.settings
    listeners, excluded = read_listeners(
        dict(zip(params.subjects, snakemake.input.sofa, strict=True)), settings["rate_hz"], bad_subject(snakemake)
    )
    interaural, sources = interaural_settings(settings), source_settings(settings)
    recordings = sounds(snakemake, sources.kinds, {listener.rate_hz for listener in listeners})
    where = device.choose(params.device)

    def train(sets, method, _seed):
        """Train by the model's method, none of which draws anything."""
        if method == "templates":
            return templates.train(sets, template_settings(settings["templates"]), interaural.periods, where)
        return baselines.train(sets, method, interaural.periods)

    how = LocaliserSettings(settings["seed"], settings["held_out"], settings["method"], settings["held"])
    heard = listen(listeners, excluded, sources, recordings, interaural, how.split, where)
    outcome = train_and_answer(*heard, how, train)
    write_outcome(outcome, {"settings": settings, "names": interaural.names}, **snakemake.output)
