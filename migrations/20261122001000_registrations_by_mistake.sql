-- The last registration of a certificate may be taken back when it was entered by
-- mistake; the trail keeps what it said.
grant delete on registrations, registration_steps to station_app;
