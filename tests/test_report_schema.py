"""The published schema describes what is written."""

from __future__ import annotations

import json

import jsonschema
import msgspec
import pytest
import report_cards as cards

from grader.report import scorecard_schema


def test_the_schema_is_itself_valid_and_says_which_draft_it_is() -> None:
    schema = scorecard_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"] == "grader/scorecard/v1"
    jsonschema.Draft202012Validator.check_schema(schema)
    json.dumps(schema)


@pytest.mark.parametrize("card", cards.roster(), ids=lambda card: card.id)
def test_every_card_fits_the_schema(card) -> None:
    jsonschema.Draft202012Validator(scorecard_schema()).validate(
        json.loads(msgspec.json.encode(card))
    )


def test_a_verdict_that_does_not_exist_does_not_fit() -> None:
    record = msgspec.to_builtins(cards.mixed())
    record["exercises"][0]["targets"][0]["verdict"] = "splendid"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(scorecard_schema()).validate(record)
