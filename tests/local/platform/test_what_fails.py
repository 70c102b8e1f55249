"""What cannot be handled is kept where somebody finds it, and can be sent again."""

import base64
import json
from typing import Any

from local.deploy.clients import Clients
from tests.local.platform.world import World, eventually


def output(world: World, type_: str, part: str, name: str) -> str:
    """An output of the one resource of a type with a part in its name."""
    (made,) = [one for one in world.deployment.all(type_) if part in one.name]
    return str(made.outputs[name])


def test_a_record_that_is_refused_is_kept_with_its_reason_and_can_be_replayed(
    world: World, vehicle_id: str
) -> None:
    aws = Clients(world.endpoints.url("aws"))
    bucket = output(world, "aws:s3/bucket:Bucket", "processor-refused", "bucket")
    stream = output(world, "aws:kinesis/stream:Stream", "ingest-stream", "name")
    region = next(world.deployment.all("aws:kinesis/stream:Stream")).region
    with world.car(vehicle_id) as car:
        car.send(soc=71.0)
        wrong = {**car.send(soc=70.0), "Vehicle.Speed": 9_999, "sequence": car.sequence + 1}
        car.publish("telemetry", "telemetry", wrong)

        def refused() -> dict[str, Any] | None:
            s3 = aws("s3", region)
            for found in s3.list_objects_v2(Bucket=bucket, Prefix="rejected/").get("Contents", ()):
                for line in s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read().splitlines():
                    record: dict[str, Any] = json.loads(line)
                    if record["partitionKey"] == vehicle_id:
                        return record
            return None

        record = eventually(refused, "the refused record")
    assert "Speed" in record["detail"]
    kept = json.loads(base64.b64decode(record["data"]))
    assert kept["Vehicle.Speed"] == 9_999
    mended = json.dumps({**kept, "Vehicle.Speed": 12.0}).encode()
    aws("kinesis", region).put_record(StreamName=stream, Data=mended, PartitionKey=vehicle_id)

    eventually(lambda: world.reading(vehicle_id, "speed") == 12.0, "the mended record")


def test_what_a_function_fails_at_again_and_again_is_a_dead_letter(world: World, vehicle_id: str) -> None:
    (queue,) = [one for one in world.deployment.all("aws:sqs/queue:Queue") if "acks-queue" in one.name]
    sqs = Clients(world.endpoints.url("aws"))("sqs", queue.region)
    before = sqs.get_queue_attributes(QueueUrl=queue.id, AttributeNames=["VisibilityTimeout"])["Attributes"]
    # Whoever waits for five tries does not want to wait for three minutes each time.
    sqs.set_queue_attributes(QueueUrl=queue.id, Attributes={"VisibilityTimeout": "1"})
    try:
        with world.car(vehicle_id) as car:
            car.publish("command_acks", "command-acks", {"commandId": "nobody's", "result": "done"})
        dead = output(world, "aws:sqs/queue:Queue", "acks-dead-letters", "url")

        def letter() -> dict[str, Any] | None:
            asked = {
                "QueueUrl": dead,
                "WaitTimeSeconds": 1,
                "VisibilityTimeout": 0,
                "AttributeNames": ["All"],
            }
            found = [
                one
                for one in sqs.receive_message(**asked, MaxNumberOfMessages=10).get("Messages", ())
                if json.loads(one["Body"])["topicVehicleId"] == vehicle_id
            ]
            return found[0] if found else None

        told: dict[str, Any] = eventually(letter, "a dead letter")
    finally:
        sqs.set_queue_attributes(QueueUrl=queue.id, Attributes=before)
    assert json.loads(told["Body"])["commandId"] == "nobody's"
