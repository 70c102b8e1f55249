"""A platform's folder and emulated AWS in this process, and small programs to deploy there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

from moto.moto_api._internal.models import moto_api_backend

from local.aws.server import Aws
from local.aws.store import Store
from local.clock import Clock
from local.deploy import DeployResult, deploy
from local.deploy.clients import Clients
from local.deployment import Deployed, Deployment
from local.endpoints import Endpoints
from local.folder import Folder

ACCOUNT = "111122223333"
REGION = "ap-southeast-1"
PORTS = {name: 9_000 + number for number, name in enumerate(Endpoints.__dataclass_fields__)}


@dataclass
class Platform:
    """`project` is where the program is; a program's text follows `import`s and a provider."""

    folder: Folder
    project: Path
    origin: str
    store: Store

    def program(self, text: str) -> None:
        """Write the program."""
        head = "import pulumi\nimport pulumi_aws as aws\n"
        self.project.mkdir(exist_ok=True)
        (self.project / "Pulumi.yaml").write_text("name: demo\nruntime: python\n")
        (self.project / "Pulumi.dev.yaml").write_text(f"config:\n  aws:region: {REGION}\n")
        (self.project / "__main__.py").write_text(head + dedent(text))

    def deploy(self, text: str | None = None, *, config: Mapping[str, str] | None = None) -> DeployResult:
        """Deploy a program, or what is in `project`."""
        if text is not None:
            self.program(text)
        return deploy(self.folder, self.project, self.folder.stack, config or {})

    @property
    def deployment(self) -> Deployment:
        """What deployment.json says."""
        return Deployment.load(self.folder.deployment)

    def named(self, name: str) -> Deployed:
        """The custom resource of that name."""
        (found,) = [one for one in self.deployment.resources.values() if one.name == name and one.id]
        return found

    def client(self, service: str, region: str = REGION) -> Any:
        """A client of the emulated AWS."""
        return Clients(self.origin)(service, region)


@contextmanager
def platform(path: Path, project: Path, *, stack: str = "dev") -> Iterator[Platform]:
    """A platform of a project's stack."""
    folder = Folder(path / stack)
    folder.create()
    folder.account.write_text(ACCOUNT)
    moto_api_backend.reset()  # its state is the process's
    store = Store(folder.data)
    with Aws(store, Clock.starting(), account=ACCOUNT) as aws:
        ports = {**PORTS, "aws": int(aws.origin.rpartition(":")[2])}
        Endpoints(**ports).save(folder.endpoints)
        yield Platform(folder, project, aws.origin, store)
    store.close()


Deploy = Callable[[str], DeployResult]
