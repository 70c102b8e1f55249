"""What stakeholders ask of the lake, in Athena's SQL (Trino).

Events come at least once, so each query takes the distinct ones. Times in events are ms; days are the
market's, `:zone` stands for its time zone. Every table is asked for the days it needs and no others: a
partition that is not named is not read and not paid for.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """`name` is the named query's in Athena; `asks` is the question; `sql` answers it."""

    name: str
    asks: str
    sql: str

    def in_zone(self, time_zone: str) -> str:
        """The query for a market's time zone (an IANA name)."""
        return self.sql.replace(":zone", time_zone).strip()


QUESTIONS = (
    Question(
        "key-figures-by-day",
        "How did each of the last 35 days go: trips, revenue, utilisation, availability, repairs, energy?",
        """
SELECT day, trips, revenue_minor, currency, metres / 1e3 AS km, energy_wh / 1e3 AS kwh,
    round(1e0 * in_use_ms / nullif(fleet_ms, 0), 3) AS utilisation,
    round(1e0 * (in_use_ms + ready_ms) / nullif(fleet_ms, 0), 3) AS availability,
    round(repair_ms / 6e4 / nullif(repairs, 0), 1) AS mean_time_to_repair_minutes
FROM daily_kpis
WHERE dt >= cast(current_date - interval '35' day AS varchar)
ORDER BY day
""",
    ),
    Question(
        "revenue-by-day",
        "What did the last 35 days' trips earn, net and gross, by plan?",
        """
WITH invoices AS (
    SELECT DISTINCT detail.data.invoice_id AS invoice_id, detail.data.plan_id AS plan_id,
        detail.data.ended_at AS ended_at, detail.data.price.currency AS currency,
        detail.data.price.minor_digits AS minor_digits,
        detail.data.price.net AS net, detail.data.price.gross AS gross
    FROM rental_events
    WHERE type = 'invoice.issued' AND dt >= cast(current_date - interval '36' day AS varchar)
)
SELECT date(from_unixtime(ended_at / 1e3, ':zone')) AS day, plan_id, currency, count(*) AS invoices,
    sum(net) / power(10, max(minor_digits)) AS net, sum(gross) / power(10, max(minor_digits)) AS gross
FROM invoices
GROUP BY 1, 2, 3
ORDER BY 1, 2
""",
    ),
    Question(
        "utilisation-by-station",
        "How much of the time of the cars that a station had in the last 28 days was driven?",
        """
WITH changes AS (
    SELECT DISTINCT detail.data.vehicle_id AS vehicle_id, detail.data.version AS version,
        detail.data.changed_at AS changed_at, detail.data.state AS state,
        detail.data.station_id AS station_id
    FROM rental_events
    WHERE type IN ('vehicle.registered', 'vehicle.state_changed')
        AND dt >= cast(current_date - interval '28' day AS varchar)
),
spans AS (
    SELECT state,
        coalesce(station_id, lag(station_id) IGNORE NULLS OVER (PARTITION BY vehicle_id ORDER BY version))
            AS station_id,
        lead(changed_at, 1, cast(to_unixtime(now()) * 1e3 AS bigint))
            OVER (PARTITION BY vehicle_id ORDER BY version) - changed_at AS ms
    FROM changes
)
SELECT station_id,
    round(sum(if(state IN ('on_trip', 'stopped'), ms, 0)) / 3.6e6, 1) AS hours_driven,
    round(sum(if(state IN ('available', 'reserved'), ms, 0)) / 3.6e6, 1) AS hours_ready,
    round(1e0 * sum(if(state IN ('on_trip', 'stopped'), ms, 0)) / nullif(sum(ms), 0), 3) AS utilisation
FROM spans
WHERE station_id IS NOT NULL AND state <> 'removed'
GROUP BY station_id
ORDER BY utilisation DESC
""",
    ),
    Question(
        "demand-by-hour",
        "How many holds begin at each station in each hour of the week, on average of the last 8 weeks?",
        """
SELECT station_id, day_of_week(date(dt)) AS weekday, hour, sum(holds) / 8e0 AS holds
FROM station_demand
WHERE dt BETWEEN cast(current_date - interval '56' day AS varchar)
    AND cast(current_date - interval '1' day AS varchar)
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
""",
    ),
    Question(
        "demand-tomorrow",
        "How many holds are expected at each station in each hour of tomorrow?",
        """
SELECT station_id, hour, holds
FROM demand_forecast
WHERE dt = cast(date(at_timezone(now(), ':zone')) + interval '1' day AS varchar)
ORDER BY station_id, hour
""",
    ),
    Question(
        "forecast-error-by-day",
        "How wrong was the forecast of each of the last 28 days (sum of errors over sum of holds)?",
        """
WITH expected AS (
    SELECT dt, station_id, hour, holds FROM demand_forecast
    WHERE dt BETWEEN cast(current_date - interval '28' day AS varchar)
        AND cast(current_date - interval '1' day AS varchar)
),
happened AS (
    SELECT dt, station_id, hour, holds FROM station_demand
    WHERE dt BETWEEN cast(current_date - interval '28' day AS varchar)
        AND cast(current_date - interval '1' day AS varchar)
)
SELECT coalesce(expected.dt, happened.dt) AS day,
    sum(coalesce(happened.holds, 0)) AS holds, sum(coalesce(expected.holds, 0)) AS holds_expected,
    sum(abs(coalesce(expected.holds, 0) - coalesce(happened.holds, 0)))
        / nullif(sum(coalesce(happened.holds, 0)), 0) AS wape
FROM expected
FULL OUTER JOIN happened
    ON expected.dt = happened.dt AND expected.station_id = happened.station_id
        AND expected.hour = happened.hour
GROUP BY 1
ORDER BY 1
""",
    ),
    Question(
        "cars-to-charge-first",
        "Which cars that do not charge have the least in their batteries, as of the last two hours?",
        """
WITH newest AS (
    SELECT vehicleid,
        max_by(vehicle_powertrain_tractionbattery_stateofcharge_current, "timestamp") AS soc,
        max_by(vehicle_powertrain_tractionbattery_range, "timestamp") AS range_metres,
        max_by(vehicle_powertrain_tractionbattery_charging_ischarging, "timestamp") AS charging,
        max_by(vehicle_currentlocation_latitude, "timestamp") AS latitude,
        max_by(vehicle_currentlocation_longitude, "timestamp") AS longitude,
        max("timestamp") AS measured_at
    FROM telemetry
    WHERE dt >= cast(date(now() - interval '2' hour) AS varchar) AND recordtype = 'telemetry'
        AND "timestamp" > (to_unixtime(now()) - 7200) * 1000
        AND vehicle_powertrain_tractionbattery_stateofcharge_current IS NOT NULL
    GROUP BY vehicleid
)
SELECT vehicleid, soc, range_metres / 1e3 AS range_km, latitude, longitude,
    from_unixtime(measured_at / 1e3, ':zone') AS measured_at
FROM newest
WHERE NOT coalesce(charging, false)
ORDER BY soc
LIMIT 50
""",
    ),
    Question(
        "energy-per-km",
        "Which cars took the most energy for a kilometre on the trips of the last 28 days?",
        """
WITH trips AS (
    SELECT DISTINCT detail.data.booking_id AS booking_id, detail.data.vehicle_id AS vehicle_id,
        detail.data.end_energy_wh - detail.data.start_energy_wh AS wh,
        detail.data.end_odometer - detail.data.start_odometer AS metres
    FROM rental_events
    WHERE type = 'trip.completed' AND dt >= cast(current_date - interval '28' day AS varchar)
)
SELECT vehicle_id, count(*) AS trips, sum(metres) / 1e3 AS km, sum(wh) / 1e3 AS kwh,
    round(1e3 * sum(wh) / sum(metres), 1) AS wh_per_km
FROM trips
WHERE wh >= 0 AND metres > 0
GROUP BY vehicle_id
ORDER BY wh_per_km DESC
LIMIT 100
""",
    ),
    Question(
        "time-to-repair-by-rule",
        "How long did it take to resolve alerts in the last 28 days, by rule?",
        """
WITH repairs AS (
    SELECT DISTINCT detail.data.vehicle_id AS vehicle_id, detail.data.alert_id AS alert_id,
        detail.data.rule AS rule, detail.data.severity AS severity, detail.data.blocking AS blocking,
        greatest(detail.data.resolved_at - detail.data.raised_at, 0) / 6e4 AS minutes
    FROM rental_events
    WHERE type = 'alert.resolved' AND dt >= cast(current_date - interval '28' day AS varchar)
)
SELECT rule, severity, blocking, count(*) AS alerts, round(avg(minutes), 1) AS mean_minutes,
    round(approx_percentile(minutes, 0.9), 1) AS p90_minutes
FROM repairs
GROUP BY rule, severity, blocking
ORDER BY mean_minutes DESC
""",
    ),
    Question(
        "what-holds-come-to",
        "How many holds of each of the last 28 days became trips, expired or were cancelled?",
        """
WITH steps AS (
    SELECT DISTINCT type, detail.data.booking_id AS booking_id, detail.data.created_at AS created_at
    FROM rental_events
    WHERE type IN ('booking.held', 'trip.started', 'booking.expired', 'booking.cancelled')
        AND dt >= cast(current_date - interval '29' day AS varchar)
)
SELECT date(from_unixtime(created_at / 1e3, ':zone')) AS day,
    count_if(type = 'booking.held') AS holds, count_if(type = 'trip.started') AS trips,
    count_if(type = 'booking.expired') AS expired, count_if(type = 'booking.cancelled') AS cancelled
FROM steps
GROUP BY 1
ORDER BY 1
""",
    ),
    Question(
        "cars-out-of-service",
        "Which cars cannot be rented now, since when, by what they last told the bus in 90 days?",
        """
WITH changes AS (
    SELECT detail.data.vehicle_id AS vehicle_id, max_by(detail.data.state, detail.data.version) AS state,
        max_by(detail.data.changed_at, detail.data.version) AS changed_at,
        max_by(detail.data.station_id, detail.data.version) AS station_id
    FROM rental_events
    WHERE type IN ('vehicle.registered', 'vehicle.state_changed')
        AND dt >= cast(current_date - interval '90' day AS varchar)
    GROUP BY 1
)
SELECT vehicle_id, state, station_id, from_unixtime(changed_at / 1e3, ':zone') AS since
FROM changes
WHERE state IN ('non_operational', 'non_contactable', 'elsewhere')
ORDER BY changed_at
""",
    ),
    Question(
        "active-riders-by-month",
        "How many riders drove in each of the last three months, and how often?",
        """
WITH trips AS (
    SELECT DISTINCT detail.data.booking_id AS booking_id, detail.data.rider_id AS rider_id,
        detail.data.ended_at AS ended_at
    FROM rental_events
    WHERE type = 'trip.completed'
        AND dt >= cast(date_trunc('month', current_date - interval '3' month) - interval '1' day AS varchar)
)
SELECT date_trunc('month', date(from_unixtime(ended_at / 1e3, ':zone'))) AS month,
    count(DISTINCT rider_id) AS riders, count(*) AS trips,
    round(1e0 * count(*) / count(DISTINCT rider_id), 2) AS trips_per_rider
FROM trips
GROUP BY 1
ORDER BY 1
""",
    ),
)
