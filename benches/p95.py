"""One request after the other: the time that 95 of 100 stay below, in milliseconds."""
import http.client
import sys
import time

host, path, cookie, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
connection = http.client.HTTPConnection(host)
took = []
for _ in range(count):
    began = time.perf_counter()
    connection.request("GET", path, headers={"Cookie": cookie, "Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    answer.read()
    took.append(time.perf_counter() - began)
    if answer.status != 200:
        sys.exit(f"{path}: {answer.status}")
took.sort()
print(f"{took[int(len(took) * 0.95)] * 1000:.2f}")
