"""How changes reach an account: roles, boundary, canaries, images, signed code."""

from components.delivery.boundary import WorkloadBoundary, WorkloadBoundaryArgs
from components.delivery.canaries import CanaryFunction, FunctionCanaries, FunctionCanariesArgs
from components.delivery.checks import HealthCheck
from components.delivery.delivery import Delivery, DeliveryArgs
from components.delivery.github import Repository
from components.delivery.rules import release_rules
from components.delivery.signing import CodeSigning, CodeSigningArgs

__all__ = [
    "CanaryFunction",
    "CodeSigning",
    "CodeSigningArgs",
    "Delivery",
    "DeliveryArgs",
    "FunctionCanaries",
    "FunctionCanariesArgs",
    "HealthCheck",
    "Repository",
    "WorkloadBoundary",
    "WorkloadBoundaryArgs",
    "release_rules",
]
