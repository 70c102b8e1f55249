"""The public standards that rules refer to.

Controls: https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-controls-reference.html
"""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_policy import PolicyComplianceFramework

FSBP_NAME = "AWS Foundational Security Best Practices"
FSBP_VERSION = "1.0.0"

NOT_IN_FSBP = frozenset(
    {
        "CloudWatch.15",
        "ECR.5",
        "ELB.16",
        "KMS.4",
        "RedshiftServerless.4",
        "S3.14",
        "S3.17",
        "SNS.1",
        "WAF.11",
    }
)
"""Security Hub controls that belong to other standards (CIS, NIST SP 800-53, PCI DSS) but not to FSBP."""


def fsbp(controls: Iterable[str]) -> PolicyComplianceFramework | None:
    """The FSBP entry of a rule with these Security Hub controls; `None` when FSBP has none of them."""
    named = [control for control in controls if control not in NOT_IN_FSBP]
    if not named:
        return None
    return PolicyComplianceFramework(name=FSBP_NAME, version=FSBP_VERSION, reference=", ".join(named))
