"""What every test of components needs: build under mocks, then assert on what was registered.

Mocks know nothing of parents, dependencies or transforms; for relations use the offline graph.
"""

import asyncio
import runpy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from offline.program import settle
from tests.stacks import ROOT, stack_config

ACCOUNT = "111122223333"
REGION = "ap-southeast-1"


@dataclass(frozen=True)
class Recorded:
    """One registered resource: `inputs` are in the wire's camelCase, without unset values."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    provider: str = ""

    @property
    def provider_name(self) -> str:
        """The name of the provider resource that the resource is on."""
        return self.provider.split("::")[-2] if self.provider else ""

    def __getitem__(self, key: str) -> Any:
        return self.inputs[key]

    @property
    def arn(self) -> str:
        """The ARN that the mock invents, unique to the resource."""
        return f"arn:aws:{self.type.split(':')[1].split('/')[0]}:{REGION}:{ACCOUNT}:{self.name}"


def _outputs(made: Recorded) -> dict[str, Any]:  # noqa: PLR0911, PLR0912 - an answer a type
    """What only a resource of this type tells."""
    match made.type:
        case "aws:acm/certificate:Certificate":
            names = [made["domainName"], *made.inputs.get("subjectAlternativeNames", [])]
            return {
                "domainValidationOptions": [
                    {
                        "domainName": name,
                        "resourceRecordName": f"_proof.{name}",
                        "resourceRecordType": "CNAME",
                        "resourceRecordValue": f"{name}.acm-validations.aws",
                    }
                    for name in sorted(names, reverse=True)  # a set has no order
                ]
            }
        case "aws:route53/record:Record":
            return {"fqdn": made["name"]}
        case "aws:route53/zone:Zone":
            return {
                "zoneId": f"zone-of-{made.name}",
                "nameServers": [f"ns-1.{made.name}", f"ns-2.{made.name}"],
            }
        case "aws:apigateway/domainName:DomainName":
            return {
                "regionalDomainName": f"d-{made.name}",
                "regionalZoneId": f"api-zone-{made.provider_name}",
            }
        case "aws:synthetics/canary:Canary":
            return {
                "engineArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:cwsyn-{made.name}-1a2b:7",
            }
        case "aws:s3/bucketObjectv2:BucketObjectv2":
            return {"versionId": f"version-of-{made.name}"}
        case "aws:eks/cluster:Cluster":
            return {"identities": [{"oidcs": [{"issuer": f"https://oidc/{made.name}"}]}]}
        case "aws:redshiftserverless/namespace:Namespace":
            return {"adminPasswordSecretArn": f"{made.arn}/admin-secret"}
        case "aws:organizations/organization:Organization":
            return {"roots": [{"id": "r-root"}]}
        case "aws:signer/signingProfile:SigningProfile":
            return {"versionArn": f"{made.arn}/1"}
        case "aws:signer/signingJob:SigningJob":
            return {"signedObjects": [{"s3s": [{"bucket": "code", "key": f"signed-by-{made.name}"}]}]}
        case "aws:ecr/repository:Repository":
            return {"repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{made.name}"}
        case "aws:amp/workspace:Workspace":
            return {"prometheusEndpoint": f"https://aps/{made.name}/"}
        case "aws:cloudfront/distribution:Distribution" | "aws:cognito/userPoolDomain:UserPoolDomain":
            name, zone = f"{made.name}.cloudfront.net", "zone-of-cloudfront"
            return {
                "domainName": name,
                "hostedZoneId": zone,
                "cloudfrontDistribution": name,
                "cloudfrontDistributionZoneId": zone,
            }
    return {}


class Recording(pulumi.runtime.Mocks):
    """Answers as a provider would after creation, and remembers what it was asked."""

    def __init__(self) -> None:
        self.resources: list[Recorded] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        recorded = Recorded(args.typ, args.name, dict(args.inputs), args.provider or "")
        self.resources.append(recorded)
        # Without an arn here, every property wired to one would silently vanish from the inputs.
        invented = {
            "arn": recorded.arn,
            "name": args.name,
            "keyId": f"key-{args.name}",
            "url": f"https://queue/{args.name}",
            "invokeArn": f"{recorded.arn}/invocations",
            "executionArn": f"{recorded.arn}/execution",
            "endpoint": f"https://{args.name}",
            "uuid": f"uuid-{args.name}",
            "version": "1",
            "streamArn": f"{recorded.arn}/stream",
            "bucketRegionalDomainName": f"{args.name}.s3.{REGION}.amazonaws.com",
            "transitGatewayAttachmentId": f"{args.name}-attachment",
            "arnSuffix": f"suffix/{args.name}",
        }
        invented |= _outputs(recorded)
        if args.typ.startswith("awsx:"):  # a component of another provider tells its outputs, not its inputs
            return "", _vpc_outputs(recorded) if args.typ == "awsx:ec2:Vpc" else {}
        outputs = {**invented, **args.inputs}
        # A replica has an ARN and a stream of its own, which only AWS knows.
        if "replicas" in args.inputs:
            outputs["replicas"] = [
                {**replica, "arn": f"{recorded.arn}/{place}", "streamArn": f"{recorded.arn}/{place}/stream"}
                for replica in args.inputs["replicas"]
                for place in [replica["regionName"]]
            ]
        return f"{args.name}-id", outputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, str], list[tuple[str, str]]]:
        asked = args.args
        match args.token.rpartition(":")[2]:
            case "getRouteTable":
                return {"routeTableId": f"table-of-{asked['subnetId']}"}, []
            case "getDirectConnectGatewayAttachment":
                return {"id": f"{asked['dxGatewayId']}-to-{asked['transitGatewayId']}"}, []
            case "getEndpoint":
                return {"endpointAddress": f"{asked['endpointType'].lower().replace(':', '-')}.iot"}, []
        raise AssertionError(
            f"{args.token} was invoked: no component of ours should need the provider's answer"
        )

    def on(self, provider: str) -> "Recording":
        """A recording of those resources that are on a provider."""
        view = Recording()
        view.resources = [r for r in self.resources if r.provider_name == provider]
        return view

    def without(self, part: str) -> "Recording":
        """A recording of those resources whose name does not hold `part`."""
        view = Recording()
        view.resources = [r for r in self.resources if part not in r.name]
        return view

    def only(self, *parts: str) -> "Recording":
        """A recording of those resources whose name holds one of `parts`."""
        view = Recording()
        view.resources = [r for r in self.resources if any(part in r.name for part in parts)]
        return view

    def one(self, type_: str, name: str | None = None) -> Recorded:
        """The only resource of a type, or the one whose name ends with `name`."""
        found = self.all(type_, name)
        assert len(found) == 1, f"{len(found)} of {type_} {name or ''}: {[r.name for r in found]}"
        return found[0]

    def all(self, type_: str, name: str | None = None) -> list[Recorded]:
        """Every resource of a type whose name ends with `name`."""
        return [r for r in self.resources if r.type == type_ and (name is None or r.name.endswith(name))]


def _vpc_outputs(vpc: Recorded) -> dict[str, Any]:
    """What awsx's provider answers for a VPC: the children are its own, only their ids are seen."""
    zones = range(1, int(vpc["numberOfAvailabilityZones"]) + 1)
    return {
        "vpcId": f"{vpc.name}-id",
        **{
            f"{kind}SubnetIds": [f"{vpc.name}-{kind}-{zone}" for zone in zones]
            for kind in ("public", "private", "isolated")
        },
    }


def record(
    build: Callable[[], object], *, stack: str = "dev", config: Mapping[str, str] | None = None
) -> Recording:
    """Run `build` under mocks and wait for everything that it registers."""
    recording = Recording()
    loop = asyncio.new_event_loop()  # the SDK takes the current one, and another test may have closed it
    asyncio.set_event_loop(loop)
    pulumi.runtime.set_mocks(recording, project="blue-horizons", stack=stack, preview=False)
    pulumi.runtime.set_all_config(dict(config or {}))

    async def built() -> None:
        build()
        await settle()

    # The SDK's own runner waits for every outstanding registration, and raises what it raised.
    runner: Callable[[Callable[[], object]], Callable[[], object]] = pulumi.runtime.test
    try:
        runner(built)()
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    return recording


def record_program(stack: str, switches: Mapping[str, str] | None = None) -> Recording:
    """Run the whole program of a stack, with these settings besides its own."""

    def build() -> None:
        runpy.run_path(str(ROOT / "__main__.py"))

    return record(build, stack=stack, config={**stack_config(stack), **(switches or {})})
