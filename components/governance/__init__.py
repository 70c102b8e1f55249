"""What watches an account, its Regions and its bill; and the organisation of all accounts."""

from components.governance.governance import Governance, GovernanceArgs
from components.governance.organization import MemberAccount, Organization, OrganizationArgs
from components.governance.trail import TrailScope

__all__ = [
    "Governance",
    "GovernanceArgs",
    "MemberAccount",
    "Organization",
    "OrganizationArgs",
    "TrailScope",
]
