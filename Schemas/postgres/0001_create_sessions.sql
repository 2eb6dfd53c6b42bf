-- 1 create_sessions

CREATE TABLE IF NOT EXISTS "sessions" (
  "session" text COLLATE "C" NOT NULL,
  "repoName" text COLLATE "C" NOT NULL,
  "repoUrl" text COLLATE "C" NOT NULL,
  "createdAt" timestamptz NOT NULL,
  "taskId" text COLLATE "C",
  "branch" text COLLATE "C",
  "repoPath" text COLLATE "C",
  "_stowage_unknown" text,
  PRIMARY KEY ("session")
);

CREATE INDEX IF NOT EXISTS "sessions_repoName_idx" ON "sessions" ("repoName");

CREATE INDEX IF NOT EXISTS "sessions_taskId_idx" ON "sessions" ("taskId");
