"""The rider API as a workload: the same variables and permissions that its function has."""

from dataclasses import dataclass

import pulumi

from components.containers.workload import ContainerImage, Workload, usual_copies
from components.foundation import Foundation
from components.markets import Region
from components.rental.access import RentalTables
from components.rental.commands import send_commands

NAME = "rider-api"


@dataclass(frozen=True)
class RiderApiArgs:
    """`tables` are of the foundation's Region, where the workload runs; `ingest_region` is where cars hear
    their commands. `pool_id` and `client_id` are of the rider pool, which is in `pool_region`."""

    foundation: Foundation
    tables: RentalTables
    ingest_region: Region
    pool_region: Region
    pool_id: pulumi.Input[str]
    client_id: pulumi.Input[str]
    image: ContainerImage | None
    writes_enabled: bool = True


def rider_api_workload(args: RiderApiArgs) -> Workload:
    """What ContainerPlatform runs. The image is that of containers/rider_api."""
    base, tables = args.foundation, args.tables
    minimum, maximum = usual_copies(base.production)
    return Workload(
        name=NAME,
        image=args.image,
        environment={
            **tables.environment(
                NAME,
                market=base.market,
                tables_region=base.region,
                writes_enabled=args.writes_enabled,
            ),
            "AWS_REGION": str(base.region),
            "IOT_REGION": str(args.ingest_region),
            "TOKEN_ISSUER": pulumi.Output.concat(
                "https://cognito-idp.", str(args.pool_region), ".amazonaws.com/", args.pool_id
            ),
            "TOKEN_CLIENT_ID": args.client_id,
        },
        statements=[
            *tables.read(),
            tables.read_state(),
            tables.write(),
            tables.write_state(),
            send_commands(base.topics, args.ingest_region, base.account_id),
        ],
        minimum=minimum,
        maximum=maximum,
    )
