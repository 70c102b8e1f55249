"""Applications of the platforms that push to devices, and the devices: SNS calls these endpoints."""

from collections.abc import Mapping
from threading import RLock
from uuid import uuid4

from local.aws.engine import Operation, Part
from local.aws.service import Answer, AwsError, Call
from local.aws.shelf import Item, Shelf
from local.aws.sns.checks import invalid_parameter
from local.aws.store import Store


class Devices(Part):
    """`check` is what a push asks."""

    invalid = "InvalidParameter"

    def __init__(self, store: Store, lock: RLock) -> None:
        self._lock = lock
        self._applications = Shelf(store, "sns.application")
        self._endpoints = Shelf(store, "sns.endpoint")
        self.operations: Mapping[str, Operation] = {
            "CreatePlatformApplication": self._create_application,
            "CreatePlatformEndpoint": self._create_endpoint,
            "DeleteEndpoint": self._delete_endpoint,
            "DeletePlatformApplication": self._delete_application,
            "GetEndpointAttributes": self._get_endpoint,
            "GetPlatformApplicationAttributes": self._get_application,
            "ListEndpointsByPlatformApplication": self._list_endpoints,
            "ListPlatformApplications": self._list_applications,
            "SetEndpointAttributes": self._set_endpoint,
            "SetPlatformApplicationAttributes": self._set_application,
        }

    def check(self, endpoint_arn: str) -> None:
        """Raises AwsError for a device that is not there, or not to be told anything."""
        with self._lock:
            _, endpoint = self._endpoint(Call("Publish", "", "", {"EndpointArn": endpoint_arn}))
            if endpoint["attributes"].get("Enabled") == "false":
                raise AwsError("EndpointDisabled", f"Endpoint is disabled: {endpoint_arn}")

    def _create_application(self, call: Call) -> Answer:
        name, platform = self.need(call, "Name"), self.need(call, "Platform")
        arn = f"arn:aws:sns:{call.region}:{call.account}:app/{platform}/{name}"
        given = {
            key: value
            for key, value in (call.params.get("Attributes") or {}).items()
            if key not in {"PlatformCredential", "PlatformPrincipal"}  # a secret that nothing here needs
        }
        with self._lock:
            self._applications.put(arn, {"attributes": {"Enabled": "true", **given}})
        return {"PlatformApplicationArn": arn}

    def _application(self, call: Call) -> tuple[str, Item]:
        arn = str(self.need(call, "PlatformApplicationArn"))
        if (application := self._applications.get(arn)) is None:
            raise AwsError("NotFound", f"PlatformApplication does not exist: {arn}", 404)
        return arn, application

    def _get_application(self, call: Call) -> Answer:
        with self._lock:
            return {"Attributes": self._application(call)[1]["attributes"]}

    def _set_application(self, call: Call) -> Answer:
        with self._lock:
            arn, application = self._application(call)
            given = {
                key: value
                for key, value in self.need(call, "Attributes").items()
                if key not in {"PlatformCredential", "PlatformPrincipal"}
            }
            self._applications.put(arn, {"attributes": {**application["attributes"], **given}})
        return {}

    def _delete_application(self, call: Call) -> Answer:
        with self._lock:
            arn = str(self.need(call, "PlatformApplicationArn"))
            for endpoint in [key for key, one in self._endpoints.items() if one["application"] == arn]:
                self._endpoints.remove(endpoint)
            self._applications.remove(arn)
        return {}

    def _list_applications(self, call: Call) -> Answer:
        start = f"arn:aws:sns:{call.region}:{call.account}:"
        with self._lock:
            return {
                "PlatformApplications": [
                    {"PlatformApplicationArn": arn, "Attributes": one["attributes"]}
                    for arn, one in self._applications.items()
                    if arn.startswith(start)
                ]
            }

    def _create_endpoint(self, call: Call) -> Answer:
        token = str(self.need(call, "Token"))
        data = str(call.params.get("CustomUserData") or "")
        with self._lock:
            application, _ = self._application(call)
            given = {"Enabled": "true", "Token": token, **({"CustomUserData": data} if data else {})}
            given |= call.params.get("Attributes") or {}
            for arn, there in self._endpoints.items():
                if there["application"] == application and there["attributes"]["Token"] == token:
                    if there["attributes"] != given:
                        raise invalid_parameter(
                            f"Token Reason: Endpoint {arn} already exists with the same Token, "
                            "but different attributes.",
                        )
                    return {"EndpointArn": arn}
            arn = f"{application.replace(':app/', ':endpoint/')}/{uuid4()}"
            self._endpoints.put(arn, {"application": application, "attributes": given})
            return {"EndpointArn": arn}

    def _endpoint(self, call: Call) -> tuple[str, Item]:
        arn = str(self.need(call, "EndpointArn"))
        if (endpoint := self._endpoints.get(arn)) is None:
            raise AwsError("NotFound", f"Endpoint does not exist: {arn}", 404)
        return arn, endpoint

    def _get_endpoint(self, call: Call) -> Answer:
        with self._lock:
            return {"Attributes": self._endpoint(call)[1]["attributes"]}

    def _set_endpoint(self, call: Call) -> Answer:
        with self._lock:
            arn, endpoint = self._endpoint(call)
            changed = {**endpoint["attributes"], **self.need(call, "Attributes")}
            self._endpoints.put(arn, {**endpoint, "attributes": changed})
        return {}

    def _delete_endpoint(self, call: Call) -> Answer:
        with self._lock:
            self._endpoints.remove(str(self.need(call, "EndpointArn")))
        return {}

    def _list_endpoints(self, call: Call) -> Answer:
        with self._lock:
            application, _ = self._application(call)
            return {
                "Endpoints": [
                    {"EndpointArn": arn, "Attributes": one["attributes"]}
                    for arn, one in self._endpoints.items()
                    if one["application"] == application
                ]
            }
