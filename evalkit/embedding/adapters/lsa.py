"""lsa/384: TF-IDF and a truncated SVD, fitted on the corpus; the baseline that needs no download.

Source: Deerwester et al., Indexing by latent semantic analysis, JASIS 41(6), 1990.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evalkit.arrays import Floats
from evalkit.digests import digest_texts
from evalkit.embedding.adapters.hashing import dimensions
from evalkit.embedding.encoder import Fingerprint, Role
from evalkit.embedding.modelspec import ModelSpec, Options, check_options
from evalkit.errors import ModelError
from evalkit.golden.goldenset import GoldenSet

if TYPE_CHECKING:
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

OPTIONS = {"normalize": bool}


class LsaEncoder:
    """Fitted when the first text has to be encoded, so that a warm cache never pays for the fit."""

    libraries = ("scikit-learn", "scipy")

    def __init__(self, fingerprint: Fingerprint, bodies: Sequence[str]) -> None:
        """Take the space and the corpus to fit on."""
        self.fingerprint = fingerprint
        self._bodies = bodies
        self._fitted: tuple[TfidfVectorizer, TruncatedSVD | None] | None = None

    def encode(self, texts: Sequence[str], role: Role) -> Floats:
        """Return (n, E) vectors; coordinates beyond the rank of the corpus are 0."""
        del role
        vectorizer, svd = self._fitted or self._fit()
        weights = vectorizer.transform(texts)
        reduced = svd.transform(weights) if svd is not None else weights.toarray()
        vectors = np.zeros((len(texts), self.fingerprint.dims))
        vectors[:, : reduced.shape[1]] = reduced
        return vectors

    def _fit(self) -> tuple[Any, Any]:
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        vectorizer = TfidfVectorizer(sublinear_tf=True)
        try:
            weights = vectorizer.fit_transform(self._bodies)
        except ValueError as error:
            raise ModelError(
                f"lsa/{self.fingerprint.model} finds no words in the corpus: {error}",
                hint="its words are letters and digits, two or more together; use another model",
                code="EK331",
            ) from error
        wanted = self.fingerprint.dims
        # With fewer words than dimensions there is nothing to reduce: the words are the dimensions.
        svd = TruncatedSVD(wanted, random_state=0).fit(weights) if weights.shape[1] > wanted else None
        self._fitted = vectorizer, svd
        return self._fitted


def make(spec: ModelSpec, golden: GoldenSet, options: Options) -> LsaEncoder:
    """Return the encoder of `lsa/DIMENSIONS`, whose fingerprint carries the digest of the corpus."""
    check_options(spec, options, OPTIONS)
    fingerprint = Fingerprint(
        provider="lsa",
        model=spec.model,
        revision=digest_texts(golden.searched.bodies),
        dims=dimensions(spec),
        pooling="tf-idf, truncated SVD",
        normalize=bool(options.get("normalize", True)),
        dtype="float64",
    )
    return LsaEncoder(fingerprint, golden.searched.bodies)
