"""What can stand in the way of the embedded services. Each message says what to do."""


class EmbeddedError(Exception):
    """Something that a person has to put right before the services can run."""


class UnsafeFolder(EmbeddedError):
    """A folder that another user owns, or that cannot be named to the services."""


class AlreadyRunning(EmbeddedError):
    """Another `make run` uses the same data folder."""


class PortInUse(EmbeddedError):
    """Another program listens on a port that is needed."""


class ServiceFailed(EmbeddedError):
    """An embedded service did not start."""
