"""What a canary noticed beside its evidence: users on both sides, a wrong division, nobody, late events."""

from __future__ import annotations

from evalkit import figures
from evalkit.findings import Finding, Severity
from evalkit.rollout.canary import Canary
from evalkit.rollout.ledger import BOTH
from evalkit.rollout.sequential import ENOUGH

MANY = 0.01  # of the users in both arms: more than a cookie that was lost


def findings_of(canary: Canary) -> tuple[Finding, ...]:
    """Return what people should know beside the verdict, told with counts."""
    state, users = canary.state, canary.users
    found = []
    if users["both"]:
        seen = sum(users.values())
        found.append(
            Finding(
                "EK464",
                Severity.WARNING if users["both"] > MANY * seen else Severity.NOTICE,
                f"{figures.count(users['both'])} of {figures.count(seen)} users were seen in both "
                "arms and are left out",
                (),
                "assign users by a digest of their id, so that nobody changes sides",
            )
        )
    if canary.sample_ratio >= ENOUGH:
        found.append(_wrong_ratio(canary))
    if not (state.canary.users and state.control.users):
        found.append(_nobody(canary))
    if state.late:
        found.append(
            Finding(
                "EK468",
                Severity.NOTICE,
                f"{figures.count(state.late)} of {figures.count(state.events)} events are of "
                "users who had been counted: left out",
                (),
                "add a day's events once all of them have come",
            )
        )
    return tuple(found)


def _wrong_ratio(canary: Canary) -> Finding:
    places = tuple(
        f"stated {figures.spread(stage.share)}   seen {figures.count(mine)} of "
        f"{figures.count(mine + theirs)}, {figures.spread(mine / (mine + theirs))}"
        for stage, (mine, theirs) in zip(canary.question.stages, canary.by_stage.tolist(), strict=True)
        if mine + theirs
    )
    return Finding(
        "EK465",
        Severity.WARNING,
        f"users are not divided as stated (E {figures.e_value(canary.sample_ratio)}): the arms "
        "may not be alike",
        places,
        "look for lost events, redirects, crashes, and the share in force; nothing is OK before that",
    )


def _nobody(canary: Canary) -> Finding:
    state, users = canary.state, canary.users
    missing = [arm for arm in ("canary", "control") if not users[arm]]
    waiting = int((~state.ledger.counted & (state.ledger.arms != BOTH)).sum())
    if missing:
        problem = f"no user of {' or '.join(missing)} was seen: there is nothing to compare"
        return Finding("EK466", Severity.WARNING, problem, (), "are events of both arms in these files?")
    return Finding(
        "EK466",
        Severity.WARNING,
        f"no window of {figures.as_set(canary.question.window_s)} s is over in both arms: "
        f"{figures.count(waiting)} users wait",
        (),
        "look again later, or state what time it is by --until, or a shorter --window from the start",
    )
