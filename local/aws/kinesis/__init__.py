"""Kinesis data streams: records by partition key, in order, to be read again while they are kept.

https://docs.aws.amazon.com/kinesis/latest/APIReference/
"""

from local.aws.kinesis.engine import Kinesis

__all__ = ["Kinesis"]
