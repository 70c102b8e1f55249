"""What resources tell that nobody here makes: ids, ARNs and names as AWS's, the same at each deployment.

What a program uses and no form gives is found by `local.deploy.unset`.
"""

from collections.abc import Mapping
from typing import Any

from local.deploy.forms_of_ids import ARN, ARN_AS_ID, BY_NAME, ID, Template
from local.deploy.forms_of_outputs import MORE
from local.deploy.wanted import Wanted, digest


class _Facts(dict[str, Any]):
    def __init__(self, one: Wanted) -> None:
        super().__init__(one)
        self["function"] = str(one.get("functionName", "")).rpartition(":function:")[2] or one.get(
            "functionName"
        )
        self["host"] = str(one.get("url", "")).removeprefix("https://")


def made_up(one: Wanted) -> dict[str, Any]:
    """Outputs of a resource that is not really made, its `id` among them."""
    if one.type == "awsx:ec2:Vpc":
        return _vpc(one)
    facts = _Facts(one)
    outputs: dict[str, Any] = {"region": one.region, "tagsAll": one.get("tags") or {}, "name": one.name}
    outputs[one.long_name] = one.name
    facts["id"] = one["uuid"]
    if one.type in ID:
        facts["id"] = _filled(ID[one.type], one, facts)
    elif one.type in BY_NAME:
        facts["id"] = one.name
    if one.type in ARN:
        outputs["arn"] = "arn:aws:" + ARN[one.type].format_map(facts)
        if one.type == "aws:wafv2/webAcl:WebAcl" and one.get("scope") == "CLOUDFRONT":
            outputs["arn"] = outputs["arn"].replace(":regional/", ":global/")
        if one.type == "aws:ssm/parameter:Parameter":
            outputs["arn"] = outputs["arn"].replace("parameter//", "parameter/")
        if one.type in ARN_AS_ID:
            facts["id"] = outputs["arn"]
    outputs |= {name: _filled(value, one, facts) for name, value in MORE.get(one.type, {}).items()}
    return {**outputs, "id": facts["id"]}


def _filled(template: Template, one: Wanted, facts: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    if callable(template):
        return template(one)
    if isinstance(template, list):
        return [part.format_map(facts) for part in template]
    return template.format_map(facts)


def _vpc(one: Wanted) -> dict[str, Any]:
    zones = range(1, int(one.get("numberOfAvailabilityZones") or 3) + 1)
    subnets = {
        f"{kind}SubnetIds": [f"subnet-{digest(f'{one.urn} {kind} {zone}', 17)}" for zone in zones]
        for kind in ("public", "private", "isolated")
    }
    return {"id": "", "vpcId": f"vpc-{one['hex'][:17]}", **subnets}
