"""Write what responses say that were measured in a room."""

from _script import at_work
from earshot.data.schemas.rooms import MEASURED_INDEX
from earshot.data.tables import write_table
from earshot.rooms.measured import MeasuredPlace, read_measured
from earshot.rooms.simulation import SimulationSettings

with at_work(snakemake) as params:
    place = MeasuredPlace(snakemake.wildcards.measured, **params.place)
    measured = read_measured(snakemake.input[0], place, SimulationSettings(**params.simulation))
    write_table(snakemake.output[0], measured.index(), MEASURED_INDEX)
