"""Use cases: each verb of Voltlake as one function on a workspace."""
