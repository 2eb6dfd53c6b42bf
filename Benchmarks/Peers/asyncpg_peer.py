"""asyncpg beside us: reads a line, does the work, answers a rate. Lines: "get KEYS TASKS" and "fetchAll"."""
import asyncio, random, sys, time
import asyncpg

host, database, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
COLUMNS = '"session", "repoName", "repoUrl", "createdAt", "taskId", "branch", "repoPath", "backendType", "prBranch", "prApproved"'


async def main():
    pool = await asyncpg.create_pool(host=host, port=5432, user="postgres", database=database, min_size=8, max_size=8)
    by_id = f'SELECT {COLUMNS} FROM "sessions" WHERE "session" = $1'
    random.seed(7)
    loop = asyncio.get_running_loop()
    for line in iter(sys.stdin.readline, ""):
        words = line.split()
        if words[0] == "get":
            keys = [str(10_000_000 + random.randrange(count)) for _ in range(int(words[1]))]
            tasks = int(words[2])

            async def work(part):
                for key in part:
                    assert await pool.fetchrow(by_id, key) is not None

            start = time.perf_counter()
            await asyncio.gather(*(work(keys[task::tasks]) for task in range(tasks)))
            done = len(keys)
        else:
            start = time.perf_counter()
            done = len(await pool.fetch(f'SELECT {COLUMNS} FROM "sessions" ORDER BY "session"'))
            assert done == count
        print(done / (time.perf_counter() - start), flush=True)


asyncio.run(main())
