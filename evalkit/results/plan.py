"""The result of a plan: paths, inputs, exposures and what the plan rests on, as one typed record."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from evalkit import figures
from evalkit.planning.lazy import Coverage, queries_until, zipf_coverage
from evalkit.planning.paths import Exposure, Path
from evalkit.planning.ranges import Range, Ranges
from evalkit.planning.runbook import preconditions, steps_of
from evalkit.planning.steps import Scope
from evalkit.planning.storage import ENGINES
from evalkit.planning.workload import GIGA
from evalkit.results.curves import describe_curves
from evalkit.results.description import (
    Json,
    describe_counts,
    describe_finding,
    describe_golden,
    describe_system,
)
from evalkit.results.origin import ProvenancePart
from evalkit.results.result import Result
from evalkit.studies.planbuild import Build
from evalkit.studies.planinputs import Asked
from evalkit.studies.planning import MigrationPlan

MOMENTS_HOURS = (1.0, 24.0, 168.0, 720.0, 4380.0, 8760.0)


def result_of_plan(study: MigrationPlan, provenance: Mapping[str, object]) -> Result:
    """Return everything that a plan says; numbers are not rounded."""
    old, new, setting, asked = study.old, study.new, study.setting, study.asked
    return Result.found(
        recommended=study.choice.name or None,
        question=question_of(asked),
        golden=describe_golden(setting.golden),
        systems={
            item.system.name: describe_system(item, role) for item, role in ((old, "old"), (new, "new"))
        },
        counts=describe_counts(old, setting),
        **describe_curves(study.curves),
        strategies=[_strategy(path, study) for path in study.paths],
        inputs=[
            {**dataclasses.asdict(item), "unit": item.unit} for item in study.question.inputs.by_name.values()
        ],
        plan=_plan(study),
        findings=[describe_finding(finding) for finding in study.findings],
        provenance=ProvenancePart.of(provenance),
    )


def question_of(asked: Asked) -> Json:
    """Return what a plan was asked, by which its folder knows it again."""
    return {
        "orders": list(asked.orders),
        "measure": asked.measure,
        "engine": asked.file.engine,
        "kind": asked.file.kind,
        "lazy_strategy": asked.file.lazy_strategy,
        "currency": asked.file.currency,
        "align": asked.align,
        "log": str(asked.log or ""),
        "numbers": {item.name: item.value for item in (*asked.file.numbers, *asked.told)},
        "seed": asked.seed,
    }


def _strategy(path: Path, study: MigrationPlan) -> Json:
    ranges: Ranges = study.ranges[path.name]
    harmed = path.harm
    return {
        "name": path.name,
        "served_by": path.served_by,
        **_ranged("hours", path.hours, ranges.hours),
        **_ranged("cost", path.cost, ranges.cost),
        "tokens": path.tokens,
        "peak_bytes": path.peak_bytes,
        "searches": path.searches,
        **_ranged("harm", harmed, ranges.harm),
        **_ranged("delay", path.delay, ranges.delay),
        "answers_lost": None if harmed is None else harmed * study.question.queries_per_hour,
        "never_below": None if path.exposure is None else path.exposure.never_below,
        "possible": path.possible,
        "way_back": path.way_back,
        "note": path.note,
        "recommended": path.name == study.choice.name,
    }


def _ranged(name: str, value: float | None, told: Range | None) -> Json:
    low, middle, high = (None, None, None) if told is None else told
    return {name: value, f"{name}_low": low, f"{name}_median": middle, f"{name}_high": high}


def _plan(study: MigrationPlan) -> Json:
    question, schedule = study.question, study.schedule
    store, inputs = question.store, question.inputs
    engine, scope = ENGINES[store.engine], _scope(study)
    return {
        "reason": study.choice.reason,
        "changes": list(study.choice.changes),
        "documents": question.documents,
        "schedule": {
            "hours": schedule.hours,
            "requests": schedule.requests,
            "binding": schedule.binding,
            "converges": schedule.converges,
            "rate": schedule.rate,
            "constraints": schedule.constraints,
        },
        "storage": {
            "engine": store.engine,
            "kind": store.kind,
            "old_bytes_per_vector": store.old_bytes(inputs),
            "new_bytes_per_vector": store.new_bytes(inputs),
            "basis": "given" if "bytes_per_vector" in inputs else engine.basis,
            "source": inputs.by_name["bytes_per_vector"].source
            if "bytes_per_vector" in inputs
            else engine.source,
            "old_gb": question.documents * store.old_bytes(inputs) / GIGA,
            "new_gb": question.documents * store.new_bytes(inputs) / GIGA,
        },
        "queries_per_hour": question.queries_per_hour,
        "exposures": [_exposure(item) for item in study.exposures],
        "lazy": [_covered(hours, study) for hours in MOMENTS_HOURS if question.queries_per_hour],
        "sizes": [dataclasses.asdict(step) for step in study.sizes],
        "build": _build(study.build),
        "zipf": None if study.fit is None else dataclasses.asdict(study.fit),
        "preconditions": [dataclasses.asdict(step) for step in preconditions(scope)],
        "steps": [dataclasses.asdict(step) for step in steps_of(study.choice.name, scope)]
        if study.choice.name
        else [],
    }


def _build(build: Build | None) -> Json | None:
    if build is None:
        return None
    low, high = build.hours
    named = ("sizes", "seconds", "m", "effort", "drawn", "memory_bytes")
    told = {name: getattr(build, name) for name in named}
    return {"low_hours": low, "high_hours": high, "exponent": build.time.exponent, **told}


def _scope(study: MigrationPlan) -> Scope:
    """Return what the runbook is about, with the names that were typed."""
    inputs, asked = study.question.inputs, study.question.queries_per_hour
    shape = (int(study.question.documents), int(inputs["candidates"]), inputs["zipf"])
    touching = queries_until(*shape, traffic=inputs["sweep_from"])
    return Scope(
        golden=study.asked.golden_name or study.golden.name,
        old=study.old.system.name,
        new=study.new.system.name,
        engine=study.question.store.engine,
        backfill_hours=study.schedule.hours,
        canary_hours=inputs["canary_hours"],
        rollback_hours=inputs["rollback_hours"],
        sweep_hours=touching / asked if asked else None,
        building=_building(study.build),
        margin=inputs["margin"],
    )


def _building(build: Build | None) -> str:
    if build is None:
        return ""
    takes = figures.plain(figures.span(*(figures.duration(3600 * hours) for hours in build.hours)))
    memory = build.memory_bytes
    room = f", in maintenance_work_mem of {figures.plain(figures.size(memory))}" if memory else ""
    return f"Its graph takes {takes} of one thread{room}."


def _exposure(item: Exposure) -> Json:
    """Return what a strategy costs in each hour of the migration."""
    told = {
        f"{name}{end}": value
        for name, values in (("harm", item.harm), ("delay", item.delay))
        for end, value in zip(("_low", "", "_high"), values, strict=True)
    }
    named = ("strategy", "order", "never_below", "searches", "start", "worst")
    return {**{name: getattr(item, name) for name in named}, **told}


def _covered(hours: float, study: MigrationPlan) -> Json:
    question = study.question
    queries = hours * question.queries_per_hour
    shape = (int(question.documents), int(question.inputs["candidates"]), question.inputs["zipf"])
    found: Coverage = zipf_coverage(*shape, queries)
    return {
        "hours": hours,
        "queries": queries,
        "corpus": found.corpus,
        "traffic": found.traffic,
        "reembeddings_per_query": found.reembeddings_per_query,
    }
