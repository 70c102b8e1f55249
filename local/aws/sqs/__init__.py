"""SQS: queues, their messages, and the way of a message that nobody could handle.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
"""

from local.aws.sqs.engine import Sqs

__all__ = ["Sqs"]
