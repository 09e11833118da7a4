"""Draw the scenes that test, a line for each."""

from _script import at_work, bad_subject
from earshot.data.schemas.scenes import SCENE_PEOPLE, SCENES
from earshot.data.tables import write_table
from earshot.scenes.drawing import Cast, DrawingSettings, draw_scenes, table_of
from earshot.scenes.people import read_people
from earshot.scenes.places import read_places
from earshot.scenes.sounds import read_sounds

with at_work(snakemake) as params:
    files = snakemake.input
    sounds = read_sounds(files.sounds, files.index)
    sofa = dict(zip(params.people, files.sofa, strict=True))
    people, hearers = read_people(sofa, sounds.rate_hz, bad_subject(snakemake))
    cast = Cast("test", sounds, read_places(zip(files.responses, files.rooms, strict=True)), people)
    scenes = draw_scenes(range(params.scenes), cast, DrawingSettings(**params.drawing))
    write_table(snakemake.output.scenes, table_of(scenes, cast), SCENES)
    write_table(snakemake.output.hearers, hearers, SCENE_PEOPLE)
