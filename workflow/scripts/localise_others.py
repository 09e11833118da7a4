"""Give people's templates other people's ears, and people the templates of others alone."""

from pathlib import Path

from _script import at_work, bad_subject
from earshot import device
from earshot.data.listeners import read_listeners
from earshot.data.schemas.others import OTHER_EARS, UNSEEN
from earshot.data.tables import write_table
from earshot.learn.localiser import read_localiser
from earshot.learn.others import by_other_ears, unseen_people
from earshot.learn.split import Split
from earshot.signal.interaural import interaural_settings
from earshot.signal.interaural_accelerated import interaural_features
from earshot.signal.noise import NoiseSettings

with at_work(snakemake) as params:
    settings, others = params.settings, params.others
    files = dict(zip(params.subjects, snakemake.input.sofa, strict=True))
    listeners, _ = read_listeners(files, settings["rate_hz"], bad_subject(snakemake))
    folders = {subject: Path(folder) for subject, folder in zip(params.subjects, params.folders, strict=True)}
    models = {one.subject: read_localiser(folders[one.subject] / f"{one.subject}.safetensors")[0] for one in listeners}
    stimulus = settings["stimulus"]
    noise = NoiseSettings(settings["seed"], stimulus["duration_s"], stimulus["repetitions"])
    where = device.choose(params.device)
    interaural = interaural_settings(settings)
    features = interaural_features(listeners, noise, interaural, where)
    split = Split(settings["seed"], settings["held_out"], settings["held"])
    write_table(snakemake.output.other_ears, by_other_ears(listeners, models, features, split), OTHER_EARS)
    found = unseen_people(
        listeners, models, features, others["folds"], others["measured"], others["candidates"], interaural.mirror
    )
    found["tuning"] = found["subject"].isin(params.tuning_subjects)
    write_table(snakemake.output.unseen, found, UNSEEN)
