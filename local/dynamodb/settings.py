"""What a table has beside its items: an attribute that they expire by, backups, tags."""

from typing import Any

from local.aws.service import Answer
from local.dynamodb.database import Database
from local.dynamodb.requests import Request
from local.dynamodb.values import invalid


class Settings:
    """Each method is a call of a Region and an account."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def update_time_to_live(self, region: str, _: str, request: Request) -> Answer:
        """UpdateTimeToLive."""
        of = self._database.get(region, request.get("TableName"))
        wanted = request["TimeToLiveSpecification"]
        name, enabled = wanted["AttributeName"], wanted["Enabled"]
        if enabled and of.known["ttl"]:
            raise invalid(f"TimeToLive is already enabled: {of.name} expires by {of.known['ttl']}")
        if not enabled and of.known["ttl"] != name:
            raise invalid(f"TimeToLive is already disabled, or not by {name}: {of.name}")
        for each in (of, *(self._database.tables[other, of.name] for other in of.replicas)):
            each.known["ttl"] = name if enabled else ""
            each.expiring.clear()
            for key, row in each.table.rows.items():
                self._database.expires(each, key, row.item)
            with self._database.writing() as writing:
                self._database.keep(writing, each)
        return {"TimeToLiveSpecification": wanted}

    def describe_time_to_live(self, region: str, _: str, request: Request) -> Answer:
        """DescribeTimeToLive."""
        name = self._database.get(region, request.get("TableName")).known["ttl"]
        state = (
            {"TimeToLiveStatus": "ENABLED", "AttributeName": name}
            if name
            else {"TimeToLiveStatus": "DISABLED"}
        )
        return {"TimeToLiveDescription": state}

    def update_continuous_backups(self, region: str, account: str, request: Request) -> Answer:
        """UpdateContinuousBackups: it is remembered, nothing is copied anywhere."""
        of = self._database.get(region, request.get("TableName"))
        of.known["recovery"] = dict(request["PointInTimeRecoverySpecification"])
        with self._database.writing() as writing:
            self._database.keep(writing, of)
        return self.describe_continuous_backups(region, account, request)

    def describe_continuous_backups(self, region: str, _: str, request: Request) -> Answer:
        """DescribeContinuousBackups."""
        of = self._database.get(region, request.get("TableName"))
        recovery: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
        if of.known["recovery"].get("PointInTimeRecoveryEnabled"):
            recovery = {
                "PointInTimeRecoveryStatus": "ENABLED",
                "RecoveryPeriodInDays": of.known["recovery"].get("RecoveryPeriodInDays", 35),
                "EarliestRestorableDateTime": of.known["description"]["CreationDateTime"],
                "LatestRestorableDateTime": self._database.clock(),
            }
        return {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": recovery,
            }
        }

    def tag_resource(self, region: str, _: str, request: Request) -> Answer:
        """TagResource."""
        of = self._database.get(region, request.get("ResourceArn"))
        of.known["tags"] |= {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        with self._database.writing() as writing:
            self._database.keep(writing, of)
        return {}

    def untag_resource(self, region: str, _: str, request: Request) -> Answer:
        """UntagResource."""
        of = self._database.get(region, request.get("ResourceArn"))
        for name in request["TagKeys"]:
            of.known["tags"].pop(name, None)
        with self._database.writing() as writing:
            self._database.keep(writing, of)
        return {}

    def list_tags_of_resource(self, region: str, _: str, request: Request) -> Answer:
        """ListTagsOfResource."""
        tags = self._database.get(region, request.get("ResourceArn")).known["tags"]
        return {"Tags": [{"Key": name, "Value": value} for name, value in tags.items()]}
