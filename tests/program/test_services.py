"""Every service of the platform is there when its switch is on, in a component that a test holds."""

import pytest

from tests.program.services import PAGE, SERVICES, Service, components_of, full_graphs, held_by, page


def test_prod_previews_with_every_switch_on() -> None:
    for graph in full_graphs():
        assert [d.message for d in graph.diagnostics if d.severity == "error"] == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_each_service_is_in_a_component_and_a_test_holds_it(service: Service) -> None:
    assert components_of(service), service.type
    assert held_by(service), service.type


def test_the_page_of_services_is_written_from_the_graph() -> None:
    assert PAGE.read_text() == page(), "run `python -m tests.program.services`"
