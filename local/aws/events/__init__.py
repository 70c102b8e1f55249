"""EventBridge: buses, rules and their targets, archives and replays.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/
"""

from local.aws.events.engine import Events

__all__ = ["Events"]
