"""What of a deployment is open to people and apps: which API, pool, client and page is which."""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from local.deployment import Deployed, Deployment
from local.front.failover import primary_region
from local.front.throttle import Limit

REST_API: Final = "aws:apigateway/restApi:RestApi"
STAGE: Final = "aws:apigateway/stage:Stage"
METHOD_SETTINGS: Final = "aws:apigateway/methodSettings:MethodSettings"
USER_POOL: Final = "aws:cognito/userPool:UserPool"
CLIENT: Final = "aws:cognito/userPoolClient:UserPoolClient"
GROUP: Final = "aws:cognito/userGroup:UserGroup"
OBJECT: Final = "aws:s3/bucketObjectv2:BucketObjectv2"
RIDERS, STAFF = "bluehorizons:rental:RiderPool", "bluehorizons:backoffice:StaffPool"
_UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
_log: Final = logging.getLogger(__name__)


class NotDeployedError(Exception):
    """Something that people open is not in the deployment; the message names it."""


@dataclass(frozen=True)
class UserPool:
    """A user pool and its one client. Times in s. `triggers`: Lambda trigger -> function ARN."""

    pool_id: str
    arn: str
    region: str
    client_id: str
    callback_urls: tuple[str, ...]
    logout_urls: tuple[str, ...]
    scopes: tuple[str, ...]
    token_seconds: int
    refresh_seconds: int
    triggers: Mapping[str, str]
    groups: tuple[str, ...]

    @property
    def origins(self) -> tuple[str, ...]:
        """Of the web pages that the login leads back to."""
        found = {urlsplit(url)[:2] for url in self.callback_urls}
        return tuple(sorted(f"{scheme}://{host}" for scheme, host in found if scheme == "https"))


@dataclass(frozen=True)
class Api:
    """A REST API with its stage. `document`: what was deployed, as JSON text."""

    api_id: str
    name: str
    region: str
    stage: str
    document: str
    limit: Limit | None
    compress_from: int | None
    binary_types: tuple[str, ...]


@dataclass(frozen=True)
class Front:
    """Everything that is opened. `rider_apis`: the one that names lead to first, then the one that stands by.
    `config`: of the back office's pages, as deployed.
    """

    account: str
    riders: UserPool
    staff: UserPool
    rider_apis: tuple[Api, ...]
    staff_api: Api
    config: Mapping[str, Any]


def read(deployment: Deployment) -> Front:
    """Raises NotDeployedError."""
    riders, staff = _pool(deployment, RIDERS), _pool(deployment, STAFF)
    apis = list(deployment.all(REST_API))
    rider_apis, staff_apis = _apis(deployment, apis, riders), _apis(deployment, apis, staff)
    served = {api.api_id for api in (*rider_apis, staff_apis[0])}
    for api in apis:
        if api.id not in served:
            _log.warning("%s (%s, %s) is not served: no port is for it", api.name, api.id, api.region)
    return Front(deployment.account, riders, staff, rider_apis, staff_apis[0], _config(deployment))


def _pool(deployment: Deployment, component: str) -> UserPool:
    pool = next((one for one in deployment.all(USER_POOL) if component in one.urn), None)
    if pool is None:
        raise NotDeployedError(f"no user pool of a {component} is deployed: deploy the stack first")
    clients = [one for one in deployment.all(CLIENT) if one.inputs.get("userPoolId") == pool.id]
    if not clients:
        raise NotDeployedError(f"the user pool {pool.name} has no client: nobody could sign in")
    client = clients[0]
    lambda_config = pool.inputs.get("lambdaConfig") or {}
    return UserPool(
        pool_id=pool.id,
        arn=pool.arn,
        region=pool.region or pool.arn.split(":")[3],
        client_id=client.id,
        callback_urls=tuple(client.inputs.get("callbackUrls", ())),
        logout_urls=tuple(client.inputs.get("logoutUrls", ())),
        scopes=tuple(client.inputs.get("allowedOauthScopes", ())),
        token_seconds=_validity(client, "access", 1, "hours"),
        refresh_seconds=_validity(client, "refresh", 30, "days"),
        triggers={name: arn for name, arn in lambda_config.items() if isinstance(arn, str)},
        groups=tuple(_groups(deployment, pool)),
    )


def _groups(deployment: Deployment, pool: Deployed) -> Iterator[str]:
    for group in deployment.all(GROUP):
        if group.inputs.get("userPoolId") == pool.id:
            yield str(group.inputs["name"])


def _validity(client: Deployed, token: str, default: int, default_unit: str) -> int:
    unit = (client.inputs.get("tokenValidityUnits") or {}).get(f"{token}Token", default_unit)
    return int(client.inputs.get(f"{token}TokenValidity") or default) * _UNITS[unit]


def _apis(deployment: Deployment, apis: list[Deployed], pool: UserPool) -> tuple[Api, ...]:
    """The APIs that take tokens of the pool, the one first that names lead to while all is well."""
    taking = [api for api in apis if pool.arn in str(api.inputs.get("body", ""))]
    if not taking:
        raise NotDeployedError(f"no REST API takes tokens of the user pool {pool.pool_id}")
    first = primary_region(deployment) or pool.region
    taking.sort(key=lambda api: api.region != first)
    return tuple(_api(deployment, api) for api in taking)


def _api(deployment: Deployment, api: Deployed) -> Api:
    stage = next((one for one in deployment.all(STAGE) if one.inputs.get("restApi") == api.id), None)
    if stage is None:
        raise NotDeployedError(f"the REST API {api.name} has no stage: it is not deployed yet")
    least = api.inputs.get("minimumCompressionSize")
    document = str(api.inputs["body"])
    kinds = api.inputs.get("binaryMediaTypes") or json.loads(document).get(
        "x-amazon-apigateway-binary-media-types", ()
    )
    return Api(
        api_id=api.id,
        name=str(api.inputs.get("description") or api.name),
        region=api.region,
        stage=str(stage.inputs["stageName"]),
        document=document,
        limit=_limit(deployment, api),
        compress_from=None if least in (None, "", "-1", -1) else int(least),
        binary_types=tuple(kinds),
    )


def _limit(deployment: Deployment, api: Deployed) -> Limit | None:
    for said in deployment.all(METHOD_SETTINGS):
        if said.inputs.get("restApi") != api.id:
            continue
        if said.inputs.get("methodPath") != "*/*":
            _log.warning("%s: settings of %s are not served", api.name, said.inputs.get("methodPath"))
            continue
        settings = said.inputs["settings"]
        rate, burst = settings.get("throttlingRateLimit", -1), settings.get("throttlingBurstLimit", -1)
        if rate >= 0 and burst >= 0:
            return Limit(float(rate), int(burst))
    return None


def _config(deployment: Deployment) -> Mapping[str, Any]:
    for file in deployment.all(OBJECT):
        if file.inputs.get("key") == "config.json" and "BackofficeSpa" in file.urn:
            config: Mapping[str, Any] = json.loads(file.inputs["content"])
            return config
    raise NotDeployedError("the back office's config.json is not in the deployment")
