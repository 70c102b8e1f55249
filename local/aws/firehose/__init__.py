"""Firehose: records are buffered and put as objects, by size and by time.

https://docs.aws.amazon.com/firehose/latest/APIReference/
What has no counterpart on a laptop is said by `status()`: Parquet is written as lines of JSON, and what would
go to another destination than S3 goes to its S3 backup.
"""

from local.aws.firehose.engine import Firehose

__all__ = ["Firehose"]
