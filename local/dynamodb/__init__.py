"""DynamoDB in the process: the calls that the platform makes, each of them one step, as fast as a page needs.

moto has the calls, too, but copies every table that a transaction touches: a second for a small fleet.
"""

from local.dynamodb.client import intercepted
from local.dynamodb.engine import Engine

__all__ = ["Engine", "intercepted"]
