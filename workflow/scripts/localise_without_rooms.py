"""Train study A's networks at the rate of scenes, on white noise without a room."""

from _script import at_work, bad_subject
from earshot import device
from earshot.files import replacing_folder
from earshot.learn.localiser import localiser_settings, write_localiser
from earshot.scenes import without_rooms
from earshot.scenes.people import read_people
from earshot.signal.interaural import interaural_settings
from earshot.signal.noise import noise_settings

with at_work(snakemake) as params:
    settings = params.settings | {"features": without_rooms.features_below(params.settings["features"], params.rate_hz)}
    sofa = dict(zip(params.people, snakemake.input.sofa, strict=True))
    people, _ = read_people(sofa, params.rate_hz, bad_subject(snakemake))
    networks = without_rooms.train(
        list(people.values()),
        noise_settings({key: settings[key] for key in ("seed", "stimulus")}),
        interaural_settings(settings),
        localiser_settings(settings),
        device.choose(params.device),
    )
    with replacing_folder(snakemake.output[0]) as folder:
        for person, network in zip(people, networks, strict=True):
            write_localiser(folder / f"{person}.safetensors", network, settings)
