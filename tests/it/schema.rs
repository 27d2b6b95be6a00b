//! Checks PostgreSQL's catalogue for leaks between networks: keys, foreign keys, unique indexes,
//! policies, grants, views, functions.

use sqlx::PgPool;

use crate::support::{Fresh, bare_pool};

/// Tables read before the request's network is known.
const OUTSIDE: [&str; 1] = ["networks"];

async fn root() -> (Fresh, PgPool) {
    let fresh = Fresh::empty().await;
    let pool = bare_pool(&fresh.options("postgres"));
    (fresh, pool)
}

async fn names(pool: &PgPool, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(pool).await.unwrap()
}

#[tokio::test]
async fn every_table_of_a_network_is_forced_behind_one_permissive_policy() {
    let (_fresh, pool) = root().await;
    let open = names(
        &pool,
        "
        select c.relname::text from pg_class c
        where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace
          and c.relname <> '_sqlx_migrations'
          and not (c.relrowsecurity and c.relforcerowsecurity
              and (select count(*) from pg_policy p where p.polrelid = c.oid) = 1
              and (select bool_and(p.polpermissive and p.polcmd = '*' and p.polroles = '{0}')
                   from pg_policy p where p.polrelid = c.oid)
              and (select pg_get_expr(p.polqual, p.polrelid) ~ 'network_id = .*current_network'
                   from pg_policy p where p.polrelid = c.oid))
        ",
    )
    .await;
    assert_eq!(open, OUTSIDE);
}

#[tokio::test]
async fn no_policy_looks_into_a_table() {
    let (_fresh, pool) = root().await;
    let looking = names(
        &pool,
        "
        select polrelid::regclass::text from pg_policy
        where pg_get_expr(polqual, polrelid) ~* '\\mfrom\\M' or polwithcheck is not null
        ",
    )
    .await;
    assert_eq!(looking, Vec::<String>::new());
}

#[tokio::test]
async fn keys_and_unique_indexes_begin_with_the_network() {
    let (_fresh, pool) = root().await;
    let elsewhere = names(
        &pool,
        "
        select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and c.relname not in ('networks', '_sqlx_migrations')
          and (select attname from pg_attribute a where a.attrelid = i.indrelid and a.attnum = i.indkey[0]) is distinct from 'network_id'
        ",
    )
    .await;
    assert_eq!(elsewhere, Vec::<String>::new(), "not even a plain index begins elsewhere");
}

#[tokio::test]
async fn foreign_keys_carry_the_network_on_both_sides_and_do_nothing_by_themselves() {
    let (_fresh, pool) = root().await;
    let loose = names(
        &pool,
        "
        select conname::text from pg_constraint f
        where f.contype = 'f' and f.connamespace = 'public'::regnamespace
          and not (
              (select attname from pg_attribute where attrelid = f.conrelid and attnum = f.conkey[1]) = 'network_id'
              and (select attname from pg_attribute where attrelid = f.confrelid and attnum = f.confkey[1])
                  = case f.confrelid::regclass::text when 'networks' then 'id' else 'network_id' end
              and f.confdeltype = 'a' and f.confupdtype = 'a')
        ",
    )
    .await;
    assert_eq!(loose, Vec::<String>::new());
}

#[tokio::test]
async fn constraints_have_names_short_enough_for_shards() {
    let (_fresh, pool) = root().await;
    let long = names(
        &pool,
        "
        select conname::text from pg_constraint
        where connamespace = 'public'::regnamespace and length(conname) > 50
           or connamespace = 'public'::regnamespace and contype = 'c' and conname ~ '_check[0-9]*$'
        ",
    )
    .await;
    assert_eq!(long, Vec::<String>::new());
}

#[tokio::test]
async fn the_servers_login_owns_nothing_and_reaches_only_what_it_was_given() {
    let (_fresh, pool) = root().await;
    let powers = names(
        &pool,
        "
        select 'role: ' || rolname from pg_roles
        where rolname = 'station_app' and (rolsuper or rolbypassrls or rolinherit or rolcreatedb or rolcreaterole)
        union all
        select 'member of ' || roleid::regrole from pg_auth_members where member = 'station_app'::regrole
        union all
        select 'owns ' || relname from pg_class where relowner = 'station_app'::regrole
        union all
        select 'partition ' || relname from pg_class
        where relispartition and has_table_privilege('station_app', oid, 'select, insert, update, delete, truncate')
        union all
        select 'truncates ' || relname from pg_class
        where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace and has_table_privilege('station_app', oid, 'truncate')
        union all
        select 'migrations' where has_table_privilege('station_app', '_sqlx_migrations', 'select')
        union all
        select 'creates in public' where has_schema_privilege('station_app', 'public', 'create')
        ",
    )
    .await;
    assert_eq!(powers, Vec::<String>::new());
}

#[tokio::test]
async fn the_audit_trail_cannot_be_changed_by_the_server() {
    let (_fresh, pool) = root().await;
    for table in ["audit", "audit_chain"] {
        let may: bool = sqlx::query_scalar("select has_table_privilege('station_app', $1, 'update, delete')")
            .bind(table)
            .fetch_one(&pool)
            .await
            .unwrap();
        assert!(!may, "{table}");
    }
}

#[tokio::test]
async fn nothing_runs_with_its_owners_rights() {
    let (_fresh, pool) = root().await;
    let owners = names(
        &pool,
        "
        select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
        union all
        select 'view ' || relname from pg_class
        where relnamespace = 'public'::regnamespace
          and (relkind = 'm' or relkind = 'v' and not coalesce(reloptions @> '{security_invoker=true}', false))
        union all
        select 'trigger ' || tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where c.relnamespace = 'public'::regnamespace and not t.tgisinternal
        ",
    )
    .await;
    assert_eq!(owners, Vec::<String>::new());
}

#[tokio::test]
async fn without_a_scope_nothing_is_seen() {
    let fresh = Fresh::with_networks().await;
    let pool = bare_pool(&fresh.options("station_app"));
    for table in ["accounts", "divisions", "stations", "audit", "settings", "figures"] {
        let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let count: i64 = sqlx::query_scalar(count).fetch_one(&pool).await.unwrap();
        assert_eq!(count, 0, "{table}");
    }
}
