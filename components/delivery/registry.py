"""Image repositories: a tag means one image for ever, every image is scanned, old ones go."""

import json
import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.tags import Tags

KEPT_IMAGES = 50
UNTAGGED_DAYS = 7
_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


@dataclass(frozen=True)
class ImageRepositoryArgs:
    """`repository_name` is what the pipeline pushes to; `protect` refuses deletion with images in it."""

    repository_name: str
    key_arn: pulumi.Input[str]
    protect: bool
    tags: Tags

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.repository_name):
            raise ValueError(
                f"repository_name is {self.repository_name!r}: use small letters, digits and single ._-"
            )


class ImageRepository(pulumi.ComponentResource):
    """One repository; `url` is what an image's name begins with."""

    url: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: ImageRepositoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bluehorizons:delivery:ImageRepository", name, None, opts)
        repository = aws.ecr.Repository(
            f"{name}-repository",
            aws.ecr.RepositoryArgs(
                name=args.repository_name,
                image_tag_mutability="IMMUTABLE",
                image_scanning_configuration=aws.ecr.RepositoryImageScanningConfigurationArgs(
                    scan_on_push=True
                ),
                encryption_configurations=[
                    aws.ecr.RepositoryEncryptionConfigurationArgs(encryption_type="KMS", kms_key=args.key_arn)
                ],
                force_delete=not args.protect,
                tags=args.tags,
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        aws.ecr.LifecyclePolicy(
            f"{name}-lifecycle",
            aws.ecr.LifecyclePolicyArgs(repository=repository.name, policy=lifecycle()),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.url = repository.repository_url
        self.arn = repository.arn
        self.register_outputs({"url": self.url})


def lifecycle() -> str:
    """https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html"""
    untagged = {
        "rulePriority": 1,
        "description": "layers of pushes that failed",
        "selection": {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": UNTAGGED_DAYS,
        },
        "action": {"type": "expire"},
    }
    old = {
        "rulePriority": 2,
        "description": "more than one can roll back to",
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT_IMAGES},
        "action": {"type": "expire"},
    }
    return json.dumps({"rules": [untagged, old]}, sort_keys=True)
