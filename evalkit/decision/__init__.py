"""Decision: takes the evidence and a policy; gives GO, NO-GO or INCONCLUSIVE with its reason."""
