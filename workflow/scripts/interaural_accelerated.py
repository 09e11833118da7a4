"""Write the interaural features of a job's listeners, computed for all of them together."""

from _script import at_work, bad_subject
from earshot import device
from earshot.data.listeners import read_listeners, write_features
from earshot.signal.interaural import interaural_settings
from earshot.signal.interaural_accelerated import interaural_features
from earshot.signal.noise import noise_settings

with at_work(snakemake) as params:
    settings = params.settings
    files = dict(zip(params.subjects, snakemake.input.sofa, strict=True))
    listeners, excluded = read_listeners(files, settings["rate_hz"], bad_subject(snakemake))
    features = interaural_features(
        listeners, noise_settings(settings), interaural_settings(settings), device.choose(params.device)
    )
    write_features(snakemake.output.features, snakemake.output.index, listeners, features, excluded, settings)
