"""Let networks hear scenes in a room whose responses were measured."""

from _script import at_work
from earshot import device
from earshot.data.schemas.scenes import SCENE_ANSWERS, SCENES
from earshot.data.tables import write_table
from earshot.learn.localiser import localiser_settings
from earshot.scenes import without_rooms
from earshot.scenes.drawing import DrawingSettings
from earshot.scenes.inference import networks_among
from earshot.scenes.measured import read_heard, try_room
from earshot.scenes.sounds import read_sounds
from earshot.signal.interaural import interaural_settings
from earshot.signal.noise import noise_settings

with at_work(snakemake) as params:
    files, rate_hz = snakemake.input, params.settings["rate_hz"]
    place, head = read_heard(
        snakemake.wildcards.measured_room, files.room, files.anechoic, rate_hz, params.room["clockwise"]
    )
    features = {"features": without_rooms.features_below(params.settings["features"], rate_hz)}
    study = params.study_a | features
    (localiser,) = without_rooms.train(
        [head],
        noise_settings({key: study[key] for key in ("seed", "stimulus")}),
        interaural_settings(study),
        localiser_settings(study),
        device.choose(params.settings["device"]),
    )
    settings = params.settings | networks_among(dict(files.items()), params.heard_in) | {"interaural": features}
    sounds, drawing = read_sounds(files.sounds, files.index), DrawingSettings(**params.drawing)
    scenes, answers = try_room(place, head, localiser, sounds, params.room["count"], drawing, settings)
    write_table(snakemake.output.scenes, scenes, SCENES)
    write_table(snakemake.output.answers, answers, SCENE_ANSWERS)
