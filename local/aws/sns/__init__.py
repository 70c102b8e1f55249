"""SNS: topics, who subscribed, and what reaches them; what would reach a person is in `inbox()`.

https://docs.aws.amazon.com/sns/latest/api/
"""

from local.aws.sns.engine import Sns

__all__ = ["Sns"]
