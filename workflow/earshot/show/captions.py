"""What is said of each figure."""

from earshot.show.captions_scenes import SCENE_TEXTS

# Of each figure: its title, what a person who cannot see it is told, and its caption.
TEXTS = {
    "error_distribution": (
        "How large the errors are",
        "Points, one for each listener, on an axis of degrees: a row for each implementation with mean and standard "
        "deviation, above the published mean and standard deviation.",
        "Each point is one listener's network: the great-circle error is the angle between where a sound was and where "
        "the network says it was, and for 95 % of the held-out sounds it is smaller than the point shows. This "
        "percentile, by which Sumner et al. judge a network, counts the rare large mistakes; diamond and bar are mean "
        "and standard deviation, the band is what they published.",
    ),
    "agreement": (
        "Whether both implementations are equally accurate",
        "Points, one for each listener: the 95th percentile of the error of the accelerated implementation over that "
        "of the control, with the line of equality and a margin around it.",
        "Each point is a listener, by the 95th percentile of the control's error across and of the accelerated "
        "implementation's upwards; on the line both are equal. They count as equivalent when the interval of the mean "
        "difference lies inside the margin, which says more than that no difference was found.",
    ),
    "variants": (
        "How large the errors are",
        "Points, one for each listener, on an axis of degrees: a row for each variant with mean and standard "
        "deviation, and the published mean and standard deviation below.",
        "Each point is one listener: for 95 % of the held-out sounds the angle between where a sound was and where the "
        "model says it was is smaller than the point shows. Diamond and bar are mean and standard deviation, the band "
        "is what Sumner et al. published.",
    ),
    "winner_agreement": (
        "Whether both implementations of the winner are equally accurate",
        "Points, one for each listener: the 95th percentile of the error of the accelerated implementation over that "
        "of the control, with the line of equality and a margin around it.",
        "Each point is a listener; on the line both implementations of the search's winner are equal. They count as "
        "equivalent when the interval of the mean difference lies inside the margin.",
    ),
    "search_front": (
        "What the search tried",
        "Points, one for each trial: the error of its worst listener over its cost on a logarithmic axis, with a line "
        "that joins those which no other beats in both, and a star for the winner.",
        "Each point is a trial, by what its training costs across and by the error of its worst listener upwards; no "
        "trial is both cheaper and better than one on the line. A hollow trial was stopped early, since others of its "
        "round were better by then, and shows what it had reached.",
    ),
    "unseen_person": (
        "What a few measured directions buy",
        "Points, one for each person, of the 95th percentile of the error in degrees, in a column for each number of "
        "measured directions, with mean and standard deviation.",
        "Each point is a person whom the model does not hold, by how many directions of theirs were measured: with "
        "none it knows others alone. For 95 % of the sounds the angle between where they were and where the model says "
        "they were is smaller than the point shows.",
    ),
    "other_ears": (
        "With the ears of others",
        "A matrix of people by people; colour is the 95th percentile of the error in degrees.",
        "Each row is a person's templates, each column a person's ears, and on the diagonal both belong together. "
        "Bright columns are ears that nobody else's templates fit.",
    ),
    "conditions": (
        "Noise and short sounds",
        "Lines of the error in degrees on a logarithmic axis, over the signal-to-noise ratio and over the length of "
        "the sound, for each model the 95th percentile and the median.",
        "Each line is a model, as it was trained, on the sources for testing: above, noise at the ears grows to the "
        "left, below, sounds become shorter. Where the 95th percentile leaves the median behind, front and back are "
        "confused.",
    ),
    "class_accuracy": (
        "How often they are right",
        "Points, one for each training, on an axis of accuracy in percent: a row for each classifier and kind of "
        "split, with mean and standard deviation over seeds, and a published accuracy as a dashed line.",
        "Each point is a training, by how many percent of the clips that it never heard it names rightly. Diamond and "
        "bar are mean and standard deviation over seeds, of each of which all clips that were held out count together.",
    ),
    "class_confusion": (
        "What is taken for what",
        "A matrix of classes by classes for each task; colour is how many percent of the clips of the true class in "
        "the row were taken for the class in the column.",
        "Each row is what clips were, each column what they were taken for, and on the diagonal answers are right. "
        "Colours rise fast near nothing, so that rare mistakes are seen.",
    ),
    "class_reliability": (
        "Whether they know when they are right",
        "Lines of the share of right answers over the probability that a classifier gave them, both in percent, with "
        "the line on which both are equal.",
        "Each point is about a tenth of the range of probability: below the line a classifier is surer than it should "
        "be, above it less sure. The error is by how much both differ on average over clips.",
    ),
    "class_training": (
        "How they learnt",
        "Lines of the loss over epochs, a thin one for each training and a thick one for each classifier's mean.",
        "Each thin line is a training, each thick one the mean of a classifier's; what is mixed or smoothed before it "
        "is learnt raises a loss, so losses of classifiers that learn in other ways do not compare. A softmax before "
        "the loss, which takes one anyway, keeps it above the dotted line, however good the answers are.",
    ),
    "epoch_times": (
        "How long an epoch takes",
        "Lines of the seconds of a training epoch on a logarithmic axis, over the size of batches for both networks "
        "and over the number of samples: from shards, with spectrograms made again, as the study did it, and its own.",
        "Each point is the mean time of an epoch that trains, the bar its standard deviation over trainings. What is "
        "made again adds its time to that from shards; the study's way is what it did, on this machine, grey what it "
        "published.",
    ),
    "spectra_rates": (
        "How fast spectrograms are made",
        "Points of clips a second on a logarithmic axis, librosa's and ours, for each kind of spectrogram.",
        "Each pair of points is a kind of spectrogram: how many clips a second become it by librosa, with a process on "
        "each core, and by ours. The words say how many times more ours are.",
    ),
    "expected_times": (
        "Whether rooms reverberate as they should",
        "Points, one for each room: the reverberation time that was expected over the one that is measured, asked for, "
        "by Sabine and by Eyring, with the line of equality.",
        "Each point is a room, by the T60 that is measured in it across and by the one that was expected upwards; on "
        "the line both are equal. Formulas for a diffuse field expect too short a time, above all of flat rooms, "
        "where sound lives long between far walls.",
    ),
    "times_by_octave": (
        "How octaves decay",
        "Points with bars: median and quartiles of T60 and of early decay time in each octave, as shares of the whole "
        "response's T60.",
        "Each point is the median over responses that are exact to their end, its bar the quartiles. At low "
        "frequencies, where modes are few, rooms ring longer than their walls alone would have it; early decays are "
        "steeper than late ones where the direct sound is strong.",
    ),
    "room_wireframe": (
        "One of the rooms",
        "A wireframe of a room with a star for its source and points for its receivers, all three axes in metres.",
        "The star is the source of the first room that was drawn, points are its receivers. Dotted lines go down to "
        "the floor.",
    ),
    "wavefield": (
        "How sound spreads in it",
        "Six maps of the room from above, sound pressure in red and blue at six moments after a click: a ring that "
        "grows, meets the walls and comes back ever denser.",
        "Each map is the plane through the source, so many milliseconds after a click there: red is pressure above, "
        "blue below the air's, each map in a scale of its own. A ring becomes many as walls mirror it, and soon no "
        "single one is seen: what comes later is a decay and no longer geometry.",
    ),
    "responses_by_distance": (
        "What is heard in it",
        "Lines of sound pressure over time, a row for each receiver, the nearest to the source first, with a mark "
        "where the direct sound arrives.",
        "Each row is the impulse response of a receiver, the nearest to the source first. The mark is where geometry "
        "puts the direct sound; first reflections come soon after it, and later ones ever denser.",
    ),
    "room_rates": (
        "How fast rooms are simulated",
        "Points of responses a second on a logarithmic axis, by a plain loop over pyroomacoustics and by ours.",
        "Each pair of points is how many responses a second come of the same rooms by pyroomacoustics, with a process "
        "on each core, and by ours. The words say how many times more ours are.",
    ),
    "errors_by_model": (
        "How far from the truth",
        "Dots and bars on logarithmic axes, a row for each model: median, quartiles and the range of nine tenths of "
        "the errors of T60, of early decay time and of C50, with a dashed line at what is just noticeable.",
        "Each row is a model, by how far its responses are from those that are simulated in rooms that it has not "
        "heard: a dot at the median, a thick bar between quartiles, a thin one around nine tenths. What lies left of "
        "the dashed line nobody would notice.",
    ),
    "errors_by_octave": (
        "Which octaves are hard",
        "Lines of the median error of T60, of early decay time and of C50 over octaves, one for each model, with a "
        "line at what is just noticeable.",
        "Each line is a model. Low octaves hold few modes, so that each place in a room has a decay of its own; what "
        "is just noticeable is said of the whole response and is here to compare with.",
    ),
    "decays": (
        "How one response decays",
        "Lines of the decay in dB over time, simulated and by each model: of the whole response, of the lowest octave "
        "and of a high one.",
        "A response of a room that no model has heard, the one whose error is the median of the headline model's. The "
        "thick line is simulated; a model that is right lies upon it.",
    ),
    "response_beside_response": (
        "What is predicted beside what is simulated",
        "Two waveforms above two spectrograms of the same response: simulated at left, predicted at right.",
        "The same response. At first both are alike, since images are computed; later the predicted one is noise, "
        "whose waveform is another, and whose decay in each octave the model has said.",
    ),
    "model_rates": (
        "How fast rooms are predicted",
        "Lines of responses a second over the size of batches on logarithmic axes: the model, all image sources, and "
        "pyroomacoustics.",
        "The line is the model, with all that a response takes: images, network, noise. Level lines are rooms of the "
        "same kind by all their image sources and by a plain loop over pyroomacoustics with a process on each core.",
    ),
    "reverb_losses": (
        "How they learnt",
        "Lines of the loss over epochs, a panel for each model: of the rooms that train and of the fold that "
        "validates.",
        "Each pair of lines is a training, whose fold that validates is another's to learn from. Losses of models "
        "that learn different things do not compare: of standardised waveforms, 1 is the loss of silence.",
    ),
    "error_map": (
        "Where the errors are",
        "A map of all directions with front in the middle and left at left; colour is the median error in degrees.",
        "All directions as the listener sees them from inside, front in the middle; colour is the median angle between "
        "answer and truth, all listeners together, those for tuning among them. Differences between the ears tell left "
        "from right well, and above from below or front from back badly: the map shows where that costs accuracy.",
    ),
    "predicted_against_true": (
        "What is confused with what",
        "Two clouds of points, an answer each, predicted over true angle in degrees with the line of right answers: "
        "the lateral angle on the left, the polar angle on the right.",
        "Each point is an answer, by its lateral angle (how far to the side) and by its polar angle (around the axis "
        "of the ears: front, above, back); on the line it is right. What is far from the line on the right is a "
        "confusion of front and back or of above and below, which hardly differ between the ears.",
    ),
    "speed": (
        "How long it takes",
        "Points, one for each repeat, on a logarithmic axis of seconds: features, training and both, for both "
        "implementations, with the ratio of their medians.",
        "Each point is one uninterrupted repeat for all listeners, and the words say how many times as fast the "
        "accelerated implementation is. Stages are timed apart because hardware helps them differently; a time that "
        "was measured on fewer listeners is scaled to all, and the legend says so.",
    ),
} | SCENE_TEXTS
