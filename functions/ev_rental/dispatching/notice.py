"""A task as people read it: mail, text message, chat and push. No rider is ever named."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from msgspec import Struct

from ev_rental.dispatching.record import Reason, Task

MAX_SUBJECT: Final = 100
"""Amazon SNS takes no longer subject, and ASCII only."""
MAX_SMS: Final = 140

_WORDS: Final[Mapping[str, str]] = {
    Reason.RAISED: "",
    Reason.REMINDER: "still open: ",
    Reason.OCCURRED_AGAIN: "again: ",
    Reason.ESCALATED: "nobody has taken over: ",
    Reason.SUMMARY: "",
}


class Notice(Struct, frozen=True):
    """`messages`: Amazon SNS's per protocol, with `default`."""

    subject: str
    messages: dict[str, str]


def notice(task: Task, console_url: str) -> Notice:
    """The texts of a notice or an escalation. `console_url`: of the back office, no slash at its end."""
    body = task.body
    headline = _summary(body) if body["reason"] == Reason.SUMMARY else _headline(body)
    link = f"{console_url}/alerts" if body["reason"] == Reason.SUMMARY else _link(console_url, body)
    text = "\n".join([headline, *_details(body), "", link, f"Notice {task.task_id}"])
    subject = f"[{task.severity.upper()}] {headline}".encode("ascii", "replace").decode()[:MAX_SUBJECT]
    return Notice(
        subject=subject,
        messages={
            "default": text,
            "email": text,
            "sms": f"{task.severity.upper()} {headline}"[:MAX_SMS],
            "https": _chat(task, subject, text),
            "GCM": _push(task, subject, headline, link),
        },
    )


def _headline(body: Mapping[str, Any]) -> str:
    rule = str(body["rule"]).replace("_", " ")
    place = f" at {body['station_id']}" if body.get("station_id") else ""
    over = ", resolved since" if body["status"] == "RESOLVED" else ""
    return f"{_WORDS[body['reason']]}{rule} of {body['vehicle_id']}{place}{over}"


def _summary(body: Mapping[str, Any]) -> str:
    place = body["station_id"] or "cars at no station"
    return f"{body['alerts']} more alerts at {place}"


def _details(body: Mapping[str, Any]) -> list[str]:
    if body["reason"] == Reason.SUMMARY:
        rules = [f"{count} x {rule.replace('_', ' ')}" for rule, count in body["by_rule"].items()]
        return [
            f"since {_time(body['since'])}: " + ", ".join(rules),
            "among them " + ", ".join(body["vehicles"]),
        ]
    lines = [
        f"raised {_time(body['raised_at'])}, {body['occurrences']} occurrence(s), "
        f"last value {body['value']:g} {body['unit']}".rstrip()
    ]
    return [*lines, "The car cannot be booked."] if body["blocking"] else lines


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _link(console_url: str, body: Mapping[str, Any]) -> str:
    return f"{console_url}/vehicles/{body['vehicle_id']}"


def _chat(task: Task, subject: str, text: str) -> str:
    """Amazon Q Developer in chat applications posts no other JSON than this:
    https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html"""
    thread = task.body.get("alert_id") or task.body.get("station_id") or "elsewhere"
    return json.dumps(
        {
            "version": "1.0",
            "source": "custom",
            "id": task.task_id,
            "content": {"textType": "client-markdown", "title": subject, "description": text},
            "metadata": {
                "threadId": f"{task.body.get('vehicle_id', 'station')}/{thread}",
                "summary": subject,
                "eventType": str(task.body["reason"]),
                "relatedResources": [str(task.body.get("vehicle_id") or task.body.get("station_id"))],
            },
        },
        sort_keys=True,
    )


def _push(task: Task, subject: str, headline: str, link: str) -> str:
    """FCM's HTTP v1 message: https://docs.aws.amazon.com/sns/latest/dg/sns-fcm-v1-payloads.html"""
    message = {
        "notification": {"title": subject, "body": headline},
        "data": {"taskId": task.task_id, "severity": task.severity.value, "link": link},
        "android": {"priority": "high" if task.severity == "critical" else "normal"},
    }
    return json.dumps({"fcmV1Message": {"message": message}}, sort_keys=True)
