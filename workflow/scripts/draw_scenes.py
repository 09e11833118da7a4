"""Draw the scenes that test, a line for each."""

from _script import at_work
from earshot.data.schemas.scenes import SCENES
from earshot.data.sofa import read_hrirs
from earshot.data.tables import write_table
from earshot.scenes.drawing import Cast, DrawingSettings, draw_scenes, table_of
from earshot.scenes.places import read_places
from earshot.scenes.sounds import read_sounds

with at_work(snakemake) as params:
    files = snakemake.input
    sounds = read_sounds(files.sounds, files.index)
    people = {
        person: read_hrirs(path, subject=person, rate_hz=sounds.rate_hz)
        for person, path in zip(params.people, files.sofa, strict=True)
    }
    cast = Cast("test", sounds, read_places(zip(files.responses, files.rooms, strict=True)), people)
    scenes = draw_scenes(range(params.scenes), cast, DrawingSettings(**params.drawing))
    write_table(snakemake.output[0], table_of(scenes, cast), SCENES)
