"""The engines together."""

import threading

from local.aws.messaging import Messaging
from local.aws.store import Store
from tests.local.aws.calls import Time, calling


def test_the_background_does_the_steps() -> None:
    put = threading.Event()
    time = Time()
    messaging = Messaging(Store(), time.clock, lambda *_: None, lambda *_: put.set())
    try:
        calling(messaging["firehose"])(
            "CreateDeliveryStream",
            DeliveryStreamName="lake",
            S3DestinationConfiguration={"BucketARN": "arn:aws:s3:::lake"},
        )
        calling(messaging["firehose"])("PutRecord", DeliveryStreamName="lake", Record={"Data": "e30="})
        time.goes_on(300)
        assert put.wait(10)
    finally:
        messaging.close()
