"""Turns what PostgreSQL logged of one request into a pgbench script: the same
statements, the same values, between the same begin and commit."""
import re
import sys

line_start = re.compile(r"^\d{4}-\d\d-\d\d .*?(LOG|DETAIL|STATEMENT|ERROR|WARNING|NOTICE):  (.*)$")
entries = []
for line in open(sys.argv[1], encoding="utf-8"):
    match = line_start.match(line.rstrip("\n"))
    if match:
        entries.append([match.group(1), match.group(2)])
    elif entries:
        entries[-1][1] += "\n" + line.rstrip("\n")

statements = []
for kind, text in entries:
    if kind == "LOG":
        match = re.match(r"(?:execute [^:]*|statement): (.*)", text, re.S)
        statements.append(match.group(1) if match else None)
    elif kind == "DETAIL" and statements and statements[-1]:
        body = re.sub(r"^parameters: ", "", text, flags=re.I)
        values = dict(re.findall(r"\$(\d+) = ((?:'(?:[^']|'')*')|NULL)", body))
        replace = lambda found: values.get(found.group(1), found.group(0))
        statements[-1] = re.sub(r"\$(\d+)", replace, statements[-1])

for statement in statements:
    if not statement:
        continue
    statement = re.sub(r"--[^\n]*", "", statement)
    print(" ".join(statement.split()).rstrip(";").replace(":", ":") + ";")
