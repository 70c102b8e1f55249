"""The program of every stack: settings -> components -> exports."""

from pathlib import Path

import pulumi

from components.foundation import create_providers, lay_foundations
from components.settings import NAMESPACE, load_settings
from components.stack_files import read_stack_files
from composition.analytics import open_analytics
from composition.backoffice import open_backoffice, publish_pages
from composition.containers import open_containers
from composition.data import lay_data
from composition.delivery import open_delivery, prepare_releases, try_out_releases
from composition.edge import open_edge
from composition.governance import govern
from composition.hub import join_hub
from composition.maintenance import open_maintenance
from composition.networks import lay_networks
from composition.operations import Market, watch
from composition.rental import open_rental
from composition.shield import raise_shield


def main() -> None:
    """Build the stack that is selected."""
    files = read_stack_files(Path(__file__).parent)
    settings = load_settings(pulumi.Config(NAMESPACE).get, pulumi.get_stack(), files)
    providers = create_providers(settings)
    prepared = prepare_releases(settings, providers)
    regions = lay_foundations(settings, providers, prepared.rules)
    networks = lay_networks(settings, regions)
    hub = join_hub(settings, regions, networks, files)
    data = lay_data(settings, regions)
    rental = open_rental(settings, regions, data)
    analytics = open_analytics(settings, regions, networks, rental)
    backoffice = open_backoffice(settings, regions, hub, data, rental, analytics)
    maintenance = open_maintenance(settings, regions, hub, data, rental, backoffice.table)
    open_edge(settings, regions, hub, rental, backoffice)
    pages = publish_pages(settings, regions, hub, backoffice)
    raise_shield(settings, regions, hub, pages)
    images = open_delivery(settings, regions, hub, prepared.boundary_arn)
    open_containers(settings, regions, hub, networks, data, rental, images)
    watch(settings, regions, Market(hub, networks, data, rental, maintenance.delay))
    govern(settings, regions, files, rental, pages)
    try_out_releases(settings, regions, prepared.releases)

    telemetry = rental.pipelines[regions.ingest.region]
    service = rental.services[regions.primary.region]
    pulumi.export("market", str(settings.market))
    pulumi.export("telemetryStreamArn", telemetry.ingest.stream_arn)
    pulumi.export("telemetryLakeBucket", telemetry.lake.bucket.bucket_name)
    pulumi.export("provisioningTemplate", telemetry.devices.provisioning_template_name)
    pulumi.export("vehicleStateTable", data.state.vehicle_state.name)
    pulumi.export("alertsTable", data.state.alerts.name)
    pulumi.export("rentalTable", data.rental.table.name)
    pulumi.export("eventBus", service.bus.bus_name)
    pulumi.export("riderApiUrl", f"https://{hub.names.api}")
    pulumi.export("mqttEndpoint", hub.names.mqtt)
    pulumi.export("riderPoolId", rental.riders.pool_id)
    pulumi.export("riderAppClientId", rental.riders.client_id)
    pulumi.export("lakeDatabase", analytics.catalog.database_name)
    pulumi.export("athenaWorkgroup", analytics.workgroup.workgroup_name)
    pulumi.export("analystPolicyArn", analytics.reader_policy_arn)
    pulumi.export("vpcId", networks.primary.vpc_id)


main()
