-- Tries at a password since the last that was right: by name, whether or not the name
-- exists, and by who tries. The wait before the next one grows with them; a try is counted
-- by the statement that admits it.
create table sign_in_tries (
    network_id uuid not null default current_network(),
    user_name text not null collate "C",
    -- Empty: strangers, all together. `inside`: somebody signed in, asked for it again.
    -- Otherwise the device, which signed in to this account before.
    device text not null collate "C",
    tries integer not null,
    last_at timestamptz not null,
    constraint sign_in_tries_pkey primary key (network_id, user_name, device),
    constraint sign_in_tries_counted check (tries > 0)
);
alter table sign_in_tries enable row level security;
alter table sign_in_tries force row level security;
create policy of_network on sign_in_tries using (network_id = (select current_network()));
grant select, insert, update, delete on sign_in_tries to station_app;

drop table sign_in_failures;

-- Devices that signed in to an account before: a stranger's guesses don't keep them waiting.
-- Of the token in their cookie only the SHA-256 is kept.
create table known_devices (
    network_id uuid not null default current_network(),
    account_id uuid not null,
    token_hash bytea not null,
    since timestamptz not null,
    seen_at timestamptz not null,
    constraint known_devices_pkey primary key (network_id, account_id, token_hash),
    constraint known_devices_account foreign key (network_id, account_id) references accounts (network_id, id)
);
alter table known_devices enable row level security;
alter table known_devices force row level security;
create policy of_network on known_devices using (network_id = (select current_network()));
grant select, insert, update, delete on known_devices to station_app;
