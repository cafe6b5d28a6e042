"""What an answer is judged to be."""

import time

import pytest

from cerebras_deploy.api.completion import Completion, Message
from cerebras_deploy.decide.question import Judgment, Question, asking, judge

CAPITAL = Question(asking("What is the capital of France?"))
PARIS = CAPITAL._replace(contains=("Paris",))


def ended(content: str, finish_reason: str | None) -> Completion:
    return Completion.model_validate({"choices": [{"message": {"content": content}, "finish_reason": finish_reason}]})


@pytest.mark.parametrize("reason", ["stop", "length", "content_filter", None])
def test_an_answer_that_lacks_nothing_is_good(reason: str | None) -> None:
    assert judge(PARIS, ended("It is PARIS.", reason), 0.5) == Judgment("passed")
    assert judge(CAPITAL._replace(expect="P"), ended("Paris", reason), 0.5, {"P"}) == Judgment("passed")


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [("stop", "failed"), ("length", "unanswered"), ("tool_calls", "unanswered"), (None, "unanswered")],
)
@pytest.mark.parametrize("text", ["", " \n", "\u200b\ufeff\u2060", "\u200d \u00ad", "\u2800\u3164"])
@pytest.mark.parametrize("question", [CAPITAL, PARIS, CAPITAL._replace(contains=("\n",))])
def test_an_empty_one_is_never_good_and_bad_only_if_the_model_ended_it(
    question: Question, text: str, reason: str | None, verdict: str
) -> None:
    judged = judge(question, ended(text, reason), 0.5)

    assert judged.verdict == verdict
    assert judged.reason.startswith(f"the answer is empty ({f'finish_reason `{reason}`' if reason else 'no'}")


CUT_OFF = [
    "length",
    "content_filter",
    "max_tokens",
    "tool_calls",
    "abort",
]  # words for it, and words for who knows what


@pytest.mark.parametrize(
    ("reason", "verdict"), [("stop", "failed"), (None, "failed"), *((word, "unanswered") for word in CUT_OFF)]
)
def test_one_that_was_cut_off_before_it_matched_says_nothing(reason: str | None, verdict: str) -> None:
    lacking = judge(PARIS._replace(most_latency=0.1), ended("The capital of", reason), 0.5)
    unmatched = judge(CAPITAL._replace(expect="Paris"), ended("The capital of", reason), 0.5)

    assert [(one.verdict, one.is_late) for one in (lacking, unmatched)] == [(verdict, False)] * 2
    assert lacking.reason.startswith('the answer doesn\'t contain "Paris"')
    assert unmatched.reason.startswith("the answer doesn't match `Paris`")


@pytest.mark.parametrize(("latency", "verdict"), [(2.0, "passed"), (2.01, "failed")])
def test_one_that_took_longer_than_allowed_is_late(latency: float, verdict: str) -> None:
    judged = judge(PARIS._replace(most_latency=2), ended("Paris", "stop"), latency)

    assert (judged.verdict, judged.is_late) == (verdict, verdict == "failed")


@pytest.mark.parametrize(("text", "verdict"), [("It is PARIS.", "passed"), ("paname", "passed"), ("Lyon", "failed")])
def test_any_of_several_texts_is_enough(text: str, verdict: str) -> None:
    either = CAPITAL._replace(contains=("Paris", "Paname"))

    judged = judge(either, ended(text, "stop"), 0.5)

    assert judged.verdict == verdict
    assert not judged.reason or judged.reason == 'the answer doesn\'t contain "Paris" or "Paname"'


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        ("100 km", "about 100\u202fkm"),
        ("100\u00a0km", "about 100 km"),
        ("100 km", "about 100\n  km"),
        ("100  km", "about 100\tkm"),
        ("São Paulo", "Sa\u0303o Paulo"),
        ("Sa\u0303o Paulo", "SÃO\u2009PAULO"),
        ("well-known", "a well\u2011known one"),
        ("well\u2010known", "a well-known one"),
        ("straße", "STRASSE"),
        ("ﬁne", "Fine"),
        ("東京都", "東京都" * 1000),
        (" km", "100\u00a0km"),
        ("Par\u200bis", "It's Paris."),
        ("Paris", "It's Par\u00ad\u034fis."),
        ("one two", "one\r\ntwo"),
    ],
    ids=ascii,
)
def test_how_blanks_accents_and_hyphens_are_encoded_makes_no_difference(wanted: str, text: str) -> None:
    assert judge(CAPITAL._replace(contains=(wanted,)), ended(text, "stop"), 0.5) == Judgment("passed")


@pytest.mark.parametrize(
    ("wanted", "text"), [("100 km", "100km"), ("Sao", "São"), ("well-known", "well known"), (" km", "100km")]
)
def test_a_blank_an_accent_or_a_hyphen_too_few_does(wanted: str, text: str) -> None:
    assert judge(CAPITAL._replace(contains=(wanted,)), ended(text, "stop"), 0.5).verdict == "failed"


def test_an_answer_of_marks_that_are_hard_to_put_in_order_takes_no_longer() -> None:
    began = time.process_time()

    judge(PARIS, ended("a" + "\u0315\u0300" * 100_000, "stop"), 0.5)  # would take half a minute as one text

    assert time.process_time() - began < 5


def test_of_very_many_texts_three_are_told() -> None:
    many = CAPITAL._replace(contains=("a1", "b1", "c1", "d1"))

    assert judge(many, ended("x", "stop"), 0.5).reason == 'the answer doesn\'t contain "a1" or "b1" or "c1" or others'


POLITE = "(?i)as an AI"


@pytest.mark.parametrize("reason", CUT_OFF)
@pytest.mark.parametrize("question", [CAPITAL, PARIS, CAPITAL._replace(expect="Paris")])
def test_one_that_was_cut_off_may_yet_have_had_what_must_not_be_in_it(question: Question, reason: str) -> None:
    polite = question._replace(reject=POLITE, most_latency=0.1)

    assert judge(polite, ended("Paris", reason), 0.5, {"Paris"}) == Judgment(
        "unanswered", f"`{POLITE}` is not in the answer so far, and it was cut off (finish_reason `{reason}`)"
    )


@pytest.mark.parametrize("reason", ["stop", *CUT_OFF])
def test_one_with_what_must_not_be_in_it_is_bad_even_if_it_was_cut_off(reason: str) -> None:
    polite = PARIS._replace(reject=POLITE)

    assert judge(polite, ended("Paris", "stop"), 0.5) == Judgment("passed")
    assert judge(polite, ended("Paris, as an AI", reason), 0.5, {POLITE}) == Judgment(
        "failed", "`(?i)as an AI` is in the answer"
    )


def test_what_is_asked_is_the_last_message_and_what_is_matched_are_both_expressions() -> None:
    question = Question((Message("system", "Be brief."), Message("user", "Hi")), expect="a", reject="b")

    assert (question.prompt, question.expressions, CAPITAL.expressions) == ("Hi", ("a", "b"), ())
