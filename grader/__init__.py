"""Reading and marking: what students hand in, verdicts, feedback, gradebooks."""
