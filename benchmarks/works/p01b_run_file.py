"""P1b: four measures of 5,000 queries × 100 ranks from a TREC file, beside a script of pytrec_eval."""

from __future__ import annotations

import subprocess
import sys

from clock import Clock, run
from folders import CARD, SCRATCH, command
from p01_scoring import dictionaries

HOME = SCRATCH / "p01b"
SCRIPT = """\
import sys
import pytrec_eval
qrels, run = sys.argv[1:]
with open(qrels) as file:
    judged = pytrec_eval.parse_qrel(file)
with open(run) as file:
    found = pytrec_eval.parse_run(file)
wanted = {"ndcg_cut.10", "recall.10,100", "recip_rank"}
scores = pytrec_eval.RelevanceEvaluator(judged, wanted).evaluate(found)
print(sum(score["ndcg_cut_10"] for score in scores.values()) / len(scores))
"""


def prepare(clock: Clock) -> None:
    """Write a golden set, its judgements in TREC form too, and a run of all its queries."""
    with clock:
        ids, results, qrels = dictionaries()
        (HOME / "golden" / "qrels").mkdir(parents=True, exist_ok=True)
        (HOME / "golden" / "golden.toml").write_text(CARD.format(name="bench"))
        for name, texts in (("corpus", ids), ("queries", list(results))):
            lines = (f'{{"_id": "{identity}", "text": "text {identity}"}}\n' for identity in texts)
            (HOME / "golden" / f"{name}.jsonl").write_text("".join(lines))
        rows = [(query, name, grade) for query, grades in qrels.items() for name, grade in grades.items()]
        tsv = "".join(f"{query}\t{name}\t{grade}\n" for query, name, grade in rows)
        (HOME / "golden" / "qrels" / "test.tsv").write_text(f"query-id\tcorpus-id\tscore\n{tsv}")
        (HOME / "qrels.trec").write_text("".join(f"{q} 0 {name} {grade}\n" for q, name, grade in rows))
        with (HOME / "run.trec").open("w") as file:
            for query, found in results.items():
                ranked = sorted(found.items(), key=lambda pair: -pair[1])
                file.writelines(
                    f"{query} Q0 {name} {rank} {score!r} bench\n"
                    for rank, (name, score) in enumerate(ranked, 1)
                )


def evalkit(clock: Clock) -> None:
    """Score the file through the command line, the golden set with all its texts read and checked."""
    wanted = "nDCG@10,Recall@10,MRR@10,Recall@100"
    model = f"run/{HOME / 'run.trec'}"
    command(clock, "run", str(HOME / "golden"), "--model", model, "--measure", wanted, "--json")


def pytrec_eval(clock: Clock) -> None:
    """Let pytrec_eval's own readers and measures do it."""
    asked = [sys.executable, "-c", SCRIPT, str(HOME / "qrels.trec"), str(HOME / "run.trec")]
    with clock:
        subprocess.run(asked, capture_output=True, check=True)  # noqa: S603 - our own


if __name__ == "__main__":
    run({"prepare": prepare, "evalkit": evalkit, "pytrec_eval": pytrec_eval})
