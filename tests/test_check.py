"""The exercise checker, on blank, right and plausibly wrong answers."""

import importlib
import math
import pkgutil
import time
from fractions import Fraction

import nbformat
import numpy as np
import pytest
import sympy
from liquidation import linear, liquidation_price
from liquidation.course import questions
from liquidation.course.check import Exercise
from liquidation.course.question import Expression, Function, Number, Outcome, Word
from nbclient import NotebookClient

FIRST, SECOND = "01_open_a_leveraged_position", "02_derive_the_liquidation_price"
THIRD, FOURTH = "03_climb_the_risk_limit_tiers", "04_choose_a_margin_mode"
FIFTH, SEVENTH = "05_walk_the_liquidation_steps", "07_meet_auto_deleveraging"
SIXTH = "06_fill_the_insurance_fund"
NINTH, TENTH = "09_stay_out_of_liquidation", "10_count_the_odds"
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
def test_three_dots_are_not_attempted_and_every_question_has_hints(question):
    assert question.judge(...).outcome is Outcome.NOT_ATTEMPTED
    assert len(question.hints) >= 2 and question.praise


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_named_slip_is_recognized(question):
    """A slip that is told apart neither from the right answer nor from another slip teaches nothing."""
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
    (FIRST, 1, 601, "nearly right: give more digits"),
    (FIRST, 1, 620, "620 USDT lies above the right number"),
    (FIRST, 3, -20, "-20 USDT lies below the right number"),
    (TENTH, 7, 66, "66 % lies below the right number"),
    (TENTH, 7, 66.5, "nearly right: give more digits"),
    (FIRST, 1, math.nan, "not a finite number"),
    (FIRST, 1, None, "NoneType is not a number"),
    (FIRST, 2, 600 * 20, "the margin is a part of the value"),
    (FIRST, 3, +18, "a short loses when the price rises"),
    (FIRST, 3, -60 * 30, "leaves the contract size out"),
    (FIRST, 4, -60, "100 times too large"),
    (FIRST, 4, -0.03, "through the leverage"),
    (FIRST, 5, 25, "100 times too large"),
    (FIRST, 6, lambda side, entry_price, mark_price, quantity, contract_size:
     (mark_price - entry_price) * quantity * side, "forgets the contract size"),
    (FIRST, 6, lambda side, entry_price, mark_price, quantity, contract_size:
     (mark_price - entry_price) * quantity * contract_size, "treats a short like a long"),
    (FIRST, 6, lambda side, entry_price, mark_price, quantity, contract_size:
     side * mark_price * quantity * contract_size, "for side=1, entry_price=50000"),
    (FIRST, 6, lambda price: price, "fails with TypeError"),
    (FIRST, 6, 250, "int is not a function"),
    (FIRST, 7, 500 / 40_000, "divides the dollars' gain by the entry price"),
    (FIRST, 8, "fair", "not one of 'index', 'last', 'mark'"),
    (SECOND, 1, 0.015, "0.015 is the rate"),
    (SECOND, 2, 2_000 - 21 / 0.3, "that is the long's price"),
    (SECOND, 2, 2_000 * (1 + 1 / 20), "bankruptcy price"),
    (SECOND, 2, 2_000 + 39 / 0.3, "wrong sign"),
    (SECOND, 2, 2_000 + 21 / 30, "contract size is missing"),
    (SECOND, 2, 2_000 + (30 - 0.015) / 0.3, "uses the rate where the amount"),
    (SECOND, 4, m * E * linear.position_value.symbols["quantity"], "not equal"),
    (SECOND, 4, 30.0, "float is not a SymPy expression"),
    (SECOND, 5, E * (1 - 1 / L + m), "the long's formula"),
    (SECOND, 5, E * (1 + 1 / L), "maintenance rate is missing"),
    (SECOND, 5, sympy.Eq(E, E * (1 + 1 / L - m)), "only its right side"),
    (SECOND, 5, [E * (1 + 1 / L - m)], "take its first element"),
    (SECOND, 5, sympy.Symbol("x") * E, "it contains x"),
    (SECOND, 6, 130, "Ben has 0.3 ETH"),
    (FOURTH, 1, 100 - 11, "set apart are the margins"),
    (FOURTH, 2, 2_000 + 21 / 0.3, "2,070 is the isolated price"),
    (FOURTH, 2, 2_000 + (100 - 9) / 0.3, "2 USDT must be left as well"),
    (FOURTH, 3, 2_000 + 89 / 0.3, "the loss on the BTC is missing"),
    (FOURTH, 4, sympy.Symbol("z") / 3, "it contains z"),
    (FOURTH, 4, -1 / (linear.position_value.symbols["quantity"] * linear.position_value.symbols["contract_size"]),
     "the side is missing"),
    (FOURTH, 5, 0.89, "100 times too small"),
    (FOURTH, 6, 2_000 + 89 / 0.3, "leaves the pool"),
    (FOURTH, 7, "both", "uses up the pool"),
    (FOURTH, 8, lambda side, entry_price, quantity, contract_size, cash, requirement, other_pnl, other_requirement:
     entry_price - side * (cash - requirement - other_requirement) / quantity / contract_size, "what the other"),
    (FOURTH, 9, 90 / (0.3 * 0.015), "each leg requires"),
    (SECOND, 7, 5, "forgets the maintenance rate"),
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
    (THIRD, 9, "near", "asks for too little"),
    (FIFTH, 1, 100 * 9 / (100 - 54), "do not count in the pool"),
    (FIFTH, 1, 1.5, "100 times too small"),
    (FIFTH, 2, 150, "step 1 cancels it"),
    (FIFTH, 3, "reduction", "no lower rate"),
    (FIFTH, 4, 0.015 * 2_000 * 0.8, "before the netting"),
    (FIFTH, 5, 12_000, "what he keeps"),
    (FIFTH, 6, 130 * 12 / 15, "only the rate helps"),
    (FIFTH, 7, 3_000, "one tier only"),
    (FIFTH, 8, 2 * 150, "both bitcoins"),
    (FIFTH, 9, 4_000, "took half of the margin"),
    (SEVENTH, 1, -5, "a short gains when the price falls"),
    (SEVENTH, 1, 0.05, "100 times too small"),
    (SEVENTH, 2, 570 / 30, "the margin and the gain"),
    (SEVENTH, 3, 0.05 / 9.5, "multiply, do not divide"),
    (SEVENTH, 4, lambda side, entry_price, mark_price, quantity, contract_size, equity:
     (mark_price / entry_price - 1) * mark_price * quantity * contract_size / equity, "for side="),
    (SEVENTH, 4, lambda side, entry_price, mark_price, quantity, contract_size, equity:
     side * (mark_price / entry_price - 1) * mark_price * quantity * contract_size / equity, "divided by the leverage"),
    (SEVENTH, 5, 60 * 30, "contract size is missing"),
    (SEVENTH, 5, 12, "the gain he keeps"),
    (SEVENTH, 6, 30, "closed at 1,960"),
    (SEVENTH, 7, 30, "closed in part"),
    (SEVENTH, 8, 20 / 3, "by size"),
    (SEVENTH, 9, 6, "shared by the others"),
    (SIXTH, 1, (2_080 - 2_100) * 0.3, "lower is better"),
    (SIXTH, 1, (2_070 - 2_080) * 0.3, "not the liquidation price"),
    (SIXTH, 1, 20 * 30, "the contract size is missing"),
    (SIXTH, 2, (2_100 - 2_135) * 0.3, "at the worst price"),
    (SIXTH, 2, (20 - 35) * 0.3, "each fill is 10 contracts"),
    (SIXTH, 3, 0.3 * 2_080 * 0.005, "that is the fund's part"),
    (SIXTH, 3, 0, "here the fee is capped"),
    (SIXTH, 4, "half fill it and it earns nothing", "below its own mean half of the time"),
    (SIXTH, 6, 100 * math.exp(-300 / 150), "the factor 1 - R l is missing"),
    (SIXTH, 6, 0.8 * math.exp(-2), "give it in percent"),
    (SIXTH, 7, 300, "nothing to do with it"),
    (SIXTH, 8, 0.3 * 1_000, "250 are gone already"),
    (SIXTH, 8, 0.3 * 750, "count from the peak"),
    (SIXTH, 9, lambda side, bankruptcy_price, fill_price, quantity, contract_size, fee_cap:
     side * (fill_price - bankruptcy_price) * quantity * contract_size, "forgets the cap"),
    (SIXTH, 9, lambda side, bankruptcy_price, fill_price, quantity, contract_size, fee_cap:
     min((fill_price - bankruptcy_price) * quantity * contract_size, fee_cap * fill_price * quantity * contract_size),
     "treats a short like a long"),
    (TENTH, 1, 100 / 365, "the root of 365"),
    (TENTH, 2, 3.5, "that is the simple return"),
    (TENTH, 2, 100 * math.log(2_000 / 2_070), "the sign is the wrong way round"),
    (TENTH, 3, 0.7898, "100 times too small"),
    (TENTH, 3, 37.54, "one touch is enough"),
    (TENTH, 4, "none", "may fall again"),
    (TENTH, 5, "right", "between two closes"),
    (TENTH, 6, sympy.Symbol("x") / 2, "it contains x"),
    (TENTH, 7, 100 * 70 / 210, "the target first"),
    (TENTH, 8, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin, target_price:
     (target_price - entry_price) / (target_price - entry_price
                                     + (position_margin - maintenance_margin) / quantity / contract_size),
     "treats a short like a long"),
    (TENTH, 8, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin, target_price:
     (target_price - entry_price) / (target_price - entry_price + side * position_margin / quantity / contract_size),
     "leaves the maintenance margin out"),
    (TENTH, 9, 30 * 0.78977, "he loses the margin in any case"),
    (NINTH, 1, 2_000 + 60 / 0.3, "that leaves nothing"),
    (NINTH, 2, 2_000 - 12 / 0.3, "above its entry"),
    (NINTH, 2, 2_000 + 12 / 30, "contract size is missing"),
    (NINTH, 3, -(2_040 - 2_000) * 0.3, "not its price"),
    (NINTH, 3, +16.5, "the sign is the wrong way round"),
    (NINTH, 4, -(2_090 - 2_000) * 0.3, "the takeover costs the margin"),
    (NINTH, 5, "save", "passes 2,070"),
    (NINTH, 6, 2_000 + 0.6 * 70, "does not grow evenly"),
    (NINTH, 7, sympy.Symbol("Y"), "it contains Y"),
    (NINTH, 8, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin, threshold:
     entry_price - side * (position_margin - maintenance_margin) / (quantity * contract_size),
     "the threshold is missing"),
    (NINTH, 8, lambda side, entry_price, quantity, contract_size, position_margin, maintenance_margin, threshold:
     entry_price - side * threshold * (position_margin - maintenance_margin) / (quantity * contract_size),
     "divides the road"),
    (NINTH, 9, 5, "quiet for 30 minutes"),
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
    assert first.startswith("Hint 1 of 2") and second.startswith("Hint 2 of 2") and third == second


def test_unknown_exercises_and_questions_are_refused():
    with pytest.raises(ValueError, match="there is no exercise called '99_x'"):
        Exercise("99_x")
    with pytest.raises(ValueError, match="the questions are 1 to 8"):
        Exercise(FIRST).check(9, 1)


def test_the_general_slips_do_not_hide_a_right_answer():
    zero = Number(answer=0.0, unit="USDT", within=0.01, slips={}, hints=("", ""), praise="Nothing.")
    assert zero.judge(0).outcome is Outcome.RIGHT


# -- whatever a reader types ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "number", "answer", "outcome", "says"),
    [
        (SECOND, 4, lambda: "E*m/L", "not yet", "it contains L, on which the answer does not depend"),
        (FIRST, 1, lambda: (0, 600), "not yet", "a tuple is not a number"),
        (FIRST, 1, lambda: (1, 200), "not yet", "As 1200, 1,200 USDT lies above the right number"),
        (FIRST, 1, lambda: 10**400, "not yet", "is larger than any amount"),
        (FIRST, 1, lambda: "9" * 10**7, "not yet", "without quotes"),
        (FIRST, 8, lambda: "x" * 10**7, "not yet", "is not one of 'index', 'last', 'mark'"),
        (FIRST, 8, lambda: [1] * 10**6, "not yet", "a list is not one of"),
        (FIRST, 8, lambda: tower(E, 60), "not yet", "a Mul is not one of"),
        (FIRST, 1, lambda: sympy.Function("f")(E), "not yet", "is not a number"),
        (FIRST, 1, lambda: sympy.Matrix([E]), "not yet", "is not a number"),
        (FIRST, 1, lambda: b"9", "not yet", "without quotes"),
        (FIRST, 8, lambda: 8, "not yet", "8 is not one of"),
        (FIRST, 1, lambda: tower(E, 60), "not yet", "is not a number"),
        (FIRST, 6, lambda: tower(E, 60), "not yet", "is not a function"),
        (SECOND, 5, lambda: sympy.Poly(E + 1, E), "not yet", "is not a SymPy expression"),
        (FIRST, 1, lambda: sympy.Integer(6) * 10**2, "right", ""),
        (FIRST, 1, lambda: sympy.Integral(sympy.exp(-(E**9)), (E, 0, 1)), "not yet", "is not a number"),
        (FIRST, 6, lambda: lambda **case: print(case["side"]), "not yet", "it returns nothing; end it with return"),
        (FIRST, 6, lambda: lambda **case: (_ for _ in ()).throw(SystemExit("bye")), "not yet", "fails with SystemExit"),
        (FIRST, 6, lambda: lambda **case: 10**400, "not yet", "fails with OverflowError"),
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
    question = Number(answer=48_200, unit="USDT", slips={"too low.": 1_048}, hints=("", ""), praise="")
    right = question.judge((48, 200))
    assert "the number is right, but Python reads 48,200 as 2 numbers; write 48_200 or 48200." in right.message
    assert "As 1048, too low." in question.judge((1, 48)).message


def test_a_verdict_is_seen_at_a_glance():
    looks = [Exercise(FIRST).check(1, answer)._repr_html_() for answer in (..., 1, 600)]
    for html, icon, word in zip(looks, "○✗✓", ("not attempted", "not yet", "right"), strict=True):
        assert f"{icon} Question 1: {word}" in html
    assert len({html.split("solid ")[1][:7] for html in looks}) == 3, "a color each"
    assert "&lt;b&gt;" in Exercise(FIRST).check(8, "<b>")._repr_html_()


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
