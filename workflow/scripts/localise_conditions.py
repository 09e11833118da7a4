"""Try models with templates in noise and with short sounds."""

from pathlib import Path

from _script import at_work, bad_subject, sounds
from earshot import device
from earshot.data.listeners import read_listeners
from earshot.data.schemas.others import CONDITIONS
from earshot.data.tables import write_table
from earshot.learn.localiser import read_localiser
from earshot.learn.others import in_conditions
from earshot.learn.split import Split
from earshot.signal.interaural import interaural_settings
from earshot.signal.sources import source_settings

with at_work(snakemake) as params:
    settings = params.settings
    files = dict(zip(params.subjects, snakemake.input.sofa, strict=True))
    listeners, _ = read_listeners(files, settings["rate_hz"], bad_subject(snakemake))
    sources = source_settings(settings)
    folder = Path(snakemake.input.models)
    found = in_conditions(
        listeners,
        {one.subject: read_localiser(folder / f"{one.subject}.safetensors")[0] for one in listeners},
        sources,
        sounds(snakemake, sources.kinds, {listener.rate_hz for listener in listeners}),
        interaural_settings(settings),
        Split(settings["seed"], settings["held_out"], settings["held"]),
        params.conditions,
        device.choose(params.device),
    )
    found["model"], found["tuning"] = snakemake.wildcards.model, found["subject"].isin(params.tuning_subjects)
    write_table(snakemake.output[0], found, CONDITIONS)
