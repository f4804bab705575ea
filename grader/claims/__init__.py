"""Numbers that the submitted outputs state: read before execution, compared with what was measured. Pure, without torch."""
