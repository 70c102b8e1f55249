"""What staff work with: their pool, the web app, and the API and tables behind it."""

from components.backoffice.data import BackofficeData
from components.backoffice.distribution import SiteDistribution, SiteDistributionArgs
from components.backoffice.site_files import BUILT_SITE, SiteError, SiteFile, read_site
from components.backoffice.spa import BackofficeSpa, BackofficeSpaArgs
from components.backoffice.staff_pool import StaffGroup, StaffPool, StaffPoolArgs
from components.backoffice.staff_service import BackofficeTables, StaffService, StaffServiceArgs

__all__ = [
    "BUILT_SITE",
    "BackofficeData",
    "BackofficeSpa",
    "BackofficeSpaArgs",
    "BackofficeTables",
    "SiteDistribution",
    "SiteDistributionArgs",
    "SiteError",
    "SiteFile",
    "StaffGroup",
    "StaffPool",
    "StaffPoolArgs",
    "StaffService",
    "StaffServiceArgs",
    "read_site",
]
