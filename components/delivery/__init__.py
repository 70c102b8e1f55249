"""How changes reach an account: roles, boundary, canaries, images, signed code."""

from components.delivery.boundary import WorkloadBoundary, WorkloadBoundaryArgs
from components.delivery.canaries import FunctionCanaries, FunctionCanariesArgs
from components.delivery.delivery import Delivery, DeliveryArgs
from components.delivery.github import Repository
from components.delivery.releases import Releases
from components.delivery.signing import CodeSigning, CodeSigningArgs

__all__ = [
    "CodeSigning",
    "CodeSigningArgs",
    "Delivery",
    "DeliveryArgs",
    "FunctionCanaries",
    "FunctionCanariesArgs",
    "Releases",
    "Repository",
    "WorkloadBoundary",
    "WorkloadBoundaryArgs",
]
