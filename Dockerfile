# Three stages: build our wheel, install the hashed lock, keep only the result.
# Build: docker build -t osteohooks .
# Try:   docker run --read-only --tmpfs /tmp -p 127.0.0.1:8080:8080 -e OSTEOHOOKS_HOST=0.0.0.0 \
#          -e OSTEOHOOKS_ALLOW_UNAUTHENTICATED=true osteohooks
#        (anybody on this machine may call it; with patients: deploy/compose.yaml or deploy/kubernetes)
#
# The base image is pinned by version. Whoever builds for patients pins it by digest too, which only a registry can tell:
#   docker buildx imagetools inspect python:3.12.11-slim-bookworm
#   docker build --build-arg PYTHON=python:3.12.11-slim-bookworm@sha256:... -t osteohooks .

ARG PYTHON=python:3.12.11-slim-bookworm

FROM ${PYTHON} AS base
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1


FROM base AS wheel
WORKDIR /src
# The build backend comes from the lock too: nothing enters the image without a hash.
COPY requirements-test.lock ./
RUN python -m venv /build && /build/bin/pip install --require-hashes -r requirements-test.lock
COPY pyproject.toml README.md LICENSE ./
COPY cds_service ./cds_service
COPY hooks ./hooks
COPY fhir_mappers ./fhir_mappers
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /dist .


FROM base AS install
RUN python -m venv /opt/osteohooks
COPY requirements.lock requirements-test.lock /
RUN /opt/osteohooks/bin/pip install --require-hashes -r /requirements.lock
# The driver of PostgreSQL, with the versions and hashes of the lock that has it.
RUN awk '/^[a-z]/ { keep = /^psycopg/ } keep' /requirements-test.lock > /postgresql.lock \
 && /opt/osteohooks/bin/pip install --no-deps --require-hashes -r /postgresql.lock
COPY --from=wheel /dist/*.whl /dist/
# Bytecode is compiled here (pip does), because the running container may not write.
RUN /opt/osteohooks/bin/pip install --no-deps --no-index /dist/*.whl && /opt/osteohooks/bin/pip check


FROM base AS runtime
LABEL org.opencontainers.image.title="Osteohooks" \
      org.opencontainers.image.description="CDS Hooks service for bone health in oncology" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin osteohooks \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/osteohooks
COPY --from=install /opt/osteohooks /opt/osteohooks
ENV PATH=/opt/osteohooks/bin:$PATH PYTHONDONTWRITEBYTECODE=1

# OSTEOHOOKS_HOST  where to listen. Left at 127.0.0.1, which inside a container nobody else can reach. To open it (0.0.0.0),
#                  name the EHRs that may call in OSTEOHOOKS_CLIENTS, and their address for us in OSTEOHOOKS_PUBLIC_URL
#                  (docs/clients.md); or set OSTEOHOOKS_ALLOW_UNAUTHENTICATED=true behind a gateway that authenticates.
# OSTEOHOOKS_PORT  the port, also used by the health check.
# OSTEOHOOKS_STATE_DIR  what must outlive a restart; a volume, so that the rest of the file system can be read-only.
ENV OSTEOHOOKS_HOST=127.0.0.1 OSTEOHOOKS_PORT=8080 OSTEOHOOKS_STATE_DIR=/var/lib/osteohooks
VOLUME /var/lib/osteohooks
EXPOSE 8080
USER 10001:10001
WORKDIR /tmp

HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['OSTEOHOOKS_PORT'] + '/livez', timeout=4).read()"]

CMD ["osteohooks", "serve"]
