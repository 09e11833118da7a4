"""What is said of each figure of scenes."""

# As `earshot.show.captions.TEXTS`: title, what a person who cannot see it is told, and caption.
SCENE_TEXTS = {
    "scene_errors": (
        "Where it gets hard to hear where",
        "Lines of the great-circle error in degrees over the room's T60, the source's distance and the signal-to-noise "
        "ratio, a line for each localiser, above for scenes with one source and below for those with two.",
        "Each point is the median over the sources in a bin, at the median of what is across, and the band reaches "
        "from the lower to the upper quartile. Of two sources each is compared with the answer that is taken for it, "
        "so that all answers are as near as they can be.",
    ),
    "measured_rooms": (
        "In measured rooms",
        "Lines of the great-circle error in degrees over the source's azimuth, a line for each localiser and one for "
        "guesses, a row for each measured room, at left for one source and at right for two.",
        "Each point is the median over the sources in a bin, at the median of what is across, and the band reaches "
        "from the lower to the upper quartile; of two sources each is compared with the answer that is taken for it. "
        "No direction far from those of the head's own responses is ever said, so guesses among the directions of "
        "sources are what to compare with.",
    ),
    "own_ears": (
        "What own ears buy",
        "Points with bars on an axis of degrees, two rows for all and for each person: with the person's own ears and "
        "with another's.",
        "The localiser that learnt in rooms is told whose ears it hears with; grey is what it says when it is told the "
        "next person's in place of the right ones. Points are medians over sources, bars reach from the lower to the "
        "upper quartile.",
    ),
    "scene_classes": (
        "How well it is heard what sounds",
        "Lines of the share of right answers in percent over T60 and over the signal-to-noise ratio, a line for each "
        "classifier, above for one source and below for two, of the mixture and of what was separated.",
        "Each point is the share of clips in a bin that a classifier names rightly, with the 95 % interval over "
        "scenes. Of a mixture it has one answer for two sources, so that it cannot be right about both unless they "
        "are of one class.",
    ),
    "scene_chords": (
        "How well it is heard which chord sounds",
        "Lines of the share of right roots in percent over T60 and over the signal-to-noise ratio, a line for each "
        "network, above for one source and below for two, of the mixture and of what was separated.",
        "Each point is the share of chords in a bin whose root a network names rightly, with the 95 % interval over "
        "scenes; one in twelve would be so by chance. Of a mixture it has one answer, whatever the other source is.",
    ),
    "separation_gains": (
        "What separation gains",
        "Lines of the gain in dB over the angle between the sources and over T60, in the order in which what was "
        "separated fits the sources better and in that from left to right, with a line at zero.",
        "Each point is the median over the sources in a bin, by how much less of all else is in what was separated "
        "than in the mixture (SI-SDR, at the ear that hears the source better), and the band reaches from the lower to "
        "the upper quartile. Below zero it would have been better to leave the mixture alone.",
    ),
    "scene_losses": (
        "How they learnt",
        "Lines of the loss over the number of scenes, a panel for each kind of network, a line for those "
        "that learnt in rooms and, but for the separator, one for those that learnt without.",
        "Each scene is made once; a separator's loss is by how much less than 20 dB a source is above the difference "
        "between it and what a mask leaves. Losses of scenes in rooms and without do not compare, since rooms make it "
        "harder.",
    ),
    "scene_ranks": (
        "Who answered when",
        "Bars over time in seconds, a row for each rank: hollow ones in which it reads what it needs, full ones in "
        "which it answers a piece of scenes.",
        "Each full bar is a piece of scenes that one rank answered by itself, each hollow one what it read before the "
        "first. White space is waiting, above all for the last piece of all.",
    ),
    "scene_scaling": (
        "With more ranks",
        "Two panels of scenes a second over the number of ranks, managed and static, in even and in uneven pieces: at "
        "left points that were measured with lines of a model, at right the model alone on logarithmic axes with a "
        "dotted line of one rank's rate times their number.",
        "At left each point is the median over repeats, its bar the lowest and the highest, each line what the model "
        "says by the times of single pieces; more ranks than cores share these. At right every rank has a core of its "
        "own, bands hold nine tenths of draws, and what bends a line away from the dotted one is in the table.",
    ),
    "scene_directions": (
        "Two scenes",
        "Maps of all directions with front in the middle and left at left: stars where sources are, points in the "
        "colours of localisers where each says that they are.",
        "The scenes with one source and with two whose error is the median, as the listener sees all directions from "
        "inside. A line joins what was said with the source that it is taken for, unless it would cross the edge.",
    ),
}
