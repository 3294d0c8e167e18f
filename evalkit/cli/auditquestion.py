"""How the options of an audit, and its file, become a question."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from evalkit.cli.options import open_golden, system_of
from evalkit.errors import EvalkitError, UsageError

if TYPE_CHECKING:
    from evalkit.auditing.auditfile import AuditFile
    from evalkit.auditing.expectation import Expectation
    from evalkit.auditing.question import AuditQuestion, CurrentTexts
    from evalkit.auditing.stores.store import Description
    from evalkit.cli.session import Session
    from evalkit.embedding.encoder import Encoder, VectorSource
    from evalkit.evaluation import System
    from evalkit.golden.goldenset import GoldenSet

LOCAL = ("hash", "lsa", "st", "model2vec")  # whose encoders work here, and cost nothing
NEAR = ("localhost", "127.0.0.1", "::1")


def file_of(options: dict[str, Any]) -> AuditFile:
    """Return what the file says, with the options that win over it.

    Raises:
        UsageError: The file is wrong, or neither names a store and a model.
    """
    from evalkit.auditing.auditfile import AuditFile, read_audit_file
    from evalkit.embedding.storespec import parse_roles

    file = read_audit_file(options["audit_file"]) if options["audit_file"] else AuditFile()
    names = ("store", "expect", "golden", "sample", "at_most", "same")
    stated = {name: options[name] for name in names if options[name] is not None}
    stated |= {name: tuple(options[name]) for name in ("claims", "suspects") if options[name]}
    stated |= {name: True for name in ("show_tenants", "send_texts") if options[name]}
    if options["columns"]:
        stated["map"] = {**file.map, **parse_roles(options["columns"])}
    file = dataclasses.replace(file, **stated)
    missing = [word for word, value in (("STORE", file.store), ("--expect MODEL", file.expect)) if not value]
    if missing:
        raise UsageError(
            f"an audit needs {' and '.join(missing)}",
            hint="evalkit audit STORE --expect MODEL, or --audit audit.toml that says store and expect",
            code="EK640",
        )
    if file.same is not None and not 0 < file.same <= 1:
        raise UsageError(f"--same {file.same} is no cosine", hint="such as 0.9995", code="EK645")
    return file


def question_of(file: AuditFile, options: dict[str, Any], session: Session) -> AuditQuestion:
    """Return what is asked, models opened and nothing encoded.

    Raises:
        EvalkitError: A model cannot be used, or a number is none.
    """
    from evalkit.auditing.making import SAME, Ruler
    from evalkit.auditing.question import TENANTS, AuditQuestion
    from evalkit.auditing.sampling import PROMISE

    golden = open_golden(file.golden, session) if file.golden else None
    census_only = file.sample == 0
    expected = _expected(str(file.expect), golden, session, file, encodes=not census_only)
    old = _expected(file.window.old, golden, session, file, encodes=not census_only) if file.window else None
    today = options["today"] or datetime.now(UTC).date()
    return AuditQuestion(
        expected=dataclasses.replace(expected, claims=file.claims),
        old=old,
        window=file.window,
        suspects=() if census_only else tuple(_suspects(file, golden, session)),
        sample=file.sample,
        at_most=PROMISE if file.at_most is None else file.at_most,
        ruler=Ruler(same=file.same or SAME),
        texts=_texts(golden, str(file.golden)) if golden is not None else None,
        seed=int(f"{today:%Y%m%d}") if options["seed"] is None else options["seed"],
        today=today,
        tenants=TENANTS if file.tenants is None else file.tenants,
        hashed=not file.show_tenants,
        opener=None if census_only else _opener(golden, session),
    )


def with_lengths(question: AuditQuestion, store: Description) -> AuditQuestion:
    """Return the question as the store compares vectors: where lengths count, another length is a fault."""
    fingerprint = question.expected.fingerprint
    free = fingerprint is not None and not fingerprint.normalize
    counts = free and not store.normalised and "cos" not in store.metric.lower()
    return dataclasses.replace(question, ruler=dataclasses.replace(question.ruler, lengths=bool(counts)))


def parse_day(text: str) -> date:
    """Return the day of an option.

    Raises:
        UsageError: It is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--today {text} is no day", hint="2026-11-29", code="EK645") from error


def _expected(
    text: str, golden: GoldenSet | None, session: Session, file: AuditFile, *, encodes: bool
) -> Expectation:
    from evalkit.auditing.expectation import Expectation
    from evalkit.embedding.storespec import LIVE

    system = system_of(text, "Flat", session)
    if system.spec.provider in LIVE:
        raise UsageError(
            f"{text} is a store of vectors, and no model that makes them",
            hint="name the model; evalkit parity OLD NEW  holds one store against another",
            code="EK640",
        )
    if not system.embeds:
        raise UsageError(
            f"{text} makes no vectors, so that none can be expected of it",
            hint="name the model: an alias of evalkit.toml, or provider/model such as st/NAME",
            code="EK640",
        )
    encoder = _opened(system, golden)
    if encodes:
        _check_sending(text, encoder, file)
    return Expectation(name=text, encoder=encoder, fingerprint=encoder.fingerprint)


def _opened(system: System, golden: GoldenSet | None) -> Encoder | VectorSource:
    """Return what makes a model's vectors.

    Raises:
        UsageError: It is fitted on a corpus that nobody named.
    """
    from evalkit.golden.goldenset import GoldenSet

    if system.spec.provider == "lsa" and golden is None:
        raise UsageError(
            f"{system.spec} is fitted on the documents of a golden set, and none is named",
            hint="--golden SET, the one that it was fitted on",
            code="EK641",
        )
    return system.open(golden or GoldenSet.of("store", queries={}, corpus={}, qrels={}))


def _check_sending(text: str, encoder: Encoder | VectorSource, file: AuditFile) -> None:
    """Raise where texts would leave this machine and nobody allowed it."""
    from evalkit.embedding.encoder import Placed

    if file.send_texts or not isinstance(encoder, Placed):
        return
    place = encoder.place
    if urlsplit(place if "://" in place else f"//{place}").hostname not in NEAR:
        raise UsageError(
            f"{text} encodes at {place}: the drawn texts would be sent there",
            hint="allow it by --send-texts, or count only what records state by --sample 0",
            code="EK642",
        )


def _suspects(file: AuditFile, golden: GoldenSet | None, session: Session) -> Sequence[Expectation]:
    """Return the models that were named, and those of evalkit.toml that work here and ask nobody."""
    from evalkit.auditing.expectation import Expectation

    found = [_expected(text, golden, session, file, encodes=True) for text in file.suspects]
    named = {file.expect, *file.suspects, *((file.window.old,) if file.window else ())}
    quiet = dataclasses.replace(session, offline=True)
    for alias in session.config.file.models:
        if alias in named:
            continue
        try:
            system = session.config.system(alias, offline=quiet.offline)
            if system.spec.provider in LOCAL and not system.runs_code:
                encoder = _opened(system, golden)
                found.append(Expectation(name=alias, encoder=encoder, fingerprint=encoder.fingerprint))
        except EvalkitError as error:  # nobody asked for it: a model that is not here made no error
            session.tell([dataclasses.replace(error.findings[0], severity=_notice())])
    return found


def _opener(golden: GoldenSet | None, session: Session) -> Callable[[str], Expectation | None]:
    """Return what opens a model that records name, where it works here; nobody is asked for it."""
    from evalkit.auditing.expectation import Expectation

    def opened(name: str) -> Expectation | None:
        try:
            system = session.config.system(name, offline=True)
            if system.spec.provider not in LOCAL or system.runs_code:
                return None
            encoder = _opened(system, golden)
        except EvalkitError:  # a name of something else, or a model that is not here
            return None
        return Expectation(name=name, encoder=encoder, fingerprint=encoder.fingerprint)

    return opened


def _notice() -> Any:  # noqa: ANN401 - the enumeration is loaded with the findings
    from evalkit.findings import Severity

    return Severity.NOTICE


def _texts(golden: GoldenSet, name: str) -> CurrentTexts:
    """Return the texts of a golden set as they are searched, with the days on which they were changed."""
    from evalkit.auditing.question import CurrentTexts
    from evalkit.rollout.timestamps import parse_times

    texts = golden.searched
    stated = golden.document_fields.get("updated_at", ()) if golden.chunks is None else ()
    updated: dict[str, float] = {}
    if stated:
        times = parse_times(["" if value is None else value for value in stated])
        bad = set(times.unreadable)
        read = enumerate(zip(golden.corpus.ids, times.seconds, strict=True))
        updated = {identity: seconds for row, (identity, seconds) in read if row not in bad}
    return CurrentTexts(source=name, bodies=dict(zip(texts.ids, texts.bodies, strict=True)), updated=updated)
