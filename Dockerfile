# Images of Cruddur Messages, for x86_64 and arm64: `web` (the last stage, so the default), `admin` and, for
# compose.yaml, `local`. Their files come from bin/image. `function` and `files` are no images, but the file of the stream
# function, and the files of the build for bin/builds.
#
#   docker build --tag cruddur-messages/web .
#   docker build --target admin --tag cruddur-messages/admin .
#   docker build --target function --output target/lambda .
#   docker build --target files --output target/files .

FROM rust:1.95.0-slim-trixie@sha256:e14e87345b4d5964ddcc3491d27ee046a0f23820f340c3c1e24da6880141f7c0 AS source
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# Versions are not pinned, here and below: Debian removes a package when a fixed one replaces it.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ make nodejs npm python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Tools change seldom, so they are a layer of their own.
COPY Cargo.lock ./
COPY bin bin
RUN bin/image --tools
COPY . .

FROM source AS build
RUN bin/image

FROM source AS build-function
RUN python3 -m venv /opt/cargo-lambda && /opt/cargo-lambda/bin/pip install --no-cache-dir cargo-lambda==1.9.2
ENV PATH=/opt/cargo-lambda/bin:$PATH
RUN cargo lambda build --release --output-format zip --bin stream --no-default-features --features lambda

FROM scratch AS function
COPY --from=build-function /source/target/lambda/stream/bootstrap.zip /

FROM scratch AS files
COPY --from=build /source/target/image/web/app/hash.txt /
COPY --from=build /source/target/image/web/app/site /site

FROM debian:trixie-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f AS debian
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates postgresql-client \
    && rm -rf /var/lib/apt/lists/*

# For one-off tasks: migrations, accounts, the login of the servers (with psql in place of the entry point).
FROM debian AS admin
COPY --from=build /source/target/image/admin/ /
USER 65532:65532
WORKDIR /app
ENTRYPOINT ["/app/admin"]

# Server and admin tool together, for compose.yaml: it reads the variables of the user pool from a file.
FROM debian AS local
COPY --from=build /source/target/image/admin/ /
COPY --from=build /source/target/image/web/ /
ENV LEPTOS_CONFIG=/app/Leptos.toml LEPTOS_SITE_ROOT=/app/site
USER 65532:65532
WORKDIR /app

FROM gcr.io/distroless/cc-debian13:nonroot@sha256:e792ab3d241a468a4fd7519ddbbebe66b49b5f365771716ea688ad40b6c6f1c2 AS web
COPY --from=build /source/target/image/web/ /
ENV LEPTOS_CONFIG=/app/Leptos.toml LEPTOS_SITE_ROOT=/app/site LEPTOS_SITE_ADDR=0.0.0.0:3000
USER 65532:65532
WORKDIR /app
EXPOSE 3000
ENTRYPOINT ["/app/cruddur-messages"]
