"""Vector files: takes a folder of vectors made elsewhere; gives tables of ids and vectors."""
