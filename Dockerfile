# Everything that grading a submission needs, for CPUs. `make image-check` takes these very steps in
# a fresh Debian and grades the example class there.
#
#   docker build -t ORG/grader:1 . && docker push ORG/grader:1
#   grader export github --image ghcr.io/ORG/grader@sha256:…    (the digest that push prints)
#
# Packages are pinned by their hashes; pin BASE by its digest, too: debian:bookworm-slim@sha256:…
ARG BASE=debian:bookworm-slim
FROM ${BASE}

ARG TORCH=2.13.0
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV GRADER_VENV=/opt/grader/venv \
    PATH=/opt/grader/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8

RUN apt-get update -qq && \
    apt-get install --yes -qq --no-install-recommends \
      bubblewrap ca-certificates git libseccomp2 make python3 python3-venv >/dev/null && \
    rm -rf /var/lib/apt/lists/*

COPY docker/requirements.txt /opt/grader/
RUN python3 -m venv $GRADER_VENV && \
    pip install --quiet --no-cache-dir --no-deps torch==$TORCH --index-url $TORCH_INDEX && \
    pip install --quiet --no-cache-dir --require-hashes -r /opt/grader/requirements.txt

COPY grader /opt/grader/source/grader
COPY assignments /opt/grader/source/assignments
COPY pyproject.toml setup.py README.md LICENSE MANIFEST.in /opt/grader/source/
RUN pip install --quiet --no-cache-dir --no-deps --no-build-isolation /opt/grader/source && \
    rm -rf /opt/grader/source && touch $GRADER_VENV/of-the-image && \
    useradd --create-home --uid 1001 grader

USER grader
WORKDIR /home/grader
# What is kept off here, tried: fails if a wall that stands can be climbed.
RUN grader doctor
