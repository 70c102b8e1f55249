"""One batch of stream records: decode, fold per vehicle, write, and say from where to try again."""

import binascii
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
)

from ev_rental.alerts import AlertChange
from ev_rental.decoding import RejectError, decode
from ev_rental.folding import Message, fold, in_order
from ev_rental.geofence import Geofence
from ev_rental.rules import RULES_BY_NAME
from ev_rental.sampling import Sample
from ev_rental.signals import Surroundings
from ev_rental.vehicle import Vehicle
from ev_rental.vocabulary import Market, RejectReason, Severity
from telemetry_processor.items import fingerprint, vehicle_from
from telemetry_processor.rejected import RejectedRecord, RejectedRecords
from telemetry_processor.samples import BATCH_PUTS, Samples
from telemetry_processor.store import OvertakenError, Store

MAX_FOLDS: Final = 4
"""How often a vehicle is folded anew because somebody else wrote it in between."""
_AWS_ERRORS: Final = (ClientError, BotoCoreError)

Problem = Callable[[str, str, Exception], None]
"""Told (what failed, of which vehicle or key, the error)."""


@dataclass(slots=True)
class Summary:
    """What became of a batch: every record is counted once under applied, superseded, rejected or failed.

    `samples_dropped`: gaps in charts, and nothing else; no record is tried again for one.
    """

    applied: int = 0
    superseded: int = 0
    failed: int = 0
    rejected: Counter[RejectReason] = field(default_factory=Counter)
    alerts_raised: Counter[Severity] = field(default_factory=Counter)
    alerts_cleared: int = 0
    samples_kept: int = 0
    samples_dropped: int = 0
    retry_from: str | None = None

    @property
    def response(self) -> dict[str, list[dict[str, str]]]:
        """The partial batch response. Lambda tries again from the lowest sequence number named, later
        records of other vehicles included; those were written already and change nothing."""
        failures = [] if self.retry_from is None else [{"itemIdentifier": self.retry_from}]
        return {"batchItemFailures": failures}


@dataclass(slots=True)
class _Work:
    """One vehicle's part of a batch."""

    vehicle_id: str
    messages: list[Message] = field(default_factory=list)
    sequence_numbers: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Done:
    work: _Work
    failed: bool = False
    applied: int = 0
    superseded: int = 0
    changes: list[AlertChange] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


class Processor:
    """Everything a batch needs; made once and used for many batches."""

    def __init__(
        self,
        *,
        market: Market,
        fence: Geofence,
        store: Store,
        rejected: RejectedRecords,
        writers: Executor,
        on_problem: Problem,
        samples: Samples | None = None,
    ) -> None:
        """`samples`: where one a vehicle and minute is kept, None where nobody looks at them."""
        self._market = market
        self._fence = fence
        self._store = store
        self._rejected = rejected
        self._on_problem = on_problem
        self._writers = writers
        self._samples = samples

    def process(self, records: Sequence[Mapping[str, Any]]) -> Summary:
        """`records`: of a Kinesis event, all of one shard, in its order."""
        summary = Summary()
        works, rejects = self._decode(records)
        retry = self._keep(rejects, summary)
        samples: list[Sample] = []
        for done in self._write(works):
            samples += done.samples
            if done.failed:
                summary.failed += len(done.work.messages)
                retry += done.work.sequence_numbers
            else:
                summary.applied += done.applied
                summary.superseded += done.superseded
            for change in done.changes:
                if change.created:
                    summary.alerts_raised[RULES_BY_NAME[change.rule].severity] += 1
                if change.resolved_at is not None:
                    summary.alerts_cleared += 1
        self._keep_samples(samples, summary)
        summary.retry_from = min(retry, key=int, default=None)
        return summary

    def _decode(self, records: Iterable[Mapping[str, Any]]) -> tuple[list[_Work], list[RejectedRecord]]:
        works: dict[str, _Work] = {}
        rejects = []
        for record in records:
            kinesis = record["kinesis"]
            sequence_number = kinesis["sequenceNumber"]
            try:
                message = decode(_payload(kinesis["data"]), self._market)
            except RejectError as reject:
                rejects.append(
                    RejectedRecord(
                        shard_id=record["eventID"].partition(":")[0],
                        sequence_number=sequence_number,
                        partition_key=kinesis["partitionKey"],
                        approximate_arrival_timestamp=kinesis["approximateArrivalTimestamp"],
                        reason=reject.reason,
                        detail=reject.detail,
                        data=kinesis["data"],
                    )
                )
                continue
            vehicle_id = message.topic_vehicle_id
            work = works.get(vehicle_id)
            if work is None:
                work = works[vehicle_id] = _Work(vehicle_id)
            work.messages.append(message)
            work.sequence_numbers.append(sequence_number)
        return list(works.values()), rejects

    def _keep(self, rejects: list[RejectedRecord], summary: Summary) -> list[str]:
        """Keeps the rejects; answers the sequence numbers to try again."""
        if not rejects:
            return []
        try:
            self._rejected.keep(rejects)
        except _AWS_ERRORS as error:
            self._on_problem("rejected records could not be kept", rejects[0].sequence_number, error)
            summary.failed += len(rejects)
            return [reject.sequence_number for reject in rejects]
        summary.rejected.update(reject.reason for reject in rejects)
        return []

    def _keep_samples(self, samples: list[Sample], summary: Summary) -> None:
        """After the states, and never instead of them: what cannot be kept is counted and let go."""
        if self._samples is None or not samples:
            return
        parts = [samples[start : start + BATCH_PUTS] for start in range(0, len(samples), BATCH_PUTS)]
        dropped = sum(self._writers.map(partial(self._keep_some, self._samples), parts))
        summary.samples_dropped += dropped
        summary.samples_kept += len(samples) - dropped

    def _keep_some(self, table: Samples, samples: list[Sample]) -> int:
        try:
            return table.keep(samples)
        except _AWS_ERRORS as error:
            self._on_problem("samples could not be kept", samples[0].vehicle_id, error)
            return len(samples)

    def _write(self, works: list[_Work]) -> Iterable[_Done]:
        if not works:
            return []
        try:
            stored = self._store.load_many(work.vehicle_id for work in works)
        except _AWS_ERRORS as error:
            self._on_problem("vehicle states could not be read", works[0].vehicle_id, error)
            return [_Done(work, failed=True) for work in works]
        # Writes wait for the network side by side: the client is safe to share between threads.
        return self._writers.map(lambda work: self._write_one(work, stored.get(work.vehicle_id)), works)

    def _write_one(self, work: _Work, item: Mapping[str, Any] | None) -> _Done:
        done = _Done(work)
        if item is None:
            self._on_problem("vehicle state was not read", work.vehicle_id, TimeoutError("unprocessed keys"))
            done.failed = True
            return done
        try:
            self._fold_and_save(done, vehicle_from(work.vehicle_id, item))
        except (*_AWS_ERRORS, OvertakenError) as error:
            self._on_problem("vehicle could not be written", work.vehicle_id, error)
            done.failed = True
        except Exception as error:  # reason: a fault in one car's data must not hold up the others
            self._on_problem("vehicle could not be folded", work.vehicle_id, error)
            done.failed = True
        return done

    def _fold_and_save(self, done: _Done, vehicle: Vehicle) -> None:
        messages = in_order(done.work.messages)
        folds_left = MAX_FOLDS
        while messages:
            before = fingerprint(vehicle)
            result = fold(vehicle, messages, Surroundings(self._fence, vehicle.rental_state))
            if fingerprint(vehicle) != before:
                try:
                    self._store.save(vehicle, result.changes.values())
                except OvertakenError:
                    folds_left -= 1
                    if not folds_left:
                        raise
                    vehicle = self._store.load(vehicle.vehicle_id)
                    continue
                vehicle.revision += 1
            done.applied += result.applied
            done.superseded += result.superseded
            done.changes += result.changes.values()
            done.samples += result.samples
            messages = messages[result.taken :]


def _payload(data: str) -> bytes:
    try:
        return binascii.a2b_base64(data)
    except ValueError:  # binascii.Error is one, and so is text beyond ASCII
        raise RejectError(RejectReason.MALFORMED, "not base64") from None
