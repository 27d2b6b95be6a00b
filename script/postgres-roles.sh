#!/usr/bin/env bash
# Makes the two roles and the database on a PostgreSQL of your own, as its superuser:
# station_owner owns the tables, station_app is the server's login and owns nothing.
# Needs STATION_OWNER_PASSWORD and STATION_APP_PASSWORD.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -v owner="$STATION_OWNER_PASSWORD" -v app="$STATION_APP_PASSWORD" \
  --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
create role station_owner login password :'owner' nosuperuser nobypassrls;
create role station_app login password :'app' noinherit nosuperuser nobypassrls nocreatedb nocreaterole;
create database station_network owner station_owner encoding 'UTF8' template template0;
SQL
