"""Certificates of ACM, proven by DNS and renewed by AWS as long as the proof stands."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.edge.dns import TTL_SECONDS, DnsName
from components.tags import Tags

MAX_NAMES = 10  # ACM's quota of names a certificate, which can be raised


@dataclass(frozen=True)
class CertificateArgs:
    """`names`: the first is the certificate's own. `dns_provider` may change their zones.

    `proven_by` is a certificate of the same account, in another Region, that has some of the names too: ACM
    asks an account for the same record in each Region, so the second certificate uses what the first has
    made; two resources for one record would delete it under each other.
    """

    names: tuple[DnsName, ...]
    dns_provider: pulumi.ProviderResource
    tags: Tags
    proven_by: "Certificate | None" = None

    def __post_init__(self) -> None:
        plain = [name.name for name in self.names]
        if not 1 <= len(plain) <= MAX_NAMES:
            raise ValueError(f"a certificate for {len(plain)} names: ACM takes 1 to {MAX_NAMES}")
        if len(set(plain)) != len(plain):
            raise ValueError(f"a certificate for {', '.join(plain)}: leave out the name that is there twice")


class Certificate(pulumi.ComponentResource):
    """The certificate, its proof, and the wait until it is issued. `arn` is known only then."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CertificateArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bluehorizons:edge:Certificate", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        first, *others = args.names
        certificate = aws.acm.Certificate(
            f"{name}-certificate",
            aws.acm.CertificateArgs(
                domain_name=first.name,
                subject_alternative_names=[other.name for other in others],
                validation_method="DNS",
                tags=args.tags,
            ),
            opts=child,
        )
        self.proofs: dict[str, pulumi.Output[str]] = dict(args.proven_by.proofs) if args.proven_by else {}
        for at in args.names:
            if at.name not in self.proofs:
                self.proofs[at.name] = _proof(name, at, certificate, args.dns_provider, self)
        issued = aws.acm.CertificateValidation(
            f"{name}-issued",
            aws.acm.CertificateValidationArgs(
                certificate_arn=certificate.arn,
                validation_record_fqdns=[self.proofs[at.name] for at in args.names],
            ),
            opts=child,
        )
        self.arn = issued.certificate_arn
        self.register_outputs({"arn": self.arn})


def _proof(
    name: str,
    at: DnsName,
    certificate: aws.acm.Certificate,
    dns_provider: pulumi.ProviderResource,
    parent: pulumi.Resource,
) -> pulumi.Output[str]:
    # ACM answers with a set: the option is found by its name, not by its place.
    option = certificate.domain_validation_options.apply(
        lambda options: next(option for option in options if option.domain_name == at.name)
    )
    record = aws.route53.Record(
        f"{name}-{at.name}-proof",
        aws.route53.RecordArgs(
            zone_id=at.zone_id,
            name=option.apply(lambda known: known.resource_record_name or ""),
            type=option.apply(lambda known: known.resource_record_type or ""),
            records=[option.apply(lambda known: known.resource_record_value or "")],
            ttl=TTL_SECONDS,
        ),
        opts=pulumi.ResourceOptions(parent=parent, provider=dns_provider),
    )
    return record.fqdn
