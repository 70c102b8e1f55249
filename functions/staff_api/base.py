"""The collection that every module of routes adds to."""

from typing import Final

from ev_rental.staff.service import StaffService
from http_api.operations import Operations
from http_api.problems import ApiErrorCode
from staff_api.identity import STAFF_SCOPE

routes: Final[Operations[StaffService]] = Operations(
    tag="staff", scope=STAFF_SCOPE, common=(ApiErrorCode.GROUP_NOT_ALLOWED,)
)
