"""Where a local platform keeps what it knows: one ignored folder a stack, `.local/<stack>/`.

    endpoints.json    where everything listens (`local.endpoints`)
    clock.json        the platform's clock (`local.clock`)
    account           the stack's AWS account id
    lost.json         Regions that a drill has lost (`local.lost`)
    deployment.json   what was deployed, with outputs, secrets in plain text (`local.deployment`)
    data.sqlite       tables, streams, queues: written by the process of AWS only
    logs/             a file a process, a file a function
    code/             a folder a function, as its archive has it

The folder is its owner's only. Taking it away forgets the platform.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
PLACE: Final = ".local"


@dataclass(frozen=True)
class Folder:
    """The folder of one stack; `create` makes it."""

    path: Path

    @classmethod
    def of(cls, stack: str, root: Path = ROOT) -> "Folder":
        """The folder of a stack of the project at `root`."""
        return cls(root / PLACE / stack)

    def create(self) -> None:
        """Makes the folder and what is in it."""
        for folder in (self.path, self.logs, self.code):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @property
    def stack(self) -> str:
        """The stack's name."""
        return self.path.name

    @property
    def endpoints(self) -> Path:
        """See `local.endpoints`."""
        return self.path / "endpoints.json"

    @property
    def clock(self) -> Path:
        """See `local.clock`."""
        return self.path / "clock.json"

    @property
    def account(self) -> Path:
        """The stack's account id, as text."""
        return self.path / "account"

    @property
    def deployment(self) -> Path:
        """See `local.deployment`."""
        return self.path / "deployment.json"

    @property
    def data(self) -> Path:
        """See `local.aws`."""
        return self.path / "data.sqlite"

    @property
    def logs(self) -> Path:
        """One file a process and one a function."""
        return self.path / "logs"

    @property
    def code(self) -> Path:
        """One folder a function."""
        return self.path / "code"


def python_environment() -> dict[str, str]:
    """The environment of a process of the platform: it imports this project and its functions."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "functions")))}


def write_whole(file: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new, and nobody else reads it."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    part.replace(file)
