# Habeas as an image: docker build --tag habeas .
# With traces: --build-arg EXTRA=otel. Where packages come from a mirror: --secret id=pip,src=$HOME/.config/pip/pip.conf.
# The same steps as scripts/setup, so that what runs is what was tested.
FROM python:3.11-slim AS build
ARG EXTRA=run
WORKDIR /build
RUN python -m venv /opt/habeas
ENV PATH=/opt/habeas/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/ requirements/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    pip install --require-hashes -r requirements/build.txt && \
    pip install --no-build-isolation --use-pep517 --require-hashes -r requirements/$EXTRA.txt
COPY pyproject.toml README.md LICENSE ./
COPY src/ src/
RUN pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/habeas --create-home habeas && \
    install --directory --owner=habeas --mode=0700 /etc/habeas
COPY --from=build /opt/habeas /opt/habeas
ENV PATH=/opt/habeas/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HABEAS_STORE=sqlite:////var/lib/habeas/habeas.db \
    HABEAS_KEY_FILE=/etc/habeas/habeas.key \
    XDG_CACHE_HOME=/var/lib/habeas/cache
USER habeas
WORKDIR /var/lib/habeas
# The store in a file with its keys beside it, or what is looked up by a store in a server; keys of the latter.
VOLUME ["/var/lib/habeas", "/etc/habeas"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["habeas"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
