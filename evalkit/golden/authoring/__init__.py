"""Authoring: takes query logs; gives drafts of golden sets that people then judge."""
