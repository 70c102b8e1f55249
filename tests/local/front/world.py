"""A deployment as the program makes it, as far as it is open, with a Lambda API that is made up."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from components.openapi import Cors, served_document
from local.clock import Clock
from local.deployment import Deployed, Deployment
from local.endpoints import Endpoints
from local.folder import ROOT, Folder
from local.web import Request, Response

REGION, ACCOUNT, MARKET = "ap-southeast-1", "111122223333", "bluehorizons-dev-sg"
PAGE = "https://backoffice.sg.dev.bluehorizons.example"
Answer = Callable[[str, dict[str, Any]], Any]


class FakeLambda:
    """Lambda's API: `answer(function name, event)`; `fault` is told instead, as that of a function."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.fault: str | None = None
        self.answer: Answer = lambda name, event: (
            event if "triggerSource" in event else {"statusCode": 200, "body": json.dumps({"by": name})}
        )

    def app(self, request: Request) -> Response:
        name = unquote(request.path).split("/functions/")[1].removesuffix("/invocations")
        event = json.loads(request.body)
        self.calls.append((name.split(":")[6], event))
        if self.fault:
            told = {"errorType": "RentalError", "errorMessage": self.fault}
            return Response(200, [("X-Amz-Function-Error", "Unhandled")], json.dumps(told).encode())
        return Response(200, (), json.dumps(self.answer(name.split(":")[6], event)).encode())


def function_arn(name: str) -> str:
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:live"


def _uri(name: str) -> str:
    return f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function_arn(name)}/invocations"


def deployment(*, burst: int = 40) -> Deployment:
    made: dict[str, Deployed] = {}

    def add(
        component: str, type_: str, name: str, id_: str, inputs: Mapping[str, Any], arn: str = ""
    ) -> None:
        urn = f"urn:pulumi:dev::blue-horizons::{component}${type_}::{name}"
        outputs = {**inputs, "arn": arn} if arn else dict(inputs)
        made[urn] = Deployed(
            urn, type_, name, id_, created=False, region=REGION, inputs=inputs, outputs=outputs
        )

    for kind, component, client, resource, minutes in (
        ("riders", "bluehorizons:rental:RiderPool", "rider-client", "rental/ride", 60),
        ("staff", "bluehorizons:backoffice:StaffPool", "staff-client", "backoffice/staff", 15),
    ):
        pool = f"{REGION}_{kind}"
        arn = f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{pool}"
        signup = function_arn("rider-signup")
        triggers = {"postConfirmation": signup, "postAuthentication": signup} if kind == "riders" else None
        add(
            component,
            "aws:cognito/userPool:UserPool",
            f"{MARKET}-{kind}",
            pool,
            {"lambdaConfig": triggers} if triggers else {},
            arn,
        )
        callback = "bluehorizons://signed-in" if kind == "riders" else f"{PAGE}/signed-in"
        add(
            component,
            "aws:cognito/userPoolClient:UserPoolClient",
            f"{MARKET}-{kind}-app",
            client,
            {
                "userPoolId": pool,
                "callbackUrls": [callback],
                "logoutUrls": [callback.replace("-in", "-out")],
                "allowedOauthScopes": ["openid", "email", resource],
                "accessTokenValidity": minutes,
                "refreshTokenValidity": 10,
                "tokenValidityUnits": {"accessToken": "minutes", "refreshToken": "hours"},
            },
        )
        folder = "rider_api" if kind == "riders" else "staff_api"
        document = json.loads((ROOT / "functions" / folder / "openapi.json").read_text())
        invoke = {"/": _uri(kind)} | ({"/gbfs/": _uri("gbfs")} if kind == "riders" else {})
        cors = Cors(origin=PAGE) if kind == "staff" else None
        body = served_document(document, user_pool_arn=arn, invoke_arns=invoke, cors=cors)
        parent = f"bluehorizons:any:{kind}$bluehorizons:rest_api:RestApi"
        add(
            parent,
            "aws:apigateway/restApi:RestApi",
            f"{kind}-api",
            f"api{kind}",
            {"body": body, "minimumCompressionSize": "1024", "description": document["info"]["title"]},
        )
        add(
            parent,
            "aws:apigateway/stage:Stage",
            f"{kind}-stage",
            "s",
            {"restApi": f"api{kind}", "stageName": "live"},
        )
        add(
            parent,
            "aws:apigateway/methodSettings:MethodSettings",
            f"{kind}-methods",
            "m",
            {
                "restApi": f"api{kind}",
                "stageName": "live",
                "methodPath": "*/*",
                "settings": {"throttlingRateLimit": 20, "throttlingBurstLimit": burst},
            },
        )
    for group in ("admin", "analyst", "maintenance", "operations"):
        inputs = {"name": group, "userPoolId": f"{REGION}_staff"}
        add("bluehorizons:backoffice:StaffPool", "aws:cognito/userGroup:UserGroup", group, group, inputs)
    config = {
        "environment": "dev",
        "market": "sg",
        "marketName": "Singapore",
        "locale": "en-SG",
        "timeZone": "Asia/Singapore",
        "currency": {"code": "SGD", "minorUnits": 2},
        "apiBaseUrl": "https://staff-api.sg.dev.bluehorizons.example",
        "login": {"issuer": "x", "url": "y", "clientId": "staff-client", "scopes": ["openid"]},
    }
    add(
        "bluehorizons:backoffice:BackofficeSpa",
        "aws:s3/bucketObjectv2:BucketObjectv2",
        "config.json",
        "config.json",
        {"key": "config.json", "content": json.dumps(config)},
    )
    return Deployment("blue-horizons", "dev", ACCOUNT, made)


def prepare(folder: Folder, functions: int) -> Endpoints:
    """Writes what a platform's folder has before its processes start, with Lambda at a port."""
    folder.create()
    endpoints = Endpoints(**{**vars(Endpoints.choose()), "functions": functions})
    endpoints.save(folder.endpoints)
    Clock.starting().save(folder.clock)
    return endpoints
