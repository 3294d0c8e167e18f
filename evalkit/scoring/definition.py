"""The definition: all that is known of one measure, in one record; what is not stated, it cannot do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from evalkit.arrays import Floats
from evalkit.errors import UsageError
from evalkit.scoring import crediting, formulas, tied
from evalkit.scoring.crediting import CreditRule
from evalkit.scoring.formulas import Formula
from evalkit.scoring.judged import JudgedRun
from evalkit.scoring.orders import Orders
from evalkit.streams import stream

__all__ = ["Definition"]

Tied = Callable[[Orders, int | None], Floats]
_TRIALS, _RESULTS, _AGREE = 40, 8, 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One measure.

    Attributes:
        name: What it prints as, without a cutoff.
        formula: From a judged run and a cutoff to one value in [0, 1] for each query.
        words: What it says, in a sentence, for the glossary of reports; "" for none.
        source: Where it comes from.
        aliases: What other tools call it, in small letters.
        credit: It as a sum over relevant documents; None: no curve of a mixed index can be computed.
        tied: Its mean over every order of results that tie; None: only their order by id is scored.
        graded: Whether it weighs grades, so that no threshold says which of them are relevant.
        by_grade: Whether its formula says what a grade is worth, whatever the golden set says.
        by_gain: Whether a grade is worth in it what the golden set says.
        apart: Whether it is taken on the queries whose right answer is nothing, and on no others.
        stated: Its definition for stated parameters, by their names; None: it has none but the threshold.
        defaults: What those parameters are where nobody states them.
    """

    name: str
    formula: Formula
    words: str = ""
    source: str = ""
    aliases: tuple[str, ...] = ()
    credit: CreditRule | None = None
    tied: Tied | None = None
    graded: bool = False
    by_grade: bool = False
    by_gain: bool = False
    apart: bool = False
    stated: Callable[..., Definition] | None = None
    defaults: tuple[tuple[str, float], ...] = ()

    def at_least(self, grade: int) -> Definition:
        """Return the same measure where only documents of this grade and above count as relevant."""
        formula, tied = self.formula, self.tied
        return replace(
            self,
            formula=lambda judged, cutoff: formula(judged.at_least(grade), cutoff),
            credit=self.credit.at_least(grade) if self.credit else None,
            tied=tied and _over_orders(tied, grade),
        )

    def check(self) -> None:
        """Raise where the credit rule does not add up to the formula, on drawn judgements.

        Raises:
            UsageError: It does not; a mixed curve would show another measure.
        """
        if self.credit is None:
            return
        judged = _drawn()
        for cutoff in (1, 3, _RESULTS):
            by_formula = np.asarray(self.formula(judged, cutoff), dtype=np.float64)
            by_credit = self.credit.values(judged, cutoff)
            if by_formula.shape != by_credit.shape or not np.allclose(by_formula, by_credit, atol=_AGREE):
                raise UsageError(
                    f"the credit of measure {self.name} does not add up to its formula at cutoff {cutoff}",
                    hint="mend one of the two, or leave the credit out: it then has no mixed curve",
                    code="EK110",
                )


def _over_orders(tied: Tied, grade: int) -> Tied:
    """Return a mean over orders where only this grade and above count."""
    return lambda orders, cutoff: tied(Orders(orders.judged.at_least(grade), orders.classes), cutoff)


def _drawn() -> JudgedRun:
    """Return judged results of a few made-up queries, of grades −1 to 3."""
    draw = stream(0, "definition")
    grades = draw.integers(-1, 4, size=(_TRIALS, _RESULTS))
    elsewhere = draw.integers(0, 4, size=(_TRIALS, 3))  # judged documents that were not found
    ideal = -np.sort(-np.maximum(np.hstack([grades, elsewhere]), 0), axis=1)
    return JudgedRun(grades, ideal, np.full(_TRIALS, _RESULTS))


def rank_biased_precision(p: float) -> Definition:
    """Return rank-biased precision with persistence p."""
    return Definition(
        name="RBP",
        formula=partial(formulas.rank_biased_precision, p=p),
        words=(
            "What a reader gains who looks at the next result with a fixed chance p, 0.8 unless stated: "
            "(1 − p) · p^(rank − 1) for each relevant document."
        ),
        source="Moffat and Zobel, Rank-biased precision, ACM TOIS 27(1), 2008",
        credit=crediting.rank_biased(p),
        tied=partial(tied.rank_biased_precision, p=p),
        stated=rank_biased_precision,
        defaults=(("p", 0.8),),
    )


DEFINITIONS: dict[str, Definition] = {
    known.name: known
    for known in (
        Definition(
            name="nDCG",
            formula=formulas.ndcg,
            words=(
                "Normalised discounted cumulative gain: relevant documents count by grade and by how early "
                "they come; 1 is the best order that the judgements allow."
            ),
            source="Järvelin and Kekäläinen, ACM TOIS 20(4), 2002, with the discount of trec_eval's ndcg_cut",
            aliases=("ndcg_cut",),
            credit=crediting.NDCG,
            tied=tied.ndcg,
            graded=True,
            by_gain=True,
        ),
        Definition(
            name="nDCG(exp)",
            formula=formulas.ndcg_exponential,
            words="As nDCG, with gain 2^grade − 1, which favours the highest grades.",
            source="Burges et al., Learning to rank using gradient descent, ICML 2005",
            aliases=("ndcg_burges",),
            credit=crediting.NDCG_EXPONENTIAL,
            tied=tied.ndcg_exponential,
            graded=True,
            by_grade=True,
        ),
        Definition(
            name="Recall",
            formula=formulas.recall,
            words="The share of all known relevant documents that is found.",
            source="trec_eval's recall",
            aliases=("r",),
            credit=crediting.RECALL,
            tied=tied.recall,
        ),
        Definition(
            name="RecallCap",
            formula=formulas.recall_capped,
            words="As Recall, divided by what the cutoff can hold where that is less.",
            source="Thakur et al., BEIR, NeurIPS 2021 (capped recall)",
            aliases=("r_cap",),
            credit=crediting.RECALL_CAPPED,
            tied=tied.recall_capped,
        ),
        Definition(
            name="Precision",
            formula=formulas.precision,
            words="The share of what is returned that is relevant.",
            source="trec_eval's P",
            aliases=("p",),
            credit=crediting.PRECISION,
            tied=tied.precision,
        ),
        Definition(
            name="MRR",
            formula=formulas.reciprocal_rank,
            words="One divided by the rank of the first relevant document, 0 without one.",
            source="Voorhees, The TREC-8 question answering track report, 1999; trec_eval's recip_rank",
            aliases=("rr", "recip_rank"),
            credit=crediting.RECIPROCAL_RANK,
            tied=tied.reciprocal_rank,
        ),
        Definition(
            name="MAP",
            formula=formulas.average_precision,
            words="Mean of the precision at each relevant document, over all that are known.",
            source="trec_eval's map and map_cut",
            aliases=("ap", "map_cut"),
            credit=crediting.AVERAGE_PRECISION,
            tied=tied.average_precision,
        ),
        Definition(
            name="Hit",
            formula=formulas.hit,
            words="1 where any relevant document is found, else 0.",
            source="trec_eval's success",
            aliases=("success", "hit_rate"),
            credit=crediting.HIT,
            tied=tied.hit,
        ),
        Definition(
            name="Rprec",
            formula=formulas.r_precision,
            words="The share of relevant documents among the first R, where R is how many are known.",
            source="trec_eval's Rprec",
            aliases=("r_prec", "r_precision", "r-precision"),
            tied=tied.r_precision,
        ),
        Definition(
            name="Bpref",
            formula=formulas.bpref,
            words=(
                "How seldom documents judged not relevant stand above relevant ones; unjudged documents are "
                "passed over."
            ),
            source="Buckley and Voorhees, SIGIR 2004; trec_eval's bpref",
        ),
        Definition(
            name="ERR",
            formula=formulas.expected_reciprocal_rank,
            words=(
                "The expected value of one divided by the rank at which a reader is satisfied, whom a "
                "document of grade g satisfies with chance (2^g − 1) / 2^4."
            ),
            source="Chapelle et al., Expected reciprocal rank for graded relevance, CIKM 2009; gdeval's ERR",
            graded=True,
            by_grade=True,
        ),
        rank_biased_precision(0.8),
        Definition(
            name="Silent",
            formula=formulas.silent,
            words=(
                "The share of the queries whose right answer is nothing for which nothing is returned; they "
                "are in the mean of no other measure."
            ),
            source='evalkit\'s own: queries that say "answer": "none"',
            tied=tied.silent,
            graded=True,
            apart=True,
        ),
        Definition(
            name="Judged",
            formula=formulas.judged_share,
            words=(
                "The share of what is returned that somebody judged. Unjudged documents count as not "
                "relevant, so a system with a lower share is underrated by more."
            ),
            source="ir_measures' Judged",
            tied=tied.judged_share,
            graded=True,
        ),
    )
}
