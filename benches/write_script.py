"""Turns what PostgreSQL logged of one write into a pgbench script that does the same to
the next report of `bench_reports`: the same statements, with that report's station, month
and version, and ids of its own."""
import re
import sys

log, station, month, version = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
uuid = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
OURS = "01900000-0000-7000-8000"


def given(value, text, at):
    plain = value[1:-1]
    if value == "NULL":
        return "null"
    if plain == station:
        return "(:station)::uuid"
    if plain == month:
        return "(:month)::date"
    if plain.startswith("YB"):
        return "('YB' || (:n)::text)"
    if uuid.match(plain) and not plain.startswith(OURS) and plain != sys.argv[5]:
        return "gen_random_uuid()"
    # `version = $3` of the updates.
    if re.search(r"version = \$" + at + r"\b", text) and plain.isdigit():
        return f"(:version + {int(plain) - version})::integer"
    # pgbench would take `:false` for a variable.
    return re.sub(r'":(?=\w)', '": ', value)


line_start = re.compile(r"^\d{4}-\d\d-\d\d .*?\[(\d+)\].*?(LOG|DETAIL|STATEMENT|ERROR|WARNING|NOTICE):  (.*)$")
entries = []
for line in open(log, encoding="utf-8"):
    match = line_start.match(line.rstrip("\n"))
    if match:
        entries.append([match.group(1), match.group(2), match.group(3)])
    elif entries:
        entries[-1][2] += "\n" + line.rstrip("\n")
# The request's own: who is behind the session, and the transaction that left an audit row;
# not what the worker did at the same time on other connections.
sessions, open_by, wanted = [], {}, []
for pid, kind, text in entries:
    if kind == "LOG":
        match = re.match(r"(?:execute [^:]*|statement): (.*)", text, re.S)
        if not match:
            continue
        statement = [match.group(1), {}]
        word = match.group(1).strip().lower()
        if "from find_session" in word:
            sessions.append(statement)
        open_by.setdefault(pid, [])
        if word.startswith("begin"):
            open_by[pid] = []
        open_by[pid].append(statement)
        if word.startswith("commit") and any("insert into audit" in s[0] for s in open_by[pid]):
            wanted.append(open_by[pid])
    elif kind == "DETAIL" and open_by.get(pid):
        body = re.sub(r"^parameters: ", "", text, flags=re.I)
        open_by[pid][-1][1] = dict(re.findall(r"\$(\d+) = ((?:'(?:[^']|'')*')|NULL)", body))
statements = sessions[-1:] + wanted[-1]
print("select nextval('bench_turn') as n \\gset")
print("select station_id as station, month, version + :ahead as version from bench_reports where n = :n \\gset")
for text, values in statements:
    text = re.sub(r"--[^\n]*", "", text)
    done = re.sub(r"\$(\d+)", lambda found: given(values[found.group(1)], text, found.group(1)), text)
    print(" ".join(done.split()).rstrip(";") + ";")
