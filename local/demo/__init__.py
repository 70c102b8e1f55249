"""The demonstration: the back office in one process, over a fleet that is made up with its past.

It is for work on the web app: there in a moment, with months of key figures, bookings, alerts and work orders
to look at, and the same again for the same seed. The browser's tests and the pictures in docs/ are made with
it. Between the page and the tables everything is the platform's own: login, gateway, staff API, cars. Whether
the program works as it is deployed is not seen here, but with `make up`.
"""
