"""From observed values to marks: comparison, attempts, selection, points, notes."""
