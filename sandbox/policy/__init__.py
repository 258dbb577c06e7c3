"""What a job may ask for and what each box is given: files in `policies/`, reviewed as text, refused when broken."""

from sandbox.policy.loading import DEFAULT_POLICY, choose_policies, load_policies, load_policy
from sandbox.policy.model import IntegrityRules, JobRules, Policy

__all__ = ["DEFAULT_POLICY", "IntegrityRules", "JobRules", "Policy", "choose_policies", "load_policies", "load_policy"]
