"""The ways: the names of the six paths, what answers queries on each, and how to go back."""

from __future__ import annotations

REBUILD, DUAL, IN_PLACE, BRIDGE, CASCADE, LAZY = (
    "rebuild",
    "dual-index",
    "in-place",
    "bridge",
    "cascade",
    "lazy",
)
PATHS = (REBUILD, DUAL, IN_PLACE, BRIDGE, CASCADE, LAZY)
SERVED_BY = {
    REBUILD: ("stay-old",),
    DUAL: ("stay-old",),
    IN_PLACE: (
        *("new-query", "old-query", "filter-new", "filter-old"),
        *("dual-raw", "dual-calibrated", "dual-rrf", "dual-rrf-share"),
    ),
    BRIDGE: ("bridged", "bridged-affine", "bridged-mean-shift"),
    CASCADE: ("cascade",),
    LAZY: ("cascade",),
}
WAYS_BACK = {
    REBUILD: "keep the old index; it ages from the swap on",
    DUAL: "turn the flag back, until dual writes to the old index end",
    IN_PLACE: "none but embedding again with the old model",
    BRIDGE: "none but embedding again with the old model",
    CASCADE: "turn the re-ranking off, at any time",
    LAZY: "turn the re-ranking off, at any time before the old index goes",
}
INSIDE_REQUESTS = (CASCADE, LAZY)  # documents are embedded while somebody waits
HARMLESS_WAY_BACK = (REBUILD, DUAL, CASCADE, LAZY)
