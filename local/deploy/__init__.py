"""The deployment of a stack on the local platform."""

from local.deploy.deploying import deploy
from local.deploy.result import DeployResult

__all__ = ["DeployResult", "deploy"]
