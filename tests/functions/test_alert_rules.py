"""Every row of the rule table: raises, does not raise just short of it, clears, holds in between, dwells,
latches."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ev_rental.alerts import MAX_EPISODES, NoOpenAlertError, Progress, StillActiveError, observe, resolve
from ev_rental.rules import RULES, RULES_BY_NAME, Dwell, Zone
from tests.functions.fleet import (
    ACCURACY,
    AIRBAG,
    CAR,
    IMPACT,
    LATITUDE,
    LONGITUDE,
    NOON,
    SOC,
    SPEED,
    STATES,
    TEMPERATURE,
    World,
    telemetry,
)

BATTERY = "Vehicle.Powertrain.TractionBattery"
CELLS = (f"{BATTERY}.CellVoltage.Min", f"{BATTERY}.CellVoltage.Max")
CURRENT = f"{BATTERY}.CurrentCurrent"
CHARGING = f"{BATTERY}.Charging.IsCharging"
LIMIT = f"{BATTERY}.Charging.ChargeLimit"
CABLE = f"{BATTERY}.Charging.ChargingPort.AnyPosition.IsChargingCableConnected"
TWELVE = "Vehicle.LowVoltageBattery.CurrentVoltage"
DOOR = "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"
G = 9.80665


def tyres(first: int, others: int | None = 250) -> dict[str, Any]:
    places = [(row, side) for row in (1, 2) for side in ("Left", "Right")]
    names = [f"Vehicle.Chassis.Axle.Row{row}.Wheel.{side}.Tire.Pressure" for row, side in places]
    return {names[0]: first} | ({} if others is None else dict.fromkeys(names[1:], others))


def flag(low: bool) -> dict[str, Any]:
    return {"Vehicle.Chassis.Axle.Row2.Wheel.Right.Tire.IsPressureLow": low}


def fix(latitude: float, longitude: float, accuracy: float | None = 8) -> dict[str, Any]:
    known = {} if accuracy is None else {ACCURACY: accuracy}
    return {LATITUDE: latitude, LONGITUDE: longitude} | known


def cells(low: float, high: float, current: float | None = 0) -> dict[str, Any]:
    return dict(zip(CELLS, (low, high), strict=True)) | ({} if current is None else {CURRENT: current})


def plugged(soc: float, *, charging: bool = False, cable: bool = True, limit: int = 80) -> dict[str, Any]:
    return {CABLE: cable, CHARGING: charging, SOC: soc, LIMIT: limit}


@dataclass(frozen=True)
class Case:
    """Leaves of one sample each. `raises`: asks to raise. `short`: just does not, from a standing start.
    `holds`: neither raises nor clears (an open alert stays). `clears`: ends it. `step`: seconds between
    samples."""

    rule: str
    raises: dict[str, Any]
    short: list[dict[str, Any]]
    clears: dict[str, Any]
    holds: list[dict[str, Any]] = field(default_factory=list)
    step: float = 30
    rental_state: str | None = None


SINGAPORE = fix(1.35, 103.82)
JOHOR = fix(1.55, 103.75)

CASES = [
    Case("battery_low", {SOC: 25}, [{SOC: 25.1}], {SOC: 30}, [{SOC: 29.9}, {SPEED: 9}]),
    Case("battery_unrentable", {SOC: 15}, [{SOC: 15.1}], {SOC: 20}, [{SOC: 19.9}]),
    Case("battery_hot", {TEMPERATURE: 60.1}, [{TEMPERATURE: 60}], {TEMPERATURE: 54}, [{TEMPERATURE: 56}]),
    Case(
        "cell_imbalance",
        cells(3.5, 3.75),
        [cells(3.5, 3.59), cells(3.5, 3.9, -20), cells(3.5, 3.9, None)],
        cells(3.5, 3.55),
        [cells(3.5, 3.59)],
    ),
    Case(
        "over_current",
        {CURRENT: -451},
        [{CURRENT: -450}, {CURRENT: 450}],
        {CURRENT: 429},
        [{CURRENT: -440}],
        step=5,
    ),
    Case("over_current", {CURRENT: 451}, [{CURRENT: 430}], {CURRENT: -429}, step=5),
    Case(
        "tyre_pressure",
        tyres(199),
        [tyres(200), tyres(205, None)],
        tyres(226),
        [tyres(225), tyres(250, None)],
    ),
    Case("tyre_pressure", flag(True), [flag(False)], tyres(240), [tyres(225), flag(False)]),
    Case(
        "low_voltage_battery",
        {TWELVE: 11.7, CHARGING: False},
        [{TWELVE: 11.8, CHARGING: False}, {TWELVE: 11.7, CHARGING: True}, {TWELVE: 11.7}],
        {TWELVE: 12.5, CHARGING: False},
        [{TWELVE: 12.4, CHARGING: False}],
    ),
    Case("collision", {IMPACT: -4.1 * G}, [{IMPACT: 4.0 * G}, {AIRBAG: False}], {IMPACT: 0}),
    Case("collision", {AIRBAG: True}, [{AIRBAG: False, IMPACT: 1}], {AIRBAG: False}),
    Case(
        "geofence",
        JOHOR,
        [SINGAPORE, fix(1.55, 103.75, 60_000), fix(1.4753, 103.85, None)],
        SINGAPORE,
        [fix(1.55, 103.75, 60_000)],
    ),
    Case(
        "charge_fault",
        plugged(50),
        [plugged(79.5), plugged(50, charging=True), plugged(50, cable=False), {CABLE: True, CHARGING: False}],
        plugged(50, charging=True),
        step=300,
    ),
    Case("moving_without_trip", {SPEED: 6}, [{SPEED: 5}], {SPEED: 0}, rental_state="available"),
    Case("moving_without_trip", {SPEED: -6}, [{SPEED: 5}], {SPEED: 0}, rental_state="reserved"),
    Case(
        "unlocked_while_available",
        {DOOR: False},
        [{DOOR: True}, {SPEED: 0}],
        {DOOR: True},
        rental_state="available",
    ),
]


class Drive:
    """One car of a fresh world, sample after sample."""

    def __init__(self, case: Case) -> None:
        self.case, self.world, self.count = case, World(), 0
        if case.rental_state:
            self.rent(case.rental_state)

    def rent(self, state: str) -> None:
        item = self.world.tables.tables[STATES].setdefault((CAR,), {"vehicle_id": {"S": CAR}})
        item["rental_state"] = {"S": state}

    def feel(self, leaves: dict[str, Any], times: int = 1) -> "Drive":
        for _ in range(times):
            self.count += 1
            self.world.process(telemetry(self.count * self.case.step, self.count, **leaves))
        return self

    @property
    def is_open(self) -> bool:
        return self.case.rule in self.world.open_rules()

    @property
    def alerts(self) -> list[dict[str, Any]]:
        return self.world.alerts(self.case.rule)


def needed(dwell: Dwell, step: float) -> int:
    """Samples, `step` seconds apart, until the dwell is over."""
    return max(dwell.samples, 1 + -int(-dwell.seconds // step))


by_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)


@by_case
def test_a_rule_raises_when_its_dwell_is_over_and_not_before(case: Case) -> None:
    rule, drive = RULES_BY_NAME[case.rule], Drive(case)
    samples = needed(rule.raise_after, case.step)
    assert not drive.feel(case.raises, samples - 1).is_open
    assert drive.feel(case.raises).is_open
    (alert,) = drive.alerts
    assert alert["status"] == {"S": "OPEN"}
    assert alert["open_severity"] == alert["severity"] == {"S": rule.severity}
    assert alert["raised_at"] == {"N": str(NOON + int(samples * case.step * 1000))}
    assert alert["alert_id"] == {"S": f"{case.rule}#{alert['raised_at']['N']}"}
    assert alert["occurrences"] == {"N": "1"}


@by_case
def test_a_rule_does_not_raise_just_short_of_its_threshold(case: Case) -> None:
    for leaves in case.short:
        assert not Drive(case).feel(leaves, 8).is_open


@by_case
def test_between_the_thresholds_an_open_alert_stays_and_a_streak_starts_anew(case: Case) -> None:
    rule = RULES_BY_NAME[case.rule]
    for leaves in case.holds:
        drive = Drive(case).feel(case.raises, needed(rule.raise_after, case.step))
        assert drive.feel(leaves, 8).is_open
    samples = needed(rule.raise_after, case.step)
    if samples > 1:
        drive = Drive(case).feel(case.raises, samples - 1).feel(case.clears).feel(case.raises, samples - 1)
        assert not drive.is_open


@by_case
def test_a_rule_clears_when_its_dwell_is_over_unless_it_is_latched(case: Case) -> None:
    rule = RULES_BY_NAME[case.rule]
    drive = Drive(case).feel(case.raises, needed(rule.raise_after, case.step))
    samples = needed(rule.clear_after, case.step)
    assert drive.feel(case.clears, samples - 1).is_open
    drive.feel(case.clears)
    assert drive.is_open == rule.latched
    if rule.latched:
        assert drive.feel(case.clears, 8).is_open
        return
    (alert,) = drive.alerts
    assert alert["status"] == {"S": "RESOLVED"}
    assert alert["resolved_by"] == {"S": "system"}
    assert alert["resolved_at"] == {"N": str(NOON + int(drive.count * case.step * 1000))}
    assert "open_severity" not in alert


@by_case
def test_an_open_alert_counts_each_new_occurrence_once(case: Case) -> None:
    rule = RULES_BY_NAME[case.rule]
    samples = needed(rule.raise_after, case.step)
    drive = Drive(case).feel(case.raises, samples + 3)
    assert drive.alerts[0]["occurrences"] == {"N": "1"}
    pause = case.clears if rule.latched else next(iter(case.holds), None)
    if pause is None or not (set(pause) & set(case.raises)):
        return
    drive.feel(pause).feel(case.raises, samples)
    (alert,) = drive.alerts
    assert alert["occurrences"] == {"N": "2"}


@by_case
def test_blocking_alerts_stand_in_the_vehicle_state_while_they_are_open(case: Case) -> None:
    rule = RULES_BY_NAME[case.rule]
    drive = Drive(case).feel(case.raises, needed(rule.raise_after, case.step))
    blocking = drive.world.state().get("blocking_alerts", {"SS": []})["SS"]
    assert (case.rule in blocking) == rule.blocking
    if rule.blocking and not rule.latched:
        drive.feel(case.clears, needed(rule.clear_after, case.step))
        assert case.rule not in drive.world.state().get("blocking_alerts", {"SS": []})["SS"]


def test_every_rule_of_the_table_has_a_case() -> None:
    assert {case.rule for case in CASES} | {"battery_heating"} == set(RULES_BY_NAME)


def heat(*samples: tuple[float, float]) -> World:
    world = World()
    for seq, (at, celsius) in enumerate(samples):
        world.process(telemetry(at, seq, **{TEMPERATURE: celsius}))
    return world


def test_a_fast_rise_of_temperature_raises_and_latches() -> None:
    assert heat((0, 25), (30, 30), (59, 35)).open_rules() == {"battery_heating"}
    assert heat((0, 25), (30, 35), (300, 35), (600, 34)).open_rules() == {"battery_heating"}


def test_a_slow_or_small_rise_of_temperature_raises_nothing() -> None:
    assert heat((0, 25), (30, 29), (55, 34.9)).open_rules() == set()
    assert heat((0, 25), (80, 33), (160, 41), (240, 49)).open_rules() == set()
    assert heat((0, 35), (30, 25)).open_rules() == set()


def test_a_late_collision_is_raised_although_newer_messages_were_applied() -> None:
    world = World()
    world.process(telemetry(100, 2, **{IMPACT: 0}))
    summary = world.process(telemetry(50, 1, **{IMPACT: 60}))
    assert summary.superseded == 1
    assert world.open_rules() == {"collision"}
    assert world.alerts()[0]["raised_at"] == {"N": str(NOON + 50_000)}


def test_a_collision_that_comes_again_is_not_counted_again() -> None:
    world, crash = World(), telemetry(50, 1, **{IMPACT: 60})
    for payload in (crash, telemetry(100, 2, **{IMPACT: 0}), crash, crash):
        world.process(payload)
    assert world.alerts()[0]["occurrences"] == {"N": "1"}


def test_collisions_are_told_to_the_dispatcher_without_a_rate_limit() -> None:
    world = World()
    world.process(telemetry(1, 1, **{IMPACT: 60}))
    assert world.alerts()[0]["rate_limited"] == {"BOOL": False}


def test_rules_on_the_rental_state_are_silent_without_one_and_while_a_rider_has_the_car() -> None:
    for state in (None, "on_trip", "a word nobody knows"):
        drive = Drive(Case("moving_without_trip", {}, [], {}, rental_state=state))
        drive.feel({SPEED: 60, DOOR: False}, 5)
        assert drive.world.open_rules() == set()
        if state:
            assert drive.world.state()["rental_state"] == {"S": state}


def test_a_trip_that_begins_ends_the_alert_of_moving_without_one() -> None:
    drive = Drive(Case("moving_without_trip", {}, [], {}, rental_state="available")).feel({SPEED: 30}, 2)
    assert drive.is_open
    drive.rent("on_trip")
    assert not drive.feel({SPEED: 30}, 2).is_open


def test_after_a_human_resolved_a_latched_alert_only_a_new_occurrence_raises_again() -> None:
    rule, progress = RULES_BY_NAME["collision"], Progress()
    observe(rule, progress, 1_000, 1, 9.0)
    observe(rule, progress, 2_000, 2, 0.0)
    change = resolve(CAR, rule.name, progress, at=5_000, by="maintenance:kim")
    assert (change.alert_id, change.resolved_at, change.created) == ("collision#0000000001000", 5_000, False)
    observe(rule, progress, 1_000, 1, 9.0)
    observe(rule, progress, 3_000, 3, 0.0)
    assert not progress.is_open
    observe(rule, progress, 4_000, 4, 9.0)
    assert progress.is_open
    assert progress.raised_at == 4_000


def test_an_alert_whose_newest_sample_still_asks_to_raise_is_resolved_only_by_force() -> None:
    rule, progress = RULES_BY_NAME["battery_hot"], Progress()
    observe(rule, progress, 1_000, 1, 80.0)
    with pytest.raises(StillActiveError, match="battery_hot"):
        resolve(CAR, rule.name, progress, at=5_000, by="kim")
    assert resolve(CAR, rule.name, progress, at=5_000, by="kim", force=True).resolved_by == "kim"
    with pytest.raises(NoOpenAlertError, match="battery_hot"):
        resolve(CAR, rule.name, progress, at=6_000, by="kim")


def test_episodes_are_bounded_and_the_oldest_grow_together() -> None:
    rule, progress = RULES_BY_NAME["collision"], Progress()
    for number in range(3 * MAX_EPISODES):
        observe(rule, progress, number * 10, number, 9.0 if number % 2 else 0.0)
    assert len(progress.episodes) == MAX_EPISODES
    assert progress.episodes == sorted(progress.episodes)
    before = progress.episodes[:]
    observe(rule, progress, 10, 1, 9.0)
    assert progress.episodes == before


def test_two_alerts_of_a_rule_never_share_a_millisecond() -> None:
    world = World()
    for seq, low in enumerate([True, False, True]):
        world.process(telemetry(0, seq, **(flag(low) if low else tyres(250))))
    assert len(world.alerts("tyre_pressure")) == 1
    world.process(telemetry(1, 9, **flag(True)))
    assert len(world.alerts("tyre_pressure")) == 2


def test_thresholds_that_overlap_and_impossible_rows_are_refused() -> None:
    soc, collision = RULES_BY_NAME["battery_low"], RULES_BY_NAME["collision"]
    for wrong in ({"clear_when": (">=", 25)}, {"clear_when": (">", 10)}, {"clear_when": ("<", 10)}):
        with pytest.raises(ValueError, match="battery_low"):
            replace(soc, **wrong)  # type: ignore[arg-type]  # a test's table of wrong values
    with pytest.raises(ValueError, match="human"):
        replace(collision, latched=False)
    with pytest.raises(ValueError, match="dwell"):
        replace(collision, raise_after=Dwell(samples=2))


def test_thresholds_belong_to_the_zone_that_the_table_says() -> None:
    for rule in RULES:
        assert (rule.zone(rule.raise_when[1]) is Zone.RAISE) == (rule.raise_when[0] in ("<=", ">="))
        assert (rule.zone(rule.clear_when[1]) is Zone.CLEAR) == (rule.clear_when[0] in ("<=", ">="))
