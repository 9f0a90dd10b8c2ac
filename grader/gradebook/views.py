"""Views of a gradebook. `grades` is the one place where a final score is worked out.

    final = score + integrity + adjustments − late,  never below zero

Lateness takes its share of what was earned (score and decisions), not of the points that an
instructor gave by hand.
"""

from __future__ import annotations

INTEGRITY_POINTS = """
CREATE VIEW integrity_points AS
SELECT submission_id, exercise, target,
       CASE WHEN upheld > 0 THEN -earned ELSE restored END AS points
FROM (
  SELECT d.submission_id, n.exercise, n.target,
         SUM(CASE WHEN d.ruling = 'upheld' THEN 1 ELSE 0 END) AS upheld,
         MAX(n.earned) AS earned,
         MAX(CASE WHEN d.ruling = 'dismissed' THEN n.withheld ELSE 0 END) AS restored
  FROM decisions d
  JOIN submissions s ON s.id = d.submission_id
  JOIN integrity_notes n ON n.attempt_id = s.attempt_id AND n.note = d.note
  WHERE d.replaced_at IS NULL
  GROUP BY d.submission_id, n.exercise, n.target
) AS by_target
"""

GRADES = """
CREATE VIEW grades AS
SELECT assignment, student, name, status, score, integrity, adjustments, late,
       CASE WHEN sum_of_all IS NULL THEN NULL WHEN sum_of_all < 0 THEN 0.0 ELSE sum_of_all END
         AS final,
       max_score, lateness, submitted_at, graded_at, path, email, attempt
FROM (
  SELECT added.*,
         CASE WHEN status = 'graded' THEN score + integrity + adjustments - late
              WHEN status = 'missing' AND adjusted > 0 THEN adjustments
              ELSE NULL END AS sum_of_all
  FROM (
    SELECT earned.*,
           CASE WHEN score + integrity > 0 THEN late_share * (score + integrity) ELSE 0.0 END
             AS late
    FROM (
      SELECT s.assignment, s.student, st.name, st.email,
             CASE WHEN a.status IS NOT NULL THEN a.status
                  WHEN s.path IS NULL THEN 'missing' ELSE 'ungraded' END AS status,
             CASE WHEN a.status = 'graded' THEN a.score ELSE NULL END AS score,
             CASE WHEN a.status = 'graded' THEN COALESCE(i.points, 0.0) ELSE 0.0 END AS integrity,
             COALESCE(j.points, 0.0) AS adjustments, COALESCE(j.number, 0) AS adjusted,
             COALESCE(s.late_share, 0.0) AS late_share,
             COALESCE(a.max_score, c.max_score) AS max_score,
             CASE WHEN c.due IS NULL OR s.path IS NULL THEN NULL
                  WHEN s.submitted_at IS NULL THEN 'time unknown'
                  WHEN COALESCE(s.days_late, 0) = 0 THEN 'on time'
                  WHEN s.days_late = 1 THEN '1 day late'
                  ELSE CAST(s.days_late AS TEXT) || ' days late' END AS lateness,
             s.submitted_at, a.graded_at, s.path, a.key AS attempt
      FROM submissions s
      JOIN assignments c ON c.name = s.assignment
      LEFT JOIN students st ON st.id = s.student
      LEFT JOIN attempts a ON a.id = s.attempt_id
      LEFT JOIN (SELECT submission_id, SUM(points) AS points FROM integrity_points
                 GROUP BY submission_id) AS i ON i.submission_id = s.id
      LEFT JOIN (SELECT submission_id, SUM(points) AS points, COUNT(*) AS number
                 FROM adjustments WHERE undone_at IS NULL
                 GROUP BY submission_id) AS j ON j.submission_id = s.id
      WHERE s.forgotten_at IS NULL
        AND (s.path IS NOT NULL OR j.number > 0 OR (st.id IS NOT NULL AND st.left_at IS NULL))
    ) AS earned
  ) AS added
) AS reckoned
"""

OPEN_NOTES = """
CREATE VIEW open_notes AS
SELECT s.assignment, s.student, n.note, n.text
FROM integrity_notes n
JOIN submissions s ON s.attempt_id = n.attempt_id
LEFT JOIN decisions d
  ON d.submission_id = s.id AND d.note = n.note AND d.replaced_at IS NULL
WHERE d.id IS NULL AND s.forgotten_at IS NULL
"""

VIEWS = {"integrity_points": INTEGRITY_POINTS, "grades": GRADES, "open_notes": OPEN_NOTES}
"""Name → statement; later ones read earlier ones."""
