"""Proves each limit by attacking it on this very machine: real jobs, in real boxes, judged from outside."""

from sandbox.doctor.examine import Examination, examine
from sandbox.doctor.finding import Finding, FindingStatus
from sandbox.doctor.gate import Terms, pass_gate

__all__ = ["Examination", "Finding", "FindingStatus", "Terms", "examine", "pass_gate"]
