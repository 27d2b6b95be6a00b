-- What was answered and found before a rectification was asked for once more; what was
-- filed before a plan was filed again.
alter table rectifications add column history jsonb not null default '[]';
alter table filings add column history jsonb not null default '[]';

-- A month's figure that was entered in the wrong row is taken out again.
grant delete on deliverable_months to station_app;
