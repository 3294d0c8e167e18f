"""Remarks on a plan: what is worth knowing of its inputs, its quality and its lazy path."""

from __future__ import annotations

from evalkit import figures
from evalkit.findings import Finding, Severity
from evalkit.mixing.curve import MixCurve
from evalkit.mixing.starving import FUSION
from evalkit.planning.inputs import ASSUMED
from evalkit.planning.paths import Question
from evalkit.planning.schedule import Schedule
from evalkit.planning.storage import packed_bytes
from evalkit.planning.subsample import SizeStep, unsettled
from evalkit.studies.planbuild import Build
from evalkit.studies.planinputs import Asked

PGVECTOR = "pgvector"
_MORE = 1.02  # from here on the difference is told


def remarks_on(
    question: Question, schedule: Schedule, sizes: tuple[SizeStep, ...], curve: MixCurve, asked: Asked
) -> list[Finding]:
    """Return what is worth knowing of the inputs and of what the plan rests on."""
    inputs, told = question.inputs, []
    if not schedule.converges:
        needed = 3600 * inputs["writes_per_s"]
        told.append(
            Finding(
                "EK743",
                Severity.WARNING,
                f"writes_per_s = {figures.as_set(inputs['writes_per_s'])} is "
                f"{figures.count(needed)} documents an hour, and "
                f"{figures.count(schedule.rate)} an hour are embedded: a backfill never catches up",
                hint=(
                    f"it converges above {figures.count(needed)} documents an hour, "
                    f"{schedule.binding} bind now"
                ),
            )
        )
    assumed = [item.name for item in inputs.by_name.values() if item.kind == ASSUMED and not item.is_certain]
    if assumed:
        problem = f"{len(assumed)} inputs are assumed, and the ranges say so: {', '.join(assumed)}"
        told.append(Finding("EK750", Severity.NOTICE, problem, hint="state them in plan.toml"))
    if "price" not in inputs:
        hint = "price = { value = 0.02, date = 2026-11-01 } in plan.toml, or --price 0.02@2026-11-01"
        told.append(Finding("EK751", Severity.WARNING, "no price is known, and so no cost", hint=hint))
    elif not inputs.by_name["price"].date:
        hint = "--price 0.02@2026-11-01: the day on which you read it"
        problem = f"price = {figures.as_set(inputs['price'])} has no date, and prices change"
        told.append(Finding("EK749", Severity.WARNING, problem, hint=hint))
    told += _about_quality(question, sizes, curve)
    told += _about_lazy(asked)
    if inputs["tokens_per_document"] > inputs["input_tokens"]:
        problem = (
            f"a document has {figures.count(inputs['tokens_per_document'])} tokens on average, "
            "and a provider takes "
            f"input_tokens = {figures.count(inputs['input_tokens'])}"
        )
        told.append(
            Finding("EK742", Severity.WARNING, problem, hint="split documents before they are embedded")
        )
    return told


def about_index(question: Question, schedule: Schedule, build: Build | None) -> list[Finding]:
    """Return what is worth knowing of the new index: fuller pages than told, a build that takes longer."""
    store, inputs, told = question.store, question.inputs, []
    if store.engine == PGVECTOR and "bytes_per_vector" not in inputs:
        plain = store.new_bytes(inputs)
        packed = packed_bytes(store.new_dims, kind=store.kind, m=int(inputs["m"])) * (1 + inputs["replicas"])
        if packed > _MORE * plain:
            problem = (
                f"vectors of {store.new_dims} dimensions fill a page of pgvector to the last bytes: "
                "elements on upper levels of its graph do not fit beside others, and a vector takes "
                f"{figures.count(packed)} bytes rather than {figures.count(plain)}"
            )
            hint = f"bytes_per_vector = {figures.count(packed).replace(',', '')} reckons with it"
            told.append(Finding("EK762", Severity.NOTICE, problem, hint=hint))
    if build is not None and build.hours[0] > schedule.hours:
        takes = figures.plain(figures.span(*(figures.duration(3600 * hours) for hours in build.hours)))
        problem = f"building the graph of {store.engine} takes longer than embedding: {takes} of one thread"
        hint = "several threads share it; the hours of the paths are those of embedding"
        told.append(Finding("EK763", Severity.WARNING, problem, hint=hint))
    return told


def _about_quality(question: Question, sizes: tuple[SizeStep, ...], curve: MixCurve) -> list[Finding]:
    old, new = curve.line("stay-old").old_mean, float(curve.line("dual-raw").means[-1])
    told = []
    if new <= old:
        problem = (
            f"the new model is not better on this golden set: {figures.number(old)} → {figures.number(new)}"
        )
        hint = "evalkit compare decides whether it may replace the old one; no path is worth a loss"
        told.append(Finding("EK752", Severity.WARNING, problem, hint=hint))
    moving = unsettled(sizes)
    known, planned = len(curve.query_ids), question.documents
    if moving:
        problem = f"quality has not settled at the size of this corpus: from half of it to all of it {moving}"
        hint = "a larger sample of the corpus tells more; harm and delay are those of this one"
        told.append(Finding("EK753", Severity.WARNING, problem, hint=hint))
    if sizes and planned > 2 * sizes[-1].documents:
        problem = (
            f"the plan is for {figures.count(planned)} documents, and the lab has seen "
            f"{figures.count(sizes[-1].documents)} with "
            f"{known} queries: hours, money and bytes scale, quality does not"
        )
        hint = "more documents compete for the first ten; see how quality depends on the corpus"
        told.append(Finding("EK754", Severity.NOTICE, problem, hint=hint))
    return told


def _about_lazy(asked: Asked) -> list[Finding]:
    name = asked.file.lazy_strategy
    if name not in FUSION:
        return []
    problem = f"lazy_strategy = {name}: {FUSION[name]}"
    return [Finding("EK755", Severity.WARNING, problem, hint="cascade has neither fault")]
