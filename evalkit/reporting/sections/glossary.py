"""The glossary: how the numbers were made, and one entry for each term that the report uses."""

from __future__ import annotations

from evalkit.reporting.blocks import Entry, Folded, Glossary, Sentences
from evalkit.reporting.page import Section
from evalkit.results.result import Result
from evalkit.scoring.measure import words_of

_TERMS = {
    "delta": (
        "Δ, delta",
        "Candidate minus baseline, the mean over queries. Above 0 the candidate is better.",
    ),
    "interval": (
        "Interval",
        (
            "The guarded interval: where the true mean difference lies with the coverage stated, if these "
            "queries are a fair sample. It is a t interval after adding one query that went as badly as "
            "possible on the side in question, so that rare disasters are not overlooked."
        ),
    ),
    "p": (
        "p",
        (
            "How often random signs would give a difference as large as this one, if the systems were alike "
            "(paired sign-flip test, both sides)."
        ),
    ),
    "adjusted": (
        "p, adjusted",
        "After Benjamini and Hochberg over the whole table: for exploring, it never feeds the verdict.",
    ),
    "record": ("Won/tied/lost", "Queries on which the candidate is better, the same, worse."),
    "ceiling": (
        "Ceiling",
        "The score of the best order of the judged documents: no system can score higher here.",
    ),
    "critical": (
        "Critical query",
        "A query marked in the golden set that must keep a relevant document in its top ten.",
    ),
    "guardrail": ("Guardrail", "A measure or segment beside the deciding one that must not get worse."),
    "margin": ("Margin", "The loss that one accepts; it also says how much harm is harm."),
    "effective": (
        "Effective queries",
        "How many equally weighted, independent queries carry as much information as these.",
    ),
    "detectable": ("Gain it can show", "The smallest true gain that would be shown with the power stated."),
    "provable": (
        "Loss it can exclude",
        "The smallest loss that would be excluded if nothing is lost in truth.",
    ),
    "needed": (
        "Queries needed",
        "How many judged queries in all would settle the question at the planned effect.",
    ),
    "judging": (
        "Judging",
        (
            "complete: every relevant document is known. pooled: what some systems found was judged. sparse: "
            "a few known answers. not stated: nobody says, and what nobody judged counts as not relevant."
        ),
    ),
    "ties": ("Tie at rank 10", "Ranks 10 and 11 have one score, so that which is shown is decided by id."),
    "overlap": ("Overlap@10", "The share of the top ten that both systems have in common."),
    "rbo": (
        "Rank-biased overlap",
        "Agreement of two rankings from 0 to 1, early ranks weighing most (persistence 0.9).",
    ),
    "index": ("Index", "FAISS factory string. Flat is exact search; others trade accuracy for speed."),
    "pace": (
        "Texts per second",
        (
            "How many documents the model turned into vectors a second on that machine, after the first 256; "
            "where all came from the cache, what was noted when they were made."
        ),
    ),
    "latency": (
        "Search latency, p50 and p95",
        (
            "The time of a search of the index, one query at a time, its embedding not counted: half of them "
            "took at most p50, nineteen of twenty at most p95."
        ),
    ),
    "truncated": (
        "Documents read in part",
        "Documents longer than what the model reads: their rest is not searched.",
    ),
    "embedded": ("Embedded now", "Texts that this experiment embedded; the others came from the cache."),
    "unjudged": ("Unjudged", "Returned, but nobody said whether it is relevant. It counts as not relevant."),
}
_MIX_TERMS = {
    "worst": ("Worst", "The lowest mean strictly between nothing moved and everything moved, and where."),
    "break-even": (
        "As good as the old index",
        "The least share moved from which on the mean stays at or above that of the old index (break-even).",
    ),
    "blackout": (
        "Blackout",
        (
            "Of the relevant documents that the old index finds in its top ten, the share that is left with "
            "less than one chance in twenty of being there, when half has moved."
        ),
    ),
    "never-below": (
        "Never below the old index",
        (
            "Shown where, at every share moved, the interval of the difference to the old index excludes a "
            "loss beyond the margin."
        ),
    ),
}
_METHODS = (
    "Every query is answered by both systems and scored; a comparison looks at the difference on each query.",
    (
        "Better means that the sign-flip test and the guarded interval both say so; no worse means that the "
        "interval excludes a loss beyond the margin; harm needs the test alone. The burden of proof is on "
        "the candidate."
    ),
    "The verdict is the first rule of a fixed list that speaks. Several candidates share one error rate.",
    (
        "A query without any known relevant document is left out on both sides. Unjudged documents count as "
        "not relevant; the rule on them asks whether the verdict would survive if they were."
    ),
)


def measure_entry(measure: str) -> str:
    """Return the key of the entry that explains a measure, "" where there is none."""
    base = measure.partition("@")[0]
    return base.lower() if words_of(base) else ""


def methods(result: Result) -> Section:
    """Return the methods with an entry for each measure that was scored."""
    names = dict.fromkeys(name for system in result.systems.values() for name in system.measures)
    bases = dict.fromkeys(name.partition("@")[0] for name in names)
    entries = [Entry(measure_entry(base), base, words_of(base)) for base in bases if words_of(base)]
    terms = {**_TERMS, **(_MIX_TERMS if result.mix_summary else {})}
    entries += [Entry(key, term, meaning) for key, (term, meaning) in terms.items()]
    told = Folded("How it is decided", (Sentences(_METHODS),), printed=True)
    glossary = Folded("What the words mean", (Glossary(tuple(entries)),), printed=True)
    return Section("methods", "Methods and glossary", (told, glossary))
