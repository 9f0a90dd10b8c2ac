#!/usr/bin/env bash
# Builds the image: a Python of its own with the grader's packages.
# GRADER_PYTHON  a Python that has them already: nothing is downloaded
# GRADER_ROOT    in place of /autograder
set -euo pipefail
cd "${GRADER_ROOT:-/autograder}/source"

if [ -n "${GRADER_PYTHON:-}" ]; then
  "$GRADER_PYTHON" -m venv --without-pip venv
  site="$(venv/bin/python -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
  # The packages of that Python, and before them the grader of this zip.
  "$GRADER_PYTHON" -c 'import sys, sysconfig; print(*dict.fromkeys([sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), *[p for p in sys.path if p.endswith(("site-packages", "dist-packages"))]]), sep="\n")' > "$site/grader_packages.pth"
  venv/bin/python -I -m zipfile -e @WHEEL@ "$site"
else
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq bubblewrap >/dev/null
  if ! python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    apt-get install -y -qq software-properties-common >/dev/null
    add-apt-repository -y ppa:deadsnakes/ppa >/dev/null
    apt-get update -qq
    apt-get install -y -qq python@PYTHON@ python@PYTHON@-venv >/dev/null
    python@PYTHON@ -m venv venv
  else
    python3 -m venv venv
  fi
  if [ -d wheels ]; then # packed with the zip: the same versions as in constraints.txt, without a download
    venv/bin/python -I -m pip install --quiet --no-deps --no-index wheels/*.whl
  fi
  venv/bin/python -I -m pip install --quiet torch==@TORCH@ --index-url @TORCH_INDEX@
  venv/bin/python -I -m pip install --quiet -c constraints.txt ./@WHEEL@
fi
venv/bin/python -I -c 'import grader.hosted.gradescope'
