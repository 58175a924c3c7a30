# One image for everything: demo, service, command line. Non-root, read-only, no compiler inside.
# Keys are made by the first start, in a folder of their own: an empty /keys beside old data is refused, not filled.
ARG PYTHON_IMAGE=docker.io/library/python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
COPY requirements.lock .
RUN python3 -m venv /opt/beside \
    && /opt/beside/bin/python -m pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/beside /opt/beside
WORKDIR /app
COPY bot bot
COPY dialogs dialogs
COPY locales locales
COPY handoff handoff
COPY scheduler scheduler
COPY storage storage
COPY web web
RUN install -d -o 10001 -g 10001 -m 700 /data /keys \
    && /opt/beside/bin/python -m compileall -q /app
ENV PATH=/opt/beside/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    BESIDE_DATA_DIR=/data \
    BESIDE_KEYS_DIR=/keys/ring \
    BESIDE_HOST=0.0.0.0 \
    BESIDE_PORT=8080
USER 10001:10001
VOLUME ["/data", "/keys"]
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-m", "bot", "doctor", "--alive"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
