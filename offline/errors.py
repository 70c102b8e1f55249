"""The error that a user of the command line sees. It imports nothing: `ev --help` needs it."""


class UsageError(Exception):
    """The command, a project file or a stack file is wrong; nothing was run."""
