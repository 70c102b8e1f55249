"""Containers of a stack: ECS or EKS on Fargate, and the rider API as what they run."""

from components.containers.platform import ContainerPlatform, ContainerPlatformArgs
from components.containers.rider_api import RiderApiArgs, rider_api_workload
from components.containers.workload import ContainerImage, Workload

__all__ = [
    "ContainerImage",
    "ContainerPlatform",
    "ContainerPlatformArgs",
    "RiderApiArgs",
    "Workload",
    "rider_api_workload",
]
