"""A web ACL that is there also blocks.

PASS     a known scope (CLOUDFRONT in us-east-1), at least one rule that blocks, no rule group overridden to
         count, AWS's baseline groups (common attacks, known bad inputs with Log4j among them, addresses of
         ill repute), a rate rule that blocks, metrics on
FAIL     no rules, rules that only count or allow, a rule group or a rate rule in count, a baseline group
         missing, no rate rule, metrics off, scope CLOUDFRONT in another Region, or a description that AWS
         refuses (it passes the preview)
UNKNOWN  rules, scope or Region are known only at deployment; a rate rule may be in a rule group of one's own
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pulumi_policy import Severity

from ..core.documents import parsed
from ..core.peek import MISSING, UNKNOWN, Absent, elements, is_list, peek, text_of
from ..core.regions import GLOBAL_REGION, effective_region
from ..core.rule import Outcome, Resource, ResourceRule, Verdict
from .endpoints import ACL, GROUP
from .scope import GLOBAL, REGIONAL

_BLOCKS = ("block", "captcha", "challenge")
_DESCRIPTION = re.compile(r"[\w+=:#@/\-,.][\w+=:#@/\-,.\s]*", re.ASCII)  # the pattern of AWS's own API
BASELINE = (
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
)
"""https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html"""
_SPELT = {"CloudWatchMetricsEnabled": "cloudwatchMetricsEnabled"}
_ADD_RULES = "Add AWS managed rule groups in block (override_action none) and a rate-based rule that blocks"
_NO_COUNT = "Set override_action to none: a group in count lets everything pass"


def judge(resource: Resource) -> Iterator[Verdict]:
    """The verdicts on one web ACL."""
    props = resource.props
    yield from _scope(resource)
    description = peek(props, "description")
    if description is UNKNOWN:
        way_out = "Write it out"
        yield Verdict(Outcome.UNKNOWN, "description", "is known only at deployment", way_out)
    if isinstance(description, str) and description and not _DESCRIPTION.fullmatch(description):
        way_out = "Use ASCII letters, digits, spaces and +=:#@/-,. only"
        yield Verdict(Outcome.FAIL, "description", "has characters that AWS WAF refuses", way_out)
    yield from _metrics("", props)
    yield from _rules(props)


def _scope(resource: Resource) -> Iterator[Verdict]:
    scope = peek(resource.props, "scope")
    if scope is UNKNOWN:
        way_out = f"Write {REGIONAL} or {GLOBAL}"
        yield Verdict(Outcome.UNKNOWN, "scope", "is known only at deployment", way_out)
    elif scope not in (REGIONAL, GLOBAL):
        yield Verdict(Outcome.FAIL, "scope", "is neither scope", f"Write {REGIONAL} or {GLOBAL}")
    elif scope == GLOBAL:
        region = effective_region(resource)
        if region is UNKNOWN or region != GLOBAL_REGION:
            outcome = Outcome.UNKNOWN if region is UNKNOWN else Outcome.FAIL
            way_out = f"Put it on a provider of {GLOBAL_REGION}"
            yield Verdict(outcome, "region", f"of a {GLOBAL} web ACL must be {GLOBAL_REGION}", way_out)


def _metrics(at: str, block: object) -> Iterator[Verdict]:
    enabled = text_of(peek(peek(block, "visibilityConfig"), "cloudwatchMetricsEnabled"))
    if enabled != "true":
        outcome = Outcome.UNKNOWN if enabled is UNKNOWN else Outcome.FAIL
        path = f"{at}visibilityConfig.cloudwatchMetricsEnabled"
        yield Verdict(outcome, path, "is not true", "Set it to true", "WAF.12")


def _rules(props: Mapping[str, Any]) -> Iterator[Verdict]:
    rules = _rules_of(props)
    if rules is UNKNOWN:
        yield Verdict(Outcome.UNKNOWN, "rules", "are known only at deployment", _ADD_RULES, "WAF.10")
        return
    found = elements(rules)
    if not found:
        yield Verdict(Outcome.FAIL, "rules", "are missing", _ADD_RULES, "WAF.10")
        return
    for index, rule in enumerate(found):
        at = f"rules[{index}]"
        if rule is UNKNOWN:
            yield Verdict(Outcome.UNKNOWN, at, "is known only at deployment", _ADD_RULES)
            continue
        if peek(peek(rule, "overrideAction"), "count") is not MISSING:
            outcome = Outcome.UNKNOWN if peek(rule, "overrideAction") is UNKNOWN else Outcome.FAIL
            yield Verdict(outcome, f"{at}.overrideAction", "only counts", _NO_COUNT)
        if _is_rate_rule(rule) and peek(peek(rule, "action"), "count") is not MISSING:
            outcome = Outcome.UNKNOWN if peek(rule, "action") is UNKNOWN else Outcome.FAIL
            yield Verdict(outcome, f"{at}.action", "of a rate rule only counts", "Set it to block")
        yield from _metrics(f"{at}.", rule)
    yield from _one_must(found, _blocks, "only count or allow", "Let the rules block")
    for name in BASELINE:
        yield from _one_must(found, partial(_holds, name), f"hold no group {name}", _ADD_RULES)
    yield from _one_must(found, _limits_rate, "hold no rate-based rule that blocks", _ADD_RULES)


def _one_must(
    rules: list[object], test: Callable[[object], bool | Absent], reason: str, way_out: str
) -> Iterator[Verdict]:
    answers = [test(rule) for rule in rules]
    if True not in answers:
        yield Verdict(Outcome.UNKNOWN if UNKNOWN in answers else Outcome.FAIL, "rules", reason, way_out)


def _blocks(rule: object) -> bool | Absent:
    if rule is UNKNOWN:
        return UNKNOWN
    action, override = peek(rule, "action"), peek(rule, "overrideAction")
    if UNKNOWN in (action, override):
        return UNKNOWN
    if isinstance(override, Mapping):
        return peek(override, "count") is MISSING
    return any(peek(action, name) is not MISSING for name in _BLOCKS)


def _holds(group: str, rule: object) -> bool | Absent:
    statement = peek(rule, "statement")
    name = peek(peek(statement, "managedRuleGroupStatement"), "name")
    if UNKNOWN in (rule, statement, name):
        return UNKNOWN
    own_group = peek(statement, "ruleGroupReferenceStatement") is not MISSING
    return UNKNOWN if own_group else name == group


def _limits_rate(rule: object) -> bool | Absent:
    statement = peek(rule, "statement")
    if rule is UNKNOWN or statement is UNKNOWN:
        return UNKNOWN
    if _is_rate_rule(rule):
        return _blocks(rule)
    own_group = peek(statement, "ruleGroupReferenceStatement") is not MISSING
    return UNKNOWN if own_group else False


def _is_rate_rule(rule: object) -> bool:
    statement = peek(rule, "statement")
    return statement is not UNKNOWN and peek(statement, "rateBasedStatement") is not MISSING


def _rules_of(props: Mapping[str, Any]) -> object:
    """The rules, given as blocks or as the JSON of the API, which begins its names with capitals."""
    text = peek(props, "ruleJson")
    if text is MISSING or peek(props, "rules") is not MISSING:
        return peek(props, "rules")
    if text is UNKNOWN:
        return UNKNOWN
    return _lowered(parsed(text), 0)


def _lowered(value: object, depth: int) -> object:
    if depth > 12:  # statements nest three levels; anything deeper is no rule
        return None
    if isinstance(value, Mapping):
        return {
            _SPELT.get(str(key), str(key)[:1].lower() + str(key)[1:]): _lowered(peek(value, key), depth + 1)
            for key in value
            if peek(value, key) is not MISSING
        }
    return [_lowered(element, depth + 1) for element in elements(value)] if is_list(value) else value


RULE = ResourceRule(
    name="waf-acl-quality",
    group=GROUP,
    description="Each web ACL has rules that block, among them a rate rule, and is where its scope belongs.",
    remediation=f"{_ADD_RULES}; keep cloudwatch_metrics_enabled on.",
    severity=Severity.HIGH,
    url="https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-testing.html",
    controls=("WAF.10", "WAF.12"),
    types=frozenset({ACL}),
    judge=judge,
)
