"""The exercise checker, on blank, right and plausibly wrong answers."""

import importlib
import json
import math
import pkgutil
import re
import time
from dataclasses import replace
from fractions import Fraction

import nbformat
import numpy as np
import pytest
import sympy
from lab import ROOT
from liquidation import Crowd, OrderBook, linear, liquidate, liquidation_price, pro_rata, queue, run_cascade
from liquidation.course import author, questions
from liquidation.course.check import Exercise
from liquidation.course.grading import marks, probe, values
from liquidation.course.question import (
    LOOKS,
    Design,
    Expression,
    Function,
    Number,
    Outcome,
    Part,
    Rule,
    Word,
    is_blank,
)  # fmt: skip
from nbclient import NotebookClient

FIRST, SECOND = "01_open_a_leveraged_position", "02_derive_the_liquidation_price"
THIRD, FOURTH = "03_climb_the_risk_limit_tiers", "04_choose_a_margin_mode"
FIFTH, SEVENTH = "05_walk_the_liquidation_steps", "07_meet_auto_deleveraging"
SIXTH, EIGHTH = "06_fill_the_insurance_fund", "08_watch_a_cascade"
NINTH, TENTH, ELEVENTH = "09_stay_out_of_liquidation", "10_count_the_odds", "11_compare_the_venues"
TWELFTH = "12_check_your_own_position"
MODULES = [
    (module.name, importlib.import_module(f"{questions.__name__}.{module.name}"))
    for module in pkgutil.iter_modules(questions.__path__)
]
QUESTIONS = [
    pytest.param(question, id=f"{module.NUMBER}.{number}")
    for name, module in MODULES
    for number, question in enumerate(Exercise(f"{module.NUMBER}_{name}").questions, 1)
]
letters = linear.liquidation_price_by_leverage.symbols
E, L, m = letters["entry_price"], letters["leverage"], letters["maintenance_margin_rate"]
letters = linear.liquidation_price_mark_basis.symbols
n, c, M, A = (letters[x] for x in ("quantity", "contract_size", "position_margin", "maintenance_amount"))


@pytest.mark.parametrize("question", QUESTIONS)
def test_three_dots_are_not_attempted_and_every_question_has_three_hints(question):
    assert question.judge(...).outcome is Outcome.NOT_ATTEMPTED
    assert len(question.hints) == len(set(question.hints)) == 3 and question.praise
    for hint in (*question.hints, question.praise):
        assert hint[0] == hint[0].upper() or len(hint.split()[0]) == 1, "a sentence, or a letter of a formula"
        assert hint[-1] in ".?)" and "  " not in hint
    assert len(question.hints[0]) < 160, "a nudge is short"


def numbers(text):
    """The numbers that stand in a text, without the names of questions and lessons."""
    text = re.sub(r"(question|lesson|step|tier|crowd)s? \d+( to \d+)?", "", text)
    return {float(found.replace(",", "")) for found in re.findall(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?!\w)", text)}


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_hint_gives_the_answer_away(question):
    """The last hint leaves the last operation to the reader; the first one gives no number of the answer at all."""
    nudge, way, nearly = question.hints
    if isinstance(question, Word):
        assert not any(re.search(rf"\b{re.escape(question.answer)}\b", hint) for hint in question.hints)
    if isinstance(question, Number):
        for hint in (nudge, way, nearly):
            near = [x for x in numbers(hint) if abs(x - abs(question.answer)) <= question.within]
            assert not near or abs(question.answer) < 10, hint  # small numbers stand for other things, too
        assert not {round(abs(float(question.answer)), 6)} & numbers(nudge)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_named_slip_is_recognized(question):
    """A slip that is told apart neither from the right answer nor from another slip teaches nothing."""
    if isinstance(question, (Design, Rule)):
        return
    if isinstance(question, Word):
        for wrong, because in question.options.items():
            assert question.judge(wrong).message == because
        assert question.judge(question.answer.upper()).outcome is Outcome.RIGHT
        return
    for because, slip in question.slips.items():
        if isinstance(question, Expression):
            slip = slip(question.answer.symbols)
        verdict = question.judge(slip)
        assert verdict.outcome is Outcome.NOT_YET and verdict.message == because


# Wrong answers as a learner would type them, computed here and not from the question's own list.
WRONG = [
    (FIRST, 1, 30 * 2_000, "each contract is only 0.01 ETH"),
    (FIRST, 1, "600", "'600' is not a number"),
    (FIRST, 1, 601, "601 USDT lies a little above the right number"),
    (FIRST, 1, 620, "620 USDT lies above the right number"),
    (FIRST, 3, -20, "-20 USDT lies farther from zero than the right number"),
    (FIRST, 3, -17.5, "-17.5 USDT lies nearer to zero than the right number"),
    (FIRST, 3, 25, "25 USDT lies on the wrong side of zero"),
    (SIXTH, 2, 1.5, "the right size with the other sign"),
    (SIXTH, 2, -1.6, "-1.6 USDT lies farther from zero than the right number"),
    (SIXTH, 6, 11, "11 percent is right but for rounding: give one decimal"),
    (TENTH, 6, 67, "67 percent is right but for rounding: give one decimal"),
    (TENTH, 6, 66, "66 percent is right but for rounding: give one decimal"),
    (TENTH, 6, 60, "60 percent lies below the right number"),
    (TENTH, 6, 66.5, "66.5 percent lies a little below the right number"),
    (FOURTH, 2, 2_297, "2,297 USDT is right but for rounding: give two decimals"),
    (FOURTH, 2, 2_300, "2,300 USDT lies a little above the right number"),
    (FIRST, 1, math.nan, "not a finite number"),
    (FIRST, 1, None, "NoneType is not a number"),
    (FIRST, 2, 600 * 20, "the margin is a part of the value"),
    (FIRST, 3, +18, "a short loses when the price rises"),
    (FIRST, 3, -60 * 30, "leaves the contract size out"),
    (FIRST, 4, -60, "100 times the right number; give a fraction of the margin"),
    (FIRST, 4, "half", "'half' is not a number; give a fraction of the margin, such as -0.5 for minus one half"),
    (FIRST, 4, -0.03, "through the leverage"),
    (FIRST, 5, lambda side, entry_price, mark_price, quantity, contract_size:
     (mark_price - entry_price) * quantity * side, "forgets the contract size"),
    (FIRST, 5, lambda side, entry_price, mark_price, quantity, contract_size:
     (mark_price - entry_price) * quantity * contract_size, "treats a short like a long"),
    (FIRST, 5, lambda side, entry_price, mark_price, quantity, contract_size:
     side * mark_price * quantity * contract_size, "for side=1, entry_price=50000"),
    (FIRST, 5, lambda price: price, "fails with TypeError"),
    (FIRST, 5, 250, "int is not a function"),
    (FIRST, 6, 500 / 40_000, "divides the dollars' gain by the entry price"),
    (FIRST, 7, "fair", "not one of 'index', 'last', 'mark'"),
    (SECOND, 1, 0.015, "0.015 is the rate"),
    (SECOND, 2, 2_000 - 21 / 0.3, "that is the long's price"),
    (SECOND, 2, 2_000 * (1 + 1 / 20), "bankruptcy price"),
    (SECOND, 2, 2_000 + 39 / 0.3, "wrong sign"),
    (SECOND, 2, 2_000 + 21 / 30, "contract size is missing"),
    (SECOND, 2, 2_000 + (30 - 0.015) / 0.3, "uses the rate where the amount"),
    (SECOND, 4, m * E * linear.position_value.symbols["quantity"], "not equal"),
    (SECOND, 4, 30.0, "30.0 is one number; build an expression from the symbols"),
    (SECOND, 5, E * (1 - 1 / L + m), "the long's formula"),
    (SECOND, 5, E * (1 + 1 / L), "maintenance rate is missing"),
    (SECOND, 5, sympy.Eq(E, E * (1 + 1 / L - m)), "only its right side"),
    (SECOND, 5, [E * (1 + 1 / L - m)], "take its first element"),
    (SECOND, 5, sympy.Symbol("x") * E, "it contains x"),
    (SECOND, 6, 130, "Ben has 0.3 ETH"),
    (FOURTH, 1, 100 - 11, "what is set apart is the margins"),
    (FOURTH, 2, 2_000 + 21 / 0.3, "2,070 is the isolated price"),
    (FOURTH, 2, 2_000 + (100 - 9) / 0.3, "2 USDT must be left as well"),
    (FOURTH, 3, 2_000 + 89 / 0.3, "the loss on the BTC is missing"),
    (FOURTH, 4, sympy.Symbol("z") / 3, "it contains z"),
    (FOURTH, 4, 1 / (linear.position_value.symbols["quantity"] * linear.position_value.symbols["contract_size"]),
     "the side is missing"),
    (FOURTH, 4, -letters["side"] / (n * c), "nearer to the market"),
    (FOURTH, 4, 10, "10 is one number; build an expression"),
    (FOURTH, 5, 0.89, "a hundredth of the right number"),
    (FOURTH, 6, 2_000 + 89 / 0.3, "leaves the pool"),
    (FOURTH, 7, lambda side, entry_price, quantity, contract_size, cash, requirement, other_pnl, other_requirement:
     entry_price - side * (cash - requirement - other_requirement) / quantity / contract_size, "what the other"),
    (FOURTH, 8, 90 / (0.3 * 0.015), "each leg requires"),
    (SECOND, 8, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin:
     entry_price - side * position_margin / (quantity * contract_size), "bankruptcy price"),
    (SECOND, 8, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin:
     entry_price - (position_margin - maintenance_margin) / (quantity * contract_size), "treats a short like a long"),
    (SECOND, 8, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin:
     entry_price - side * (position_margin + maintenance_margin) / (quantity * contract_size), "wrong sign"),
    (SECOND, 9, "high", "48,000"),
    (THIRD, 1, 1 / 0.01, "the initial margin rate"),
    (THIRD, 1, 1 / 0.04, "still in tier 2"),
    (THIRD, 2, 0.01 * 48_000, "rate of the margin"),
    (THIRD, 2, 0.01 * 24_000 * 2_000, "leaves the contract size out"),
    (THIRD, 2, 100_000 * 0.005 + 380_000 * 0.01, "flat means one rate on everything"),
    (THIRD, 3, 0.02 * 500_000, "the requirement after the jump"),
    (THIRD, 4, 500_000 * (0.02 - 0.01), "the amount of tier 2 is still missing"),
    (THIRD, 4, 500 + 2_000_000 * 0.01, "the lines meet at its floor"),
    (THIRD, 5, 4_800, "that is the flat rule"),
    (THIRD, 5, 4_800 + 500, "the amount is a deduction"),
    (THIRD, 6, E * (1 + 1 / L - m), "it contains L, on which the answer does not depend"),
    (THIRD, 6, (E * n * c - M - A) / (n * c * (1 - m)), "that is the long's formula"),
    (THIRD, 6, (E * n * c + M - A) / (n * c * (1 + m)), "the amount has the wrong sign"),
    (THIRD, 6, (E * n * c + M) / (n * c * (1 + m)), "amount is missing"),
    (THIRD, 7, (480_000 + 48_000 + 500) / (240 * 1.01), "that is the price by tier 2"),
    (THIRD, 7, (480_000 + 48_000) / (240 * 1.005), "the tier of the margin"),
    (THIRD, 7, (480_000 + 48_000) / (240 * 1.02), "without its maintenance amount"),
    (THIRD, 7, 2_000 + (48_000 - 4_300) / 240, "requirement at entry"),
    (THIRD, 8, lambda side, entry_price, quantity, contract_size, position_margin:
     (side * entry_price * quantity * contract_size - position_margin) / (quantity * contract_size * (side - 0.005)),
     "under a single rate"),
    (THIRD, 8, lambda side, entry_price, quantity, contract_size, position_margin: max(
        (side * entry_price * quantity * contract_size - position_margin - amount)
        / (quantity * contract_size * (side - rate))
        for rate, amount in [(0.005, 0), (0.01, 500), (0.02, 5_500)]), "instead of 2,179.33"),
    (FIFTH, 1, 100 * 9 / (100 - 54), "do not count in the pool"),
    (FIFTH, 1, 1.5, "a hundredth of the right number"),
    (FIFTH, 2, 150, "step 1 cancels it"),
    (FIFTH, 3, "reduction", "no lower rate"),
    (FIFTH, 4, 0.015 * 2_000 * 0.8, "before the netting"),
    (FIFTH, 5, 12_000, "what he keeps"),
    (FIFTH, 6, 130 * 12 / 15, "only the rate helps"),
    (FIFTH, 7, 2 * 150, "both bitcoins"),
    (FIFTH, 8, 4_000, "took half of the margin"),
    (SEVENTH, 1, -5, "a short gains when the price falls"),
    (SEVENTH, 1, 0.05, "a hundredth of the right number"),
    (SEVENTH, 2, 570 / 30, "the margin and the gain"),
    (SEVENTH, 3, 0.05 / 9.5, "multiply, do not divide"),
    (SEVENTH, 3, "x", "give a plain number, such as 0.5, without quotes"),
    (SEVENTH, 4, lambda side, entry_price, mark_price, quantity, contract_size, equity:
     (mark_price / entry_price - 1) * mark_price * quantity * contract_size / equity, "for side="),
    (SEVENTH, 4, lambda side, entry_price, mark_price, quantity, contract_size, equity:
     side * (mark_price / entry_price - 1) * mark_price * quantity * contract_size / equity, "divided by the leverage"),
    (SEVENTH, 5, 60 * 30, "contract size is missing"),
    (SEVENTH, 5, 12, "the gain he keeps"),
    (SEVENTH, 6, 30, "closed in part"),
    (SEVENTH, 7, 20 / 3, "by size"),
    (SEVENTH, 8, 6, "shared by the others"),
    (SIXTH, 1, (2_080 - 2_100) * 0.3, "lower is better"),
    (SIXTH, 1, (2_070 - 2_080) * 0.3, "not the liquidation price"),
    (SIXTH, 1, 20 * 30, "the contract size is missing"),
    (SIXTH, 2, (2_100 - 2_135) * 0.3, "at the worst price"),
    (SIXTH, 2, (20 - 35) * 0.3, "each fill is 10 contracts"),
    (SIXTH, 3, 0.3 * 2_080 * 0.005, "that is the fund's part"),
    (SIXTH, 3, 0, "here the fee is capped"),
    (SIXTH, 4, "half fill it and it earns nothing", "below its own mean in 63 of 100 cases"),
    (SIXTH, 5, 0, "that root always exists"),
    (SIXTH, 5, sympy.Integer(0), "that root always exists"),
    (SIXTH, 6, 100 * math.exp(-300 / 150), "the factor 1 − γ l is missing"),
    (SIXTH, 6, 0.8 * math.exp(-2), "give it in percent"),
    (SIXTH, 7, 0.3 * 1_000, "250 are gone already"),
    (SIXTH, 7, 0.3 * 750, "count from the peak"),
    (SIXTH, 8, lambda side, bankruptcy_price, fill_price, quantity, contract_size, fee_cap:
     side * (fill_price - bankruptcy_price) * quantity * contract_size, "forgets the cap"),
    (SIXTH, 8, lambda side, bankruptcy_price, fill_price, quantity, contract_size, fee_cap:
     min((fill_price - bankruptcy_price) * quantity * contract_size, fee_cap * fill_price * quantity * contract_size),
     "treats a short like a long"),
    (TENTH, 1, 100 / 365, "the root of 365"),
    (TENTH, 2, 0.7898, "a hundredth of the right number; give a number of percent"),
    (TENTH, 2, 80.38, "80.38 is the rule that a touch is twice as likely as a close beyond"),
    (TENTH, 2, 37.54, "one touch is enough"),
    (TENTH, 3, "none", "may fall again"),
    (TENTH, 4, "right", "between two closes"),
    (TENTH, 5, sympy.Symbol("x") / 2, "it contains x"),
    (TENTH, 6, 100 * 70 / 210, "the target first"),
    (TENTH, 7, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin, target_price:
     (target_price - entry_price) / (target_price - entry_price
                                     + (position_margin - maintenance_margin) / quantity / contract_size),
     "treats a short like a long"),
    (TENTH, 7, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin, target_price:
     (target_price - entry_price) / (target_price - entry_price + side * position_margin / quantity / contract_size),
     "leaves the maintenance margin out"),
    (TENTH, 8, 30 * 0.78977, "he loses the margin in any case"),
    (NINTH, 1, 2_000 - 12 / 0.3, "above its entry"),
    (NINTH, 1, 2_000 + 12 / 30, "contract size is missing"),
    (NINTH, 2, -(2_040 - 2_000) * 0.3, "not its price"),
    (NINTH, 2, +16.5, "the right size with the other sign"),
    (NINTH, 2, -17, "-17 USDT lies farther from zero than the right number"),
    (NINTH, 3, -(2_090 - 2_000) * 0.3, "the takeover costs the margin"),
    (NINTH, 4, "save", "passes 2,070"),
    (NINTH, 5, 2_000 + 0.6 * 70, "does not grow evenly"),
    (NINTH, 6, sympy.Symbol("Y"), "it contains Y"),
    (NINTH, 7, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin, threshold:
     entry_price - side * (position_margin - maintenance_margin) / (quantity * contract_size),
     "the threshold is missing"),
    (NINTH, 7, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin, threshold:
     entry_price - side * threshold * (position_margin - maintenance_margin) / (quantity * contract_size),
     "divides the road"),
    (NINTH, 8, 5, "quiet for 30 minutes"),
    (EIGHTH, 4, 8, "a gain of 1.6"),
    (EIGHTH, 7, 1_000, "it has to pay"),
    (EIGHTH, 9, "more traders", "a higher density"),
    (ELEVENTH, 1, 3_132, "maintenance on the value at entry"),
    (ELEVENTH, 6, 0.4, "as a fraction that is right"),
    (ELEVENTH, 10, 25, "a rate of 1% kills nearer"),
    (TWELFTH, 1, "margin", "at 5x"),
    (TWELFTH, 2, 2_000 - 400 / 5, "maintenance on the value at entry"),
    (TWELFTH, 3, "none", "One lies before its stop"),
    (TWELFTH, 4, (2_000 - 2_000) * 5 + (2_040 - 2_000) * 5, "if both were still there"),
    (TWELFTH, 4, -500 + (2_040 - 1_870) * 5, "has come back since"),
    (TWELFTH, 5, 50_000 * 0.96, "divide"),
    (TWELFTH, 6, 0.96 * 6_000 + 0.004 * 0.96 * 56_000 - 4_800, "the rate of tier 1"),
    (TWELFTH, 6, 0.96 * 6_000 + 0.005 * 0.96 * 56_000 - 4_800, "the 50 USDT of tier 2"),
    (TWELFTH, 6, 0.96 * 6_000 - 4_800, "something must be left"),
    (TWELFTH, 7, 67.5, "the highest leverage"),
    (TWELFTH, 7, 0.6935, "a hundredth of the right number"),
    (TWELFTH, 8, "stop", "one week in two"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "number", "answer", "says"), WRONG)
def test_plausibly_wrong_answers_are_told_why(name, number, answer, says):
    verdict = Exercise(name).check(number, answer)
    assert verdict.outcome is Outcome.NOT_YET
    assert says in verdict.message
    assert repr(verdict).startswith(f"Question {number}: not yet, because ")


@pytest.mark.parametrize("answer", [600, 600.0, Fraction(600), np.float64(600), sympy.Integer(600), 600.004])
def test_any_kind_of_right_number_is_right(answer):
    assert Exercise(FIRST).check(1, answer).outcome is Outcome.RIGHT


def test_any_form_of_a_right_expression_is_right():
    exercise = Exercise(SECOND)
    for form in (E * (1 + 1 / L - m), E / L + E - m * E, (E + E * L - m * E * L) / L):
        assert exercise.check(5, form).outcome is Outcome.RIGHT


def test_a_function_left_empty_is_not_attempted_and_a_library_formula_is_right():
    exercise = Exercise(SECOND)
    assert exercise.check(8, lambda **case: None).outcome is Outcome.NOT_ATTEMPTED
    assert exercise.check(8, liquidation_price).outcome is Outcome.RIGHT


def test_function_questions_try_a_short_another_coin_a_contract_size_and_no_half_margin():
    for _, module in MODULES:
        for question in module.QUESTIONS:
            if isinstance(question, Function):
                sides = {case["side"] for case in question.cases}
                sizes = {case["contract_size"] for case in question.cases}
                assert sides == {1, -1} and len(sizes) > 1 and 1 not in sizes
                for case in question.cases:
                    assert 2 * case.get("maintenance_margin", 0) != case.get("position_margin", 1)


def test_hints_come_one_at_a_time_and_the_last_is_repeated(capsys):
    exercise = Exercise(FIRST)
    for _ in range(3):
        exercise.hint(1)
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith("Hint 1 of 3") and second.startswith("Hint 2 of 3") and third.startswith("Hint 3 of 3")
    exercise.hint(1)
    assert capsys.readouterr().out.strip() == third


def test_unknown_exercises_and_questions_are_refused():
    with pytest.raises(ValueError, match="there is no exercise called '99_x'"):
        Exercise("99_x")
    with pytest.raises(ValueError, match="the questions are 1 to 8"):
        Exercise(FIRST).check(9, 1)


def test_the_general_slips_do_not_hide_a_right_answer():
    zero = Number(answer=0.0, unit="USDT", within=0.01, slips={}, hints=("", "", ""), praise="Nothing.")
    assert zero.judge(0).outcome is Outcome.RIGHT
    assert zero.judge(-3).message == "-3 USDT lies below the right number."


@pytest.mark.parametrize(
    ("answer", "within", "given", "says"),
    [
        (2 / 3, 0.005, 0.7, "lies above"),  # 5% away: it may be right by accident
        (66.6667, 0.05, 66, "is right but for rounding: give one decimal."),
        (4.6512, 0.0005, 4.65, "is right but for rounding: give three decimals."),
        (4.6512, 0.5, 5.5, "lies above"),
        (-16.6667, 0.005, -16.7, "is right but for rounding: give two decimals."),
        (-16.6667, 0.005, -16.6, "is right but for rounding: give two decimals."),
        (1_234.5678, 0.0000001, 1_234.57, "is right but for rounding: give more decimals."),
        (600, 0.005, 599, "lies a little below the right number."),
        (-600, 0.005, -599, "lies a little nearer to zero than the right number."),
        (-600, 0.005, 0, "lies nearer to zero than the right number."),
        (600, 0.005, -3, "lies on the wrong side of zero."),
    ],
)
def test_a_wrong_number_is_told_its_direction_and_a_rounded_one_that_it_is_rounded(answer, within, given, says):
    question = Number(answer=answer, unit="USDT", within=within, slips={}, hints=("", "", ""), praise="")
    assert says in question.judge(given).message


# -- whatever a reader types ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "number", "answer", "outcome", "says"),
    [
        (SECOND, 4, lambda: "E*m/L", "not yet", "it contains L, on which the answer does not depend"),
        (FIRST, 1, lambda: (0, 600), "not yet", "a tuple is not a number"),
        (FIRST, 1, lambda: (1, 200), "not yet", "As 1200, 1,200 USDT lies above the right number"),
        (FIRST, 1, lambda: 10**400, "not yet", "is larger than any amount"),
        (FIRST, 1, lambda: "9" * 10**7, "not yet", "without quotes"),
        (FIRST, 7, lambda: "x" * 10**7, "not yet", "is not one of 'index', 'last', 'mark'"),
        (FIRST, 7, lambda: [1] * 10**6, "not yet", "a list is not one of"),
        (FIRST, 7, lambda: tower(E, 60), "not yet", "a Mul is not one of"),
        (FIRST, 1, lambda: sympy.Function("f")(E), "not yet", "is not a number"),
        (FIRST, 1, lambda: sympy.Matrix([E]), "not yet", "is not a number"),
        (FIRST, 1, lambda: b"9", "not yet", "without quotes"),
        (FIRST, 7, lambda: 8, "not yet", "8 is not one of"),
        (FIRST, 1, lambda: tower(E, 60), "not yet", "is not a number"),
        (FIRST, 5, lambda: tower(E, 60), "not yet", "is not a function"),
        (SECOND, 5, lambda: sympy.Poly(E + 1, E), "not yet", "is not a SymPy expression"),
        (FIRST, 1, lambda: sympy.Integer(6) * 10**2, "right", ""),
        (FIRST, 1, lambda: sympy.Integral(sympy.exp(-(E**9)), (E, 0, 1)), "not yet", "is not a number"),
        (FIRST, 5, lambda: lambda **case: print(case["side"]), "not yet", "it returns nothing; end it with return"),
        (FIRST, 5, lambda: lambda **case: (_ for _ in ()).throw(SystemExit("bye")), "not yet", "fails with SystemExit"),
        (FIRST, 5, lambda: lambda **case: 10**400, "not yet", "fails with OverflowError"),
        (SECOND, 5, lambda: own("E*(1 + 1/L - m)"), "right", ""),
        (SECOND, 5, lambda: own("E*(1 - 1/L + m)"), "not yet", "the long's formula"),
        (SECOND, 5, lambda: own("E + 1/0.0"), "not yet", ""),
        (SECOND, 5, lambda: sympy.Integral(E * m, (m, 0, 1 / L)), "not yet", "it contains Integral, which is not"),
        (SECOND, 5, lambda: tower(E, 10), "not yet", "not equal"),
        (SECOND, 5, lambda: tower(E, 60), "not yet", "more than a thousand digits"),
        (SECOND, 5, lambda: power_tower(9, 6), "not yet", "more than a thousand digits"),
        (SECOND, 5, lambda: power_of_e(E), "not yet", "more than a thousand digits"),
        (SECOND, 5, lambda: E + sympy.oo, "not yet", "which is not a finite number"),
        (FIRST, 1, lambda: sympy.oo, "not yet", "is not a number"),
        (FIRST, 1, lambda: power_tower(9, 6), "not yet", "is not a number"),
        (SECOND, 5, lambda: sympy.Add(*(E**k for k in range(9_000))), "not yet", "far too long"),
        (SECOND, 5, lambda: sympy.cos(E) ** 2 * L, "not yet", "it contains cos"),
        (SECOND, 5, lambda: (E + m) ** 10_000_000 + (L + m) ** 10_000_001, "not yet", "more than a thousand digits"),
    ],
)  # fmt: skip
def test_whatever_is_typed_is_judged_in_words_and_soon(name, number, answer, outcome, says):
    answer = answer()
    answer = own(answer) if number == 4 else answer
    began = time.monotonic()
    verdict = Exercise(name).check(number, answer)
    assert time.monotonic() - began < 2
    assert verdict.outcome.value == outcome and says in verdict.message and len(repr(verdict)) < 700


def own(formula):
    """An expression in symbols that a reader has made, with the same letters and no assumptions."""
    return sympy.sympify(formula, locals={letter: sympy.Symbol(letter) for letter in "EmLnc"})


def power_tower(number, height):
    """A number of which nobody can write the digits down."""
    made = sympy.Integer(number)
    for _ in range(height):
        made = sympy.Pow(number, made, evaluate=False)
    return made


def power_of_e(symbol):
    """The same in an exponent; SymPy would try to simplify the product, for ever."""
    return sympy.Mul(symbol, sympy.exp(power_tower(9, 6), evaluate=False), evaluate=False)


def tower(symbol, height):
    """An expression of a few parts that would be astronomically long if written out."""
    for _ in range(height):
        symbol = sympy.Mul(symbol, symbol + 1, evaluate=False)
    return symbol


def test_a_number_with_a_comma_is_understood_and_explained():
    question = Number(answer=48_200, unit="USDT", slips={"too low.": 1_048}, hints=("", "", ""), praise="")
    right = question.judge((48, 200))
    assert "the number is right, but Python reads 48,200 as 2 numbers; write 48_200 or 48200." in right.message
    assert "As 1048, too low." in question.judge((1, 48)).message


def test_a_verdict_is_seen_at_a_glance():
    looks = [Exercise(FIRST).check(1, answer)._repr_html_() for answer in (..., 1, 600)]
    for html, icon, word in zip(looks, "○✗✓", ("not attempted", "not yet", "right"), strict=True):
        assert f"{icon} Question 1: {word}" in re.sub("<.*?>", "", html)
    assert len({html.split("solid ")[1][:7] for html in looks}) == 3, "a color each"
    assert "&lt;b&gt;" in Exercise(FIRST).check(7, "<b>")._repr_html_()


def notebook(*sources):
    """Run cells in a kernel and return what the last one says."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    book = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(book, allow_errors=True, timeout=60).execute()
    said = book.cells[-1].outputs[0]
    return said.data["text/plain"] if "data" in said else said.evalue


CHECK = 'from liquidation.course.check import check\n\ncheck("01_open_a_leveraged_position", 1)'


@pytest.mark.parametrize(
    ("sources", "says"),
    [
        (["answer_1 = 600", CHECK], "Question 1: right"),
        ([CHECK], "Question 1: not attempted"),
        (["answer_1 = 600", "answer_1 = (600", CHECK], "the cell with your answer ended in a SyntaxError"),
        (["answer_1 = 600", CHECK, "answer_1 = six", CHECK], "ended in a NameError. Mend it, run it"),
        (["answer_1 = 600", CHECK, "answer_1 = (600", CHECK, "answer_1 = 600", CHECK], "Question 1: right"),
        (["answer_1 = 5", "answer_2 = 1/0", CHECK], "Question 1: not yet, because 5 USDT"),
    ],
)
def test_a_check_stands_by_itself_and_judges_no_answer_that_is_out_of_date(sources, says):
    assert says in notebook(*sources)


def test_the_tally_counts_what_is_right_now():
    again = CHECK.replace(", 1)", ", 2)")
    assert "(1 of 8 right)" in notebook("answer_1 = 600", CHECK)
    assert "(2 of 8 right)" in notebook("answer_1 = 600", "answer_2 = 30", CHECK, again)
    assert "(0 of 8 right)" in notebook("answer_1 = 600", CHECK, "answer_1 = 6", CHECK)


# -- many answers are right -----------------------------------------------------------------------------------------


def capped_queue(wanted, held, pays_for):
    """The first gives three quarters of what it can, then the next."""
    closed = []
    for most in map(min, held, pays_for):
        closed.append(min(0.75 * most, wanted - sum(closed)))
    return closed


def parts_of_most(wanted, held, pays_for):
    most = np.minimum(held, pays_for)
    return wanted * most / most.sum()


# Other right designs than the solutions' own: each exercise's built question takes all of them.
GOOD = {
    (FIRST, 8): [{"contracts": 26, "leverage": 16}, (40, 16.5), {"leverage": Fraction(25, 2), "contracts": 30.0}],
    (SECOND, 7): [(52, 14), (45, 15)],
    (THIRD, 9): [(4_700, 4_700, 14_600), (4_000, 16_000, 4_000)],
    (FOURTH, 9): [("CROSS", 28), (70, 30), (72.5, "cross")],
    (FIFTH, 9): [("yes", 0, 87), ("yes", 100, 80), ("Yes", 0, 100)],
    (SIXTH, 9): [(0.7, 400), (0.63, 590)],
    (SEVENTH, 9): [capped_queue, parts_of_most],
    (EIGHTH, 10): [(24, 110, "all"), (28, 150, "least"), (25, 125, "fifth")],
    (NINTH, 9): [(25, 28, "none"), (22, 38, 2_065)],
    (TENTH, 9): [(8, 1.25, 1_910), (2, 20, 1_630)],
    (ELEVENTH, 11): [("long", 175, "OKX", "BitMEX"), ("short", 4, "dydx v4", "Bybit inverse")],
    (TWELFTH, 9): [("both", 0.9, 845, 701, 110.5), ("BOTH", 0.92, 952, 703, 114)],
}  # fmt: skip
BAD = [
    (FIRST, 8, (30, 5), "30 contracts at 5x take 120.00 USDT of margin, and he puts up 50."),
    (FIRST, 8, (20, 15), "at 1,900 a short of 20 contracts has gained 20.00 USDT, and he wants 25."),
    (FIRST, 8, (30, 20), "at 20x the whole margin is gone at 2,100.00, and before it falls ether jumps to 2,120."),
    (SECOND, 7, (45, 20), "at 20x he's liquidated at 1,930.00, and ether dips to 1,900."),
    (SECOND, 7, (45, 10), "at 10x his bankruptcy price is 1,800.00: at 1,850 he may still have 22.50 USDT"),
    (SECOND, 7, (30, 14), "at 2,200 a long of 30 contracts has gained 60.00 USDT, and he wants 80."),
    (SECOND, 7, (60, 14), "60 contracts at 14x take 85.71 USDT of margin, and he puts up 75."),
    (SECOND, 7, (45, 1), "leverage is 1: give a number from 2 to 500 (times)."),
    (THIRD, 9, (24_000, 0, 0), "at 2,100 A is worth 504,000 (tier 3): 10,080.00 USDT are required, and 4,200 is"),
    (THIRD, 9, (8_000, 8_000, 8_000), "C is worth 168,000 (tier 2): 5,040.00 USDT are required"),
    (THIRD, 9, (5_000, 5_000, 14_000), "at 2,100 A is worth 105,000 (tier 2), B is worth 105,000 (tier 2)"),
    (THIRD, 9, (4_500, 4_500, 14_000), "your accounts hold 23,000 contracts, and Ben is short 24,000."),
    (FOURTH, 9, ("cross", "cross"), "-50.00 USDT are left in the pool, and 11.00 must be left: the short goes down"),
    (FOURTH, 9, (30, 50), "when ETH rises to 2,200, -30.00 USDT are left in its purse, and 9.00 must be left"),
    (FOURTH, 9, ("cross", 50), "when ETH rises to 2,200, -10.00 USDT are left in the pool"),
    (FOURTH, 9, (75, "cross"), "when BTC falls to 47,500, 0.00 USDT are left in the pool, and 2.00 must be left"),
    (FOURTH, 9, (80, 30), "the purses hold 110 USDT together, and Ben has 100."),
    (FOURTH, 9, ("isolated", 30), "ETH is 'isolated': give a number from 30 to 1,000 (USDT) or 'cross'."),
    (FIFTH, 9, ("no", 0, 90), "then 10.00 USDT are left (20 more still lie with the order) and 23.00 are required"),
    (FIFTH, 9, ("yes", 1_000, 0), "30.00 USDT are left and 30.00 are required: a ratio of 100%, not 80%."),
    (FIFTH, 9, ("yes", 500, 90), "he sells 3,987 USDT's worth for it, and 2,000 is the most."),
    (SIXTH, 9, (0.5, 500), "a liquidation brings 50.00 USDT and costs 50 on average. A fund that doesn't earn"),
    (SIXTH, 9, (0.0066, 500), "(The rate is in percent.)"),
    (SIXTH, 9, (0.8, 300), "at 0.8% traders leave 30.00 USDT more than a liquidation costs, and 20 is the most."),
    (SIXTH, 9, (0.65, 1_000), "you ask the exchange for 1,000.00 USDT, and it has 600."),
    (SIXTH, 9, (0.6, 600), "with 600 USDT and 0.6% it's ruined with a chance of 1.59%, and 1% is the limit."),
    (SEVENTH, 9, lambda wanted, held, pays_for: pro_rata(wanted, held),
     "pays_for=[40, 90, 5] winner 3 gives 12 contracts and ends with -4.20 USDT, below zero."),
    (SEVENTH, 9, lambda wanted, held, pays_for: pro_rata(wanted, held, caps=[*map(min, held, pays_for)]),
     "it takes 5 of the 5 contracts that winner 3 can give at most, more than 3/4."),
    (SEVENTH, 9, lambda wanted, held, pays_for: queue(wanted, held, range(len(held))),
     "it takes 10 of the 10 contracts that winner 1 can give at most"),
    (SEVENTH, 9, lambda wanted, held, pays_for: [0.5 * most for most in map(min, held, pays_for)],
     "it closes 22.5 contracts in all, and 20 are wanted."),
    (SEVENTH, 9, lambda wanted, held, pays_for: [wanted * most / sum(pays_for) for most in pays_for],
     "it closes 14.3293 contracts of winner 5, who holds 10."),
    (SEVENTH, 9, lambda wanted, held, pays_for: [wanted], "it returns 1 numbers for 3 winners."),
    (EIGHTH, 10, (20, 100, "all"), "100 for the leverage and 0 for the depth are more than Ben's 75."),
    (EIGHTH, 10, (30, 100, "all"), "at 30x, with 100 coins and the rule 'all', the shock of 2% becomes 6.7%, and"),
    (EIGHTH, 10, (25, 100, "all"), "in the first crowd it's 2.4%, but in crowd 4 the same shock becomes 7.5%"),
    (EIGHTH, 10, (25, 100, "none"), "rule is 'none': give 'all' or 'fifth' or 'least'."),
    (NINTH, 9, (24, 50, 2_070), "that is 50 USDT of margin, and Ben has 40."),
    (NINTH, 9, (100, 5, "none"), "100 contracts require 30.00 USDT, so with 5 he'd be liquidated at once."),
    (NINTH, 9, (24, 28, 2_100), "a stop at 2,100 would never fire: the position is taken over at 2,086.67, before it."),
    (NINTH, 9, (24, 28, 1_900), "a stop at 1,900 would fire at once: a short's stop lies above its entry."),
    (NINTH, 9, (30, 40, 2_050), "in the false alarm his stop at 2,050 fires, and he's out with -15.00 USDT"),
    (NINTH, 9, (40, 30, "none"), "he's liquidated at 2,045.00, and even the false alarm goes to 2,060."),
    (NINTH, 9, (15, 20, "none"), "after the false alarm 15 contracts have gained 15.00 USDT, and he wants 20."),
    (NINTH, 9, (30, 40, 2_065), "in the real one he's liquidated, at 2,103.33, and all of his margin goes: that's -40"),
    (NINTH, 9, (26, 39.9, 2_065), "his stop is filled at 2,120, the next price that is traded: that's -31.20 USDT"),
    (TENTH, 9, (20, 5, 1_810), "at 20x it's liquidated at 2,070.00, and within 5 days ether gets there with"),
    (TENTH, 9, (100, 1, 1_900), "at 100x no more is put up than must be left: it's liquidated at once."),
    (TENTH, 9, (4, 5, 1_700), "within 5 days ether gets to 1,700 with a chance of 17.9% only, and not of 40%."),
    (TENTH, 9, (2, 5, 1_810), "at 1,810 a short at 2x has gained 19.0% of its margin, and 30% are wanted."),
    (ELEVENTH, 11, ("long", 25, "MEXC", "OKX"), "1,800.72 dollars of room on MEXC and 1,783.02 on OKX. That's 1.0%"),
    (ELEVENTH, 11, ("long", 3, "MEXC", "MEXC"), "MEXC is one exchange, and two are compared."),
    (ELEVENTH, 11, ("short", 1, "MEXC", "Bybit inverse"), "at 1x a short is never liquidated on Bybit inverse"),
    (ELEVENTH, 11, ("long", 3, "Kraken", "MEXC"), "first is 'Kraken': give 'MEXC' or 'Binance USDS-M' or"),
    (TWELFTH, 9, ("long", 0.91, 920, 720, 111), "With the long leg of the ETH closed, 900 are free."),
    (TWELFTH, 9, ("neither", 0.91, 400, 50, 108), "under ETH long the page still says: the two legs are no hedge"),
    (TWELFTH, 9, ("both", 0.95, 930, 715, 112), "under BTC short the page still says: its size is within 3.2%"),
    (TWELFTH, 9, ("both", 0.91, 920, 720, 116), "the stop at 116 lies beyond the liquidation price"),
    (TWELFTH, 9, ("both", 0.91, 920, 720, 104), "a stop at 104 would fire at once"),
    (TWELFTH, 9, ("both", 0.9, 830, 830, 112), "BTC short is liquidated at 55,964.62 then, and the market gets there"),
    (TWELFTH, 9, ("short", 0.9, 500, 600, 110.5), "ETH long is liquidated at 1,919.19 then"),
    (TWELFTH, 9, ("both", 0.91, 920, 720, 109), "a stop at 109 fires within a week with a chance of 59.89%"),
    (TWELFTH, 9, ("both", 0.9123, 920, 720, 111), "BTCUSDT is traded in steps of 0.001."),
]  # fmt: skip
BUILT = [(name, number) for name, number in GOOD]


def built(name, number):
    return Exercise(name).questions[number - 1]


def of_the_solution(name, number):
    """What the worked solution answers."""
    (cell,) = (c for c in SOLVED[name].cells if c.id == f"answer-{number}")
    found = {}
    exec(cell.source, found)
    return found[f"answer_{number}"]


SOLVED = {path.stem: author.read(path) for path in sorted((ROOT / "exercises/solutions").glob("*.ipynb"))}


def test_each_exercise_has_one_question_that_is_built_and_it_is_marked_as_hard():
    for name, solution in SOLVED.items():
        found = [k for k, q in enumerate(Exercise(name).questions, 1) if isinstance(q, (Design, Rule))]
        assert [(name, k) for k in found] == [key for key in GOOD if key[0] == name] and len(found) == 1
        texts = [cell.source for cell in solution.cells if cell.cell_type == "markdown"]
        marked = [re.match(r"\*\*Question (\d+)\*\* · (●○○|●●○|●●●)\n\n", text) for text in texts]
        dots = {int(found[1]): found[2] for found in marked if found}
        assert list(dots) == list(range(1, len(Exercise(name).questions) + 1))
        assert dots[found[0]] == "●●●" and len(set(dots.values())) == 3, "easy, middling and hard ones"


@pytest.mark.parametrize(("name", "number"), BUILT)
def test_the_solutions_design_and_others_are_right(name, number):
    """... and are told their own numbers."""
    said = set()
    for answer in (of_the_solution(name, number), *GOOD[name, number]):
        verdict = Exercise(name).check(number, answer)
        assert verdict.outcome is Outcome.RIGHT, (answer, verdict)
        said.add(verdict.message)
    assert len(said) == (1 if isinstance(built(name, number), Rule) else 1 + len(GOOD[name, number]))


@pytest.mark.parametrize(("name", "number", "answer", "says"), BAD)
def test_a_design_that_fails_is_told_by_its_own_numbers_what_happens(name, number, answer, says):
    verdict = Exercise(name).check(number, answer)
    assert verdict.outcome is Outcome.NOT_YET
    assert says in verdict.message and verdict.message.endswith((".", ")"))


@pytest.mark.parametrize(("name", "number"), BUILT)
def test_every_condition_is_what_some_design_fails_first(name, number):
    """Three designs at least get words of their own, and no condition is there for nothing."""
    question, seen, words = built(name, number), set(), set()
    for answer in (answer for n, k, answer, _ in BAD if (n, k) == (name, number)):
        words.add(question.judge(answer).message)
        for condition in question.conditions:
            fewer = [c for c in question.conditions if c is not condition]
            without = replace(question, conditions=fewer)
            try:
                differs = without.judge(answer).message != question.judge(answer).message
            except (TypeError, ValueError):  # it keeps from the others what they could not say anything about
                differs = True
            if differs:
                seen.add(condition.__name__)
    assert seen == {condition.__name__ for condition in question.conditions} and len(words) >= 3


ODD = [None, "x", "", b"1", True, math.nan, math.inf, -1, -1e300, 1e300, 10**400, [], {}, (), object(), E, [[1]], 1j]


@pytest.mark.parametrize(("name", "number"), BUILT)
def test_whatever_is_given_as_a_design_is_refused_in_words(name, number):
    question = built(name, number)
    assert question.judge(...).outcome is Outcome.NOT_ATTEMPTED
    design = of_the_solution(name, number)
    answers = [*ODD, {1: 2}, {"x": 1}, (1, 2), [1] * 60, np.arange(3), lambda: None, lambda **case: case]
    if isinstance(question, Design):
        answers += [{**design, part: odd} for part in design for odd in [*ODD, ...]]
        answers += [{**design, "more": 1}, {part: design[part] for part in list(design)[1:]}]
    else:
        answers += [lambda wanted, held, pays_for, odd=odd: odd for odd in ODD]
        answers += [lambda wanted, held, pays_for, odd=odd: [odd] * len(held) for odd in ODD]
        answers += [lambda wanted, held, pays_for: 1 / 0, lambda wanted, held, pays_for: held.clear() or held]
    for answer in answers:
        began = time.monotonic()
        verdict = question.judge(answer)
        assert time.monotonic() - began < 2
        if verdict.outcome is Outcome.NOT_ATTEMPTED:
            assert is_blank(answer)
            continue
        assert verdict.outcome is Outcome.NOT_YET, answer
        assert verdict.message.endswith((".", ")")) and len(verdict.message) < 400
        assert "object at" not in verdict.message


def test_a_design_left_open_is_told_what_is_open():
    question = Design(
        parts={"size": Part("coins", 1, 10), "way": Part(words=["up", "down"])},
        conditions=(),
        report=lambda size, way: f"{size} {way}.",
        hints=("", "", ""),
        praise="Good.",
    )
    assert "size is still three dots: give a number from 1 to 10 (coins)" in question.judge((..., "up")).message
    assert "it does not say 'way': give {'size': ..., 'way': ...}" in question.judge({"size": 3}).message
    assert question.judge((sympy.Rational(5, 2), " UP ")).message == "2.5 up. Good."


@pytest.mark.parametrize(("name", "number"), BUILT)
def test_designs_come_through_the_grader_as_they_are(name, number):
    """From a student's kernel only plain data arrive; the verdict on them is the same."""
    question = built(name, number)
    bad = [answer for n, _, answer, _ in BAD if n == name]
    answers = [of_the_solution(name, number), *GOOD[name, number], *bad, {}, [], None]
    for answer in answers:
        if isinstance(question, Rule) and callable(answer):
            found = [probe._returned(answer, case) for case in marks._cases(question)]
            there = marks.Replay(json.loads(json.dumps(found)))
        else:
            there = marks._answer(json.loads(json.dumps(values.packed(answer))))
        assert question.judge(there).message == question.judge(answer).message


def test_the_colors_of_the_verdicts_can_be_read_on_white_and_in_the_dark():
    """By the contrast of WCAG: 4.5 to 1 on white, as for any text, and 3 to 1 on JupyterLab's #111, as for an icon."""

    def luminance(color):
        parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear_parts = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear_parts, strict=True))

    def contrast(one, other):
        low, high = sorted([luminance(one), luminance(other)])
        return (high + 0.05) / (low + 0.05)

    assert round(contrast("#000000", "#ffffff"), 9) == 21
    for _, color in LOOKS.values():
        assert contrast(color, "#ffffff") >= 4.5 and contrast(color, "#111111") >= 4
    colored = re.findall(r'<span style="color: #\w+">(.*?)</span>', Exercise(FIRST).check(1, 1)._repr_html_())
    assert colored == ["✗"], "the text has the color of the page"


# -- what the questions say of others ---------------------------------------------------------------------------------


def test_the_engine_falls_as_far_as_exercise_08_says():
    """3 coins on a tick and 4 that are wanted there, in finer steps: 30 ticks become 120."""
    count, shock = 15_000, 3_000
    crowd = Crowd(np.ones(count, int), np.full(count, 150), np.full(count, 100_000), 150 * np.arange(1, count + 1), 0.0)
    outside = np.full(500, 100_000 - shock)
    outside[0] = 100_000
    run = run_cascade(crowd, outside, OrderBook(200), fund=10**15)
    assert run.drop / shock == pytest.approx(Exercise(EIGHTH).questions[2].answer / 30, rel=0.01)


def test_the_engine_does_to_gus_what_exercise_05_says():
    gus = dict(MODULES)["walk_the_liquidation_steps"]._GUS
    steps = liquidate(gus).steps
    assert [step.name for step in steps if step.ran] == ["order cancellation", "full takeover", "full takeover"]
    assert [position.market.contract.name for step in steps for position in step.taken] == ["BTC_USDT", "ETH_USDT"]
    assert round(gus.margin_ratio(), 9) == 5
