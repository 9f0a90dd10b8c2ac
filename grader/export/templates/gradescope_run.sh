#!/usr/bin/env bash
# Grades /autograder/submission (GRADER_ROOT: in place of /autograder).
set -euo pipefail
root="${GRADER_ROOT:-/autograder}"
cd "$root/source"
exec venv/bin/python -I -m grader.hosted.gradescope "$root"
