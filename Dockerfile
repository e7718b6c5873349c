# The image of container-updater: docker build -t container-updater .
#
# A release pins the base: --build-arg PYTHON_DIGEST=@sha256:...
# Without a network: `make wheels`, and --network none --build-arg OFFLINE=yes --build-arg PYTHON_IMAGE=(one that is there).
# Nothing here needs BuildKit: the classic builder of Docker 20.10 makes the same image.

ARG PYTHON_IMAGE=python:3.13-slim
ARG PYTHON_DIGEST=

# pip, the wheels and what makes our own: of all this, only /opt/updater goes into the image.
FROM ${PYTHON_IMAGE}${PYTHON_DIGEST} AS build
ARG OFFLINE=
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore PIP_NO_CACHE_DIR=1
WORKDIR /build
# The wildcard lets the folder of wheels be missing.
COPY requirements.lock requirements-build.lock wheel[s] ./locked/
# The environment never has pip in it: the base's pip fills it from outside. A fifth of what it brings is left out: the
# lexers of rich's highlighter, for languages that we never show, and the commands of other packages.
RUN python3 -m venv --without-pip /opt/updater \
 && install="python3 -m pip --quiet --python /opt/updater/bin/python3 install --no-compile --no-deps --require-hashes \
      --only-binary :all: ${OFFLINE:+--no-index --find-links ./locked}" \
 && $install --requirement ./locked/requirements.lock \
 && $install --requirement ./locked/requirements-build.lock --target ./tools \
 && cd /opt/updater/lib/python3*/site-packages \
 && find pygments/lexers -name '*.py' ! -name '_*' ! -name python.py ! -name special.py -exec rm {} + \
 && find /opt/updater/bin -type f -exec rm {} +
COPY pyproject.toml README.md LICENSE ./source/
COPY updater ./source/updater/
# Bytecode that is never compared with its source: nothing in an image changes.
RUN PYTHONPATH=/build/tools python3 -m pip --quiet wheel --no-deps --no-index --no-build-isolation \
      --wheel-dir ./wheel ./source \
 && python3 -m pip --quiet --python /opt/updater/bin/python3 install --no-compile --no-deps --no-index ./wheel/*.whl \
 && python3 -m pip --python /opt/updater/bin/python3 check \
 && python3 -m compileall -q --invalidation-mode unchecked-hash /opt/updater/lib


FROM ${PYTHON_IMAGE}${PYTHON_DIGEST} AS image
# What could install something has no place here. The slim image has no bytecode of the standard library, and with a
# read-only root Python could write none: each start and each health check would compile anew.
RUN python3 -m pip --quiet uninstall --yes --root-user-action ignore pip \
 && library="$(python3 -c 'import os; print(os.path.dirname(os.__file__))')" \
 && rm -rf "$library/ensurepip" "$library/idlelib" "$library/turtledemo" "$library/lib2to3" "$library/pydoc_data" \
 && python3 -m compileall -q --invalidation-mode unchecked-hash \
      -x '/(site-packages|dist-packages|tests?|distutils|unittest|xmlrpc|wsgiref|curses|dbm|venv)/' "$library" \
 && echo 'updater:x:10001:10001:updater:/var/lib/updater:/sbin/nologin' >>/etc/passwd \
 && echo 'updater:x:10001:' >>/etc/group \
 && mkdir -m 700 /var/lib/updater && chown 10001:10001 /var/lib/updater
COPY --from=build /opt/updater /opt/updater
ENV PATH=/opt/updater/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    UPDATER_STATE_DIR=/var/lib/updater
VOLUME /var/lib/updater
USER 10001:10001
ENTRYPOINT ["updater"]
CMD ["watch"]
# It reads a small file that the daemon writes; no engine and no network is asked.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["updater", "healthcheck"]

ARG VERSION=
ARG REVISION=
ARG CREATED=
LABEL org.opencontainers.image.title="container-updater" \
      org.opencontainers.image.description="The container updater that never loses a container." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"


# `--target drop-in`: in Watchtower's place, in a compose file in which nothing else is changed. Such a file gives the
# engine's socket and a /config.json of root's to whoever the image runs as, and Watchtower's runs as root. It may call
# the program by Watchtower's name, and say nothing else: Watchtower's own default is what counts then.
FROM image AS drop-in
ENV WATCHTOWER_DROP_IN=true
USER 0:0
RUN ln -s /opt/updater/bin/updater /watchtower


# What is built without a target.
FROM image
