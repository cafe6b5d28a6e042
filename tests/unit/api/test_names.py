"""How the API names a model's version."""

import pytest

from cerebras_deploy.api.names import ModelName


class TestNames:
    def test_a_name_reads_and_writes_the_same(self) -> None:
        name = ModelName("my-org", "llama-3.3-70b", "production")

        assert ModelName.parse("orgs/my-org/models/llama-3.3-70b/versions/production") == name
        assert ModelName.parse(str(name)) == name

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "2",
            "gpt-oss-120b",
            "orgs/o/models/a",
            "orgs/o/models/a/versions/",
            "orgs//models/a/versions/2",
            "orgs/o/models/a/versions/2/",
            "/orgs/o/models/a/versions/2",
            "Orgs/o/models/a/versions/2",
            "orgs/../models/a/versions/2",
            "orgs/o/models/a b/versions/2",
            "orgs/o/models/a/versions/2\n",
            "orgs/o/models/a/versions/2?x",
        ],
    )
    def test_anything_else_is_no_name(self, text: str) -> None:
        assert ModelName.parse(text) is None
