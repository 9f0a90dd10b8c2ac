"""Records: what grading produces, as plain data without torch."""
