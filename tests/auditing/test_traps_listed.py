"""Each trap of a store that was met when it was measured, and the test that holds it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TRAPS = {
    # PostgreSQL
    "something is written": "postgres:test_nothing_can_be_written",
    "what is written meanwhile is half seen": "postgres:test_what_is_written_meanwhile_is_not_seen",
    "row-level security hides rows without a word": (
        "postgres:test_rows_that_a_policy_hides_are_an_error_and_no_silence"
    ),
    "a sample of blocks has another size than was asked for": (
        "stores:test_samples_are_repeatable_and_stratified"
    ),
    "halfvec, vector and arrays come back as classes of their own": (
        "postgres:test_every_type_of_vectors_is_read"
    ),
    "bit vectors": "postgres:test_bits_are_read",
    "sparse vectors": "postgres:test_sparse_vectors_are_told_and_not_taken_for_texts",
    "vectors as text": "postgres:test_what_is_no_store_is_told",
    "a role that may too much, or waits for ever": (
        "postgres:test_the_role_of_the_page_can_read_and_nothing_else"
    ),
    "a role that may too little": "postgres:test_a_role_without_the_grant_is_told_which_one",
    "a lock that outlives the reading": "while_writing:test_a_table_can_be_changed_while_a_model_works",
    # Qdrant
    "facets show ten values, estimated": "qdrant:test_more_versions_than_a_facet_shows_are_counted_exactly",
    "facets need an index, which is a write": ("qdrant:test_records_are_counted_drawn_fetched_and_streamed"),
    "random samples are not repeatable, or refused": "qdrant:test_a_server_without_samples_and_with_a_key",
    "cosine collections change lengths": "qdrant:test_cosine_collections_say_that_they_change_lengths",
    "a folder is locked by one process": "qdrant:test_a_folder_that_another_program_holds_is_told",
    "fields that the first points do not have": "qdrant:test_fields_that_only_late_points_have_are_found",
    "ids of documents lie in the payload": (
        "qdrant:test_ids_that_lie_in_the_payload_are_the_ids_where_somebody_says_so"
    ),
    # Chroma
    "$ne counts records without the field": "chroma:test_records_without_the_field_are_counted_apart",
    "get does not keep the order": (
        "chroma:test_the_order_that_was_asked_for_is_kept_and_nothing_is_embedded"
    ),
    "opening a folder writes into it": "chroma:test_reading_changes_no_byte_and_leaves_no_file",
    "a collection's own model is loaded": (
        "chroma:test_the_model_that_a_collection_names_is_neither_loaded_nor_asked"
    ),
    # LanceDB
    "a search without a limit": "lancedb:test_many_records_are_all_read",
    "a reader stays at its version": "lancedb:test_one_version_is_read_however_much_is_written",
    # SQLite
    "reading leaves files": "sqlite:test_reading_changes_no_byte_and_leaves_no_file",
    "integer keys": "sqlite:test_keys_that_are_numbers_are_read_as_texts",
    "a reader keeps writers waiting": "sqlite:test_without_snapshots_no_writer_waits_for_the_reader",
    "a view may or may not be read": "sqlite:test_a_view_is_a_store",
    # FAISS
    "IVF gives no vector back before it has a map": "stores:test_fetching_keeps_the_order_that_was_asked_for",
    "compressed indexes give approximations": (
        "stores:test_a_compressed_index_says_that_it_gives_approximations"
    ),
    "a model is judged by approximations": (
        "audit_command:test_an_index_of_approximations_certifies_nothing_and_names_no_model"
    ),
    "a pickle beside an index": "stores:test_a_pickle_beside_an_index_is_never_read",
    # All of them
    "claims and widths are counted apart": (
        "stores:test_vectors_of_other_widths_and_none_at_all_are_counted_and_never_lost"
    ),
    "records go between drawing and reading": (
        "while_writing:test_records_that_go_between_drawing_and_reading_are_made_good_for"
    ),
    "passwords in names": "secrets:test_what_fails_keeps_the_secret",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_has_its_test(trap: str) -> None:
    module, _, name = TRAPS[trap].partition(":")
    files = [HERE / f"test_{module}.py", HERE / f"test_traps_{module}.py"]
    (file,) = [path for path in files if path.exists()]
    held = [
        node.name for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)
    ]

    assert name in held
