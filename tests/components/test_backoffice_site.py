"""The back office's pages and who may see them: pool, files, CloudFront, headers, hosted login."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

from components.backoffice import (
    BackofficeSpa,
    BackofficeSpaArgs,
    SiteError,
    StaffGroup,
    StaffPool,
    StaffPoolArgs,
    read_site,
)
from components.backoffice.distribution import ROUTES
from components.backoffice.headers import content_security_policy
from components.edge import DnsName
from components.encryption import DataDomain, key_policy
from components.markets import Region
from ev_rental.staff.access import Group
from tests.components.edge_building import ZONE, Market, build, market
from tests.iam_evaluator import Request, allows
from tests.recording import ACCOUNT, Recorded, Recording

OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
POOL = "aws:cognito/userPool:UserPool"
CLIENT = "aws:cognito/userPoolClient:UserPoolClient"
RECORD = "aws:route53/record:Record"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BUILT = {
    "index.html": "<!doctype html>",
    "favicon.svg": "<svg/>",
    "assets/index-DqI4b8_x.js": "export {}",
    "assets/index-Ab-d_fgh.css": "body{}",
    "assets/fleet-12345678.js": "export {}",
    "assets/fleet-87654321.js": "export {}",
}
Build = Callable[[str], Recording]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built app."""
    folder = tmp_path_factory.mktemp("dist")
    for key, content in BUILT.items():
        (folder / key).parent.mkdir(exist_ok=True)
        (folder / key).write_text(content)
    return folder


def backoffice(of: Market, site: Path, *transformations: pulumi.ResourceTransformation) -> None:
    """The pool and the pages, wired as the program does it."""
    regions, names = of.regions, of.names
    pool = StaffPool(
        f"{of.settings.prefix}-staff",
        StaffPoolArgs(regions.primary, names.backoffice),
        opts=regions.options(regions.primary),
    )
    args = BackofficeSpaArgs(
        primary=regions.primary,
        edge=regions.edge,
        edge_provider=regions.provider(regions.edge),
        dns_provider=of.dns,
        environment=of.settings.environment,
        page=DnsName(names.backoffice, ZONE),
        login=DnsName(names.staff_login, ZONE),
        staff_api=names.staff_api,
        pool=pool,
        site=site,
    )
    opts = regions.options(regions.primary)
    opts.transformations = list(transformations)
    BackofficeSpa(f"{of.settings.prefix}-backoffice", args, opts=opts)


@pytest.fixture(scope="module")
def built(site: Path) -> Build:
    """Builds the back office of a stack, once."""
    made: dict[str, Recording] = {}

    def of(stack: str) -> Recording:
        if stack not in made:
            made[stack] = build(stack, lambda m: backoffice(m, site))
        return made[stack]

    return of


@pytest.fixture(params=["dev", "prod"])
def stack(request: pytest.FixtureRequest, built: Build) -> Recording:
    """The back office of each of the home market's stacks."""
    return built(request.param)


def page_of(stack: Recording) -> str:
    (alias,) = stack.one("aws:cloudfront/distribution:Distribution")["aliases"]
    return str(alias)


# ---- staff -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mfa", "protection", "tier"),
    [("dev", "OPTIONAL", "INACTIVE", "ESSENTIALS"), ("prod", "ON", "ACTIVE", "PLUS")],
)
def test_staff_need_a_second_factor_in_production_and_their_pool_stays(
    built: Build, name: str, mfa: str, protection: str, tier: str
) -> None:
    pool = built(name).one(POOL)
    assert pool["mfaConfiguration"] == mfa
    assert pool["softwareTokenMfaConfiguration"] == {"enabled": True}
    assert "smsConfiguration" not in pool.inputs
    assert (pool["deletionProtection"], pool["userPoolTier"]) == (protection, tier)
    assert pool["passwordPolicy"]["minimumLength"] == 14


def test_nobody_signs_up_for_staff(stack: Recording) -> None:
    invitation = stack.one(POOL)["adminCreateUserConfig"]
    assert invitation["allowAdminCreateUserOnly"] is True
    template = invitation["inviteMessageTemplate"]
    for message in (template["emailMessage"], template["smsMessage"]):
        assert "{username}" in message
        assert "{####}" in message


def test_the_pools_groups_are_those_that_the_staff_api_knows(stack: Recording) -> None:
    groups = {g["name"] for g in stack.all("aws:cognito/userGroup:UserGroup")}
    assert groups == {"operations", "maintenance", "analyst", "admin"}
    assert {str(group) for group in StaffGroup} == {str(group) for group in Group} == groups


def test_the_page_signs_in_by_code_with_no_secret_and_for_a_shift_at_most(stack: Recording) -> None:
    client = stack.one(CLIENT)
    assert client["generateSecret"] is False
    assert client["allowedOauthFlows"] == ["code"]
    assert client["allowedOauthScopes"] == ["openid", "email", "backoffice/staff"]
    page = f"https://{page_of(stack)}"
    assert client["callbackUrls"] == [f"{page}/signed-in"]
    assert client["logoutUrls"] == [f"{page}/signed-out"]
    assert (client["accessTokenValidity"], client["idTokenValidity"]) == (15, 15)
    assert client["refreshTokenValidity"] == 10
    assert client["tokenValidityUnits"] == {
        "accessToken": "minutes",
        "idToken": "minutes",
        "refreshToken": "hours",
    }
    assert (client["enableTokenRevocation"], client["preventUserExistenceErrors"]) == (True, "ENABLED")
    server = stack.one("aws:cognito/resourceServer:ResourceServer")
    assert (server["identifier"], [s["scopeName"] for s in server["scopes"]]) == ("backoffice", ["staff"])


def test_nobody_takes_over_an_account_by_changing_its_address(stack: Recording) -> None:
    assert stack.one(CLIENT)["writeAttributes"] == ["name"]


def test_the_hosted_login_has_a_style_without_which_it_shows_nothing(stack: Recording) -> None:
    branding = stack.one("aws:cognito/managedLoginBranding:ManagedLoginBranding")
    assert branding["clientId"] == f"{stack.one(CLIENT).name}-id"
    assert branding["useCognitoProvidedValues"] is True


def test_in_production_every_sign_in_is_logged(built: Build) -> None:
    prod = built("prod")
    logging = prod.one("aws:cognito/logDeliveryConfiguration:LogDeliveryConfiguration")
    sources = {c["eventSource"]: c for c in logging["logConfigurations"]}
    assert sources["userAuthEvents"]["logLevel"] == "INFO"
    group = prod.one("aws:cloudwatch/logGroup:LogGroup", "-staff-logs")
    assert sources["userAuthEvents"]["cloudWatchLogsConfiguration"] == {"logGroupArn": group.arn}
    assert group["kmsKeyId"]


@pytest.mark.parametrize("host", ["https://backoffice.example.com", "backoffice"])
def test_a_page_that_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="page_host is"):
        StaffPoolArgs(market("dev").regions.primary, host)


# ---- hosted login ------------------------------------------------------------------------------------------


def test_staff_sign_in_on_a_name_of_ours_certified_in_us_east_1(stack: Recording) -> None:
    login = stack.one("aws:cognito/userPoolDomain:UserPoolDomain")
    assert login["domain"] == f"login.{page_of(stack)}"
    certificate = stack.one("aws:acm/certificate:Certificate")
    assert certificate.provider_name == "aws-us-east-1"
    assert login["certificateArn"] == certificate.arn
    assert {certificate["domainName"], *certificate["subjectAlternativeNames"]} == {
        page_of(stack),
        login["domain"],
    }
    record = stack.one(RECORD, "-login-a")
    assert (record["name"], record["zoneId"]) == (login["domain"], ZONE)
    assert record["aliases"][0]["name"] == f"{login.name}.cloudfront.net"


def test_a_login_whose_parent_has_no_address_is_refused(site: Path) -> None:
    with pytest.raises(ValueError, match=r"login is 'login\.sg\.example\.com'"):
        spa_args(site, login=DnsName("login.sg.example.com", ZONE))


def test_pages_whose_certificate_would_be_elsewhere_are_refused(site: Path) -> None:
    with pytest.raises(ValueError, match="edge is of ap-southeast-1"):
        spa_args(site, edge=market("dev").regions.primary)


def spa_args(site: Path, **changes: Any) -> BackofficeSpaArgs:
    of = market("dev")
    pools: list[StaffPool] = []
    build(
        "dev",
        lambda m: pools.append(StaffPool("p", StaffPoolArgs(m.regions.primary, "page.example.com"))),
    )
    given: dict[str, Any] = {
        "primary": of.regions.primary,
        "edge": of.regions.edge,
        "edge_provider": of.dns,
        "dns_provider": of.dns,
        "environment": of.settings.environment,
        "page": DnsName("page.example.com", ZONE),
        "login": DnsName("login.page.example.com", ZONE),
        "staff_api": "api.example.com",
        "pool": pools[0],
        "site": site,
    }
    return BackofficeSpaArgs(**{**given, **changes})


# ---- files -------------------------------------------------------------------------------------------------


def objects(stack: Recording) -> dict[str, Recorded]:
    return {o["key"]: o for o in stack.all(OBJECT)}


def test_every_file_is_uploaded_with_its_type_and_our_key(stack: Recording) -> None:
    found = objects(stack)
    assert set(found) == {*BUILT, "config.json"}
    key = stack.one("aws:kms/key:Key", "-backoffice").arn
    for made in found.values():
        assert (made["serverSideEncryption"], made["kmsKeyId"]) == ("aws:kms", key)
        assert made.provider_name == "aws-ap-southeast-1"
    types = {name: made["contentType"] for name, made in found.items()}
    assert types["index.html"] == "text/html; charset=utf-8"
    assert types["favicon.svg"] == "image/svg+xml"
    assert types["assets/index-DqI4b8_x.js"] == "text/javascript; charset=utf-8"
    assert types["assets/index-Ab-d_fgh.css"] == "text/css; charset=utf-8"


def test_hashed_files_are_kept_for_ever_and_what_names_them_never(stack: Recording) -> None:
    for key, made in objects(stack).items():
        expected = {"config.json": "no-store", "index.html": "no-cache", "favicon.svg": "no-cache"}.get(
            key, "public, max-age=31536000, immutable"
        )
        assert made["cacheControl"] == expected, key


def test_a_file_is_the_same_resource_in_the_next_build(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "next")
    assets = tmp_path / "next" / "assets"
    (assets / "index-DqI4b8_x.js").rename(assets / "index-NewHash1.js")
    before, after = ({file.name for file in read_site(folder)} for folder in (site, tmp_path / "next"))
    assert before == after
    assert {"assets/index.js", "assets/index.css", "assets/fleet.js", "assets/fleet.js-2"} < before


def test_an_app_that_was_not_built_is_refused_with_the_command(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match=r"index\.html is missing: build the back office with `make pages`"):
        read_site(tmp_path)


@pytest.mark.parametrize(
    ("name", "problem"), [("config.json", "the deployment writes that file"), ("a.map", "of no type that is")]
)
def test_a_build_with_what_does_not_belong_there_is_refused(
    site: Path, tmp_path: Path, name: str, problem: str
) -> None:
    shutil.copytree(site, tmp_path / "dist")
    (tmp_path / "dist" / name).write_text("{}")
    with pytest.raises(SiteError, match=problem):
        read_site(tmp_path / "dist")


@pytest.mark.parametrize(
    ("name", "domain"), [("dev", "dev.bluehorizons.example"), ("prod", "bluehorizons.example")]
)
def test_the_app_reads_where_it_is_from_a_file_that_the_deployment_writes(
    built: Build, name: str, domain: str
) -> None:
    stack = built(name)
    config = json.loads(objects(stack)["config.json"]["content"])
    assert config == {
        "environment": name,
        "market": "sg",
        "marketName": "Singapore",
        "locale": "en-SG",
        "timeZone": "Asia/Singapore",
        "currency": {"code": "SGD", "minorUnits": 2},
        "apiBaseUrl": f"https://staff-api.sg.{domain}",
        "login": {
            "issuer": f"https://cognito-idp.ap-southeast-1.amazonaws.com/{stack.one(POOL).name}-id",
            "url": f"https://login.backoffice.sg.{domain}",
            "clientId": f"{stack.one(CLIENT).name}-id",
            "scopes": ["openid", "email", "backoffice/staff"],
        },
    }


def test_a_currency_without_minor_units_says_so(site: Path) -> None:
    recording = build("prod-jp", lambda m: backoffice(m, site))
    config = json.loads(objects(recording)["config.json"]["content"])
    assert config["currency"] == {"code": "JPY", "minorUnits": 0}


@pytest.fixture(scope="module")
def options(site: Path) -> dict[str, pulumi.ResourceOptions]:
    """What each resource of the pages is built after, and what becomes of it; mocks do not tell."""
    found: dict[str, pulumi.ResourceOptions] = {}

    def note(made: pulumi.ResourceTransformationArgs) -> None:
        found[made.name.removeprefix("bluehorizons-dev-sg-backoffice-")] = made.opts

    build("dev", lambda m: backoffice(m, site, note))
    return found


def names(resources: Any) -> set[str]:
    return {resource._name for resource in resources or ()}


def test_no_browser_reads_a_page_whose_files_are_not_there_yet_or_not_any_more(
    options: dict[str, pulumi.ResourceOptions],
) -> None:
    made = options
    hashed = {name for name in made if name.startswith("assets/")}
    assert len(hashed) == 4
    for name in ("index.html", "config.json"):
        after = {n.removeprefix("bluehorizons-dev-sg-backoffice-") for n in names(made[name].depends_on)}
        assert after == hashed
    assert {made[name].retain_on_delete for name in hashed} == {True}
    assert not made["index.html"].retain_on_delete


def test_the_hosted_login_waits_for_the_address_that_cognito_looks_up(
    options: dict[str, pulumi.ResourceOptions],
) -> None:
    after = names(options["login"].depends_on)
    assert after == {f"bluehorizons-dev-sg-backoffice-page-{kind}" for kind in ("a", "aaaa")}


# ---- bucket and distribution -------------------------------------------------------------------------------


def distribution(stack: Recording) -> Recorded:
    return stack.one("aws:cloudfront/distribution:Distribution")


def test_only_this_distribution_reads_the_bucket_and_only_over_tls(stack: Recording) -> None:
    policy = stack.one("aws:s3/bucketPolicy:BucketPolicy")["policy"]
    file = f"{stack.one('aws:s3/bucket:Bucket').arn}/index.html"

    def reads(source: str, action: str = "s3:GetObject", tls: str = "true") -> bool:
        context = {"aws:SourceArn": source, "aws:SecureTransport": tls}
        return allows(policy, Request(action, file, service="cloudfront.amazonaws.com", context=context))

    own = distribution(stack).arn
    assert reads(own)
    assert not reads(f"{own}-other")
    assert not reads(own, tls="false")
    assert not reads(own, action="s3:PutObject")


def test_the_key_lets_cloudfront_decrypt_and_nothing_else() -> None:
    documents: dict[DataDomain, str] = {}
    build(
        "dev",
        lambda _: [
            key_policy(domain, ACCOUNT, Region.SINGAPORE).apply(
                lambda text, domain=domain: documents.update({domain: text})  # type: ignore[misc]  # binds the loop's domain
            )
            for domain in (DataDomain.BACKOFFICE, DataDomain.RENTAL)
        ],
    )

    def may(domain: DataDomain, action: str, account: str = ACCOUNT) -> bool:
        source = f"arn:aws:cloudfront::{account}:distribution/E1"
        request = Request(action, "*", service="cloudfront.amazonaws.com", context={"aws:SourceArn": source})
        return allows(documents[domain], request)

    assert may(DataDomain.BACKOFFICE, "kms:Decrypt")
    assert not may(DataDomain.BACKOFFICE, "kms:GenerateDataKey")
    assert not may(DataDomain.BACKOFFICE, "kms:Decrypt", account="999999999999")
    assert not may(DataDomain.RENTAL, "kms:Decrypt")


def test_cloudfront_signs_what_it_asks_of_the_bucket(stack: Recording) -> None:
    (origin,) = distribution(stack)["origins"]
    access = stack.one("aws:cloudfront/originAccessControl:OriginAccessControl")
    assert origin["originAccessControlId"] == f"{access.name}-id"
    assert (access["signingBehavior"], access["signingProtocol"]) == ("always", "sigv4")
    bucket = stack.one("aws:s3/bucket:Bucket")
    assert origin["domainName"] == f"{bucket.name}.s3.ap-southeast-1.amazonaws.com"


def test_the_pages_are_served_over_modern_tls_and_every_protocol(stack: Recording) -> None:
    made = distribution(stack)
    assert made.provider_name == "aws-us-east-1"
    assert made["viewerCertificate"] == {
        "acmCertificateArn": stack.one("aws:acm/certificate:Certificate").arn,
        "minimumProtocolVersion": "TLSv1.2_2021",
        "sslSupportMethod": "sni-only",
    }
    assert (made["httpVersion"], made["isIpv6Enabled"]) == ("http2and3", True)
    behaviors = [made["defaultCacheBehavior"], *made["orderedCacheBehaviors"]]
    for behavior in behaviors:
        assert behavior["viewerProtocolPolicy"] == "redirect-to-https"
        assert behavior["allowedMethods"] == ["GET", "HEAD"]
        assert behavior["compress"] is True
    for kind in ("a", "aaaa"):
        record = stack.one(RECORD, f"-page-{kind}")
        assert record["name"] == page_of(stack)
        assert record["aliases"][0]["name"] == f"{made.name}.cloudfront.net"
        assert record.provider_name == "dns"


def test_the_distribution_has_a_web_acl_of_cloudfronts_scope(stack: Recording) -> None:
    acl = stack.one("aws:wafv2/webAcl:WebAcl")
    assert distribution(stack)["webAclId"] == acl.arn
    assert (acl["scope"], acl.provider_name) == ("CLOUDFRONT", "aws-us-east-1")


def test_assets_are_cached_by_path_alone_and_pages_not_at_all(stack: Recording) -> None:
    made = distribution(stack)
    # AWS's own policy CachingDisabled.
    assert made["defaultCacheBehavior"]["cachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
    (assets,) = made["orderedCacheBehaviors"]
    policy = stack.one("aws:cloudfront/cachePolicy:CachePolicy")
    assert (assets["pathPattern"], assets["cachePolicyId"]) == ("/assets/*", f"{policy.name}-id")
    assert (policy["minTtl"], policy["defaultTtl"], policy["maxTtl"]) == (0, 31_536_000, 31_536_000)
    looked_at = policy["parametersInCacheKeyAndForwardedToOrigin"]
    assert looked_at["cookiesConfig"] == {"cookieBehavior": "none"}
    assert looked_at["queryStringsConfig"] == {"queryStringBehavior": "none"}
    assert looked_at["enableAcceptEncodingBrotli"] is True


@pytest.mark.parametrize(("name", "price_class"), [("prod", "PriceClass_200"), ("prod-au", "PriceClass_All")])
def test_pages_are_near_to_the_markets_staff(built: Build, name: str, price_class: str) -> None:
    assert distribution(built(name))["priceClass"] == price_class


def test_the_distributions_log_knows_no_query_and_no_cookie(stack: Recording) -> None:
    source = stack.one("aws:cloudwatch/logDeliverySource:LogDeliverySource")
    assert (source["resourceArn"], source["logType"]) == (distribution(stack).arn, "ACCESS_LOGS")
    target = stack.one("aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination")
    group = stack.one("aws:cloudwatch/logGroup:LogGroup", "-site-access-logs")
    assert target["deliveryDestinationConfiguration"] == {"destinationResourceArn": group.arn}
    delivery = stack.one("aws:cloudwatch/logDelivery:LogDelivery")
    assert delivery["deliveryDestinationArn"] == target.arn
    assert not {"cs-uri-query", "cs(Cookie)", "cs(Referer)"} & set(delivery["recordFields"])
    assert {source.provider_name, group.provider_name, delivery.provider_name} == {"aws-us-east-1"}


def test_pages_that_cannot_be_served_tell_operations(stack: Recording) -> None:
    for name, metric in (("page-errors", "5xxErrorRate"), ("route-errors", "FunctionExecutionErrors")):
        alarm = stack.one(ALARM, f"-site-{name}")
        assert (alarm["metricName"], alarm["dimensions"]["Region"]) == (metric, "Global")
        assert alarm.provider_name == "aws-us-east-1"
        assert alarm["alarmActions"] == [stack.one("aws:sns/topic:Topic", "-us-east-1-operations-topic").arn]


# ---- headers -----------------------------------------------------------------------------------------------


def directives(text: str) -> dict[str, str]:
    return {name: rest for name, _, rest in (part.partition(" ") for part in text.split("; "))}


def test_a_page_runs_and_calls_its_own_site_and_the_two_hosts_it_needs(stack: Recording) -> None:
    policy = stack.one("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
    made = policy["securityHeadersConfig"]["contentSecurityPolicy"]
    assert made["override"] is True
    csp = directives(made["contentSecurityPolicy"])
    domain = page_of(stack).removeprefix("backoffice.")
    assert csp["connect-src"] == f"'self' https://staff-api.{domain} https://login.backoffice.{domain}"
    assert (csp["default-src"], csp["script-src"], csp["style-src"]) == ("'none'", "'self'", "'self'")
    assert (csp["frame-ancestors"], csp["base-uri"], csp["form-action"]) == ("'none'", "'none'", "'none'")
    assert "unsafe" not in made["contentSecurityPolicy"]
    for behavior in ("defaultCacheBehavior", "orderedCacheBehaviors"):
        used = distribution(stack)[behavior]
        used = used[0] if isinstance(used, list) else used
        assert used["responseHeadersPolicyId"] == f"{policy.name}-id"


def test_a_page_that_calls_nobody_calls_its_own_site_only() -> None:
    assert directives(content_security_policy())["connect-src"] == "'self'"


def test_browsers_are_told_to_stay_on_tls_and_out_of_frames(stack: Recording) -> None:
    policy = stack.one("aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
    security = policy["securityHeadersConfig"]
    assert security["strictTransportSecurity"]["accessControlMaxAgeSec"] == 63_072_000
    assert security["strictTransportSecurity"]["includeSubdomains"] is True
    assert security["frameOptions"]["frameOption"] == "DENY"
    assert security["referrerPolicy"]["referrerPolicy"] == "no-referrer"
    assert security["contentTypeOptions"] == {"override": True}
    further = {item["header"]: item["value"] for item in policy["customHeadersConfig"]["items"]}
    assert further["Cross-Origin-Opener-Policy"] == "same-origin"
    assert further["X-Robots-Tag"] == "noindex, nofollow"


# ---- routes ------------------------------------------------------------------------------------------------


def test_the_function_before_the_pages_is_the_one_that_is_tested_here(stack: Recording) -> None:
    function = stack.one("aws:cloudfront/function:Function")
    assert (function["runtime"], function["publish"]) == ("cloudfront-js-2.0", True)
    assert function["code"] == ROUTES.read_text(encoding="utf-8")
    made = distribution(stack)
    assert made["defaultCacheBehavior"]["functionAssociations"] == [
        {"eventType": "viewer-request", "functionArn": function.arn}
    ]
    assert "functionAssociations" not in made["orderedCacheBehaviors"][0]


def test_every_path_of_the_app_is_the_app_and_a_missing_file_is_no_page() -> None:
    paths = {
        "/": "/index.html",
        "/fleet": "/index.html",
        "/vehicles/SG-EV-000123": "/index.html",
        "/signed-in": "/index.html",
        "/v1.2/page": "/index.html",
        "/folder/": "/index.html",
        "/favicon.svg": "/favicon.svg",
        "/config.json": "/config.json",
        "/index.html": "/index.html",
        "/missing.js": "/missing.js",
    }
    program = (
        ROUTES.read_text(encoding="utf-8")
        + "const paths = JSON.parse(process.argv[1]);"
        + "const route = (uri) => handler({ request: { method: 'GET', uri, querystring: {} } }).uri;"
        + "console.log(JSON.stringify(Object.fromEntries(paths.map((p) => [p, route(p)]))));"
    )
    node = shutil.which("node")
    assert node, (
        "node is not installed: the back office needs it to be built, and this test to run its routes"
    )
    ran = subprocess.run(  # noqa: S603 - our own program
        [node, "-e", program, json.dumps(list(paths))], capture_output=True, text=True, check=True
    )
    assert json.loads(ran.stdout) == paths


def test_a_built_site_of_the_project_is_uploaded_by_a_path_that_is_the_same_everywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "backoffice" / "dist").mkdir(parents=True)
    (tmp_path / "backoffice" / "dist" / "index.html").write_text("<!doctype html>")
    monkeypatch.setattr("components.backoffice.site_files.ROOT", tmp_path)
    (file,) = read_site(tmp_path / "backoffice" / "dist")
    assert isinstance(file.asset, pulumi.FileAsset)
    assert file.asset.path == "backoffice/dist/index.html"
