# syntax=docker/dockerfile:1
# The job as a small image: built where the toolchain is, run where it is not.

ARG SWIFT_VERSION=6.3

FROM swift:${SWIFT_VERSION}-bookworm AS build
RUN apt-get update -qq \
 && apt-get install -qq --yes --no-install-recommends \
      libpq-dev libopenblas-dev zlib1g-dev pkg-config \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Dependencies first: they change less often than the sources do.
COPY Package.swift ./
RUN swift package resolve
COPY . .
# The Swift runtime goes into the binary, so that the image below needs none.
RUN swift build -c release --product ncf-batch --static-swift-stdlib \
 && install -D -s .build/release/ncf-batch /image/usr/bin/ncf-batch \
 && install -D -m 644 jobs/nightly.yaml /image/etc/ncf-batch/nightly.yaml \
 && install -d /image/usr/share/ncf-batch \
 && install -m 644 jobs/roles.sql /image/usr/share/ncf-batch/

FROM debian:bookworm-slim
RUN apt-get update -qq \
 && apt-get install -qq --yes --no-install-recommends \
      libpq5 libopenblas0-pthread zlib1g libstdc++6 ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin ncf-batch
COPY --from=build /image/ /
USER 10001
# Everything it keeps is in the database: the root file system can be read-only.
ENTRYPOINT ["/usr/bin/ncf-batch"]
CMD ["run", "--config", "/etc/ncf-batch/nightly.yaml"]
