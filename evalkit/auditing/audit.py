"""The audit: what a store says of its vectors, what they show, and whether both are as expected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evalkit.auditing.bank import Bank, bank_hint, read_bank
from evalkit.auditing.census import Census
from evalkit.auditing.evidence import Draw, Forensics, draw_records, gather_evidence
from evalkit.auditing.groups import groups_hint
from evalkit.auditing.question import AuditQuestion
from evalkit.auditing.rules import AuditFacts, AuditRule, AuditVerdict, judge_audit, sentence_of
from evalkit.auditing.stores.store import Description, Group, Store
from evalkit.embedding.encoder import Fingerprint
from evalkit.findings import Finding, Severity

__all__ = ["audit_store"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Audit:
    """What was found of a store.

    Attributes:
        store: What it is.
        question: What was asked of it.
        census: What its records state; where they state nothing and the store as a whole does, that.
        evidence: What their vectors show.
        rules: What each rule saw.
        verdict: What they come to.
        sentence: Why.
        hints: What the vectors alone make one suspect; confirmed by nothing.
        findings: What is worth knowing beside.
    """

    store: Description
    question: AuditQuestion
    census: Census
    evidence: Forensics
    rules: tuple[AuditRule, ...]
    verdict: AuditVerdict
    sentence: str
    hints: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def audit_store(
    store: Store,
    question: AuditQuestion,
    *,
    before: float | None = None,
    candidates: Mapping[str, Store] | None = None,
) -> Audit:
    """Count what the records of a store state, hold some of its vectors against the model, and judge both.

    Args:
        store: Open for reading; nothing is written. It is closed once everything is read.
        question: What is asked.
        before: The share of records that stated the expected model when it was last asked.
        candidates: Name of a model → a store of its vectors on texts of this corpus, for a hint at whose
            vectors those are that cannot be made again.

    Raises:
        EvalkitError: The store or the model failed, or texts do not belong to the store.
    """
    described = store.describe()
    claim = stated_model(described.stated) if described.stated else ""
    counted = store.census()
    census = Census(counted if not claim else tuple(_claimed(group, claim) for group in counted))
    question = question.with_named(census.versions)
    draw = draw_records(store, question, census.total)
    bank = read_bank(store, candidates) if candidates else None
    store.close()  # no snapshot and no lock is held, nor a table kept from changing, while a model works
    evidence = gather_evidence(draw, described, question, census.total, claim)
    facts = AuditFacts(question=question, census=census, evidence=evidence, before=before)
    verdict, rules = judge_audit(facts)
    return Audit(
        store=described,
        question=question,
        census=census,
        evidence=evidence,
        rules=rules,
        verdict=verdict,
        sentence=sentence_of(verdict, rules, facts),
        hints=_hints(draw, evidence, bank, alone=described.exact),
        findings=(*store.findings, *_findings(question, census, evidence)),
    )


def _hints(draw: Draw | None, evidence: Forensics, bank: Bank | None, *, alone: bool) -> tuple[str, ...]:
    """Return what the drawn vectors make one suspect: by a bank, and by themselves where no model is here."""
    if draw is None:
        return ()
    vectors = draw.records.vectors[draw.records.sound]
    if not vectors.size:
        return ()
    alone = alone and evidence.attribution is None
    told = (bank_hint(bank, vectors) if bank else "", groups_hint(vectors) if alone else "")
    return tuple(hint for hint in told if hint)


def stated_model(fingerprint: Fingerprint) -> str:
    """Return what a space that is stated for a whole store says of its model."""
    return f"{fingerprint}@{fingerprint.revision}" if fingerprint.revision else str(fingerprint)


def _claimed(group: Group, claim: str) -> Group:
    if group.stratum.version:
        return group
    return Group(group.stratum._replace(version=claim), group.width, group.count)


def _findings(question: AuditQuestion, census: Census, evidence: Forensics) -> tuple[Finding, ...]:
    found = []
    if question.sample is not None and question.sample > census.total:
        problem = f"--sample {question.sample} is more than the {census.total} records that there are"
        found.append(Finding("EK646", Severity.WARNING, problem, hint="every record was looked at"))
    if census.unstated:
        problem = f"{census.unstated} of {census.total} records state no model"
        hint = "once their vectors are known,  evalkit stamp  prints what states it"
        found.append(Finding("EK647", Severity.WARNING, problem, hint=hint))
    if evidence.without_text and evidence.attribution is not None:
        problem = f"{evidence.without_text} of {evidence.drawn} drawn records have no text, and prove nothing"
        hint = "name where the texts are: --golden SET, or --map text=COLUMN"
        found.append(Finding("EK648", Severity.WARNING, problem, hint=hint))
    if evidence.gone:
        problem = f"{evidence.gone} records that were drawn were gone when they were read"
        found.append(Finding("EK649", Severity.NOTICE, problem, hint="somebody writes: nothing is wrong"))
    return tuple(found)
