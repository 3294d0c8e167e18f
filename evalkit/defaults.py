"""The defaults: what holds where nobody says otherwise; each stands here alone, as it is typed."""

OBJECTIVE = "improve"
PRIMARY = "nDCG@10"
MEASURES = ("nDCG@10", "Recall@10", "MRR@10", "Recall@100", "Judged@10")
MIXED_MEASURES = ("nDCG@10", "Recall@10")  # what a curve of the mixed index shows
MIN_GAIN = 0.0
MARGIN = 0.02  # the loss that is accepted, of a candidate and on the way to it
TOLERANCE = 0.01  # the drop that a gate ignores
DEPTH = 100  # documents retrieved
CUTOFF = 10  # results that people see
FACTORY = "Flat"  # the index: exact search
SHARES = 21  # of the corpus moved, from none to all
ORDER = "random"  # in which documents move
SEED = 20240501
