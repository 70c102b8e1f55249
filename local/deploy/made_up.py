"""Outputs of resources that nothing creates here, as AWS would form them: the same at every deployment.

What the SDK says a resource has is there, of the type it says, so that no program reads nothing from it.
"""

from __future__ import annotations

import hashlib
import inspect
import re
import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, get_origin

import pulumi
from pulumi import _types

from offline.graph import Resource

_MAPPING: Final = "aws:lambda/eventSourceMapping:EventSourceMapping"
_ARNS: Final[Mapping[str, str]] = {
    "aws:acm/certificate:Certificate": "acm:{region}:{account}:certificate/{uuid}",
    "aws:apigateway/restApi:RestApi": "apigateway:{region}::/restapis/{id}",
    "aws:apigateway/stage:Stage": "apigateway:{region}::/restapis/{restApi}/stages/{stageName}",
    "aws:cloudfront/distribution:Distribution": "cloudfront::{account}:distribution/{id}",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:cloudwatch/logGroup:LogGroup": "logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "aws:iam/policy:Policy": "iam::{account}:policy/{name}",
    "aws:iam/role:Role": "iam::{account}:role/{name}",
    "aws:kms/alias:Alias": "kms:{region}:{account}:{name}",
    "aws:kms/key:Key": "kms:{region}:{account}:key/{uuid}",
    "aws:kms/replicaKey:ReplicaKey": "kms:{region}:{account}:key/{uuid}",
    "aws:lambda/alias:Alias": "lambda:{region}:{account}:function:{functionName}:{name}",
    _MAPPING: "lambda:{region}:{account}:event-source-mapping:{uuid}",
    "aws:lambda/function:Function": "lambda:{region}:{account}:function:{name}",
    "aws:lambda/layerVersion:LayerVersion": "lambda:{region}:{account}:layer:{layerName}:1",
    "aws:route53/zone:Zone": "route53:::hostedzone/{id}",
    "aws:s3/bucket:Bucket": "s3:::{bucket}",
    "aws:wafv2/webAcl:WebAcl": "wafv2:{region}:{account}:regional/webacl/{name}/{uuid}",
}
_NAMES: Final = ("name", "bucket", "layerName", "family", "identifier")
"""Properties that Pulumi names by itself when they are absent."""
_LONGEST_NAME: Final = 56
Made = dict[str, Any]


class MadeUp:
    """For one account."""

    def __init__(self, account: str) -> None:
        self._account = account

    def name(self, resource: Resource) -> str:
        """The physical name: the one given, or the one that Pulumi would make, with a hash for its chance."""
        for property_ in _NAMES:
            given = resource.inputs.get(property_)
            if isinstance(given, str) and given:
                return given
        stem = resource.name.replace("/", "-")
        if resource.type.startswith("aws:s3/"):
            stem = stem.lower()
        return f"{stem[:_LONGEST_NAME].rstrip('-')}-{_hex(resource.urn, 7)}"

    def outputs(self, resource: Resource, region: str, inputs: Mapping[str, Any]) -> tuple[str, Made]:
        """(id, outputs) of a resource with these inputs; whoever creates it may know better."""
        name = self.name(resource)
        facts = {
            "region": region,
            "account": self._account,
            "id": _identifier(resource),
            "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, resource.urn)),
            **{key: value for key, value in inputs.items() if isinstance(value, str)},
        }
        facts |= {key: name for key in _NAMES if key not in inputs}
        facts["name"] = str(inputs.get("name") or name)
        arn = self._arn(resource, facts)
        special = _SPECIAL.get(resource.type)
        if resource.remote:  # a component of another provider tells its outputs, not its inputs
            return "", special(resource, facts, arn) if special else {}
        made: Made = {
            key: _of_type(key, kind, facts, arn)
            for key, kind in _output_types(resource.type).items()
            if key not in ("id", "urn")
        }
        # What has no answer is left out: null would be what it is.
        made = {key: value for key, value in made.items() if value is not None}
        made |= inputs
        if special:
            made |= special(resource, facts, arn)
        return str(made.pop("__id__", facts["id"])), made

    def _arn(self, resource: Resource, facts: Mapping[str, str]) -> str:
        pattern = _ARNS.get(resource.type)
        if pattern is None:
            _, module, kind = resource.type.split(":")
            service = module.partition("/")[0]
            kind = re.sub(r"(?<!^)(?=[A-Z])", "-", kind).lower()
            pattern = service + ":{region}:{account}:" + kind + "/{name}"
        return "arn:aws:" + pattern.format_map(facts)


def _identifier(resource: Resource) -> str:
    return _hex(resource.urn, 17)


def _hex(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


@cache
def _output_types(token: str) -> Mapping[str, Any]:
    """The output properties of a type (as on the wire) with the Python types that the SDK gives them."""
    classes: list[type] = list(pulumi.CustomResource.__subclasses__())
    while classes:
        cls = classes.pop()
        classes.extend(cls.__subclasses__())
        if cls.__dict__.get("pulumi_type") == token:
            return dict(_types.resource_types(cls))
    return {}


def _of_type(key: str, kind: Any, facts: Mapping[str, str], arn: str) -> Any:  # noqa: ANN401, PLR0911
    """A value for an output; None for what has no plausible one."""
    if key in facts:
        return facts[key]
    if key == "arn":
        return arn
    if key == "invokeArn":
        return invoke_arn(arn, facts["region"])
    origin = get_origin(kind) or kind
    if not inspect.isclass(origin):
        return None
    if issubclass(origin, str):
        return f"{arn}/{key}" if key.endswith("Arn") else f"{key}-{facts['id']}"
    if issubclass(origin, bool):
        return False
    if issubclass(origin, int | float):
        return 0
    if issubclass(origin, list | tuple):
        return []
    return {} if issubclass(origin, dict) else None


def invoke_arn(function_arn: str, region: str) -> str:
    """What API Gateway calls a function by."""
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function_arn}/invocations"


def _certificate(resource: Resource, facts: Mapping[str, str], arn: str) -> Made:
    names = [facts["domainName"], *resource.inputs.get("subjectAlternativeNames", ())]
    return {
        "__id__": arn,
        "domainValidationOptions": [
            {
                "domainName": name,
                "resourceRecordName": f"_{_hex(name, 32)}.{name}.",
                "resourceRecordType": "CNAME",
                "resourceRecordValue": f"_{_hex(arn + name, 32)}.acm-validations.aws.",
            }
            for name in names
        ],
    }


def _zone(_: Resource, facts: Mapping[str, str], __: str) -> Made:
    zone = f"Z{facts['id'].upper()}"
    servers = [f"ns-{number}.awsdns-{number:02d}.{end}" for number, end in ((1, "com"), (2, "net"))]
    return {"__id__": zone, "zoneId": zone, "nameServers": servers, "primaryNameServer": servers[0]}


def _domain_name(_: Resource, facts: Mapping[str, str], __: str) -> Made:
    place = f"d-{facts['id']}.execute-api.{facts['region']}.amazonaws.com"
    return {"regionalDomainName": place, "regionalZoneId": f"Z{facts['id'][:13].upper()}"}


def _on_cloudfront(_: Resource, facts: Mapping[str, str], __: str) -> Made:
    host, zone = f"d{facts['id'][:13]}.cloudfront.net", "Z2FDTNDATAQYW2"  # of all distributions
    return {
        "domainName": host,
        "hostedZoneId": zone,
        "cloudfrontDistribution": host,
        "cloudfrontDistributionZoneId": zone,
    }


def _arn_as_id(_: Resource, __: Mapping[str, str], arn: str) -> Made:
    return {"__id__": arn}


def _name_as_id(_: Resource, facts: Mapping[str, str], __: str) -> Made:
    return {"__id__": facts["name"]}


def _key(_: Resource, facts: Mapping[str, str], __: str) -> Made:
    return {"__id__": facts["uuid"], "keyId": facts["uuid"]}


def _function(_: Resource, facts: Mapping[str, str], arn: str) -> Made:
    return {
        "__id__": facts["name"],
        "version": "1",
        "qualifiedArn": f"{arn}:1",
        "qualifiedInvokeArn": invoke_arn(f"{arn}:1", facts["region"]),
    }


def _layer(_: Resource, __: Mapping[str, str], arn: str) -> Made:
    return {"__id__": arn, "version": "1", "layerArn": arn.rpartition(":")[0]}


def _mapping(_: Resource, facts: Mapping[str, str], __: str) -> Made:
    return {"__id__": facts["uuid"], "uuid": facts["uuid"]}


def _rest_api(_: Resource, facts: Mapping[str, str], __: str) -> Made:
    api = facts["id"][:10]
    arn = f"arn:aws:execute-api:{facts['region']}:{facts['account']}:{api}"
    return {"__id__": api, "executionArn": arn, "rootResourceId": f"r{api}"}


def _stage(_: Resource, facts: Mapping[str, str], __: str) -> Made:
    api, stage = facts["restApi"], facts["stageName"]
    host = f"{api}.execute-api.{facts['region']}.amazonaws.com"
    arn = f"arn:aws:execute-api:{facts['region']}:{facts['account']}:{api}/{stage}"
    return {"invokeUrl": f"https://{host}/{stage}", "executionArn": arn}


def _canary(_: Resource, facts: Mapping[str, str], __: str) -> Made:
    function = f"cwsyn-{facts['name']}-{facts['uuid']}"
    return {
        "__id__": facts["name"],
        "engineArn": f"arn:aws:lambda:{facts['region']}:{facts['account']}:function:{function}:1",
    }


def _vpc(resource: Resource, facts: Mapping[str, str], __: str) -> Made:
    """What awsx's component tells; its children are its own."""
    zones = range(int(resource.inputs.get("numberOfAvailabilityZones") or 3))
    kinds = {kind: [f"subnet-{_hex(f'{resource.urn}{kind}{z}', 17)}" for z in zones] for kind in _SUBNETS}
    return {
        "vpcId": f"vpc-{facts['id']}",
        **{f"{kind}SubnetIds": subnets for kind, subnets in kinds.items()},
    }


_SUBNETS: Final = ("public", "private", "isolated")
_SPECIAL: Final[Mapping[str, Callable[[Resource, Mapping[str, str], str], Made]]] = {
    "aws:acm/certificate:Certificate": _certificate,
    "aws:apigateway/domainName:DomainName": _domain_name,
    "aws:apigateway/restApi:RestApi": _rest_api,
    "aws:apigateway/stage:Stage": _stage,
    "aws:cloudfront/distribution:Distribution": _on_cloudfront,
    "aws:cloudwatch/logGroup:LogGroup": _name_as_id,
    "aws:cognito/userPoolDomain:UserPoolDomain": _on_cloudfront,
    "aws:iam/policy:Policy": _arn_as_id,
    "aws:iam/role:Role": _name_as_id,
    "aws:kms/key:Key": _key,
    "aws:kms/replicaKey:ReplicaKey": _key,
    _MAPPING: _mapping,
    "aws:lambda/function:Function": _function,
    "aws:lambda/layerVersion:LayerVersion": _layer,
    "aws:route53/zone:Zone": _zone,
    "aws:synthetics/canary:Canary": _canary,
    "awsx:ec2:Vpc": _vpc,
}
