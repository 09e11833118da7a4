"""What a trial of the search tries: settings of features and network, and what training by them costs."""

from dataclasses import dataclass
from math import ceil, log2

from earshot.learn.perceptron import TrainingSettings
from earshot.signal.interaural import InterauralSettings

OUTPUTS = 3  # a unit vector


@dataclass(frozen=True)
class Candidate:
    """Settings that a trial puts to the test."""

    interaural: InterauralSettings
    network: TrainingSettings

    def training_multiply_adds(self, waveforms: int, epochs: int) -> int:
        """Return the multiply-adds of training one listener's network on so many waveforms for so many epochs.

        A layer costs its weights three times a waveform: for its output, and for the gradients by weights and by input.
        Nobody asks for the gradient by the input of the first.
        """
        first, *further = [a * b for a, b in self.network.layer_shapes(len(self.interaural.names), OUTPUTS)]
        return epochs * waveforms * (2 * first + 3 * sum(further))

    def feature_multiply_adds(self, waveforms: int, samples: int) -> int:
        """Return the multiply-adds of the features of so many waveforms of so many samples, computed frame by frame.

        A transform of n numbers counts as n log2(n). Each bin costs two products for each ear's energy, four for the
        cross spectrum, and one more for each of the three bands that it is added to. How the accelerated implementation
        comes by the same numbers does not enter: the figure is one of the settings.
        """
        window, hop = self.interaural.window_samples, self.interaural.hop_samples
        frames = ceil((samples + window) / hop)
        bins = window // 2 + 1
        return round(waveforms * frames * (2 * window * log2(window) + bins * (2 * 2 + 4 + 3)))
