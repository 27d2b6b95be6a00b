# syntax=docker/dockerfile:1
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked && cp target/release/station-network /station-network

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --no-create-home station && install -d -o 10001 -m 0700 /data
COPY --from=build /station-network /usr/local/bin/station-network
USER 10001
VOLUME /data
EXPOSE 8080
ENV STATION_LISTEN=0.0.0.0:8080 STATION_LOG_JSON=true
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["station-network", "health"]
ENTRYPOINT ["station-network"]
CMD ["serve"]
