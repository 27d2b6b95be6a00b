-- One's own reports of all months: a station head's first page and review list range over
-- places, not months, and walked the whole network's history by `reports_by_division`.
create index reports_by_place on reports (network_id, division, month);
