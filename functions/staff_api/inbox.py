"""Which alerts match."""

from msgspec import UNSET

from ev_rental.rental.store import Page
from ev_rental.staff.alerts import UNRESOLVED, Alert
from ev_rental.staff.fleet import LOUDNESS
from ev_rental.staff.service import StaffService
from ev_rental.vocabulary import AlertStatus
from http_api.values import or_none
from staff_api.asked import AlertQuery
from staff_api.cursors import Place, page_of


def alerts(service: StaffService, asked: AlertQuery) -> Page[Alert]:
    """A page of the alerts that match. Raises RentalError(invalid_cursor)."""
    cursor, now = or_none(asked.cursor), service.now()
    if asked.vehicle_id is not UNSET:
        found = [alert for alert in service.store.alerts_of(asked.vehicle_id) if _matches(alert, asked, now)]
        return page_of(found, _by_time, limit=asked.limit, cursor=cursor)
    if asked.status is AlertStatus.RESOLVED:
        severities = () if asked.severity is UNSET else (asked.severity,)
        return service.store.resolved_alerts(severities=severities, limit=asked.limit, cursor=cursor)
    found = [alert for alert in service.store.unresolved_alerts() if _matches(alert, asked, now)]
    return page_of(found, _by_loudness, limit=asked.limit, cursor=cursor)


def _matches(alert: Alert, asked: AlertQuery, now: int) -> bool:
    statuses = UNRESOLVED if asked.status is UNSET else (asked.status,)
    return (
        alert.status in statuses
        and asked.severity in (UNSET, alert.severity)
        and (asked.snoozed is UNSET or ((alert.snoozed_until or 0) > now) is asked.snoozed)
    )


def _by_time(alert: Alert) -> Place:
    return 0, -alert.raised_at, alert.alert_id


def _by_loudness(alert: Alert) -> Place:
    return -LOUDNESS[alert.severity], -alert.raised_at, f"{alert.vehicle_id}/{alert.alert_id}"
