"""Sends one kind of write for each report of a list, side by side, and says how many a
second were carried out. The list: station, month and version, a line each."""
import http.client
import sys
import threading
import time
import urllib.parse
import uuid

host, cookie, what, clients = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
todo = [line.split("|") for line in sys.stdin.read().split() if line]
turn, lock, refused = iter(todo), threading.Lock(), []


def work():
    connection = http.client.HTTPConnection(host)
    while True:
        with lock:
            report = next(turn, None)
        if report is None:
            return
        station, month, version = report
        path = f"/reports/{station}/{month[:7]}/"
        if what == "submit":
            path, fields = path + "submission", {"key": str(uuid.uuid4()), "version": version}
        else:
            path, fields = path + "review", {"version": version, "decision": "pass"}
        body = urllib.parse.urlencode(fields)
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status != 303:
            refused.append((answer.status, text[-1500:]))


began = time.perf_counter()
threads = [threading.Thread(target=work) for _ in range(clients)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if refused:
    sys.exit(f"{len(refused)} refused: {refused[0]}")
print(f"{len(todo) / (time.perf_counter() - began):.1f}")
