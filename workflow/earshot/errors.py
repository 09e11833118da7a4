"""Errors that a person can act on."""


class EarshotError(Exception):
    """A fault in what was given to Earshot. The message names the file or key, the fault and the remedy."""


class ConfigError(EarshotError):
    """A key of the configuration is unknown, of the wrong type or impossible."""


class DataError(EarshotError):
    """A file of data is missing, damaged or not what it says it is."""


class RetrievalError(EarshotError):
    """A file could not be retrieved from where it should be."""


class WithdrawnError(EarshotError):
    """Another run, or another start of the same job, has taken over: this one may write no more."""


class DeviceError(EarshotError):
    """The device that was asked for is not there."""


class TrainingError(EarshotError):
    """A network could not be trained."""
