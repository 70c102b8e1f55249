"""What the back office calls: the live fleet, commands, alerts and work, bookings, figures, audit.

It speaks JSON in camel case, times in ms since the epoch, money in minor units of its currency, distances in
metres. A field that has no value is left out, never null.
"""
