"""TinyDB beside us: reads a line, does the work, answers a rate. Lines: "create N" and "get N"."""
import json, os, random, sys, time
from tinydb import TinyDB, where

records, path = json.load(open(sys.argv[1]))["sessions"], sys.argv[2]
database = TinyDB(path)
database.insert_multiple(records)
template = open(path, "rb").read()
random.seed(7)
for line in iter(sys.stdin.readline, ""):
    verb, count = line.split()[0], int(line.split()[1])
    if verb == "create":
        # The file as it was, outside the time that is measured.
        open(path, "wb").write(template)
        database = TinyDB(path)
        new = [dict(records[0], session=f"new-{number}") for number in range(count)]
        start = time.perf_counter()
        for record in new:
            database.insert(record)
    else:
        keys = [random.choice(records)["session"] for _ in range(count)]
        start = time.perf_counter()
        for key in keys:
            assert database.get(where("session") == key)
    print(count / (time.perf_counter() - start), flush=True)
