"""Operations and maintenance learn of alerts: topics, chat, push, work orders and tickets."""

from components.maintenance.alerts import MaintenanceAlerts, MaintenanceAlertsArgs
from components.maintenance.channels import (
    ChatHome,
    OnCall,
    Reach,
    SlackChannel,
    TeamsChannel,
    TicketWebhook,
)
from components.maintenance.data import MaintenanceData

__all__ = [
    "ChatHome",
    "MaintenanceAlerts",
    "MaintenanceAlertsArgs",
    "MaintenanceData",
    "OnCall",
    "Reach",
    "SlackChannel",
    "TeamsChannel",
    "TicketWebhook",
]
