"""Where a delivery stream's records go, and what happens to them on the way."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Self

from local.aws.firehose.object_names import check_prefix
from local.aws.firehose.partition_query import PartitionQuery

_MIB: Final = 1_048_576
_S3: Final = frozenset({"S3Destination", "ExtendedS3Destination"})


@dataclass(frozen=True)
class Destination:
    """`kind` such as `ExtendedS3Destination`; `settings`: as CreateDeliveryStream has them."""

    kind: str
    settings: Mapping[str, Any]

    @classmethod
    def of(cls, stream: Mapping[str, Any]) -> Self:
        """That of a stream."""
        return cls(stream["kind"], stream["destination"])

    def check(self) -> None:
        """Raises ValueError for what cannot be, or is not emulated."""
        if self.kind not in _S3 and not self.s3:
            raise ValueError(f"{self.kind} without an S3 configuration")
        keys = self.query.names if self.query else frozenset()
        check_prefix(self.s3.get("Prefix") or "", keys)
        check_prefix(self.s3.get("ErrorOutputPrefix") or "", frozenset(), of_errors=True)
        if self.s3.get("CompressionFormat") not in {None, "UNCOMPRESSED", "GZIP"}:
            raise ValueError(f"CompressionFormat {self.s3['CompressionFormat']} is not emulated: use GZIP")

    @property
    def s3(self) -> Mapping[str, Any]:
        """The settings of its objects."""
        if self.kind in _S3:
            return self.settings
        found: Mapping[str, Any] = self.settings.get("S3Configuration") or {}
        return found

    @property
    def bucket(self) -> str:
        """The name of the bucket."""
        return str(self.s3["BucketARN"]).split(":")[-1]

    @property
    def zipped(self) -> bool:
        """Whether objects are compressed."""
        return self.s3.get("CompressionFormat") == "GZIP"

    @property
    def hints(self) -> tuple[float, int]:
        """(seconds, bytes) after which a buffer is put."""
        hints = self.s3.get("BufferingHints") or {}
        size, seconds = hints.get("SizeInMBs"), hints.get("IntervalInSeconds")
        return (300 if seconds is None else seconds), (5 if size is None else size) * _MIB

    @property
    def converts(self) -> bool:
        """Whether AWS would write another format than it gets."""
        conversion = self.settings.get("DataFormatConversionConfiguration") or {}
        return bool(conversion) and conversion.get("Enabled", True) is not False

    @cached_property
    def query(self) -> PartitionQuery | None:
        """What takes the keys of partitions from a record. Raises ValueError."""
        processors = self._processors
        if unknown := set(processors) - {"MetadataExtraction", "AppendDelimiterToRecord"}:
            raise ValueError(f"the processor {', '.join(sorted(unknown))} is not emulated")
        extraction = processors.get("MetadataExtraction")
        return PartitionQuery(extraction["MetadataExtractionQuery"]) if extraction else None

    @property
    def delimiter(self) -> bytes:
        """What each record ends with."""
        if self.converts:
            return b"\n"
        processor = self._processors.get("AppendDelimiterToRecord")
        return b"" if processor is None else processor.get("Delimiter", "\\n").replace("\\n", "\n").encode()

    @property
    def _processors(self) -> dict[str, dict[str, str]]:
        processing = self.settings.get("ProcessingConfiguration") or {}
        if not processing.get("Enabled"):
            return {}
        return {
            one["Type"]: {
                each["ParameterName"]: each["ParameterValue"] for each in one.get("Parameters") or ()
            }
            for one in processing.get("Processors") or ()
        }

    def described(self) -> dict[str, Any]:
        """As DescribeDeliveryStream shows it."""
        shown = {"CompressionFormat": "UNCOMPRESSED", **self.settings}
        shown.setdefault("EncryptionConfiguration", {"NoEncryptionConfig": "NoEncryption"})
        for name, there in (
            ("S3Configuration", "S3DestinationDescription"),
            ("S3BackupConfiguration", "S3BackupDescription"),
        ):
            if name in shown:
                shown[there] = shown.pop(name)
        return shown
