# syntax=docker/dockerfile:1
# The job as a small image: built where the toolchain is, run where it is not.
#
#   docker build --tag ncf-batch .                        the job
#   docker build --tag ncf-batch-demo --target demo .     the job with planted data to load

ARG SWIFT_VERSION=6.3

FROM swift:${SWIFT_VERSION}-bookworm AS build
RUN apt-get update -qq \
 && apt-get install -qq --yes --no-install-recommends \
      libpq-dev zlib1g-dev pkg-config \
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

# Users with tastes and their log, for a try-out.
FROM build AS planted
RUN swift build -c release --product ncf-bench --static-swift-stdlib \
 && .build/release/ncf-bench plant --out /demo

FROM debian:bookworm-slim AS runtime
RUN apt-get update -qq \
 && apt-get install -qq --yes --no-install-recommends \
      libpq5 zlib1g libstdc++6 ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /nonexistent --shell /usr/sbin/nologin ncf-batch
COPY --from=build /image/ /
# By number, so that Kubernetes can tell that it is not root.
USER 10001
# Everything it keeps is in the database: the root file system can be read-only.
ENTRYPOINT ["/usr/bin/ncf-batch"]
CMD ["run", "--config", "/etc/ncf-batch/nightly.yaml"]

FROM runtime AS demo
COPY --from=planted /demo/ /demo/
CMD ["load", "tsv", "/demo/events.tsv", "--table", "app.events", "--replace"]

# The last stage is what is built when nobody says which.
FROM runtime
