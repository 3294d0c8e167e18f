"""The evaluation: what one system retrieves on a golden set, and how that scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalkit.comparison.assay import chance_findings
from evalkit.defaults import DEPTH, MEASURES
from evalkit.embedding.cache import VectorCache
from evalkit.embedding.embeddedset import EmbeddedSet, embed
from evalkit.embedding.encoder import Encoder, VectorSource
from evalkit.embedding.encoding import Progress
from evalkit.embedding.memory import within_memory
from evalkit.embedding.modelspec import PYTHON, SEARCH, ModelSpec, open_encoder
from evalkit.embedding.storespec import LIVE
from evalkit.findings import Finding
from evalkit.golden.goldenset import GoldenSet
from evalkit.indexing.faiss import open_index
from evalkit.indexing.index import EXACT, INDEXES
from evalkit.retrieval.loss import recall_by_distance
from evalkit.retrieval.patchwork import patchwork_findings
from evalkit.retrieval.retriever import KNOWN_OPTIONS, Retriever, open_retriever
from evalkit.retrieval.run import Run, retrieve
from evalkit.retrieval.ties import tie_findings
from evalkit.scaling.executor import Executor
from evalkit.scoring.copies import copy_findings
from evalkit.scoring.expected import score_expected
from evalkit.scoring.fitting import check_fit, gain_findings
from evalkit.scoring.judged import JudgedRun, Retrieved, judge
from evalkit.scoring.measure import Measure
from evalkit.scoring.scores import Scores, depth_findings, empty_findings, score_retrieved, threshold_findings

__all__ = ["Setting"]

DEFAULT_MEASURES = tuple(Measure.parse(name) for name in MEASURES)
MADE_AT_ONCE = ("lsa", "hash")  # whose vectors are computed here, from one formula
BY_ID, EXPECTED_TIES = "id", "expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A model with its index, by the name it goes by in this experiment.

    Attributes:
        name: Its alias, else its spec.
        spec: Which model, run file or function that searches.
        options: The provider's own options.
        factory: FAISS factory string of its index.
    """

    name: str
    spec: ModelSpec
    options: Mapping[str, object] = field(default_factory=dict)
    factory: str = EXACT

    @classmethod
    def parse(cls, text: str, *, factory: str = EXACT) -> System:
        """Return the system that a model spec names."""
        spec = ModelSpec.parse(text)
        return cls(name=str(spec) if spec.provider in LIVE else text, spec=spec, factory=factory)

    @property
    def embeds(self) -> bool:
        """Whether it searches vectors; run files and functions that search do not."""
        return self.retriever is None

    @property
    def retriever(self) -> Retriever | None:
        """What answers by itself; None where vectors are searched."""
        return open_retriever(self.spec, self.options)

    def check(self, golden: GoldenSet) -> None:
        """Raise where its name or an option is wrong, before anything is embedded or searched.

        Args:
            golden: What it is going to be asked about.
        """
        retriever = self.retriever
        if retriever is not None:
            retriever.check()
        else:
            self.open(golden)

    def open(self, golden: GoldenSet) -> Encoder | VectorSource:
        """Return what makes its vectors, nothing encoded yet.

        Args:
            golden: What it is going to be asked about; some models are fitted on its corpus.
        """
        return open_encoder(self.spec, golden, self.options)

    @property
    def runs_code(self) -> bool:
        """Whether a function of somebody's own answers, or code that lies beside a model is run."""
        return self.spec.provider in (PYTHON, SEARCH) or bool(self.options.get("trust_remote_code"))

    @property
    def readable(self) -> tuple[str, ...]:
        """Which options it takes, where it searches without vectors."""
        return tuple(KNOWN_OPTIONS.get(self.spec.provider, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What systems are evaluated on, the same for all of them.

    Attributes:
        golden: Queries, corpus and judgements.
        measures: What is measured.
        depth: How many documents are retrieved.
        cache: Where vectors and indexes are kept, None for nowhere.
        fresh_index: Whether indexes are built anew and kept nowhere.
        ties: What orders results that nothing tells apart: their ids, or every order alike ("expected").
        executor: Who searches exact indexes in parts, with the same result; None: this process as a whole.
    """

    golden: GoldenSet
    measures: tuple[Measure, ...] = DEFAULT_MEASURES
    depth: int = DEPTH
    cache: VectorCache | None = None
    fresh_index: bool = False
    ties: str = BY_ID
    executor: Executor | None = None

    def __post_init__(self) -> None:
        """Check that the golden set has what the measures ask for, before anything is embedded."""
        check_fit(self.golden, self.measures)

    @property
    def index_folder(self) -> Path | None:
        """Where indexes are kept, None for nowhere."""
        return self.cache.folder / INDEXES if self.cache and not self.fresh_index else None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evaluation:
    """One system on the golden set: what it retrieved and how that scores.

    Attributes:
        system: Which system.
        run: What it retrieved.
        retrieved: The same as it is judged.
        scores: One value for each measure and query.
        embedded: Its vectors; None for a run file or a function that searches.
        encoder: What made them, or reads them from files; None likewise.
        at_chance: A warning where it finds no more than a random order would; else nothing.
        exact: Its judged run under exact search, where its index is not exact; else None.
        index_recall: Share of the exact top ten that its index finds, by distance; None for an exact index.
    """

    system: System
    run: Run
    retrieved: Retrieved
    scores: Scores
    embedded: EmbeddedSet | None = None
    encoder: Encoder | VectorSource | None = None
    at_chance: tuple[Finding, ...] = ()
    exact: JudgedRun | None = None
    index_recall: float | None = None

    @property
    def judged(self) -> JudgedRun:
        """The grades of what it retrieved."""
        return self.retrieved.judged

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What embedding, retrieving and scoring noticed."""
        return (self.embedded.findings if self.embedded else ()) + self.run.findings + self.at_chance


def evaluate(
    system: System,
    setting: Setting,
    *,
    encoder: Encoder | VectorSource | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Return what one system retrieves on the golden set, and its scores.

    Args:
        system: Which system.
        setting: What on.
        encoder: What makes its vectors, where that is open already.
        progress: Called with role, texts done and texts to do while a model encodes.
    """
    golden, exact, index_recall = setting.golden, None, None
    if system.embeds and encoder is None:
        encoder = system.open(golden)
    run, embedded = results_of(system, setting, encoder=encoder, progress=progress)
    if embedded is not None and system.spec.provider not in MADE_AT_ONCE:
        seams = patchwork_findings(system.name, golden.searched, embedded.corpus.vectors)
        run = replace(run, findings=(*run.findings, *seams))
    retrieved = Retrieved.of(run, golden)
    first = next((measure for measure in setting.measures if measure.cutoff), None)
    ties: tuple[Finding, ...] = ()
    if first is not None and first.cutoff and setting.ties == BY_ID:
        ties = (*tie_findings(run, golden.counted, first.cutoff), *copy_findings(retrieved, golden, first))
    told = (
        *depth_findings(run, golden, setting.measures),
        *empty_findings(run, golden),
        *threshold_findings(golden, setting.measures),
        *gain_findings(golden, setting.measures),
    )
    run = replace(run, findings=(*run.findings, *told, *ties))
    if embedded is not None and system.factory != EXACT:
        exact_run = search(system, embedded, setting, factory=EXACT)
        exact, index_recall = judge(exact_run, golden), recall_by_distance(run, exact_run)
    return Evaluation(
        system=system,
        run=run,
        retrieved=retrieved,
        at_chance=chance_findings(retrieved.judged, golden, system.name, provider=system.spec.provider),
        scores=scored(retrieved, setting),
        embedded=embedded,
        encoder=encoder,
        exact=exact,
        index_recall=index_recall,
    )


def scored(retrieved: Retrieved, setting: Setting) -> Scores:
    """Return the scores of a run, its ties in the order of ids or in every order alike."""
    by = score_expected if setting.ties == EXPECTED_TIES else score_retrieved
    return by(retrieved, setting.golden, setting.measures)


def results_of(
    system: System,
    setting: Setting,
    *,
    encoder: Encoder | VectorSource | None = None,
    progress: Progress | None = None,
) -> tuple[Run, EmbeddedSet | None]:
    """Return what one system retrieves, judged or not, and its vectors where it has any."""
    golden = setting.golden
    retriever = system.retriever
    if retriever is not None:
        return retriever.search(golden, depth=setting.depth, system=system.name), None
    with within_memory(f"what {system.name} takes"):
        embedded = embed(golden, encoder or system.open(golden), cache=setting.cache, progress=progress)
    return search(system, embedded, setting, factory=system.factory), embedded


def search(system: System, embedded: EmbeddedSet, setting: Setting, *, factory: str) -> Run:
    """Return the system's run; where a query is itself a document and that is to go, it goes."""
    golden, depth = setting.golden, setting.depth
    index = open_index(embedded.corpus, factory, setting.index_folder)
    uncounted = golden.uncounted
    spare = int((uncounted >= 0).any())  # one result more, for the one that goes
    run = retrieve(embedded, index, depth=depth + spare, system=system.name, executor=setting.executor)
    run = run.without(uncounted).top(depth) if spare else run
    return replace(run, findings=(*index.findings, *run.findings))
