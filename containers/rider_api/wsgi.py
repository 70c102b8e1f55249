"""What the server loads: `containers.rider_api.wsgi:application`."""

import os
import time

from containers.rider_api.application import Application
from containers.rider_api.environment import TokenEnvironment
from containers.rider_api.signing_keys import SigningKeys, fetch_over_https
from containers.rider_api.tokens import TokenVerifier
from rental_store.connect import new_id, now_ms
from rider_api.handler import handler, router


def create() -> Application:
    """The application of this process. Raises SettingError: a wrong setting stops the start, not a rider."""
    pool = TokenEnvironment.read(os.environ)
    router()
    keys = SigningKeys(fetch_over_https(pool.keys_url), time.monotonic)
    return Application(handler, TokenVerifier(pool, keys, time.time), clock=now_ms, new_id=new_id)


application = create()
