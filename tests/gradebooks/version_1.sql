-- A gradebook as the first version of its tables kept it: never to be changed.
CREATE TABLE gradebook (
	version INTEGER NOT NULL, 
	made_by TEXT, 
	made_at TEXT
);
INSERT INTO "gradebook" VALUES(1,'grader 0.1.0','2026-11-28T15:51:28.645Z');
CREATE TABLE assignments (
	name TEXT NOT NULL, 
	title TEXT NOT NULL, 
	max_score FLOAT NOT NULL, 
	digest TEXT NOT NULL, 
	due TEXT, 
	per_day FLOAT, 
	grace_minutes FLOAT, 
	floor FLOAT, 
	max_days INTEGER, 
	PRIMARY KEY (name)
);
INSERT INTO "assignments" VALUES('backprop_ninja','Backpropagation by hand',43.0,'60024cdfdc61ada6cdd10917d500ed14d7d0a52daf78c50d5ea89e04f0b0edbc','2026-11-01T00:00:00Z',0.25,0.0,0.0,NULL);
CREATE TABLE students (
	id TEXT NOT NULL, 
	name TEXT, 
	email TEXT, 
	details TEXT NOT NULL, 
	left_at TEXT, 
	PRIMARY KEY (id)
);
INSERT INTO "students" VALUES('ada','Ada L.','a@x.org','{}',NULL);
INSERT INTO "students" VALUES('cy','Cy',NULL,'{}',NULL);
CREATE TABLE submissions (
	id INTEGER NOT NULL, 
	assignment TEXT NOT NULL, 
	student TEXT NOT NULL, 
	path TEXT, 
	content TEXT, 
	submitted_at TEXT, 
	submitted_from TEXT, 
	days_late INTEGER, 
	late_share FLOAT, 
	attempt_id INTEGER, 
	forgotten_at TEXT, 
	PRIMARY KEY (id), 
	UNIQUE (assignment, student)
);
INSERT INTO "submissions" VALUES(1,'backprop_ninja','ada','ada.ipynb','b','2026-11-02T12:00:00Z','flag',2,0.5,2,NULL);
INSERT INTO "submissions" VALUES(2,'backprop_ninja','ben','ben.ipynb','x',NULL,NULL,NULL,NULL,3,NULL);
INSERT INTO "submissions" VALUES(3,'backprop_ninja','cy',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE attempts (
	id INTEGER NOT NULL, 
	submission_id INTEGER NOT NULL, 
	"key" TEXT NOT NULL, 
	status TEXT NOT NULL, 
	score FLOAT NOT NULL, 
	max_score FLOAT NOT NULL, 
	run TEXT NOT NULL, 
	reason TEXT, 
	path TEXT NOT NULL, 
	content TEXT, 
	assignment_digest TEXT NOT NULL, 
	grader TEXT NOT NULL, 
	torch TEXT NOT NULL, 
	graded_at TEXT NOT NULL, 
	current_since TEXT NOT NULL, 
	scorecard TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (submission_id, "key"), 
	FOREIGN KEY(submission_id) REFERENCES submissions (id)
);
INSERT INTO "attempts" VALUES(1,1,'key-a','graded',20.0,37.0,'completed',NULL,'submissions/okafor-ben/backprop.ipynb','a','d1','0.1.0+abc','2.13.0','2026-11-28T15:51:28.798Z','2026-11-28T15:51:28.798Z','{"schema":"grader/scorecard/v1","id":"ada","source":{"path":"submissions/okafor-ben/backprop.ipynb","sha256":"9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f","format":"ipynb"},"assignment":"backprop_ninja","title":"Becoming a backprop ninja","status":"graded","reason":null,"run":"completed","score":20.0,"max_score":37.0,"notes":[],"isolation":null,"environment":null,"exercises":[{"id":"1","title":"Exercise 1: step by step","score":26.0,"max_score":26.0,"targets":[{"name":"dlogprobs","of":"logprobs","verdict":"exact","exact":true,"allclose":true,"max_diff":0.0,"shape":[32,27],"expected_shape":[32,27],"dtype":"float32","step":"unknown","basis":"value","score":1.0,"max_score":1.0,"cell":17,"line":6,"lines":[{"cell":17,"line":5,"text":"dlogprobs = torch.zeros_like(logprobs)"},{"cell":17,"line":6,"text":"dlogprobs[range(n), Yb] = -1.0 / n"}],"found_as":null,"attempt":null,"upstream":[],"root_cause":null,"unproven":null,"note":null,"diagnosis":null},{"name":"dprobs","of":"probs","verdict":"exact","exact":true,"allclose":true,"max_diff":0.0,"shape":[32,27],"expected_shape":[32,27],"dtype":"float32","step":"unknown","basis":"value","score":1.0,"max_score":1.0,"cell":17,"line":7,"lines":[{"cell":17,"line":7,"text":"dprobs = (1.0 / probs) * dlogprobs  # boosts the gradient where the probability is low"}],"found_as":null,"attempt":null,"upstream":[],"root_cause":null,"unproven":null,"note":null,"diagnosis":null}]}],"cells":[],"integrity":[{"code":"copied","exercise":"exercise-1","target":"dh","cell":null,"line":null,"text":"autograd made it"}]}');
INSERT INTO "attempts" VALUES(2,1,'key-b','graded',30.0,37.0,'completed',NULL,'submissions/okafor-ben/backprop.ipynb','b','d1','0.1.0+abc','2.13.0','2026-11-28T15:51:29.004Z','2026-11-28T15:51:29.004Z','{"schema":"grader/scorecard/v1","id":"ada","source":{"path":"submissions/okafor-ben/backprop.ipynb","sha256":"9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f","format":"ipynb"},"assignment":"backprop_ninja","title":"Becoming a backprop ninja","status":"graded","reason":null,"run":"completed","score":30.0,"max_score":37.0,"notes":[],"isolation":null,"environment":null,"exercises":[{"id":"1","title":"Exercise 1: step by step","score":26.0,"max_score":26.0,"targets":[{"name":"dlogprobs","of":"logprobs","verdict":"exact","exact":true,"allclose":true,"max_diff":0.0,"shape":[32,27],"expected_shape":[32,27],"dtype":"float32","step":"unknown","basis":"value","score":1.0,"max_score":1.0,"cell":17,"line":6,"lines":[{"cell":17,"line":5,"text":"dlogprobs = torch.zeros_like(logprobs)"},{"cell":17,"line":6,"text":"dlogprobs[range(n), Yb] = -1.0 / n"}],"found_as":null,"attempt":null,"upstream":[],"root_cause":null,"unproven":null,"note":null,"diagnosis":null},{"name":"dprobs","of":"probs","verdict":"exact","exact":true,"allclose":true,"max_diff":0.0,"shape":[32,27],"expected_shape":[32,27],"dtype":"float32","step":"unknown","basis":"value","score":1.0,"max_score":1.0,"cell":17,"line":7,"lines":[{"cell":17,"line":7,"text":"dprobs = (1.0 / probs) * dlogprobs  # boosts the gradient where the probability is low"}],"found_as":null,"attempt":null,"upstream":[],"root_cause":null,"unproven":null,"note":null,"diagnosis":null}]}],"cells":[],"integrity":[{"code":"copied","exercise":"exercise-1","target":"dh","cell":null,"line":null,"text":"autograd made it"}]}');
INSERT INTO "attempts" VALUES(3,2,'key-x','graded',25.0,37.0,'completed',NULL,'submissions/okafor-ben/backprop.ipynb','x','d1','0.1.0+abc','2.13.0','2026-11-28T15:51:29.005Z','2026-11-28T15:51:29.005Z','{"schema":"grader/scorecard/v1","id":"ben","source":{"path":"submissions/okafor-ben/backprop.ipynb","sha256":"9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f","format":"ipynb"},"assignment":"backprop_ninja","title":"Becoming a backprop ninja","status":"graded","reason":null,"run":"completed","score":25.0,"max_score":37.0,"notes":[],"isolation":null,"environment":null,"exercises":[{"id":"1","title":"Exercise 1: step by step","score":26.0,"max_score":26.0,"targets":[{"name":"dlogprobs","of":"logprobs","verdict":"exact","exact":true,"allclose":true,"max_diff":0.0,"shape":[32,27],"expected_shape":[32,27],"dtype":"float32","step":"unknown","basis":"value","score":1.0,"max_score":1.0,"cell":17,"line":6,"lines":[{"cell":17,"line":5,"text":"dlogprobs = torch.zeros_like(logprobs)"},{"cell":17,"line":6,"text":"dlogprobs[range(n), Yb] = -1.0 / n"}],"found_as":null,"attempt":null,"upstream":[],"root_cause":null,"unproven":null,"note":null,"diagnosis":null},{"name":"dprobs","of":"probs","verdict":"exact","exact":true,"allclose":true,"max_diff":0.0,"shape":[32,27],"expected_shape":[32,27],"dtype":"float32","step":"unknown","basis":"value","score":1.0,"max_score":1.0,"cell":17,"line":7,"lines":[{"cell":17,"line":7,"text":"dprobs = (1.0 / probs) * dlogprobs  # boosts the gradient where the probability is low"}],"found_as":null,"attempt":null,"upstream":[],"root_cause":null,"unproven":null,"note":null,"diagnosis":null}]}],"cells":[],"integrity":[{"code":"copied","exercise":"exercise-1","target":"dh","cell":null,"line":null,"text":"autograd made it"}]}');
CREATE TABLE notebooks (
	attempt_id INTEGER NOT NULL, 
	html TEXT NOT NULL, 
	PRIMARY KEY (attempt_id), 
	FOREIGN KEY(attempt_id) REFERENCES attempts (id)
);
INSERT INTO "notebooks" VALUES(2,'<p>it''s run</p>');
CREATE TABLE integrity_notes (
	attempt_id INTEGER NOT NULL, 
	note TEXT NOT NULL, 
	exercise TEXT, 
	target TEXT, 
	text TEXT NOT NULL, 
	earned FLOAT NOT NULL, 
	withheld FLOAT NOT NULL, 
	PRIMARY KEY (attempt_id, note), 
	FOREIGN KEY(attempt_id) REFERENCES attempts (id)
);
INSERT INTO "integrity_notes" VALUES(1,'copied/exercise-1/dh','exercise-1','dh','autograd made it',0.0,0.0);
INSERT INTO "integrity_notes" VALUES(2,'copied/exercise-1/dh','exercise-1','dh','autograd made it',0.0,0.0);
INSERT INTO "integrity_notes" VALUES(3,'copied/exercise-1/dh','exercise-1','dh','autograd made it',0.0,0.0);
CREATE TABLE decisions (
	id INTEGER NOT NULL, 
	submission_id INTEGER NOT NULL, 
	note TEXT NOT NULL, 
	ruling TEXT NOT NULL, 
	reason TEXT NOT NULL, 
	decided_by TEXT NOT NULL, 
	decided_at TEXT NOT NULL, 
	replaced_at TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(submission_id) REFERENCES submissions (id)
);
INSERT INTO "decisions" VALUES(1,2,'copied/exercise-1/dh','upheld','seen','root','2026-11-28T15:51:29.076Z','2026-11-28T15:51:29.099Z');
INSERT INTO "decisions" VALUES(2,2,'copied/exercise-1/dh','dismissed','talked','root','2026-11-28T15:51:29.100Z',NULL);
CREATE TABLE adjustments (
	id INTEGER NOT NULL, 
	submission_id INTEGER NOT NULL, 
	points FLOAT NOT NULL, 
	reason TEXT NOT NULL, 
	adjusted_by TEXT NOT NULL, 
	adjusted_at TEXT NOT NULL, 
	undone_at TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(submission_id) REFERENCES submissions (id)
);
INSERT INTO "adjustments" VALUES(1,1,2.0,'oral','root','2026-11-28T15:51:29.034Z',NULL);
INSERT INTO "adjustments" VALUES(2,1,1.0,'twice','root','2026-11-28T15:51:29.035Z','2026-11-28T15:51:29.036Z');
CREATE UNIQUE INDEX one_decision_a_note ON decisions (submission_id, note) WHERE replaced_at IS NULL;
CREATE INDEX adjustments_of ON adjustments (submission_id);
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
) AS by_target;
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
) AS reckoned;
CREATE VIEW open_notes AS
SELECT s.assignment, s.student, n.note, n.text
FROM integrity_notes n
JOIN submissions s ON s.attempt_id = n.attempt_id
LEFT JOIN decisions d
  ON d.submission_id = s.id AND d.note = n.note AND d.replaced_at IS NULL
WHERE d.id IS NULL AND s.forgotten_at IS NULL;
