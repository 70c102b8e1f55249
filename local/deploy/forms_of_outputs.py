"""Forms of other outputs that only AWS knows, by type. A template is filled from a `Wanted`."""

from collections.abc import Mapping
from typing import Final

from local.deploy.forms_of_ids import Template
from local.deploy.wanted import Wanted, digest

_NAME_SERVERS: Final = ((512, "net"), (1024, "org"), (1536, "co.uk"), (128, "com"))


def _proofs(one: Wanted) -> list[dict[str, str]]:
    names = [str(one["domainName"]), *map(str, one.get("subjectAlternativeNames") or ())]
    return [
        {
            "domainName": name,
            "resourceRecordName": f"_{digest(name, 32)}.{name.removeprefix('*.')}.",
            "resourceRecordType": "CNAME",
            "resourceRecordValue": f"_{digest(name[::-1], 32)}.{digest(name, 10)}.acm-validations.aws.",
        }
        for name in dict.fromkeys(names)
    ]


def _signed_to(one: Wanted) -> str:
    destination = one.get("destination") or {}
    return str((destination.get("s3") or {}).get("bucket", ""))


MORE: Final[Mapping[str, Mapping[str, Template]]] = {
    "aws:acm/certificate:Certificate": {"domainValidationOptions": _proofs},
    "aws:amp/workspace:Workspace": {
        "prometheusEndpoint": "https://aps-workspaces.{region}.amazonaws.com/workspaces/ws-{uuid}/"
    },
    "aws:apigateway/domainName:DomainName": {
        "regionalDomainName": "d-{hex:.10}.execute-api.{region}.amazonaws.com",
        "regionalZoneId": lambda one: "Z" + digest(f"execute-api {one.region}", 13).upper(),
    },
    "aws:apigateway/restApi:RestApi": {
        "executionArn": "arn:aws:execute-api:{region}:{account}:{hex:.10}",
        "rootResourceId": "{hex:.9}",
    },
    "aws:apigateway/stage:Stage": {
        "executionArn": "arn:aws:execute-api:{region}:{account}:{restApi}/{stageName}",
        "invokeUrl": "https://{restApi}.execute-api.{region}.amazonaws.com/{stageName}",
    },
    "aws:cloudfront/distribution:Distribution": {
        "domainName": "d{hex:.13}.cloudfront.net",
        "hostedZoneId": "Z2FDTNDATAQYW2",
        "etag": "E{hex:.12}",
    },
    "aws:cognito/userPool:UserPool": {"endpoint": "cognito-idp.{region}.amazonaws.com/{id}"},
    "aws:cognito/userPoolDomain:UserPoolDomain": {
        "cloudfrontDistribution": "d{hex:.13}.cloudfront.net",
        "cloudfrontDistributionArn": "arn:aws:cloudfront::{account}:distribution/E{hex:.13}",
        "cloudfrontDistributionZoneId": "Z2FDTNDATAQYW2",
        "awsAccountId": "{account}",
    },
    "aws:cloudwatch/dashboard:Dashboard": {
        "dashboardArn": "arn:aws:cloudwatch::{account}:dashboard/{dashboardName}"
    },
    "aws:cognito/resourceServer:ResourceServer": {
        "scopeIdentifiers": lambda one: [
            f"{one['identifier']}/{scope['scopeName']}" for scope in one.get("scopes", ())
        ]
    },
    "aws:ecr/repository:Repository": {
        "registryId": "{account}",
        "repositoryUrl": "{account}.dkr.ecr.{region}.amazonaws.com/{name}",
    },
    "aws:iam/role:Role": {"uniqueId": lambda one: "AROA" + one["hex"][:17].upper()},
    "aws:kms/alias:Alias": {
        "targetKeyArn": lambda one: f"arn:aws:kms:{one.region}:{one.account}:key/{one['targetKeyId']}"
    },
    "aws:kms/key:Key": {"keyId": "{id}"},
    "aws:kms/replicaKey:ReplicaKey": {"keyId": "{id}"},
    "aws:lambda/alias:Alias": {
        "invokeArn": (
            "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"
            "arn:aws:lambda:{region}:{account}:function:{function}:{name}/invocations"
        )
    },
    "aws:lambda/eventSourceMapping:EventSourceMapping": {"uuid": "{uuid}"},
    "aws:lambda/function:Function": {
        "invokeArn": (
            "arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/"
            "arn:aws:lambda:{region}:{account}:function:{name}/invocations"
        ),
    },
    "aws:lambda/layerVersion:LayerVersion": {
        "layerArn": "arn:aws:lambda:{region}:{account}:layer:{layerName}",
        "version": "1",
    },
    "aws:opensearch/domain:Domain": {
        "endpoint": "search-{domainName}-{hex:.26}.{region}.es.amazonaws.com",
        "domainId": "{account}/{domainName}",
    },
    "aws:organizations/organization:Organization": {
        "roots": lambda one: [
            {
                "id": f"r-{one['hex'][:4]}",
                "arn": f"arn:aws:organizations::{one.account}:root/o-{one['hex'][:10]}/r-{one['hex'][:4]}",
                "name": "Root",
            }
        ]
    },
    "aws:eks/cluster:Cluster": {
        "endpoint": "https://{hex:.32}.gr7.{region}.eks.amazonaws.com",
        "identities": lambda one: [
            {
                "oidcs": [
                    {"issuer": f"https://oidc.eks.{one.region}.amazonaws.com/id/{one['hex'][:32].upper()}"}
                ]
            }
        ],
    },
    "aws:redshiftserverless/namespace:Namespace": {
        "adminPasswordSecretArn": (
            "arn:aws:secretsmanager:{region}:{account}:secret:redshift!{namespaceName}-{hex:.6}"
        )
    },
    "aws:route53/record:Record": {"fqdn": "{name}"},
    "aws:route53/zone:Zone": {
        "zoneId": "{id}",
        "nameServers": [f"ns-{number}.awsdns-{number % 64:02d}.{ending}" for number, ending in _NAME_SERVERS],
    },
    "aws:s3/bucket:Bucket": {
        "bucket": "{name}",
        "bucketDomainName": "{name}.s3.amazonaws.com",
        "bucketRegionalDomainName": "{name}.s3.{region}.amazonaws.com",
        "bucketRegion": "{region}",
    },
    "aws:signer/signingProfile:SigningProfile": {
        "versionArn": "arn:aws:signer:{region}:{account}:/signing-profiles/{name}/{hex:.10}"
    },
    "aws:signer/signingJob:SigningJob": {
        "signedObjects": lambda one: [
            {"s3s": [{"bucket": _signed_to(one), "key": f"signed/{one['uuid']}.zip"}]}
        ]
    },
    "aws:synthetics/canary:Canary": {
        "engineArn": "arn:aws:lambda:{region}:{account}:function:cwsyn-{name}-{uuid}:1"
    },
    "aws:ec2/vpnConnection:VpnConnection": {"transitGatewayAttachmentId": "tgw-attach-{hex:.17}"},
    "aws:lb/loadBalancer:LoadBalancer": {"arnSuffix": "app/{name}/{hex:.16}"},
    "aws:lb/targetGroup:TargetGroup": {"arnSuffix": "targetgroup/{name}/{hex:.16}"},
}
