"""Runs inside the student's kernel: watches what the PyTorch code does and writes it down.

Imports torch, torchvision and the standard library, nothing else of ours. What it writes is testimony (design/trust.md):
the trusted side validates every byte. Nothing that the student can see changes: no name, no output, no random number.
"""
