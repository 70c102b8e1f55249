"""The tables of the development server against those of the program."""

from local.demo.tables import NAMES, TABLES
from tests.program.graphs import graphs


def test_the_tables_have_the_keys_of_the_programs() -> None:
    programs = []
    for resource in graphs()["dev"].resources.values():
        if resource.type == "aws:dynamodb/table:Table":
            inputs = resource.inputs
            keys = tuple(inputs[name] for name in ("hashKey", "rangeKey") if inputs.get(name))
            indexes = {
                index["name"]: tuple(part["attributeName"] for part in index["keySchemas"])
                for index in inputs.get("globalSecondaryIndexes", ())
            }
            programs.append((keys, indexes))
    for name in NAMES.__struct_fields__:
        table = TABLES[getattr(NAMES, name)]
        assert (table.keys, dict(table.indexes)) in programs, name
