"""`ev capacity` as a user sees it."""

import json

import pytest

from cli.main import main


def test_the_report_fits_80_columns_and_names_what_bites_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capacity"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "5,000 cars: rider API at once." in out
    assert out.index("5,000 cars: rider API") < out.index("100,000 cars: IoT Core publishes")


def test_the_document_has_every_fleet_and_the_order_of_bites(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["capacity", "--json", "--cars", "9,8,7,6,1000000", "--market", "my"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [fleet["cars"] for fleet in document["fleets"]] == [6, 7, 8, 9, 1_000_000]
    cars = [bite["cars"] for bite in document["bites"]]
    assert cars == sorted(cars)
    publishes = next(limit for limit in document["fleets"][0]["limits"] if "publishes" in limit["name"])
    assert publishes["allowed"] == 2_000  # Malaysia's Region is a small one


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--cars", "many"], "'many'"),
        (["--cars", "0"], "'0'"),
        (["--cars", "1,2,3,4,5"], "--json"),
        (["--market", "mars"], "sg"),
        (["--interval", "0"], "3600"),
    ],
)
def test_bad_usage_names_the_value_and_the_way_out(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["capacity", *arguments]) == 2
    assert says in capsys.readouterr().err
