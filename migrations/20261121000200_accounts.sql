-- A person's way in. The name is unique within the network only.
create table accounts (
    network_id uuid not null default current_network(),
    id uuid not null,
    user_name text not null collate "C"
        constraint accounts_user_name_plain check (user_name ~ '^[a-z0-9][a-z0-9._-]{1,31}$'),
    display_name text not null
        constraint accounts_display_name_length check (char_length(display_name) between 1 and 40),
    phone text not null default '',
    password_hash text not null,
    -- A password that was given to the person, not chosen: must be changed, and ends.
    password_is_code boolean not null,
    password_until timestamptz,
    locked_at timestamptz,
    left_at timestamptz,
    created_at timestamptz not null,
    last_sign_in_at timestamptz,
    version integer not null default 1,
    constraint accounts_pkey primary key (network_id, id),
    constraint accounts_user_name_once unique (network_id, user_name),
    constraint accounts_network foreign key (network_id) references networks (id)
);
create index accounts_by_name on accounts (network_id, display_name);
alter table accounts enable row level security;
alter table accounts force row level security;
create policy of_network on accounts using (network_id = (select current_network()));
grant select, insert, update on accounts to station_app;

-- What an account may act as: a role, over a reach, from a day to a day. An
-- account acts as one of its grants at a time.
create table grants (
    network_id uuid not null default current_network(),
    id uuid not null,
    account_id uuid not null,
    role text not null
        constraint grants_role_known check (role in ('bureau_officer', 'county_officer', 'township_officer',
            'leader', 'station_head', 'social_worker', 'agency_manager', 'evaluator',
            'system_admin', 'security_admin', 'audit_admin', 'operator')),
    division text not null collate "C",
    since date not null,
    until date,
    -- Taken back before its last day, at once.
    ended_at timestamptz,
    -- 代理: whose work this is while they are away.
    acting_for uuid,
    granted_by text not null,
    granted_at timestamptz not null,
    constraint grants_pkey primary key (network_id, id),
    constraint grants_account foreign key (network_id, account_id) references accounts (network_id, id),
    constraint grants_acting_for foreign key (network_id, acting_for) references accounts (network_id, id),
    constraint grants_days_in_order check (until is null or until >= since),
    constraint grants_not_for_oneself check (acting_for is null or acting_for <> account_id)
);
create index grants_by_account on grants (network_id, account_id);
alter table grants enable row level security;
alter table grants force row level security;
create policy of_network on grants using (network_id = (select current_network()));
grant select, insert, update on grants to station_app;

-- A browser that is signed in. Of its token only the SHA-256 is kept.
create table sessions (
    network_id uuid not null default current_network(),
    id uuid not null,
    token_hash bytea not null,
    account_id uuid not null,
    grant_id uuid not null,
    began_at timestamptz not null,
    seen_at timestamptz not null,
    ended_at timestamptz,
    address text not null,
    browser text not null,
    constraint sessions_pkey primary key (network_id, id),
    constraint sessions_token_once unique (network_id, token_hash),
    constraint sessions_account foreign key (network_id, account_id) references accounts (network_id, id),
    constraint sessions_grant foreign key (network_id, grant_id) references grants (network_id, id)
);
create index sessions_by_account on sessions (network_id, account_id) where ended_at is null;
alter table sessions enable row level security;
alter table sessions force row level security;
create policy of_network on sessions using (network_id = (select current_network()));
grant select, insert, update on sessions to station_app;

-- Sign-ins that failed under a name since the last that succeeded, whether or not
-- the name exists: the delay grows with them.
create table sign_in_failures (
    network_id uuid not null default current_network(),
    user_name text not null collate "C",
    failures integer not null,
    last_at timestamptz not null,
    constraint sign_in_failures_pkey primary key (network_id, user_name)
);
alter table sign_in_failures enable row level security;
alter table sign_in_failures force row level security;
create policy of_network on sign_in_failures using (network_id = (select current_network()));
grant select, insert, update, delete on sign_in_failures to station_app;

-- A form that was carried out, by the key it carried: pressed again, it leads to
-- the same place and does nothing.
create table submissions (
    network_id uuid not null default current_network(),
    account_id uuid not null,
    key uuid not null,
    location text not null,
    at timestamptz not null,
    constraint submissions_pkey primary key (network_id, account_id, key),
    constraint submissions_account foreign key (network_id, account_id) references accounts (network_id, id)
);
create index submissions_by_age on submissions (network_id, at);
alter table submissions enable row level security;
alter table submissions force row level security;
create policy of_network on submissions using (network_id = (select current_network()));
grant select, insert, delete on submissions to station_app;

-- A table that was uploaded and read, waiting for its sender to confirm it.
create table imports (
    network_id uuid not null default current_network(),
    id uuid not null,
    account_id uuid not null,
    kind text not null,
    file_name text not null,
    rows jsonb not null,
    at timestamptz not null,
    constraint imports_pkey primary key (network_id, id),
    constraint imports_account foreign key (network_id, account_id) references accounts (network_id, id)
);
alter table imports enable row level security;
alter table imports force row level security;
create policy of_network on imports using (network_id = (select current_network()));
grant select, insert, delete on imports to station_app;
